package agent

import (
	"context"
	"errors"
	"slices"
	"time"

	"github.com/releasebot/releasebot/internal/planted"
	"github.com/releasebot/releasebot/threadstore"
)

// Where a thread's events and its environment's go in right after each other, they
// go in together, in one round trip where the store can do that. Their order stays
// what it is: what is refused ends it, and what came before stands.

// midway is an event of an environment that goes in after the first of the
// pending events and before the others: they say that it did.
type midway struct {
	addition
	at int // how many of the pending go before it
}

// together makes the pending events durable, and then e in its environment's log.
// It returns the environment after it.
func (r *Runner) together(ctx context.Context, h *run, service, name string, e *Event, now time.Time) (*Environment, error) {
	seen := r.envs.get(EnvironmentLog(service, name))
	if seen == nil || len(h.pending) == 0 || h.midway != nil {
		if err := r.flush(ctx, h, false, now); err != nil {
			return nil, err
		}
		return r.appendEnvironment(ctx, service, name, e)
	}
	add, err := seen.with(e)
	if err != nil {
		return nil, err
	}
	b, err := h.batch(threadstore.Append{Due: threadstore.DueAt(now.Add(idleDue))}, h.version, h.pending, false)
	if err != nil {
		return nil, err
	}
	done, err := r.Store.AppendAll(ctx, []threadstore.Append{b.Append, add.Append})
	if len(done) == 0 {
		return nil, r.refused(ctx, h, err)
	}
	if err := r.wentIn(ctx, h, b, done[0]); err != nil {
		return nil, err
	}
	if len(done) == 2 && err == nil && done[1].Fresh[0] {
		return r.added(add, done[1]), nil
	}
	if err != nil && !errors.Is(err, threadstore.ErrConflict) {
		r.envs.drop(add.Log)
		return nil, err
	}
	return r.appendEnvironment(ctx, service, name, e) // others were faster
}

// joins reports whether what is pending goes in with what the step itself appends:
// where nothing of it is to be shown beforehand.
func (r *Runner) joins(h *run, st Step) bool {
	if len(h.pending) == 0 {
		return false
	}
	if st.Kind == StepAcquire {
		rel := h.state.Release(st.Release)
		return rel.Waits == "" && rel.Fence == 0 && r.quiet(h)
	}
	return st.Kind == StepReturn || st.Kind == StepCheck && r.quiet(h)
}

// mayJoin reports whether a step may follow while an environment's event still waits to go in: after its
// release only the end does, after its claim what leads to the start, which makes all of it durable.
func (m *midway) mayJoin(k StepKind) bool {
	if m.claims() {
		return k == StepLook || k == StepStart
	}
	return k == StepDone
}

func (m *midway) claims() bool {
	_, ok := m.event.Data.(*Claim)
	return ok
}

// claimAhead has an environment that nobody holds claimed with what will be appended for the start: one
// that goes in as it was thought is at the head of the queue, under the fence that is known beforehand.
// It returns the environment after it, nil where that can't be known.
func (r *Runner) claimAhead(h *run, rel *ReleaseState, e *Event, now time.Time) (*Environment, error) {
	seen := r.envs.get(EnvironmentLog(rel.Service, rel.Env))
	if seen == nil || seen.Head == "" || len(h.pending) == 0 || h.midway != nil || h.plain || !r.quiet(h) {
		return nil, nil //nolint:nilnil // none, and nothing is wrong
	}
	add, err := seen.with(e)
	if err != nil {
		return nil, err
	}
	if env := add.after; env.Foreign > 0 || env.Lost != nil || env.Locked(now) || len(env.Queue) != 1 || env.Holder().Claim.Claim != rel.Claim {
		return nil, nil //nolint:nilnil // as above
	}
	h.midway = &midway{addition: add, at: len(h.pending)}
	return add.after, nil
}

// soon does what asks others while an environment's claim waits to go in. If they take long, the claim,
// and what led to it, goes in first, and they are asked anew: nobody comes in between for their slowness.
func (r *Runner) soon(ctx context.Context, h *run, now time.Time, ask func(context.Context) error) error {
	if h.midway == nil {
		return ask(ctx)
	}
	quick, cancel := context.WithTimeout(ctx, r.Patience)
	err := ask(quick)
	late := quick.Err() != nil
	cancel()
	if !late {
		return err
	}
	if err := r.flush(ctx, h, false, now); err != nil {
		return storeError{err}
	}
	return ask(ctx)
}

