package agent

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/releasebot/releasebot/internal/failpoint"
	"github.com/releasebot/releasebot/internal/planted"
	"github.com/releasebot/releasebot/policy"
	"github.com/releasebot/releasebot/threadstore"
	"github.com/releasebot/releasebot/tools"
	"github.com/releasebot/releasebot/tools/deploy"
)

// Limits of asking deployers.
const (
	deployerLimit  = 30 * time.Second // of one answer
	elsewhereLimit = 60 * time.Second // how long another runner is waited for before a person is asked
	yieldFor       = 4 * time.Second  // for which a thread is left to that runner
	pollMost       = time.Second
)

// driver returns the release's deployer and what it is to be told.
func (r *Runner) driver(h *run, rel *ReleaseState) (deploy.Driver, tools.Call, error) {
	env, err := r.policy(rel)
	if err != nil {
		return nil, tools.Call{}, err
	}
	drv := r.Deployers[env.Deploy.Driver]
	if drv == nil {
		return nil, tools.Call{}, fmt.Errorf("this program has no deploy driver %q", env.Deploy.Driver)
	}
	call := rel.call(env)
	if l := h.leased(); l != nil {
		call.Epoch = uint64(l.Epoch) //nolint:gosec // epochs count up from 1
	}
	return drv, call, nil
}

// present returns errAgain where the log has grown since this process read it:
// another one may have started what the deployer knows.
func (r *Runner) present(ctx context.Context, h *run) error {
	records, err := r.Store.Read(ctx, string(h.id), h.version+1, 1)
	if err != nil || len(records) == 0 {
		return err
	}
	if err := r.load(ctx, h); err != nil {
		return err
	}
	return errAgain
}

// policy is the resolved policy kept in the release's plan.
func (r *Runner) policy(rel *ReleaseState) (*policy.Environment, error) {
	return r.policies.decode(rel)
}

// start writes the start down, and then, as the only one who may, starts it.
func (r *Runner) start(ctx context.Context, h *run, rel *ReleaseState, st Step, now time.Time) error {
	drv, call, err := r.driver(h, rel)
	if err != nil {
		return err
	}
	var found deploy.Status
	err = r.soon(ctx, h, now, func(ctx context.Context) (err error) {
		found, err = r.find(ctx, drv, call, "")
		return err
	})
	if isStoreError(err) {
		return err
	}
	if err != nil { // asked again, more and more slowly
		r.Log.Warn("the deployer could not be asked before a start", "thread", h.id, "release", rel.ID, "err", err, "tries", h.failed(st, now))
		return nil
	}
	switch found.State {
	case deploy.Running, deploy.Succeeded, deploy.Failed: // the deployer knows a key that the log has never started
		if err := r.present(ctx, h); err != nil {
			return err
		}
		lost := &threadstore.LostError{Log: string(h.id), By: NoticedDeployer, NowVersion: h.version, NowHead: h.state.Head}
		if err := r.lose(ctx, lost, fmt.Sprintf("%s of %s to %s, which it calls %s", rel.Action, rel.shipped(), rel.Env, found.State), h.state); err != nil {
			return err
		}
		if err := r.load(ctx, h); err != nil { // what led to this start was thought before the loss was known
			return err
		}
		return errAgain
	case deploy.Absent, deploy.Unknown:
	}
	call.Runner = r.RunnerID
	h.emitFor(now, rel.N, &DeployStarted{
		Key: call.Key, Epoch: h.leased().Epoch, Fence: rel.Fence, Owner: r.Owner, Runner: r.RunnerID,
	}, mintID(call.Key, "started", 0))
	failpoint.Hit("agent.beforeStarted")
	if planted.Is(planted.ActBeforeAppend) {
		return r.begin(ctx, h, rel, drv, call, now)
	}
	why, err := r.started(ctx, h, rel, now)
	if err != nil {
		if errors.Is(err, threadstore.ErrNotReplicated) {
			r.result(h, rel, now, DeployNotBegun, "Too few replicas of the store confirmed the start, so it was not made.", nil, "")
			return nil
		}
		return err
	}
	failpoint.Hit("agent.afterStarted")
	r.show(h)
	if !h.valid(r.Now()) { // another process may run this thread by now: it asks the deployer
		return threadstore.ErrStale
	}
	if why != "" {
		r.result(h, rel, now, DeployNotBegun, why, nil, "")
		return nil
	}
	return r.begin(ctx, h, rel, drv, call, now)
}

