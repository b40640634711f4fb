package agent

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/releasebot/releasebot/internal/planted"
	"github.com/releasebot/releasebot/threadstore"
)

// Service is where facts are taken in: for Slack, the API and the command line
// alike. A fact that was taken in is in the log, and will be acted on.
type Service struct {
	Queries
	engine *Engine
}

// NewService returns the Service of an engine's store.
func NewService(e *Engine) *Service {
	return &Service{Queries: e.runner.queries(), engine: e}
}

func (r *Runner) queries() Queries {
	return Queries{Store: r.Store, Policy: r.Policy, People: r.People, Sources: r.Sources}
}

// Fact is something that happened outside.
type Fact struct {
	// ID is unique in the thread, and the same for every delivery of the same thing.
	ID         string
	Thread     ThreadID
	Actor      Actor
	OnBehalfOf Actor
	Trace      string
	Data       Payload // *Trigger, *Message or *DecisionReceived
	// Kept is called once the fact is in the log, before its thread is run for it. Defaults to nothing.
	Kept func()
}

// Taken says what became of a fact.
type Taken struct {
	Seq   int64
	Fresh bool // false: it was in the log already
}

// ErrNoThread: a message or decision names a thread that is not there.
var ErrNoThread = errors.New("no such thread")

// Coming says that so many more facts are about to be taken in, or, below 0, that
// they are not any more: meanwhile few threads are run, so that whoever waits for
// an acknowledgement does not wait behind them.
func (s *Service) Coming(n int) { s.engine.turns.coming(n) }

// Take appends a fact, whatever else is happening to its thread, and has the
// thread run. When it returns without an error, the fact is as durable as the
// store makes it. A fact that is in the log already is no error.
func (s *Service) Take(ctx context.Context, f Fact) (Taken, error) {
	r := s.engine.runner
	_, starts := f.Data.(*Trigger)
	now := r.Now()
	e := &Event{ID: f.ID, At: now.UTC().Truncate(time.Millisecond), Actor: f.Actor, OnBehalfOf: f.OnBehalfOf, Trace: f.Trace, Data: f.Data}
	if planted.Is(planted.NoDedupe) {
		e.ID += now.String()
	}
	d, err := draft(e)
	if err != nil {
		return Taken{}, err
	}
	a := threadstore.Append{Log: string(f.Thread), Fact: true, Exists: !starts, Drafts: []threadstore.Draft{d}, Due: threadstore.DueAt(now)}
	if starts {
		a.Index, err = firstLine(f, e)
		if err != nil {
			return Taken{}, err
		}
	}
	if s.engine.Running() && !r.holds(f.Thread) {
		a.Acquire = r.Owner
	}
	done, err := r.Store.Append(ctx, a)
	if errors.Is(err, threadstore.ErrLost) { // it is said in the log, and what happened goes in after that
		if err = r.noticed(ctx, f.place(), err); err == nil {
			done, err = r.Store.Append(ctx, a)
		}
	}
	if errors.Is(err, threadstore.ErrIDReused) { // the same thing, told in other words
		return Taken{}, nil
	}
	if errors.Is(err, threadstore.ErrNotFound) {
		return Taken{}, fmt.Errorf("%w: %s", ErrNoThread, f.Thread)
	}
	if err != nil {
		return Taken{}, fmt.Errorf("taking in %s for %s: %w", e.Type(), f.Thread, err)
	}
	if f.Kept != nil {
		f.Kept()
	}
	taken := Taken{Seq: done.Seqs[0], Fresh: done.Fresh[0]}
	e.Seq = taken.Seq
	if taken.Fresh && r.Observe != nil {
		r.Observe(f.Thread, nil, e)
	}
	if taken.Fresh {
		s.engine.unpark(f.Thread)
	}
	if e.Prev = done.Prev; !taken.Fresh {
		e = nil
	}
	switch {
	case r.took(f.Thread, done.Lease, e, done.Head): // it sees the fact: nothing more has to be read
		r.wake(f.Thread)
	case done.Lease != nil && r.over(): // meanwhile all was handed over: this thread goes to the others at once, too
		if err := r.Store.Release(ctx, done.Lease); err != nil {
			r.Log.Warn("a lease was not given back", "thread", f.Thread, "err", err)
		}
	case taken.Fresh || done.Lease != nil:
		r.Woken(f.Thread)
	}
	return taken, nil
}

