package agent

import (
	"context"
	"errors"
	"time"

	"github.com/releasebot/releasebot/threadstore"
)

// A thread is run by who holds its lease, for as long as that is renewed and says so in the store.

// dueSoon is how long before others look after a thread that is run here it says that it is.
const dueSoon = 2 * renewEvery

// Renew prolongs the leases of the threads that this process runs and has not
// appended to lately: every append prolongs too. It also wakes those that others
// are about to look after, so that they say that they are run: what is due is then only what
// nobody runs, and what others have said. The Engine calls it every second and a half.
func (r *Runner) Renew(ctx context.Context) {
	now := r.Now()
	for _, h := range r.held() {
		if h.dueAt().Sub(now) < dueSoon {
			r.wake(h.id)
		}
		l := h.leased()
		if l == nil || l.Until.Sub(now) > 2*renewEvery {
			continue
		}
		switch err := r.Store.Renew(ctx, l); {
		case err == nil:
			h.setLease(l)
		case r.holds(h.id): // else it was given back meanwhile
			r.Log.Warn("a lease was not renewed", "thread", h.id, "err", err)
			if errors.Is(err, threadstore.ErrStale) {
				h.distrusts(l.Epoch)
				r.wake(h.id)
			}
		}
	}
}

// distrusts ends the trust in a lease that the store says is lost, whatever the
// clock says: it may have stood still together with the machine.
func (h *run) distrusts(epoch int64) {
	if l := h.leased(); l != nil && l.Epoch == epoch {
		h.distrust()
	}
}

// distrust ends the trust in the lease. The store may still know it.
func (h *run) distrust() {
	h.leaseMu.Lock()
	defer h.leaseMu.Unlock()
	if h.lease != nil {
		l := *h.lease
		l.Until = time.Time{}
		h.lease = &l
	}
}

// held lists the threads that this process runs now.
func (r *Runner) held() []*run {
	r.mu.Lock()
	defer r.mu.Unlock()
	runs := make([]*run, 0, len(r.runs))
	for _, h := range r.runs {
		runs = append(runs, h)
	}
	return runs
}

// running is the thread as this process runs it now; nil: it does not.
func (r *Runner) running(id ThreadID) *run {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.runs[id]
}

// holds reports whether this process runs the thread now.
func (r *Runner) holds(id ThreadID) bool { return r.running(id) != nil }

func (r *Runner) dropID(id ThreadID) {
	if h := r.running(id); h != nil {
		r.drop(h)
	}
}
