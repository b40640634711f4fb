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
	// turnsFew is the same while facts are on their way: with fewer still, acks wait no
	// less, and what goes to the store together is so little that a fifth is lost.
	turnsFew = 6
	// turnFor is how long a thread's steps may take before they are not counted any more.
	turnFor = 50 * time.Millisecond
)

// turns bound how many threads are stepped at once, first come first served. Those
// that were stepped before have three turns in four, if they need as many: a thread
// that is under way keeps memory which one that has not begun does not need. Facts are taken in beside the
// steps and need no turn, and while some are on their way, only a few turns are
// given: somebody waits for their acknowledgement, and for the steps nobody does as
// much. So however many threads have something to do, what comes in meets few of
// them at the store and at the processors. A step that waits for something slow, a
// deployer or a check, keeps nobody else waiting: its turn ends by itself.
type turns struct {
	most, few int // at once; and while facts are on their way

	mu    sync.Mutex
	given int   // turns that are not over
	facts int   // on their way
	fresh queue // threads that wait for their first turn
	begun queue // and those that go on
	row   uint  // counts turns, so that each queue has its share
}

// queue is who waits for a turn, the first to come first.
type queue []*waiter

// waiter is told of its turn, once.
type waiter struct {
	begin func(*turn)
	gone  atomic.Bool // it was told, or does not wait any more
}

func newTurns(few, most int) *turns { return &turns{few: few, most: most} }

func turnsHere() *turns {
	n := runtime.GOMAXPROCS(0)
	return newTurns(turnsFew*n, turnsEach*n)
}

// turn is one thread's turn. The nil turn is over.
type turn struct {
	over  atomic.Bool
	timer *time.Timer
	of    *turns
}

// coming says that so many more facts are on their way, or, below 0, that they are not any more.
func (t *turns) coming(n int) {
	t.mu.Lock()
	t.facts += n
	t.serve()
}

// next calls begin with a turn: now, or when it has come, on whosever goroutine ended another. It does not wait.
func (t *turns) next(begin func(*turn)) { t.queue(&t.fresh, begin) }

func (t *turns) queue(q *queue, begin func(*turn)) *waiter {
	w := &waiter{begin: begin}
	t.mu.Lock()
	*q = append(*q, w)
	t.serve()
	return w
}

// serve gives the turns that may be given, and unlocks t.
func (t *turns) serve() {
	for {
		w := t.first()
		t.mu.Unlock()
		if w == nil {
			return
		}
		u := &turn{of: t}
		u.timer = time.AfterFunc(turnFor, u.end)
		w.begin(u)
		t.mu.Lock()
	}
}

// first takes whoever has a turn now; nil: nobody has.
func (t *turns) first() *waiter {
	most := t.most
	if t.facts > 0 {
		most = t.few
	}
	for t.given < most {
		w := t.pick()
		if w == nil {
			return nil
		}
		if !w.gone.Swap(true) {
			t.given++
			return w
		}
	}
	return nil
}

// pick takes whoever is the next in order; nil: nobody waits.
func (t *turns) pick() *waiter {
	first, second := &t.begun, &t.fresh
	if t.row++; t.row%4 == 0 {
		first, second = second, first
	}
	if w := first.take(); w != nil {
		return w
	}
	return second.take()
}

// take takes the first; nil: nobody waits.
func (q *queue) take() *waiter {
	if len(*q) == 0 {
		return nil
	}
	w := (*q)[0]
	(*q)[0], *q = nil, (*q)[1:]
	return w
}

// take goes on with u if that is not over, and else waits for a turn. It returns nil when ctx has ended.
func (t *turns) take(ctx context.Context, u *turn) *turn {
	if u != nil && !u.over.Load() {
		return u
	}
	came := make(chan *turn, 1)
	w := t.queue(&t.begun, func(u *turn) { came <- u })
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
	if u.over.CompareAndSwap(false, true) {
		u.of.mu.Lock()
		u.of.given--
		u.of.serve()
	}
}
