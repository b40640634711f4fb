package sim

import (
	"encoding/json"
	"fmt"
	"slices"
	"time"

	"github.com/releasebot/releasebot/agent"
	"github.com/releasebot/releasebot/policy"
)

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
