package policy_test

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/releasebot/releasebot/policy"
)

// Each file under testdata/bad is refused with exactly the messages beside it,
// all of them at once.
func TestBadFiles(t *testing.T) {
	files, err := filepath.Glob("testdata/bad/*.yml")
	if err != nil || len(files) < 20 {
		t.Fatalf("found %d files: %v", len(files), err)
	}
	for _, path := range files {
		name := filepath.Base(path)
		t.Run(strings.TrimSuffix(name, ".yml"), func(t *testing.T) {
			src, err := os.ReadFile(path)
			if err != nil {
				t.Fatal(err)
			}
			f, err := policy.Parse(name, src, testRegistry())
			if f != nil || err == nil {
				t.Fatal("the file was accepted")
			}
			positioned(t, name, err)
			golden(t, strings.TrimSuffix(path, ".yml")+".txt", []byte(err.Error()+"\n"))
		})
	}
}

// positioned checks that err is Errors with a message and a place for each, in
// the order of the file.
func positioned(t *testing.T, name string, err error) {
	t.Helper()
	var list policy.Errors
	if !errors.As(err, &list) || len(list) == 0 {
		t.Fatalf("the error is %T, not Errors", err)
	}
	last := 0
	for _, e := range list {
		p := e.Position
		if p.File != name || p.Line < last || p.Line < 1 || p.Column < 1 || e.Message == "" {
			t.Errorf("%v is out of place", e)
		}
		last = p.Line
	}
}
