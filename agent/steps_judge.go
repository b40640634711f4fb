package agent

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/releasebot/releasebot/internal/planted"
	"github.com/releasebot/releasebot/policy"
)

// judge looks at one decision: is what it names open, and may this person? It
// writes what follows from it, or why nothing does. A decision about anything
// that can't be checked now is refused, with that reason.
func (r *Runner) judge(ctx context.Context, h *run, st Step, now time.Time) error {
	var d Decision
	for _, x := range h.state.Decisions {
		if x.Seq == st.Seq {
			d = x
		}
	}
	j := judgement{r: r, h: h, d: d, now: now, human: first(Humans(d.Actor, d.OnBehalfOf))}
	if d.OnBehalfOf.User() != "" { // a token or schedule: the person it stands for decides
		j.human = d.OnBehalfOf.User()
	}
	if err := r.seen(ctx, h, d); err != nil {
		return err
	}
	j.rel = h.state.Release(h.state.releaseOf(d.Data.Target))
	if id, _, ok := strings.Cut(d.Data.Target, "/"); ok { // a question's id is its release's, and what is asked
		j.rel = h.state.Release(h.state.releaseOf(id))
	}
	if h.state.Lost != nil {
		j.refuse(0, policy.Verdict{Rule: "lost", Reason: "Events of this thread have been lost, so nothing is decided here any more.", Remedy: "Ask again in a new thread."})
		return nil
	}
	if j.rel == nil {
		j.refuse(0, policy.Verdict{Rule: "unknown", Reason: "That does not belong to this thread, so it does nothing here.", Remedy: "Use the buttons of this thread's own cards."})
		return nil
	}
	switch d.Data.Verb {
	case VerbApprove, VerbReject:
		return j.approval(ctx, j.rel, d.Data.Target)
	case VerbCancel, VerbAbort, VerbHold, VerbResume:
		return j.control(ctx)
	case VerbRan, VerbDidnt, VerbStop:
		return j.ran(ctx, UnknownQuestionID(j.rel), StageUnknown)
	case VerbHealthy, VerbRecheck, VerbUnwell:
		return j.ran(ctx, DoubtQuestionID(j.rel), StageDoubt)
	case VerbGlass:
		return j.glass(ctx)
	case VerbTakeover:
		return j.takeover(ctx)
	case VerbEdit:
		return j.edit(ctx)
	case VerbRetry:
		return j.retry(ctx)
	case VerbLeave:
		return j.leave(ctx)
	case VerbRollback:
		return j.rollback(ctx)
	}
	j.refuse(j.rel.N, policy.Verdict{Rule: "unknown", Reason: fmt.Sprintf("%q is nothing that can be decided.", plain(string(d.Data.Verb)))})
	return nil
}

type judgement struct {
	r     *Runner
	h     *run
	d     Decision
	rel   *ReleaseState
	human string
	now   time.Time
}

// write appends what the decision came to, in the name of whoever decided.
func (j *judgement) write(release int, p Payload) {
	j.h.emitAs(j.now, j.d.Actor, j.d.OnBehalfOf, release, itoa(j.d.Seq), p, mintID("judge", j.d.Seq))
}

func (j *judgement) refuse(release int, v policy.Verdict) {
	j.h.emitAs(j.now, Bot, "", release, itoa(j.d.Seq), &DecisionRefused{
		Of: j.d.Seq, Verb: j.d.Data.Verb, Person: j.human, Rule: v.Rule, Reason: v.Reason, Remedy: v.Remedy,
	}, mintID("judge", j.d.Seq))
}

// person looks the human up.
func (j *judgement) person(ctx context.Context) (policy.Person, policy.Verdict) {
	if j.human == "" {
		return policy.Person{}, policy.Verdict{
			Rule: policy.RuleUnknown, Reason: "This came from nobody: only a person can decide.",
			Remedy: "Decide in Slack, or with a token that stands for a person.",
		}
	}
	p, err := j.r.People.Person(ctx, j.human)
	if err != nil {
		return p, lookupFailed(j.human, err)
	}
	return p, policy.Verdict{Allowed: true}
}

