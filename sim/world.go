package sim

import (
	"context"
	"fmt"
	"hash/fnv"
	"io"
	"math/rand/v2"
	"runtime/debug"
	"strings"
	"time"

	"github.com/releasebot/releasebot/agent"
	"github.com/releasebot/releasebot/sim/memstore"
	"github.com/releasebot/releasebot/threadstore"
)

// Config says which world to live through. The zero value of all but Seed is a good one.
type Config struct {
	Seed uint64
	// Ticks is how long the world has faults. Defaults to 300.
	Ticks int
	// Only are the classes of faults that may happen; the seed chooses among them. Defaults to All.
	Only Fault
	// None: no faults at all, in spite of Only.
	None bool
	// Skip are ticks that are left out.
	Skip map[int]bool
	// Trace is told what happens, a line each. Defaults to nothing.
	Trace io.Writer
}

// DefaultTicks is how long a world has faults.
const DefaultTicks = 300

// Report is what became of a world.
type Report struct {
	Seed     uint64
	Faults   Fault // the classes that the seed chose
	Failure  *Failure
	Ticks    int
	Steps    int
	Events   int
	Starts   int
	Injected map[string]int // faults, by kind
	Ends     map[string]int // releases, by outcome
	Written  map[string]int // events, by type; of clicks and commands, by what was pressed
	Hash     uint64         // of everything that was written, with when: the same for the same Config
}

// Failure is a promise that was broken.
type Failure struct {
	Promise string
	Detail  string
	Tick    int
	Step    int
}

func (f *Failure) Error() string {
	return fmt.Sprintf("tick %d, step %d: %s: %s", f.Tick, f.Step, f.Promise, f.Detail)
}

// world is one simulation.
type world struct {
	cfg    Config
	ctx    context.Context //nolint:containedctx // of the one call of Run that the world lives in
	rng    *rand.Rand
	now    time.Time
	began  time.Time
	faults Fault
	calm   bool // faults have ended
	depth  int  // of calls that the rest of the world goes on within

	disk     *memstore.Driver
	writer   *proc // whose op is being applied
	slots    []*slot
	targets  map[string]*target
	slack    *slackWorld
	people   *town
	repo     *repository
	net      []*packet
	late     []late
	check    *checker
	threads  []agent.ThreadID
	serial   int
	tick     int
	tokens   int
	rep      Report
	sum      uint64
	hasty    bool          // nothing is shown between the steps to a start
	every    time.Duration // between two posts of a narrow channel
	burst    int
	lost     bool // the store has lost acknowledged writes
	silenced int  // ticks for which the store does not answer
}

// late is something that happens after its caller has given up waiting.
type late struct {
	at   time.Time
	what func()
}

// Run lives through one world.
func Run(ctx context.Context, cfg Config) Report {
	w := newWorld(ctx, cfg)
	for w.tick = 1; w.tick <= w.cfg.Ticks && w.ok(); w.tick++ {
		if w.cfg.Skip[w.tick] {
			continue
		}
		w.rng = w.source(uint64(w.tick)) //nolint:gosec // ticks count up from 1
		w.act()
	}
	w.rng = w.source(1 << 32)
	w.settle() //nolint:contextcheck // the context of a world is its own
	w.rep.Ticks, w.rep.Hash = w.tick, w.sum
	return w.rep
}

