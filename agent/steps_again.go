package agent

import (
	"context"
	"strings"
	"time"

	"github.com/releasebot/releasebot/policy"
)

// retry: a new plan with a new key and, where policy asks, a new approval.
func (j *judgement) retry(ctx context.Context) error {
	if j.rel.Stage != StageEnded && j.rel.Stage != StageAfter {
		j.refuse(j.rel.N, policy.Verdict{Rule: "running", Reason: "Release " + j.rel.ID + " has not ended, so it can't be retried."})
		return nil
	}
	if j.rel.Left != nil {
		j.refuse(j.rel.N, j.rel.alreadyLeft())
		return nil
	}
	if again := j.h.state.followUp(j.rel, j.rel.Action); again != nil {
		j.refuse(j.rel.N, policy.Verdict{Rule: "again", Reason: "A retry is under way already: release " + again.ID + "."})
		return nil
	}
	if v := j.allowed(ctx, j.rel, j.mayRequest(ctx)); !v.Allowed {
		j.refuse(j.rel.N, v)
		return nil
	}
	j.open(Intent{Kind: IntentKind(j.rel.Action), Service: j.rel.Service, Environment: j.rel.Env, Version: j.rel.Version, Page: j.rel.Page})
	return nil
}

// rollback: from one who may approve there the click is also the approval; from another it asks for one.
func (j *judgement) rollback(ctx context.Context) error {
	if j.rel.Left != nil {
		j.refuse(j.rel.N, j.rel.alreadyLeft())
		return nil
	}
	if back := j.h.state.Release(j.rel.Rollback); back != nil && back.Approval != nil && back.Approval.State == ApprovalPending {
		v := j.allowed(ctx, back, j.mayDecide(ctx))
		if !v.Allowed {
			j.refuse(back.N, v)
			return nil
		}
		if back.Approval.has(j.human) {
			j.refuse(back.N, policy.Verdict{Rule: "again", Reason: "You have approved this already; one person counts once."})
			return nil
		}
		j.respond(back, VerbApprove, "pressed Roll back; "+j.basis(ctx, back))
		return nil
	}
	if again := j.h.state.followUp(j.rel, "rollback"); again != nil {
		j.refuse(j.rel.N, policy.Verdict{Rule: "again", Reason: "A rollback is under way already: release " + again.ID + "."})
		return nil
	}
	v := j.allowed(ctx, j.rel, j.mayRequest(ctx))
	if !v.Allowed {
		if w := j.allowed(ctx, j.rel, j.mayDecide(ctx)); !w.Allowed {
			j.refuse(j.rel.N, v)
			return nil
		}
	}
	j.open(Intent{Kind: IntentRollback, Service: j.rel.Service, Environment: j.rel.Env, Page: j.rel.Page})
	return nil
}

// followUp is an open release that already does this to the same target.
func (s *State) followUp(rel *ReleaseState, action string) *ReleaseState {
	for _, o := range s.Releases[rel.N:] {
		if o.Of == rel.N && o.Action == action && o.Outcome == "" {
			return o
		}
	}
	return nil
}

func (j *judgement) open(in Intent) {
	j.write(j.rel.N, &PlannerDecision{Of: j.d.Seq, Intent: in, Planner: "button"})
}

// click counts the click on Roll back as the approval of the rollback it asked
// for, if whoever clicked may approve there; else says who has to.
func (r *Runner) click(ctx context.Context, h *run, rel *ReleaseState, now time.Time) error {
	c := rel.Click
	j := judgement{
		r: r, h: h, rel: rel, human: c.Person, now: now,
		d: Decision{Seq: c.Of, Actor: c.Actor, Data: DecisionReceived{Verb: VerbRollback}},
	}
	id := mintID("click", c.Of)
	v := j.allowed(ctx, rel, j.mayDecide(ctx))
	if !v.Allowed {
		h.emitAs(now, Bot, "", rel.N, itoa(c.Of), &DecisionRefused{
			Of: c.Of, Verb: VerbRollback, Person: c.Person, Rule: v.Rule,
			Reason: "The rollback is asked for, and waits for an approval. " + v.Reason, Remedy: v.Remedy,
		}, id)
		return nil
	}
	h.emitAs(now, c.Actor, "", rel.N, itoa(c.Of), &ApprovalResponse{
		ID: rel.Approval.ID, Of: c.Of, Person: c.Person, Decision: VerbApprove,
		Basis: "pressed Roll back; " + j.basis(ctx, rel), Digest: rel.Approval.Digest,
	}, id)
	return nil
}

// glass: one who may approve there lets a release go on in spite of a freeze.
func (j *judgement) glass(ctx context.Context) error {
	switch {
	case j.rel.Refused == nil || j.rel.Refused.Rule != policy.RuleFreeze:
		j.refuse(j.rel.N, policy.Verdict{Rule: "freeze", Reason: "No freeze has refused release " + j.rel.ID + "."})
		return nil
	case strings.TrimSpace(j.d.Data.Reason) == "":
		j.refuse(j.rel.N, policy.Verdict{Rule: "reason", Reason: "Breaking the glass needs a reason.", Remedy: "Say why it can't wait."})
		return nil
	}
	if again := j.h.state.followUp(j.rel, j.rel.Action); again != nil {
		j.refuse(j.rel.N, policy.Verdict{Rule: "again", Reason: "It is under way already: release " + again.ID + "."})
		return nil
	}
	if v := j.allowed(ctx, j.rel, j.mayDecide(ctx)); !v.Allowed {
		j.refuse(j.rel.N, v)
		return nil
	}
	j.write(j.rel.N, &GlassBroken{Of: j.d.Seq, By: j.human, Reason: cut(strings.TrimSpace(j.d.Data.Reason), 300)})
	return nil
}

// edit: an approver wants another version or environment than the one proposed.
// That is a new release with a plan, a digest and an approval of its own.
func (j *judgement) edit(ctx context.Context) error {
	e := j.d.Data.Edit
	if e == nil || (e.Version == "" || e.Version == j.rel.shipped() || e.Version == j.rel.Version) && (e.Environment == "" || e.Environment == j.rel.Env) {
		j.refuse(j.rel.N, policy.Verdict{Rule: "edit", Reason: "Nothing was changed.", Remedy: "Say another version or another environment."})
		return nil
	}
	if j.rel.Stage != StageApproval || j.rel.Approval == nil {
		j.refuse(j.rel.N, policy.Verdict{Rule: "edit", Reason: "Release " + j.rel.ID + " is " + j.rel.Word() + "; only one that waits for approval can be changed, to another version or environment."})
		return nil
	}
	in := Intent{
		Kind: IntentKind(j.rel.Action), Service: j.rel.Service, Page: j.rel.Page,
		Environment: orText(e.Environment, j.rel.Env), Version: orText(e.Version, j.rel.Version),
	}
	if _, ok := j.r.Policy().Environment(in.Service, in.Environment); !ok {
		u := unknownTarget(j.r.Policy(), &ReleaseState{Service: in.Service, Env: in.Environment})
		j.refuse(j.rel.N, policy.Verdict{Rule: u.Rule, Reason: u.Reason, Remedy: u.Remedy})
		return nil
	}
	if v := j.allowed(ctx, j.rel, j.mayDecide(ctx)); !v.Allowed {
		j.refuse(j.rel.N, v)
		return nil
	}
	j.open(in)
	return nil
}
