package threadstore_test

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"testing"
	"testing/synctest"
	"time"

	"github.com/releasebot/releasebot/internal/leaktest"
	"github.com/releasebot/releasebot/threadstore"
	"github.com/releasebot/releasebot/threadstore/boltstore"
)

func TestMain(m *testing.M) { leaktest.Main(m) }

func draft(id string) threadstore.Draft {
	return threadstore.Draft{ID: id, Sum: "sum of " + id, Encode: func(seq int64, prev string) ([]byte, error) {
		return fmt.Appendf(nil, "%d %s after %q", seq, id, prev), nil
	}}
}

func open(t testing.TB, o threadstore.Options) *threadstore.Store {
	t.Helper()
	d, err := boltstore.Open(filepath.Join(t.TempDir(), "store.db"))
	if err != nil {
		t.Fatal(err)
	}
	s := threadstore.New(d, o)
	t.Cleanup(func() {
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	})
	return s
}

// What can't be meant is refused before anything is asked of the driver.
func TestAppendsThatAreRefused(t *testing.T) {
	s := threadstore.New(nil, threadstore.Options{})
	lease := &threadstore.Lease{Owner: "me", Epoch: 1}
	snap := func(int64, string) (*threadstore.Snapshot, error) { return nil, nil }
	for what, a := range map[string]threadstore.Append{
		"no log":                         {Drafts: []threadstore.Draft{draft("a")}},
		"a NUL in the log":               {Log: "a\x00b"},
		"a negative version":             {Log: "log", Expect: -1},
		"a draft without an id":          {Log: "log", Drafts: []threadstore.Draft{draft("")}},
		"an id that begins with NUL":     {Log: "log", Drafts: []threadstore.Draft{draft("\x00h")}},
		"two drafts of one id":           {Log: "log", Drafts: []threadstore.Draft{draft("a"), draft("b"), draft("a")}},
		"a fact with a snapshot":         {Log: "log", Fact: true, Snapshot: snap},
		"a decision that asks for a log": {Log: "log", Expect: 1, Exists: true},
		"a fact that releases":           {Log: "log", Fact: true, Lease: lease, Release: true},
		"a release of nothing":           {Log: "log", Release: true},
		"release and acquire":            {Log: "log", Lease: lease, Release: true, Acquire: "me"},
		"a lease never acquired":         {Log: "log", Lease: &threadstore.Lease{Owner: "me"}},
		"an index without a name":        {Log: "log", Index: []threadstore.IndexEntry{{Member: "m"}}},
		"too many drafts":                {Log: "log", Drafts: make([]threadstore.Draft, threadstore.MaxDrafts+1)},
	} {
		if _, err := s.Append(t.Context(), a); err == nil {
			t.Errorf("%s was taken", what)
		}
	}
}

func TestEncodingErrorsChangeNothing(t *testing.T) {
	s := open(t, threadstore.Options{})
	bad := errors.New("can't be encoded")
	fails := threadstore.Draft{ID: "b", Encode: func(int64, string) ([]byte, error) { return nil, bad }}
	for _, a := range []threadstore.Append{
		{Log: "log", Drafts: []threadstore.Draft{draft("a"), fails}},
		{Log: "log", Fact: true, Drafts: []threadstore.Draft{draft("a"), fails}},
		{Log: "log", Drafts: []threadstore.Draft{draft("a")}, Snapshot: func(int64, string) (*threadstore.Snapshot, error) { return nil, bad }},
	} {
		if _, err := s.Append(t.Context(), a); !errors.Is(err, bad) {
			t.Errorf("%v, want the encoder's error", err)
		}
	}
	if _, err := s.Load(t.Context(), "log", 1); !errors.Is(err, threadstore.ErrNotFound) {
		t.Errorf("after that the log: %v", err)
	}
}

// Trust ends before the lease does, by the moment of asking and not of the answer.
func TestLeaseTrust(t *testing.T) {
	now := time.Unix(1000, 0)
	s := open(t, threadstore.Options{Now: func() time.Time { return now }, LeaseMargin: time.Second})
	for _, c := range []struct{ ttl, trust time.Duration }{
		{0, threadstore.DefaultTTL - time.Second}, {10 * time.Second, 9 * time.Second}, {time.Second, 500 * time.Millisecond},
	} {
		l, err := s.Acquire(t.Context(), fmt.Sprint(c.ttl), "me", c.ttl)
		if err != nil || l.Until.Sub(now) != c.trust {
			t.Errorf("for %v: trusted for %v (%v), want %v", c.ttl, l.Until.Sub(now), err, c.trust)
		}
		if !l.Valid(l.Until.Add(-1)) || l.Valid(l.Until) {
			t.Errorf("for %v: not valid until %v exactly", c.ttl, l.Until)
		}
		now = now.Add(100 * time.Millisecond)
		done, err := s.Append(t.Context(), threadstore.Append{Log: l.Log, Lease: l, Drafts: []threadstore.Draft{draft("a")}})
		if err != nil || done.Lease.Until.Sub(now) != c.trust || done.Lease == l {
			t.Errorf("renewed by an append: %+v (%v)", done.Lease, err)
		}
		now = now.Add(100 * time.Millisecond)
		if err := s.Renew(t.Context(), l); err != nil || l.Until.Sub(now) != c.trust {
			t.Errorf("renewed: %+v (%v)", l, err)
		}
	}
	var none *threadstore.Lease
	if none.Valid(now) || (&threadstore.Lease{}).Valid(now) {
		t.Error("no lease is valid")
	}
}

