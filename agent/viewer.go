package agent

import (
	"time"

	"github.com/releasebot/releasebot/internal/planted"
)

// Viewer keeps what people see in step with states.
type Viewer interface {
	// Show is given a durable state, and may not keep it. It returns at once;
	// what it posts, it reports to Runner.Posted. It may write only while valid
	// says so. epoch is the lease's: one more than when this process showed the
	// thread last, and nobody else has had it meanwhile.
	Show(s *State, epoch int64, valid func() bool) Shown
	// Forget: this process does not run the thread any more.
	Forget(id ThreadID)
}

// Foreseer is a Viewer that knows beforehand when there will be nothing to do
// for it. A thread of which nothing is to be shown is left with its last append.
type Foreseer interface {
	Viewer
	// Quiet reports whether Show would send nothing of s, which need not be durable yet. It changes nothing.
	Quiet(s *State) bool
}

// Patient is a Viewer in which much waits for its turn, such as for a channel's
// rate. A thread that does nothing else is given back to the store meanwhile.
type Patient interface {
	Viewer
	// Waits reports whether all that is left to show of a thread waits for a turn
	// that is some time off, and when somebody else is to look after it at the latest. Then
	// nothing of it is written until it is shown again. If it was given back, as Forget says,
	// its turn is told to Runner.Woken.
	Waits(id ThreadID) (until time.Time, ok bool)
}

// Shown is how far people see what a state says.
type Shown int

// How far that is.
const (
	Behind  Shown = iota // not yet
	InStep               // they do, but what was sent before, here or by a process that died, may still come and hide it
	Settled              // they do, and that stays
)

// cardsFirst is how long an approved release waits for its cards to say so, and a
// page for the card that it names the buttons of. The buttons of an approval go
// off before anything starts; that they do nothing any more does not depend on it.
const cardsFirst = 2 * time.Second

// cardsLag reports whether the cards are still to be brought in step before the release goes on.
func (r *Runner) cardsLag(h *run, st Step, now time.Time) bool {
	if h.shown == Behind {
		r.show(h)
	}
	since, waits := h.lagging[st]
	switch {
	case h.shown != Behind:
		delete(h.lagging, st)
		return false
	case !waits:
		h.lagging[st] = now
		return true
	}
	return now.Sub(since) < cardsFirst
}

// inLine reports whether the thread may be given back until its views' turn comes. stays: there is other work to do.
func (r *Runner) inLine(h *run, stays bool) (until time.Time, ok bool) {
	p, patient := r.Viewer.(Patient)
	if !patient || stays || h.shown == Settled {
		return time.Time{}, false
	}
	return p.Waits(h.id)
}

// quiet reports whether nothing of the state, pending events included, is to be shown.
func (r *Runner) quiet(h *run) bool {
	f, ok := r.Viewer.(Foreseer)
	return ok && f.Quiet(h.state)
}

// show hands the durable state to the viewer.
func (r *Runner) show(h *run) {
	if len(h.pending) > 0 {
		return
	}
	h.dirty = false
	s := h.state
	if s.Aside != nil {
		s = s.bare()
	}
	h.shown = r.Viewer.Show(s, h.leased().Epoch, func() bool { return h.valid(r.Now()) || planted.Is(planted.ViewWithoutLease) })
}
