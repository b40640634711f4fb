package api

import (
	"testing"
	"time"

	"github.com/releasebot/releasebot/agent"
)

// Only the event that ended an approval ends it: not one that came late, names
// another, or is about an approval that nobody was asked for.
func TestDecided(t *testing.T) {
	at := time.Date(2026, 11, 23, 10, 0, 0, 0, time.UTC)
	later := at.Add(time.Minute)
	given := func(state agent.ApprovalState) *agent.Approval {
		return &agent.Approval{ID: "a", Required: 1, State: state, Decided: at, Approvers: []agent.Response{{Person: "U0BOB", At: at}}}
	}
	approve := &agent.ApprovalResponse{ID: "a", Person: "U0BOB", Decision: agent.VerbApprove}
	reject := &agent.ApprovalResponse{ID: "a", Person: "U0BOB", Decision: agent.VerbReject}
	rejected := &agent.Approval{ID: "a", Required: 1, State: agent.ApprovalRejected, Decided: at, By: "U0BOB"}
	void := given(agent.ApprovalReplaced)
	void.Decided = later
	unasked := &agent.Approval{ID: "a", State: agent.ApprovalReplaced, Decided: at}
	next := &agent.Approval{ID: "a.2", Required: 1, State: agent.ApprovalPending}
	for name, c := range map[string]struct {
		rel  agent.ReleaseState
		data agent.Payload
		at   time.Time
		want agent.ApprovalState // "": nothing ended
	}{
		"given":                         {agent.ReleaseState{Approval: given(agent.ApprovalApproved)}, approve, at, agent.ApprovalApproved},
		"given again":                   {agent.ReleaseState{Approval: given(agent.ApprovalApproved)}, approve, later, ""},
		"given by another":              {agent.ReleaseState{Approval: given(agent.ApprovalApproved)}, &agent.ApprovalResponse{ID: "a", Person: "U0EVE", Decision: agent.VerbApprove}, at, ""},
		"given for another":             {agent.ReleaseState{Approval: given(agent.ApprovalApproved)}, &agent.ApprovalResponse{ID: "b", Person: "U0BOB", Decision: agent.VerbApprove}, at, ""},
		"rejected":                      {agent.ReleaseState{Approval: rejected}, reject, at, agent.ApprovalRejected},
		"rejected again":                {agent.ReleaseState{Approval: rejected}, reject, later, ""},
		"rejected after it was given":   {agent.ReleaseState{Approval: given(agent.ApprovalApproved)}, reject, at, ""},
		"expired after it was given":    {agent.ReleaseState{Approval: given(agent.ApprovalApproved)}, &agent.ApprovalExpired{ID: "a"}, at, ""},
		"canceled after it was given":   {agent.ReleaseState{Approval: given(agent.ApprovalApproved)}, &agent.Canceled{By: "U0BOB"}, at, ""},
		"canceled before it was asked":  {agent.ReleaseState{}, &agent.Canceled{By: "U0BOB"}, at, ""},
		"given, and void in one append": {agent.ReleaseState{Approval: next, Voided: []*agent.Approval{void}}, approve, at, agent.ApprovalApproved},
		"void":                          {agent.ReleaseState{Approval: next, Voided: []*agent.Approval{void}}, &agent.ApprovalSuperseded{ID: "a"}, later, agent.ApprovalReplaced},
		"void, and none was needed":     {agent.ReleaseState{Approval: unasked}, &agent.ApprovalSuperseded{ID: "a"}, at, ""},
		"something else":                {agent.ReleaseState{Approval: rejected}, &agent.Done{Outcome: "rejected"}, at, ""},
	} {
		state, ok := decided(&c.rel, &agent.Event{At: c.at, Data: c.data})
		if ok != (c.want != "") || ok && state != c.want {
			t.Errorf("%s: %q %v, want %q", name, state, ok, c.want)
		}
	}
}
