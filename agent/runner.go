package agent

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"sync"
	"time"

	"github.com/releasebot/releasebot/policy"
	"github.com/releasebot/releasebot/threadstore"
	"github.com/releasebot/releasebot/tools/changelog"
	"github.com/releasebot/releasebot/tools/ci"
	"github.com/releasebot/releasebot/tools/deploy"
	"github.com/releasebot/releasebot/tools/healthcheck"
)

// Directory says who people are. What it can't find out is an error, and then the answer is no.
type Directory interface {
	Person(ctx context.Context, id string) (policy.Person, error)
	Group(ctx context.Context, id string) (members map[string]bool, err error)
}

// Pager tells people directly that a release of s went wrong.
type Pager interface {
	Page(ctx context.Context, s *State, r *ReleaseState, people []string) (PageSent, error)
}

// Config is what a Runner works with. All of it is required unless it says otherwise.
type Config struct {
	Store *threadstore.Store
	// Owner names this process among all that share the store; no two processes ever have the same.
	Owner string
	// RunnerID names where the runs of this process's deploy drivers are kept.
	RunnerID string
	Policy   func() *policy.File
	Planner  Planner
	// Slow: the planner may take its time, so it is asked beside the other steps.
	Slow bool
	// Quick is a planner that answers at once, for a slow one: by it "cancel", "stop" and "hold" wait for no model, and
	// words that have waited too long for one are read. Without it they wait.
	Quick Planner
	// PlannerLimit ends a planner's try. Defaults to 20 s.
	PlannerLimit time.Duration
	// Patience is how long the looks of a health check are waited for before what led to them is made durable, where
	// nobody is to be shown that. Defaults to 20 ms.
	Patience  time.Duration
	People    Directory
	Pager     Pager
	Viewer    Viewer
	Sources   func(*policy.Source) (changelog.Source, error)
	CI        ci.Asker // runs the policy's ci commands. Defaults to nobody: what CI says is then not known
	Deployers map[string]deploy.Driver
	Checkers  map[string]healthcheck.Checker
	Now       func() time.Time // defaults to time.Now
	Log       *slog.Logger     // defaults to none
	// Observe is told of every event that became durable. It must not block. Defaults to nothing.
	Observe func(id ThreadID, s *State, e *Event)
	// Meter is told how this process fares. Defaults to nobody.
	Meter Meter
}

// Runner runs threads, one step at a time: it takes a thread's lease, asks
// Decide what is next, does it, and appends what came of it. It has no
// goroutines of its own but those of a slow planner; who calls Step when is for
// the Engine, or a simulation, to choose.
type Runner struct {
	Config
	mu        sync.Mutex
	runs      map[ThreadID]*run
	envs      *cache[Environment]
	policies  *policies
	resting   *cache[rested]    // threads that were run here, as they were left
	elsewhere *cache[time.Time] // by key: since when only another runner could know
	yielded   *cache[time.Time] // threads left to that runner, until when
	left      *cache[leftAt]    // threads left to a newer program
	ended     bool              // everything has been handed over: nothing is run here any more
	// wake is told that another thread may go on. The Engine sets it.
	wake func(ThreadID)
	// thinking are the planner calls under way.
	thinking sync.WaitGroup
}

// Progress is what a step came to.
type Progress struct {
	Did  StepKind  // StepWait: nothing was left to do
	Next time.Time // with StepWait: when there is; zero: when something happens
	// Idle: nothing is under way here: the lease has been given back.
	Idle bool
}

// Sizes of what a runner remembers beyond the threads it runs.
const (
	envsCached    = 1024
	restingCached = 1024
	waitsCached   = 4096 // for others: what is forgotten of those is waited for anew
)

var (
	errAgain = errors.New("the log has grown: decide again")
	errYield = errors.New("another process may know more: it goes first")
)

// NewRunner returns a Runner. Nothing runs until Step is called.
func NewRunner(cfg Config) *Runner {
	if cfg.Now == nil {
		cfg.Now = time.Now
	}
	if cfg.Log == nil {
		cfg.Log = slog.New(slog.DiscardHandler)
	}
	if cfg.Meter == nil {
		cfg.Meter = unmetered{}
	}
	if cfg.PlannerLimit <= 0 {
		cfg.PlannerLimit = 20 * time.Second
	}
	if cfg.Patience <= 0 {
		cfg.Patience = 20 * time.Millisecond
	}
	return &Runner{Config: cfg, runs: map[ThreadID]*run{}, envs: newCache[Environment](envsCached), policies: newPolicies(), resting: newCache[rested](restingCached), elsewhere: newCache[time.Time](waitsCached), yielded: newCache[time.Time](waitsCached), left: newCache[leftAt](waitsCached), wake: func(ThreadID) {}}
}

