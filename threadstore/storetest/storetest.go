package storetest

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"testing"
	"time"

	"github.com/releasebot/releasebot/threadstore"
)

// A Harness tells how to get at a driver.
type Harness struct {
	// Open opens a new, empty store.
	Open func(t testing.TB) threadstore.Driver
	// Another opens the store of d once more, as another process would. Nil: it can't be.
	Another func(t testing.TB, d threadstore.Driver) threadstore.Driver
	// Reopen closes d and opens its store again, as after a restart. Nil: it keeps nothing.
	Reopen func(t testing.TB, d threadstore.Driver) threadstore.Driver
	// Lossy opens a new store over a network that loses some replies after their effect. Nil: there is no network.
	Lossy func(t testing.TB) threadstore.Driver
	// Shrink takes the last event of a log away behind the driver's back, as a failover may. Nil: it can't be done.
	Shrink func(t testing.TB, d threadstore.Driver, log string)
}

// Run runs every case.
func Run(t *testing.T, h Harness) {
	t.Helper()
	for _, c := range []struct {
		name string
		run  func(t *testing.T, h Harness)
	}{
		{"append and read back", appendAndRead},
		{"contiguous under 64 writers", contiguous},
		{"a duplicate id is a no-op", duplicate},
		{"a fact goes in beside its duplicates", partlyDuplicate},
		{"the same id with another payload is refused", idReused},
		{"a fact that may not begin a log", needsLog},
		{"of conflicting decisions one wins", oneWinner},
		{"a decision on an old version is refused", oldVersion},
		{"a decision made twice is not fresh", decisionTwice},
		{"an own earlier try is recognised", ownTry},
		{"another's identical decision is not one's own", othersTry},
		{"several logs together", together},
		{"together until one is refused", togetherRefused},
		{"together with lost replies", togetherLossy},
		{"a stale epoch is refused", staleEpoch},
		{"a lease is one's own until it ends", leases},
		{"acquire with an append", acquireWithAppend},
		{"release with an append", releaseWithAppend},
		{"the epoch survives release", epochSurvives},
		{"the epoch survives a restart", epochSurvivesRestart},
		{"a fact is kept after a lost lease", factAfterLostLease},
		{"the log survives a restart", restart},
		{"lost replies", lostReplies},
		{"logs are isolated", isolated},
		{"due and index change with the append or not at all", atomicIndexes},
		{"due order", dueOrder},
		{"waking", wake},
		{"the first binding of an alias wins", aliases},
		{"a snapshot of another fold is ignored", snapshots},
		{"copy leaves the source unchanged", copies},
		{"prune keeps what is pending", prune},
		{"a pruned log may begin again", pruneAndBegin},
		{"the chain shows a change", chain},
		{"a chain with a key", chainWithKey},
		{"loss is noticed", loss},
		{"loss that was written over is noticed", regrown},
		{"a loss is written down, and then the log goes on", despite},
		{"what somebody has seen is compared", witnessOfPruned},
		{"tails", tail},
		{"the policy revision", policy},
		{"bytes are kept as they are", opaque},
		{"a context that has ended", ended},
	} {
		t.Run(c.name, func(t *testing.T) { c.run(t, h) })
	}
}

// An event is what the suite stores.
type event struct {
	Seq  int64  `json:"seq"`
	ID   string `json:"id"`
	Body string `json:"body"`
	Prev string `json:"prev"`
}

func draft(id, body string) threadstore.Draft {
	sum := sha256.Sum256([]byte(body))
	return threadstore.Draft{ID: id, Sum: hex.EncodeToString(sum[:8]), Encode: func(seq int64, prev string) ([]byte, error) {
		return json.Marshal(event{Seq: seq, ID: id, Body: body, Prev: prev})
	}}
}

func drafts(ids ...string) []threadstore.Draft {
	var ds []threadstore.Draft
	for _, id := range ids {
		ds = append(ds, draft(id, "body of "+id))
	}
	return ds
}

func prevOf(data []byte) (string, error) {
	var e event
	err := json.Unmarshal(data, &e)
	return e.Prev, err
}