// withTheEnd has an environment given back with what the release's end will append.
// It does not where others wait for the environment, who would wait longer.
func (r *Runner) withTheEnd(h *run, rel *ReleaseState, e *Event) (bool, error) {
	seen := r.envs.get(EnvironmentLog(rel.Service, rel.Env))
	if seen == nil || seen.Head == "" || seen.Lost != nil || len(h.pending) == 0 || h.midway != nil || h.plain || planted.Is(planted.ReleaseBeforeEnd) {
		return false, nil
	}
	add, err := seen.with(e)
	if err != nil || add.after.Holder() != nil {
		return false, err
	}
	h.midway = &midway{addition: add, at: len(h.pending)}
	return true, nil
}

// appendAround writes what is pending around what goes into the environment's log between.
func (r *Runner) appendAround(ctx context.Context, h *run, a threadstore.Append, full bool) error {
	_, err := r.appendAndLook(ctx, h, a, full, false)
	return err
}

// startedAround is started where the claim goes in with the start.
func (r *Runner) startedAround(ctx context.Context, h *run, rel *ReleaseState, now time.Time) (why string, err error) {
	after := h.midway.after
	head, err := r.appendAndLook(ctx, h, threadstore.Append{Due: threadstore.DueAt(now.Add(idleDue)), Durable: true}, false, true)
	switch {
	case err != nil:
		return "", err
	case head != "" && head == after.Head:
		return after.keeps(rel), nil
	}
	return r.stillOurs(ctx, rel), nil
}

// appendAndLook is appendAround, and then a look at the environment, if it is asked for. It returns the head
// that it has then, "" where that is not known.
func (r *Runner) appendAndLook(ctx context.Context, h *run, a threadstore.Append, full, look bool) (head string, err error) {
	m := h.midway
	h.midway = nil
	before, err := h.batch(threadstore.Append{}, h.version, h.pending[:m.at], false)
	if err != nil {
		return "", err
	}
	rest, err := h.batch(a, h.version+int64(m.at), h.pending[m.at:], full)
	if err != nil {
		return "", err
	}
	all := []threadstore.Append{before.Append, m.Append, rest.Append}
	if look {
		all = append(all, threadstore.Append{Log: m.Log, Expect: m.after.Version, Look: true})
	}
	done, err := r.Store.AppendAll(ctx, all)
	if len(done) == 0 {
		return "", r.refused(ctx, h, err)
	}
	if conflict := r.wentIn(ctx, h, before, done[0]); conflict != nil {
		return "", conflict
	}
	if len(done) == 1 { // others were faster in the environment: the rest was thought too early
		h.plain = true
		return "", r.refused(ctx, h, err) // what was shown meanwhile is no thought, and is kept
	}
	if slices.Contains(done[1].Fresh, false) {
		h.plain = true
		r.envs.drop(m.Log)
	} else {
		r.added(m.addition, done[1])
	}
	if len(done) == 2 {
		return "", r.refused(ctx, h, err)
	}
	if conflict := r.wentIn(ctx, h, rest, done[2]); conflict != nil {
		return "", conflict
	}
	switch {
	case len(done) == len(all) && look:
		return done[3].Head, nil
	case look && !errors.Is(err, threadstore.ErrNotReplicated): // others came in between, or the log is lost: whoever asked looks for themselves
		return "", nil
	}
	return "", err
}

// started makes a start durable, and looks at the environment once more, right
// before it. It returns why the start may not be made, "" if it may.
func (r *Runner) started(ctx context.Context, h *run, rel *ReleaseState, now time.Time) (why string, err error) {
	log := EnvironmentLog(rel.Service, rel.Env)
	seen := r.envs.get(log)
	switch {
	case h.midway != nil && h.midway.claims() && h.midway.Log == log:
		return r.startedAround(ctx, h, rel, now)
	case seen == nil || seen.Head == "" || h.midway != nil:
		if err := r.flush(ctx, h, true, now); err != nil {
			return "", err
		}
		return r.stillOurs(ctx, rel), nil
	}
	b, err := h.batch(threadstore.Append{Due: threadstore.DueAt(now.Add(idleDue)), Durable: true}, h.version, h.pending, false)
	if err != nil {
		return "", err
	}
	done, err := r.Store.AppendAll(ctx, []threadstore.Append{b.Append, {Log: log, Expect: seen.Version, Look: true}})
	if len(done) == 0 {
		return "", r.refused(ctx, h, err)
	}
	if conflict := r.wentIn(ctx, h, b, done[0]); conflict != nil {
		return "", conflict
	}
	switch {
	case errors.Is(err, threadstore.ErrNotReplicated):
		return "", err
	case err == nil && done[1].Head == seen.Head:
		return seen.keeps(rel), nil
	}
	return r.stillOurs(ctx, rel), nil
}
