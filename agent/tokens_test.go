package agent_test

import (
	"testing"
	"time"

	"github.com/releasebot/releasebot/agent"
)

// A release knows what planned it and what that cost: the answers that asked
// back for it too, and no other release's.
func TestReleaseBearsItsTokens(t *testing.T) {
	s := agent.NewState("t1")
	at := time.Date(2026, 11, 23, 10, 0, 0, 0, time.UTC)
	say := func(text string, d agent.PlannerDecision) {
		s.Reduce(&agent.Event{Seq: s.Version + 1, At: at, Actor: "slack:T0/U0ALICE", Data: &agent.Message{Text: text}})
		d.Of = s.Version
		s.Reduce(&agent.Event{Seq: s.Version + 1, At: at, Actor: agent.Bot, Data: &d})
	}
	deploy := agent.Intent{Kind: agent.IntentDeploy, Service: "shop", Environment: "staging", Version: "v1"}
	say("get shop out", agent.PlannerDecision{Planner: "gpt-5", Intent: agent.Intent{Kind: agent.IntentClarify}, Tokens: agent.Tokens{Calls: 1, In: 700, Cached: 100, Out: 30}})
	say("v1 to staging", agent.PlannerDecision{Planner: "gpt-5", Intent: deploy, Tokens: agent.Tokens{Calls: 2, In: 800, Out: 40}})
	say("deploy shop v1 to staging", agent.PlannerDecision{Planner: "rules", Intent: deploy})
	for n, want := range map[int]struct {
		planner string
		tokens  agent.Tokens
	}{
		1: {"gpt-5", agent.Tokens{Calls: 3, In: 1500, Cached: 100, Out: 70}},
		2: {"rules", agent.Tokens{}},
	} {
		if r := s.Release(n); r.Planner != want.planner || r.Tokens != want.tokens {
			t.Errorf("release %d: %s %+v, want %s %+v", n, r.Planner, r.Tokens, want.planner, want.tokens)
		}
	}
}
