package agent_test

import (
	"context"
	"strings"

	"github.com/releasebot/releasebot/agent"
)

type tmpPlanner struct{}

func (tmpPlanner) Plan(_ context.Context, in agent.PlanInput) (agent.Planned, error) {
	f := strings.Fields(in.Words)
	p := agent.Planned{Planner: "rules", Intent: agent.Intent{Kind: agent.IntentNone}}
	if len(f) >= 5 && (f[0] == "deploy") {
		p.Intent = agent.Intent{Kind: agent.IntentDeploy, Service: f[1], Version: f[2], Environment: f[4]}
		if strings.Contains(in.Words, "page me") {
			p.Intent.Page = []string{"me"}
		}
	}
	if len(f) == 1 && (f[0] == "cancel" || f[0] == "hold" || f[0] == "resume") {
		p.Intent.Kind = agent.IntentKind(f[0])
	}
	if in.RejectionOf > 0 && strings.Contains(in.Words, "backend first") {
		p.Intent = agent.Intent{Kind: agent.IntentClarify, Question: &agent.Question{Text: "Which version of backend?", Partial: &agent.Intent{Kind: agent.IntentDeploy, Service: "backend", Environment: "production", Before: in.RejectionOf}}}
	}
	if in.Open != nil && len(f) == 1 && in.Open.Partial != nil {
		p.Intent = *in.Open.Partial
		p.Intent.Version = f[0]
	}
	return p, nil
}
