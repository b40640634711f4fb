package screen

import (
	"strings"
	"unicode"
)

// Style is how a piece of text looks. What it says must not depend on it.
type Style string

// The styles, as the parameters of the SGR sequence that begins them.
const (
	Normal Style = ""
	Bold   Style = "1"
	Dim    Style = "2"
	Person Style = "1;36" // who speaks or does something
	Robot  Style = "1;35"
	Good   Style = "32"
	Bad    Style = "31"
	Title  Style = "1;34"
)

// Piece is text of one style.
type Piece struct {
	Text  string
	Style Style
}

// Line is one line, wrapped where it is too long. What comes after the first
// row is set in by Hang.
type Line struct {
	Pieces []Piece
	Indent int
	Hang   int // beyond Indent
}

// Text returns a line of one piece.
func Text(indent int, style Style, text string) Line {
	return Line{Pieces: []Piece{{text, style}}, Indent: indent}
}

// signs are the symbols that stand for others, which terminals draw one or two columns wide as they like.
var signs = strings.NewReplacer(
	"✅", "✓", "✔", "✓", "❌", "✗", "⏳", "·", "⌛", "·", "🔎", "›", "🚀", "›", "🩺", "›", "▫", "·", "➖", "-",
	"↩", "←", "⏪", "←", "⚠", "!", "🚨", "!", "📟", "!", "❓", "?", "⛔", "✗", "🚫", "✗", "🛑", "✗",
	"👉", "›", "✋", "-", "⏸", "·", "⏭", "›", "▶", "›", "✏", "·", "🔨", "!", "🔔", "·", "🔒", "·",
)

// Plain makes a text safe to count and to print: on every line each character
// takes one column. Symbols become ones of that width or go, since words stand
// beside them; control characters and what changes the direction of text go too.
func Plain(s string) string {
	return strings.Map(func(r rune) rune {
		switch {
		case r == '\n':
			return r
		case r == '\t':
			return ' '
		case !unicode.IsPrint(r), unicode.Is(unicode.Mn, r), unicode.Is(unicode.Me, r), r >= 0x1F000:
			return -1
		case wide(r):
			return '?'
		}
		return r
	}, signs.Replace(s))
}

// wide tells whether a character takes two columns: the scripts of East Asia.
func wide(r rune) bool {
	return unicode.In(r, unicode.Han, unicode.Hangul, unicode.Hiragana, unicode.Katakana) || r >= 0xFF01 && r <= 0xFF60 || r >= 0x3000 && r <= 0x303F
}

// wrap lays a line out in rows of at most width columns, which is more than a few.
func (l Line) wrap(width int) []row {
	var rows []row
	indent := min(l.Indent, width/2)
	hang := min(indent+l.Hang, width/2)
	r := row{indent: indent}
	for _, w := range l.words() {
		for {
			space := w.space
			if r.width == 0 {
				space = 0
			}
			room := width - r.indent - r.width - space
			if len(w.text) <= room {
				r.add(space, w.text, w.style)
				break
			}
			if r.width > 0 {
				rows = append(rows, r)
				r = row{indent: hang}
				continue
			}
			r.add(0, w.text[:room], w.style) // longer than a whole row
			w.text = w.text[room:]
		}
	}
	return append(rows, r)
}

// cut lays a line out in at most limit rows, and ends the last with … where more would come.
func (l Line) cut(width, limit int) []row {
	rows := l.wrap(width)
	if len(rows) <= limit {
		return rows
	}
	rows = rows[:limit]
	last := &rows[limit-1]
	if last.indent+last.width < width {
		last.add(0, []rune("…"), last.pieces[len(last.pieces)-1].Style)
		return rows
	}
	p := &last.pieces[len(last.pieces)-1]
	text := []rune(p.Text)
	p.Text = string(text[:len(text)-1]) + "…"
	return rows
}

type word struct {
	text  []rune
	style Style
	space int // how many spaces stand before it
}

func (l Line) words() []word {
	var out []word
	space := 0
	for _, p := range l.Pieces {
		var current []rune
		flush := func() {
			if current != nil {
				out = append(out, word{current, p.Style, space})
				current, space = nil, 0
			}
		}
		for _, r := range p.Text {
			if r == ' ' {
				flush()
				space++
				continue
			}
			current = append(current, r)
		}
		flush()
	}
	return out
}

// row is what stands in one column on one row of the terminal.
type row struct {
	indent int
	pieces []Piece
	width  int // of the pieces
}

func (r *row) add(space int, text []rune, style Style) {
	r.width += space + len(text)
	s := strings.Repeat(" ", space) + string(text)
	if n := len(r.pieces); n > 0 && r.pieces[n-1].Style == style {
		r.pieces[n-1].Text += s
		return
	}
	r.pieces = append(r.pieces, Piece{s, style})
}

// write writes the row, without filling it up.
func (r row) write(b *strings.Builder, colour bool) {
	if len(r.pieces) == 0 {
		return
	}
	b.WriteString(strings.Repeat(" ", r.indent))
	for _, p := range r.pieces {
		if !colour || p.Style == Normal {
			b.WriteString(p.Text)
			continue
		}
		b.WriteString("\x1b[" + string(p.Style) + "m" + p.Text + "\x1b[0m")
	}
}