// Step takes one step of a thread: it does the most urgent thing that may be
// done at now, and makes it durable as far as the next step needs. It returns
// threadstore.ErrHeld if another process runs the thread, ErrStale if this one
// has lost it, and errors of the store, after which the thread is to be stepped
// again a little later; nothing is lost by that.
func (r *Runner) Step(ctx context.Context, id ThreadID, now time.Time) (Progress, error) {
	h, err := r.hold(ctx, id)
	if err != nil {
		return Progress{}, r.noticed(ctx, nil, err)
	}
	if err := r.trust(ctx, h); err != nil {
		return Progress{}, r.gaveUp(ctx, h, err)
	}
	did, err := r.step(ctx, h, now)
	switch {
	case errors.Is(err, errYield):
		next := now.Add(time.Second)
		return Progress{Did: StepWait, Next: next, Idle: true}, r.giveBack(ctx, h, next)
	case errors.Is(err, errAgain):
		return Progress{Did: did.did}, nil
	case err != nil:
		return Progress{}, r.gaveUp(ctx, h, err)
	}
	return did.progress(), nil
}

// gaveUp drops a thread in which a step could not be taken. A loss that was
// noticed is written down, with what this process has done outside meanwhile.
func (r *Runner) gaveUp(ctx context.Context, h *run, err error) error {
	r.drop(h)
	if !errors.Is(err, threadstore.ErrLost) {
		return fmt.Errorf("running %s: %w", h.id, err)
	}
	if err := r.noticed(ctx, h.state, err); err != nil {
		return fmt.Errorf("running %s: %w", h.id, err)
	}
	for _, e := range h.pending {
		if !isOutcome(e.Data) {
			continue
		}
		if err := r.fact(ctx, h, e); err != nil {
			return fmt.Errorf("running %s: %w", h.id, err)
		}
	}
	return nil
}

// took: the lease of a thread came with the append of a fact, e, after which the
// log's head is head; e is nil if it was in the log already. Where e follows what
// is remembered of the thread, nothing has to be read. It reports whether this
// process did not run the thread before.
func (r *Runner) took(id ThreadID, lease *threadstore.Lease, e *Event, head string) bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.runs[id] != nil || lease == nil || r.ended {
		return false
	}
	h := newRun(id, lease)
	r.runs[id] = h
	if e == nil {
		return true
	}
	if e.Seq == 1 {
		h.first = &beginning{e, head}
	} else if left := r.resting.take(string(id)); left != nil && left.state.Version == e.Seq-1 && left.state.Head == e.Prev {
		h.begin()
		h.resume(left)
		h.behind = true // a fact changes no lists
		h.reduced(e, head)
	}
	return true
}

// hold takes the thread's lease and reads the thread, unless it is held and read already.
func (r *Runner) hold(ctx context.Context, id ThreadID) (*run, error) {
	h := r.running(id)
	if h == nil {
		lease, err := r.Store.Acquire(ctx, string(id), r.Owner, 0)
		if err != nil {
			return nil, fmt.Errorf("taking %s: %w", id, err)
		}
		h = newRun(id, lease)
		r.mu.Lock()
		r.runs[id] = h
		r.mu.Unlock()
	}
	h.begin()
	if h.state != nil {
		return h, nil
	}
	if err := r.load(ctx, h); err != nil {
		r.drop(h)
		return nil, err
	}
	return h, nil
}

// trust renews a lease that can't be trusted any more. A process that was
// stopped for longer than its lease lasts finds out here that others have gone
// on, also where it has nothing to append: what it remembers may be long past.
func (r *Runner) trust(ctx context.Context, h *run) error {
	if h.valid(r.Now()) {
		return nil
	}
	l := h.leased()
	if err := r.Store.Renew(ctx, l); err != nil {
		if errors.Is(err, threadstore.ErrStale) {
			return r.refused(ctx, h, err)
		}
		return err
	}
	h.setLease(l)
	return nil
}

