package api

import (
	"time"

	"github.com/releasebot/releasebot/agent"
)

func approvalOutcomes() []string {
	return []string{
		string(agent.ApprovalApproved), string(agent.ApprovalRejected), string(agent.ApprovalExpiredOut),
		string(agent.ApprovalReplaced), string(agent.ApprovalCanceled),
	}
}

// Observe counts one event that has become durable. It is agent.Config.Observe:
// s is the state after the append that e came with, which may have brought
// others too, or nil with an event that was only taken in; it is not kept.
func (m *Metrics) Observe(_ agent.ThreadID, s *agent.State, e *agent.Event) {
	if _, foreign := e.Data.(*agent.Foreign); foreign {
		m.events.WithLabelValues("foreign").Inc()
	} else {
		m.events.WithLabelValues(e.Type()).Inc()
	}
	switch d := e.Data.(type) {
	case *agent.PlannerDecision:
		m.planned(d)
	case *agent.ErrorEvent:
		if d.Tool == "planner" {
			m.planner.WithLabelValues("error").Inc()
		}
	case *agent.LogLost:
		m.lost.WithLabelValues(label(d.NoticedBy)).Inc()
	case *agent.SetAside:
		m.aside.Inc()
	}
	if s == nil {
		return
	}
	rel := s.Release(e.Release)
	if rel == nil {
		return
	}
	if outcome, ok := decided(rel, e); ok {
		m.approvals.WithLabelValues(string(outcome)).Inc()
		if a := approvalFor(rel, e); a != nil {
			m.delivery.decision.WithLabelValues(string(outcome)).Observe(max(e.At.Sub(a.Asked), 0).Seconds())
		}
	}
	if d, ok := e.Data.(*agent.DeployResult); ok && rel.Deploy != nil && rel.Deploy.Key == d.Key {
		m.deploys.WithLabelValues(rel.Service, rel.Env, string(d.Outcome)).Inc()
		m.deployed(rel, d, e.At)
	}
}

// planned counts a planner's call. What code made by itself was no call; one that failed is counted by its error.
func (m *Metrics) planned(d *agent.PlannerDecision) {
	switch d.Planner {
	case "command", "button", "sequel", "limit", "fallback", "lost", agent.PlannerStopped:
	default:
		m.planner.WithLabelValues(label(d.Planner)).Inc()
	}
	if n := d.Tokens.Calls; n > 0 {
		m.calls.WithLabelValues(label(d.Planner)).Add(float64(n))
	}
	m.cost.Add(float64(max(d.Tokens.Cost, 0)) / 1e9)
	for kind, n := range map[string]int{"in": d.Tokens.In, "cached": d.Tokens.Cached, "out": d.Tokens.Out} {
		m.tokens.WithLabelValues(kind).Add(float64(max(n, 0))) // a counter panics on less than nought, which an endpoint might report
	}
}

// decided says how an approval of the release ended by this very event. The
// fold has said what counts: an event that came too late ended nothing.
func decided(rel *agent.ReleaseState, e *agent.Event) (agent.ApprovalState, bool) {
	switch d := e.Data.(type) {
	case *agent.ApprovalResponse:
		a := approvalOf(rel, d.ID)
		switch {
		case a == nil:
		case d.Decision == agent.VerbReject:
			return agent.ApprovalRejected, a.State == agent.ApprovalRejected && a.By == d.Person && a.Decided.Equal(e.At)
		case d.Decision == agent.VerbApprove:
			return agent.ApprovalApproved, completes(a, d.Person, e.At)
		}
	case *agent.ApprovalExpired:
		return endedBy(approvalOf(rel, d.ID), agent.ApprovalExpiredOut, e.At)
	case *agent.ApprovalSuperseded:
		return endedBy(approvalOf(rel, d.ID), agent.ApprovalReplaced, e.At)
	case *agent.Canceled:
		return endedBy(rel.Approval, agent.ApprovalCanceled, e.At)
	}
	return "", false
}

// approvalFor is the approval that an event is about.
func approvalFor(rel *agent.ReleaseState, e *agent.Event) *agent.Approval {
	switch d := e.Data.(type) {
	case *agent.ApprovalResponse:
		return approvalOf(rel, d.ID)
	case *agent.ApprovalExpired:
		return approvalOf(rel, d.ID)
	case *agent.ApprovalSuperseded:
		return approvalOf(rel, d.ID)
	}
	return rel.Approval
}

// completes: the person's approval was the last that was needed. It says so too
// where the approval has become void since.
func completes(a *agent.Approval, person string, at time.Time) bool {
	n := len(a.Approvers)
	return n > 0 && n >= a.Required && a.Approvers[n-1].Person == person && a.Approvers[n-1].At.Equal(at)
}

func endedBy(a *agent.Approval, state agent.ApprovalState, at time.Time) (agent.ApprovalState, bool) {
	return state, a != nil && a.Required > 0 && a.State == state && a.Decided.Equal(at)
}

// approvalOf finds an approval of the release, also one that a newer one has replaced.
func approvalOf(rel *agent.ReleaseState, id string) *agent.Approval {
	if a := rel.Approval; a != nil && a.ID == id {
		return a
	}
	for _, a := range rel.Voided {
		if a.ID == id {
			return a
		}
	}
	return nil
}
