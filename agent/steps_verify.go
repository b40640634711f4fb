package agent

import (
	"context"
	"fmt"
	"slices"
	"sort"
	"strings"
	"sync"
	"time"

	"github.com/releasebot/releasebot/policy"
	"github.com/releasebot/releasebot/tools"
	"github.com/releasebot/releasebot/tools/healthcheck"
)

// openWindow begins a window of checks. A process that takes over a window
// has not seen its looks, so it opens one of its own.
func (r *Runner) openWindow(h *run, rel *ReleaseState, try int, now time.Time) error {
	h.looks[rel.N] = map[string]healthcheck.Progress{}
	h.emitFor(now, rel.N, &VerifyStarted{Try: try, Checks: rel.Plan.Checks}, mintID(rel.ID, "verify", rel.Plans, try))
	return nil
}

// check looks at what is due to be looked at, once, and judges the window.
func (r *Runner) check(ctx context.Context, h *run, rel *ReleaseState, st Step, now time.Time) error {
	env, err := r.policy(rel)
	if err != nil {
		return err
	}
	seen := h.looks[rel.N]
	if seen == nil {
		return r.openWindow(h, rel, rel.Verify.Try+1, now)
	}
	call := rel.call(env)
	due, _ := windowNext(env, seen, rel.Verify.Began, now)
	if err := r.lookPatiently(ctx, h, func() { r.look(ctx, env, call, due, seen, rel.Baseline) }, now); err != nil {
		return err
	}
	if results, done := windowDone(env, seen, rel.Verify.Began, h.state.clock(r.Now())); done {
		h.emitFor(h.state.clock(r.Now()), rel.N, &PostDeployCheckResult{Verdict: overall(results), Checks: results},
			mintID(rel.ID, "checked", rel.Plans, rel.Verify.Try))
		delete(h.looks, rel.N)
		h.worked(st)
		return nil
	}
	if _, next := windowNext(env, seen, rel.Verify.Began, h.state.clock(r.Now())); !next.IsZero() {
		h.pace[st] = next
	}
	return nil
}

// lookPatiently makes looks. What is pending goes in with what they find, unless
// they take longer than the runner's patience: then it is made durable meanwhile.
func (r *Runner) lookPatiently(ctx context.Context, h *run, look func(), now time.Time) error {
	if len(h.pending) == 0 {
		look()
		return nil
	}
	looked := make(chan struct{})
	go func() {
		defer close(looked)
		look()
	}()
	patience := time.NewTimer(r.Patience)
	defer patience.Stop()
	var err error
	select {
	case <-looked:
	case <-patience.C:
		err = r.flush(ctx, h, false, now)
		<-looked
	}
	return err
}

func window(c policy.Check) healthcheck.Window {
	return healthcheck.Window{Passes: c.Passes, Every: c.Every.Std(), Within: c.Within.Std()}
}

// windowNext lists the checks due at now; next is when the first of the others is.
func windowNext(env *policy.Environment, seen map[string]healthcheck.Progress, began, now time.Time) (due []int, next time.Time) {
	for i, c := range env.Verify {
		_, done, at := window(c).Judge(seen[c.Name], began, now)
		switch {
		case done:
		case !at.After(now):
			due = append(due, i)
		default:
			next = sooner(next, at)
		}
	}
	if len(due) > 0 {
		next = now
	}
	return due, next
}

// look makes the looks that are due, beside each other.
func (r *Runner) look(ctx context.Context, env *policy.Environment, call tools.Call, due []int, seen map[string]healthcheck.Progress, before map[string]healthcheck.Measurement) {
	var wg sync.WaitGroup
	var mu sync.Mutex
	for _, i := range due {
		wg.Go(func() {
			c := env.Verify[i]
			res := r.lookOnce(ctx, c, call, before[c.Name])
			mu.Lock()
			defer mu.Unlock()
			seen[c.Name] = seen[c.Name].Add(res, r.Now())
		})
	}
	wg.Wait()
}

const lookLimit = time.Minute

func (r *Runner) lookOnce(ctx context.Context, c policy.Check, call tools.Call, before healthcheck.Measurement) healthcheck.Result {
	checker := r.Checkers[c.Kind]
	if checker == nil {
		return healthcheck.Result{Verdict: healthcheck.Inconclusive, Detail: fmt.Sprintf("this program has no check of the kind %q", c.Kind)}
	}
	ctx, cancel := context.WithTimeout(ctx, lookLimit)
	defer cancel()
	call.Args = c.Args
	measurer, ok := checker.(healthcheck.Measurer)
	if !ok || !healthcheck.HasBaseline(c.Args) {
		return checker.Check(ctx, call)
	}
	after, res := measurer.Measure(ctx, call)
	if res.Verdict != healthcheck.Healthy {
		return res
	}
	return healthcheck.Compare(c.Args, before, after)
}