func newWorld(ctx context.Context, cfg Config) *world {
	if cfg.Ticks <= 0 {
		cfg.Ticks = DefaultTicks
	}
	if cfg.Only == 0 && !cfg.None {
		cfg.Only = All
	}
	w := &world{
		cfg: cfg, ctx: ctx, now: time.Date(2026, 11, 23, 10, 0, 0, 0, time.UTC),
		rep: Report{Seed: cfg.Seed, Injected: map[string]int{}, Ends: map[string]int{}, Written: map[string]int{}},
	}
	w.began = w.now
	w.rng = w.source(0)
	for _, f := range (All &^ Narrow).Each() { // drawn for all, so that a class left out changes nothing else
		if w.rng.Float64() < 0.55 {
			w.faults |= f
		}
	}
	apart := w.source(1 << 33)
	w.narrows(apart)
	w.hasty = apart.IntN(4) == 0
	w.faults &= cfg.Only
	w.faults |= cfg.Only & Failover
	if w.rng.Float64() < 0.05 {
		w.faults &= Failover
	}
	w.rep.Faults = w.faults
	undo := 0
	if w.faults&Failover != 0 {
		undo = 12
	}
	w.check = newChecker(w)
	w.disk = memstore.New(memstore.Options{Now: w.time, Undo: undo, Committed: w.check.committed})
	w.slack, w.people, w.repo = newSlackWorld(w), newTown(w), newRepository(w)
	w.targets = newTargets(w)
	for n := range 2 + w.rng.IntN(2) {
		s := &slot{w: w, n: n + 1}
		w.slots = append(w.slots, s)
		s.boot()
	}
	return w
}

// narrows draws whether the channel is a narrow one, apart from what else is drawn.
func (w *world) narrows(r *rand.Rand) {
	if r.Float64() < 0.5 {
		w.faults |= Narrow
	}
	w.every, w.burst = time.Duration(2+r.IntN(9))*time.Second, 1+r.IntN(2)
}

// source is the randomness of one tick.
func (w *world) source(tick uint64) *rand.Rand {
	return rand.New(rand.NewPCG(w.cfg.Seed, tick*0x9e3779b97f4a7c15+1)) //nolint:gosec // a simulation
}

func (w *world) time() time.Time { return w.now }

func (w *world) ok() bool { return w.rep.Failure == nil }

// fail notes the first promise that was broken.
func (w *world) fail(promise, format string, args ...any) {
	if !w.ok() {
		return
	}
	w.rep.Failure = &Failure{Promise: promise, Detail: fmt.Sprintf(format, args...), Tick: w.tick, Step: w.rep.Steps}
	w.logf("BROKEN: %s: %s", promise, w.rep.Failure.Detail)
}

// logf tells the trace.
func (w *world) logf(format string, args ...any) {
	if w.cfg.Trace == nil {
		return
	}
	fmt.Fprintf(w.cfg.Trace, "%4d %s %s%s\n", w.tick, w.now.Format("15:04:05.000"), strings.Repeat("  ", w.depth), fmt.Sprintf(format, args...)) //nolint:errcheck // a trace
}

// mix adds to the sum of everything that happened.
func (w *world) mix(b []byte) {
	h := fnv.New64a()
	_, _ = h.Write(b)
	w.sum = w.sum*1099511628211 ^ h.Sum64() ^ uint64(w.now.UnixNano()) //nolint:gosec // a hash
}

// has reports whether faults of this class happen now.
func (w *world) has(f Fault) bool { return !w.calm && w.faults&f != 0 }

// hits draws whether a fault of this class happens here, and counts it.
func (w *world) hits(f Fault, p float64, kind string) bool {
	if !w.has(f) || w.rng.Float64() >= p {
		return false
	}
	w.count(kind)
	return true
}

func (w *world) count(kind string) { w.rep.Injected[kind]++ }

func pick[T any](w *world, list []T) T { return list[w.rng.IntN(len(list))] }

// between draws a duration.
func (w *world) between(a, b time.Duration) time.Duration {
	return a + time.Duration(w.rng.Int64N(int64(b-a)))
}

// crash is what a dying process panics with.
type crash struct{ p *proc }

// guard does something in a process's name. It reports false if the process died of it.
func (w *world) guard(p *proc, do func()) (lived bool) {
	depth := w.depth
	defer func() {
		x := recover()
		if x == nil {
			return
		}
		lived, w.depth, w.writer = false, depth, nil
		if c, ok := x.(crash); ok && c.p == p {
			return
		}
		if c, ok := x.(crash); ok {
			panic(c)
		}
		w.fail("a step never panics", "%v\n%s", x, debug.Stack())
		w.kill(p)
	}()
	do()
	return !p.dead
}

