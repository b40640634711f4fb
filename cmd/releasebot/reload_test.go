package main

import (
	"bytes"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/releasebot/releasebot/policy"
)

// TestReload: a changed policy file comes into force; a broken one changes
// nothing, and says so once; mended, it comes into force.
func TestReload(t *testing.T) {
	path := filepath.Join(t.TempDir(), "releasebot.yml")
	write := func(environment string) {
		t.Helper()
		body := "version: 1\nservices:\n  shop:\n    environments:\n      " + environment + ":\n        deploy: {driver: command, start: [\"true\"]}\n"
		if err := os.WriteFile(path, []byte(body), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	write("staging")
	f, err := loadPolicy(path)
	if err != nil {
		t.Fatal(err)
	}
	var live atomic.Pointer[policy.File]
	live.Store(f)
	var said bytes.Buffer
	r := &reloader{path: path, current: &live, log: slog.New(slog.NewTextHandler(&said, nil))}
	if got := r.look(t.Context()); got != "" {
		t.Errorf("an unchanged file is taken for a new one: %s", got)
	}
	write("production")
	if got := r.look(t.Context()); got == "" || got == f.Revision || live.Load().Revision != got {
		t.Errorf("a changed file is not in force: %q, %q", got, live.Load().Revision)
	}
	good := live.Load()

	write("{nonsense")
	for range 3 {
		if got := r.look(t.Context()); got != "" || live.Load() != good {
			t.Fatalf("a broken file came into force: %q", got)
		}
	}
	if n := strings.Count(said.String(), "the last good one stays in force"); n != 1 {
		t.Errorf("said %d times that the file is wrong; once is right:\n%s", n, said.String())
	}
	write("staging")
	if got := r.look(t.Context()); got != f.Revision || live.Load().Revision != f.Revision {
		t.Errorf("the mended file is not in force: %q", got)
	}
}
