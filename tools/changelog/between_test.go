package changelog_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"testing"
	"unicode"
	"unicode/utf8"

	"github.com/releasebot/releasebot/tools/changelog"
)

func titles(c changelog.Changes) string {
	var all []string
	for _, one := range c.Commits {
		all = append(all, one.Title)
	}
	return strings.Join(all, ", ")
}

func TestBetween(t *testing.T) {
	var base, two, side, merge, last string
	both(t, func(r *repo) {
		base = r.add(commit{title: "base"})
		two = r.add(commit{title: "two", author: "Bob <bob@example.com>"})
		r.branch("side", base)
		side = r.add(commit{branch: "side", title: "side", author: "Cleo <cleo@example.com>"})
		merge = r.add(commit{title: "merge side", merges: side})
		last = r.add(commit{title: "last", author: "Bob <bob@example.com>"})
		r.tag("v1", base)
		r.tag("v2", last)
	}, func(t *testing.T, r *repo, g *changelog.Git) {
		for _, tc := range []struct {
			name     string
			from, to string
			limit    int
			titles   string
			total    int
			authors  string
			backward bool
			diverged bool
		}{
			{"forward, a merge once", base, last, 10, "last, merge side, side, two", 4, "Bob, Ada, Cleo", false, false},
			{"at most so many", base, last, 2, "last, merge side", 4, "Bob, Ada, Cleo", false, false},
			{"none but the sum", base, last, 0, "", 4, "Bob, Ada, Cleo", false, false},
			{"backward", last, two, 10, "last, merge side, side", 3, "Ada, Bob, Cleo", true, false},
			{"diverged", two, side, 10, "side", 1, "Cleo", false, true},
			{"the same", two, two, 10, "", 0, "", false, false},
			{"by name", "1", "v2", 10, "last, merge side, side, two", 4, "Bob, Ada, Cleo", false, false},
			{"nothing ran yet", "", last, 10, "", 0, "", false, false},
			{"into a merge", side, merge, 10, "merge side, two", 2, "Ada, Bob", false, false},
		} {
			c, err := g.Between(t.Context(), tc.from, tc.to, tc.limit)
			if err != nil {
				t.Errorf("%s: %v", tc.name, err)
				continue
			}
			if titles(c) != tc.titles || c.Total != tc.total || strings.Join(c.Authors, ", ") != tc.authors || c.Backward != tc.backward || c.Diverged != tc.diverged {
				t.Errorf("%s: %s; %+v", tc.name, titles(c), c)
			}
		}
		for _, gone := range []string{strings.Repeat("a", 40), "v9"} {
			if _, err := g.Between(t.Context(), gone, last, 1); !errors.Is(err, changelog.ErrUnknownVersion) || !strings.Contains(err.Error(), "runs now") {
				t.Errorf("from %s: %v", gone, err)
			}
			if _, err := g.Between(t.Context(), base, gone, 1); !errors.Is(err, changelog.ErrUnknownVersion) || !strings.Contains(err.Error(), "ships") {
				t.Errorf("to %s: %v", gone, err)
			}
		}
		c, err := g.Between(t.Context(), base, two, 1)
		if err != nil {
			t.Fatal(err)
		}
		one := c.Commits[0]
		if one.SHA != two || one.Author != "Bob" || one.Email != "bob@example.com" || one.At.Unix() != 1_700_000_002 {
			t.Errorf("%+v", one)
		}
	})
}

func TestUnrelatedHistories(t *testing.T) {
	r := newRepo(t)
	one := r.add(commit{title: "one"})
	other := r.add(commit{branch: "other", title: "other"})
	c, err := open(t, r.dir).Between(t.Context(), one, other, 10)
	if err != nil || !c.Diverged || c.Total != 1 || titles(c) != "other" {
		t.Errorf("%+v %v", c, err)
	}
}

func TestMailmap(t *testing.T) {
	both(t, func(r *repo) {
		r.tag("v1", r.add(commit{title: "base"}))
		r.add(commit{title: "one", author: "bob <bob@old.example.com>"})
		r.add(commit{title: "two", author: "Bob B. <bob@example.com>"})
		r.tag("v2", r.add(commit{title: "three", files: map[string]string{".mailmap": "Bob Builder <bob@example.com>\nBob Builder <bob@example.com> <bob@old.example.com>\n"}}))
	}, func(t *testing.T, _ *repo, g *changelog.Git) {
		c, err := g.Between(t.Context(), "v1", "v2", 10)
		if err != nil || strings.Join(c.Authors, ", ") != "Bob Builder, Ada" {
			t.Fatalf("%+v %v", c, err)
		}
		if one := c.Commits[2]; one.Author != "Bob Builder" || one.Email != "bob@example.com" {
			t.Errorf("%+v", one)
		}
	})
}

