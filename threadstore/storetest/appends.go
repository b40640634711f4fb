package storetest

import (
	"errors"
	"fmt"
	"reflect"
	"sync"
	"testing"
	"time"

	"github.com/releasebot/releasebot/threadstore"
)

func wantErr(t testing.TB, err, want error) {
	t.Helper()
	if !errors.Is(err, want) {
		t.Fatalf("error %v, want %v", err, want)
	}
}

func appendAndRead(t *testing.T, h Harness) {
	s := open(t, h)
	_, err := s.Load(t.Context(), "log", 1)
	wantErr(t, err, threadstore.ErrNotFound)

	done := s.must(threadstore.Append{Log: "log", Drafts: drafts("a", "b")})
	if done.Version != 2 || done.Head == "" || !reflect.DeepEqual(done.Seqs, []int64{1, 2}) || !reflect.DeepEqual(done.Fresh, []bool{true, true}) || done.Lease != nil {
		t.Fatalf("first append: %+v", done)
	}
	done = s.must(threadstore.Append{Log: "log", Expect: 2, Drafts: drafts("c")})
	if done.Version != 3 || !reflect.DeepEqual(done.Seqs, []int64{3}) {
		t.Fatalf("second append: %+v", done)
	}
	if ids := s.whole("log", 3); !reflect.DeepEqual(ids, []string{"a", "b", "c"}) {
		t.Fatalf("ids %v", ids)
	}
	for _, c := range []struct{ seq, limit, want int }{{1, 0, 3}, {2, 0, 2}, {2, 1, 1}, {3, 5, 1}, {4, 0, 0}, {4, 2, 0}, {0, 0, 3}} {
		got, err := s.Read(t.Context(), "log", int64(c.seq), c.limit)
		if err != nil || len(got) != c.want {
			t.Errorf("Read from %d, limit %d: %d events (%v), want %d", c.seq, c.limit, len(got), err, c.want)
		}
	}
	if got, err := s.Read(t.Context(), "none", 1, 0); err != nil || len(got) != 0 {
		t.Errorf("Read of no log: %d events (%v)", len(got), err)
	}
}

func contiguous(t *testing.T, h Harness) {
	s := open(t, h)
	stores := []*store{s, another(t, h, s)}
	const writers, each = 64, 4
	var wg sync.WaitGroup
	for w := range writers {
		wg.Go(func() {
			for i := range each {
				id := fmt.Sprintf("w%02d-%d", w, i)
				done, err := stores[w%2].Append(t.Context(), threadstore.Append{Log: "log", Fact: true, Drafts: drafts(id)})
				if err != nil || !done.Fresh[0] {
					t.Errorf("%s: %+v, %v", id, done, err)
					return
				}
			}
		})
	}
	wg.Wait()
	s.whole("log", writers*each)
}

func duplicate(t *testing.T, h Harness) {
	s := open(t, h)
	s.fact("log", drafts("a", "b")...)
	s.fact("log", drafts("c")...)
	for _, s := range []*store{s, another(t, h, s)} {
		done := s.fact("log", drafts("b", "a")...)
		if done.Version != 3 || !reflect.DeepEqual(done.Seqs, []int64{2, 1}) || !reflect.DeepEqual(done.Fresh, []bool{false, false}) {
			t.Fatalf("duplicates: %+v", done)
		}
	}
	s.whole("log", 3)
}

func partlyDuplicate(t *testing.T, h Harness) {
	s := open(t, h)
	s.fact("log", drafts("a", "b")...)
	done := s.must(threadstore.Append{Log: "log", Fact: true, Drafts: drafts("b", "c", "a", "d"), Due: threadstore.DueAt(time.UnixMilli(5))})
	if done.Version != 4 || !reflect.DeepEqual(done.Seqs, []int64{2, 3, 1, 4}) || !reflect.DeepEqual(done.Fresh, []bool{false, true, false, true}) {
		t.Fatalf("partly duplicates: %+v", done)
	}
	s.whole("log", 4)
	if due, err := s.Due(t.Context(), time.UnixMilli(5), 0); err != nil || len(due) != 1 {
		t.Fatalf("the due time that went with it: %v, %v", due, err)
	}
	s.refused(threadstore.ErrConflict, threadstore.Append{Log: "log", Expect: 4, Drafts: drafts("d", "e")})
}

func idReused(t *testing.T, h Harness) {
	s := open(t, h)
	s.fact("log", drafts("a")...)
	other := []threadstore.Draft{draft("new", "x"), draft("a", "another body")}
	s.refused(threadstore.ErrIDReused, threadstore.Append{Log: "log", Fact: true, Drafts: other})
	s.refused(threadstore.ErrIDReused, threadstore.Append{Log: "log", Expect: 1, Drafts: other})
	s.refused(threadstore.ErrIDReused, threadstore.Append{Log: "log", Expect: 0, Drafts: other[1:]})
}

