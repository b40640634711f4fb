package sim

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
	"time"

	"github.com/releasebot/releasebot/agent"
	"github.com/releasebot/releasebot/agent/planner/rules"
	"github.com/releasebot/releasebot/bot"
	"github.com/releasebot/releasebot/policy"
	"github.com/releasebot/releasebot/threadstore"
	"github.com/releasebot/releasebot/tools/changelog"
	"github.com/releasebot/releasebot/tools/deploy"
	"github.com/releasebot/releasebot/tools/healthcheck"
)

// slot is a machine: processes come and go on it, its disk stays.
type slot struct {
	w     *world
	n     int
	boots int
	proc  *proc
}

// proc is one process of the program.
type proc struct {
	w         *world
	slot      *slot
	owner     string
	store     *threadstore.Store
	runner    *agent.Runner
	service   *agent.Service
	driven    *bot.Driven
	toCall    []bot.Call                   // calls that its outbox wants made
	taking    map[string]bool              // envelopes that it is taking in, by what keeps them in order
	active    map[agent.ThreadID]time.Time // threads that it runs: when to step them again
	busy      map[agent.ThreadID]bool      // threads in the middle of a call
	held      map[agent.ThreadID]time.Time // threads of others: when to look again
	told      map[string]agent.ThreadID    // final answers of deployers, by key, not known to be in the log yet
	policies  []policyAt
	engine    *agent.Engine
	declared  string // the policy's revision that it has said is current
	revised   time.Time
	skew      time.Duration
	offset    time.Duration // the skew that it began with
	renewed   time.Time
	dead      bool
	frozen    bool
	unordered bool // calls come in no particular order: nothing is drawn
	older     bool // its snapshots are an older program's
}

// policyAt is a policy file that a process has used since then.
type policyAt struct {
	since time.Time
	n     int
}

// planner is shared by all: it has no memory.
var planner = sync.OnceValue(rules.New)

// boot starts a process that knows nothing but the store.
func (s *slot) boot() {
	w := s.w
	s.boots++
	p := &proc{
		w: w, slot: s, owner: fmt.Sprintf("r%d.%d", s.n, s.boots), active: map[agent.ThreadID]time.Time{}, busy: map[agent.ThreadID]bool{},
		taking: map[string]bool{}, held: map[agent.ThreadID]time.Time{}, told: map[string]agent.ThreadID{}, renewed: w.now,
	}
	if w.has(Clocks) {
		p.skew = w.between(-8*time.Second, 8*time.Second)
	}
	p.offset = p.skew
	p.older = w.has(Older) && w.rng.IntN(2) == 0
	p.reload()
	p.store = threadstore.New(&link{Driver: w.disk, p: p}, threadstore.Options{Now: p.clock, Token: w.token, Sleep: w.backoff})
	drivers := map[string]deploy.Driver{}
	for name, t := range w.targets {
		drivers[name] = client{t, p}
	}
	slack := p.connect()
	p.runner = agent.NewRunner(agent.Config{
		Store: p.store, Owner: p.owner, RunnerID: fmt.Sprintf("disk%d", s.n), Policy: p.policy, Planner: planner(), People: directory{w.people, p},
		Pager: pager{p}, Viewer: w.viewer(slack), Sources: func(*policy.Source) (changelog.Source, error) { return w.repo, nil },
		Deployers: drivers, Checkers: map[string]healthcheck.Checker{"fake": checkup{w}}, Now: p.clock, Patience: time.Hour,
	})
	p.engine = agent.NewEngine(p.runner)
	p.engine.Drive(p.wake)
	p.service = agent.NewService(p.engine)
	slack.Attach(p.service, p.runner)
	var err error
	if p.driven, err = slack.Drive(w.ctx); err != nil {
		w.fail("the simulation works", "starting a bot: %v", err)
	}
	s.proc = p
	p.revise()
	w.logf("%s starts, with policy %d", p.owner, p.policies[0].n)
}

// viewer is the bot as the runner knows it.
func (w *world) viewer(b *bot.Bot) agent.Viewer {
	if w.hasty {
		return hasty{b}
	}
	return b
}

// hasty is a bot that wants nothing shown between the steps to a start and to an
// end, as where a release is asked for that nobody watches: the runner takes as many of them
// together as it may then.
type hasty struct{ *bot.Bot }

