package agent

import (
	"context"
	"time"
)

// A newer program may write events that this one does not know, in a thread or
// in an environment, while both run side by side or after this one has taken its
// place again. What such an event changes can't be known here. So this program
// takes facts in, and leaves the rest to the newer one.

const (
	// newerFirst is how long a newer program has to take such a thread, before this one concludes that none runs.
	newerFirst = 10 * time.Second
	// newerLooks is how seldom this program looks at the thread after that.
	newerLooks = 30 * time.Second
)

// leftAt is a log as it was when it was left to a newer program first.
type leftAt struct {
	version int64
	since   time.Time
}

// leave lets go of a thread that has events of a newer program, due at once for
// whoever else runs. Lists and snapshot stay as the newer program wrote them.
// If nobody took the thread, people are shown that it stands still.
func (r *Runner) leave(ctx context.Context, h *run, now time.Time) (result, error) {
	at := r.left.get(string(h.id))
	if at == nil || at.version != h.version {
		at = &leftAt{h.version, now}
		r.left.put(string(h.id), at)
		r.Log.Warn("the thread has events that only a newer program knows: it is left to that one", "thread", h.id, "events", h.state.Foreign)
	}
	alone := now.Sub(at.since) >= newerFirst
	if alone && (h.dirty || h.shown != Settled) {
		r.show(h)
	}
	if alone && h.shown != Settled {
		return result{did: StepWait, next: now.Add(time.Second)}, nil
	}
	if alone {
		r.yield(h.id, now.Add(newerLooks))
	} else {
		r.yield(h.id, now.Add(yieldFor))
	}
	h.behind = false
	next := now.Add(time.Second)
	if err := r.giveBack(ctx, h, next); err != nil {
		return result{}, err
	}
	return result{did: StepWait, next: next, idle: true}, nil
}

// newerEnvironment is what a release waits for whose environment has events of a newer program.
const newerEnvironment = "a newer releasebot: the environment's log has events that this one does not know"

// leaveEnvironment has the release wait, and lets another replica take the thread first when it is looked at again.
func (r *Runner) leaveEnvironment(h *run, rel *ReleaseState, env *Environment, st Step, now time.Time) {
	h.after(st, now, 5*time.Second)
	r.yield(h.id, now.Add(5*time.Second+yieldFor))
	if rel.Waits != newerEnvironment {
		h.emitFor(now, rel.N, &TimerSet{ID: mintID(rel.Claim, "waits"), Why: newerEnvironment}, mintID(rel.Claim, "waits", env.Version))
	}
}

// yield leaves the thread to others until then, as far as nothing new happens to it.
func (r *Runner) yield(id ThreadID, until time.Time) {
	r.yielded.put(string(id), &until)
}
