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
		return Answered{Title: "Why?", Lines: []string{"Say of which release: `/release why ID`, with the id that its card shows."}}, nil
	}
	s, r, err := q.Release(ctx, id)
	if errors.Is(err, ErrNoRelease) {
		return Answered{Title: "Why?", Lines: []string{"No release has the id " + plain(cut(id, 40)) + "."}}, nil
	}
	if err != nil {
		return Answered{}, err
	}
	a := Answered{Title: "The " + r.named() + " " + r.stands()}
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
	a.Lines = q.because(r)
	return a, nil
}

// named is the release as answers name it.
func (r *ReleaseState) named() string {
	if r.Action == "verify" {
		return "verify of " + r.Target()
	}
	version := r.shipped()
	if version == "" { // of a rollback that was refused
		return r.Action + " of " + r.Target()
	}
	return r.Action + " of " + r.Service + " " + plain(version) + " to " + r.Env
}

// stands is the end of a sentence about the release.
func (r *ReleaseState) stands() string {
	switch w := r.Word(); w {
	case OutcomeExpired, OutcomeFailed:
		return "has " + w
	case OutcomeUnknown:
		return "ended in a way that nobody knows yet"
	case "deploying", "preparing":
		return "is under way"
	case "verifying":
		return "is being verified"
	default:
		return "is " + w
	}
}

// because says why a release stands where it stands, and what would move it.
func (q Queries) because(r *ReleaseState) []string {
	var out []string
	switch {
	case r.Refused != nil:
		out = append(out, "Rule `"+r.Refused.Rule+"`"+at(r.Refused.Line)+": "+r.Refused.Reason)
		if r.Refused.Remedy != "" {
			out = append(out, r.Refused.Remedy)
		}
	case r.Stage == StageEnded:
		out = q.becauseEnded(r)
	case r.Held != "" && r.Stage.Before(StageDeploy):
		out = append(out, "Held by "+mention(r.Held)+" since "+clockOf(r.HeldAt)+".",
			"`/release resume "+r.ID+"` lets it go on, from one who may ask for releases there ("+plain(q.requesters(r))+") or approve them ("+plain(q.approvers(r))+").")
	case r.Stage == StageApproval && r.Approval != nil:
		out = q.becauseAsked(r, r.Approval)
	case r.Stage == StageDoubt:
		out = append(append(out, r.checked()...), "The checks could not tell whether it is healthy. One who may approve there ("+plain(q.approvers(r))+") has to say, on the card that asks.")
	case r.Stage == StageUnknown:
		out = append(out, "Nobody can tell what became of its start. One who may approve there ("+plain(q.approvers(r))+") has to say: It ran, It didn't, or Stop.")
	case r.Stage == StageDeploy && r.Deploy != nil:
		out = append(out, "Its deploy runs since "+clockOf(r.Deploy.Began)+progressOf(r.Deploy)+". `/release cancel "+r.ID+"` stops it.")
	case r.Stage == StageVerify && r.Verify != nil:
		out = append(out, "It is deployed, and these checks look at it since "+clockOf(r.Verify.Began)+": "+plain(strings.Join(r.Verify.Checks, ", "))+".")
	case r.Detail != "":
		out = append(out, plain(r.Detail))
	}
	if len(out) == 0 {
		out = append(out, "Nothing holds it back.")
	}
	return out
}

// becauseBusy is who has the environment, and who can make it free.
func (q Queries) becauseBusy(ctx context.Context, r *ReleaseState) ([]string, error) {
	e, err := LoadEnvironment(ctx, q.Store, r.Service, r.Env)
	if err != nil {
		return nil, err
	}
	lines := []string{"The environment is busy: " + r.Waits + ". It goes on by itself, in its turn."}
	if e.Lock != nil {
		return append(lines, "`/release unlock "+r.Service+" "+r.Env+"` takes the lock off, from one who may ask for releases there ("+plain(q.requesters(r))+")."), nil
	}
	return append(lines, "One who may approve there ("+plain(q.approvers(r))+") can take it over, with a reason, unless a release is under way."), nil
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
		given = ", by " + a.names()
	}
	whom := plain(whoever(a.From))
	if env, ok := q.Policy().Environment(r.Service, r.Env); ok && !env.Approval.Self && len(r.By) > 0 {
		whom += ", though not from " + mention(r.By[0]) + ", who asked for it"
	}
	return []string{
		strings.TrimSuffix(a.Why, ".") + at(q.line(r, policy.RuleFrom)) + ".",
		fmt.Sprintf("%d of %d given%s. It may come from %s, until %s.", len(a.Approvers), a.Required, given, whom, clockOf(a.Expires)),
		"`/release approve " + a.ID + "` gives it, or the button on its card.",
	}
}

// becauseEnded is how a release came to its end, and what can follow.
func (q Queries) becauseEnded(r *ReleaseState) []string {
	why := strings.TrimSuffix(plain(r.Detail), ".")
	switch r.Outcome {
	case OutcomeDone, OutcomeRolledBack:
		if r.Verify != nil && r.Verify.Verdict == string(healthcheck.Healthy) {
			return []string{"It ended well on " + clockOf(r.Ended) + ": its checks found it healthy."}
		}
		return []string{"It ended well on " + clockOf(r.Ended) + "."}
	case OutcomeRejected:
		return []string{"Rejected by " + mention(r.OutcomeBy) + " on " + clockOf(r.Ended) + reason(why) + ".", "It can be asked for again."}
	case OutcomeCanceled:
		return []string{"Canceled" + by(r.OutcomeBy) + " on " + clockOf(r.Ended) + reason(why) + "."}
	case OutcomeSuperseded:
		return []string{"Release " + r.OutcomeBy + " took its place."}
	case OutcomeExpired:
		out := []string{"Nobody decided in time."}
		if a := r.Approval; a != nil {
			out[0] = fmt.Sprintf("Nobody decided by %s: %d of %d given, from %s.", clockOf(a.Expires), len(a.Approvers), a.Required, plain(whoever(a.From)))
		}
		return append(out, "Retry on its card asks again, as a new plan.")
	}
	out := r.checked()
	if why != "" && len(out) == 0 {
		out = append(out, why+".")
	}
	switch {
	case r.Left != nil:
		out = append(out, "Left as it is by "+mention(r.Left.By)+" on "+clockOf(r.Left.At)+": nothing more follows from it.")
	case r.Outcome == OutcomeUnknown:
		out = append(out, "Left open"+by(r.OutcomeBy)+": look at what runs there before the next release.")
	case r.Rollback > 0:
		out = append(out, "A rollback was proposed: its card stands in the same thread.")
	case r.Action == "deploy" && r.Plan != nil && r.Plan.Rollback != "":
		out = append(out, "Roll back on its card goes back to "+plain(r.Plan.Rollback)+", Retry tries the same again.")
	default:
		out = append(out, "Retry on its card tries the same again.")
	}
	return out
}

// checked is what the checks said that did not find it healthy.
func (r *ReleaseState) checked() []string {
	var out []string
	if r.Verify == nil {
		return nil
	}
	for _, c := range r.Verify.Results {
		if c.Verdict != string(healthcheck.Healthy) {
			out = append(out, fmt.Sprintf("Check %s was %s: %s.", plain(c.Name), c.Verdict, strings.TrimSuffix(plain(c.Detail), ".")))
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
		return "nobody: the policy file knows it no more"
	}
	return whoever(env.Requesters)
}
