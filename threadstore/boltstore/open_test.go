package boltstore_test

import (
	"errors"
	"os"
	"path/filepath"
	"testing"

	"github.com/releasebot/releasebot/threadstore"
	"github.com/releasebot/releasebot/threadstore/boltstore"
)

func draft(id, body string) threadstore.Draft {
	return threadstore.Draft{ID: id, Sum: body, Encode: func(_ int64, prev string) ([]byte, error) { return []byte(prev + "|" + body), nil }}
}

// filled makes a store with some hundred events, and returns its path.
func filled(t *testing.T) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "store.db")
	d, err := boltstore.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	s := threadstore.New(d, threadstore.Options{})
	big := make([]byte, 2000)
	for _, log := range []string{"a", "b", "c"} {
		var drafts []threadstore.Draft
		for i := range 100 {
			drafts = append(drafts, draft(string(rune('0'+i)), string(big)))
		}
		if _, err := s.Append(t.Context(), threadstore.Append{Log: log, Fact: true, Drafts: drafts}); err != nil {
			t.Fatal(err)
		}
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	return path
}

func TestSecondOpenIsRefused(t *testing.T) {
	path := filled(t)
	d, err := boltstore.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer d.Close() //nolint:errcheck // a test
	if _, err := boltstore.Open(path); !errors.Is(err, boltstore.ErrInUse) {
		t.Fatalf("second Open: %v, want ErrInUse", err)
	}
}

// A file that is not whole is reported and left as it is, never begun anew.
func TestDamagedFileIsReportedAndKept(t *testing.T) {
	damage := map[string]func(b []byte) []byte{
		"empty":            func([]byte) []byte { return nil },
		"cut to a page":    func(b []byte) []byte { return b[:4096] },
		"cut in half":      func(b []byte) []byte { return b[:len(b)/2] },
		"not a database":   func([]byte) []byte { return []byte("hello, I am a text file\n") },
		"meta overwritten": func(b []byte) []byte { clear(b[:8192]); return b },
		"tree overwritten": func(b []byte) []byte {
			for i := 8192; i < len(b); i++ {
				b[i] = 0xa5
			}
			return b
		},
	}
	for name, do := range damage {
		t.Run(name, func(t *testing.T) {
			path := filled(t)
			b, err := os.ReadFile(path)
			if err != nil {
				t.Fatal(err)
			}
			b = do(b)
			if err := os.WriteFile(path, b, 0o600); err != nil {
				t.Fatal(err)
			}
			d, err := boltstore.Open(path)
			if !errors.Is(err, boltstore.ErrDamaged) {
				if err == nil {
					err = d.Close()
				}
				t.Fatalf("Open: %v, want ErrDamaged", err)
			}
			after, err := os.ReadFile(path)
			if err != nil {
				t.Fatal(err)
			}
			if string(after) != string(b) {
				t.Error("the damaged file was changed")
			}
		})
	}
}

func TestNoFolder(t *testing.T) {
	_, err := boltstore.Open(filepath.Join(t.TempDir(), "none", "store.db"))
	if !errors.Is(err, os.ErrNotExist) || errors.Is(err, boltstore.ErrDamaged) {
		t.Fatalf("Open in a folder that isn't there: %v, want ErrNotExist", err)
	}
}

func TestOpenLeavesNothingBeside(t *testing.T) {
	path := filled(t)
	files, err := os.ReadDir(filepath.Dir(path))
	if err != nil || len(files) != 1 {
		t.Fatalf("the folder holds %v (%v), want the store alone", files, err)
	}
}

func TestCloseTwice(t *testing.T) {
	d, err := boltstore.Open(filled(t))
	if err != nil {
		t.Fatal(err)
	}
	if err := errors.Join(d.Close(), d.Close()); err != nil {
		t.Fatal(err)
	}
	s := threadstore.New(d, threadstore.Options{})
	if _, err := s.Append(t.Context(), threadstore.Append{Log: "a", Fact: true, Drafts: []threadstore.Draft{draft("x", "y")}}); !errors.Is(err, threadstore.ErrClosed) {
		t.Fatalf("Append after Close: %v, want ErrClosed", err)
	}
	if _, err := s.Load(t.Context(), "a", 1); !errors.Is(err, threadstore.ErrClosed) {
		t.Fatalf("Load after Close: %v, want ErrClosed", err)
	}
}