// allowed asks whether the person may, by the policy that the release's plan was made under, or, before there is one, today's.
func (j *judgement) allowed(ctx context.Context, rel *ReleaseState, may func(*policy.Environment, policy.Person) policy.Verdict) policy.Verdict {
	env, err := j.r.policy(rel)
	if err != nil {
		var ok bool
		if env, ok = j.r.Policy().Environment(rel.Service, rel.Env); !ok {
			u := unknownTarget(j.r.Policy(), rel)
			return policy.Verdict{Rule: u.Rule, Reason: u.Reason, Remedy: u.Remedy}
		}
	}
	p, v := j.person(ctx)
	if !v.Allowed {
		return v
	}
	return may(env, p)
}

func (j *judgement) mayRequest(ctx context.Context) func(*policy.Environment, policy.Person) policy.Verdict {
	return func(env *policy.Environment, p policy.Person) policy.Verdict {
		return policy.MayRequest(env, p, j.r.groups(ctx))
	}
}

func (j *judgement) mayDecide(ctx context.Context) func(*policy.Environment, policy.Person) policy.Verdict {
	return func(env *policy.Environment, p policy.Person) policy.Verdict {
		return policy.MayDecide(env, p, j.r.groups(ctx))
	}
}

// approval: a click on Approve or Reject, or the same by another way.
func (j *judgement) approval(ctx context.Context, rel *ReleaseState, target string) error {
	if rule, reason := rel.closed(target, j.human); rule != "" && !(rule == "again" && j.d.Data.Verb == VerbReject) {
		j.refuse(rel.N, policy.Verdict{Rule: rule, Reason: reason})
		return nil
	}
	a := rel.Approval
	if !j.h.state.clock(j.now).Before(a.Expires) && !planted.Is(planted.ClockOfClick) && !planted.Is(planted.ExpiryIgnored) {
		j.refuse(rel.N, policy.Verdict{Rule: "expired", Reason: "This approval has expired: nobody decided in time. Ask for the " + rel.Action + " again."})
		return nil
	}
	verb := j.d.Data.Verb
	if verb == VerbReject && strings.TrimSpace(j.d.Data.Reason) == "" {
		j.refuse(rel.N, policy.Verdict{Rule: "reason", Reason: "A rejection needs a reason.", Remedy: "Say why, so that whoever asked knows what to do."})
		return nil
	}
	v := j.allowed(ctx, rel, func(env *policy.Environment, p policy.Person) policy.Verdict {
		if verb == VerbReject {
			return policy.MayDecide(env, p, j.r.groups(ctx))
		}
		return mayApprove(env, p, rel, j.r.groups(ctx))
	})
	if !v.Allowed && !planted.Is(planted.ButtonTrusted) {
		v.Rule = orText(v.Rule, policy.RuleFrom)
		j.refuse(rel.N, v)
		return nil
	}
	j.respond(rel, verb, j.basis(ctx, rel))
	return nil
}

// mayApprove asks the policy, and, where more is asked for than the policy does
// (a rollback that the bot proposes, a broken glass), those who may decide there.
func mayApprove(env *policy.Environment, p policy.Person, rel *ReleaseState, groups policy.Groups) policy.Verdict {
	if rel.Glass != nil && p.ID == rel.Glass.By {
		return policy.Verdict{Rule: "freeze", Reason: "You broke the glass for this release; somebody else has to approve it."}
	}
	if env.Approval.Required > 0 {
		return policy.MayApprove(env, p, rel.By, groups)
	}
	v := policy.MayDecide(env, p, groups)
	if v.Allowed && !env.Approval.Self && slices.Contains(rel.By, p.ID) {
		return policy.Verdict{Rule: policy.RuleSelf, Reason: "Nobody approves what they asked for themselves."}
	}
	return v
}

