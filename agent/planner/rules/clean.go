package rules

import (
	"strings"
	"unicode"
	"unicode/utf8"
)

// Marks that stand for what Slack puts in angle brackets. They are private-use
// characters, and clean takes such characters out of what people write, so
// nobody can write one.
const (
	markMention   = '\uE000' // <@U…>, a person or the bot
	markLink      = '\uE001' // <https://…> without a label
	markBroadcast = '\uE002' // <!here>, <!channel>
)

// maxBracket bounds the search for a closing bracket, so that a text of
// nothing but "<" is read in linear time.
const maxBracket = 2048

// clean makes one plain text of what arrived: Slack's brackets and escapes
// resolved, invisible and control characters gone, and full-width letters,
// typographic quotes, spaces and dashes as their ASCII forms. Letters of other
// alphabets stay as they are: a Cyrillic "о" never becomes a Latin one.
func clean(s string) string {
	var b strings.Builder
	b.Grow(len(s))
	for i := 0; i < len(s); {
		r, n := utf8.DecodeRuneInString(s[i:])
		switch {
		case r == '<':
			if text, skip := bracket(s[i:]); skip > 0 {
				b.WriteString(text)
				i += skip
				continue
			}
			b.WriteByte('<')
		case r == '&':
			c, skip := escape(s[i:])
			b.WriteByte(c)
			i += skip
			continue
		case r == utf8.RuneError && n <= 1:
			// A byte that is no text.
		default:
			writePlain(&b, r)
		}
		i += n
	}
	return b.String()
}

// escape reads one of the three entities that Slack writes.
func escape(s string) (c byte, skip int) {
	for _, e := range [...]struct {
		entity string
		c      byte
	}{{"&lt;", '<'}, {"&gt;", '>'}, {"&amp;", '&'}} {
		if strings.HasPrefix(s, e.entity) {
			return e.c, len(e.entity)
		}
	}
	return '&', 1
}

// bracket reads <@U…>, <#C…|name>, <!here> and <url|text>. It returns what a
// person sees, and 0 where s doesn't start with one of them.
func bracket(s string) (text string, skip int) {
	limit := min(len(s), maxBracket)
	end := strings.IndexByte(s[:limit], '>')
	if end < 2 || strings.ContainsAny(s[1:end], "<\n") {
		return "", 0
	}
	in := s[1:end]
	target, label, labelled := strings.Cut(in, "|")
	var seen string
	switch {
	case in[0] == '@':
		seen = string(markMention)
	case in[0] == '!':
		seen = string(markBroadcast)
	case in[0] == '#' && labelled:
		seen = label
	case in[0] == '#', !strings.Contains(target, ":"):
		return "", 0
	case labelled:
		seen = label
	default:
		return " " + string(markLink) + " ", end + 1
	}
	if in[0] == '@' || in[0] == '!' {
		return " " + seen + " ", end + 1
	}
	var b strings.Builder
	for _, r := range seen {
		writePlain(&b, r)
	}
	return " " + b.String() + " ", end + 1
}

// writePlain writes one character in its plain form, or nothing.
func writePlain(b *strings.Builder, r rune) {
	switch {
	case r < utf8.RuneSelf && r >= ' ' && r != 0x7f:
		b.WriteByte(byte(r))
	case r == '\n' || r == 0x85 || r == 0x2028 || r == 0x2029:
		b.WriteByte('\n')
	case r == '\t' || r == '\r' || r == '\v' || r == '\f' || unicode.Is(unicode.Zs, r):
		b.WriteByte(' ')
	case unicode.IsControl(r) || unicode.Is(unicode.Cf, r) || unicode.Is(unicode.Co, r) || unicode.Is(unicode.Variation_Selector, r):
		// Invisible: it says nothing, and could hide or split a word.
	case r >= 0xFF01 && r <= 0xFF5E:
		b.WriteByte(byte(r - 0xFEE0))
	default:
		b.WriteString(plainSign(r))
	}
}

// plainSign maps typographic signs to ASCII; others are returned as they are.
func plainSign(r rune) string {
	switch r {
	case '‘', '’', '‚', '‛', '′', '´':
		return "'"
	case '“', '”', '„', '‟', '«', '»', '″':
		return `"`
	case '‐', '‑', '−':
		return "-"
	case '…':
		return "..."
	case '→', '⇒', '➜', '➡', '⟶', '➔':
		return " -> "
	case '¿', '¡':
		return " "
	case '。':
		return ". "
	case '、':
		return ", "
	}
	return string(r)
}

// key is the form that the lexicon knows a word by: lower case, without
// accents and apostrophes. It is never used to compare names of the catalog.
func key(word string) string {
	ascii := true
	for i := 0; i < len(word); i++ {
		c := word[i]
		if c >= utf8.RuneSelf || c == '\'' || (c >= 'A' && c <= 'Z') {
			ascii = false
			break
		}
	}
	if ascii {
		return word
	}
	var b strings.Builder
	b.Grow(len(word))
	for _, r := range word {
		switch {
		case r == '\'' || unicode.Is(unicode.Mn, r):
		case r < utf8.RuneSelf:
			b.WriteRune(unicode.ToLower(r))
		default:
			b.WriteString(withoutAccent(unicode.ToLower(r)))
		}
	}
	return b.String()
}

// withoutAccent folds the accented letters of western European languages.
func withoutAccent(r rune) string {
	switch {
	case strings.ContainsRune("àáâãäå", r):
		return "a"
	case strings.ContainsRune("èéêë", r):
		return "e"
	case strings.ContainsRune("ìíîï", r):
		return "i"
	case strings.ContainsRune("òóôõö", r):
		return "o"
	case strings.ContainsRune("ùúûü", r):
		return "u"
	case r == 'ç':
		return "c"
	case r == 'ñ':
		return "n"
	case r == 'ß':
		return "ss"
	case r == 'œ':
		return "oe"
	}
	return string(r)
}
