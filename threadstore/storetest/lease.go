package storetest

import (
	"context"
	"errors"
	"testing"
	"time"

	"github.com/releasebot/releasebot/threadstore"
)

type ctx = context.Context

func withCancel(c ctx) (ctx, context.CancelFunc) { return context.WithCancel(c) }

// short is a lease that ends within a test.
const short = 80 * time.Millisecond

// renewed takes a lease for a short time and renews it, and returns it and when it may end at the
// earliest. On a machine that is too busy to renew it in time it is taken for longer.
func (s *store) renewed(log, owner string) (l *threadstore.Lease, until time.Time) {
	s.t.Helper()
	for ttl := short; ; ttl *= 4 {
		asked := time.Now()
		l = s.acquire(log, owner, ttl)
		began := time.Now()
		err := s.Renew(s.t.Context(), &threadstore.Lease{Log: log, Owner: owner, Epoch: l.Epoch, TTL: ttl})
		switch {
		case err == nil:
			return l, began.Add(ttl / 2) // half of it for clocks that differ
		case !errors.Is(err, threadstore.ErrStale) || time.Since(asked) < ttl:
			s.t.Fatal(err)
		}
	}
}

func staleEpoch(t *testing.T, h Harness) {
	s := open(t, h)
	o := another(t, h, s)
	s.fact("log", drafts("a")...)
	old := s.acquire("log", "me", time.Minute)
	done := s.must(threadstore.Append{Log: "log", Expect: 1, Lease: old, Drafts: drafts("b")})
	if done.Lease == nil || done.Lease.Epoch != old.Epoch || done.Lease.Until.Before(old.Until) {
		t.Fatalf("an append under the lease gave back %+v, want it renewed: %+v", done.Lease, old)
	}
	if err := s.Release(t.Context(), old); err != nil {
		t.Fatal(err)
	}
	s.refused(threadstore.ErrStale, threadstore.Append{Log: "log", Expect: 2, Lease: old, Drafts: drafts("c")})
	now := o.acquire("log", "you", time.Minute)
	s.refused(threadstore.ErrStale, threadstore.Append{Log: "log", Expect: 2, Lease: old, Drafts: drafts("c")})
	s.refused(threadstore.ErrStale, threadstore.Append{Log: "log", Expect: 2, Lease: old, Due: threadstore.DueNever()})
	// Neither another's epoch under one's own name, nor one's own under another's.
	s.refused(threadstore.ErrStale, threadstore.Append{Log: "log", Expect: 2, Lease: &threadstore.Lease{Owner: "me", Epoch: now.Epoch}, Drafts: drafts("c")})
	s.refused(threadstore.ErrStale, threadstore.Append{Log: "log", Expect: 2, Lease: &threadstore.Lease{Owner: "you", Epoch: old.Epoch}, Drafts: drafts("c")})
	wantErr(t, s.Renew(t.Context(), old), threadstore.ErrStale)
	wantErr(t, s.Release(t.Context(), old), threadstore.ErrStale)
	o.must(threadstore.Append{Log: "log", Expect: 2, Lease: now, Drafts: drafts("c")})
	s.whole("log", 3)
}

func leases(t *testing.T, h Harness) {
	s := open(t, h)
	o := another(t, h, s)
	mine := s.acquire("log", "me", time.Minute)
	if !mine.Valid(time.Now()) || mine.Valid(time.Now().Add(time.Minute)) {
		t.Fatalf("trust ends at %v, asked for a minute at %v", mine.Until, time.Now())
	}
	_, err := o.Acquire(t.Context(), "log", "you", time.Minute)
	wantErr(t, err, threadstore.ErrHeld)
	if again := s.acquire("log", "me", short); again.Epoch != mine.Epoch {
		t.Fatalf("the same owner again: epoch %d, want %d", again.Epoch, mine.Epoch)
	}
	mine, until := s.renewed("log", "me")
	// It ends by itself, and no sooner than its owner stops trusting it.
	var yours *threadstore.Lease
	eventually(t, "the lease ends", func() bool {
		yours, err = o.Acquire(t.Context(), "log", "you", time.Minute)
		return !errors.Is(err, threadstore.ErrHeld)
	})
	if err != nil || yours.Epoch <= mine.Epoch || time.Now().Before(until) {
		t.Fatalf("taken over: %+v, %v; was epoch %d", yours, err, mine.Epoch)
	}
	wantErr(t, s.Renew(t.Context(), mine), threadstore.ErrStale)
}