// stillOurs looks at the environment once more, right before the start.
func (r *Runner) stillOurs(ctx context.Context, rel *ReleaseState) string {
	e, err := r.environment(ctx, rel.Service, rel.Env)
	if err != nil {
		return "Who holds the environment could not be checked right before the start: " + compact(err)
	}
	return e.keeps(rel)
}

// keeps says why the environment does not let the release that claimed it start; "" if it does.
func (e *Environment) keeps(rel *ReleaseState) string {
	if e.Foreign > 0 {
		return "A newer releasebot has changed the environment right before the start, and this one does not understand how."
	}
	if e.Lost != nil {
		return "The environment's log has lost events, so nobody knows who holds it."
	}
	if w := e.Holder(); w == nil || w.Claim.Claim != rel.Claim || e.Fence != rel.Fence {
		return "The environment was taken over right before the start."
	}
	return ""
}

// begin asks the deployer to start. After an error that leaves it open whether
// it did, nothing is written: the deployer is asked what became of it.
func (r *Runner) begin(ctx context.Context, h *run, rel *ReleaseState, drv deploy.Driver, call tools.Call, now time.Time) error {
	sctx, cancel := context.WithTimeout(ctx, deployerLimit)
	defer cancel()
	ref, err := drv.Start(sctx, call)
	if err != nil && planted.Is(planted.RetryStart) {
		ref, err = drv.Start(sctx, call)
	}
	failpoint.Hit("agent.afterEffect")
	switch {
	case err == nil && ref != "":
		h.emitFor(now, rel.N, &DeployProgress{Key: call.Key, Ref: ref, Percent: -1}, mintID(call.Key, "ref", rel.Deploy.Again))
	case err != nil && errors.Is(err, deploy.ErrNotStarted):
		r.result(h, rel, now, DeployFailed, compact(err), nil, "")
	case err != nil:
		r.Log.Warn("a start was not confirmed; the deployer is asked", "thread", h.id, "release", rel.ID, "err", err)
	}
	return nil
}

func (r *Runner) find(ctx context.Context, drv deploy.Driver, call tools.Call, ref string) (deploy.Status, error) {
	ctx, cancel := context.WithTimeout(ctx, deployerLimit)
	defer cancel()
	return drv.Find(ctx, call, ref)
}

// result writes down what became of a start.
func (r *Runner) result(h *run, rel *ReleaseState, now time.Time, out DeployOutcome, detail string, log []string, person string) {
	h.emitFor(now, rel.N, &DeployResult{Key: rel.Deploy.Key, Outcome: out, Detail: cut(detail, 500), Log: log, By: person},
		mintID(rel.Deploy.Key, "result", out, person))
}

// poll asks the deployer what became of a start; the same question serves a run
// of our own and one that a dead process left behind.
func (r *Runner) poll(ctx context.Context, h *run, rel *ReleaseState, st Step, now time.Time) error {
	drv, call, err := r.driver(h, rel)
	if err != nil {
		return err
	}
	status, err := r.find(ctx, drv, call, rel.Deploy.Ref)
	if err != nil {
		if n := h.failed(st, now); n > 20 {
			r.result(h, rel, now, DeployUnknown, "The deployer could not be asked: "+compact(err), nil, "")
		}
		return nil
	}
	switch status.State {
	case deploy.Running:
		r.progress(h, rel, status, now)
		h.tries[st]++
		h.after(st, now, min(time.Duration(h.tries[st])*20*time.Millisecond, pollMost))
		return nil
	case deploy.Succeeded:
		r.result(h, rel, now, Deployed, status.Detail, nil, "")
	case deploy.Failed:
		r.result(h, rel, now, DeployFailed, status.Detail, status.Log, "")
	case deploy.Absent:
		return r.absent(ctx, h, rel, drv, call, now)
	case deploy.Unknown:
		if status.Elsewhere && r.waitsElsewhere(h, rel, now) {
			return errYield
		}
		r.result(h, rel, now, DeployUnknown, status.Detail, status.Log, "")
	}
	h.worked(st)
	return nil
}

