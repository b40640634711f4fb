package agent

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"slices"
	"time"

	"github.com/releasebot/releasebot/internal/planted"
	"github.com/releasebot/releasebot/policy"
	"github.com/releasebot/releasebot/threadstore"
)

// idleDue is how long after an append of a running thread somebody else looks after it.
const idleDue = threadstore.DefaultTTL + time.Second

// emit folds an event of the bot's into the state; it is durable with the next flush.
func (h *run) emit(now time.Time, p Payload, id string) {
	h.emitFor(now, 0, p, id)
}

// emitFor is emit for an event of one release.
func (h *run) emitFor(now time.Time, release int, p Payload, id string) {
	h.emitAs(now, Bot, "", release, "", p, id)
}

func (h *run) emitAs(now time.Time, actor, behalf Actor, release int, cause string, p Payload, id string) {
	e := &Event{
		ID: id, Seq: h.version + int64(len(h.pending)) + 1, At: h.state.clock(now).UTC().Truncate(time.Millisecond),
		Actor: actor, OnBehalfOf: behalf, Release: release, Cause: cause, Data: p,
	}
	h.pending = append(h.pending, e)
	h.state.Reduce(e)
	h.dirty = true
}

// draft makes an event storable.
func draft(e *Event) (threadstore.Draft, error) {
	sum, data, err := told(e)
	if err != nil {
		return threadstore.Draft{}, err
	}
	return threadstore.Draft{
		ID: e.ID, Sum: sum,
		Encode: func(seq int64, prev string) ([]byte, error) {
			at := *e
			at.Seq, at.Prev = seq, prev
			if d, ok := e.Data.(*Done); ok && d.Head != prev { // the head that `done` publishes is known only here
				done := *d
				done.Head = prev
				at.Data = &done
				return Encode(&at)
			}
			return appendEnvelope(make([]byte, 0, envelopeSize(&at)+len(data)), &at, data), nil
		},
	}, nil
}

// flush makes the pending events durable: a decision, made under the lease at
// the version that was read, or not at all. When the log has grown, what is an
// outcome of something already done is kept, as a fact; the rest was only
// thought and is thought again.
func (r *Runner) flush(ctx context.Context, h *run, durable bool, now time.Time) error {
	if len(h.pending) == 0 {
		return nil
	}
	return r.append(ctx, h, threadstore.Append{Due: threadstore.DueAt(now.Add(idleDue)), Durable: durable}, false)
}

// giveBack gives the lease back; the thread is looked at again when next has come.
func (r *Runner) giveBack(ctx context.Context, h *run, next time.Time) error {
	due := threadstore.DueNever()
	if !next.IsZero() {
		due = threadstore.DueAt(next)
	}
	h.distrust() // before: nobody here may write views from the moment that somebody else may
	if err := r.append(ctx, h, threadstore.Append{Due: due, Release: true}, h.behind || len(h.pending) > 0); err != nil {
		return err
	}
	r.drop(h)
	r.resting.put(string(h.id), &rested{state: h.state, indexed: h.indexed, bare: h.bare})
	return nil
}

// append writes what is pending; full: with a snapshot and the lists, which may
// be behind between the steps of one phase, but not while a thread waits.
func (r *Runner) append(ctx context.Context, h *run, a threadstore.Append, full bool) error {
	if h.midway != nil {
		return r.appendAround(ctx, h, a, full)
	}
	b, err := h.batch(a, h.version, h.pending, full)
	if err != nil {
		return err
	}
	done, err := r.Store.Append(ctx, b.Append)
	if err != nil && !(errors.Is(err, threadstore.ErrNotReplicated) && done.Version > 0) {
		return r.refused(ctx, h, err)
	}
	if conflict := r.wentIn(ctx, h, b, done); conflict != nil {
		return conflict
	}
	return err
}

// batch is an append of a thread's pending events.
type batch struct {
	threadstore.Append
	events []*Event
	lines  map[string]string // of the lists, that it changes
	full   bool
}

// batch makes the append of events, the first of those pending or the rest, at a version.
func (h *run) batch(a threadstore.Append, version int64, events []*Event, full bool) (batch, error) {
	b := batch{Append: a, events: events, full: full}
	b.Log, b.Expect, b.Lease = string(h.id), version, h.leased()
	b.Drafts = make([]threadstore.Draft, len(events))
	for i, e := range events {
		var err error
		if b.Drafts[i], err = draft(e); err != nil {
			return batch{}, err
		}
	}
	if full {
		b.Snapshot = h.snapshot
		var err error
		if b.Index, b.lines, err = h.index(); err != nil {
			return batch{}, err
		}
	}
	return b, nil
}

