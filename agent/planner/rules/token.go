package rules

import (
	"strings"
	"unicode"
	"unicode/utf8"
)

// A token is a word or a sign of the cleaned text.
type token struct {
	text   string // as written, less quotes and surrounding punctuation
	key    string // as the lexicon knows it
	sep    rune   // for signs: . , ; : ? ! ( \n > < - and the like; 0 for words
	at     bool   // it was written with a leading "@"
	quoted bool   // it stands in a quotation of several words, or in a quoted line
	line   bool   // it stands in a line quoted with ">"
	start  int    // byte offsets in the cleaned text
	end    int
}

// isWord tells words from signs.
func (t token) isWord() bool { return t.sep == 0 }

// Signs that are not themselves: what the lexer makes of longer ones.
const (
	sepArrow = '→' // -> => →
	sepBack  = '←' // <- <= ←
	sepEmoji = '☺' // an emoji, or :name:
	sepOdd   = '¤' // a sign with a meaning that the grammar doesn't know
	sepQuote = '"'
)

// lexer cuts a text into tokens in one pass.
type lexer struct {
	s    string
	toks []token
}

// lex returns the tokens of a cleaned text.
func lex(s string) []token {
	l := lexer{s: s, toks: make([]token, 0, len(s)/5+4)}
	lineStart, quoteLine := true, false
	for i := 0; i < len(s); {
		r, n := utf8.DecodeRuneInString(s[i:])
		switch {
		case r == '\n':
			l.sign('\n', i, n)
			lineStart, quoteLine = true, false
			i += n
			continue
		case r == ' ':
			i += n
			continue
		case lineStart && r == '>':
			quoteLine = true
			i += n
		default:
			from := len(l.toks)
			i = l.chunk(i)
			if quoteLine {
				for k := from; k < len(l.toks); k++ {
					l.toks[k].quoted, l.toks[k].line = true, true
				}
			}
		}
		lineStart = false
	}
	l.quotes()
	return l.toks
}

func (l *lexer) sign(sep rune, at, n int) {
	l.toks = append(l.toks, token{sep: sep, start: at, end: at + n})
}

// chunk reads what stands between two spaces and returns where it ends.
func (l *lexer) chunk(i int) int {
	end := i
	for end < len(l.s) && l.s[end] != ' ' && l.s[end] != '\n' {
		end++
	}
	c := l.s[i:end]
	if len(c) > 2 && c[0] == ':' && c[len(c)-1] == ':' && emojiName(c[1:len(c)-1]) {
		l.toks = append(l.toks, token{sep: sepEmoji, text: c, start: i, end: end})
		return end
	}
	if hasAnyPrefix(c, "http://", "https://") {
		l.sign(markLink, i, len(c))
		return end
	}
	for i < end {
		i = l.piece(i, end)
	}
	return end
}

// piece reads one word or sign from i, which is before end.
func (l *lexer) piece(i, end int) int {
	rest := l.s[i:end]
	for _, a := range [...]string{"-->", "==>", "->", "=>"} {
		if strings.HasPrefix(rest, a) {
			l.sign(sepArrow, i, len(a))
			return i + len(a)
		}
	}
	for _, a := range [...]string{"<--", "<==", "<-", "<="} {
		if strings.HasPrefix(rest, a) {
			l.sign(sepBack, i, len(a))
			return i + len(a)
		}
	}
	if hasAnyPrefix(rest, "http://", "https://") {
		n := len(strings.TrimRight(rest, ")],.;>"))
		l.sign(markLink, i, n)
		return i + n
	}
	r, n := utf8.DecodeRuneInString(rest)
	switch {
	case r == '←' || r == '⇐':
		l.sign(sepBack, i, n)
		return i + n
	case strings.ContainsRune(",;?!()[]{}|—–<>", r):
		l.sign(r, i, n)
		return i + n
	case r == '"' || r == '`' || r == '\'':
		l.toks = append(l.toks, token{sep: sepQuote, text: rest[:n], start: i, end: i + n})
		return i + n
	case r == '*' || r == '_':
		return i + n // bold, italic
	case r == '.' || r == ':':
		l.sign(r, i, n)
		return i + n
	case r == '~', r == '^', r == '=', r == '$', r == '%', r == '\\', r == sepOdd:
		l.sign(sepOdd, i, n)
		return i + n
	case r == '&':
		l.toks = append(l.toks, token{text: "and", key: "and", start: i, end: i + n})
		return i + n
	case r == markMention || r == markLink || r == markBroadcast:
		l.sign(r, i, n)
		return i + n
	case r >= utf8.RuneSelf && !unicode.IsLetter(r) && !unicode.IsDigit(r) && !unicode.IsMark(r):
		l.toks = append(l.toks, token{sep: sepEmoji, text: string(r), start: i, end: i + n})
		return i + n
	}
	return l.word(i, end)
}

// word reads a word from i: letters, digits and the signs that names,
// versions and paths are written with, less those at its end.
func (l *lexer) word(i, end int) int {
	j := i
	for j < end {
		r, n := utf8.DecodeRuneInString(l.s[j:end])
		if strings.HasPrefix(l.s[j:end], "->") || strings.HasPrefix(l.s[j:end], "=>") {
			break
		}
		if !wordRune(r) {
			break
		}
		j += n
	}
	if j == i { // a sign that starts nothing
		_, n := utf8.DecodeRuneInString(l.s[i:end])
		l.sign(sepOdd, i, n)
		return i + n
	}
	stop := j
	for stop > i+1 && strings.IndexByte(".:'-_*/+@", l.s[stop-1]) >= 0 {
		stop--
	}
	t := token{text: l.s[i:stop], start: i, end: stop}
	if len(t.text) > 1 && t.text[0] == '@' {
		t.text, t.at = t.text[1:], true
	}
	t.key = key(t.text)
	l.toks = append(l.toks, t)
	for stop < j { // the signs at its end
		switch c := l.s[stop]; c {
		case '.', ':':
			l.sign(rune(c), stop, 1)
		case '\'':
			l.toks = append(l.toks, token{sep: sepQuote, text: "'", start: stop, end: stop + 1})
		case '*', '_':
		case '-', '/', '+', '@':
			l.sign('-', stop, 1)
		}
		stop++
	}
	return j
}

func wordRune(r rune) bool {
	if r < utf8.RuneSelf {
		return r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' || r >= '0' && r <= '9' ||
			strings.ContainsRune("-_./+@:#='*~^%$\\", r)
	}
	return unicode.IsLetter(r) || unicode.IsDigit(r) || unicode.IsMark(r)
}

func emojiName(s string) bool {
	for i := 0; i < len(s); i++ {
		if strings.IndexByte("abcdefghijklmnopqrstuvwxyz0123456789_+-", s[i]) < 0 {
			return false
		}
	}
	return true
}

// quotes pairs quotation marks. Around one word, or a few that name things,
// they mean nothing; a quotation of more words is somebody's words, not an
// order, so its tokens are marked. Which it is, resolve decides: here all
// tokens of a pair with two or more words are marked.
func (l *lexer) quotes() {
	open := map[string]int{}
	for i, t := range l.toks {
		if t.sep != sepQuote {
			continue
		}
		from, ok := open[t.text]
		if !ok {
			open[t.text] = i
			continue
		}
		delete(open, t.text)
		words := 0
		for k := from + 1; k < i; k++ {
			if l.toks[k].isWord() {
				words++
			}
		}
		for k := from + 1; k < i && words > 1; k++ {
			l.toks[k].quoted = true
		}
	}
}
