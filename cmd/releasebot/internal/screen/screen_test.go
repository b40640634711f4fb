package screen

import (
	"errors"
	"strings"
	"testing"
	"testing/synctest"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"
)

// printed is what a screen prints.
// printed is what a screen shows of what is said at one moment, however busy the machine is.
func printed(t *testing.T, cfg Config, do func(*Screen)) (out string) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) { out = written(t, cfg, do) })
	return out
}

func written(t interface{ Fatal(...any) }, cfg Config, do func(*Screen)) string {
	var b strings.Builder
	s := New(&b, cfg)
	do(s)
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

func conversation(s *Screen) {
	s.Wide(Text(0, Title, "1. Title"))
	s.Say(Line{}, Text(0, Person, "alice"), Line{Pieces: []Piece{{Text: "deploy shop v1.4.2 to staging, please, and tell me how it went"}}, Indent: 2, Hang: 2})
	s.Log(Line{Pieces: []Piece{{Text: "trigger"}, {"  what she said, which is a longish thing that takes more than the rows that a line of the log has", Dim}}, Hang: 2})
	s.Wide(Text(0, Normal, "end"))
}

func TestTwoColumns(t *testing.T) {
	got := printed(t, Config{Width: 90}, conversation)
	want := `1. Title
                                                  │ 
alice                                             │ trigger  what she said, which is a
  deploy shop v1.4.2 to staging, please, and tell │   longish thing that takes more than…
    me how it went                                │ 
end
`
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
}

func TestOneColumn(t *testing.T) {
	got := printed(t, Config{Width: 50}, conversation)
	want := `1. Title

alice
  deploy shop v1.4.2 to staging, please, and tell
    me how it went
        | trigger  what she said, which is a
        |   longish thing that takes more than th…
end
`
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
}

func TestColoursChangeNothingButColours(t *testing.T) {
	plain := printed(t, Config{Width: 100}, conversation)
	coloured := printed(t, Config{Width: 100, Colour: true}, conversation)
	if !strings.Contains(coloured, "\x1b[1;36malice\x1b[0m") {
		t.Errorf("no colours in %q", coloured)
	}
	var b strings.Builder
	for i, part := range strings.Split(coloured, "\x1b[") {
		if i > 0 {
			_, part, _ = strings.Cut(part, "m")
		}
		b.WriteString(part)
	}
	if diff := cmp.Diff(plain, b.String()); diff != "" {
		t.Errorf("-plain +without colours:\n%s", diff)
	}
}

func TestNoRowIsLongerThanTheTerminal(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		width := rapid.IntRange(narrowest, 220).Draw(t, "width")
		line := rapid.Custom(func(t *rapid.T) Line {
			return Line{
				Pieces: []Piece{{Plain(oneLine(rapid.String().Draw(t, "text"))), Bold}, {rapid.StringMatching(`[a-z ]{0,200}`).Draw(t, "more"), Dim}},
				Indent: rapid.IntRange(0, 100).Draw(t, "indent"), Hang: rapid.IntRange(0, 10).Draw(t, "hang"),
			}
		})
		got := written(t, Config{Width: width}, func(s *Screen) {
			for range rapid.IntRange(0, 6).Draw(t, "lines") {
				switch rapid.IntRange(0, 2).Draw(t, "kind") {
				case 0:
					s.Say(line.Draw(t, "said"))
				case 1:
					s.Log(line.Draw(t, "logged"))
				default:
					s.Wide(line.Draw(t, "wide"))
				}
			}
		})
		for row := range strings.Lines(got) {
			if n := utf8.RuneCountInString(strings.TrimSuffix(row, "\n")); n > width {
				t.Fatalf("%d characters on a row of %d: %q", n, width, row)
			}
		}
	})
}

func oneLine(s string) string { return strings.ReplaceAll(s, "\n", " ") }

func TestPlainHasOneColumnForEachCharacter(t *testing.T) {
	for in, want := range map[string]string{
		"✅ healthy":            "✓ healthy",
		"↩️ Rolled back":       "← Rolled back",
		"▫️ Deploy: to come":   "· Deploy: to come",
		"🦄 unicorn":            " unicorn",
		"a\tb\x1b[31mc\u202ed": "a b[31mcd",
		"日本 e\u0301":           "?? e",
		"two\nlines":           "two\nlines",
	} {
		if got := Plain(in); got != want {
			t.Errorf("%q: %q, want %q", in, got, want)
		}
	}
}

type closedPipe struct{}

func (closedPipe) Write([]byte) (int, error) { return 0, errors.New("nobody reads") }

func TestAFailedWriteIsReported(t *testing.T) {
	s := New(closedPipe{}, Config{Width: 80})
	s.Say(Text(0, Normal, "hello"))
	if err := s.Close(); err == nil || !strings.Contains(err.Error(), "nobody reads") {
		t.Errorf("got %v", err)
	}
}

func TestNothingIsKnownOfWhatIsNoTerminal(t *testing.T) {
	want := Config{Width: defaultWidth}
	if got := For(&strings.Builder{}, func(string) string { return "" }); got != want {
		t.Errorf("got %+v, want %+v", got, want)
	}
}
