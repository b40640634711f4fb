package agent

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/releasebot/releasebot/threadstore"
)

// noticed writes a loss into the log that has it, if err says that one was
// noticed, and returns nil: the log is to be read anew. Any other err it returns
// as it is. known is what this process remembers of the thread, nil for nothing.
func (r *Runner) noticed(ctx context.Context, known *State, err error) error {
	lost, ok := errors.AsType[*threadstore.LostError](err)
	if !ok {
		return err
	}
	if lerr := r.lose(ctx, lost, "", known); lerr != nil {
		return errors.Join(err, lerr)
	}
	return nil
}

// lose appends to what is left of a log that events of it have been lost. Each
// who notices says so; the first counts.
func (r *Runner) lose(ctx context.Context, lost *threadstore.LostError, detail string, known *State) error {
	if err := r.Store.KeyFits(ctx); err != nil { // then every chain looks broken to this process
		return fmt.Errorf("whether %s has lost events can't be said: %w", lost.Log, err)
	}
	d := &LogLost{
		NoticedBy: lost.By, Expected: lost.Version, ExpectedHead: lost.Head, Found: lost.NowVersion, FoundHead: lost.NowHead, Detail: cut(detail, 200),
	}
	_, _, environment := ParseEnvironmentLog(lost.Log)
	if rest := r.resting.take(lost.Log); rest != nil { // it remembers more than a fact tells
		known = rest.state
	}
	if known != nil && string(known.ID) == lost.Log {
		d.Source, d.Slack, d.Title = known.Source, known.Slack, known.Title
	}
	r.envs.drop(lost.Log)
	now := r.Now().UTC().Truncate(time.Millisecond)
	e := &Event{ID: mintID("lost", d.NoticedBy, d.Expected, d.ExpectedHead, d.Found), At: now, Actor: Bot, Data: d}
	dr, err := draft(e)
	if err != nil {
		return err
	}
	a := threadstore.Append{Log: lost.Log, Fact: true, Despite: true, Drafts: []threadstore.Draft{dr}}
	if !environment {
		a.Due = threadstore.DueAt(now)
		if lost.NowVersion == 0 {
			if a.Index, err = firstLine(Fact{Thread: ThreadID(lost.Log)}, e); err != nil {
				return err
			}
		}
	}
	done, err := r.Store.Append(ctx, a)
	if err != nil && !errors.Is(err, threadstore.ErrIDReused) { // by another in other words: it is said
		return fmt.Errorf("writing down that %s has lost events: %w", lost.Log, err)
	}
	r.Log.Error("the store has lost acknowledged events: nothing more is started there", "log", lost.Log, "noticed_by", d.NoticedBy,
		"stood_at", d.Expected, "stands_at", d.Found, "detail", d.Detail, "remedy", "releasebot thread verify "+lost.Log)
	if err == nil && done.Fresh[0] {
		e.Seq = done.Seqs[0]
		if r.Observe != nil {
			r.Observe(ThreadID(lost.Log), nil, e)
		}
	}
	if !environment {
		r.Woken(ThreadID(lost.Log))
		return nil
	}
	return r.listEnvironment(ctx, lost.Log)
}

// listEnvironment brings an environment's line in the list up to date.
func (r *Runner) listEnvironment(ctx context.Context, log string) error {
	service, name, _ := ParseEnvironmentLog(log)
	env, err := r.environment(ctx, service, name)
	if err != nil {
		return err
	}
	var line []threadstore.IndexEntry
	if line, err = environmentLine(env); err != nil {
		return err
	}
	_, err = r.Store.Append(ctx, threadstore.Append{Log: log, Expect: env.Version, Index: line})
	if errors.Is(err, threadstore.ErrConflict) { // whoever was faster has brought it up to date
		return nil
	}
	return err
}

// Seen is what a card in Slack says of the log that it shows: how long it was, and
// its head. The card was written after that was durable.
type Seen struct {
	Version int64  `json:"version"`
	Head    string `json:"head,omitempty"`
}

// Seen compares a thread's log with what a card in Slack shows. If the log does
// not bear it out, events have been lost, and the log says so from then on.
func (s *Service) Seen(ctx context.Context, id ThreadID, seen Seen) error {
	err := s.Store.Witness(ctx, string(id), seen.Version, seen.Head)
	lost, ok := errors.AsType[*threadstore.LostError](err)
	if !ok {
		return err
	}
	lost.By = NoticedCard
	if known, lerr := LoadThread(ctx, s.Store, id); lerr == nil && known.Lost != nil {
		return nil // it is said, and cards of before still stand there
	}
	return s.engine.runner.lose(ctx, lost, "", nil)
}

// seen returns a *threadstore.LostError if the card that somebody pressed shows more, or other, than the log has.
func (r *Runner) seen(ctx context.Context, h *run, d Decision) error {
	seen := d.Data.Seen
	if seen == nil || h.state.Lost != nil {
		return nil
	}
	err := r.Store.Witness(ctx, string(h.id), seen.Version, seen.Head)
	if lost, ok := errors.AsType[*threadstore.LostError](err); ok {
		lost.By = NoticedCard
	}
	return err
}

// decodeAll decodes a log's records.
func decodeAll(log string, records [][]byte) ([]*Event, error) {
	events := make([]*Event, 0, len(records))
	for _, b := range records {
		e, err := Decode(b)
		if err != nil {
			return nil, fmt.Errorf("reading %s: %w", log, err)
		}
		events = append(events, e)
	}
	return events, nil
}

// saysLost reports whether one of the events says that events have been lost
// before it: then the chain may be broken, and that is known.
func saysLost(events []*Event) bool {
	return slices.ContainsFunc(events, func(e *Event) bool { _, ok := e.Data.(*LogLost); return ok })
}

// follow checks that records, read from a log, are its events from the place
// after version on, and fit onto head ("": not known). end is where the store
// says that the log ends, "" where it was not asked.
func follow(store *threadstore.Store, log string, version int64, head string, records [][]byte, events []*Event, end string) error {
	w := store.Chain().After(head)
	if version == 0 {
		w = store.Chain().Begin()
	}
	broken := func(at int64, prev string) error {
		return &threadstore.LostError{Log: log, By: threadstore.NoticedChain, Version: version, Head: prev, NowVersion: at, NowHead: end}
	}
	for i, e := range events {
		if place := version + int64(i) + 1; e.Seq != place || !w.Next(e.Prev, records[i]) {
			return broken(place, e.Prev)
		}
	}
	if n := int64(len(events)); n > 0 && end != "" && !w.Ends(end) {
		return broken(version+n, end)
	}
	return nil
}

// answer is what is said to whatever is asked for in a thread that has lost events.
func (l *Lost) answer(id ThreadID) Answered {
	return Answered{
		Title: "Events of this thread have been lost, so nothing more is done here",
		Lines: []string{
			"Noticed " + clockOf(l.At) + ": " + l.Sentence() + ".",
			"Look at what really runs, and ask again in a new thread. `releasebot thread show " + string(id) + "` has what is left.",
		},
	}
}

// lines say why a thread is set aside, and how it goes on.
func (a *Aside) lines() []string {
	return []string{
		"Its thread is set aside since " + clockOf(a.At) + ": an error in releasebot itself (" + plain(a.Error) + ").",
		"Say or press something in its thread, and it is tried again.",
	}
}
