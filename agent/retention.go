package agent

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"time"

	"github.com/releasebot/releasebot/threadstore"
)

// retentionLog is the log whose lease says which replica removes old threads. It has no events.
const retentionLog = "meta:retention"

// Retention removes finished threads from the store once they are old enough.
// Each is exported first. Nothing is removed that anything waits on: not a thread
// in which a release, a question, a watch or words are open, not one that holds
// an environment, nor one of which nobody knows what became of it.
// Environments are kept.
type Retention struct {
	Store *threadstore.Store
	Owner string        // names this process among all that share the store
	Keep  time.Duration // since the last event of a thread
	// Export keeps a thread's events, as they are stored, elsewhere. When it returns nil, they are durable there.
	Export func(ctx context.Context, id ThreadID, last time.Time, records [][]byte) error
	Now    func() time.Time
	Log    *slog.Logger
}

// RetentionBatch is how many threads one Sweep removes at most.
const RetentionBatch = 200

// Sweep exports and removes the threads that are old enough, the oldest first,
// at most RetentionBatch. more: there may be others. Only one replica at a time
// does; for the others there is nothing to do.
func (r *Retention) Sweep(ctx context.Context) (removed int, more bool, err error) {
	lease, err := r.Store.Acquire(ctx, retentionLog, r.Owner, 0)
	if errors.Is(err, threadstore.ErrHeld) {
		return 0, false, nil
	}
	if err != nil {
		return 0, false, fmt.Errorf("removing old threads: %w", err)
	}
	defer func() {
		if rerr := r.Store.Release(ctx, lease); rerr != nil && err == nil && ctx.Err() == nil && !errors.Is(rerr, threadstore.ErrStale) {
			err = fmt.Errorf("removing old threads: %w", rerr)
		}
	}()
	old, err := r.old(ctx)
	if err != nil {
		return 0, false, err
	}
	for i, id := range old {
		if removed == RetentionBatch {
			return removed, true, nil
		}
		if i%10 == 9 || !lease.Valid(r.Now()) {
			if err := r.Store.Renew(ctx, lease); err != nil {
				return removed, false, fmt.Errorf("removing old threads: %w", err)
			}
		}
		gone, err := r.remove(ctx, id)
		if err != nil {
			return removed, false, err
		}
		if gone {
			removed++
		}
	}
	return removed, false, nil
}

// old lists the threads that, by the list of threads, are finished and old, the oldest first.
func (r *Retention) old(ctx context.Context) ([]ThreadID, error) {
	lines, err := readIndex[ThreadLine](ctx, r.Store, IndexThreads)
	if err != nil {
		return nil, fmt.Errorf("removing old threads: %w", err)
	}
	before := r.Now().Add(-r.Keep)
	lines = slices.DeleteFunc(lines, func(l ThreadLine) bool {
		return l.State != "done" && l.State != "failed" && l.State != "canceled" || !l.Updated.Before(before)
	})
	slices.SortFunc(lines, func(a, b ThreadLine) int { return cmp.Or(a.Updated.Compare(b.Updated), cmp.Compare(a.ID, b.ID)) })
	ids := make([]ThreadID, len(lines))
	for i, l := range lines {
		ids[i] = l.ID
	}
	return ids, nil
}

// remove exports and removes one thread, if its log says what the list says. A
// list can be behind, and a thread can begin to go on while this looks at it:
// it is removed only as it stands where it was exported, with nothing due and nobody running it.
func (r *Retention) remove(ctx context.Context, id ThreadID) (gone bool, err error) {
	records, err := r.Store.Read(ctx, string(id), 1, 0)
	if err != nil {
		return false, fmt.Errorf("removing %s: %w", id, err)
	}
	events, err := decodeAll(string(id), records)
	if err != nil {
		return false, err
	}
	s := Fold(NewState(id), events)
	if s.Version == 0 || !s.finished() || !s.Now.Before(r.Now().Add(-r.Keep)) {
		return false, nil
	}
	if err := r.Export(ctx, id, s.Now, records); err != nil {
		return false, fmt.Errorf("exporting %s: %w", id, err)
	}
	err = r.Store.Prune(ctx, string(id), s.Version)
	if errors.Is(err, threadstore.ErrPending) || errors.Is(err, threadstore.ErrConflict) {
		r.Log.Info("an old thread was not removed: it goes on", "thread", id)
		return false, nil
	}
	return err == nil, err
}

// finished: nothing is open, nothing is held, and it is known what became of everything.
func (s *State) finished() bool {
	if !s.ended() || s.Lost != nil || s.Aside != nil || s.Foreign > 0 {
		return false
	}
	return !slices.ContainsFunc(s.Releases, func(r *ReleaseState) bool { return r.Claim != "" || r.Outcome == OutcomeUnknown })
}
