package blocks

import (
	std "context" // context is a block here
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"
)

// node finds Node and what cards.mjs needs, or skips (fails where RELEASEBOT_REQUIRE_NODE=1).
func node(t *testing.T) string {
	t.Helper()
	missing := func(why string) {
		t.Helper()
		if os.Getenv("RELEASEBOT_REQUIRE_NODE") == "1" {
			t.Fatal(why)
		}
		t.Skip(why)
	}
	path, err := exec.LookPath("node")
	if err != nil {
		missing("node is not on the PATH: the golden files are not checked against Slack's types")
	}
	if _, err := os.Stat(filepath.Join("cards", "node_modules", "@slack", "types")); err != nil {
		missing("Slack's types are not installed: run `npm ci` in blocks/cards")
	}
	return path
}

func typeCheck(t *testing.T, args ...string) (string, error) {
	t.Helper()
	ctx, cancel := std.WithTimeout(t.Context(), 5*time.Minute)
	defer cancel()
	cmd := exec.CommandContext(ctx, node(t), append([]string{"cards.mjs", "check"}, args...)...)
	cmd.Dir = "cards"
	out, err := cmd.CombinedOutput()
	return string(out), err
}

func TestGoldenFilesAreOfSlacksTypes(t *testing.T) {
	if out, err := typeCheck(t); err != nil {
		t.Errorf("%v\n%s", err, out)
	}
}

// TestSlacksTypesRefuseWhatSlackRefuses: the check above would notice.
func TestSlacksTypesRefuseWhatSlackRefuses(t *testing.T) {
	dir := t.TempDir()
	broken := map[string]string{
		"hologram": `[{"key": "release/1", "blocks": [{"type": "hologram"}]}]`,
		"markup":   `[{"key": "release/1", "blocks": [{"type": "header", "text": {"type": "mrkdwn", "text": "x"}}]}]`,
		"form":     `{"type": "modal", "blocks": []}`,
	}
	for name, blocks := range broken {
		if err := os.WriteFile(filepath.Join(dir, name+".json"), []byte(blocks), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	out, err := typeCheck(t, dir)
	for name := range broken {
		if err == nil || !strings.Contains(out, name) {
			t.Errorf("%s is taken, or not named: %v\n%s", name, err, out)
		}
	}
}

// TestPicturesOfTheCards: docs/cards.md shows the pictures that stand in docs/cards, in light and dark.
func TestPicturesOfTheCards(t *testing.T) {
	docs := filepath.Join("..", "docs")
	page, err := os.ReadFile(filepath.Join(docs, "cards.md"))
	if err != nil {
		t.Fatal(err)
	}
	named := map[string]bool{}
	for _, m := range regexp.MustCompile(`cards/([a-z0-9_-]+\.png)`).FindAllStringSubmatch(string(page), -1) {
		named[m[1]] = true
	}
	files, err := os.ReadDir(filepath.Join(docs, "cards"))
	if err != nil {
		t.Fatal(err)
	}
	var size int64
	for _, f := range files {
		if !named[f.Name()] {
			t.Errorf("docs/cards.md does not show %s", f.Name())
		}
		delete(named, f.Name())
		info, err := f.Info()
		if err != nil {
			t.Fatal(err)
		}
		size += info.Size()
	}
	for name := range named {
		t.Errorf("docs/cards.md shows %s, which is not there (node cards.mjs docs draws it)", name)
	}
	if len(files) == 0 || size > 4<<20 {
		t.Errorf("%d pictures of %d bytes", len(files), size)
	}
}
