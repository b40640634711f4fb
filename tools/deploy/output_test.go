package deploy

import (
	"fmt"
	"os"
	"slices"
	"strings"
	"testing"
)

func TestParseProgress(t *testing.T) {
	for _, c := range []struct {
		line    string
		percent int
		text    string
		ok      bool
	}{
		{"progress: 40% copying", 40, "copying", true},
		{"  progress:7%", 7, "", true},
		{"progress: 99.9 % nearly", 99, "nearly", true},
		{"progress: copying 3 of 4", -1, "copying 3 of 4", true},
		{"progress: disk at 90% full", -1, "disk at 90% full", true},
		{"progress: 140% more", 0, "", false},
		{"progress: -1% less", 0, "", false},
		{"progress: NaN% x", 0, "", false},
		{"progress:", 0, "", false},
		{"no progress: 40%", 0, "", false},
	} {
		p, ok := parseProgress(c.line)
		if ok != c.ok || ok && (p.Percent != c.percent || p.Text != c.text) {
			t.Errorf("%q: %+v, %v", c.line, p, ok)
		}
	}
}

// follow writes pieces to an output file and lets a follower read after each.
func follow(t *testing.T, pieces ...string) *follower {
	t.Helper()
	r := run{dir: t.TempDir()}
	out, err := os.OpenFile(r.path(outputFile), os.O_RDWR|os.O_CREATE|os.O_APPEND, 0o600)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { closeQuietly(out) })
	f := &follower{r: r, file: out}
	for _, p := range pieces {
		if _, err := out.WriteString(p); err != nil {
			t.Fatal(err)
		}
		if _, err := f.poll(); err != nil {
			t.Fatal(err)
		}
		if err := f.shrink(); err != nil {
			t.Fatal(err)
		}
	}
	return f
}

func TestProgressIsFoundInWholeLinesOnly(t *testing.T) {
	long := strings.Repeat("x", 2*maxPending)
	for _, c := range []struct {
		name   string
		pieces []string
		text   string
	}{
		{"a line in pieces", []string{"prog", "ress: 1% one", "\n"}, "one"},
		{"not yet ended", []string{"progress: 1% one\nprogress: 2% tw"}, "one"},
		{"carriage returns", []string{"progress: 1% one\rprogress: 2% two\r"}, "two"},
		{"after an endless line", []string{long, "progress: 1% no\n", "progress: 2% yes\n"}, "yes"},
		{"an endless progress line", []string{"progress: 1% one\n", "progress: " + long + "\n"}, "one"},
	} {
		t.Run(c.name, func(t *testing.T) {
			if got := follow(t, c.pieces...).last.Text; got != c.text {
				t.Errorf("got %q, want %q", got, c.text)
			}
		})
	}
}

func TestACommandThatCutsItsOutputIsFollowedOn(t *testing.T) {
	f := follow(t, "progress: 1% one\nmuch\nmore\n")
	if err := f.file.Truncate(0); err != nil {
		t.Fatal(err)
	}
	if _, err := f.file.WriteString("progress: 2% two\n"); err != nil {
		t.Fatal(err)
	}
	if _, err := f.poll(); err != nil || f.last.Text != "two" {
		t.Errorf("got %+v, %v", f.last, err)
	}
}

func TestLastLinesReachBackOverWhatWasFreed(t *testing.T) {
	var big strings.Builder
	for i := range 300000 {
		fmt.Fprintf(&big, "line number %d\n", i)
	}
	if big.Len() <= maxOutput {
		t.Fatal("the test writes too little")
	}
	for _, c := range []struct {
		name      string
		end, next string
		holes     []string // what is kept where files can have holes
		cut       []string // and where they can't
	}{
		{
			"between lines", "", "next\n",
			[]string{"line number 299998", "line number 299999", "next"},
			[]string{"line number 299998", "line number 299999", "next"},
		},
		{
			"within a line", "half of a", " line\nnext\n",
			[]string{"line number 299999", "half of a line", "next"},
			[]string{"line number 299998", "line number 299999", "next"},
		},
		{
			"nothing after", "", "",
			[]string{"line number 299997", "line number 299998", "line number 299999"},
			[]string{"line number 299997", "line number 299998", "line number 299999"},
		},
	} {
		t.Run(c.name, func(t *testing.T) {
			want := c.cut
			f := follow(t, big.String()+c.end)
			if f.freed > 0 {
				want = c.holes
			} else if f.offset > 0 {
				t.Fatal("nothing was freed")
			}
			if _, err := f.file.WriteString(c.next); err != nil {
				t.Fatal(err)
			}
			if got := f.r.outputLines(3); !slices.Equal(got, want) {
				t.Errorf("got %q, want %q", got, want)
			}
			head, err := os.ReadFile(f.r.path(headFile))
			if err != nil || !strings.HasPrefix(string(head), "line number 0\n") {
				t.Errorf("the beginning isn't kept: %.40q, %v", head, err)
			}
		})
	}
}

func TestAFileWithoutHolesIsCutWithinALineWithoutShowingHalves(t *testing.T) {
	r := run{dir: t.TempDir()}
	for name, text := range map[string]string{prevFile: "one\ntwo\nsecr", outputFile: "et\nthree\n"} {
		if err := os.WriteFile(r.path(name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	if got, want := r.outputLines(20), []string{"one", "two", "three"}; !slices.Equal(got, want) {
		t.Errorf("got %q, want %q", got, want)
	}
}

func TestTheEndOfOneEndlessLineIsNotShown(t *testing.T) {
	f := follow(t, strings.Repeat("secret", keepOutput))
	if got := strings.Join(f.r.outputLines(20), "\n"); strings.Contains(got, "secret") || got == "" {
		t.Errorf("got %.60q", got)
	}
}

func TestWithoutHolesTheEndMovesToAnotherFile(t *testing.T) {
	f := follow(t, strings.Repeat("a line\n", keepOutput/7)+"last but one\n")
	if _, err := f.file.WriteString("progress: 5% last\n"); err != nil { // not read yet
		t.Fatal(err)
	}
	prev, err := os.Create(f.r.path(prevFile))
	if err != nil {
		t.Fatal(err)
	}
	defer closeQuietly(prev)
	if err := f.moveEnd(prev); err != nil {
		t.Fatal(err)
	}
	if _, err := f.file.WriteString("after\n"); err != nil {
		t.Fatal(err)
	}
	if got, want := f.r.outputLines(3), []string{"last but one", "progress: 5% last", "after"}; !slices.Equal(got, want) {
		t.Errorf("got %q, want %q", got, want)
	}
	if f.last.Text != "last" {
		t.Errorf("progress %+v", f.last)
	}
}
