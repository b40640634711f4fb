package agent

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"runtime/debug"
	"sync"
	"sync/atomic"
	"time"

	"github.com/releasebot/releasebot/threadstore"
)

// Timing of an engine.
const (
	renewEvery = 1500 * time.Millisecond
	sweepEvery = time.Second
	sweepMost  = 512
	panicsMax  = 3
	parkedFor  = 10 * time.Minute
)

// Engine calls a Runner's Step: a goroutine for each thread that has something
// to do, one that sweeps what is due (timers, and threads whose process has
// died), one that renews leases. It owns them all, and Run waits for them.
type Engine struct {
	runner *Runner
	mu     sync.Mutex
	active map[ThreadID]chan time.Time // what is sent wakes the thread's goroutine: since when there is something to do
	parked map[ThreadID]time.Time      // threads that panic even where only that is to be said, until when they are left alone
	panics map[ThreadID]int
	ctx    context.Context //nolint:containedctx // of Run: threads are woken from outside, and end with it
	hands  *hands
	paused atomic.Pointer[string] // why nothing is run here; nil: threads are run
	driven bool                   // the caller steps the threads
	turns  *turns
}

// NewEngine returns the engine of a runner. Nothing runs before Run.
func NewEngine(r *Runner) *Engine {
	e := &Engine{runner: r, active: map[ThreadID]chan time.Time{}, parked: map[ThreadID]time.Time{}, panics: map[ThreadID]int{}, turns: turnsHere(), hands: newHands()}
	r.wake = e.Wake
	return e
}

// Drive is for simulations, in place of Run: it starts nothing, and the caller
// steps the runner's threads. wake is told of those that may go on.
func (e *Engine) Drive(wake func(ThreadID)) {
	e.driven, e.runner.wake = true, wake
}

// Run runs threads until ctx ends; then it finishes the steps under way, gives
// every lease back, so that others take over at once, and returns.
func (e *Engine) Run(ctx context.Context) {
	e.mu.Lock()
	e.ctx = ctx
	e.mu.Unlock()
	var own sync.WaitGroup
	own.Go(func() { e.every(ctx, sweepEvery, e.sweep) })
	own.Go(func() { e.every(ctx, renewEvery, e.runner.Renew) })
	<-ctx.Done()
	own.Wait()
	e.mu.Lock()   // after this no thread is started any more
	e.mu.Unlock() //nolint:staticcheck // an empty section: it waits for a Wake under way
	e.hands.all.Wait()
	e.runner.Wait()
	e.runner.handOver() //nolint:contextcheck // ctx has ended: the leases are given back after it
}

// Pause keeps threads from being run here; facts are still taken in. An empty reason ends it.
func (e *Engine) Pause(reason string) {
	if reason == "" {
		e.paused.Store(nil)
		return
	}
	e.paused.Store(&reason)
}

// Paused says why nothing is run here; "" if threads are.
func (e *Engine) Paused() string {
	if p := e.paused.Load(); p != nil {
		return *p
	}
	return ""
}

// Running reports whether threads are run here now.
func (e *Engine) Running() bool {
	if e.paused.Load() != nil {
		return false
	}
	e.mu.Lock()
	defer e.mu.Unlock()
	return e.driven || e.ctx != nil && e.ctx.Err() == nil
}

// Wake has a thread looked at soon. It returns at once.
func (e *Engine) Wake(id ThreadID) { e.wake(id, e.runner.Now()) }

// wake is Wake for a thread that has had something to do since then.
func (e *Engine) wake(id ThreadID, since time.Time) {
	if e.paused.Load() != nil {
		return
	}
	e.mu.Lock()
	defer e.mu.Unlock()
	if e.ctx == nil || e.ctx.Err() != nil {
		return
	}
	if until, ok := e.parked[id]; ok {
		if e.runner.Now().Before(until) {
			return
		}
		delete(e.parked, id)
	}
	token, running := e.active[id]
	if !running {
		token = make(chan time.Time, 1)
		e.active[id] = token
		ctx := e.ctx
		e.turns.next(func(mine *turn) { // a thread whose turn has not come needs no goroutine
			e.hands.do(ctx, func() { e.run(ctx, id, token, mine) })
		})
	}
	select {
	case token <- since:
	default:
	}
}

func (e *Engine) every(ctx context.Context, d time.Duration, do func(context.Context)) {
	for {
		jittered := d + time.Duration(rand.Int64N(int64(d/4))) //nolint:gosec // spreads replicas, guards nothing
		select {
		case <-ctx.Done():
			return
		case <-time.After(jittered):
			do(ctx)
		}
	}
}

// sweep wakes what is due: timers, and threads that nobody runs. Those that are
// held here don't count among the most that it looks at; what others have said in
// them is read.
func (e *Engine) sweep(ctx context.Context) {
	held := len(e.runner.held())
	if e.paused.Load() != nil && held == 0 {
		return
	}
	due, err := e.runner.Store.Due(ctx, e.runner.Now(), sweepMost+held)
	if err != nil {
		if ctx.Err() == nil {
			e.runner.Log.Warn("what is due could not be read", "err", err)
		}
		return
	}
	for _, d := range due {
		if id := ThreadID(d.Log); !e.runner.Due(id, d.At) && !e.runner.yields(id, e.runner.Now()) {
			e.wake(id, d.At) //nolint:contextcheck // the thread runs for as long as the engine, not the sweep
		}
	}
}