// Quiet implements agent.Foreseer.
func (h hasty) Quiet(s *agent.State) bool {
	for _, r := range s.Releases {
		if r.Held != "" { // it rests where it is
			continue
		}
		switch r.Stage {
		case agent.StageClaim:
			if r.Waits == "" {
				return true
			}
		case agent.StageLook, agent.StageStart, agent.StageVerify, agent.StageReturn:
			return true
		case agent.StageContext, agent.StagePlan, agent.StageApproval, agent.StageVoid, agent.StageDeploy, agent.StageUnknown, agent.StageDoubt,
			agent.StageAfter, agent.StageEnded:
		}
	}
	return h.Bot.Quiet(s)
}

// connect makes the process's bot.
func (p *proc) connect() *bot.Bot {
	w := p.w
	var every time.Duration // the program's own
	burst := 0
	if w.faults&Narrow != 0 {
		every, burst = w.every, w.burst
	}
	b, err := bot.New(bot.Config{ //nolint:gosec // the tokens are plainly no tokens
		PostEvery: every, PostBurst: burst,
		Token: "xoxb-sim", AppToken: "xapp-sim", CallLimit: callLimit, Now: p.steady, Parse: typed, Channel: channelOf,
		Outside: bot.Outside{HTTP: web{p}, People: directory{w.people, p}, Sleep: p.sleep, Jitter: func(most time.Duration) time.Duration {
			return w.between(0, most)
		}},
	})
	if err != nil {
		w.fail("the simulation works", "making a bot: %v", err)
	}
	return b
}

// channelOf is where releases are shown that were asked for outside Slack.
func channelOf(service string) string {
	if service == "web" {
		return ""
	}
	return releases
}

// typed reads what stands behind /release, as the program does.
func typed(text string, cat agent.Catalog) agent.Intent {
	c, err := planner().ParseCommand(text, cat)
	if err != nil {
		return agent.Intent{Kind: agent.IntentClarify, Question: &agent.Question{Text: err.Error()}}
	}
	return c.Intent
}

// sleep is how a call of the bot waits; the rest of the world goes on.
func (p *proc) sleep(ctx context.Context, d time.Duration) error {
	w := p.w
	if !w.calm && w.depth < 2 {
		w.depth++
		for n := w.rng.IntN(4); n > 0 && w.ok(); n-- {
			w.act()
		}
		w.depth--
	}
	w.pass(d)
	if p.dead {
		panic(crash{p})
	}
	return ctx.Err()
}

// calls makes one of the calls that the outbox wants made. It reports whether there was one.
func (p *proc) calls() bool {
	w := p.w
	more, _ := p.driven.Step()
	p.toCall = append(p.toCall, more...)
	if len(p.toCall) == 0 {
		return false
	}
	i := w.rng.IntN(len(p.toCall))
	c := p.toCall[i]
	if p.busy[c.Thread()] { // a look may append to the log: see hand
		return false
	}
	p.toCall = append(p.toCall[:i:i], p.toCall[i+1:]...)
	return w.guard(p, func() { c.Make(w.ctx) })
}

// steady is the process's clock for how long something lasts: Go's does not jump with the wall's.
func (p *proc) steady() time.Time { return p.w.now.Add(p.offset) }

func (p *proc) clock() time.Time { return p.w.now.Add(p.skew) }

func (p *proc) wake(id agent.ThreadID) {
	if p.engine.Paused() == "" {
		p.active[id] = p.clock()
	}
}

// reviseEvery is how often a process looks which policy is current.
const reviseEvery = 2 * time.Second

// revise declares this process's policy current where it is new, and runs nothing while another is.
func (p *proc) revise() {
	w := p.w
	p.revised = w.now
	mine := p.policy().Revision
	if p.declared != mine {
		if err := w.disk.DeclarePolicy(w.ctx, threadstore.PolicyRevision{Revision: mine, By: p.owner, At: w.now}); err != nil {
			w.fail("the simulation works", "declaring a policy: %v", err)
		}
		p.declared = mine
	}
	current, err := w.disk.Policy(w.ctx)
	if err != nil {
		w.fail("the simulation works", "asking for the policy: %v", err)
	}
	why := ""
	if current.Revision != mine {
		why = "another policy is current"
	}
	if why != p.engine.Paused() {
		w.logf("%s: its policy is current: %v", p.owner, why == "")
		if why != "" {
			w.count("replica paused by its policy")
		}
		p.engine.Pause(why)
	}
}