func oneWinner(t *testing.T, h Harness) {
	s := open(t, h)
	first := s.fact("log", drafts("a")...)
	stores := []*store{s, another(t, h, s)}
	var mu sync.Mutex
	var wg sync.WaitGroup
	won := 0
	for i := range 32 {
		wg.Go(func() {
			_, err := stores[i%2].Append(t.Context(), threadstore.Append{Log: "log", Expect: first.Version, Drafts: drafts(name(i))})
			mu.Lock()
			defer mu.Unlock()
			if err == nil {
				won++
				return
			}
			var conflict *threadstore.ConflictError
			if !errors.As(err, &conflict) || conflict.Version != 2 || conflict.Head == "" {
				t.Errorf("a loser is told %v (%+v)", err, conflict)
			}
		})
	}
	wg.Wait()
	if won != 1 {
		t.Fatalf("%d of 32 conflicting decisions went in, want 1", won)
	}
	s.whole("log", 2)
}

func needsLog(t *testing.T, h Harness) {
	s := open(t, h)
	s.refused(threadstore.ErrNotFound, threadstore.Append{Log: "log", Fact: true, Exists: true, Drafts: drafts("a")})
	_, err := s.Load(t.Context(), "log", 1)
	wantErr(t, err, threadstore.ErrNotFound)
	s.fact("log", drafts("a")...)
	// Where the process has never seen the log, and where it has.
	for i, o := range []*store{another(t, h, s), s, s} {
		done := o.must(threadstore.Append{Log: "log", Fact: true, Exists: true, Drafts: drafts(name(i))})
		if want := int64(i) + 2; done.Version != want {
			t.Errorf("the log stands at %d, want %d", done.Version, want)
		}
	}
	again := s.must(threadstore.Append{Log: "log", Fact: true, Exists: true, Drafts: drafts(name(0))})
	if again.Fresh[0] || again.Seqs[0] != 2 {
		t.Errorf("told twice: %+v", again)
	}
	s.whole("log", 4)
}

func oldVersion(t *testing.T, h Harness) {
	s := open(t, h)
	s.fact("log", drafts("a", "b")...)
	o := another(t, h, s)
	for _, expect := range []int64{0, 1} {
		s.refused(threadstore.ErrConflict, threadstore.Append{Log: "log", Expect: expect, Drafts: drafts("c")})
		o.refused(threadstore.ErrConflict, threadstore.Append{Log: "log", Expect: expect, Drafts: drafts("c")})
		s.refused(threadstore.ErrConflict, threadstore.Append{Log: "log", Expect: expect, Due: threadstore.DueAt(time.Now())})
	}
	// A process that has not read the log may still decide, if it names where the log stands.
	third := another(t, h, s)
	third.must(threadstore.Append{Log: "log", Expect: 2, Drafts: drafts("c")})
	s.whole("log", 3)
}

func decisionTwice(t *testing.T, h Harness) {
	s := open(t, h)
	s.must(threadstore.Append{Log: "log", Drafts: drafts("a", "b")})
	for _, s := range []*store{s, another(t, h, s)} {
		for _, expect := range []int64{0, 2} {
			done := s.must(threadstore.Append{Log: "log", Expect: expect, Drafts: drafts("a", "b"), Due: threadstore.DueAt(time.UnixMilli(1))})
			if done.Version != 2 || !reflect.DeepEqual(done.Seqs, []int64{1, 2}) || !reflect.DeepEqual(done.Fresh, []bool{false, false}) {
				t.Fatalf("the same decision again, at %d: %+v", expect, done)
			}
		}
	}
	if due, err := s.Due(t.Context(), time.Now(), 0); err != nil || len(due) != 0 {
		t.Fatalf("the no-op changed the due time: %v, %v", due, err)
	}
}

// A lost driver loses the reply of an Apply, after its effect, when told to.
type lost struct {
	threadstore.Driver
	// lose is asked after each Apply. What it does happens between the effect and the next try.
	lose func(op threadstore.Op, r threadstore.Reply) bool
}

var errLost = errors.New("the reply was lost")

func (d *lost) Apply(ctx ctx, op threadstore.Op) (threadstore.Reply, error) {
	r, err := d.Driver.Apply(ctx, op)
	if err == nil && d.lose(op, r) {
		return threadstore.Reply{}, errLost
	}
	return r, err
}

func ownTry(t *testing.T, h Harness) {
	d := h.Open(t)
	direct := on(t, d)
	for _, between := range []bool{false, true} {
		for _, fact := range []bool{false, true} {
			log := fmt.Sprintf("log-%t-%t", between, fact)
			tries := 0
			s := &store{t: t, Store: threadstore.New(&lost{d, func(threadstore.Op, threadstore.Reply) bool {
				tries++
				if tries == 1 && between {
					direct.fact(log, drafts("between")...)
				}
				return tries == 1
			}}, threadstore.Options{})}
			done := s.must(threadstore.Append{Log: log, Fact: fact, Drafts: drafts("a", "b"), Acquire: "me"})
			if tries != 2 || done.Version != 2 || !reflect.DeepEqual(done.Fresh, []bool{true, true}) || !reflect.DeepEqual(done.Seqs, []int64{1, 2}) {
				t.Fatalf("%s: after %d tries %+v", log, tries, done)
			}
			if done.Lease == nil || done.Lease.Epoch != 1 {
				t.Fatalf("%s: lease %+v", log, done.Lease)
			}
			want := 2
			if between {
				want = 3
			}
			direct.whole(log, want)
		}
	}
}