// progress writes progress down, coarsely: at a step of ten percent, or another text after ten seconds.
func (r *Runner) progress(h *run, rel *ReleaseState, status deploy.Status, now time.Time) {
	run := rel.Deploy
	if status.Percent < 0 && status.Progress == "" || status.Percent == run.Percent && status.Progress == run.Text {
		return
	}
	key := Step{Kind: "progress", Release: rel.N}
	if status.Percent < run.Percent+10 && now.Before(h.pace[key]) {
		return
	}
	h.after(key, now, 10*time.Second)
	h.emitFor(now, rel.N, &DeployProgress{Key: run.Key, Ref: status.Ref, Percent: status.Percent, Text: cut(status.Progress, 120)},
		mintID(run.Key, "progress", h.state.Version+1))
}

// absent: the deployer says that this key was never started, and that a late
// start of it would be refused. Only where the target itself refuses a second
// start of a key may somebody who did not write the start down make it.
func (r *Runner) absent(ctx context.Context, h *run, rel *ReleaseState, drv deploy.Driver, call tools.Call, now time.Time) error {
	if !drv.Abilities(call).StartOnceByKey && !planted.Is(planted.RestartAbsent) {
		r.result(h, rel, now, DeployUnknown, "The deployer has no record of this run, and can't promise that it would refuse a second start.", nil, "")
		return nil
	}
	if rel.Deploy.Again >= TriesMax {
		r.result(h, rel, now, DeployFailed, fmt.Sprintf("The deployer did not begin, %d times.", rel.Deploy.Again+1), nil, "")
		return nil
	}
	h.emitFor(now, rel.N, &DeployStarted{
		Key: call.Key, Epoch: h.leased().Epoch, Fence: rel.Fence, Owner: r.Owner, Runner: r.RunnerID, Again: rel.Deploy.Again + 1,
	}, mintID(call.Key, "started", rel.Deploy.Again+1))
	if err := r.flush(ctx, h, true, now); err != nil {
		return err
	}
	if !h.valid(r.Now()) {
		return threadstore.ErrStale
	}
	call.Runner = r.RunnerID
	return r.begin(ctx, h, rel, drv, call, now)
}

// waitsElsewhere: only another runner could know what became of the start. For a
// while this process lets go of the thread, so that the other one can take it.
func (r *Runner) waitsElsewhere(h *run, rel *ReleaseState, now time.Time) bool {
	since := r.elsewhere.get(rel.Deploy.Key)
	if since == nil {
		since = &now
		r.elsewhere.put(rel.Deploy.Key, since)
	}
	if now.Sub(*since) >= elsewhereLimit {
		r.elsewhere.drop(rel.Deploy.Key)
		return false
	}
	r.yield(h.id, now.Add(yieldFor))
	return true
}

// yields reports whether this process leaves the thread to others for the moment.
func (r *Runner) yields(id ThreadID, now time.Time) bool {
	until := r.yielded.get(string(id))
	if until != nil && !now.Before(*until) {
		r.yielded.drop(string(id))
		return false
	}
	return until != nil
}

// abort asks the deployer to stop. What came of it, the deployer says when it is polled.
func (r *Runner) abort(ctx context.Context, h *run, rel *ReleaseState, st Step, now time.Time) error {
	h.after(st, now, 5*time.Second)
	drv, call, err := r.driver(h, rel)
	if err != nil {
		return err
	}
	actx, cancel := context.WithTimeout(ctx, deployerLimit)
	defer cancel()
	if err := drv.Cancel(actx, call, rel.Deploy.Ref); err != nil {
		r.Log.Warn("the deployer did not take the request to stop; it is asked again", "thread", h.id, "release", rel.ID, "err", err)
	}
	return nil
}