func acquireWithAppend(t *testing.T, h Harness) {
	s := open(t, h)
	o := another(t, h, s)
	done := s.must(threadstore.Append{Log: "log", Fact: true, Drafts: drafts("a"), Acquire: "me", TTL: time.Minute})
	if done.Lease == nil || done.Lease.Owner != "me" || done.Lease.Epoch != 1 || done.Lease.TTL != time.Minute || !done.Lease.Valid(time.Now()) {
		t.Fatalf("lease %+v", done.Lease)
	}
	held := o.must(threadstore.Append{Log: "log", Fact: true, Drafts: drafts("b"), Acquire: "you"})
	if held.Lease != nil || !held.Fresh[0] {
		t.Fatalf("while another held it: %+v, want the event in and no lease", held)
	}
	again := s.must(threadstore.Append{Log: "log", Fact: true, Drafts: drafts("c"), Acquire: "me"})
	if again.Lease == nil || again.Lease.Epoch != 1 {
		t.Fatalf("by its owner: %+v", again.Lease)
	}
	s.must(threadstore.Append{Log: "log", Expect: 3, Lease: done.Lease, Drafts: drafts("d")})
	s.whole("log", 4)
}

func releaseWithAppend(t *testing.T, h Harness) {
	s := open(t, h)
	l := s.must(threadstore.Append{Log: "log", Fact: true, Drafts: drafts("a"), Acquire: "me", TTL: time.Minute}).Lease
	done := s.must(threadstore.Append{Log: "log", Expect: 1, Lease: l, Drafts: drafts("b"), Release: true})
	if done.Lease != nil {
		t.Fatalf("after release: %+v", done.Lease)
	}
	next := s.acquire("log", "you", time.Minute)
	if next.Epoch <= l.Epoch {
		t.Fatalf("epoch %d after %d", next.Epoch, l.Epoch)
	}
	// Also without an event.
	s.must(threadstore.Append{Log: "log", Expect: 2, Lease: next, Release: true})
	s.acquire("log", "me", time.Minute)
}

func epochSurvives(t *testing.T, h Harness) {
	s := open(t, h)
	last := int64(0)
	for i := range 5 {
		l := s.acquire("log", name(i), time.Minute)
		if l.Epoch <= last {
			t.Fatalf("epoch %d after %d", l.Epoch, last)
		}
		last = l.Epoch
		if err := s.Release(t.Context(), l); err != nil {
			t.Fatal(err)
		}
	}
}

func epochSurvivesRestart(t *testing.T, h Harness) {
	if h.Reopen == nil {
		t.Skip("the driver keeps nothing over a restart")
	}
	d := h.Open(t)
	s := &store{t: t, Store: threadstore.New(d, threadstore.Options{})}
	old := s.acquire("log", "me", time.Minute)
	if err := s.Release(t.Context(), old); err != nil {
		t.Fatal(err)
	}
	s = on(t, h.Reopen(t, d))
	if l := s.acquire("log", "me", time.Minute); l.Epoch <= old.Epoch {
		t.Fatalf("epoch %d after %d and a restart", l.Epoch, old.Epoch)
	}
}

func factAfterLostLease(t *testing.T, h Harness) {
	s := open(t, h)
	s.fact("log", drafts("a")...)
	old := s.acquire("log", "me", time.Minute)
	if err := s.Release(t.Context(), old); err != nil {
		t.Fatal(err)
	}
	another(t, h, s).acquire("log", "you", time.Minute)
	done := s.must(threadstore.Append{Log: "log", Fact: true, Lease: old, Drafts: drafts("outcome")})
	if !done.Fresh[0] || done.Lease != nil {
		t.Fatalf("the outcome of one who lost the lease: %+v", done)
	}
	s.whole("log", 2)
}

func restart(t *testing.T, h Harness) {
	if h.Reopen == nil {
		t.Skip("the driver keeps nothing over a restart")
	}
	d := h.Open(t)
	s := &store{t: t, Store: threadstore.New(d, threadstore.Options{}), d: d}
	s.must(threadstore.Append{
		Log: "log", Fact: true, Drafts: drafts("a", "b"), Due: threadstore.DueAt(time.UnixMilli(7)),
		Index: []threadstore.IndexEntry{{Index: "i", Member: "m", Value: []byte("v")}},
	})
	if _, err := s.SetAlias(t.Context(), "alias", "log"); err != nil {
		t.Fatal(err)
	}
	s = on(t, h.Reopen(t, d))
	s.whole("log", 2)
	if done := s.fact("log", drafts("a")...); done.Fresh[0] {
		t.Fatal("a duplicate was not known after the restart")
	}
	due, err := s.Due(t.Context(), time.UnixMilli(7), 0)
	if err != nil || len(due) != 1 || s.lines()["m"] != "v" {
		t.Fatalf("after the restart due %v (%v), index %v", due, err, s.lines())
	}
	if log, err := s.Resolve(t.Context(), "alias"); err != nil || log != "log" {
		t.Fatalf("after the restart the alias is %q (%v)", log, err)
	}
}
