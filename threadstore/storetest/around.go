package storetest

import (
	"bytes"
	"errors"
	"reflect"
	"sync"
	"testing"
	"time"

	"github.com/releasebot/releasebot/threadstore"
)

func (s *store) lines() map[string]string {
	s.t.Helper()
	entries, err := s.Index(s.t.Context(), "i")
	if err != nil {
		s.t.Fatalf("Index: %v", err)
	}
	m := make(map[string]string)
	for _, e := range entries {
		if _, twice := m[e.Member]; twice || e.Index != "i" {
			s.t.Fatalf("the index lists %+v (twice: %t)", e, twice)
		}
		m[e.Member] = string(e.Value)
	}
	return m
}

func (s *store) due(now time.Time) []string {
	s.t.Helper()
	due, err := s.Due(s.t.Context(), now, 0)
	if err != nil {
		s.t.Fatalf("Due: %v", err)
	}
	logs := []string{}
	for _, d := range due {
		logs = append(logs, d.Log)
	}
	return logs
}

func line(member, value string) threadstore.IndexEntry {
	e := threadstore.IndexEntry{Index: "i", Member: member}
	if value != "" {
		e.Value = []byte(value)
	}
	return e
}

func atomicIndexes(t *testing.T, h Harness) {
	s := open(t, h)
	at := time.UnixMilli(1_700_000_000_123)
	check := func(what string, lines map[string]string, due ...string) {
		t.Helper()
		if got := s.lines(); !reflect.DeepEqual(got, lines) {
			t.Fatalf("%s: index %v, want %v", what, got, lines)
		}
		if got := s.due(at); !reflect.DeepEqual(got, append([]string{}, due...)) {
			t.Fatalf("%s: due %v, want %v", what, got, due)
		}
	}
	s.must(threadstore.Append{Log: "log", Drafts: drafts("a"), Due: threadstore.DueAt(at), Index: []threadstore.IndexEntry{line("m", "1"), line("n", "1")}})
	check("with the append", map[string]string{"m": "1", "n": "1"}, "log")
	l, err := s.Load(t.Context(), "log", 1)
	if err != nil || !l.DueAt.Equal(at) {
		t.Fatalf("loaded due %v (%v), want %v", l.DueAt, err, at)
	}

	s.refused(threadstore.ErrConflict, threadstore.Append{Log: "log", Expect: 0, Drafts: drafts("b"), Due: threadstore.DueNever(), Index: []threadstore.IndexEntry{line("m", "")}})
	s.refused(threadstore.ErrIDReused, threadstore.Append{Log: "log", Fact: true, Drafts: []threadstore.Draft{draft("a", "other")}, Due: threadstore.DueNever(), Index: []threadstore.IndexEntry{line("m", "")}})
	s.refused(threadstore.ErrStale, threadstore.Append{Log: "log", Expect: 1, Lease: &threadstore.Lease{Owner: "me", Epoch: 1}, Drafts: drafts("b"), Due: threadstore.DueNever(), Index: []threadstore.IndexEntry{line("m", "")}})
	check("with a refused append", map[string]string{"m": "1", "n": "1"}, "log")

	s.must(threadstore.Append{Log: "log", Expect: 1, Drafts: drafts("b"), Index: []threadstore.IndexEntry{line("m", "2")}})
	check("due not set", map[string]string{"m": "2", "n": "1"}, "log")
	s.must(threadstore.Append{Log: "log", Expect: 2, Due: threadstore.DueNever(), Index: []threadstore.IndexEntry{line("m", ""), line("never there", "")}})
	check("without an event", map[string]string{"n": "1"})
	if l, err := s.Load(t.Context(), "log", 1); err != nil || !l.DueAt.IsZero() {
		t.Fatalf("loaded due %v (%v), want none", l.DueAt, err)
	}
	s.whole("log", 2)
}

