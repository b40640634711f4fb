package agent

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/releasebot/releasebot/internal/planted"
	"github.com/releasebot/releasebot/threadstore"
)

// acquire puts the release in the environment's queue, and looks whether it is at its head.
func (r *Runner) acquire(ctx context.Context, h *run, rel *ReleaseState, st Step, now time.Time) error {
	claim := &Claim{
		Claim: rel.Claim, Thread: h.id, Number: rel.N, Action: rel.Action, Version: rel.Plan.Version, Commit: rel.Plan.Commit, By: h.state.askers(rel),
	}
	var env *Environment
	var err error
	if rel.Waits == "" && rel.Fence == 0 {
		e := &Event{ID: rel.Claim, At: h.state.clock(now).UTC().Truncate(time.Millisecond), Actor: Bot, Data: claim}
		if env, err = r.claimAhead(h, rel, e, now); env == nil && err == nil {
			env, err = r.together(ctx, h, rel.Service, rel.Env, e, now)
		}
	} else {
		env, err = r.environment(ctx, rel.Service, rel.Env)
	}
	if err != nil {
		return err
	}
	if env.Foreign > 0 {
		r.leaveEnvironment(h, rel, env, st, now)
		return nil
	}
	h.after(st, now, 5*time.Second)
	w := env.Holder()
	switch {
	case env.place(rel.Claim) < 0: // it was taken over meanwhile
		h.emitFor(now, rel.N, &Canceled{Detail: "The environment was taken over by another release."}, mintID(rel.ID, "canceled"))
		return nil
	case w.Claim.Claim == rel.Claim && !env.Locked(now) && env.Lost == nil:
		h.claimed = env
		h.emitFor(now, rel.N, &LockAcquired{Claim: rel.Claim, Fence: env.Fence}, mintID(rel.Claim, "acquired", rel.Plans))
		h.worked(st)
		return nil
	}
	why, id := waitsFor(env, w, rel), mintID(rel.Claim, "waits", env.Version)
	if w.Claim.Claim != rel.Claim && env.Lost == nil {
		lost, err := r.bury(ctx, w, rel)
		if err != nil {
			return err
		}
		if lost != "" {
			why, id = why+"; "+lost, mintID(id, "lost")
		}
	}
	if why != rel.Waits {
		h.emitFor(now, rel.N, &TimerSet{ID: mintID(rel.Claim, "waits"), Why: why}, id)
	}
	return nil
}

// byTakeover is how an environment is got of which nobody knows who holds it.
const byTakeover = "one who may approve there can take it over once it is certain that nothing runs there"

// waitsFor says, for people, whom a claim waits for.
func waitsFor(env *Environment, w *Waiter, rel *ReleaseState) string {
	if env.Lost != nil {
		return "the environment has lost events (" + env.Lost.Sentence() + "), so nobody knows who holds it; " + byTakeover
	}
	if w.Claim.Claim == rel.Claim {
		return "locked by " + mention(env.Lock.By) + ": " + plain(env.Lock.Reason)
	}
	who := ""
	if len(w.By) > 0 {
		who = ", asked for by " + mention(w.By[0])
	}
	place := ""
	if n := env.place(rel.Claim); n > 1 {
		place = fmt.Sprintf("; %d more before this one", n-1)
	}
	return fmt.Sprintf("%s (release %s%s) has it since %s%s", English.briefly(w.Action, w.Version), ReleaseID(w.Thread, w.Number), who,
		clockOf(w.Since), place)
}

// bury gives an environment back in the name of a holder whose release has ended
// without doing so. One of a thread that has lost events keeps it: lost says so.
func (r *Runner) bury(ctx context.Context, w *Waiter, rel *ReleaseState) (lost string, err error) {
	s, err := LoadThread(ctx, r.Store, w.Thread)
	if errors.Is(err, threadstore.ErrNotFound) { // its log is lost, or not there yet: unknown keeps the environment
		return "", nil
	}
	if err != nil {
		return "", err
	}
	if s.Lost != nil {
		return "the thread of that release has lost events, so nobody knows what became of it; " + byTakeover, nil
	}
	other := s.Release(w.Number)
	if other == nil { // it had claimed the environment, which is written into its own log first
		return "", r.lose(ctx, &threadstore.LostError{Log: string(w.Thread), By: NoticedEnvironment, NowVersion: s.Version, NowHead: s.Head},
			fmt.Sprintf("%s of %s (release %s)", w.Action, w.Version, ReleaseID(w.Thread, w.Number)), s)
	}
	if other.Stage != StageEnded && !(planted.Is(planted.ClaimByTTL) && r.Now().After(w.Since.Add(20*time.Second))) {
		return "", nil
	}
	_, err = r.appendEnvironment(ctx, rel.Service, rel.Env, released(s, other, w.Claim.Claim))
	return "", err
}

