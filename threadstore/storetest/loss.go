package storetest

import (
	"errors"
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

// What was lost is said in the log, once by each who knows, and from then on it counts as it is.
func despite(t *testing.T, h Harness) {
	if h.Shrink == nil {
		t.Skip("the driver has no way to lose an acknowledged event")
	}
	s := open(t, h)
	seen := s.fact("log", drafts("a", "b", "c")...)
	o := another(t, h, s)
	o.whole("log", 3)
	h.Shrink(t, s.d, "log")
	var lost *threadstore.LostError
	if _, err := s.Load(t.Context(), "log", 1); !errors.As(err, &lost) || lost.Log != "log" || lost.By != threadstore.NoticedVersion || lost.Version != 3 || lost.Head != seen.Head || lost.NowVersion != 2 {
		t.Fatalf("the loss is %+v (%v)", lost, err)
	}
	if err := s.Witness(t.Context(), "log", 2, ""); err != nil {
		t.Errorf("somebody who saw two events: %v", err)
	}
	for _, head := range []string{seen.Head, ""} {
		wantErr(t, another(t, h, s).Witness(t.Context(), "log", 3, head), threadstore.ErrLost)
	}
	s.must(threadstore.Append{Log: "log", Fact: true, Despite: true, Drafts: drafts("lost")})
	s.whole("log", 3)
	s.must(threadstore.Append{Log: "log", Expect: 3, Drafts: drafts("d")})
	wantErr(t, another(t, h, s).Witness(t.Context(), "log", 3, seen.Head), threadstore.ErrLost)

	o.must(threadstore.Append{Log: "log", Fact: true, Despite: true, Drafts: drafts("lost")}) // in already
	o.whole("log", 4)
	o.must(threadstore.Append{Log: "log", Expect: 4, Drafts: drafts("e")})
	if _, err := s.Append(t.Context(), threadstore.Append{Log: "log", Despite: true, Drafts: drafts("f")}); err == nil {
		t.Error("a decision goes in despite a loss")
	}
}

// What was pruned on purpose bears no witness, and is not lost.
func witnessOfPruned(t *testing.T, h Harness) {
	s := open(t, h)
	done := s.fact("log", drafts("a", "b")...)
	if err := s.Witness(t.Context(), "log", 2, done.Head); err != nil {
		t.Errorf("as it stands: %v", err)
	}
	wantErr(t, s.Witness(t.Context(), "log", 3, ""), threadstore.ErrLost)
	wantErr(t, s.Witness(t.Context(), "none", 1, ""), threadstore.ErrLost)
	if err := s.Prune(t.Context(), "log", 2); err != nil {
		t.Fatal(err)
	}
	if err := another(t, h, s).Witness(t.Context(), "log", 2, done.Head); err != nil {
		t.Errorf("pruned since: %v", err)
	}
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
