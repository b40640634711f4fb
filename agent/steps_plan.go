package agent

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/releasebot/releasebot/policy"
	"github.com/releasebot/releasebot/tools"
	"github.com/releasebot/releasebot/tools/changelog"
)

// changesListed is how many commits a card can list.
const changesListed = 10

// CatalogOf lists the names of a policy file, in its order.
func CatalogOf(f *policy.File) Catalog {
	var c Catalog
	if f == nil {
		return c
	}
	for _, name := range f.Order {
		c.Services = append(c.Services, CatalogService{Name: name, Aliases: f.Services[name].Aliases, Environments: f.Services[name].Order})
	}
	for name := range f.People {
		c.People = append(c.People, name)
	}
	slices.Sort(c.People)
	return c
}

// context fetches the facts that a plan is made from.
func (r *Runner) context(ctx context.Context, h *run, rel *ReleaseState, now time.Time) error {
	env, ok := r.Policy().Environment(rel.Service, rel.Env)
	if !ok {
		h.refuse(rel, now, unknownTarget(r.Policy(), rel))
		return nil
	}
	facts, refused, err := r.facts(ctx, h, rel, env, nil)
	switch {
	case err != nil && isStoreError(err):
		return err
	case err != nil:
		h.trouble(rel, "context", err, now)
	case refused != nil:
		h.refuse(rel, now, *refused)
	default:
		h.emitFor(now, rel.N, facts, mintID(rel.ID, "context", rel.Plans))
	}
	return nil
}

func (h *run) refuse(rel *ReleaseState, now time.Time, why PolicyRefused) {
	h.emitFor(now, rel.N, &why, mintID(rel.ID, "refused", rel.Plans, why.Rule))
}

func unknownTarget(f *policy.File, rel *ReleaseState) PolicyRefused {
	svc, ok := f.Services[rel.Service]
	if !ok {
		return PolicyRefused{
			Rule: "service", Reason: fmt.Sprintf("The policy file has no service %q.", plain(cut(rel.Service, 60))),
			Remedy: "It has " + strings.Join(f.Order, ", ") + ".",
		}
	}
	return PolicyRefused{
		Rule: "environment", Reason: fmt.Sprintf("%s has no environment %q.", svc.Name, plain(cut(rel.Env, 60))),
		Remedy: "It has " + strings.Join(svc.Order, ", ") + ".",
	}
}

// storeError marks an error of the store: the step is tried again later, and nothing is written down.
type storeError struct{ error }

func (e storeError) Unwrap() error { return e.error }

func isStoreError(err error) bool {
	var s storeError
	return errors.As(err, &s)
}

// facts looks at the environment, the repository and the deployer. A refusal is
// what can't be released; an error, what could not be found out. e is the
// environment where it was read a moment ago, else nil.
func (r *Runner) facts(ctx context.Context, h *run, rel *ReleaseState, env *policy.Environment, e *Environment) (*ReleaseContext, *PolicyRefused, error) {
	ctx, cancel := context.WithTimeout(ctx, time.Minute)
	defer cancel()
	var err error
	if e == nil {
		e, err = r.environment(ctx, rel.Service, rel.Env)
	}
	if err != nil {
		return nil, nil, storeError{err}
	}
	if e.Foreign > 0 && rel.Stage == StageLook {
		r.yield(h.id, r.Now().Add(yieldFor))
		return nil, nil, storeError{errYield}
	}
	facts := &ReleaseContext{Current: e.Running, Last: e.Last}
	src, err := r.Sources(env.Source)
	if err != nil {
		return nil, nil, fmt.Errorf("opening the repository of %s: %w", rel.Service, err)
	}
	r.observeCurrent(ctx, rel, env, facts, src)
	facts.queued(h, rel, e)
	if refused, err := r.version(ctx, rel, e, facts, src); refused != nil || err != nil {
		return nil, refused, err
	}
	if asksCI(rel, env) {
		var asked sync.WaitGroup
		asked.Go(func() { facts.CI = r.askCI(ctx, rel, env, facts.Version) })
		defer asked.Wait() // both take their time: the command, and the repository
	}
	if rel.Action != "verify" && facts.Replaces.Version != "" {
		changes, err := src.Between(ctx, ref(facts.Replaces), refOf(facts.Version), changesListed)
		if err != nil {
			facts.Problems = append(facts.Problems, "The changes since "+plain(facts.Replaces.Version)+" could not be listed: "+compact(err))
		} else {
			facts.Changes = &changes
		}
	}
	return facts, nil, nil
}

