package storetest

import (
	"fmt"
	"sync"
	"testing"

	"github.com/releasebot/releasebot/threadstore"
)

func loss(t *testing.T, h Harness) {
	if h.Shrink == nil {
		t.Skip("the driver has no way to lose an acknowledged event")
	}
	s := open(t, h)
	done := s.fact("log", drafts("a", "b", "c")...)
	h.Shrink(t, s.d, "log")
	_, err := s.Load(t.Context(), "log", 1)
	wantErr(t, err, threadstore.ErrLost)
	s.refused(threadstore.ErrLost, threadstore.Append{Log: "log", Expect: done.Version, Drafts: drafts("d")})
	s.refused(threadstore.ErrLost, threadstore.Append{Log: "log", Fact: true, Drafts: drafts("d")})
	// A process that has not seen it, but is told where it stood.
	o := another(t, h, s)
	o.refused(threadstore.ErrLost, threadstore.Append{Log: "log", Expect: 3, Drafts: drafts("d")})
	o = another(t, h, s)
	o.refused(threadstore.ErrLost, threadstore.Append{Log: "log", Expect: 3, Fact: true, Drafts: drafts("d")})
}

// A log that lost its end and then grew again stands where it stood, but is another.
func regrown(t *testing.T, h Harness) {
	if h.Shrink == nil {
		t.Skip("the driver has no way to lose an acknowledged event")
	}
	s := open(t, h)
	s.fact("log", drafts("a", "b", "c")...)
	h.Shrink(t, s.d, "log")
	another(t, h, s).fact("log", drafts("other")...)
	s.refused(threadstore.ErrLost, threadstore.Append{Log: "log", Expect: 3, Drafts: drafts("d")})
	s.refused(threadstore.ErrLost, threadstore.Append{Log: "log", Expect: 3, Due: threadstore.DueNever()})
	s.refused(threadstore.ErrLost, threadstore.Append{Log: "log", Fact: true, Drafts: drafts("d")})
	_, err := s.Load(t.Context(), "log", 1)
	wantErr(t, err, threadstore.ErrLost)
}

func lostReplies(t *testing.T, h Harness) {
	if h.Lossy == nil {
		t.Skip("there is no network between the driver and its store")
	}
	s := on(t, h.Lossy(t))
	const writers, each = 8, 25
	var wg sync.WaitGroup
	for w := range writers {
		wg.Go(func() {
			own := fmt.Sprintf("own-%d", w)
			for i := range each {
				id := fmt.Sprintf("w%d-%d", w, i)
				done, err := s.Append(t.Context(), threadstore.Append{Log: "shared", Fact: true, Drafts: drafts(id)})
				if err != nil || !done.Fresh[0] {
					t.Errorf("fact %s: %+v, %v", id, done, err)
				}
				// Nobody else writes here, so a decision never conflicts, whatever was lost.
				done, err = s.Append(t.Context(), threadstore.Append{Log: own, Expect: int64(i), Drafts: drafts(id)})
				if err != nil || !done.Fresh[0] || done.Version != int64(i)+1 {
					t.Errorf("decision %s: %+v, %v", id, done, err)
				}
			}
		})
	}
	wg.Wait()
	s.whole("shared", writers*each)
	for w := range writers {
		s.whole(fmt.Sprintf("own-%d", w), each)
	}
}