// run steps one thread until nothing is left to do. Its turn is over when it returns.
func (e *Engine) run(ctx context.Context, id ThreadID, token chan time.Time, mine *turn) {
	backoff := 100 * time.Millisecond
	var since time.Time // when the thread was woken for what it does next
	defer func() { mine.give() }()
	for ctx.Err() == nil {
		if mine = e.turns.take(ctx, mine); mine == nil {
			break
		}
		since = taken(token, since)
		began := e.runner.Now()
		p, err := e.step(ctx, id)
		if err == nil {
			e.measure(p, since, began)
			since = time.Time{}
		}
		switch {
		case errors.Is(err, threadstore.ErrHeld), errors.Is(err, threadstore.ErrNotFound), errors.Is(err, errParked):
			mine.give()
			if e.leave(id, token) {
				return
			}
		case err != nil:
			mine.give()
			if ctx.Err() == nil {
				e.runner.Log.Warn("a step was not taken; it is tried again", "thread", id, "err", err)
			}
			since = e.sleep(ctx, token, backoff)
			backoff = min(2*backoff, 5*time.Second)
		case p.Idle:
			e.calm(id)
			if e.leave(id, token) {
				return
			}
		case p.Did == StepWait:
			mine.give()
			backoff = 100 * time.Millisecond
			since = e.sleep(ctx, token, e.pauseUntil(p.Next))
		default:
			backoff = 100 * time.Millisecond
		}
	}
	e.mu.Lock()
	delete(e.active, id)
	e.mu.Unlock()
}

// taken takes what was sent to a thread, unless it is known since when it has something to do.
func taken(token chan time.Time, since time.Time) time.Time {
	if since.IsZero() {
		select {
		case since = <-token:
		default:
		}
	}
	return since
}

// measure tells of a step that was taken.
func (e *Engine) measure(p Progress, since, began time.Time) {
	if p.Did == StepWait || p.Did == "" {
		return
	}
	e.runner.Meter.Stepped(p.Did, e.runner.Now().Sub(began))
	if !since.IsZero() {
		e.runner.Meter.TakenUp(max(began.Sub(since), 0))
	}
}

// pauseUntil is how long to wait for the next step; views and planners wake the thread when they have something.
func (e *Engine) pauseUntil(next time.Time) time.Duration {
	const most = time.Second
	if next.IsZero() {
		return most
	}
	return min(max(next.Sub(e.runner.Now()), time.Millisecond), most)
}

// sleep waits until the thread is woken, or for d. It returns since when the thread has had something to do, where it was woken.
func (e *Engine) sleep(ctx context.Context, token chan time.Time, d time.Duration) (since time.Time) {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-ctx.Done():
	case since = <-token:
	case <-t.C:
	}
	return since
}

// leave ends the thread's goroutine, unless it was woken in the meantime.
func (e *Engine) leave(id ThreadID, token chan time.Time) bool {
	e.mu.Lock()
	defer e.mu.Unlock()
	select {
	case <-token:
		return false
	default:
		delete(e.active, id)
		return true
	}
}

var errParked = errors.New("the thread is set aside: it made the runner panic")

// step calls Step. A panic costs this thread a try, not the replica.
func (e *Engine) step(ctx context.Context, id ThreadID) (p Progress, err error) {
	defer func() {
		if x := recover(); x != nil {
			e.runner.Log.Error("a step panicked", "thread", id, "panic", panicText(x), "stack", string(debug.Stack()))
			err = e.panicked(ctx, id, x)
		}
	}()
	return e.runner.Step(ctx, id, e.runner.Now())
}

// panicked drops a thread that made a step panic. The third time in a row it is
// set aside: the log says so, and why. If that makes it panic again, nobody can
// read it, and it is left alone for a while.
func (e *Engine) panicked(ctx context.Context, id ThreadID, x any) error {
	where := panicPlace()
	e.runner.dropID(id)
	e.mu.Lock()
	e.panics[id]++
	n := e.panics[id]
	e.mu.Unlock()
	if n < panicsMax {
		return fmt.Errorf("the step panicked: %v", panicText(x))
	}
	fresh, err := e.runner.setAside(ctx, id, &SetAside{Error: panicText(x), Where: where, Tries: n})
	if err != nil {
		e.runner.Log.Warn("that a thread is set aside could not be written down", "thread", id, "err", err)
	}
	e.mu.Lock()
	defer e.mu.Unlock()
	delete(e.panics, id)
	if fresh {
		return nil // once more, to say so in Slack
	}
	e.parked[id] = e.runner.Now().Add(parkedFor)
	return errParked
}

// calm forgets panics: the thread has come to rest since.
func (e *Engine) calm(id ThreadID) {
	e.mu.Lock()
	defer e.mu.Unlock()
	delete(e.panics, id)
}

// unpark: somebody has said or done something in a thread, so it is tried again now.
func (e *Engine) unpark(id ThreadID) {
	e.mu.Lock()
	defer e.mu.Unlock()
	delete(e.parked, id)
}
