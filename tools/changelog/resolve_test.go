package changelog_test

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/releasebot/releasebot/tools/changelog"
)

func TestResolve(t *testing.T) {
	var one, two, three string
	both(t, func(r *repo) {
		one = r.add(commit{title: "one"})
		two = r.add(commit{title: "two"})
		three = r.add(commit{title: "three"})
		r.tag("v1.4.1", one)
		r.annotated("v1.4.2", two)
		r.git("tag", "--annotate", "--message=a tag of a tag", "nested", "v1.4.2")
		r.tag("2.0", one)
		r.tag("v2.0", two)
		r.annotated("release/2024.10", three)
		r.branch("develop", two)
		r.branch("v3.0", two)
		r.branch("refs/tags/v4.0", two) // git itself would find it under refs/tags/v4.0
		r.branch(one[:8]+"0", two)      // a branch that is called like an id
		r.tag(two[:7], three)           // a tag that is called like the beginning of an id
	}, func(t *testing.T, r *repo, g *changelog.Git) {
		for _, tc := range []struct {
			ask, name, sha string
			tag            bool
		}{
			{"v1.4.1", "v1.4.1", one, true},
			{"1.4.1", "v1.4.1", one, true},
			{"1.4.2", "v1.4.2", two, true},
			{"nested", "nested", two, true},
			{"vnested", "nested", two, true},
			{"2.0", "2.0", one, true},
			{"v2.0", "v2.0", two, true},
			{"release/2024.10", "release/2024.10", three, true},
			{one, one, one, false},
			{strings.ToUpper(one), strings.ToUpper(one), one, false},
			{one[:7], one[:7], one, false},
			{three[:12], three[:12], three, false},
			{two[:7], two[:7], three, true},
		} {
			v, err := g.Resolve(t.Context(), tc.ask)
			if want := (changelog.Version{Name: tc.name, SHA: tc.sha, Tag: tc.tag}); err != nil || v != want {
				t.Errorf("%s: %+v %v, want %+v", tc.ask, v, err, want)
			}
		}
		tagObject := r.git("rev-parse", "v1.4.2")
		for ask, says := range map[string]string{
			"1.4.3":         "neither a tag nor a commit",
			"1.5":           "neither",
			"develop":       "a branch is no version",
			"main":          "a branch is no version",
			"v3.0":          "a branch is no version",
			"v4.0":          "neither",
			"release":       "neither", // only a folder of tags
			one[:8] + "0":   "a branch is no version",
			one[:6]:         "neither", // too short for an id
			"deadbeef":      "neither",
			tagObject:       "neither", // the id of a tag, not of a commit
			tagObject[:12]:  "neither",
			"HEAD":          "neither",
			"refs/heads/x":  "neither",
			"":              "can't be",
			"-x":            "can't be",
			"--all":         "can't be",
			"v1.4.2^":       "can't be",
			"v1.4.2~1":      "can't be",
			"main@{0}":      "can't be",
			"v1..v2":        "can't be",
			"v1.*":          "can't be",
			"a b":           "can't be",
			"v1.4.2\n":      "can't be",
			"v1\x1b[31m":    "can't be",
			":/one":         "can't be",
			"a//b":          "can't be",
			"x.lock":        "can't be",
			"</release>":    "neither",
			"<!channel>":    "neither",
			"$(id)":         "neither",
			"`id`;id|id":    "neither",
			"é":             "neither",
			"${version}":    "neither",
			"%(objectname)": "neither",
		} {
			v, err := g.Resolve(t.Context(), ask)
			if !errors.Is(err, changelog.ErrUnknownVersion) || !strings.Contains(err.Error(), says) {
				t.Errorf("%q: %+v, %v; want an unknown version that says %q", ask, v, err, says)
			}
		}
	})
}

func TestUnknownVersionsNameTheNearestTags(t *testing.T) {
	r := newRepo(t)
	one := r.add(commit{title: "one"})
	g := open(t, r.dir)
	_, err := g.Resolve(t.Context(), "1.4.2")
	if err == nil || strings.Contains(err.Error(), "near") {
		t.Errorf("no tags at all: %v", err)
	}
	for _, tag := range []string{"v1.4.1", "v1.4.12", "v0.9.0", "backend-1.4.2", "other"} {
		r.tag(tag, one)
	}
	_, err = g.Resolve(t.Context(), "1.4.2")
	var unknown *changelog.UnknownVersionError
	if !errors.As(err, &unknown) {
		t.Fatal(err)
	}
	if got := strings.Join(unknown.Near, " "); got != "v1.4.1 v1.4.12" {
		t.Errorf("near: %s", got)
	}
	if want := fmt.Sprintf("%q is neither a tag nor a commit of %s; near it: v1.4.1, v1.4.12", "1.4.2", r.dir); err.Error() != want {
		t.Errorf("%s", err)
	}
}