// queued looks who is ahead of the release: what the last of them ships is what it replaces.
func (facts *ReleaseContext) queued(h *run, rel *ReleaseState, e *Environment) {
	facts.Replaces = facts.Current
	for _, w := range e.Queue {
		if w.Thread == h.id && w.Number == rel.N {
			return
		}
		if facts.Holder == "" {
			facts.Holder = ReleaseID(w.Thread, w.Number)
		}
		facts.Replaces = Running{Version: w.Version, Commit: w.Commit}
	}
}

// ref is how a running version is named to its repository.
func ref(v Running) string {
	if v.Commit != "" {
		return v.Commit
	}
	return v.Version
}

func refOf(v changelog.Version) string {
	if v.SHA != "" {
		return v.SHA
	}
	return v.Name
}

// version resolves what is to be shipped, and what a failure would go back to.
func (r *Runner) version(ctx context.Context, rel *ReleaseState, e *Environment, facts *ReleaseContext, src changelog.Source) (*PolicyRefused, error) {
	want := rel.Version
	switch {
	case rel.Action == "verify":
		facts.Version = changelog.Version{Name: facts.Current.Version, SHA: facts.Current.Commit}
		return nil, nil
	case rel.Action == "rollback" && want == "":
		back := rollbackTarget(e, facts)
		if back.Version == "" {
			return &PolicyRefused{
				Rule: "rollback", Reason: "No version of " + rel.Service + " that was ever healthy in " + rel.Env + " is known to go back to.",
				Remedy: "Deploy a version by name.",
			}, nil
		}
		facts.Rollback, facts.Version = back, changelog.Version{Name: back.Version, SHA: back.Commit}
		return nil, nil
	}
	if err := checkVersion(want); err != nil {
		return &PolicyRefused{Rule: "version", Reason: "That is no version: " + plain(err.Error()) + ".", Remedy: "Name a tag or a commit."}, nil
	}
	v, err := src.Resolve(ctx, want)
	switch {
	case errors.Is(err, changelog.ErrUnknownVersion), errors.Is(err, changelog.ErrAmbiguous):
		return &PolicyRefused{Rule: "version", Reason: plain(compact(err)), Remedy: "Name a tag or a commit of the repository of " + rel.Service + "."}, nil
	case err != nil:
		return nil, fmt.Errorf("resolving %s: %w", want, err)
	}
	facts.Version = v
	if rel.Action == "deploy" {
		facts.Rollback = e.RollbackTo(v.Name)
	}
	return nil, nil
}

// rollbackTarget is the last healthy version other than the one to get away from.
func rollbackTarget(e *Environment, facts *ReleaseContext) Running {
	away := facts.Current.Version
	if away == "" && e.Last != nil {
		away = e.Last.Version
	}
	return e.RollbackTo(away)
}

// observeCurrent asks the deployer what runs, where it can say.
func (r *Runner) observeCurrent(ctx context.Context, rel *ReleaseState, env *policy.Environment, facts *ReleaseContext, src changelog.Source) {
	drv := r.Deployers[env.Deploy.Driver]
	if drv == nil {
		return
	}
	call := tools.Call{Action: rel.Action, Service: rel.Service, Environment: rel.Env, Version: rel.Version, Args: env.Deploy.Args}
	if !drv.Abilities(call).Current {
		return
	}
	v, err := drv.Current(ctx, call)
	switch {
	case err != nil:
		facts.Problems = append(facts.Problems, "The deployer could not say what runs: "+compact(err))
	case v != "" && v != facts.Current.Version:
		facts.Current = Running{Version: v}
		if seen, err := src.Resolve(ctx, v); err == nil {
			facts.Current.Commit = seen.SHA
		}
	}
}

// plan asks the policy, and makes the plan.
func (r *Runner) plan(ctx context.Context, h *run, rel *ReleaseState, now time.Time) error {
	f := r.Policy()
	env, ok := f.Environment(rel.Service, rel.Env)
	if !ok {
		h.refuse(rel, now, unknownTarget(f, rel))
		return nil
	}
	if refused, err := r.mayShip(ctx, h, rel, env, now); err != nil {
		return err
	} else if refused != nil {
		refused.Line = f.Line(rel.Service, rel.Env, lineOf(refused.Rule, env, rel, h.state.clock(now)))
		h.refuse(rel, now, *refused)
		return nil
	}
	canonical, err := r.policies.of(f).form(env)
	if err != nil {
		return err
	}
	p, err := newPlan(h.state, rel, env, canonical, f.Revision, rel.Context)
	if err != nil {
		return err
	}
	h.emitFor(now, rel.N, p, mintID(rel.ID, "plan", p.Ordinal))
	return nil
}

