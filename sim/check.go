package sim

import (
	"maps"
	"slices"
	"time"

	"github.com/releasebot/releasebot/agent"
	"github.com/releasebot/releasebot/threadstore"
)

// checker looks at everything that is appended and done. It folds the logs
// itself, and counts approvals in its own way, from the events alone.
type checker struct {
	w       *world
	stories map[agent.ThreadID]*story
	envs    map[string]*agent.Environment
	heads   map[string]place
	sent    map[string]bool           // ids of what people sent
	facts   map[string]agent.ThreadID // ids of what people sent, once it is in a log
	healthy map[string]bool           // what was healthy where, once
	posted  map[string]bool           // time stamps of messages that the logs know
	final   map[string]bool           // those of them that were shown for the last time
	keys    map[string]agent.ThreadID // keys whose start is in a log
	results map[string]bool           // keys whose outcome is in a log
	byWord  map[string]bool           // keys that a person, not the deployer, has spoken about
	effects map[string]int            // starts, by key
	rereads bool                      // what is read was appended some time ago, nobody knows when
}

type place struct {
	version int64
	head    string
}

// story is what the checker knows of a thread.
type story struct {
	id        agent.ThreadID
	state     *agent.State
	clock     time.Time // of the log
	decisions map[int64]received
	plans     map[int]*agent.Plan // the latest, by release
	batch     time.Time           // of the last append, in truth
	before    time.Time           // of the one before
	acquired  map[int]time.Time   // a time in truth, no later than when it was
	looked    map[int]string      // digest of the facts looked at again, since the claim
	approvals map[string]*approval
	latest    map[int]string // id of the latest approval, by release
	voided    map[int]int    // how often, by release
}

func newChecker(w *world) *checker {
	return &checker{
		w: w, stories: map[agent.ThreadID]*story{}, envs: map[string]*agent.Environment{}, heads: map[string]place{}, sent: map[string]bool{}, facts: map[string]agent.ThreadID{}, posted: map[string]bool{}, final: map[string]bool{}, healthy: map[string]bool{},
		keys: map[string]agent.ThreadID{}, results: map[string]bool{}, byWord: map[string]bool{}, effects: map[string]int{},
	}
}

func (c *checker) state(id agent.ThreadID) *agent.State {
	if st := c.stories[id]; st != nil {
		return st.state
	}
	return nil
}

// acknowledged: Slack, or somebody, was told that this was taken in.
func (c *checker) acknowledged(m *packet) {
	if _, ok := c.facts[m.fact]; !ok && !c.w.lost {
		c.w.fail("what was acknowledged is in the log", "%s (%s) is not", m.fact, m.what)
	}
}

// when says when what is read was appended, no later than it was.
func (c *checker) when() time.Time {
	if c.rereads {
		return c.w.began
	}
	return c.w.now
}

// longest is how long a log can get by what happens in one world.
const longest = 1000

// committed is told of everything that was appended. holder held the log's lease then.
func (c *checker) committed(op threadstore.Op, holder string) {
	w := c.w
	at := c.heads[op.Log]
	if st := c.stories[agent.ThreadID(op.Log)]; st != nil {
		st.before, st.batch = st.batch, c.when()
	}
	for _, r := range op.Records {
		w.rep.Events++
		w.mix(r.Data)
		e, err := agent.Decode(r.Data)
		if err != nil {
			w.fail("every event can be read", "%s: %v", op.Log, err)
			return
		}
		if e.Seq != at.version+1 || e.Prev != at.head || e.ID != r.ID {
			w.fail("a log is a chain", "%s of %s says that it is %d after %.8q; the log stands at %d, %.8q", e.ID, op.Log, e.Seq, e.Prev, at.version, at.head)
		}
		if e.Seq > longest {
			w.fail("nothing goes round in circles", "%s has %d events, the last a %s: %s", w.label(agent.ThreadID(op.Log)), e.Seq, e.Type(), agent.Describe(e))
		}
		if d, ok := e.Data.(*agent.DecisionReceived); ok {
			w.rep.Written["pressed "+string(d.Verb)]++
		} else {
			w.rep.Written[string(e.Type())]++
		}
		at = place{e.Seq, threadstore.Chain{}.Hash(r.Data)}
		c.heads[op.Log] = at
		if d, ok := e.Data.(*agent.LogLost); ok && !c.rereads {
			w.count("loss noticed")
			if !w.lost {
				w.fail("loss is only seen where there is any", "%s: %s", w.label(agent.ThreadID(op.Log)), agent.Describe(&agent.Event{Data: d}))
			}
		}
		if service, env, ok := agent.ParseEnvironmentLog(op.Log); ok {
			c.environment(service, env, e)
			continue
		}
		if p := w.writer; p != nil && decides(e.Data) && holder != p.owner {
			w.fail("a decision needs the lease", "%s wrote %s into %s, held by %q", p.owner, e.Type(), w.label(agent.ThreadID(op.Log)), holder)
		}
		c.thread(agent.ThreadID(op.Log), e)
	}
}

