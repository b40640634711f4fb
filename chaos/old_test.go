package chaos

import (
	"archive/tar"
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"testing"
)

// oldRef is the commit of the old program: OLD, or that of the newest version whose histories are kept.
func oldRef(t *testing.T) string {
	t.Helper()
	if ref := os.Getenv("OLD"); ref != "" {
		return ref
	}
	shapes, err := filepath.Glob("../agent/testdata/histories/*/shape.json")
	if err != nil || len(shapes) == 0 {
		t.Fatalf("no version's histories are kept: %v", err)
	}
	var shape struct{ Commit string }
	b, err := os.ReadFile(slices.Max(shapes))
	if err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal(b, &shape); err != nil {
		t.Fatal(err)
	}
	return shape.Commit
}

// oldProgram builds the program as it was at a commit. Where git does not have
// that (a shallow clone), the test is skipped; RELEASEBOT_REQUIRE_OLD=1 makes this a failure.
func oldProgram(t *testing.T, ref string) string {
	t.Helper()
	archive, err := exec.CommandContext(t.Context(), "git", "-C", "..", "archive", ref).Output()
	if err != nil {
		says := err.Error()
		if exit, ok := errors.AsType[*exec.ExitError](err); ok {
			says = string(exit.Stderr)
		}
		if os.Getenv("RELEASEBOT_REQUIRE_OLD") == "1" {
			t.Fatalf("the old program (%s) is not in this clone's history: %s", ref, says)
		}
		t.Skipf("the old program (%s) is not in this clone's history; a full clone has it, or OLD names another: %s", ref, says)
	}
	dir := t.TempDir()
	if err := unpack(dir, archive); err != nil {
		t.Fatal(err)
	}
	program := filepath.Join(dir, "releasebot-old")
	build := exec.CommandContext(t.Context(), "go", "build", "-o", program, "./cmd/releasebot") //nolint:gosec // of this repository
	build.Dir = dir
	if out, err := build.CombinedOutput(); err != nil {
		t.Fatalf("building %s: %v\n%s", ref, err, out)
	}
	return program
}

func unpack(dir string, archive []byte) error {
	root, err := os.OpenRoot(dir)
	if err != nil {
		return err
	}
	defer root.Close() //nolint:errcheck // only written below it
	r := tar.NewReader(bytes.NewReader(archive))
	for {
		h, err := r.Next()
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return err
		}
		switch h.Typeflag {
		case tar.TypeDir:
			err = root.MkdirAll(h.Name, 0o750)
		case tar.TypeReg:
			var b []byte
			if b, err = io.ReadAll(r); err == nil {
				if err = root.MkdirAll(filepath.Dir(h.Name), 0o750); err == nil {
					err = root.WriteFile(h.Name, b, 0o600)
				}
			}
		}
		if err != nil {
			return err
		}
	}
}