// hasBaseline reports whether a check compares with what was measured before the start.
func (r *Runner) hasBaseline(env *policy.Environment) bool {
	return slices.ContainsFunc(env.Verify, func(c policy.Check) bool {
		_, ok := r.Checkers[c.Kind].(healthcheck.Measurer)
		return ok && healthcheck.HasBaseline(c.Args)
	})
}

// baseline measures, right before the start, what the checks that compare will compare with.
func (r *Runner) baseline(ctx context.Context, env *policy.Environment, call tools.Call) map[string]healthcheck.Measurement {
	var before map[string]healthcheck.Measurement
	for _, c := range env.Verify {
		measurer, ok := r.Checkers[c.Kind].(healthcheck.Measurer)
		if !ok || !healthcheck.HasBaseline(c.Args) {
			continue
		}
		mctx, cancel := context.WithTimeout(ctx, lookLimit)
		call.Args = c.Args
		m, _ := measurer.Measure(mctx, call) // what runs now need not be healthy to be measured
		cancel()
		if before == nil {
			before = map[string]healthcheck.Measurement{}
		}
		before[c.Name] = m
	}
	return before
}

// windowDone judges all checks; a check that saw the service unhealthy to the end of its window ends the others' too.
func windowDone(env *policy.Environment, seen map[string]healthcheck.Progress, began, now time.Time) ([]CheckResult, bool) {
	results := make([]CheckResult, 0, len(env.Verify))
	open, failed := false, false
	for _, c := range env.Verify {
		v, done, _ := window(c).Judge(seen[c.Name], began, now)
		if !done {
			open, v = true, healthcheck.Inconclusive
		}
		failed = failed || done && v == healthcheck.Unhealthy
		p := seen[c.Name]
		results = append(results, CheckResult{
			Name: c.Name, Verdict: string(v), Detail: cut(window(c).Summary(p), 300), Looks: p.Looks, Took: now.Sub(began),
		})
	}
	return results, !open || failed
}

// overall is the worst verdict: one unhealthy check makes the release unhealthy.
func overall(results []CheckResult) string {
	verdict := healthcheck.Healthy
	for _, c := range results {
		switch healthcheck.Verdict(c.Verdict) {
		case healthcheck.Unhealthy:
			return string(healthcheck.Unhealthy)
		case healthcheck.Inconclusive:
			verdict = healthcheck.Inconclusive
		case healthcheck.Healthy:
		}
	}
	return string(verdict)
}

func sortedKeys(m map[string]bool) []string {
	keys := make([]string, 0, len(m))
	for k, in := range m {
		if in {
			keys = append(keys, k)
		}
	}
	sort.Strings(keys)
	return keys
}

// askWhetherHealthy: the checks could not tell, and that is not a pass.
func (r *Runner) askWhetherHealthy(h *run, rel *ReleaseState, now time.Time) {
	var to []policy.Subject
	if env, err := r.policy(rel); err == nil {
		to = env.Approvers()
	}
	var what strings.Builder
	for _, c := range rel.Verify.Results {
		if c.Verdict != string(healthcheck.Healthy) {
			fmt.Fprintf(&what, " %s: %s.", plain(c.Name), plain(strings.TrimSuffix(c.Detail, ".")))
		}
	}
	h.emitFor(now, rel.N, &HumanInputRequested{
		ID: DoubtQuestionID(rel), Kind: InputHealthy, To: to,
		Question: Question{
			Text:    fmt.Sprintf("Is %s healthy in %s? The checks could not tell.%s", plain(rel.Service+" "+rel.shipped()), rel.Env, what.String()),
			Options: []string{string(VerbHealthy), string(VerbRecheck), string(VerbUnwell)},
		},
	}, mintID(DoubtQuestionID(rel), "asked", rel.Verify.Try))
}

// settleDoubt writes down what a person said of a release's health.
func (r *Runner) settleDoubt(h *run, rel *ReleaseState, now time.Time) {
	a := h.state.Question(DoubtQuestionID(rel)).Answer
	id := mintID(rel.ID, "said", rel.Verify.Try)
	switch a.Choice {
	case VerbRecheck:
		h.looks[rel.N] = map[string]healthcheck.Progress{}
		h.emitFor(now, rel.N, &VerifyStarted{Try: rel.Verify.Try + 1, Checks: rel.Plan.Checks}, mintID(rel.ID, "verify", rel.Plans, rel.Verify.Try+1))
	case VerbHealthy:
		h.emitFor(now, rel.N, &PostDeployCheckResult{Verdict: string(healthcheck.Healthy), Checks: rel.Verify.Results, By: a.Person}, id)
	default:
		h.emitFor(now, rel.N, &PostDeployCheckResult{Verdict: string(healthcheck.Unhealthy), Checks: rel.Verify.Results, By: a.Person}, id)
	}
}
