package agent

import (
	"context"
	"runtime"
	"sync"
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
type turns struct {
	mu      sync.Mutex
	free    int
	waiting []*waiter
}

// waiter is told of its turn, once.
type waiter struct {
	begin func(*turn)
	gone  atomic.Bool // it was told, or does not wait any more
}

func newTurns(n int) *turns { return &turns{free: n} }

func turnsHere() int { return turnsEach * runtime.GOMAXPROCS(0) }

// turn is one thread's turn. The nil turn is over.
type turn struct {
	over  atomic.Bool
	timer *time.Timer
	of    *turns
}

// next calls begin with a turn: now, or when it has come, on whosever goroutine ended another. It does not wait.
func (t *turns) next(begin func(*turn)) *waiter {
	w := &waiter{begin: begin}
	t.mu.Lock()
	if t.free == 0 {
		t.waiting = append(t.waiting, w)
		t.mu.Unlock()
		return w
	}
	t.free--
	t.mu.Unlock()
	w.gone.Store(true)
	t.start(w)
	return w
}

func (t *turns) start(w *waiter) {
	u := &turn{of: t}
	u.timer = time.AfterFunc(turnFor, u.end)
	w.begin(u)
}

// take goes on with u if that is not over, and else waits for a turn. It returns nil when ctx has ended.
func (t *turns) take(ctx context.Context, u *turn) *turn {
	if u != nil && !u.over.Load() {
		return u
	}
	came := make(chan *turn, 1)
	w := t.next(func(u *turn) { came <- u })
	select {
	case u := <-came:
		return u
	case <-ctx.Done():
		if w.gone.Swap(true) {
			(<-came).give()
		}
		return nil
	}
}

// give ends the turn, unless it is over.
func (u *turn) give() {
	if u != nil {
		u.timer.Stop()
		u.end()
	}
}

func (u *turn) end() {
	if !u.over.CompareAndSwap(false, true) {
		return
	}
	t := u.of
	t.mu.Lock()
	for len(t.waiting) > 0 {
		w := t.waiting[0]
		t.waiting[0], t.waiting = nil, t.waiting[1:]
		if !w.gone.Swap(true) {
			t.mu.Unlock()
			t.start(w)
			return
		}
	}
	t.free++
	t.mu.Unlock()
}