// decides reports whether an event is a decision: all are, but what came from outside and what became of things done there.
func decides(p agent.Payload) bool {
	switch p.(type) {
	case *agent.Trigger, *agent.Message, *agent.DecisionReceived, *agent.DeployResult, *agent.DeployProgress, *agent.PageSent, *agent.Posted, *agent.LogLost:
		return false
	}
	return true
}

func (c *checker) thread(id agent.ThreadID, e *agent.Event) {
	w := c.w
	st := c.stories[id]
	if st == nil {
		st = &story{
			id: id, batch: c.when(), before: c.when(), state: agent.NewState(id), decisions: map[int64]received{}, plans: map[int]*agent.Plan{}, acquired: map[int]time.Time{},
			looked: map[int]string{}, approvals: map[string]*approval{}, latest: map[int]string{}, voided: map[int]int{},
		}
		c.stories[id] = st
	}
	if w.cfg.Trace != nil {
		w.logf("  %s %d #%d %s: %s", w.label(id), e.Seq, e.Release, e.Type(), agent.Describe(e))
	}
	if e.At.After(st.clock) {
		st.clock = e.At
	}
	switch e.Data.(type) {
	case *agent.Trigger, *agent.Message, *agent.DecisionReceived:
		if !c.sent[e.ID] {
			w.fail("what happened once is in the log once", "%s of %s was never sent", e.ID, w.label(id))
		}
		if other, ok := c.facts[e.ID]; ok && other != id {
			w.fail("what happened once is in the log once", "%s is in %s and %s", e.ID, w.label(other), w.label(id))
		}
		c.facts[e.ID] = id
	}
	if st.state.Lost != nil && begins(e.Data) {
		w.fail("nothing begins where events have been lost", "%s %d of %s: %s", e.Type(), e.Seq, w.label(id), agent.Describe(e))
	}
	before := outcomes(st.state)
	c.follow(st, e)
	st.state.Reduce(e)
	for key, was := range before {
		now := outcomes(st.state)[key]
		if was != "" && was != string(agent.ApprovalPending) && now != was && (was != string(agent.ApprovalApproved) || now != string(agent.ApprovalReplaced)) && now != "" {
			w.fail("a decided approval stays as it is", "%s of %s was %s and is %s", key, w.label(id), was, now)
		}
	}
}

// begins reports whether an event is a step on the way to a start.
func begins(p agent.Payload) bool {
	switch p.(type) {
	case *agent.Plan, *agent.ApprovalRequested, *agent.ApprovalResponse, *agent.LockRequested, *agent.LockAcquired, *agent.DeployStarted, *agent.RollbackProposed:
		return true
	}
	return false
}

func outcomes(s *agent.State) map[string]string {
	m := map[string]string{}
	for _, r := range s.Releases {
		if r.Approval != nil {
			m[r.Approval.ID] = string(r.Approval.State)
		}
		for _, a := range r.Voided {
			m[a.ID] = string(a.State)
		}
	}
	return m
}

