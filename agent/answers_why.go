package agent

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/releasebot/releasebot/policy"
	"github.com/releasebot/releasebot/tools/healthcheck"
)

// why says why a release stands where it stands, by which rule, what would move it, and who can.
func (q Queries) why(ctx context.Context, id string) (Answered, error) {
	if id == "" {
		return Answered{Title: q.lang.text("Why?"), Lines: []string{q.lang.text("Say of which release: `/release why ID`, with the id that its card shows.")}}, nil
	}
	s, r, err := q.Release(ctx, id)
	if errors.Is(err, ErrNoRelease) {
		return Answered{Title: q.lang.text("Why?"), Lines: []string{q.lang.text("No release has the id %s.", plain(cut(id, 40)))}}, nil
	}
	if err != nil {
		return Answered{}, err
	}
	a := Answered{Title: q.lang.text("The %s %s", q.lang.named(r), q.lang.stands(r))}
	switch {
	case s.Lost != nil:
		a.Lines = s.Lost.answer(s.ID).Lines
		return a, nil
	case s.Aside != nil:
		a.Lines = s.Aside.lines()
		return a, nil
	}
	if r.Word() == "waiting for the environment" {
		a.Lines, err = q.becauseBusy(ctx, r)
		return a, err
	}
	a.Lines = q.because(s, r)
	return a, nil
}

// named is the release as answers name it.
func (lang Language) named(r *ReleaseState) string {
	return lang.release(r.Action, r.Service, r.shipped(), r.Env)
}

// release names what is released where: "deploy of shop v1.4.2 to production",
// "rollback of shop in production to v1.4.1".
func (lang Language) release(action, service, version, env string) string {
	switch {
	case action == "verify", version == "": // of a rollback that was refused
		return lang.text("%s of %s in %s", action, service, env)
	case action == "rollback":
		return lang.text("%s of %s in %s to %s", action, service, env, plain(version))
	}
	return lang.text("%s of %s %s to %s", action, service, plain(version), env)
}

// briefly names what is released, where it is plain to which environment.
func (lang Language) briefly(action, version string) string {
	if action == "rollback" {
		return lang.text("%s to %s", action, plain(version))
	}
	return lang.text("%s of %s", action, plain(version))
}

// stands is the end of a sentence about the release.
func (lang Language) stands(r *ReleaseState) string {
	switch w := r.Word(); w {
	case OutcomeExpired, OutcomeFailed:
		return lang.text("has %s", w)
	case OutcomeUnknown:
		return lang.text("ended in a way that nobody knows yet")
	case "deploying", "preparing":
		return lang.text("is under way")
	case "verifying":
		return lang.text("is being verified")
	default:
		return lang.text("is %s", w)
	}
}

// because says why a release stands where it stands, and what would move it.
func (q Queries) because(s *State, r *ReleaseState) []string {
	var out []string
	switch {
	case r.Refused != nil:
		out = append(out, q.lang.text("Rule `%s`%s: %s", r.Refused.Rule, at(r.Refused.Line), r.Refused.Reason))
		if r.Refused.Remedy != "" {
			out = append(out, r.Refused.Remedy)
		}
	case r.Stage == StageEnded:
		out = q.becauseEnded(s, r)
	case r.Held != "" && r.Stage.Before(StageDeploy):
		out = append(out, q.lang.text("Held by %s since %s.", mention(r.Held), q.lang.clock(r.HeldAt)),
			q.lang.text("`/release resume %s` lets it go on, from one who may ask for releases there (%s) or approve them (%s).", r.ID, plain(q.requesters(r)), plain(q.approvers(r))))
	case r.Stage == StageApproval && r.Approval != nil:
		out = q.becauseAsked(r, r.Approval)
	case r.Stage == StageDoubt:
		out = append(append(out, q.lang.checked(r)...), q.lang.text("The checks could not tell whether it is healthy. One who may approve there (%s) has to say, on the card that asks.", plain(q.approvers(r))))
	case r.Stage == StageUnknown:
		out = append(out, q.lang.text("Nobody can tell what became of its start. One who may approve there (%s) has to say: It ran, It didn't, or Stop.", plain(q.approvers(r))))
	case r.Stage == StageDeploy && r.Deploy != nil:
		out = append(out, q.lang.text("Its deploy runs since %s%s. `/release cancel %s` stops it.", q.lang.clock(r.Deploy.Began), progressOf(r.Deploy), r.ID))
	case r.Stage == StageVerify && r.Verify != nil:
		out = append(out, q.lang.text("It is deployed, and these checks look at it since %s: %s.", q.lang.clock(r.Verify.Began), plain(strings.Join(r.Verify.Checks, ", "))))
	case r.Detail != "":
		out = append(out, plain(r.Detail))
	}
	if len(out) == 0 {
		out = append(out, q.lang.text("Nothing holds it back."))
	}
	return out
}

// becauseBusy is who has the environment, and who can make it free.
func (q Queries) becauseBusy(ctx context.Context, r *ReleaseState) ([]string, error) {
	e, err := LoadEnvironment(ctx, q.Store, r.Service, r.Env)
	if err != nil {
		return nil, err
	}
	lines := []string{q.lang.text("The environment is busy: %s. It goes on by itself, in its turn.", r.Waits)}
	if e.Lock != nil {
		return append(lines, q.lang.text("`/release unlock %s %s` takes the lock off, from one who may ask for releases there (%s).", r.Service, r.Env, plain(q.requesters(r)))), nil
	}
	return append(lines, q.lang.text("One who may approve there (%s) can take it over, with a reason, unless a release is under way.", plain(q.approvers(r)))), nil
}