// away is a driver whose store can't be reached.
type away struct {
	threadstore.Driver
	tries int
	err   error
}

func (d *away) Apply(context.Context, threadstore.Op) (threadstore.Reply, error) {
	d.tries++
	return threadstore.Reply{}, d.err
}

func TestTriesAreBounded(t *testing.T) {
	broken := errors.New("connection refused")
	fact := threadstore.Append{Log: "log", Fact: true, Drafts: []threadstore.Draft{draft("a")}}
	synctest.Test(t, func(t *testing.T) {
		d := &away{err: broken}
		start := time.Now()
		_, err := threadstore.New(d, threadstore.Options{}).Append(t.Context(), fact)
		if took := time.Since(start); !errors.Is(err, broken) || d.tries < 3 || d.tries > 12 || took < 2*time.Second || took > 3*time.Second {
			t.Errorf("%v after %d tries in %v", err, d.tries, took)
		}
	})
	synctest.Test(t, func(t *testing.T) {
		d := &away{err: broken}
		ctx, cancel := context.WithTimeout(t.Context(), 100*time.Millisecond)
		defer cancel()
		start := time.Now()
		_, err := threadstore.New(d, threadstore.Options{}).Append(ctx, fact)
		if took := time.Since(start); !errors.Is(err, broken) || !errors.Is(err, context.DeadlineExceeded) || took > 100*time.Millisecond {
			t.Errorf("with 100 ms to do it: %v in %v", err, took)
		}
	})
	d := &away{err: threadstore.ErrClosed}
	if _, err := threadstore.New(d, threadstore.Options{}).Append(t.Context(), fact); !errors.Is(err, threadstore.ErrClosed) || d.tries != 1 {
		t.Errorf("a closed store: %v after %d tries", err, d.tries)
	}
}

// With room for hardly any log, a decision still finds its head.
func TestForgottenPlaces(t *testing.T) {
	s := open(t, threadstore.Options{Places: 2})
	for version := range 3 {
		for i := range 8 {
			a := threadstore.Append{Log: fmt.Sprint(i), Expect: int64(version), Drafts: []threadstore.Draft{draft(fmt.Sprint(version))}}
			if i%2 == 0 {
				a.Fact, a.Expect = true, 0
			}
			if done, err := s.Append(t.Context(), a); err != nil || done.Version != int64(version)+1 {
				t.Fatalf("log %d: %+v, %v", i, done, err)
			}
		}
	}
}

// calls counts what a Store asks of its driver.
type calls struct {
	threadstore.Driver
	n int
}

func (d *calls) Apply(ctx context.Context, op threadstore.Op) (threadstore.Reply, error) {
	d.n++
	return d.Driver.Apply(ctx, op)
}

// An append is one round trip: a new log's, one that was loaded, one that was written by this process.
func TestOneRoundTrip(t *testing.T) {
	b, err := boltstore.Open(filepath.Join(t.TempDir(), "store.db"))
	if err != nil {
		t.Fatal(err)
	}
	d := &calls{Driver: b}
	s := threadstore.New(d, threadstore.Options{})
	defer s.Close() //nolint:errcheck // a test
	for i := range 6 {
		if i == 4 {
			s = threadstore.New(d, threadstore.Options{})
			if _, err := s.Load(t.Context(), "log", 1); err != nil {
				t.Fatal(err)
			}
		}
		a := threadstore.Append{Log: "log", Fact: i%2 == 0, Expect: int64(i), Drafts: []threadstore.Draft{draft(fmt.Sprint(i))}, Acquire: "me"}
		if _, err := s.Append(t.Context(), a); err != nil {
			t.Fatal(err)
		}
		if d.n != i+1 {
			t.Fatalf("%d appends took %d round trips", i+1, d.n)
		}
	}
}

// TestShorterSum: an event that a program wrote with a longer sum is known again
// by the beginning of it, and by nothing else.
func TestShorterSum(t *testing.T) {
	s := open(t, threadstore.Options{})
	with := func(sum string) threadstore.Append {
		d := draft("a")
		d.Sum = sum
		return threadstore.Append{Log: "log", Fact: true, Drafts: []threadstore.Draft{d}}
	}
	if _, err := s.Append(t.Context(), with("0123456789abcdef")); err != nil {
		t.Fatal(err)
	}
	if done, err := s.Append(t.Context(), with("0123456789ab")); err != nil || done.Fresh[0] {
		t.Errorf("the beginning: %+v, %v", done, err)
	}
	for _, sum := range []string{"", "0123456789ax", "0123456789abcdefg"} {
		if _, err := s.Append(t.Context(), with(sum)); !errors.Is(err, threadstore.ErrIDReused) {
			t.Errorf("%q: %v", sum, err)
		}
	}
}
