package changelog_test

import (
	"context"
	"encoding/base64"
	"errors"
	"net/http"
	"net/http/cgi"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/releasebot/releasebot/tools/changelog"
)

func TestOpenRefusesWhatIsNoRepository(t *testing.T) {
	for git, says := range map[string]string{
		"":                                "missing",
		"-oProxyCommand=x":                "dash",
		"--upload-pack=x":                 "dash",
		"ext::sh -c id":                   "remote helper",
		"ext://sh":                        "kinds of URLs",
		"ftp://a/b":                       "kinds of URLs",
		"https:///b":                      "no valid host",
		"ssh://-oProxyCommand=x/b":        "no valid host",
		"ssh://-x@host/b":                 "no valid host",
		"-x@host:b":                       "dash",
		"git@-oProxyCommand=x:b":          "names no host",
		"file://host/b":                   "no valid host",
		"https://a/b?token=hush":          "no ?",
		"https://a:hush\x7f@b/c":          "control characters",
		"https://u:hush@[b/c":             "no URL",
		"ssh://git:hush@example.com/a":    "of no use",
		"https://example.com/a\nfile:///": "control characters",
	} {
		_, err := changelog.Open(changelog.Config{Git: git, Cache: t.TempDir()})
		if err == nil || !strings.Contains(err.Error(), says) || strings.Contains(err.Error(), "hush") {
			t.Errorf("%q: %v", git, err)
		}
	}
	if _, err := changelog.Open(changelog.Config{Git: "https://example.com/a"}); err == nil || !strings.Contains(err.Error(), "folder") {
		t.Errorf("a URL without a cache: %v", err)
	}
	for _, git := range []string{"git@github.com:acme/shop.git", "ssh://git@example.com:22/a", "https://u:hush@example.com/a.git", "/srv/git/shop.git", "./a", "a/b:c"} {
		g, err := changelog.Open(changelog.Config{Git: git, Cache: t.TempDir()})
		if err != nil || strings.Contains(g.String(), "hush") {
			t.Errorf("%s: %v %v", git, g, err)
		}
	}
}

func TestCheckSaysWhatIsWrong(t *testing.T) {
	r := newRepo(t)
	empty := t.TempDir()
	for git, says := range map[string]string{
		r.dir:                        "",
		"file://" + r.dir:            "",
		filepath.Join(r.dir, "none"): "no such file",
		empty:                        "not a git repository",
		"file://" + empty:            "does not appear to be a git repository",
		"http://127.0.0.1:1/a.git":   "127.0.0.1:1",
	} {
		err := open(t, git).Check(t.Context())
		if (says == "") != (err == nil) || err != nil && !strings.Contains(err.Error(), says) {
			t.Errorf("%s: %v", git, err)
		}
	}
}

// A repository's own configuration must start nothing, whoever wrote it.
func TestRepositoriesRunNothing(t *testing.T) {
	r := newRepo(t)
	one := r.add(commit{title: "one"})
	two := r.add(commit{title: "two", files: map[string]string{".gitattributes": "* diff=evil filter=evil\n", "a": "text"}})
	r.tag("v1", one)
	r.tag("v2", two)
	proof := filepath.Join(t.TempDir(), "ran")
	evil := filepath.Join(t.TempDir(), "evil.sh")
	write(t, evil, "#!/bin/sh\ntouch "+proof+"\nexit 1\n", 0o700)
	for _, key := range []string{
		"core.fsmonitor", "core.pager", "pager.log", "core.sshCommand", "core.alternateRefsCommand", "core.askPass", "core.editor",
		"gpg.program", "diff.external", "diff.evil.textconv", "diff.evil.command", "filter.evil.smudge", "uploadpack.packObjectsHook",
		"credential.helper", "alias.log", "alias.rev-list", "mailmap.file",
	} {
		r.git("config", key, evil)
	}
	for key, value := range map[string]string{
		"log.showSignature": "true", "core.worktree": t.TempDir(), "core.bare": "false",
		"extensions.partialClone": "origin", "core.repositoryFormatVersion": "1",
		"remote.origin.url": "ext::" + evil, "remote.origin.promisor": "true", "protocol.ext.allow": "always",
	} {
		r.git("config", key, value)
	}
	for _, hook := range []string{"post-checkout", "reference-transaction", "pre-auto-gc", "fsmonitor-watchman"} {
		if err := os.MkdirAll(filepath.Join(r.dir, "hooks"), 0o700); err != nil {
			t.Fatal(err)
		}
		write(t, filepath.Join(r.dir, "hooks", hook), "#!/bin/sh\ntouch "+proof+"\n", 0o700)
	}
	g := open(t, r.dir)
	if c, err := g.Between(t.Context(), "v1", "v2", 10); err != nil || c.Total != 1 {
		t.Errorf("%+v %v", c, err)
	}
	if _, err := g.Resolve(t.Context(), strings.Repeat("ab", 20)); !errors.Is(err, changelog.ErrUnknownVersion) {
		t.Errorf("a missing object: %v", err) // and it is not fetched from the promisor
	}
	if _, err := os.Stat(proof); err == nil {
		t.Error("the repository ran a program")
	}
}

