package agent

import (
	"context"
	"strings"
	"time"
)

// PlannerStopped is what a planner_decision names for words that their own
// speaker has stopped before a slow planner had read them.
const PlannerStopped = "stopped"

// A thread's words are read in order, one planner call at a time: what newer
// words mean depends on what older ones came to, and two answers that cross
// would let the older request replace the newer one. "cancel", "stop" and
// "hold" wait for nobody: code reads them, and they act at once.

// waitsItsTurn reports whether words have to wait for a slow planner: it reads
// them already, or is busy with older ones. Since when they wait is kept.
func (r *Runner) waitsItsTurn(ctx context.Context, h *run, st Step, now time.Time) bool {
	if len(h.think) == 0 || st.Kind != StepWords {
		return false
	}
	w, ok := h.state.unread(st.Seq)
	switch {
	case !ok || h.think[st.Seq]:
		return true
	case w.Intent != nil:
		return false
	}
	if _, ahead := r.ahead(ctx, h, w); ahead {
		return false
	}
	if _, waits := h.waiting[st.Seq]; !waits {
		h.waiting[st.Seq] = now
	}
	return true
}

// ahead returns what the words mean if they are of those that wait for no model.
func (r *Runner) ahead(ctx context.Context, h *run, w Words) (Planned, bool) {
	if r.Quick == nil || w.RejectionOf > 0 {
		return Planned{}, false
	}
	out, err := r.Quick.Plan(ctx, h.state.PlanInput(w, r.catalog()))
	if err != nil {
		return Planned{}, false
	}
	kind := out.Intent.Kind
	if q := out.Intent.Question; kind == IntentClarify && q != nil && q.Partial != nil {
		kind = q.Partial.Kind // "stop", where several releases could be meant: it is asked which, at once
	}
	switch kind {
	case IntentCancel:
		return out, true
	case IntentHold: // of what older words ask for, once those are read
		return out, len(h.state.Open()) > 0 || len(h.think) == 0
	default:
		return Planned{}, false
	}
}

// plainStop: the words say "stop" and not what.
func plainStop(w Words, in Intent) bool {
	return in.Kind == IntentCancel && in.Service == "" && in.Environment == "" && in.Version == "" && (in.ID == "" || !strings.Contains(w.Text, in.ID))
}

// jump takes in words that wait for no model. A plain "stop" also takes back
// what its speaker has said before and nobody has read yet: else that would be
// released after the stop.
func (r *Runner) jump(h *run, w Words, out Planned, now time.Time) {
	if plainStop(w, out.Intent) {
		for _, older := range h.state.Words {
			if older.Seq >= w.Seq || older.Intent != nil || older.Actor != w.Actor || older.OnBehalfOf != w.OnBehalfOf {
				continue
			}
			r.understood(h, older, Planned{Intent: Intent{Kind: IntentNone}, Planner: PlannerStopped}, nil, now)
			delete(h.think, older.Seq)
			h.stopped[w.Seq] = true
		}
	}
	r.understood(h, w, out, nil, now)
}

// patience is how long a planner may take over words, so that they are answered
// within twice its limit although they had to wait. False: no time is left, and
// there is a planner that needs none.
func (r *Runner) patience(h *run, w Words, now time.Time) (time.Duration, bool) {
	since, waited := h.waiting[w.Seq]
	delete(h.waiting, w.Seq)
	if !waited {
		return r.PlannerLimit, true
	}
	left := min(r.PlannerLimit, 2*r.PlannerLimit-now.Sub(since))
	if least := r.PlannerLimit / 10; left < least {
		return least, r.Quick == nil
	}
	return left, true
}
