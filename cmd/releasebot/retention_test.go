package main

import (
	"bytes"
	"os"
	"path/filepath"
	"testing"
	"time"
)

// An exported thread is whole under its name, written anew if it was there, and nothing else is left.
func TestExportedThreads(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "export")
	e := exporter{dir}
	last := time.Date(2026, 10, 31, 23, 30, 0, 0, time.UTC)
	for _, records := range [][][]byte{{[]byte(`{"a":1}`)}, {[]byte(`{"a":1}`), []byte(`{"b":2}`)}} {
		if err := e.thread(t.Context(), "tk3m9x2q7p4ab", last, records); err != nil {
			t.Fatal(err)
		}
		b, err := os.ReadFile(filepath.Join(dir, "2026-10", "tk3m9x2q7p4ab.jsonl"))
		if err != nil || !bytes.Equal(b, append(bytes.Join(records, []byte("\n")), '\n')) {
			t.Errorf("%s (%v)", b, err)
		}
	}
	if names, err := os.ReadDir(filepath.Join(dir, "2026-10")); err != nil || len(names) != 1 {
		t.Errorf("the folder holds %v (%v)", names, err)
	}
	if err := os.WriteFile(filepath.Join(dir, "2026-11"), nil, 0o600); err != nil {
		t.Fatal(err)
	}
	if err := e.thread(t.Context(), "tk3m9x2q7p4ab", last.AddDate(0, 0, 5), nil); err == nil {
		t.Error("an export that could not be written is taken for one")
	}
}
