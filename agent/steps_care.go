package agent

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/releasebot/releasebot/policy"
	"github.com/releasebot/releasebot/threadstore"
)

// remind reminds the approvers: in the thread, and later each of them directly.
func (r *Runner) remind(ctx context.Context, h *run, rel *ReleaseState, now time.Time) {
	a := rel.Approval
	if a.Reminded.IsZero() {
		h.emitFor(now, rel.N, &ApprovalReminded{ID: a.ID}, mintID(a.ID, "reminded"))
		return
	}
	people := r.peopleOf(ctx, a.From, a)
	if len(people) == 0 { // nobody can be named now: the reminder in the thread has to do
		people = []string{}
	}
	h.emitFor(now, rel.N, &ApprovalReminded{ID: a.ID, Directly: append(people, rel.requester()...)}, mintID(a.ID, "reminded", 2))
}

// requester: whoever asked is told too that nobody decides.
func (r *ReleaseState) requester() []string {
	if len(r.By) == 0 {
		return nil
	}
	return r.By[:1]
}

func (r *Runner) escalate(ctx context.Context, h *run, rel *ReleaseState, now time.Time) {
	a := rel.Approval
	h.emitFor(now, rel.N, &ApprovalEscalated{ID: a.ID, To: a.EscalateTo, People: r.peopleOf(ctx, a.EscalateTo, a)}, mintID(a.ID, "escalated"))
}

// peopleOf lists the people behind subjects who have not approved yet, at most fifty.
func (r *Runner) peopleOf(ctx context.Context, subjects []policy.Subject, a *Approval) []string {
	const most = 50
	seen := map[string]bool{}
	var people []string
	add := func(id string) {
		if id != "" && !seen[id] && !a.has(id) && len(people) < most {
			seen[id] = true
			people = append(people, id)
		}
	}
	for _, s := range subjects {
		if s.Group == "" {
			add(s.User)
			continue
		}
		members, err := r.People.Group(ctx, s.Group)
		if err != nil {
			r.Log.Warn("a group could not be looked up for a reminder", "group", s.Group, "err", err)
			continue
		}
		for _, m := range sortedKeys(members) {
			add(m)
		}
	}
	return people
}

// takeOver puts this release in the holder's place, and the holder back out: by
// an approver's word, never by time.
func (r *Runner) takeOver(ctx context.Context, h *run, rel *ReleaseState, st Step, now time.Time) error {
	t := rel.Takeover
	env, err := r.appendEnvironment(ctx, rel.Service, rel.Env, &Event{
		ID: mintID(rel.Claim, "takes over", t.From), At: h.state.clock(now).UTC().Truncate(time.Millisecond), Actor: Bot, Cause: rel.ID,
		Data: &Takeover{Claim: rel.Claim, From: t.From, By: t.By, Reason: t.Reason},
	})
	if err != nil {
		return err
	}
	if w := env.Holder(); w != nil && w.Claim.Claim == rel.Claim {
		h.emitFor(now, rel.N, &LockAcquired{Claim: rel.Claim, Fence: env.Fence}, mintID(rel.Claim, "acquired", rel.Plans))
		return nil
	}
	h.after(st, now, 5*time.Second)
	return nil
}

// takeover judges whether the environment may be taken over: by one who may
// approve there, with a reason, and never from a release whose start is unfinished.
func (j *judgement) takeover(ctx context.Context) error {
	refuse := func(rule, reason, remedy string) error {
		j.refuse(j.rel.N, policy.Verdict{Rule: rule, Reason: reason, Remedy: remedy})
		return nil
	}
	if j.rel.Stage != StageClaim || j.rel.Waits == "" {
		return refuse("waiting", "Release "+j.rel.ID+" does not wait for its environment.", "")
	}
	if j.d.Data.Reason == "" {
		return refuse("reason", "Taking an environment over needs a reason.", "Say why it can't wait.")
	}
	if v := j.allowed(ctx, j.rel, j.mayDecide(ctx)); !v.Allowed {
		j.refuse(j.rel.N, v)
		return nil
	}
	env, err := j.r.environment(ctx, j.rel.Service, j.rel.Env)
	if err != nil {
		return err
	}
	w := env.Holder()
	if env.Lost != nil && (w == nil || w.Claim.Claim == j.rel.Claim) {
		j.write(j.rel.N, &TakeoverRequested{Of: j.d.Seq, From: lostClaim, By: j.human, Reason: cut(j.d.Data.Reason, 300)})
		return nil
	}
	if w == nil || w.Claim.Claim == j.rel.Claim {
		return refuse("lock", "No other release holds "+j.rel.Target()+"; a person's lock is taken off by `/release unlock`.", "")
	}
	holder, err := LoadThread(ctx, j.r.Store, w.Thread)
	gone := errors.Is(err, threadstore.ErrNotFound)
	if err != nil && !gone {
		return err
	}
	if gone || holder.Lost != nil { // nobody knows: the take-over is the word of one who may that it is over
		j.write(j.rel.N, &TakeoverRequested{Of: j.d.Seq, From: w.Claim.Claim, By: j.human, Reason: cut(j.d.Data.Reason, 300)})
		return nil
	}
	other := holder.Release(w.Number)
	if other == nil || other.Deploy != nil && other.Deploy.Outcome == "" || other.Stage == StageUnknown || other.Stage == StageVerify {
		return refuse("running", fmt.Sprintf("Release %s is under way there; somebody has to stop it, or say what became of it, first.", ReleaseID(w.Thread, w.Number)),
			"Abort it, or answer its question.")
	}
	j.write(j.rel.N, &TakeoverRequested{Of: j.d.Seq, From: w.Claim.Claim, By: j.human, Reason: cut(j.d.Data.Reason, 300)})
	return nil
}