// askWhetherItRan asks those who may approve there.
func (r *Runner) askWhetherItRan(h *run, rel *ReleaseState, now time.Time) {
	if rel.Stage == StageDoubt {
		r.askWhetherHealthy(h, rel, now)
		return
	}
	var to []policy.Subject
	if env, err := r.policy(rel); err == nil {
		to = env.Approvers()
	}
	detail := ""
	if rel.Deploy.Detail != "" {
		detail = " What is known: " + strings.TrimSuffix(rel.Deploy.Detail, ".") + "."
	}
	h.emitFor(now, rel.N, &HumanInputRequested{
		ID: UnknownQuestionID(rel), Kind: InputDidItRun, To: to,
		Question: Question{
			Text:    fmt.Sprintf("Did the %s run? It was started, and nobody can tell what became of it.%s", English.named(rel), plain(detail)),
			Options: []string{string(VerbRan), string(VerbDidnt), string(VerbStop)},
		},
	}, mintID(UnknownQuestionID(rel), "asked"))
}

// settle writes down what a person said.
func (r *Runner) settle(h *run, rel *ReleaseState, now time.Time) {
	if rel.Stage == StageDoubt {
		r.settleDoubt(h, rel, now)
		return
	}
	a := h.state.Question(UnknownQuestionID(rel)).Answer
	switch a.Choice {
	case VerbRan:
		r.result(h, rel, now, Deployed, "A person said that it ran.", nil, a.Person)
	case VerbDidnt:
		r.result(h, rel, now, DeployNotBegun, "A person said that it did not run.", nil, a.Person)
	default:
		r.result(h, rel, now, DeployUnknown, "A person stopped here.", nil, a.Person)
	}
}

// page tells people directly.
func (r *Runner) page(ctx context.Context, h *run, rel *ReleaseState, st Step, now time.Time) error {
	people, missed := r.whom(ctx, h, rel)
	pctx, cancel := context.WithTimeout(ctx, deployerLimit)
	defer cancel()
	sent, err := r.Pager.Page(pctx, h.state, rel, people)
	if err != nil && h.failed(st, now) < TriesMax {
		return nil
	}
	if err != nil {
		sent = PageSent{About: rel.Outcome, Missed: append(sent.Missed, plain(compact(err)))}
	}
	sent.Missed = append(sent.Missed, missed...)
	h.emitFor(now, rel.N, &sent, mintID(rel.ID, "paged"))
	return nil
}

// whom lists the people to page: the policy's, and whoever asked to be.
func (r *Runner) whom(ctx context.Context, h *run, rel *ReleaseState) (people, missed []string) {
	seen := map[string]bool{}
	add := func(id string) {
		if id != "" && !seen[id] {
			seen[id] = true
			people = append(people, id)
		}
	}
	subjects := rel.Plan.Page
	for _, p := range rel.Page {
		if s, ok := r.Policy().People[p]; ok {
			subjects = append(slices.Clip(subjects), s)
		} else {
			add(p)
		}
	}
	for _, s := range subjects {
		if s.Group == "" {
			add(s.User)
			continue
		}
		members, err := r.People.Group(ctx, s.Group)
		if err != nil {
			missed = append(missed, plain(s.String()+": "+compact(err)))
		}
		for _, m := range sortedKeys(members) {
			add(m)
		}
	}
	if len(people) == 0 {
		for _, id := range h.state.askers(rel) {
			add(id)
		}
	}
	return people, missed
}

// askers are the people whose request a release goes back to: of a proposed rollback, those of what it takes back.
func (s *State) askers(rel *ReleaseState) []string {
	for len(rel.By) == 0 {
		of := s.Release(rel.Of)
		if of == nil || of.N >= rel.N {
			return Humans(s.Asker, s.OnBehalf)
		}
		rel = of
	}
	return rel.By
}