// Two runners make the same decision. The one whose reply was lost, and whose append did not go in, must not think it did.
func othersTry(t *testing.T, h Harness) {
	d := h.Open(t)
	direct := on(t, d)
	first := direct.fact("log", drafts("a")...)
	tries := 0
	s := threadstore.New(&before{d, func() error {
		if tries++; tries == 1 {
			direct.must(threadstore.Append{Log: "log", Expect: first.Version, Drafts: drafts("start")})
			return errLost
		}
		return nil
	}}, threadstore.Options{})
	if _, err := s.Load(t.Context(), "log", 1); err != nil {
		t.Fatal(err)
	}
	done, err := s.Append(t.Context(), threadstore.Append{Log: "log", Expect: first.Version, Drafts: drafts("start")})
	if err != nil || done.Fresh[0] || done.Seqs[0] != 2 {
		t.Fatalf("%+v, %v: want the other's event, not fresh", done, err)
	}
}

// A before driver fails before the effect.
type before struct {
	threadstore.Driver
	fail func() error
}

func (d *before) Apply(ctx ctx, op threadstore.Op) (threadstore.Reply, error) {
	if err := d.fail(); err != nil {
		return threadstore.Reply{}, err
	}
	return d.Driver.Apply(ctx, op)
}

func isolated(t *testing.T, h Harness) {
	s := open(t, h)
	// Names that are one another's beginnings, and ids that are the same.
	logs := []string{"a", "a:", "a:b", "env:shop/production", "A", "a\x01", "ü"}
	for i, log := range logs {
		for range i + 1 {
			s.fact(log, drafts(name(s.length(log)))...)
		}
	}
	for i, log := range logs {
		s.whole(log, i+1)
	}
	s.acquire("a", "me", 0)
	s.acquire("a:", "you", 0)
	if _, err := s.Append(t.Context(), threadstore.Append{Log: "a\x00b", Fact: true, Drafts: drafts("x")}); err == nil {
		t.Error("a NUL in a log's name was taken")
	}
}

func opaque(t *testing.T, h Harness) {
	s := open(t, h)
	all := make([]byte, 512)
	for i := range all {
		all[i] = byte(i)
	}
	raw := func(id, sum string) threadstore.Draft {
		return threadstore.Draft{ID: id, Sum: sum, Encode: func(int64, string) ([]byte, error) { return all, nil }}
	}
	ids := []threadstore.Draft{raw("a:b c\r\n", "1:2:3"), raw("i\x00", "s\x00"), raw("{x}", ""), raw("1e400", "nan")}
	s.must(threadstore.Append{
		Log: "log {a}", Drafts: ids,
		Index: []threadstore.IndexEntry{{Index: "i", Member: "m\x00\n", Value: all}, {Index: "i", Member: "empty", Value: []byte{}}},
		Snapshot: func(v int64, _ string) (*threadstore.Snapshot, error) {
			return &threadstore.Snapshot{Version: v, Fold: 7, Data: all}, nil
		},
	})
	done := s.fact("log {a}", ids...)
	if !reflect.DeepEqual(done.Fresh, make([]bool, 4)) || !reflect.DeepEqual(done.Seqs, []int64{1, 2, 3, 4}) {
		t.Fatalf("odd ids again: %+v", done)
	}
	got, err := s.Read(t.Context(), "log {a}", 2, 1)
	if err != nil || len(got) != 1 || string(got[0]) != string(all) {
		t.Fatalf("an event came back as %q (%v)", got, err)
	}
	l, err := s.Load(t.Context(), "log {a}", 7)
	if err != nil || l.Snapshot == nil || string(l.Snapshot.Data) != string(all) {
		t.Fatalf("the snapshot came back as %+v (%v)", l.Snapshot, err)
	}
	if lines := s.lines(); lines["m\x00\n"] != string(all) || len(lines) != 2 {
		t.Fatalf("the index came back as %q", lines)
	}
}

func ended(t *testing.T, h Harness) {
	s := open(t, h)
	ctx, cancel := withCancel(t.Context())
	cancel()
	if _, err := s.Append(ctx, threadstore.Append{Log: "log", Fact: true, Drafts: drafts("a")}); err == nil {
		t.Error("Append under a context that had ended succeeded")
	}
	if _, err := s.Load(ctx, "log", 1); err == nil || errors.Is(err, threadstore.ErrNotFound) {
		t.Errorf("Load under a context that had ended: %v", err)
	}
}
