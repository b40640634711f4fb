package blocks

import (
	"unicode"
	"unicode/utf8"
)

// kind says where content is to stand.
type kind uint8

const (
	inline kind = iota // in mrkdwn
	code               // in mrkdwn, between backticks
	plain              // in a plain_text object
)

// marksMax is how many combining marks in a row are kept: more than any
// language needs, too few to paint over the lines around.
const marksMax = 4

// content makes text that somebody else wrote safe to stand in a message, on
// one line and in at most limit units. It is "" only where nothing visible is left.
func content(s string, limit int, k kind) string {
	if len(s) <= limit && harmless(s) {
		return s
	}
	e := newEscaper(s, limit, k)
	e.write(s)
	return e.text()
}

// harmless reports whether s needs nothing done to it wherever it stands. It
// is the short way for nearly all names, versions and commits.
func harmless(s string) bool {
	for i := 0; i < len(s); i++ {
		if c := s[i]; !ordinary(c) && (c != ' ' || i == 0 || i == len(s)-1 || s[i-1] == ' ') {
			return false
		}
	}
	return true
}

// ordinary characters mean nothing to Slack wherever they stand.
func ordinary(c byte) bool {
	switch {
	case 'a' <= c && c <= 'z', 'A' <= c && c <= 'Z', '0' <= c && c <= '9':
		return true
	}
	switch c {
	case '.', '-', '/', '+', ',', '(', ')', '\'', '#', '=':
		return true
	}
	return false
}

// Around text that is written from right to left: Unicode's first strong isolate, and its end.
const (
	isolated = "\u2068"
	popped   = "\u2069"
)

// An escaper writes content and mentions, one whole token after the other, and
// stops at the last token that leaves room for "…".
type escaper struct {
	buf   []byte
	limit int
	kind  kind
	rtl   bool // writes from right to left somewhere: kept from reordering what stands around

	units int  // written
	fit   int  // length of buf up to which "…" still fits
	full  bool // cut
	space bool // white space is due before the next token
	prev  rune // the last rune of content, 0 at the start
	marks int  // combining marks in a row
}

func newEscaper(s string, limit int, k kind) *escaper {
	e := &escaper{limit: limit, kind: k, rtl: hasRTL(s)}
	if e.rtl {
		e.limit -= 2
	}
	e.buf = make([]byte, 0, min(len(s)+16, limit+16))
	return e
}

// write adds content.
func (e *escaper) write(s string) {
	for i := 0; i < len(s) && !e.full; {
		if c := s[i]; ordinary(c) { // nearly all that is ever written
			e.token(s[i:i+1], 1)
			e.prev, e.marks = rune(c), 0
			i++
			continue
		}
		r, size := utf8.DecodeRuneInString(s[i:])
		if r == utf8.RuneError && size < 2 {
			r = utf8.RuneError
		}
		i += size
		if unicode.IsSpace(r) {
			e.space = e.prev != 0
			continue
		}
		if invisible(r) {
			continue
		}
		if unicode.Is(unicode.M, r) {
			if e.prev == 0 || e.space || e.marks == marksMax {
				continue
			}
			e.marks++
		} else {
			e.marks = 0
		}
		e.rune(r, s[i:])
	}
}

// rune adds one visible rune, as an escape or a look-alike where it would mean
// something to Slack. rest is what follows it.
func (e *escaper) rune(r rune, rest string) {
	before := e.prev
	if e.space {
		before = ' '
	}
	switch {
	case r == '&':
		e.token("&amp;", 5)
	case r == '<':
		e.token("&lt;", 4)
	case r == '>' && e.kind == inline && before == 0: // would begin a quotation
		e.token("›", 1)
	case r == '>':
		e.token("&gt;", 4)
	case r == '`' && e.kind != plain:
		e.token("ˋ", 1)
	case e.kind == inline && (r == '*' || r == '_' || r == '~') && !(wordRune(before) && wordRune(firstRune(rest))):
		e.token(lookAlike(r), 1)
	case r == ':' && e.kind == inline && emojiCode(rest):
		e.token("∶", 1)
	default:
		var b [utf8.UTFMax]byte
		n := utf8.EncodeRune(b[:], r)
		units := 1
		if r > 0xffff {
			units = 2
		}
		e.token(string(b[:n]), units)
	}
	e.prev = r
}

// lookAlike of a rune that would make text bold, italic or struck through.
func lookAlike(r rune) string {
	switch r {
	case '*':
		return "∗"
	case '_':
		return "ˍ"
	}
	return "∼"
}

// token adds what may not be cut: a rune, an escape, a mention.
func (e *escaper) token(s string, units int) {
	if e.full {
		return
	}
	if e.space {
		units++
	}
	if e.units+units > e.limit {
		e.full = true
		e.buf = append(e.buf[:e.fit], "…"...)
		return
	}
	if e.space {
		e.buf = append(e.buf, ' ')
		e.space = false
	}
	e.buf = append(e.buf, s...)
	e.units += units
	if e.units < e.limit {
		e.fit = len(e.buf)
	}
}

func (e *escaper) text() string {
	if e.rtl && len(e.buf) > 0 {
		return isolated + string(e.buf) + popped
	}
	return string(e.buf)
}

// invisible runes hide, reorder or fake text: controls, formatting characters
// (bidirectional overrides, zero width, tags), and letters that show nothing.
func invisible(r rune) bool {
	switch r {
	case 0x115f, 0x1160, 0x17b4, 0x17b5, 0x2800, 0x3164, 0xffa0, 0x034f:
		return true
	}
	return unicode.IsControl(r) || unicode.Is(unicode.Cf, r) || 0xfff0 <= r && r < 0xfffc ||
		unicode.Is(unicode.Noncharacter_Code_Point, r)
}

func wordRune(r rune) bool { return unicode.IsLetter(r) || unicode.IsDigit(r) }

func firstRune(s string) rune {
	if s == "" {
		return 0
	}
	r, _ := utf8.DecodeRuneInString(s)
	return r
}

// emojiCode reports whether what follows a colon makes it the start of :an_emoji:.
func emojiCode(rest string) bool {
	for i := 0; i < len(rest); i++ {
		switch c := rest[i]; {
		case c == ':':
			return i > 0
		case 'a' <= c && c <= 'z', '0' <= c && c <= '9', 'A' <= c && c <= 'Z', c == '_', c == '+', c == '-', c == '\'', c >= utf8.RuneSelf:
		default:
			return false
		}
	}
	return false
}

// hasRTL reports whether s has letters that are written from right to left.
func hasRTL(s string) bool {
	for i := 0; i < len(s); i++ {
		if s[i] >= utf8.RuneSelf {
			for _, r := range s[i:] {
				if 0x590 <= r && r < 0x900 || 0xfb1d <= r && r < 0xfe00 || 0xfe70 <= r && r < 0xfeff ||
					0x10800 <= r && r < 0x11000 || 0x1e800 <= r && r < 0x1f000 {
					return true
				}
			}
			return false
		}
	}
	return false
}

// units counts as Slack may.
func units(s string) int {
	n := 0
	for _, r := range s {
		n++
		if r > 0xffff {
			n++
		}
	}
	return n
}
