package agent

import (
	"cmp"
	"slices"
	"strings"
)

// PlanInput is what a planner may look at when it reads w, one of the state's
// words. It is pure, so that what a planner was shown can be found out from a
// log: fold it up to there and ask again.
func (s *State) PlanInput(w Words, c Catalog) PlanInput {
	in := PlanInput{Words: w.Text, At: w.At, Catalog: c, Aside: w.Aside, RejectionOf: w.RejectionOf, Turns: s.turnsBefore(w)}
	if q := s.OpenQuestion(); q != nil && w.RejectionOf == 0 {
		question := q.Question
		in.Open = &question
	}
	if s.Past != nil {
		in.Past = *s.Past
	}
	for _, r := range s.Releases {
		in.Releases = append(in.Releases, s.brief(r))
	}
	return in
}

// turnsBefore leaves out the turn that w itself is, and what people said after it.
func (s *State) turnsBefore(w Words) []Turn {
	var turns []Turn
	for _, t := range s.Turns {
		if t.From != "person" || t.Seq < w.Seq {
			turns = append(turns, t)
		}
	}
	return turns
}

// brief is what a planner is told about a release.
func (s *State) brief(r *ReleaseState) ReleaseBrief {
	b := ReleaseBrief{
		N: r.N, ID: r.ID, Action: r.Action, Service: r.Service, Environment: r.Env, Version: r.shipped(),
		State: r.Word(), Open: r.Stage != StageEnded, By: r.By, Asked: r.Asked, Of: r.Of, Detail: r.trouble(), Solved: s.solved(r),
		Decided: r.decided(),
	}
	if r.Context != nil {
		b.Runs, b.Back = r.Context.Current.Version, r.Context.Rollback.Version
	}
	return b
}

// decided says who has decided about the release's plan, "" where nobody has.
func (r *ReleaseState) decided() string {
	switch a := r.Approval; {
	case a == nil:
	case a.State == ApprovalRejected:
		return "rejected by " + a.By
	case len(a.Approvers) > 0:
		ids := make([]string, len(a.Approvers))
		for i, p := range a.Approvers {
			ids[i] = p.Person
		}
		return "approved by " + strings.Join(ids, ", ")
	}
	return ""
}

// lastWords is the last line that a deploy wrote, behind a colon.
func (d *DeployRun) lastWords() string {
	for _, line := range slices.Backward(d.Log) {
		if line = strings.TrimSpace(line); line != "" {
			return ": " + line
		}
	}
	return ""
}

// trouble is what went wrong with a release, in a line.
func (r *ReleaseState) trouble() string {
	switch {
	case r.Refused != nil:
		return cut(r.Refused.Reason, 239)
	case r.Deploy != nil && r.Deploy.Outcome == DeployFailed:
		return cut(cmp.Or(r.Detail, r.Deploy.Detail)+r.Deploy.lastWords(), 239)
	case r.Detail != "":
		return cut(r.Detail, 239)
	case r.Deploy != nil && r.Deploy.Outcome != Deployed && r.Deploy.Detail != "":
		return cut(r.Deploy.Detail, 239)
	}
	return ""
}

// solved: the release ended badly, and a later one of the same environment well.
func (s *State) solved(r *ReleaseState) bool {
	if r.Stage != StageEnded || r.Outcome == OutcomeDone || r.Outcome == OutcomeRolledBack {
		return false
	}
	for _, later := range s.Releases[r.N:] {
		if later.Service == r.Service && later.Env == r.Env && (later.Outcome == OutcomeDone || later.Outcome == OutcomeRolledBack) {
			return true
		}
	}
	return false
}
