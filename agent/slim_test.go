package agent_test

import (
	"testing"
	"time"

	"github.com/releasebot/releasebot/agent"
)

// TestForgottenPolicyAsksForEverything: once a release's card was shown for the
// last time, its policy is forgotten, in a state that was stored and read back
// too; it must not read as a policy that asks for nothing and lets everybody do anything.
func TestForgottenPolicyAsksForEverything(t *testing.T) {
	s, _ := newWorld(t)
	id := s.asks("A", "deploy shop v1.0.0 to production")
	s.settle()
	s.decides(id, "U0BOB", agent.VerbApprove, agent.ReleaseID(id, 1))
	s.settle()
	st := s.state(id)
	if _, err := st.Release(1).Policy(); err != nil {
		t.Fatal(err)
	}
	st.Reduce(&agent.Event{ID: "shown", Seq: st.Version + 1, At: st.Now, Data: &agent.Posted{Views: []agent.PostedView{{Key: agent.ViewRelease(1), Final: true}}}})
	stored, err := st.Clone()
	if err != nil {
		t.Fatal(err)
	}
	for what, state := range map[string]*agent.State{"in memory": st, "read back": stored} {
		if env, err := state.Release(1).Policy(); err == nil {
			t.Errorf("%s, a forgotten policy asks for %d approvals", what, env.Approval.Required)
		}
	}
}

// TestCancelWhileAVoidPlanGivesBack: cancelling while a void plan's environment
// is being given back ends the release; it used to stand still there for ever.
func TestCancelWhileAVoidPlanGivesBack(t *testing.T) {
	id := agent.SlackThreadID("T0ACME", "C0RELEASES", "1")
	s := agent.NewState(id)
	s.Releases = []*agent.ReleaseState{{N: 1, ID: agent.ReleaseID(id, 1), Stage: agent.StageReturn, Claim: "claim", Cancel: "U0ALICE"}}
	steps := agent.Decide(s, time.Date(2026, 11, 23, 12, 0, 0, 0, time.UTC))
	if steps[0].Kind != agent.StepReturn {
		t.Fatalf("the next step is %s; want %s", steps[0].Kind, agent.StepReturn)
	}
}

// TestVoidedCardsAreKeptUntilShown: a release that was shown for the last time
// still remembers an approval whose card is not: else its buttons would stay for ever.
func TestVoidedCardsAreKeptUntilShown(t *testing.T) {
	id := agent.SlackThreadID("T0ACME", "C0RELEASES", "1")
	s := agent.NewState(id)
	s.Releases = []*agent.ReleaseState{{N: 1, ID: agent.ReleaseID(id, 1), Stage: agent.StageEnded, Voided: []*agent.Approval{
		{ID: "seen", State: agent.ApprovalReplaced, Shown: true}, {ID: "unseen", State: agent.ApprovalReplaced},
	}}}
	s.Reduce(&agent.Event{ID: "shown", Seq: 1, Data: &agent.Posted{Views: []agent.PostedView{{Key: agent.ViewRelease(1), Final: true}}}})
	if v := s.Releases[0].Voided; len(v) != 1 || v[0].ID != "unseen" {
		t.Fatalf("it remembers %d voided approvals; want the one whose card is still to be shown", len(v))
	}
}