func TestAmbiguousIds(t *testing.T) {
	r := newRepo(t)
	// The ids follow from the content, so that these many always hold two that begin with the same 7 digits.
	const n = 14_000
	var in strings.Builder
	for i := range n {
		fmt.Fprintf(&in, "commit refs/heads/main\ncommitter C <c@example.com> %d +0000\ndata 1\nx\n", 1_700_000_000+i)
	}
	r.gitIn(in.String(), "fast-import", "--quiet")
	seen := map[string]string{}
	var prefix, id string
	for sha := range strings.FieldsSeq(r.git("rev-list", "main")) {
		if _, twice := seen[sha[:7]]; twice {
			prefix, id = sha[:7], sha
		}
		seen[sha[:7]] = sha
	}
	if prefix == "" {
		t.Fatalf("no two of %d ids share 7 digits: make more", n)
	}
	g := open(t, r.dir)
	if _, err := g.Resolve(t.Context(), prefix); !errors.Is(err, changelog.ErrAmbiguous) || !strings.Contains(err.Error(), "2 commits") {
		t.Errorf("%s: %v", prefix, err)
	}
	if v, err := g.Resolve(t.Context(), id[:16]); err != nil || v.SHA != id {
		t.Errorf("%s: %+v %v", id[:16], v, err)
	}
}

func TestTagsThatNameNoCommit(t *testing.T) {
	r := newRepo(t)
	r.add(commit{title: "one", files: map[string]string{"a": "text"}})
	r.tag("blob", r.git("rev-parse", "main:a"))
	if _, err := open(t, r.dir).Resolve(t.Context(), "blob"); err == nil || !strings.Contains(err.Error(), "names no commit") {
		t.Error(err)
	}
}

func TestMovedTags(t *testing.T) {
	r := newRepo(t)
	one, two := r.add(commit{title: "one"}), r.add(commit{title: "two"})
	r.tag("v1", one)
	for name, git := range map[string]string{"path": r.dir, "url": "file://" + r.dir} {
		t.Run(name, func(t *testing.T) {
			g := open(t, git)
			r.tag("v1", one)
			if now, moved, err := g.Moved(t.Context(), "v1", one); now != one || moved || err != nil {
				t.Errorf("before: %s %v %v", now, moved, err)
			}
			if now, moved, err := g.Moved(t.Context(), one, one); now != one || moved || err != nil {
				t.Errorf("a commit: %s %v %v", now, moved, err)
			}
			r.annotated("v1", two)
			g = open(t, git) // another process, which knows of no earlier fetch
			if now, moved, err := g.Moved(t.Context(), "v1", one); now != two || !moved || err != nil {
				t.Errorf("moved: %s %v %v", now, moved, err)
			}
			r.git("tag", "--delete", "v1")
			g = open(t, git)
			if now, moved, err := g.Moved(t.Context(), "v1", one); now != "" || !moved || err != nil {
				t.Errorf("deleted: %s %v %v", now, moved, err)
			}
		})
	}
	g := open(t, filepath.Join(r.dir, "nowhere"))
	if _, moved, err := g.Moved(t.Context(), "v1", one); err == nil || moved {
		t.Errorf("a repository that can't be asked: %v %v", moved, err)
	}
}

func TestWorkTrees(t *testing.T) {
	r := newRepo(t)
	one := r.add(commit{title: "one", files: map[string]string{"a": "text"}})
	r.tag("v1", one)
	work := filepath.Join(t.TempDir(), "work")
	r.git("clone", "--quiet", r.dir, work)
	linked := filepath.Join(t.TempDir(), "linked")
	(&repo{t: t, dir: work}).git("worktree", "add", "--quiet", linked)
	for _, git := range []string{work, linked, filepath.Join(work, ".git"), "file://" + work} {
		if v, err := open(t, git).Resolve(t.Context(), "1"); err != nil || v.SHA != one {
			t.Errorf("%s: %+v %v", git, v, err)
		}
	}
	g, err := changelog.Open(changelog.Config{Git: "./work", Dir: filepath.Dir(work), Env: os.Environ()})
	if err != nil {
		t.Fatal(err)
	}
	if v, err := g.Resolve(t.Context(), "v1"); err != nil || v.SHA != one {
		t.Errorf("relative: %+v %v", v, err)
	}
	_, err = open(t, work).Resolve(t.Context(), "origin/main")
	if err == nil || !strings.Contains(err.Error(), "branch") {
		t.Errorf("a branch of a remote: %v", err)
	}
}

func TestNone(t *testing.T) {
	var s changelog.Source = changelog.None{}
	v, err := s.Resolve(t.Context(), "anything at all")
	if err != nil || v != (changelog.Version{Name: "anything at all"}) {
		t.Errorf("%+v %v", v, err)
	}
	c, err := s.Between(t.Context(), "a", "b", 10)
	if err != nil || c.Total != 0 || c.Commits != nil {
		t.Errorf("%+v %v", c, err)
	}
	if now, moved, err := (changelog.None{}).Moved(t.Context(), "a", "b"); now != "" || moved || err != nil {
		t.Errorf("%q %v %v", now, moved, err)
	}
}
