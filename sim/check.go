package sim

import (
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"time"

	"github.com/releasebot/releasebot/agent"
	"github.com/releasebot/releasebot/policy"
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

type received struct {
	at    time.Time // in truth
	actor agent.Actor
	verb  agent.Verb
}

// approval is an approval as the events tell it.
type approval struct {
	release  int
	digest   string
	required int
	expires  time.Time
	env      *policy.Environment
	counted  []string
	state    string // "" while it is open
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

func planned(p *agent.Plan) (*policy.Environment, error) {
	var env policy.Environment
	if err := json.Unmarshal(p.Policy, &env); err != nil {
		return nil, fmt.Errorf("the policy in a plan: %w", err)
	}
	return &env, nil
}

func (c *checker) requested(st *story, e *agent.Event, d *agent.ApprovalRequested) {
	p := st.plans[e.Release]
	if p == nil || p.Digest != d.Digest {
		c.w.fail("an approval is of the plan", "%s of %s is of the digest %.8s, which is not the plan's", d.ID, c.w.label(st.id), d.Digest)
		return
	}
	env, err := planned(p)
	if err != nil {
		c.w.fail("every event can be read", "%v", err)
		return
	}
	if d.Required < env.Approval.Required {
		c.w.fail("policy is kept", "%s of %s asks for %d approvals, policy for %d", d.ID, c.w.label(st.id), d.Required, env.Approval.Required)
	}
	a := &approval{release: e.Release, digest: d.Digest, required: d.Required, expires: d.Expires, env: env}
	if d.Required == 0 {
		a.state = "approved"
	}
	st.approvals[d.ID], st.latest[e.Release] = a, d.ID
}

func (c *checker) responded(st *story, e *agent.Event, d *agent.ApprovalResponse) {
	a := st.approvals[d.ID]
	if a == nil || a.state != "" || !st.clock.Before(a.expires) || d.Digest != a.digest || slices.Contains(a.counted, d.Person) {
		return // it does not count
	}
	if r := st.state.Release(e.Release); r == nil || r.Cancel != "" {
		return
	}
	c.mayDecide(st, e, d, a)
	if d.Decision == agent.VerbReject {
		a.state = "rejected"
		return
	}
	if a.counted = append(a.counted, d.Person); len(a.counted) >= a.required {
		a.state = "approved"
	}
}

// mayDecide: whoever responded may, by the policy of the plan and the group as it was at some time since the click.
func (c *checker) mayDecide(st *story, e *agent.Event, d *agent.ApprovalResponse, a *approval) {
	w := c.w
	dec, ok := st.decisions[d.Of]
	if !ok || dec.actor.User() != d.Person || dec.verb != d.Decision && dec.verb != agent.VerbRollback {
		w.fail("only clicks decide", "the response of %s to %s in %s goes back to event %d, which does not say so", d.Person, d.ID, w.label(st.id), d.Of)
		return
	}
	groups := func(string) (map[string]bool, error) { return w.people.members(dec.at), nil }
	v := policy.MayDecide(a.env, person(d.Person), groups)
	if d.Decision == agent.VerbApprove && dec.verb == agent.VerbApprove {
		v = policy.MayApprove(a.env, person(d.Person), st.state.Release(e.Release).By, groups)
	}
	if !v.Allowed {
		w.fail("only those decide who may", "%s answered %s of %s: %s", d.Person, d.ID, w.label(st.id), v.Reason)
	}
}

// startWritten: a start stands in the log. Was everything before it that has to be?
func (c *checker) startWritten(st *story, e *agent.Event, d *agent.DeployStarted) {
	w := c.w
	p := st.plans[e.Release]
	if p == nil || p.Key != d.Key {
		w.fail("a start is of the plan", "%s of %s starts the key %s, which is not its plan's", e.Type(), w.label(st.id), d.Key)
		return
	}
	if d.Again > 0 {
		return
	}
	if id, ok := c.keys[d.Key]; ok && !w.lost {
		w.fail("one start per plan", "the key %s is started a second time in %s, after %s", d.Key, w.label(st.id), w.label(id))
	}
	c.keys[d.Key] = st.id
	if why := st.uncovered(e.Release, p); why != "" {
		w.fail("nothing starts that policy does not allow", "%s of %s: %s", d.Key, w.label(st.id), why)
	}
	c.inOrder(st, e, p)
	since, ok := st.acquired[e.Release]
	if !ok || st.looked[e.Release] != p.Digest {
		w.fail("facts are looked at again before a start", "%s of %s starts the digest %.8s; the facts since its claim gave %.8q", d.Key, w.label(st.id), p.Digest, st.looked[e.Release])
		return
	}
	if p.Action == "deploy" && !w.repo.was(p.Version, p.Commit, since) {
		w.fail("what starts is what was approved", "%s stands for another commit than %s since %s got its environment", p.Version, p.Commit, w.label(st.id))
	}
}

// freezeSlack is how long before its start a release may have been found not to be frozen.
const freezeSlack = 30 * time.Second

// inOrder: nothing starts in a freeze, or before the environment that comes first.
func (c *checker) inOrder(st *story, e *agent.Event, p *agent.Plan) {
	w := c.w
	env, err := planned(p)
	if err != nil {
		return // startWritten has said so
	}
	for _, at := range []time.Time{e.At, e.At.Add(-freezeSlack)} {
		if v, _ := policy.Frozen(env, p.Action, at); v.Allowed || p.Glass != "" {
			break
		} else if at != e.At {
			w.fail("nothing starts that policy does not allow", "%s of %s starts in a freeze: %s", d8(p.Key), w.label(st.id), v.Reason)
		}
	}
	if env.After != "" && p.Action == "deploy" && !w.lost && !c.healthy[build(p.Service, env.After, p.Version, p.Commit)] {
		w.fail("nothing starts that policy does not allow", "%s of %s starts %s, which was never healthy in %s", d8(p.Key), w.label(st.id), p.Version, env.After)
	}
}

// build names what runs where.
func build(service, env, version, commit string) string {
	return service + "/" + env + "/" + version + "/" + commit
}

func d8(s string) string { return s[:min(8, len(s))] }

// uncovered says why the approvals of a plan are not enough; "" if they are.
func (st *story) uncovered(release int, p *agent.Plan) string {
	env, err := planned(p)
	if err != nil {
		return err.Error()
	}
	if p.Covered != "" {
		return st.uncoveredRollback(p)
	}
	a := st.approvals[st.latest[release]]
	switch r := st.state.Release(release); {
	case a == nil:
		return "no approval was asked for"
	case a.digest != p.Digest:
		return "the approval is of another digest"
	case a.state != "approved":
		return fmt.Sprintf("the approval is %q, with %d of %d", a.state, len(a.counted), a.required)
	case len(a.counted) < a.required, len(a.counted) < env.Approval.Required:
		return fmt.Sprintf("%d of %d people have approved", len(a.counted), max(a.required, env.Approval.Required))
	case len(a.counted) == 0 && r.Action == "rollback" && len(r.By) == 0 && r.Auto == "":
		return "the bot proposed it, and nobody has approved it"
	}
	return ""
}

func (st *story) uncoveredRollback(p *agent.Plan) string {
	a := st.approvals[p.Covered]
	if a == nil || a.state != "approved" {
		return "the approval that is to cover it is not given"
	}
	of := st.plans[a.release]
	switch {
	case a.env.OnFailure != policy.Rollback:
		return "policy asks before a rollback"
	case of == nil || of.Rollback != p.Version || of.RollbackCommit != p.Commit || of.Service != p.Service || of.Env != p.Env:
		return "the approval that is to cover it was for going back to something else"
	}
	return ""
}

// started: a deployer has begun a run.
func (c *checker) started(t *target, r, before *run) {
	w := c.w
	key := r.call.Key
	c.effects[key]++
	if before != nil || c.effects[key] > 1 {
		w.fail("one start per plan", "%s started %s %d times", t.name, key, c.effects[key])
		return
	}
	if w.lost {
		return
	}
	id, ok := c.keys[key]
	if !ok {
		w.fail("a start is written down before it is made", "%s started %s %s in %s by the key %s, which no log has started", t.name, r.call.Service, r.call.Version, r.call.Environment, key)
		return
	}
	if what := c.differs(id, r); what != "" {
		w.fail("what runs is what was approved", "%s of %s: %s", key, w.label(id), what)
	}
	if c.byWord[key] {
		return // a person has said that it did not run
	}
	for _, other := range w.targets {
		for _, k := range sortedRuns(other.runs) {
			o := other.runs[k]
			if other.settled(o); o.over || o.call.Service != r.call.Service || o.call.Environment != r.call.Environment || c.byWord[k] {
				continue
			}
			w.fail("no two releases run in one environment", "%s of %s starts in %s/%s while %s of %s runs", key, w.label(id), r.call.Service, r.call.Environment, k, w.label(c.keys[k]))
		}
	}
}

func (c *checker) differs(id agent.ThreadID, r *run) string {
	for _, p := range c.stories[id].plans {
		if p.Key != r.call.Key {
			continue
		}
		want := [...]string{p.Action, p.Service, p.Env, p.Version, p.Commit, p.Previous.Version, p.Previous.Commit}
		got := [...]string{
			r.call.Action, r.call.Service, r.call.Environment, r.call.Version, r.call.Commit, r.call.PreviousVersion, r.call.PreviousCommit,
		}
		if want != got {
			return fmt.Sprintf("the plan says %q, and %q was started", want, got)
		}
		return ""
	}
	return "no plan of the thread has this key"
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
