package sim

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/releasebot/releasebot/tools"
	"github.com/releasebot/releasebot/tools/deploy"
)

// target is what a deploy driver deploys to. It outlives every process, and its
// ledger is the truth about what was started.
type target struct {
	w    *world
	name string
	// once: it refuses a second start of a key, and a start that was on its way when it said that there was none.
	once bool
	// local: only the runner that a run was started by knows of it.
	local bool
	// tells: it says which version runs.
	tells bool

	runs    map[string]*run
	absent  map[string]tombstone
	current map[string]string
	calls   int
}

// tombstone is that the target has said of a key that it was never started.
type tombstone struct {
	call  int // starts sent before this one are refused
	epoch uint64
	final bool // an abort met no start
}

// run is one entry of the ledger.
type run struct {
	call      tools.Call
	runner    string
	ends      time.Time
	fails     bool
	over      bool
	aborted   bool
	forgotten bool
}

func newTargets(w *world) map[string]*target {
	all := map[string]*target{}
	for _, t := range []*target{{name: "plain"}, {name: "once", once: true, tells: true}, {name: "local", once: true, local: true}} {
		t.w, t.runs, t.absent, t.current = w, map[string]*run{}, map[string]tombstone{}, map[string]string{}
		all[t.name] = t
	}
	return all
}

// client is a process's connection to a target.
type client struct {
	t *target
	p *proc
}

var errNoReply = errors.New("no reply in time")

// Spec implements deploy.Driver.
func (c client) Spec() tools.Spec { return tools.Spec{Name: c.t.name, Effect: tools.Changes} }

// Abilities implements deploy.Driver.
func (c client) Abilities(call tools.Call) deploy.Abilities {
	once := c.t.once && (!c.t.local || call.Runner == "" || call.Runner == c.p.runner.RunnerID)
	return deploy.Abilities{StartOnceByKey: once, Cancel: true, Current: c.t.tells}
}

// Start implements deploy.Driver.
func (c client) Start(_ context.Context, call tools.Call) (string, error) {
	w, t := c.p.w, c.t
	t.calls++
	sent := t.calls
	w.at(c.p, "before start")
	switch {
	case w.hits(Deployer, 0.06, "start refused"):
		return "", fmt.Errorf("no room: %w", deploy.ErrNotStarted)
	case w.hits(Deployer, 0.08, "start lost"):
		return "", errNoReply
	case w.hits(Deployer, 0.10, "start comes late"):
		runner := c.p.runner.RunnerID
		w.later(w.between(time.Second, 30*time.Second), func() {
			err := t.start(call, sent, runner)
			w.logf("a late start of %s %s arrives at %s%s", call.Service, call.Version, t.name, errText(err))
		})
		return "", errNoReply
	}
	err := t.start(call, sent, c.p.runner.RunnerID)
	w.logf("%s has %s start %s %s in %s%s", c.p.owner, t.name, call.Service, call.Version, call.Environment, errText(err))
	w.at(c.p, "after start")
	if w.hits(Deployer, 0.10, "start's reply lost") {
		return "", errNoReply
	}
	if err != nil {
		return "", err
	}
	return "run of " + call.Key, nil
}

// start is the effect.
func (t *target) start(call tools.Call, sent int, runner string) error {
	w := t.w
	before := t.runs[call.Key]
	if t.once {
		switch tomb, told := t.absent[call.Key]; {
		case before != nil:
			return deploy.ErrStarted
		case told && (tomb.final || sent < tomb.call || call.Epoch < tomb.epoch):
			return deploy.ErrStale
		}
	}
	r := &run{call: call, runner: runner, ends: w.now.Add(w.between(0, 25*time.Second))}
	if w.has(Deployer) {
		r.fails = w.rng.Float64() < 0.15
	}
	w.rep.Starts++
	w.check.started(t, r, before)
	t.runs[call.Key] = r
	return nil
}

// settled ends the run if its time has come.
func (t *target) settled(r *run) {
	if r.over || t.w.now.Before(r.ends) {
		return
	}
	r.over = true
	if !r.fails {
		t.current[r.call.Service+"/"+r.call.Environment] = r.call.Version
	}
}

// Find implements deploy.Driver.
func (c client) Find(_ context.Context, call tools.Call, _ string) (deploy.Status, error) {
	w, t := c.p.w, c.t
	w.at(c.p, "before find")
	if w.hits(Deployer, 0.04, "find fails") {
		return deploy.Status{}, errNoReply
	}
	s := t.find(call, c.p.runner.RunnerID)
	holds := w.disk.Holder(string(w.check.keys[call.Key])) == c.p.owner // else it may ask before a start that another has made
	w.at(c.p, "after find")
	if holds && (s.State == deploy.Succeeded || s.State == deploy.Failed) {
		c.p.answered(call.Key)
	}
	return s, nil
}

func (t *target) find(call tools.Call, runner string) deploy.Status {
	r := t.runs[call.Key]
	elsewhere := t.local && call.Runner != "" && call.Runner != runner
	switch {
	case elsewhere:
		return deploy.Status{State: deploy.Unknown, Percent: -1, Detail: "another machine's run", Elsewhere: true}
	case r == nil:
		t.calls++
		tomb := t.absent[call.Key]
		tomb.call, tomb.epoch = t.calls, max(tomb.epoch, call.Epoch)
		t.absent[call.Key] = tomb
		return deploy.Status{State: deploy.Absent, Percent: -1}
	}
	if t.settled(r); r.over && !r.forgotten {
		r.forgotten = t.w.hits(Forget, 0.15, "run forgotten")
	}
	switch {
	case r.forgotten:
		return deploy.Status{State: deploy.Unknown, Percent: -1, Detail: "there is no record of that any more"}
	case !r.over:
		return deploy.Status{State: deploy.Running, Percent: -1, Progress: "copying"}
	case r.fails:
		return deploy.Status{State: deploy.Failed, Percent: -1, Aborted: r.aborted, Detail: "it failed"}
	}
	return deploy.Status{State: deploy.Succeeded, Percent: 100}
}

// answered notes that the process was told how a run ended.
func (p *proc) answered(key string) {
	if thread, ok := p.w.check.keys[key]; ok && !p.w.check.results[key] {
		p.told[key] = thread
	}
}

// Cancel implements deploy.Driver.
func (c client) Cancel(_ context.Context, call tools.Call, _ string) error {
	w, t := c.p.w, c.t
	w.at(c.p, "before abort")
	if w.hits(Deployer, 0.1, "abort fails") {
		return errNoReply
	}
	r := t.runs[call.Key]
	if r == nil {
		if t.once {
			tomb := t.absent[call.Key]
			tomb.final = true
			t.absent[call.Key] = tomb
		}
		return nil
	}
	if t.settled(r); !r.over {
		r.over, r.fails, r.aborted = true, true, true
	}
	w.at(c.p, "after abort")
	return nil
}

// Current implements deploy.Driver.
func (c client) Current(_ context.Context, call tools.Call) (string, error) {
	w := c.p.w
	w.at(c.p, "before current")
	if w.hits(Deployer, 0.02, "current fails") {
		return "", errNoReply
	}
	for _, key := range sortedRuns(c.t.runs) {
		c.t.settled(c.t.runs[key])
	}
	return c.t.current[call.Service+"/"+call.Environment], nil
}