// released is the event of an environment that gives it back, with how a release ended.
func released(s *State, rel *ReleaseState, claim string) *Event {
	o := Outcome{
		Thread: s.ID, Number: rel.N, Action: rel.Action, Version: rel.shipped(), By: s.askers(rel), Outcome: rel.Outcome, Healthy: good(rel.Outcome),
	}
	if rel.Plan != nil {
		o.Commit = rel.Plan.Commit
	}
	if d := rel.Deploy; d != nil {
		o.Began, o.Ran, o.Known = d.Began, d.Outcome != DeployNotBegun, d.Outcome == Deployed
	}
	return &Event{
		ID: mintID(claim, "released"), At: s.Now.UTC().Truncate(time.Millisecond), Actor: Bot,
		Data: &Release{Claim: claim, Outcome: o},
	}
}

// returnEnvironment gives the environment back and wakes the next in its queue.
// Where nobody waits, it goes back together with the release's end.
func (r *Runner) returnEnvironment(ctx context.Context, h *run, rel *ReleaseState, now time.Time) error {
	e := released(h.state, rel, rel.Claim)
	if joined, err := r.withTheEnd(h, rel, e); err != nil {
		return err
	} else if joined {
		h.emitFor(now, rel.N, &LockReleased{Claim: rel.Claim}, mintID(rel.Claim, "returned"))
		return nil
	}
	if !planted.Is(planted.ReleaseBeforeEnd) {
		if err := r.flush(ctx, h, false, now); err != nil {
			return err
		}
		r.show(h)
	}
	env, err := r.appendEnvironment(ctx, rel.Service, rel.Env, e)
	if err != nil {
		return err
	}
	h.emitFor(now, rel.N, &LockReleased{Claim: rel.Claim}, mintID(rel.Claim, "returned"))
	r.wakeNext(ctx, env, h.id, now)
	return nil
}

// wakeNext: whoever waits looks by timer too, so a lost wake costs time only.
func (r *Runner) wakeNext(ctx context.Context, env *Environment, self ThreadID, now time.Time) {
	w := env.Holder()
	if w == nil {
		return
	}
	if w.Thread != self {
		if err := r.Store.Wake(ctx, string(w.Thread), now); err != nil {
			r.Log.Warn("the next in the queue was not woken", "thread", w.Thread, "err", err)
		}
	}
	r.Woken(w.Thread)
}

// lookAgain looks at the facts once more, now that nobody else can change the
// environment. Shown, decided and executed must be the same digest.
// claimed is the environment if it was seen at the claim a moment ago.
func (r *Runner) lookAgain(ctx context.Context, h *run, rel *ReleaseState, claimed *Environment, now time.Time) error {
	f := r.Policy()
	env, ok := f.Environment(rel.Service, rel.Env)
	if !ok {
		u := unknownTarget(f, rel)
		h.emitFor(now, rel.N, &ReleaseContext{Version: rel.Context.Version, Again: true, Digest: "", Changed: []string{u.Reason}}, mintID(rel.ID, "again", rel.Plans))
		return nil
	}
	var facts *ReleaseContext
	var refused *PolicyRefused
	err := r.soon(ctx, h, now, func(ctx context.Context) (err error) {
		facts, refused, err = r.facts(ctx, h, rel, env, claimed)
		return err
	})
	switch {
	case err != nil && isStoreError(err):
		return err
	case err != nil:
		h.trouble(rel, "context", err, now)
		return nil
	case refused != nil:
		facts = &ReleaseContext{Version: rel.Context.Version, Current: rel.Context.Current, Changed: []string{refused.Reason}}
	default:
		canonical, err := r.policies.of(f).form(env)
		if err != nil {
			return err
		}
		seen := *facts
		seen.CI = stillCI(rel.Plan.CI, facts.CI)
		p, err := newPlan(h.state, rel, env, canonical, f.Revision, &seen)
		if err != nil {
			return err
		}
		facts.Digest, facts.Changed = p.Digest, differences(rel.Plan, p)
		if v := frozen(rel, env, h.state.clock(now)); !v.Allowed { // begun while it waited
			facts.Digest, facts.Changed = "", append(facts.Changed, v.Reason)
		}
		if h.midway != nil && r.hasBaseline(env) { // to be measured, which may take long
			if err := r.flush(ctx, h, false, now); err != nil {
				return err
			}
		}
		if facts.Digest == rel.Plan.Digest { // as shown and approved: the facts stand in the log already
			facts = &ReleaseContext{Version: facts.Version, Digest: facts.Digest, Baseline: r.baseline(ctx, env, rel.call(env))}
		}
	}
	facts.Again = true
	h.emitFor(now, rel.N, facts, mintID(rel.ID, "again", rel.Plans))
	return nil
}
