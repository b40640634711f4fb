package healthcheck

import (
	"fmt"
	"time"
)

// Defaults of a Window.
const (
	DefaultPasses = 1
	DefaultEvery  = 2 * time.Second
	DefaultWithin = time.Minute
)

// Window says how often, and for how long, a service is looked at before it
// counts as healthy.
type Window struct {
	Passes int           // healthy looks in a row. Defaults to DefaultPasses
	Every  time.Duration // from the end of one look to the next. Defaults to DefaultEvery
	Within time.Duration // since the first look was due. Defaults to DefaultWithin
}

// Progress is what the looks of one window have shown so far. The zero value is
// the beginning.
type Progress struct {
	InRow     int       `json:"in_row"`    // healthy looks since the last that was not
	Looks     int       `json:"looks"`     // all looks
	Unhealthy int       `json:"unhealthy"` // looks that saw the service unhealthy
	Last      Result    `json:"last"`
	At        time.Time `json:"at"` // when the last look ended
}

// Add returns the progress after one more look, which ended at the time given.
func (p Progress) Add(r Result, at time.Time) Progress {
	p.Looks++
	p.Last = r
	p.At = at
	switch r.Verdict {
	case Healthy:
		p.InRow++
	case Unhealthy:
		p.InRow = 0
		p.Unhealthy++
	default:
		p.InRow = 0
	}
	return p
}

// Judge says what the looks so far amount to at the time now, for a window that
// began at started. It reads no clock: the same arguments give the same answer.
//
// It is done and Healthy once Passes looks in a row were healthy. It is done
// without that once no further look fits into the window, with the last look's
// verdict; if that was healthy and only came too late to be one of Passes in a
// row, the window is Unhealthy where an earlier look saw the service unhealthy,
// else Inconclusive. Until it is done, nextLook is when to look again, never
// before now. No window ends without a look: where none was made, however late
// it is, one is due at once.
func (w Window) Judge(p Progress, started, now time.Time) (v Verdict, done bool, nextLook time.Time) {
	w = w.withDefaults()
	if p.Looks == 0 {
		return "", false, now
	}
	if p.InRow >= w.Passes {
		return Healthy, true, time.Time{}
	}
	next := p.At.Add(w.Every)
	if next.Before(now) {
		next = now
	}
	if !next.After(started.Add(w.Within)) {
		return "", false, next
	}
	return p.shortOf(), true, time.Time{}
}

// shortOf is the verdict of a window that ended without enough passes.
func (p Progress) shortOf() Verdict {
	switch {
	case p.Last.Verdict == Unhealthy, p.Last.Verdict == Healthy && p.Unhealthy > 0:
		return Unhealthy
	default:
		return Inconclusive
	}
}

// Summary says in one line how far the looks have come, and what the last one saw.
func (w Window) Summary(p Progress) string {
	w = w.withDefaults()
	if p.Looks == 0 {
		return "no look yet"
	}
	if w.Passes == 1 {
		return p.Last.Detail
	}
	return fmt.Sprintf("%d of %d passes in a row; last: %s", min(p.InRow, w.Passes), w.Passes, p.Last.Detail)
}

func (w Window) withDefaults() Window {
	if w.Passes < 1 {
		w.Passes = DefaultPasses
	}
	if w.Every <= 0 {
		w.Every = DefaultEvery
	}
	if w.Within <= 0 {
		w.Within = DefaultWithin
	}
	return w
}
