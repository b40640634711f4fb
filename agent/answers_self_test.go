package agent_test

import (
	"testing"

	"github.com/releasebot/releasebot/agent"
	"github.com/releasebot/releasebot/policy"
)

// What somebody asked for themselves waits for them only where they may approve it.
func TestWhatOneAskedForWaitsForOneWhereSelfIsAllowed(t *testing.T) {
	for self, want := range map[bool]int{true: 1, false: 0} {
		env := &policy.Environment{Approval: policy.Approval{Required: 1, From: []policy.Subject{{User: "U0ANN"}}, Self: self}}
		f := &policy.File{Services: map[string]*policy.Service{"shop": {Name: "shop", Environments: map[string]*policy.Environment{"production": env}}}}
		q := agent.Queries{Policy: func() *policy.File { return f }}
		line := agent.ApprovalLine{ID: "a-1", Approvers: env.Approval.From, Plan: agent.ReleaseLine{Service: "shop", Env: "production", By: []string{"U0ANN"}}}
		mine, others := q.WaitingFor(t.Context(), []agent.ApprovalLine{line}, "U0ANN")
		if len(mine) != want || len(others) != 1-want {
			t.Errorf("self: %t: %d wait for who asked, and %d for others", self, len(mine), len(others))
		}
	}
}