// reload reads the policy file as it is now.
func (p *proc) reload() { p.policies = append(p.policies, policyAt{p.w.now, p.w.people.policy}) }

func (p *proc) policy() *policy.File { return files()[p.policies[len(p.policies)-1].n] }

// live lists the processes that run.
func (w *world) live() []*proc {
	var list []*proc
	for _, s := range w.slots {
		if s.proc != nil && !s.proc.frozen {
			list = append(list, s.proc)
		}
	}
	return list
}

// runnable lists the threads that the process would step now: those it runs, and those due that it does not.
func (p *proc) runnable() []agent.ThreadID {
	now := p.clock()
	var ids []agent.ThreadID
	for id, at := range p.active {
		if !p.busy[id] && !now.Before(at) {
			ids = append(ids, id)
		}
	}
	slices.Sort(ids)
	if p.engine.Paused() != "" { // what it runs it brings to an end
		return ids
	}
	for _, d := range p.due() {
		id := agent.ThreadID(d.Log)
		if _, running := p.active[id]; !running && !p.busy[id] && !now.Before(p.held[id]) {
			ids = append(ids, id)
		}
	}
	return ids
}

// step takes one step of a thread, as the engine does. It reports whether another may follow at once.
func (p *proc) step(id agent.ThreadID) bool {
	w := p.w
	w.rep.Steps++
	p.busy[id] = true
	defer delete(p.busy, id)
	p.active[id] = p.clock()
	var did agent.Progress
	var err error
	if !w.guard(p, func() { did, err = p.runner.Step(w.ctx, id, p.clock()) }) {
		return false
	}
	if w.cfg.Trace != nil {
		w.logf("%s steps %s: %s%s", p.owner, w.label(id), did.Did, errText(err))
	}
	p.remembered(id, err)
	switch {
	case errors.Is(err, threadstore.ErrHeld), errors.Is(err, threadstore.ErrNotFound):
		delete(p.active, id)
		p.held[id] = p.clock().Add(time.Second)
	case err != nil:
		p.active[id] = p.clock().Add(100 * time.Millisecond)
	case did.Idle:
		delete(p.active, id)
		if slices.Contains(p.driven.Restless(), id) {
			w.count("thread given back in line")
		}
	case did.Did == agent.StepWait:
		wait := time.Second
		if !did.Next.IsZero() {
			wait = min(max(did.Next.Sub(p.clock()), time.Millisecond), wait)
		}
		p.active[id] = p.clock().Add(wait)
	default:
		return w.ok()
	}
	return false
}

func errText(err error) string {
	if err == nil {
		return ""
	}
	return " (" + err.Error() + ")"
}

// remembered checks that the last word of a deployer that this process was
// given is in the log, now that it has let go of the thread because of its lease.
func (p *proc) remembered(id agent.ThreadID, err error) {
	for key, thread := range p.told {
		switch {
		case thread != id:
		case p.w.check.results[key]:
			delete(p.told, key)
		case errors.Is(err, threadstore.ErrStale) && !p.w.lost:
			p.w.fail("an outcome is never refused", "%s was told how the run of %s in %s ended, lost its lease, and the log has no outcome", p.owner, key, p.w.label(id))
		case err != nil:
			delete(p.told, key)
		}
	}
}

// renew prolongs the leases, unless the process is starved.
func (p *proc) renew() {
	w := p.w
	p.renewed = w.now
	if w.hits(Starve, 0.15, "renewal missed") {
		p.renewed = w.now.Add(w.between(2*time.Second, 8*time.Second))
		return
	}
	p.unordered = true
	w.guard(p, func() { p.runner.Renew(w.ctx) })
	p.unordered = false
	for _, d := range p.due() {
		if id := agent.ThreadID(d.Log); !p.active[id].IsZero() {
			p.runner.Due(id, d.At)
		}
	}
}

// due lists what the store says is due by this process's clock.
func (p *proc) due() []threadstore.DueLog {
	due, err := p.w.disk.Due(p.w.ctx, p.clock(), 1000)
	if err != nil {
		p.w.fail("the simulation works", "listing what is due: %v", err)
	}
	return due
}

// backoff is how a Store sleeps between tries.
func (w *world) backoff(ctx context.Context, d time.Duration) error {
	w.now = w.now.Add(d)
	return ctx.Err()
}