func write(t *testing.T, path, text string, mode os.FileMode) {
	t.Helper()
	if err := os.WriteFile(path, []byte(text), mode); err != nil {
		t.Fatal(err)
	}
}

func TestMirrorFollows(t *testing.T) {
	r := newRepo(t)
	r.tag("v1", r.add(commit{title: "one"}))
	cache := filepath.Join(t.TempDir(), "cache")
	g, err := changelog.Open(changelog.Config{Git: "file://" + r.dir, Cache: cache, Env: os.Environ(), FetchEvery: time.Hour})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := g.Resolve(t.Context(), "v1"); err != nil {
		t.Fatal(err)
	}
	two := r.add(commit{title: "two"})
	r.tag("v2", two)
	// A name that is not there is fetched again before it is called unknown, however
	// short ago the last fetch was.
	if v, err := g.Resolve(t.Context(), "v2"); err != nil || v.SHA != two {
		t.Errorf("a tag pushed a moment ago: %+v %v", v, err)
	}
	if _, err := g.Resolve(t.Context(), "main"); err == nil || !strings.Contains(err.Error(), "branch") {
		t.Errorf("%v", err)
	}
	entries, err := os.ReadDir(cache)
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range entries {
		info, err := e.Info()
		if err != nil {
			t.Fatal(err)
		}
		if !strings.HasPrefix(e.Name(), "shop-") || info.Mode().Perm()&0o077 != 0 {
			t.Errorf("the cache holds %s, %s", e.Name(), info.Mode())
		}
	}
	// What a killed git left behind is in nobody's way.
	mirror := filepath.Join(cache, entries[0].Name())
	write(t, filepath.Join(mirror, "packed-refs.lock"), "", 0o600)
	write(t, filepath.Join(mirror, "refs", "tags", "v3.lock"), "", 0o600)
	r.tag("v3", two)
	if v, err := g.Resolve(t.Context(), "v3"); err != nil || v.SHA != two {
		t.Errorf("after a kill: %+v %v", v, err)
	}
	if _, err := os.Stat(filepath.Join(mirror, "index")); err == nil {
		t.Error("something was checked out")
	}
	// A repository that is away is an error, and no old answer.
	if err := os.Rename(r.dir, r.dir+".away"); err != nil {
		t.Fatal(err)
	}
	g, err = changelog.Open(changelog.Config{Git: "file://" + r.dir, Cache: cache, Env: os.Environ()})
	if err != nil {
		t.Fatal(err)
	}
	if v, err := g.Resolve(t.Context(), "v1"); err == nil || errors.Is(err, changelog.ErrUnknownVersion) {
		t.Errorf("away: %+v %v", v, err)
	}
	// What doesn't change can be read still.
	if c, err := g.Between(t.Context(), r2(t, r, "v1"), two, 5); err != nil || c.Total != 1 {
		t.Errorf("away: %+v %v", c, err)
	}
}

// r2 asks a repository that was put away.
func r2(t *testing.T, r *repo, name string) string {
	t.Helper()
	return (&repo{t: t, dir: r.dir + ".away"}).git("rev-parse", name)
}

