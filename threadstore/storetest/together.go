package storetest

import (
	"errors"
	"fmt"
	"sync"
	"testing"

	"github.com/releasebot/releasebot/threadstore"
)

// together: decisions about several logs go in one after another, one log twice among them, and the lease goes with the last.
func together(t *testing.T, h Harness) {
	s := open(t, h)
	lease := s.acquire("one", "me", 0)
	s.fact("other", drafts("x")...)
	done, err := s.AppendAll(t.Context(), []threadstore.Append{
		{Log: "one", Lease: lease, Drafts: drafts("a", "b")},
		{Log: "other", Expect: 1, Drafts: drafts("y"), Index: []threadstore.IndexEntry{{Index: "lines", Member: "other", Value: []byte("y")}}},
		{Log: "one", Expect: 2, Lease: lease, Drafts: drafts("c"), Release: true, Index: []threadstore.IndexEntry{{Index: "lines", Member: "one", Value: []byte("c")}}},
		{Log: "other", Expect: 2, Look: true},
	})
	if err != nil || len(done) != 4 || done[0].Version != 2 || done[1].Version != 2 || done[2].Version != 3 || done[3].Version != 2 {
		t.Fatalf("%+v, %v", done, err)
	}
	if done[0].Lease == nil || done[2].Lease != nil || done[2].Prev != done[0].Head || done[3].Head != done[1].Head {
		t.Errorf("%+v", done)
	}
	s.whole("one", 3)
	s.whole("other", 2)
	if lines, err := s.Index(t.Context(), "lines"); err != nil || len(lines) != 2 {
		t.Errorf("%d lines, %v", len(lines), err)
	}
	s.refused(threadstore.ErrStale, threadstore.Append{Log: "one", Expect: 3, Lease: lease, Drafts: drafts("d")})
	another(t, h, s).acquire("one", "you", 0)
}

// togetherRefused: the first that does not go in ends it; what came before stays.
func togetherRefused(t *testing.T, h Harness) {
	s := open(t, h)
	s.fact("other", drafts("x")...)
	another(t, h, s).fact("other", drafts("y")...) // unseen by s
	three := []threadstore.Append{
		{Log: "one", Drafts: drafts("a")},
		{Log: "other", Expect: 1, Drafts: drafts("z")},
		{Log: "one", Expect: 1, Drafts: drafts("b")},
	}
	done, err := s.AppendAll(t.Context(), three)
	var conflict *threadstore.ConflictError
	if len(done) != 1 || !errors.As(err, &conflict) || conflict.Log != "other" || conflict.Version != 2 {
		t.Fatalf("%+v, %v; want that other has grown to 2", done, err)
	}
	s.whole("one", 1)
	s.whole("other", 2)

	// A decision that was made already, by whomever, ends it too: what follows from it is for its maker to do.
	done, err = s.AppendAll(t.Context(), three)
	if len(done) != 1 || done[0].Fresh[0] || !errors.Is(err, threadstore.ErrConflict) {
		t.Fatalf("%+v, %v", done, err)
	}

	lease := s.acquire("one", "me", 0)
	if err := s.Release(t.Context(), lease); err != nil {
		t.Fatal(err)
	}
	done, err = s.AppendAll(t.Context(), []threadstore.Append{
		{Log: "one", Expect: 1, Lease: lease, Drafts: drafts("b")}, {Log: "other", Expect: 2, Drafts: drafts("z")},
	})
	if len(done) != 0 || !errors.Is(err, threadstore.ErrStale) {
		t.Fatalf("%+v, %v", done, err)
	}
	done, err = s.AppendAll(t.Context(), []threadstore.Append{{Log: "one", Expect: 1, Drafts: drafts("b")}, {Log: "other", Expect: 1, Look: true}})
	if len(done) != 1 || !errors.As(err, &conflict) || conflict.Log != "other" || conflict.Version != 2 {
		t.Fatalf("%+v, %v", done, err)
	}
	s.whole("one", 2)
	s.whole("other", 2)
}

// togetherLossy: a lost reply does no part of it twice, and leaves none out.
func togetherLossy(t *testing.T, h Harness) {
	if h.Lossy == nil {
		t.Skip("there is no network between the driver and its store")
	}
	s := on(t, h.Lossy(t))
	const writers, each = 8, 15
	var wg sync.WaitGroup
	for w := range writers {
		wg.Go(func() {
			one, other := fmt.Sprintf("one-%d", w), fmt.Sprintf("other-%d", w)
			for i := range int64(each) {
				done, err := s.AppendAll(t.Context(), []threadstore.Append{
					{Log: one, Expect: 2 * i, Drafts: drafts(fmt.Sprintf("a%d", i))},
					{Log: other, Expect: i, Drafts: drafts(fmt.Sprintf("b%d", i))},
					{Log: one, Expect: 2*i + 1, Drafts: drafts(fmt.Sprintf("c%d", i))},
				})
				if err != nil || len(done) != 3 || !done[0].Fresh[0] || !done[1].Fresh[0] || !done[2].Fresh[0] {
					t.Errorf("%s, %d: %+v, %v", one, i, done, err)
					return
				}
			}
		})
	}
	wg.Wait()
	for w := range writers {
		s.whole(fmt.Sprintf("one-%d", w), 2*each)
		s.whole(fmt.Sprintf("other-%d", w), each)
	}
}