// follow keeps the checker's own account of approvals, plans and starts.
func (c *checker) follow(st *story, e *agent.Event) {
	switch d := e.Data.(type) {
	case *agent.Posted:
		for _, v := range d.Views {
			c.posted[v.TS] = true
			c.final[v.TS] = c.final[v.TS] || v.Final
		}
	case *agent.DecisionReceived:
		st.decisions[e.Seq] = received{c.when(), e.Actor, d.Verb}
	case *agent.Plan:
		st.plans[e.Release] = d
		delete(st.acquired, e.Release)
		delete(st.looked, e.Release)
	case *agent.ApprovalRequested:
		c.requested(st, e, d)
	case *agent.ApprovalResponse:
		c.responded(st, e, d)
	case *agent.ApprovalExpired:
		if a := st.approvals[d.ID]; a != nil && a.state == "" {
			if st.clock.Before(a.expires) {
				c.w.fail("an approval expires when it says", "%s of %s expired at %s, before %s", d.ID, c.w.label(st.id), st.clock, a.expires)
			}
			a.state = "expired"
		}
	case *agent.ApprovalSuperseded:
		if st.voided[e.Release]++; st.voided[e.Release] > 8 {
			c.w.fail("nothing goes round in circles", "%s#%d was void %d times", c.w.label(st.id), e.Release, st.voided[e.Release])
		}
		if a := st.approvals[d.ID]; a != nil && (a.state == "" || a.state == "approved") {
			a.state = "superseded"
		}
	case *agent.Canceled:
		if a := st.approvals[st.latest[e.Release]]; a != nil && a.state == "" {
			a.state = "canceled"
		}
	case *agent.LockAcquired:
		st.acquired[e.Release] = st.before // it was found out after that append, and written down with this one
	case *agent.ReleaseContext:
		if d.Again {
			st.looked[e.Release] = d.Digest
		}
	case *agent.DeployStarted:
		c.startWritten(st, e, d)
	case *agent.DeployResult:
		c.results[d.Key] = true
		if d.By != "" {
			c.byWord[d.Key] = true
		}
	}
}

// environment checks an event of an environment's log.
func (c *checker) environment(service, name string, e *agent.Event) {
	w := c.w
	log := agent.EnvironmentLog(service, name)
	env := c.envs[log]
	if env == nil {
		env = agent.NewEnvironment(service, name)
		c.envs[log] = env
	}
	if w.cfg.Trace != nil {
		w.logf("  %s %d %s: %s", log, e.Seq, e.Type(), agent.Describe(e))
	}
	if d, ok := e.Data.(*agent.Release); ok && !w.lost {
		st := c.stories[d.Outcome.Thread]
		if st == nil || st.state.Release(d.Outcome.Number) == nil {
			w.fail("an environment is given back by whoever has it", "%s is given back for %s, which is not there", log, d.Claim)
		} else if r := st.state.Release(d.Outcome.Number); r.Stage.Before(agent.StageReturn) || r.Outcome != d.Outcome.Outcome {
			w.fail("an environment is given back once the outcome is written", "%s is given back for %s with %q; its log says %s, %q", log, d.Claim, d.Outcome.Outcome, r.Stage, r.Outcome)
		}
	}
	if d, ok := e.Data.(*agent.Release); ok && d.Outcome.Healthy {
		c.healthy[build(service, name, d.Outcome.Version, d.Outcome.Commit)] = true
	}
	env.Reduce(e)
}

// rebuild reads everything anew, after the store has lost some of it.
func (c *checker) rebuild() {
	w := c.w
	fresh := newChecker(w)
	fresh.sent, fresh.effects, fresh.rereads = c.sent, c.effects, true
	trace := w.cfg.Trace
	w.cfg.Trace = nil
	logs := slices.Sorted(maps.Keys(c.heads))
	for _, log := range logs {
		records, err := w.disk.Records(w.ctx, log, 0)
		if err != nil {
			w.fail("the simulation works", "%v", err)
		}
		fresh.committed(threadstore.Op{Log: log, Records: records}, "")
	}
	w.cfg.Trace = trace
	fresh.rereads = false
	*c = *fresh
}