// load reads the thread anew. What was pending is gone.
func (r *Runner) load(ctx context.Context, h *run) error {
	h.pending, h.midway, h.dirty, h.claimed = nil, nil, true, nil
	if left := r.resting.take(string(h.id)); left != nil {
		h.resume(left)
		return r.readOn(ctx, h)
	}
	s, err := LoadThread(ctx, r.Store, h.id)
	if err != nil {
		return err
	}
	h.state, h.version = s, s.Version
	h.behind = true // facts change no lists, and whoever ran the thread may have died before it brought them up to date
	return nil
}

// drop forgets a thread: somebody else runs it, or it has to be read anew.
func (r *Runner) drop(h *run) {
	r.mu.Lock()
	if r.runs[h.id] == h {
		delete(r.runs, h.id)
	}
	r.mu.Unlock()
	h.distrust() // views may still be on their way to being written
	r.Viewer.Forget(h.id)
}

// step is one turn: mail first, then the first step that the pace allows, then,
// when none is left, what is pending is made durable and shown.
func (r *Runner) step(ctx context.Context, h *run, now time.Time) (result, error) {
	if err := r.sort(ctx, h, now); err != nil {
		return result{}, err
	}
	if h.state.Foreign > 0 {
		return r.leave(ctx, h, now)
	}
	h.steps = decide(h.state, now, h.steps)
	steps := h.steps
	wait := steps[len(steps)-1]
	next := wait.At
	for _, st := range steps[:len(steps)-1] {
		if at := h.pace[st]; now.Before(at) {
			next = sooner(next, at)
			continue
		}
		if r.waitsItsTurn(ctx, h, st, now) {
			continue
		}
		if h.midway != nil && !h.midway.mayJoin(st.Kind) || st.Kind.pauses() && (h.dirty || len(h.pending) > 0) && !r.joins(h, st) { // people see what is so before the world changes, or a wait begins
			if err := r.flush(ctx, h, false, now); err != nil {
				return result{did: st.Kind}, err
			}
			r.show(h)
		}
		if st.Kind.afterCards() && len(h.pending) == 0 && r.cardsLag(h, st, now) {
			next = sooner(next, now.Add(50*time.Millisecond))
			continue
		}
		err := r.do(ctx, h, st, now)
		return result{did: st.Kind}, err
	}
	h.claimed = nil
	return r.rest(ctx, h, now, next)
}

// rest: nothing is left to do now. What is pending is made durable, with the
// state as a snapshot and the lists brought up to date; people see it; and if
// nothing is under way here, the lease is given back.
func (r *Runner) rest(ctx context.Context, h *run, now, next time.Time) (result, error) {
	stays := len(h.think) > 0 || h.hasMail() || h.state.underWay() || !next.IsZero() && next.Before(now.Add(2*time.Second))
	if len(h.pending) > 0 && (stays || !r.quiet(h)) {
		if err := r.append(ctx, h, threadstore.Append{Due: threadstore.DueAt(now.Add(idleDue))}, true); err != nil {
			return result{}, err
		}
	}
	if len(h.pending) == 0 && (h.dirty || h.shown != Settled) {
		r.show(h)
		until, waits := r.inLine(h, stays)
		stays = stays || h.shown != Settled && !waits || h.hasMail()
		if waits && !stays {
			next = sooner(next, until)
		}
	}
	if stays {
		if h.behind || h.dueAt().Sub(now) < dueSoon { // it stays under way: the lists say so meanwhile, and nobody else has to look after it
			if err := r.append(ctx, h, threadstore.Append{Due: threadstore.DueAt(now.Add(idleDue))}, h.behind); err != nil {
				return result{}, err
			}
		}
		return result{did: StepWait, next: next}, nil
	}
	if err := r.giveBack(ctx, h, next); err != nil {
		return result{}, err
	}
	return result{did: StepWait, next: next, idle: true}, nil
}

type result struct {
	did  StepKind
	next time.Time
	idle bool
}

func (r result) progress() Progress { return Progress{Did: r.did, Next: r.next, Idle: r.idle} }

func sooner(a, b time.Time) time.Time {
	if a.IsZero() || !b.IsZero() && b.Before(a) {
		return b
	}
	return a
}

// Wait returns once no planner call is under way.
func (r *Runner) Wait() { r.thinking.Wait() }
