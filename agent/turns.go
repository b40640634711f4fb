package agent

import (
	"context"
	"runtime"
	"sync/atomic"
	"time"
)

const (
	// turnsEach is how many threads are stepped at once for each processor: enough
	// that what they append goes to the store together, and no more.
	turnsEach = 16
	// turnFor is how long a thread's steps may take before they are not counted any more.
	turnFor = 50 * time.Millisecond
)

// turns bound how many threads are stepped at once, first come first served.
// Facts are taken in beside the steps and need no turn: however many threads have
// something to do, what comes in meets only so many of them at the store and at
// the processors. A step that waits for something slow, a deployer or a check,
// keeps nobody else waiting: its turn ends by itself.
type turns struct{ free chan struct{} }

func newTurns(n int) *turns {
	t := &turns{free: make(chan struct{}, n)}
	for range n {
		t.free <- struct{}{}
	}
	return t
}

func turnsHere() int { return turnsEach * runtime.GOMAXPROCS(0) }

// turn is one thread's turn. The nil turn is over.
type turn struct {
	over  atomic.Bool
	timer *time.Timer
	of    *turns
}

// take goes on with u if that is not over, and else waits for a turn. It returns nil when ctx has ended.
func (t *turns) take(ctx context.Context, u *turn) *turn {
	if u != nil && !u.over.Load() {
		return u
	}
	select {
	case <-t.free:
	default:
		select {
		case <-t.free:
		case <-ctx.Done():
			return nil
		}
	}
	u = &turn{of: t}
	u.timer = time.AfterFunc(turnFor, u.end)
	return u
}

// give ends the turn, unless it is over.
func (u *turn) give() {
	if u != nil {
		u.timer.Stop()
		u.end()
	}
}

func (u *turn) end() {
	if u.over.CompareAndSwap(false, true) {
		u.of.free <- struct{}{}
	}
}
