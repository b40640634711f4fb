package agent_test

import (
	"testing"
	"time"

	"github.com/releasebot/releasebot/agent"
)

// TestLateClaimOfWhatWasGivenBack: a runner that stood still has lost its thread;
// another has canceled the release and given the environment back before the claim
// was in. The claim then comes late, and must not hold the environment for ever.
func TestLateClaimOfWhatWasGivenBack(t *testing.T) {
	at := time.Date(2026, 11, 22, 10, 0, 0, 0, time.UTC)
	env := agent.NewEnvironment("shop", "production")
	for i, p := range []agent.Payload{
		&agent.Release{Claim: "a", Outcome: agent.Outcome{Outcome: agent.OutcomeCanceled}},
		&agent.Claim{Claim: "a", Thread: "tabcdefghjkmn", Number: 1},
		&agent.Claim{Claim: "b", Thread: "tabcdefghjkmn", Number: 2},
	} {
		env.Reduce(&agent.Event{ID: string(rune('a' + i)), Seq: int64(i) + 1, At: at, Data: p})
	}
	if w := env.Holder(); w == nil || w.Claim.Claim != "b" || len(env.Queue) != 1 {
		t.Fatalf("the environment is held by %+v, with %d in the queue; want claim b alone", w, len(env.Queue))
	}
	if len(env.History) != 0 {
		t.Errorf("a release that never held the environment is in its history: %+v", env.History)
	}
}