func progressOf(d *DeployRun) string {
	switch {
	case d.Percent >= 0 && d.Text != "":
		return fmt.Sprintf(": %d%%, %s", d.Percent, plain(d.Text))
	case d.Percent >= 0:
		return fmt.Sprintf(": %d%%", d.Percent)
	case d.Text != "":
		return ": " + plain(d.Text)
	}
	return ""
}

// becauseAsked is what an approval waits for.
func (q Queries) becauseAsked(r *ReleaseState, a *Approval) []string {
	given := ""
	if len(a.Approvers) > 0 {
		given = q.lang.text(", by %s", a.names())
	}
	whom := plain(q.lang.whoever(a.From))
	if env, ok := q.Policy().Environment(r.Service, r.Env); ok && !env.Approval.Self && len(r.By) > 0 {
		whom += q.lang.text(", though not from %s, who asked for it", mention(r.By[0]))
	}
	return []string{
		strings.TrimSuffix(a.Why, ".") + at(q.line(r, policy.RuleFrom)) + ".",
		q.lang.text("%d of %d given%s. It may come from %s, until %s.", len(a.Approvers), a.Required, given, whom, q.lang.clock(a.Expires)),
		q.lang.text("`/release approve %s` gives it, or the button on its card.", a.ID),
	}
}

// becauseEnded is how a release came to its end, and what can follow.
func (q Queries) becauseEnded(s *State, r *ReleaseState) []string {
	why := strings.TrimSuffix(plain(r.Detail), ".")
	switch r.Outcome {
	case OutcomeDone, OutcomeRolledBack:
		if r.Verify != nil && r.Verify.Verdict == string(healthcheck.Healthy) {
			return []string{q.lang.text("It ended well on %s: its checks found it healthy.", q.lang.clock(r.Ended))}
		}
		return []string{q.lang.text("It ended well on %s.", q.lang.clock(r.Ended))}
	case OutcomeRejected:
		return []string{q.lang.text("Rejected by %s on %s%s.", mention(r.OutcomeBy), q.lang.clock(r.Ended), reason(why)), q.lang.text("It can be asked for again.")}
	case OutcomeCanceled:
		return []string{q.lang.text("Canceled%s on %s%s.", q.lang.by(r.OutcomeBy), q.lang.clock(r.Ended), reason(why))}
	case OutcomeSuperseded:
		return []string{q.lang.text("Release %s took its place.", r.OutcomeBy)}
	case OutcomeExpired:
		out := []string{q.lang.text("Nobody decided in time.")}
		if a := r.Approval; a != nil {
			out[0] = q.lang.text("Nobody decided by %s: %d of %d given, from %s.", q.lang.clock(a.Expires), len(a.Approvers), a.Required, plain(q.lang.whoever(a.From)))
		}
		return append(out, q.lang.text("Retry on its card asks again, as a new plan."))
	}
	out := q.lang.checked(r)
	if why != "" && len(out) == 0 {
		out = append(out, why+".")
	}
	switch {
	case r.Left != nil:
		out = append(out, q.lang.text("Left as it is by %s on %s: nothing more follows from it.", mention(r.Left.By), q.lang.clock(r.Left.At)))
	case r.Outcome == OutcomeUnknown:
		out = append(out, q.lang.text("Left open%s: look at what runs there before the next release.", q.lang.by(r.OutcomeBy)))
	case r.Rollback > 0 && s.Undecided(r) == nil && s.Release(r.Rollback) != nil:
		back := s.Release(r.Rollback)
		out = append(out, q.lang.text("Release %s in the same thread was to roll it back: %s.", back.ID, back.Word()))
	case r.Rollback > 0:
		out = append(out, q.lang.text("A rollback was proposed: its card stands in the same thread."))
	case r.Action == "deploy" && r.Plan != nil && r.Plan.Rollback != "":
		out = append(out, q.lang.text("Roll back on its card goes back to %s, Retry tries the same again.", plain(r.Plan.Rollback)))
	default:
		out = append(out, q.lang.text("Retry on its card tries the same again."))
	}
	return out
}

// checked is what the checks said that did not find it healthy.
func (lang Language) checked(r *ReleaseState) []string {
	var out []string
	if r.Verify == nil {
		return nil
	}
	for _, c := range r.Verify.Results {
		if c.Verdict != string(healthcheck.Healthy) {
			out = append(out, lang.text("Check %s was %s: %s.", plain(c.Name), c.Verdict, strings.TrimSuffix(plain(c.Detail), ".")))
		}
	}
	return out
}

func reason(why string) string {
	if why == "" {
		return ""
	}
	return ": " + why
}

// requesters names who may ask for releases where this one goes.
func (q Queries) requesters(r *ReleaseState) string {
	env, ok := q.Policy().Environment(r.Service, r.Env)
	if !ok {
		return q.lang.text("nobody: the policy file knows it no more")
	}
	return q.lang.whoever(env.Requesters)
}
