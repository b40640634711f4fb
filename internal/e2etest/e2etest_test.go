package e2etest_test

import (
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"github.com/releasebot/releasebot/internal/e2etest"
)

// Deploys are processes that write at the same time: each line stays whole.
func TestLedgerKeepsEveryLine(t *testing.T) {
	l := e2etest.Ledger(filepath.Join(t.TempDir(), "ledger"))
	if list, err := l.Read(); err != nil || len(list) != 0 {
		t.Fatalf("a ledger that nobody has written to: %v, %v", list, err)
	}
	var all sync.WaitGroup
	for _, key := range []string{"a", "b", "c", "d"} {
		all.Go(func() {
			for range 25 {
				for _, what := range []string{e2etest.Begin, e2etest.End} {
					if err := l.Record(e2etest.Entry{What: what, Key: key, Action: "deploy", Service: "shop", Version: strings.Repeat("v", 300), Environment: "production"}); err != nil {
						t.Error(err)
					}
				}
			}
		})
	}
	all.Wait()
	list, err := l.Read()
	if err != nil || len(list) != 200 {
		t.Fatalf("%d entries, want 200: %v", len(list), err)
	}
	begun, err := l.Begins()
	if err != nil || len(begun) != 100 || begun[0].Place() != "shop/production" || begun[0].At.IsZero() {
		t.Errorf("%d begins, want 100: %v", len(begun), err)
	}
}

// A journal of a process that says much keeps the end.
func TestJournalKeepsTheEnd(t *testing.T) {
	var j e2etest.Journal
	line := strings.Repeat("x", 1000) + "\n"
	for range 5000 {
		if _, err := j.Write([]byte(line)); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := j.Write([]byte("the end")); err != nil {
		t.Fatal(err)
	}
	if all := j.String(); len(all) < 1<<20 || len(all) > 3<<20 || !strings.HasSuffix(all, "the end") {
		t.Errorf("it keeps %d bytes, which end in %q", len(all), all[max(0, len(all)-20):])
	}
	if got := j.Last(7); got != "the end" {
		t.Errorf("the last seven bytes are %q", got)
	}
}

// A policy file's commands are this binary's.
func TestFill(t *testing.T) {
	got, err := e2etest.Fill("start: @deploy@, status: @status@, url: @health@", "/place", "@health@", "http://h")
	if err != nil || !strings.Contains(got, `"deployer","/place"],`) || !strings.Contains(got, `"status","${key}"]`) || !strings.HasSuffix(got, "url: http://h") {
		t.Errorf("%s, %v", got, err)
	}
}
