package tools

import (
	"regexp"
	"strings"
	"unicode"
	"unicode/utf8"
)

// maxLine is how many characters of one line are shown.
const maxLine = 500

// escapes are the sequences that programs send to terminals: CSI (colours,
// movements), OSC and its kin (titles, links), and two-byte ones.
var escapes = regexp.MustCompile(`\x1b\[[0-?]*[ -/]*[@-~]|\x1b[\]PX^_][^\x07\x1b]*(?:\x07|\x1b\\)?|\x1b[ -/]*[0-~]`)

// Plain returns s as valid UTF-8 without terminal sequences, control
// characters and invisible formatting characters, which could hide or reorder
// text. A tab becomes a space, an invalid byte the replacement character.
func Plain(s string) string {
	s = strings.ToValidUTF8(s, "\uFFFD")
	if strings.ContainsRune(s, '\x1b') {
		s = escapes.ReplaceAllString(s, "")
	}
	return strings.Map(func(r rune) rune {
		switch {
		case r == '\t', r == '\u2028', r == '\u2029':
			return ' '
		case unicode.IsControl(r), unicode.Is(unicode.Cf, r):
			return -1
		}
		return r
	}, s)
}

// Cut returns s if it has at most max characters, else its first max-1 and "…".
func Cut(s string, max int) string {
	if len(s) <= max || utf8.RuneCountInString(s) <= max {
		return s
	}
	n := 0
	for i := range s {
		if n++; n == max {
			return s[:i] + "…"
		}
	}
	return s
}