// httpRepo serves a repository as git's own server does, and counts the fetches.
func httpRepo(t *testing.T, r *repo, user, password string) (url string, fetches *atomic.Int32, together *atomic.Bool) {
	t.Helper()
	fetches, together = new(atomic.Int32), new(atomic.Bool)
	var now atomic.Int32
	path := strings.TrimSpace(r.git("--exec-path")) + "/git-http-backend"
	if _, err := os.Stat(path); err != nil {
		t.Skipf("skipped: git's HTTP server is not installed: %v", err)
	}
	backend := &cgi.Handler{Path: path, Env: []string{"GIT_PROJECT_ROOT=" + filepath.Dir(r.dir), "GIT_HTTP_EXPORT_ALL=1"}}
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, req *http.Request) {
		if u, p, _ := req.BasicAuth(); u != user || p != password {
			w.Header().Set("WWW-Authenticate", `Basic realm="x"`)
			w.WriteHeader(http.StatusUnauthorized)
			return
		}
		if now.Add(1) > 1 {
			together.Store(true)
		}
		defer now.Add(-1)
		if strings.HasSuffix(req.URL.Path, "/info/refs") {
			fetches.Add(1)
		}
		backend.ServeHTTP(w, req)
	}))
	t.Cleanup(s.Close)
	return s.URL + "/" + filepath.Base(r.dir), fetches, together
}

func TestMirrorOverHTTP(t *testing.T) {
	const password = "hush hush/@:"
	r := newRepo(t)
	one := r.add(commit{title: "one"})
	r.tag("v1", one)
	url, fetches, together := httpRepo(t, r, "ada", password)
	with := func(userinfo string) string { return strings.Replace(url, "http://", "http://"+userinfo+"@", 1) }
	cache := t.TempDir()
	good, err := changelog.Open(changelog.Config{Git: with("ada:hush%20hush%2F%40%3A"), Cache: cache, Env: os.Environ(), FetchEvery: time.Minute})
	if err != nil {
		t.Fatal(err)
	}
	var all sync.WaitGroup
	for range 8 {
		all.Go(func() {
			if v, err := good.Resolve(t.Context(), "1"); err != nil || v.SHA != one {
				t.Errorf("%+v %v", v, err)
			}
		})
	}
	all.Wait()
	if fetches.Load() != 1 || together.Load() {
		t.Errorf("%d fetches for 8 questions at once; two at a time: %v", fetches.Load(), together.Load())
	}
	err = filepath.WalkDir(cache, func(path string, d os.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		b, err := os.ReadFile(path)
		if strings.Contains(string(b), "hush") || strings.Contains(string(b), base64.StdEncoding.EncodeToString([]byte("ada:"+password))) {
			t.Errorf("the password stands in %s", path)
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	for _, userinfo := range []string{"ada:hush-wrong", "hush-token"} {
		err := open(t, with(userinfo)).Check(t.Context())
		if err == nil || strings.Contains(err.Error(), "hush") {
			t.Errorf("%v", err)
		}
	}
}

func TestFetchesShareOneMirrorBetweenProcesses(t *testing.T) {
	r := newRepo(t)
	one := r.add(commit{title: "one"})
	r.tag("v1", one)
	url, _, together := httpRepo(t, r, "", "")
	cache := t.TempDir()
	var all sync.WaitGroup
	for range 4 {
		g, err := changelog.Open(changelog.Config{Git: url, Cache: cache, Env: os.Environ()})
		if err != nil {
			t.Fatal(err)
		}
		all.Go(func() {
			if v, err := g.Resolve(t.Context(), "v1"); err != nil || v.SHA != one {
				t.Errorf("%+v %v", v, err)
			}
		})
	}
	all.Wait()
	if together.Load() {
		t.Error("two fetched at a time")
	}
}

func TestFetchThatHangsIsStopped(t *testing.T) {
	var asked atomic.Int32
	s := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		asked.Add(1)
		<-r.Context().Done()
	}))
	t.Cleanup(s.Close)
	g, err := changelog.Open(changelog.Config{Git: s.URL + "/a.git", Cache: t.TempDir(), Env: os.Environ(), FetchTimeout: 2 * time.Second})
	if err != nil {
		t.Fatal(err)
	}
	start := time.Now()
	_, err = g.Resolve(t.Context(), "v1")
	if !errors.Is(err, context.DeadlineExceeded) || time.Since(start) > time.Minute {
		t.Errorf("%v after %s", err, time.Since(start))
	}
	before := asked.Load() // 0 where git needed longer than that to begin with
	if _, err := g.Resolve(t.Context(), "v1"); err == nil || before > 1 || asked.Load() != before {
		t.Errorf("a host that is away was asked %d times, and then %d times in a moment; %v", before, asked.Load()-before, err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := open(t, s.URL+"/a.git").Resolve(ctx, "v1"); !errors.Is(err, context.Canceled) {
		t.Error(err)
	}
}
