package agent

import (
	"context"
	"fmt"

	"github.com/releasebot/releasebot/policy"
)

// Undecided is the rollback that was proposed for r and that nobody has decided
// about yet; nil if there is none.
func (s *State) Undecided(r *ReleaseState) *ReleaseState {
	back := s.Release(r.Rollback)
	if back == nil || back.Auto != "" || back.Outcome != "" || back.Cancel != "" || !back.Stage.Before(StageClaim) {
		return nil
	}
	return back
}

// Followed is the thread's newest release of r's environment after r, other
// than the rollback that was proposed for it; nil if there is none.
func (s *State) Followed(r *ReleaseState) *ReleaseState {
	for n := len(s.Releases); n > r.N; n-- {
		if o := s.Releases[n-1]; o.Service == r.Service && o.Env == r.Env && o.N != r.Rollback {
			return o
		}
	}
	return nil
}

// Failed reports whether something went wrong with what the release did.
func (r *ReleaseState) Failed() bool {
	switch r.Outcome {
	case OutcomeFailed, OutcomeUnhealthy, OutcomeInconclusive:
		return true
	}
	return false
}

// leave: a failure is left as it is, by one who may ask for releases there or
// approve them. It can be left as long as nothing else was decided about it.
func (j *judgement) leave(ctx context.Context) error {
	if v := j.h.state.leavable(j.rel); !v.Allowed {
		j.refuse(j.rel.N, v)
		return nil
	}
	if v := j.allowed(ctx, j.rel, j.mayRequest(ctx)); !v.Allowed {
		if w := j.allowed(ctx, j.rel, j.mayDecide(ctx)); !w.Allowed {
			j.refuse(j.rel.N, v)
			return nil
		}
	}
	j.write(j.rel.N, &LeftAsIs{Of: j.d.Seq, By: j.human})
	return nil
}

// MayLeave reports whether a release is a failure about which nothing was decided yet, so that it can be left as it is.
func (s *State) MayLeave(r *ReleaseState) bool { return s.leavable(r).Allowed }

// leavable says whether a release is a failure about which nothing was decided yet, and if not, what was.
func (s *State) leavable(r *ReleaseState) policy.Verdict {
	back, next := s.Release(r.Rollback), s.Followed(r)
	switch {
	case r.Left != nil:
		return r.alreadyLeft()
	case r.Stage != StageEnded:
		return policy.Verdict{Rule: "running", Reason: "Release " + r.ID + " has not ended, so it can't be left as it is.", Remedy: "`/release cancel " + r.ID + "` stops it."}
	case !r.Failed():
		return policy.Verdict{Rule: "ended", Reason: "Release " + r.ID + " is " + r.Word() + ": there is no failure to leave as it is."}
	case r.Deploy != nil && r.Deploy.Outcome == DeployNotBegun && r.Deploy.By != "":
		return policy.Verdict{Rule: "again", Reason: "It is asked for again already, because " + mention(r.Deploy.By) + " said that it didn't run."}
	case next != nil:
		return policy.Verdict{Rule: "again", Reason: "Something was done about it already: release " + next.ID + " came after it, and is " + next.Word() + "."}
	case back != nil && s.Undecided(r) == nil:
		return policy.Verdict{Rule: "decided", Reason: "Its rollback is decided already: release " + back.ID + " is " + back.Word() + by(back.decidedBy()) + "."}
	}
	return policy.Verdict{Allowed: true}
}

// decidedBy is who ended the release, where that was a person.
func (r *ReleaseState) decidedBy() string {
	if r.Outcome == OutcomeRejected || r.Outcome == OutcomeCanceled {
		return r.OutcomeBy
	}
	return ""
}

// alreadyLeft refuses what would be done about a failure that was left as it is.
func (r *ReleaseState) alreadyLeft() policy.Verdict {
	return policy.Verdict{
		Rule: "left", Reason: "Release " + r.ID + " was left as it is by " + mention(r.Left.By) + ", on " + clockOf(r.Left.At) + ".",
		Remedy: "Ask for a new release in words, or by `/release`.",
	}
}

// leave folds in that a failure is left as it is.
func (s *State) leave(r *ReleaseState, d *LeftAsIs) {
	s.judged(d.Of)
	if r.Left != nil || r.Stage != StageEnded {
		return
	}
	r.Left = &Left{By: d.By, At: s.Now}
	if back := s.Undecided(r); back != nil {
		back.Cancel = d.By
	}
}

// withdrawn is why a rollback is canceled whose failure was left as it is; "" for any other release.
func (s *State) withdrawn(r *ReleaseState) string {
	of := s.Release(r.Of)
	if of == nil || of.Rollback != r.N || of.Left == nil || of.Left.By != r.Cancel {
		return ""
	}
	return fmt.Sprintf("The failure of %s is left as it is.", plain(of.Service+" "+of.shipped()))
}
