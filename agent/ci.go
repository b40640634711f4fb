package agent

import (
	"context"

	"github.com/releasebot/releasebot/policy"
	"github.com/releasebot/releasebot/tools"
	"github.com/releasebot/releasebot/tools/changelog"
	"github.com/releasebot/releasebot/tools/ci"
)

// What CI says of the commit that ships is a fact for those who decide. It stops
// no plan, whatever it says, and however it could not be found out. An approval
// that was given while it had not failed is void once it has; any other change
// leaves it alone, or a plan would be void whenever CI makes progress.

// asksCI reports whether the policy names a command that knows what CI says, and somebody is to decide about a new version.
func asksCI(rel *ReleaseState, env *policy.Environment) bool {
	return rel.Action == "deploy" && env.Source != nil && len(env.Source.CI) > 0
}

// askCI asks what CI says of the version.
func (r *Runner) askCI(ctx context.Context, rel *ReleaseState, env *policy.Environment, v changelog.Version) *ci.Status {
	if r.CI == nil {
		return &ci.Status{State: ci.Unknown, Why: "this program asks no CI"}
	}
	s := ci.Ask(ctx, r.CI, tools.Call{
		Release: rel.ID, Action: rel.Action, Service: rel.Service, Environment: rel.Env, Version: v.Name, Commit: v.SHA,
	}, env.Source.CI)
	return &s
}

func ciFailed(s *ci.Status) bool { return s != nil && s.State == ci.Failed }

// stillCI is what counts when a plan is looked at again before its start: what
// CI says now, unless the plan was approved with a failure on its card already.
func stillCI(planned, now *ci.Status) *ci.Status {
	if ciFailed(planned) {
		return planned
	}
	return now
}

// ciWord is what CI said, in a word or two.
func ciWord(s *ci.Status) string {
	switch {
	case s == nil || s.State == ci.Unknown:
		return "nothing that is known"
	case s.State == ci.None:
		return "nothing"
	}
	return string(s.State)
}

func describeCI(s *ci.Status) string {
	switch s.State {
	case ci.Unknown:
		return "not known (" + s.Why + ")"
	case ci.None:
		return "knows nothing of it"
	case ci.Passed, ci.Failed, ci.Running:
	}
	return string(s.State)
}