func dueOrder(t *testing.T, h Harness) {
	s := open(t, h)
	base := time.UnixMilli(1_700_000_000_000)
	var want []string
	for i := range 20 {
		log := name(i)
		want = append(want, log)
		// Set in another order than they are due, and once elsewhere first.
		j := (i * 7) % 20
		s.must(threadstore.Append{Log: name(j), Drafts: drafts("a"), Due: threadstore.DueAt(base.Add(time.Hour))})
		s.must(threadstore.Append{Log: name(j), Expect: 1, Due: threadstore.DueAt(base.Add(time.Duration(j) * time.Millisecond))})
	}
	if got := s.due(base.Add(time.Minute)); !reflect.DeepEqual(got, want) {
		t.Fatalf("due %v, want %v", got, want)
	}
	if got := s.due(base.Add(4 * time.Millisecond)); !reflect.DeepEqual(got, want[:5]) {
		t.Fatalf("due by the fourth millisecond: %v, want %v", got, want[:5])
	}
	if got := s.due(base.Add(-time.Millisecond)); len(got) != 0 {
		t.Fatalf("due before the first: %v", got)
	}
	some, err := s.Due(t.Context(), base.Add(time.Minute), 3)
	if err != nil || len(some) != 3 || some[0].Log != want[0] || !some[2].At.Equal(base.Add(2*time.Millisecond)) {
		t.Fatalf("the first three: %v, %v", some, err)
	}
}

func wake(t *testing.T, h Harness) {
	s := open(t, h)
	base := time.UnixMilli(1_700_000_000_000)
	wantErr(t, s.Wake(t.Context(), "log", base), threadstore.ErrNotFound)
	s.fact("log", drafts("a")...)
	for _, c := range []struct {
		wake, due int64
	}{{50, 50}, {70, 50}, {20, 20}, {50, 20}} {
		if err := s.Wake(t.Context(), "log", base.Add(time.Duration(c.wake)*time.Millisecond)); err != nil {
			t.Fatal(err)
		}
		due, err := s.Due(t.Context(), base.Add(time.Second), 0)
		if err != nil || len(due) != 1 || !due[0].At.Equal(base.Add(time.Duration(c.due)*time.Millisecond)) {
			t.Fatalf("woken at %d: %v (%v), want due at %d", c.wake, due, err, c.due)
		}
	}
	s.whole("log", 1)
}

func aliases(t *testing.T, h Harness) {
	s := open(t, h)
	stores := []*store{s, another(t, h, s)}
	_, err := s.Resolve(t.Context(), "C1/1.2")
	wantErr(t, err, threadstore.ErrNotFound)
	var mu sync.Mutex
	var wg sync.WaitGroup
	bound := make(map[string]bool)
	for i := range 16 {
		wg.Go(func() {
			log, err := stores[i%2].SetAlias(t.Context(), "C1/1.2", name(i))
			mu.Lock()
			defer mu.Unlock()
			if err != nil {
				t.Error(err)
			}
			bound[log] = true
		})
	}
	wg.Wait()
	log, err := s.Resolve(t.Context(), "C1/1.2")
	if err != nil || len(bound) != 1 || !bound[log] {
		t.Fatalf("resolves to %q (%v); the 16 who bound it were told %v", log, err, bound)
	}
}

func snapshots(t *testing.T, h Harness) {
	s := open(t, h)
	snap := func(fold int, data string) func(int64, string) (*threadstore.Snapshot, error) {
		return func(v int64, _ string) (*threadstore.Snapshot, error) {
			return &threadstore.Snapshot{Version: v, Fold: fold, Data: []byte(data)}, nil
		}
	}
	s.must(threadstore.Append{Log: "log", Drafts: drafts("a", "b"), Snapshot: snap(3, "two")})
	load := func(fold int) threadstore.Loaded {
		t.Helper()
		l, err := s.Load(t.Context(), "log", fold)
		if err != nil {
			t.Fatal(err)
		}
		return l
	}
	if l := load(3); l.Snapshot == nil || l.Snapshot.Version != 2 || string(l.Snapshot.Data) != "two" || len(l.Records) != 0 {
		t.Fatalf("at once: %+v", l)
	}
	s.fact("log", drafts("c")...)
	if l := load(3); l.Snapshot == nil || l.Snapshot.Version != 2 || len(l.Records) != 1 || l.Version != 3 {
		t.Fatalf("an event later: %+v", l)
	}
	if l := load(4); l.Snapshot != nil || len(l.Records) != 3 {
		t.Fatalf("for another fold: %+v", l)
	}
	s.must(threadstore.Append{Log: "log", Expect: 3, Drafts: drafts("d"), Snapshot: snap(4, "four")})
	if l := load(4); l.Snapshot == nil || l.Snapshot.Version != 4 || string(l.Snapshot.Data) != "four" || len(l.Records) != 0 {
		t.Fatalf("taken by another fold: %+v", l)
	}
	if l := load(3); l.Snapshot != nil || len(l.Records) != 4 {
		t.Fatalf("for the fold before: %+v", l)
	}
	s.must(threadstore.Append{Log: "log", Expect: 4, Drafts: drafts("e"), Snapshot: snap(4, "")})
	if l := load(4); l.Snapshot != nil || len(l.Records) != 5 {
		t.Errorf("a snapshot without data takes the place of the last one: %+v, %d events", l.Snapshot, len(l.Records))
	}
}