// A store is a threadstore.Store whose methods end the test when they fail.
type store struct {
	*threadstore.Store
	t testing.TB
	d threadstore.Driver
}

func open(t testing.TB, h Harness) *store {
	t.Helper()
	return on(t, h.Open(t))
}

func on(t testing.TB, d threadstore.Driver) *store {
	t.Helper()
	return with(t, d, threadstore.Options{})
}

func with(t testing.TB, d threadstore.Driver, o threadstore.Options) *store {
	t.Helper()
	s := &store{Store: threadstore.New(d, o), t: t, d: d}
	t.Cleanup(func() {
		if err := s.Close(); err != nil {
			t.Errorf("closing: %v", err)
		}
	})
	return s
}

// another is a second process on the same store, or where there can be none a second Store on the same driver.
func another(t testing.TB, h Harness, s *store) *store {
	t.Helper()
	if h.Another == nil {
		return &store{Store: threadstore.New(s.d, threadstore.Options{}), t: t, d: s.d}
	}
	return on(t, h.Another(t, s.d))
}

func (s *store) fact(log string, ds ...threadstore.Draft) threadstore.Appended {
	s.t.Helper()
	return s.must(threadstore.Append{Log: log, Fact: true, Drafts: ds})
}

func (s *store) must(a threadstore.Append) threadstore.Appended {
	s.t.Helper()
	done, err := s.Append(s.t.Context(), a)
	if err != nil {
		s.t.Fatalf("Append: %v", err)
	}
	return done
}

func (s *store) refused(want error, a threadstore.Append) {
	s.t.Helper()
	before := s.length(a.Log)
	_, err := s.Append(s.t.Context(), a)
	wantErr(s.t, err, want)
	if after := s.length(a.Log); after != before {
		s.t.Fatalf("the refused append changed the log: %d events before, %d after", before, after)
	}
}

func (s *store) length(log string) int {
	s.t.Helper()
	records, err := s.Read(s.t.Context(), log, 1, 0)
	if err != nil {
		s.t.Fatalf("Read: %v", err)
	}
	return len(records)
}

func (s *store) acquire(log, owner string, ttl time.Duration) *threadstore.Lease {
	s.t.Helper()
	l, err := s.Acquire(s.t.Context(), log, owner, ttl)
	if err != nil {
		s.t.Fatalf("Acquire: %v", err)
	}
	return l
}

// whole checks that a log is n events in one unbroken chain, each in its place, and returns their ids.
func (s *store) whole(log string, n int) []string {
	s.t.Helper()
	l, err := s.Load(s.t.Context(), log, -1)
	if err != nil {
		s.t.Fatalf("Load: %v", err)
	}
	if l.Version != int64(n) || len(l.Records) != n {
		s.t.Fatalf("%s: version %d and %d events, want %d", log, l.Version, len(l.Records), n)
	}
	head, err := s.Verify(l.Records, prevOf)
	if err != nil || head != l.Head {
		s.t.Fatalf("%s: chain ends in %q (%v), want the stored head %q", log, head, err, l.Head)
	}
	ids := make([]string, n)
	seen := make(map[string]bool)
	for i, data := range l.Records {
		var e event
		if err := json.Unmarshal(data, &e); err != nil {
			s.t.Fatal(err)
		}
		if e.Seq != int64(i)+1 || seen[e.ID] {
			s.t.Fatalf("%s: event %d says that it is %d (%s, seen before: %t)", log, i+1, e.Seq, e.ID, seen[e.ID])
		}
		seen[e.ID], ids[i] = true, e.ID
	}
	return ids
}

// patience is how long anything may take on a busy machine; what is waited for mostly comes at once.
const patience = 2 * time.Minute

// eventually waits for something that another process or the clock brings about.
func eventually(t testing.TB, what string, is func() bool) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	tick := time.NewTicker(5 * time.Millisecond)
	defer tick.Stop()
	for !is() {
		select {
		case <-tick.C:
		case <-ctx.Done():
			t.Fatalf("waited %s, and still not: %s", patience, what)
		}
	}
}

func name(i int) string { return fmt.Sprintf("e%03d", i) }