// wentIn: the first of the pending events are durable, as done says.
func (r *Runner) wentIn(ctx context.Context, h *run, b batch, done threadstore.Appended) error {
	if slices.Contains(done.Fresh, false) { // another has written the same decisions: what follows from them is theirs to do
		return r.refused(ctx, h, threadstore.ErrConflict)
	}
	maps.Copy(h.indexed, b.lines)
	for i, e := range b.events {
		e.Seq = done.Seqs[i]
		r.observe(h, e)
	}
	h.state.Head = done.Head
	h.version, h.pending = done.Version, h.pending[len(b.events):]
	h.behind = !b.full && (h.behind || len(b.events) > 0)
	h.setLease(done.Lease)
	if b.Due.Set {
		h.setDue(b.Due.At)
	}
	return nil
}

func (r *Runner) observe(h *run, e *Event) {
	if r.Observe != nil {
		r.Observe(h.id, h.state, e)
	}
}

// Logs that need no snapshot: shortLog is how many events are read and folded as
// fast as a snapshot of them, briefLog how many faster than one is made.
const (
	shortLog = 64
	briefLog = 12
)

func (h *run) snapshot(version int64, _ string) (*threadstore.Snapshot, error) {
	switch {
	case version <= briefLog && h.bare:
		return nil, nil //nolint:nilnil // none is written, and there is none to take away
	case version <= shortLog && h.state.ended(): // it may never be looked at again, and its log is short
		if h.bare {
			return nil, nil //nolint:nilnil // as above
		}
		return &threadstore.Snapshot{Version: version}, nil
	}
	h.bare = false
	b, err := json.Marshal(h.state)
	if err != nil {
		return nil, fmt.Errorf("snapshot of %s: %w", h.id, err)
	}
	return &threadstore.Snapshot{Version: version, Fold: FoldVersion, Data: b}, nil
}

// refused: the append did not go in.
func (r *Runner) refused(ctx context.Context, h *run, err error) error {
	again := errors.Is(err, threadstore.ErrConflict) || errors.Is(err, threadstore.ErrIDReused)
	if !again && !errors.Is(err, threadstore.ErrStale) {
		return err
	}
	for _, e := range h.pending {
		if !isOutcome(e.Data) || planted.Is(planted.OutcomeRefused) {
			continue
		}
		if ferr := r.fact(ctx, h, e); ferr != nil {
			return ferr
		}
	}
	if !again {
		return err
	}
	if lerr := r.load(ctx, h); lerr != nil {
		return lerr
	}
	return errAgain
}

// fact appends an outcome whatever else has happened, also by a runner that has lost its lease.
func (r *Runner) fact(ctx context.Context, h *run, e *Event) error {
	d, err := draft(e)
	if err != nil {
		return err
	}
	done, err := r.Store.Append(ctx, threadstore.Append{
		Log: string(h.id), Fact: true, Drafts: []threadstore.Draft{d}, Due: threadstore.DueAt(e.At),
	})
	if errors.Is(err, threadstore.ErrIDReused) {
		r.Log.Warn("an outcome is in the log with other content", "thread", h.id, "event", e.ID)
		return nil
	}
	if err == nil && done.Fresh[0] {
		e.Seq = done.Seqs[0]
		r.observe(h, e)
	}
	return err
}

// isOutcome: what was done outside, and must not be forgotten because a decision
// came too late. That a start was not made, or that nobody can tell what became
// of it, is only what this process thinks: another may have made it since, or know.
func isOutcome(p Payload) bool {
	switch d := p.(type) {
	case *DeployResult:
		return d.Outcome == Deployed || d.Outcome == DeployFailed
	case *DeployProgress, *PageSent, *Posted:
		return true
	}
	return false
}

// ThreadLine is a thread as the index keeps it, for lists.
type ThreadLine struct {
	ID       ThreadID      `json:"id"`
	State    string        `json:"state"`
	Title    string        `json:"title"`
	Began    time.Time     `json:"began"`
	Updated  time.Time     `json:"updated"`
	Slack    *Place        `json:"slack,omitempty"`
	Releases []ReleaseLine `json:"releases,omitempty"`
	// Problem says why the thread is not run: events have been lost, or the program failed at it.
	Problem string `json:"problem,omitempty"`
}