// place is what a fact tells of where its thread stands.
func (f Fact) place() *State {
	switch d := f.Data.(type) {
	case *Trigger:
		return &State{ID: f.Thread, Source: d.Source, Slack: d.Slack, Title: cut(d.Text, 200)}
	case *DecisionReceived:
		if d.Slack != nil && SlackThreadID(d.Slack.Team, d.Slack.Channel, d.Slack.TS) == f.Thread {
			return &State{ID: f.Thread, Source: "mention", Slack: d.Slack}
		}
	}
	return nil
}

// firstLine lists a new thread before anything has run it.
func firstLine(f Fact, e *Event) ([]threadstore.IndexEntry, error) {
	s := NewState(f.Thread)
	s.Reduce(e)
	lines := map[string]string{}
	line := s.Line()
	if err := put(lines, IndexThreads, string(f.Thread), &line); err != nil {
		return nil, err
	}
	return []threadstore.IndexEntry{{Index: IndexThreads, Member: string(f.Thread), Value: []byte(lines[IndexThreads+"\x00"+string(f.Thread)])}}, nil
}

// Known reports whether there is such a thread.
func (s *Service) Known(ctx context.Context, id ThreadID) (bool, error) {
	if s.engine.runner.holds(id) {
		return true, nil
	}
	records, err := s.Store.Read(ctx, string(id), 1, 1)
	if errors.Is(err, threadstore.ErrNotFound) {
		return false, nil
	}
	return len(records) > 0, err
}

// Alias binds the place of a Slack thread to a thread that did not start there.
func (s *Service) Alias(ctx context.Context, p Place, id ThreadID) error {
	_, err := s.Store.SetAlias(ctx, placeAlias(p), string(id))
	return err
}

// At returns the thread of a Slack thread: the one that started there, or that was posted there. ok is false if there is none.
func (s *Service) At(ctx context.Context, p Place) (id ThreadID, ok bool, err error) {
	id = SlackThreadID(p.Team, p.Channel, p.TS)
	if ok, err = s.Known(ctx, id); ok || err != nil {
		return id, ok, err
	}
	log, err := s.Store.Resolve(ctx, placeAlias(p))
	if errors.Is(err, threadstore.ErrNotFound) {
		return "", false, nil
	}
	return ThreadID(log), log != "", err
}

func placeAlias(p Place) string { return "slack/" + p.Channel + "/" + p.TS }

// Thread returns the state of a thread.
func (s *Service) Thread(ctx context.Context, id ThreadID) (*State, error) {
	st, err := LoadThread(ctx, s.Store, id)
	if errors.Is(err, threadstore.ErrLost) {
		if err = s.engine.runner.noticed(ctx, nil, err); err == nil {
			st, err = LoadThread(ctx, s.Store, id)
		}
	}
	if errors.Is(err, threadstore.ErrNotFound) {
		return nil, fmt.Errorf("%w: %s", ErrNoThread, id)
	}
	return st, err
}

// Events returns a thread's events from seq on.
func (s *Service) Events(ctx context.Context, id ThreadID, seq int64) ([]*Event, error) {
	return ReadEvents(ctx, s.Store, string(id), seq)
}

// ReadEvents returns the events of a log from seq on.
func ReadEvents(ctx context.Context, store *threadstore.Store, log string, seq int64) ([]*Event, error) {
	records, err := store.Read(ctx, log, seq, 0)
	if err != nil {
		return nil, fmt.Errorf("reading %s: %w", log, err)
	}
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
