package agent

import (
	"context"
	"sync"
	"sync/atomic"
	"time"
)

const (
	handsKept = 64
	handsFor  = 10 * time.Second // how long one waits for work
)

// hands are goroutines that step threads. One that has nothing left to do waits a
// while for the next thread, because its stack has grown to what steps need: to
// grow it anew costs a tenth of a short run.
type hands struct {
	all  sync.WaitGroup
	free chan func()
	idle atomic.Int64
}

func newHands() *hands { return &hands{free: make(chan func())} }

// do has work done by a goroutine of its own. Wait for all before the hands are given up.
func (h *hands) do(ctx context.Context, work func()) {
	select {
	case h.free <- work:
	default:
		h.all.Go(func() { h.serve(ctx, work) })
	}
}

// serve does work, and what comes within a while after it.
func (h *hands) serve(ctx context.Context, work func()) {
	rest := time.NewTimer(handsFor)
	defer rest.Stop()
	for work != nil {
		work()
		if h.idle.Add(1) <= handsKept {
			rest.Reset(handsFor)
			work = h.next(ctx, rest)
		} else {
			work = nil
		}
		h.idle.Add(-1)
	}
}

// next waits for work; nil: none came.
func (h *hands) next(ctx context.Context, rest *time.Timer) func() {
	select {
	case work := <-h.free:
		return work
	case <-ctx.Done():
	case <-rest.C:
	}
	return nil
}