func TestManyCommits(t *testing.T) {
	r := newRepo(t)
	var in strings.Builder
	for i := range 301 {
		fmt.Fprintf(&in, "commit refs/heads/main\nauthor P%d <p@example.com> %d +0000\ncommitter C <c@example.com> %d +0000\ndata <<X\nchange %d\nX\n\n",
			i%150, 1_700_000_000-i, 1_700_000_000+i, i)
	}
	r.gitIn(in.String(), "fast-import", "--quiet")
	c, err := open(t, r.dir).Between(t.Context(), r.git("rev-parse", "main~300"), r.git("rev-parse", "main"), 20)
	if err != nil {
		t.Fatal(err)
	}
	if c.Total != 300 || len(c.Commits) != 20 || c.Commits[0].Title != "change 300" || c.Commits[19].Title != "change 281" {
		t.Errorf("%d %d %s", c.Total, len(c.Commits), titles(c))
	}
	if len(c.Authors) != 100 || c.Authors[0] != "P0" || c.Authors[1] != "P1" || c.Authors[2] != "P10" {
		t.Errorf("%d authors: %v", len(c.Authors), c.Authors)
	}
}

func TestWhatPeopleWriteIsCleanedAndNotTrusted(t *testing.T) {
	nasty := []commit{
		{title: "<!channel> <@U0ALICE> `*_~ </release> ${version} $(id)"},
		{title: "escape \x1b[31mred\x1b[0m \x1b]0;title\x07 bell\x07"},
		{title: "nul in\x00 between", author: "nul <nul@example.com>"},
		{title: "right \u202eto left\u202c \u2066isolate\u2069 zero\u200bwidth \ufeffbom \u2028line"},
		{title: "bytes \xff\xfe that are no text"},
		{title: "tab\there\rand\vthere"},
		{title: strings.Repeat("é", 500)},
		{title: "one\ntwo\nthree\n\nThe body, which is left out"},
		{title: ""},
		{title: "an author without a name", author: "<nobody@example.com>"},
		{title: "a long author", author: strings.Repeat("x", 5000) + " <x@example.com>"},
		{title: "an author with escapes", author: "Eve \x1b[2J\u202e <eve\x1b[1m@example.com>"},
		{title: "long ago", at: -5_000_000_000},
		{title: "far away", at: 999_999_999_999_999},
	}
	both(t, func(r *repo) {
		r.tag("v1", r.add(commit{title: "base"}))
		for _, c := range nasty {
			r.add(c)
		}
		r.tag("v2", "main")
	}, func(t *testing.T, _ *repo, g *changelog.Git) {
		c, err := g.Between(t.Context(), "v1", "v2", 100)
		if err != nil {
			t.Fatal(err)
		}
		if c.Total != len(nasty) || len(c.Commits) != len(nasty) {
			t.Fatalf("%d of %d commits", len(c.Commits), c.Total)
		}
		if _, err := json.Marshal(c); err != nil {
			t.Errorf("it can't be written as JSON: %v", err)
		}
		for _, one := range c.Commits {
			for what, text := range map[string]string{"title": one.Title, "author": one.Author, "email": one.Email} {
				if !utf8.ValidString(text) || utf8.RuneCountInString(text) > 200 ||
					strings.ContainsFunc(text, func(r rune) bool { return unicode.IsControl(r) || unicode.Is(unicode.Cf, r) }) {
					t.Errorf("%s %q", what, text)
				}
			}
		}
		all := titles(c)
		for _, want := range []string{"<!channel> <@U0ALICE>", "escape red bell", "right to left isolate zerowidth bom line", "one two three", strings.Repeat("é", 199) + "…"} {
			if !strings.Contains(all, want) {
				t.Errorf("no title is %q", want)
			}
		}
		if strings.Contains(all, "The body") {
			t.Error("a body is listed")
		}
	})
}
