package agent

import (
	"context"
	"errors"
	"time"
)

// A process that ends hands over what it runs: others need not wait for its leases to end.

// handOver gives every lease back, so that another replica goes on at once.
func (r *Runner) handOver() {
	ctx, cancel := context.WithTimeout(context.Background(), 5*time.Second)
	defer cancel()
	r.mu.Lock()
	r.ended = true
	r.mu.Unlock()
	for _, h := range r.held() {
		if h.state != nil {
			err := r.giveBack(ctx, h, r.Now())
			if err == nil {
				continue
			}
			if !errors.Is(err, errAgain) { // else the log has grown meanwhile: whoever goes on decides again
				r.Log.Warn("what a thread came to was not written down; another replica finds out", "thread", h.id, "err", err)
			}
		}
		r.surrender(ctx, h)
		r.drop(h)
	}
}

// surrender gives a lease back, and nothing else, and has others look at the thread at once.
func (r *Runner) surrender(ctx context.Context, h *run) {
	l := h.leased()
	if l == nil {
		return
	}
	err := r.Store.Release(ctx, l)
	if err == nil {
		err = r.Store.Wake(ctx, string(h.id), r.Now())
	}
	if err != nil {
		r.Log.Warn("a lease was not given back; another replica takes the thread when it ends", "thread", h.id, "err", err)
	}
}

// over reports whether this process has handed everything over.
func (r *Runner) over() bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.ended
}
