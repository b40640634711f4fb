package sim

import (
	"fmt"
	"time"

	"github.com/releasebot/releasebot/agent"
	"github.com/releasebot/releasebot/policy"
)

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
