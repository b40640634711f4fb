package agent

import "slices"

// PlanInput is what a planner may look at when it reads w, one of the state's
// words. It is pure, so that what a planner was shown can be found out from a
// log: fold it up to there and ask again.
func (s *State) PlanInput(w Words, c Catalog) PlanInput {
	in := PlanInput{Words: w.Text, At: w.At, Catalog: c, Aside: w.Aside, RejectionOf: w.RejectionOf, Turns: s.turnsBefore(w)}
	if q := s.OpenQuestion(); q != nil && w.RejectionOf == 0 {
		question := q.Question
		in.Open = &question
	}
	for _, r := range s.Releases {
		in.Releases = append(in.Releases, s.brief(r))
	}
	return in
}

// turnsBefore leaves out the turn that w itself is, and what people said after it.
func (s *State) turnsBefore(w Words) []Turn {
	after := 0
	for _, o := range s.Words {
		if o.Seq >= w.Seq && !o.Sequel && !o.Click {
			after++
		}
	}
	var turns []Turn
	for _, v := range slices.Backward(s.Turns) {
		if after > 0 && v.From == "person" {
			after--
			continue
		}
		turns = append(turns, v)
	}
	slices.Reverse(turns)
	return turns
}

// brief is what a planner is told about a release.
func (s *State) brief(r *ReleaseState) ReleaseBrief {
	b := ReleaseBrief{
		N: r.N, ID: r.ID, Action: r.Action, Service: r.Service, Environment: r.Env, Version: r.shipped(),
		State: r.Word(), Open: r.Stage != StageEnded, By: r.By, Asked: r.Asked, Of: r.Of, Detail: r.trouble(), Solved: s.solved(r),
	}
	if r.Context != nil {
		b.Runs, b.Back = r.Context.Current.Version, r.Context.Rollback.Version
	}
	return b
}

// trouble is what went wrong with a release, in a line.
func (r *ReleaseState) trouble() string {
	switch {
	case r.Refused != nil:
		return cut(r.Refused.Reason, 239)
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
