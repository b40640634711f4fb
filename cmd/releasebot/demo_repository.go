package main

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"strings"
	"time"
)

// shopHistory is the repository of the sample service, oldest commit first.
var shopHistory = []struct {
	author, title, tag string
}{
	{"Alice Adams", "shop: sell things", ""},
	{"Bob Brown", "basket: keep it over a reload", "v1.4.1"},
	{"Carol Clark", "checkout: round VAT as the tax office does", ""},
	{"Alice Adams", "search: find words with accents", "v1.4.2"},
	{"Dave Diaz", "basket: keep every basket in memory", ""},
	{"Carol Clark", "basket: show what others bought", "v1.5.0"},
}

// makeRepository makes a bare git repository with that history in dir.
func makeRepository(ctx context.Context, dir string, now time.Time) error {
	if err := git(ctx, "", "init", "--quiet", "--bare", "--initial-branch=main", dir); err != nil {
		return err
	}
	var b strings.Builder
	for i, c := range shopHistory {
		at := now.Add(time.Duration(i-len(shopHistory)) * 7 * time.Hour).Unix()
		mail := strings.ToLower(strings.Fields(c.author)[0]) + "@example.com"
		fmt.Fprintf(&b, "commit refs/heads/main\ncommitter %s <%s> %d +0000\ndata %d\n%s\n", c.author, mail, at, len(c.title), c.title)
		fmt.Fprintf(&b, "M 100644 inline CHANGES\ndata %d\n%s\n\n", len(c.title), c.title)
		if c.tag != "" {
			fmt.Fprintf(&b, "reset refs/tags/%s\nfrom refs/heads/main\n\n", c.tag)
		}
	}
	return git(ctx, b.String(), "--git-dir="+dir, "fast-import", "--quiet")
}

// git runs git as nobody in particular: the user's configuration has no say.
func git(ctx context.Context, input string, args ...string) error {
	cmd := exec.CommandContext(ctx, "git", args...)
	cmd.Stdin = strings.NewReader(input)
	cmd.Env = append(withoutGit(os.Environ()), "GIT_CONFIG_GLOBAL="+os.DevNull, "GIT_CONFIG_NOSYSTEM=1", "LC_ALL=C")
	if out, err := cmd.CombinedOutput(); err != nil {
		return fmt.Errorf("making the sample repository: git %s: %w: %s", args[0], err, oneLine(string(out), 300))
	}
	return nil
}

// withoutGit drops what tells git to work somewhere else, as a git hook's environment does.
func withoutGit(environ []string) []string {
	var out []string
	for _, v := range environ {
		if !strings.HasPrefix(v, "GIT_") {
			out = append(out, v)
		}
	}
	return out
}