func copies(t *testing.T, h Harness) {
	s := open(t, h)
	s.must(threadstore.Append{Log: "src", Drafts: drafts("a", "b"), Due: threadstore.DueAt(time.UnixMilli(1)), Index: []threadstore.IndexEntry{line("m", "1")}})
	s.fact("src", drafts("c", "d")...)
	before, err := s.Load(t.Context(), "src", 1)
	if err != nil {
		t.Fatal(err)
	}
	if err := s.Copy(t.Context(), "src", 3, "dst"); err != nil {
		t.Fatal(err)
	}
	if ids := s.whole("dst", 3); !reflect.DeepEqual(ids, []string{"a", "b", "c"}) {
		t.Fatalf("the copy has %v", ids)
	}
	if done := s.fact("dst", drafts("c")...); done.Fresh[0] || done.Seqs[0] != 3 {
		t.Fatalf("the copy does not know its ids: %+v", done)
	}
	s.must(threadstore.Append{Log: "dst", Expect: 3, Drafts: drafts("other")})
	after, err := s.Load(t.Context(), "src", 1)
	if err != nil || !reflect.DeepEqual(before, after) {
		t.Fatalf("the source was %+v and is %+v (%v)", before, after, err)
	}
	if due := s.due(time.Now()); !reflect.DeepEqual(due, []string{"src"}) {
		t.Fatalf("due %v, want the source alone", due)
	}
	wantErr(t, s.Copy(t.Context(), "src", 1, "dst"), threadstore.ErrConflict)
	wantErr(t, s.Copy(t.Context(), "src", 5, "new"), threadstore.ErrNotFound)
	wantErr(t, s.Copy(t.Context(), "none", 0, "new"), threadstore.ErrNotFound)
	if err := s.Copy(t.Context(), "src", 0, "all"); err != nil {
		t.Fatal(err)
	}
	s.whole("all", 4)
}

func prune(t *testing.T, h Harness) {
	s := open(t, h)
	s.must(threadstore.Append{Log: "log", Drafts: drafts("a"), Due: threadstore.DueAt(time.UnixMilli(1)), Index: []threadstore.IndexEntry{line("m", "1"), line("gone", "1")}})
	s.must(threadstore.Append{Log: "log", Expect: 1, Index: []threadstore.IndexEntry{line("gone", "")}})
	s.must(threadstore.Append{Log: "beside", Drafts: drafts("a"), Index: []threadstore.IndexEntry{line("n", "1")}})
	wantErr(t, s.Prune(t.Context(), "log", 1), threadstore.ErrPending)
	s.must(threadstore.Append{Log: "log", Expect: 1, Due: threadstore.DueNever()})
	l := s.acquire("log", "me", time.Minute)
	wantErr(t, s.Prune(t.Context(), "log", 1), threadstore.ErrPending)
	if err := s.Release(t.Context(), l); err != nil {
		t.Fatal(err)
	}
	wantErr(t, s.Prune(t.Context(), "log", 2), threadstore.ErrConflict)
	wantErr(t, s.Prune(t.Context(), "log", 0), threadstore.ErrConflict)
	s.whole("log", 1)
	if err := s.Prune(t.Context(), "log", 1); err != nil {
		t.Fatal(err)
	}
	_, err := s.Load(t.Context(), "log", 1)
	wantErr(t, err, threadstore.ErrNotFound)
	if lines := s.lines(); !reflect.DeepEqual(lines, map[string]string{"n": "1"}) {
		t.Fatalf("index after pruning: %v", lines)
	}
	if again := s.acquire("log", "me", time.Minute); again.Epoch <= l.Epoch {
		t.Fatalf("epoch %d after %d and pruning", again.Epoch, l.Epoch)
	}
	s.whole("beside", 1)
}