// ReleaseLine is a release in a list.
type ReleaseLine struct {
	ID      string   `json:"id"`
	Action  string   `json:"action"`
	Service string   `json:"service"`
	Env     string   `json:"environment"`
	Version string   `json:"version"`
	State   string   `json:"state"`
	By      []string `json:"by,omitempty"`
	// Of a release that has a plan:
	Commit   string `json:"commit,omitempty"`
	Digest   string `json:"digest,omitempty"`
	Replaces string `json:"replaces,omitempty"`
	Rollback string `json:"rollback,omitempty"`
}

// ApprovalLine is an approval in a list, with the plan it is about.
type ApprovalLine struct {
	ID        string           `json:"id"`
	Thread    ThreadID         `json:"thread"`
	State     ApprovalState    `json:"state"`
	Required  int              `json:"required"`
	Approved  []string         `json:"approved,omitempty"`
	From      []string         `json:"from,omitempty"`
	Approvers []policy.Subject `json:"approvers,omitempty"`
	Expires   time.Time        `json:"expires"`
	Plan      ReleaseLine      `json:"plan"`
}

// Names of the indexes.
const (
	IndexThreads      = "threads"
	IndexApprovals    = "approvals"
	IndexEnvironments = "environments"
)

// index returns the index lines that differ from what was written last.
func (h *run) index() ([]threadstore.IndexEntry, map[string]string, error) {
	want := map[string]string{}
	line := h.state.Line()
	if err := put(want, IndexThreads, string(h.id), &line); err != nil {
		return nil, nil, err
	}
	var entries []threadstore.IndexEntry
	for _, r := range h.state.Releases {
		a := r.Approval
		if a == nil {
			continue
		}
		if a.State == ApprovalPending && r.Stage != StageEnded {
			line := h.state.approvalLine(r, a)
			if err := put(want, IndexApprovals, a.ID, &line); err != nil {
				return nil, nil, err
			}
			continue
		}
		want[IndexApprovals+"\x00"+a.ID] = ""
		for _, v := range r.Voided {
			want[IndexApprovals+"\x00"+v.ID] = ""
		}
	}
	lines := map[string]string{}
	for k, v := range want {
		if old, known := h.indexed[k]; known && old == v || v == "" && !known && h.version == 0 { // decided in the very append that opens it: no line was ever written
			continue
		}
		lines[k] = v
		name, member := splitKey(k)
		e := threadstore.IndexEntry{Index: name, Member: member}
		if v != "" {
			e.Value = []byte(v)
		}
		entries = append(entries, e)
	}
	return entries, lines, nil
}

func splitKey(k string) (index, member string) {
	for i := range len(k) {
		if k[i] == 0 {
			return k[:i], k[i+1:]
		}
	}
	return k, ""
}

func put(want map[string]string, index, member string, line interface{ encode() ([]byte, error) }) error {
	b, err := line.encode()
	if err != nil {
		return fmt.Errorf("the line of %s in the index %s: %w", member, index, err)
	}
	want[index+"\x00"+member] = string(b)
	return nil
}

// Line is the thread as lists show it: its newest releases, at most five.
func (s *State) Line() ThreadLine {
	l := ThreadLine{ID: s.ID, State: s.Status(), Title: s.Title, Began: s.Began, Updated: s.Now, Slack: s.Slack, Problem: s.Problem()}
	from := max(0, len(s.Releases)-5)
	for _, r := range s.Releases[from:] {
		l.Releases = append(l.Releases, r.Line())
	}
	return l
}

// Line is the release as lists show it.
func (r *ReleaseState) Line() ReleaseLine {
	return ReleaseLine{ID: r.ID, Action: r.Action, Service: r.Service, Env: r.Env, Version: r.shipped(), State: r.Word(), By: r.By}
}

// shipped is the version of the plan, or, before there is one, what was asked for.
func (r *ReleaseState) shipped() string {
	if r.Plan != nil {
		return r.Plan.Version
	}
	return r.Version
}

func (s *State) approvalLine(r *ReleaseState, a *Approval) ApprovalLine {
	l := ApprovalLine{ID: a.ID, Thread: s.ID, State: a.State, Required: a.Required, Expires: a.Expires, Plan: r.Line(), Approvers: a.From}
	if p := r.Plan; p != nil {
		l.Plan.Commit, l.Plan.Digest, l.Plan.Replaces, l.Plan.Rollback = p.Commit, p.Digest, p.Previous.Version, p.Rollback
	}
	for _, x := range a.Approvers {
		l.Approved = append(l.Approved, x.Person)
	}
	for _, f := range a.From {
		l.From = append(l.From, f.String())
	}
	return l
}
