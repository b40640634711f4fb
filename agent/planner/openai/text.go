package openai

import (
	"encoding/json"
	"strings"
	"unicode"
	"unicode/utf8"
)

// data writes untrusted text as a JSON string that can't leave its place: no
// control, invisible or private-use characters, no line break, and no bare
// angle bracket or ampersand (encoding/json writes those as \u003c and so on).
func data(s string) string {
	b, err := json.Marshal(visible(s))
	if err != nil { // a string always has a JSON form
		return `""`
	}
	return string(b)
}

// visible takes out what a reader would not see: control characters other than
// line breaks and tabs, format characters (bidi marks, zero width, tags),
// variation selectors, private use, and bytes that are no text.
func visible(s string) string {
	return strings.Map(func(r rune) rune {
		switch {
		case r == '\n' || r == '\t':
			return r
		case r == utf8.RuneError, unicode.IsControl(r), unicode.In(r, unicode.Cf, unicode.Co, unicode.Cs, unicode.Variation_Selector):
			return -1
		case r == '\u2028' || r == '\u2029':
			return '\n'
		}
		return r
	}, s)
}

// shorten cuts s to n characters, and says so with an ellipsis.
func shorten(s string, n int) string {
	count := 0
	for i := range s {
		if count == n {
			return strings.TrimSpace(s[:i]) + "…"
		}
		count++
	}
	return s
}

// tokens estimates what a text costs, from above: a token for every three
// ASCII characters and two for each other one. Measured tokenizers need about
// one for four letters of English, one for two or three digits, and between a
// half and two for a letter of another alphabet.
func tokens(s string) int {
	ascii, other := 0, 0
	for i := 0; i < len(s); i++ {
		switch {
		case s[i] < utf8.RuneSelf:
			ascii++
		case utf8.RuneStart(s[i]):
			other++
		}
	}
	return (ascii+2)/3 + 2*other
}

// latin: the words are in an alphabet that the lexicon knows anything of.
func latin(s string) bool {
	for _, r := range s {
		if unicode.IsLetter(r) && !unicode.Is(unicode.Latin, r) {
			return false
		}
	}
	return true
}