// mayShip asks who may ask for this, and whether it is its turn.
func (r *Runner) mayShip(ctx context.Context, h *run, rel *ReleaseState, env *policy.Environment, now time.Time) (*PolicyRefused, error) {
	for _, human := range rel.By {
		p, err := r.People.Person(ctx, human)
		if err != nil {
			return refusal(lookupFailed(human, err)), nil
		}
		if v := policy.MayRequest(env, p, r.groups(ctx)); !v.Allowed {
			return refusal(v), nil
		}
	}
	if v := frozen(rel, env, h.state.clock(now)); !v.Allowed {
		return refusal(v), nil
	}
	if env.After == "" || rel.Action != "deploy" {
		return nil, nil
	}
	before, err := r.environment(ctx, rel.Service, env.After)
	if err != nil {
		return nil, err
	}
	var healthy []policy.Build
	for _, b := range before.Healthy {
		healthy = append(healthy, policy.Build{Version: b.Version, Commit: b.Commit})
	}
	v := policy.After(env, policy.Build{Version: rel.Context.Version.Name, Commit: rel.Context.Version.SHA}, healthy, nil)
	if !v.Allowed {
		return refusal(v), nil
	}
	return nil, nil
}

// lineOf is the rule as the policy file's lines are found by: of a freeze, the window that it is.
func lineOf(rule string, env *policy.Environment, rel *ReleaseState, now time.Time) string {
	if rule == policy.RuleFreeze {
		if n, ok := policy.FrozenBy(env, rel.Action, now); ok {
			return fmt.Sprintf("%s.%d", policy.RuleFreeze, n)
		}
	}
	return rule
}

// frozen asks whether a freeze keeps the release out; a broken glass lets this one through.
func frozen(rel *ReleaseState, env *policy.Environment, now time.Time) policy.Verdict {
	if rel.Glass != nil || rel.Action == "verify" {
		return policy.Verdict{Allowed: true}
	}
	v, _ := policy.Frozen(env, rel.Action, now)
	return v
}

func refusal(v policy.Verdict) *PolicyRefused {
	return &PolicyRefused{Rule: v.Rule, Reason: v.Reason, Remedy: v.Remedy}
}

func lookupFailed(human string, err error) policy.Verdict {
	return policy.Verdict{
		Rule: policy.RuleLookup, Reason: fmt.Sprintf("Who %s is could not be checked: %s.", mention(human), plain(compact(err))),
		Remedy: "Try again once Slack answers.",
	}
}

func (r *Runner) groups(ctx context.Context) policy.Groups {
	return func(group string) (map[string]bool, error) { return r.People.Group(ctx, group) }
}

// request opens the approval of the plan.
func (r *Runner) request(h *run, rel *ReleaseState, now time.Time) error {
	env, err := r.policy(rel)
	if err != nil {
		return err
	}
	at := h.state.clock(now).UTC().Truncate(time.Millisecond)
	req := &ApprovalRequested{
		ID: ApprovalID(h.id, rel.N, rel.Plans), Digest: rel.Plan.Digest, Required: rel.required(env),
		From: env.Approvers(), Expires: at.Add(env.Approval.ExpiresAfter.Std()), Why: rel.Plan.Why,
	}
	if req.Required > 0 {
		req.remind(env.Approval, at)
	}
	h.emitFor(now, rel.N, req, mintID(req.ID, "requested"))
	return nil
}

// remind sets when people are reminded: the thread first; halfway to what comes
// next each approver directly; then those it is escalated to.
func (req *ApprovalRequested) remind(a policy.Approval, at time.Time) {
	next := req.Expires
	if len(a.EscalateTo) > 0 {
		req.EscalateTo, req.EscalateAt = a.EscalateTo, at.Add(a.EscalateAfter.Std())
		next = req.EscalateAt
	}
	if d := a.RemindAfter.Std(); d > 0 {
		req.RemindAt = at.Add(d)
		req.DirectAt = req.RemindAt.Add(next.Sub(req.RemindAt) / 2)
	}
}

// supersede: a newer release of the same thread and environment replaces rel.
func (r *Runner) supersede(h *run, rel *ReleaseState, now time.Time) {
	by := 0
	for _, o := range h.state.Releases[rel.N:] {
		if (o.Service == rel.Service && o.Env == rel.Env || o.Edits && o.Of == rel.N) && o.Stage == StageApproval {
			by = o.N
			break
		}
	}
	if by > 0 {
		h.emitFor(now, rel.N, &ApprovalSuperseded{ID: approvalID(rel), By: by}, mintID(rel.ID, "superseded"))
	}
}

// propose opens the rollback of a release that went wrong.
func (r *Runner) propose(h *run, rel *ReleaseState, now time.Time) {
	h.emitFor(now, rel.N, &RollbackProposed{
		Of: rel.N, To: Running{Version: rel.Plan.Rollback, Commit: rel.Plan.RollbackCommit}, Automatic: rel.Plan.OnFailure == policy.Rollback,
	}, mintID(rel.ID, "rollback"))
}