// A log that was pruned on purpose is not lost, also to a process that has seen it longer.
func pruneAndBegin(t *testing.T, h Harness) {
	s := open(t, h)
	o := another(t, h, s)
	s.fact("log", drafts("a", "b", "c")...)
	o.whole("log", 3)
	if err := s.Prune(t.Context(), "log", 3); err != nil {
		t.Fatal(err)
	}
	_, err := o.Load(t.Context(), "log", 1)
	wantErr(t, err, threadstore.ErrNotFound)
	o.fact("log", drafts("late")...)
	s.whole("log", 1)
	s.must(threadstore.Append{Log: "log", Expect: 1, Drafts: drafts("a")})
	o.whole("log", 2)
}

func chain(t *testing.T, h Harness) { chainOf(t, open(t, h)) }

func chainWithKey(t *testing.T, h Harness) {
	d := h.Open(t)
	s := with(t, d, threadstore.Options{HMACKey: []byte("secret")})
	chainOf(t, s)
	records, err := s.Read(t.Context(), "log", 1, 0)
	if err != nil {
		t.Fatal(err)
	}
	var broken *threadstore.ChainError
	if _, err := (threadstore.Chain{}).Verify(records, prevOf); !errors.As(err, &broken) || broken.Seq != 2 {
		t.Fatalf("without the key: %v, want a break at event 2", err)
	}
}

func chainOf(t *testing.T, s *store) {
	t.Helper()
	s.fact("log", drafts("a", "b", "c", "d")...)
	s.whole("log", 4)
	records, err := s.Read(t.Context(), "log", 1, 0)
	if err != nil {
		t.Fatal(err)
	}
	var broken *threadstore.ChainError
	for _, c := range []struct {
		what   string
		change func(r [][]byte) [][]byte
		at     int64
	}{
		{"a byte changed", func(r [][]byte) [][]byte { r[1] = bytes.Replace(r[1], []byte("body"), []byte("bodY"), 1); return r }, 3},
		{"one taken out", func(r [][]byte) [][]byte { return append(r[:2:2], r[3]) }, 3},
		{"the first taken off", func(r [][]byte) [][]byte { return r[1:] }, 1},
		{"two swapped", func(r [][]byte) [][]byte { r[1], r[2] = r[2], r[1]; return r }, 2},
		{"not an event", func(r [][]byte) [][]byte { r[3] = []byte("?"); return r }, 4},
	} {
		mine := make([][]byte, len(records))
		for i := range records {
			mine[i] = append([]byte{}, records[i]...)
		}
		if _, err := s.Verify(c.change(mine), prevOf); !errors.As(err, &broken) || broken.Seq != c.at {
			t.Errorf("%s: %v, want a break at event %d", c.what, err, c.at)
		}
	}
}

func tail(t *testing.T, h Harness) {
	s := open(t, h)
	o := another(t, h, s)
	ctx, cancel := withCancel(t.Context())
	defer cancel()
	notes, err := s.Tail(ctx)
	if err != nil {
		t.Fatal(err)
	}
	o.fact("log", drafts("a", "b")...)
	s.must(threadstore.Append{Log: "log", Expect: 2, Drafts: drafts("c")})
	for _, want := range []threadstore.Note{{Log: "log", Version: 2}, {Log: "log", Version: 3}} {
		select {
		case n := <-notes:
			if n != want {
				t.Fatalf("note %+v, want %+v", n, want)
			}
		case <-time.After(patience):
			t.Fatalf("no note %+v after %s", want, patience)
		}
	}
	cancel()
	for {
		select {
		case _, ok := <-notes:
			if !ok {
				return
			}
		case <-time.After(patience):
			t.Fatal("the channel was not closed after its context ended")
		}
	}
}

func policy(t *testing.T, h Harness) {
	s := open(t, h)
	if rev, err := s.Policy(t.Context()); err != nil || rev != (threadstore.PolicyRevision{}) {
		t.Fatalf("before any: %+v, %v", rev, err)
	}
	for _, rev := range []threadstore.PolicyRevision{
		{Revision: "abc", By: "host-1", At: time.UnixMilli(1).UTC()},
		{Revision: "def", By: "host-2", At: time.UnixMilli(2).UTC()},
	} {
		if err := s.DeclarePolicy(t.Context(), rev); err != nil {
			t.Fatal(err)
		}
		if got, err := another(t, h, s).Policy(t.Context()); err != nil || got != rev {
			t.Fatalf("declared %+v, got %+v (%v)", rev, got, err)
		}
	}
	if err := s.Ping(t.Context()); err != nil {
		t.Fatal(err)
	}
}
