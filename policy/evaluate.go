package policy

import (
	"errors"
	"fmt"
	"slices"
)

var errNoGroups = errors.New("user groups can't be looked up here")

// MayRequest answers whether somebody may ask for a deploy, rollback or verify
// in env, and cancel, hold, lock and unlock there. Without requesters in the
// policy, every full member of the workspace may.
func MayRequest(env *Environment, p Person, groups Groups) Verdict {
	if v := MayLook(p); !v.Allowed {
		return v
	}
	if env == nil {
		return noPolicy()
	}
	if len(env.Requesters) == 0 {
		return Verdict{Allowed: true, Rule: RuleRequesters}
	}
	return named(env, env.Requesters, p, groups, RuleRequesters, "ask for releases of")
}

// MayApprove answers whether somebody's approval counts for a plan in env.
// requesters are the humans whose words, or whose token or schedule, the plan
// is: without `self: true` none of them may approve it.
func MayApprove(env *Environment, p Person, requesters []string, groups Groups) Verdict {
	v := MayDecide(env, p, groups)
	if !v.Allowed || env.Approval.Self || !slices.Contains(requesters, p.ID) {
		return v
	}
	return Verdict{
		Rule:   RuleSelf,
		Reason: fmt.Sprintf("Nobody approves what they asked for in %s of %s themselves; %s may, if they didn't ask.", env.Name, env.Service, who(env.Approvers())),
		Remedy: "Ask another approver.",
	}
}

// MayDecide answers whether somebody may reject a plan in env, answer "did it
// run?", take the environment over, and break glass. For an approval ask
// MayApprove, which also looks at who asked for the plan.
func MayDecide(env *Environment, p Person, groups Groups) Verdict {
	if v := MayLook(p); !v.Allowed {
		return v
	}
	if env == nil {
		return noPolicy()
	}
	switch {
	case len(env.Approval.From) > 0:
		return named(env, env.Approval.From, p, groups, RuleFrom, "approve and decide for")
	case env.Approval.Required > 0: // Load lets no such policy through
		return Verdict{
			Rule:   RuleFrom,
			Reason: fmt.Sprintf("%s of %s asks for an approval and names nobody who may give it.", env.Name, env.Service),
			Remedy: "Name approvers under `approval.from` in the policy file.",
		}
	}
	return MayRequest(env, p, groups)
}

// Approvers returns who may approve and decide in env, as the policy names
// them: `approval.from`, and where nobody is named because nothing needs an
// approval, the requesters. Empty: every full member of the workspace, or, when
// an approval is required, nobody.
func (e *Environment) Approvers() []Subject {
	if len(e.Approval.From) > 0 || e.Approval.Required > 0 {
		return e.Approval.From
	}
	return e.Requesters
}

// Quorum counts the different humans among those who approved, and how many are
// needed. One human counts once, however often and by whatever way they came.
// Whether each of them may approve is asked of MayApprove before. Without a
// policy there are never enough.
func Quorum(env *Environment, approvers []string) (have, need int) {
	seen := map[string]bool{}
	for _, id := range approvers {
		if id != "" {
			seen[id] = true
		}
	}
	if env == nil {
		return len(seen), len(seen) + 1
	}
	return len(seen), env.Approval.Required
}

// Build is a version and the commit that it stood for. Commit is empty where
// the service has no source.
type Build struct {
	Version string
	Commit  string
}

// After answers whether ship may go to env now, by the order of environments:
// the same version, of the same commit, must have verified healthy in the
// environment that env comes after. healthy is what did so there; err says that
// it couldn't be found out. A rollback goes back to what was healthy in env
// itself: don't ask for one.
func After(env *Environment, ship Build, healthy []Build, err error) Verdict {
	if env == nil {
		return noPolicy()
	}
	if env.After == "" {
		return Verdict{Allowed: true, Rule: RuleAfter}
	}
	if err != nil {
		return Verdict{
			Rule:   RuleLookup,
			Reason: fmt.Sprintf("What was healthy of %s in %s can't be looked up: %v.", env.Service, env.After, err),
			Remedy: "Try again once it can.",
		}
	}
	moved := false
	for _, b := range healthy {
		if b.Version != ship.Version || b.Version == "" {
			continue
		}
		if b.Commit == ship.Commit {
			return Verdict{Allowed: true, Rule: RuleAfter}
		}
		moved = true
	}
	v := Verdict{
		Rule:   RuleAfter,
		Reason: fmt.Sprintf("%s in %s takes only what was healthy in %s, and %s was not yet.", env.Service, env.Name, env.After, ship.Version),
		Remedy: fmt.Sprintf("Deploy %s %s to %s first.", env.Service, ship.Version, env.After),
	}
	if moved {
		v.Reason = fmt.Sprintf("%s of %s was healthy in %s as another commit: it has moved since.", ship.Version, env.Service, env.After)
		v.Remedy = fmt.Sprintf("Deploy %s %s to %s again, as it is now.", env.Service, ship.Version, env.After)
	}
	return v
}

// named answers whether somebody is one of those whom a rule names.
func named(env *Environment, subjects []Subject, p Person, groups Groups, rule, act string) Verdict {
	found, group, err := among(subjects, p.ID, groups)
	if found {
		return Verdict{Allowed: true, Rule: rule}
	}
	if err != nil {
		return Verdict{
			Rule:   RuleLookup,
			Reason: fmt.Sprintf("Who is in %s can't be looked up now (%v), so it lets nobody through.", group, err),
			Remedy: "Try again once Slack's user groups answer.",
		}
	}
	return Verdict{
		Rule:   rule,
		Reason: fmt.Sprintf("Only %s may %s %s in %s.", Names(subjects), act, env.Service, env.Name),
		Remedy: fmt.Sprintf("Ask %s.", Names(subjects)),
	}
}

func who(subjects []Subject) string {
	if len(subjects) == 0 {
		return "every full member of the workspace"
	}
	return Names(subjects)
}

func noPolicy() Verdict {
	return Verdict{
		Rule:   RuleEnvironment,
		Reason: "There is no policy for this environment, so nobody may do anything there.",
		Remedy: "Add the environment to the policy file.",
	}
}