// basis says why the person may decide: by which entry of the policy.
func (j *judgement) basis(ctx context.Context, rel *ReleaseState) string {
	env, err := j.r.policy(rel)
	if err != nil {
		return ""
	}
	for _, s := range env.Approvers() {
		if s.User == j.human {
			return "named in the policy as " + s.String()
		}
		if s.Group == "" {
			continue
		}
		if members, err := j.r.People.Group(ctx, s.Group); err == nil && members[j.human] {
			return fmt.Sprintf("member of %s, %s", s, s.Group)
		}
	}
	return "a full member of the workspace"
}

func (j *judgement) respond(rel *ReleaseState, verb Verb, basis string) {
	j.write(rel.N, &ApprovalResponse{
		ID: rel.Approval.ID, Of: j.d.Seq, Person: j.human, Decision: verb,
		Reason: cut(strings.TrimSpace(j.d.Data.Reason), 1000), Basis: basis, Digest: rel.Approval.Digest,
	})
}

func orText(s, otherwise string) string {
	if s == "" {
		return otherwise
	}
	return s
}

// control: cancel, abort, hold and resume.
func (j *judgement) control(ctx context.Context) error {
	if v := controllable(j.rel, j.d.Data.Verb); !v.Allowed {
		j.refuse(j.rel.N, v)
		return nil
	}
	v := j.allowed(ctx, j.rel, j.mayRequest(ctx))
	if !v.Allowed { // who may approve there may stop there too
		if w := j.allowed(ctx, j.rel, j.mayDecide(ctx)); !w.Allowed {
			j.refuse(j.rel.N, v)
			return nil
		}
	}
	switch j.d.Data.Verb {
	case VerbHold:
		j.write(j.rel.N, &Held{Of: j.d.Seq, By: j.human})
	case VerbResume:
		j.write(j.rel.N, &Resumed{Of: j.d.Seq, By: j.human})
	default:
		j.write(j.rel.N, &CancelRequested{Of: j.d.Seq, By: j.human})
	}
	return nil
}

// controllable says whether there is anything left to cancel, hold or resume.
func controllable(rel *ReleaseState, verb Verb) policy.Verdict {
	v := policy.Verdict{Rule: "ended"}
	switch {
	case rel.Stage == StageEnded || rel.Outcome != "":
		v.Reason = "Release " + rel.ID + " has ended: " + rel.Word() + "."
	case verb == VerbResume && rel.Held == "":
		v.Reason = "Release " + rel.ID + " is not held."
	case verb == VerbHold && rel.Held != "":
		v.Reason = "Release " + rel.ID + " is held already, by " + mention(rel.Held) + "."
	case verb == VerbHold && !rel.Stage.Before(StageDeploy):
		v.Reason = "Release " + rel.ID + " is running already; it can be stopped, not held."
	case (verb == VerbCancel || verb == VerbAbort) && rel.Cancel != "":
		v.Reason = "Release " + rel.ID + " is being stopped already, asked by " + mention(rel.Cancel) + "."
	case (verb == VerbCancel || verb == VerbAbort) && rel.Stage == StageUnknown:
		v.Reason = "Nobody knows yet what became of release " + rel.ID + "; answer its question instead."
	default:
		return policy.Verdict{Allowed: true}
	}
	return v
}

// ran: the answer to "did it run?", or to "is it healthy?".
func (j *judgement) ran(ctx context.Context, question string, stage Stage) error {
	q := j.h.state.Question(question)
	if q == nil || j.rel.Stage != stage {
		j.refuse(j.rel.N, policy.Verdict{Rule: "answered", Reason: "Nothing is asked about release " + j.rel.ID + " any more."})
		return nil
	}
	if q.Answer != nil {
		j.refuse(j.rel.N, policy.Verdict{Rule: "answered", Reason: "Already answered by " + mention(q.Answer.Person) + "."})
		return nil
	}
	if v := j.allowed(ctx, j.rel, j.mayDecide(ctx)); !v.Allowed {
		j.refuse(j.rel.N, v)
		return nil
	}
	j.write(j.rel.N, &HumanInputResponse{ID: q.ID, Of: j.d.Seq, Person: j.human, Choice: j.d.Data.Verb})
	return nil
}
