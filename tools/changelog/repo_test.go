package changelog_test

import (
	"bytes"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/releasebot/releasebot/tools/changelog"
)

// repo is a real repository in a folder of its own.
type repo struct {
	t    *testing.T
	dir  string
	mark int
}

func newRepo(t *testing.T) *repo {
	t.Helper()
	if _, err := exec.LookPath("git"); err != nil {
		t.Skip("skipped: git is not on the PATH")
	}
	r := &repo{t: t, dir: filepath.Join(t.TempDir(), "shop.git")}
	if err := os.Mkdir(r.dir, 0o700); err != nil {
		t.Fatal(err)
	}
	r.git("init", "--quiet", "--bare", "--initial-branch=main", ".")
	return r
}

func (r *repo) git(args ...string) string { return r.gitIn("", args...) }

func (r *repo) gitIn(in string, args ...string) string {
	r.t.Helper()
	cmd := exec.Command("git", args...)
	cmd.Dir = r.dir
	cmd.Env = append(os.Environ(), "GIT_CONFIG_NOSYSTEM=1", "GIT_CONFIG_GLOBAL=/dev/null",
		"GIT_AUTHOR_NAME=Ada", "GIT_AUTHOR_EMAIL=ada@example.com", "GIT_COMMITTER_NAME=Ada", "GIT_COMMITTER_EMAIL=ada@example.com")
	cmd.Stdin = strings.NewReader(in)
	var out, said bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &said
	if err := cmd.Run(); err != nil {
		r.t.Fatalf("git %v: %v: %s", args, err, said.String())
	}
	return strings.TrimSpace(out.String())
}

// commit describes a commit for add.
type commit struct {
	branch string // defaults to main
	author string // defaults to Ada <ada@example.com>
	title  string
	merges string // a second parent
	files  map[string]string
	at     int64 // seconds; defaults to later than all before
}

// add makes a commit and returns its id.
func (r *repo) add(c commit) string {
	r.t.Helper()
	r.mark++
	if c.branch == "" {
		c.branch = "main"
	}
	if c.author == "" {
		c.author = "Ada <ada@example.com>"
	}
	if c.at == 0 {
		c.at = 1_700_000_000 + int64(r.mark)
	}
	ref := "refs/heads/" + c.branch
	var in strings.Builder
	fmt.Fprintf(&in, "feature done\ncommit %s\nauthor %s %d +0000\ncommitter C <c@example.com> %d +0000\n", ref, c.author, c.at, 1_700_000_000+r.mark)
	fmt.Fprintf(&in, "data %d\n%s\n", len(c.title), c.title)
	if r.has(ref) {
		fmt.Fprintf(&in, "from %s^0\n", ref)
	}
	if c.merges != "" {
		fmt.Fprintf(&in, "merge %s\n", c.merges)
	}
	for name, text := range c.files {
		fmt.Fprintf(&in, "M 100644 inline %s\ndata %d\n%s\n", name, len(text), text)
	}
	in.WriteString("done\n")
	r.gitIn(in.String(), "fast-import", "--quiet", "--date-format=raw-permissive")
	return r.git("rev-parse", ref)
}

func (r *repo) has(ref string) bool {
	return r.git("for-each-ref", "--count=1", ref) != ""
}

func (r *repo) branch(name, at string) { r.git("update-ref", "refs/heads/"+name, at) }

func (r *repo) tag(name, at string) { r.git("tag", "--force", name, at) }

func (r *repo) annotated(name, at string) {
	r.git("tag", "--force", "--annotate", "--message=words", name, at)
}

// open opens a source that reads the repository at git.
func open(t *testing.T, git string) *changelog.Git {
	t.Helper()
	g, err := changelog.Open(changelog.Config{Git: git, Cache: filepath.Join(t.TempDir(), "cache"), Env: os.Environ()})
	if err != nil {
		t.Fatal(err)
	}
	return g
}

// both runs a test on a path and on a file:// URL of the same repository.
func both(t *testing.T, build func(*repo), test func(t *testing.T, r *repo, g *changelog.Git)) {
	t.Helper()
	r := newRepo(t)
	build(r)
	for name, git := range map[string]string{"path": r.dir, "url": "file://" + r.dir} {
		t.Run(name, func(t *testing.T) {
			r := &repo{t: t, dir: r.dir, mark: r.mark}
			test(t, r, open(t, git))
		})
	}
}