// kill ends a process. What it has in memory is gone.
func (w *world) kill(p *proc) {
	if p.dead {
		return
	}
	w.logf("%s dies", p.owner)
	p.dead = true
	if p.slot.proc == p {
		p.slot.proc = nil
	}
}

// at is called by everything outside that a process has an effect on, before
// and after it. The process may die there, or stand still.
func (w *world) at(p *proc, point string) {
	if p.dead {
		panic(crash{p})
	}
	if w.calm || p.unordered {
		return
	}
	p1, p2 := 0.004, 0.006
	if tense(point) {
		p1, p2 = 0.04, 0.05
	}
	if w.hits(Crash, p1, "crash "+point) {
		w.logf("%s is killed %s", p.owner, point)
		w.kill(p)
		panic(crash{p})
	}
	if w.depth >= 2 {
		return
	}
	switch {
	case w.hits(Stop, p2, "stop "+point):
		w.meanwhile(p, point, true)
	case w.hits(Slow, p2, "slow "+point):
		w.meanwhile(p, point, false)
	}
}

// tense: a start or an abort is about to be made, or was just made.
func tense(point string) bool {
	return strings.HasSuffix(point, "start") || strings.HasSuffix(point, "abort") || strings.HasSuffix(point, "page")
}

// meanwhile lets the rest of the world go on while a process, or one call of it, stands still.
func (w *world) meanwhile(p *proc, point string, whole bool) {
	how := "hangs"
	if whole {
		how = "is stopped"
	}
	w.logf("%s %s %s", p.owner, how, point)
	writer := w.writer
	w.depth++
	was := p.frozen
	p.frozen = whole || was
	if w.rng.Float64() < 0.6 {
		w.pass(w.between(4*time.Second, 15*time.Second))
	}
	for n := 3 + w.rng.IntN(25); n > 0 && w.ok(); n-- {
		w.act()
	}
	p.frozen = was
	w.depth--
	w.writer = writer
	if p.dead {
		panic(crash{p})
	}
	w.logf("%s goes on %s", p.owner, point)
}

// pass lets time pass: runs end, leases are renewed, what was late happens.
func (w *world) pass(d time.Duration) {
	const slice = 1400 * time.Millisecond
	for n := 0; d > 0; n++ {
		s := min(d, slice)
		if n > 12 { // all that can happen to a lease has happened
			s = d
		}
		d -= s
		w.now = w.now.Add(s)
		w.elapsed()
	}
}

func (w *world) elapsed() {
	for i := 0; i < len(w.late); i++ {
		if l := w.late[i]; !w.now.Before(l.at) {
			w.late = append(w.late[:i:i], w.late[i+1:]...)
			i = -1
			l.what()
		}
	}
	for _, s := range w.slots {
		if p := s.proc; p != nil && !p.frozen && !w.now.Before(p.renewed.Add(1200*time.Millisecond)) {
			p.renew()
		}
		if p := s.proc; p != nil && !p.frozen && !w.now.Before(p.revised.Add(reviseEvery)) {
			p.revise()
		}
	}
}

// later has something happen after d.
func (w *world) later(d time.Duration, what func()) {
	w.late = append(w.late, late{w.now.Add(d), what})
}

// known reads a whole log from the store's memory, past every fault.
func (w *world) records(log string) [][]byte {
	r, err := w.disk.Read(context.Background(), log, 1, 0)
	if err != nil {
		w.fail("the simulation works", "reading %s: %v", log, err)
	}
	return r
}

// auditor is a Store that nothing disturbs.
func (w *world) auditor() *threadstore.Store {
	return threadstore.New(w.disk, threadstore.Options{Now: w.time, Token: w.token})
}

func (w *world) token() string {
	w.tokens++
	return fmt.Sprintf("t%d", w.tokens)
}
