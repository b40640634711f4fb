package agent

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"github.com/releasebot/releasebot/threadstore"
)

// EnvironmentLine is an environment as lists show it.
type EnvironmentLine struct {
	ID          string     `json:"id"`
	Service     string     `json:"service"`
	Environment string     `json:"environment"`
	Running     Running    `json:"running"`
	Holder      string     `json:"holder,omitempty"`
	HolderSince *time.Time `json:"holder_since,omitempty"`
	Waiting     []string   `json:"waiting,omitempty"`
	Lock        *HumanLock `json:"lock,omitempty"`
	Last        *Outcome   `json:"last,omitempty"`
	// Lost says how it was noticed that its log has lost events: nobody knows who holds it.
	Lost string `json:"lost,omitempty"`
}

// Line is the environment as lists show it.
func (s *Environment) Line() EnvironmentLine {
	l := EnvironmentLine{
		ID: s.Service + "/" + s.Name, Service: s.Service, Environment: s.Name, Running: s.Running, Lock: s.Lock, Last: s.Last,
	}
	if s.Lost != nil {
		l.Lost = s.Lost.Sentence()
	}
	for i, w := range s.Queue {
		if i == 0 {
			since := w.Since
			l.Holder, l.HolderSince = ReleaseID(w.Thread, w.Number), &since
			continue
		}
		l.Waiting = append(l.Waiting, ReleaseID(w.Thread, w.Number))
	}
	return l
}

// environment reads an environment, from what this process last saw of it on.
func (r *Runner) environment(ctx context.Context, service, name string) (*Environment, error) {
	log := EnvironmentLog(service, name)
	seen := r.envs.get(log)
	if seen == nil {
		env, err := LoadEnvironment(ctx, r.Store, service, name)
		if err == nil {
			r.envs.put(log, env)
		}
		return env, err
	}
	records, err := r.Store.Read(ctx, log, seen.Version+1, 0)
	if errors.Is(err, threadstore.ErrNotFound) && seen.Version == 0 {
		return seen, nil
	}
	if err != nil {
		r.envs.drop(log)
		return nil, fmt.Errorf("reading %s: %w", log, err)
	}
	if len(records) == 0 {
		return seen, nil
	}
	events, err := decodeAll(log, records)
	if err != nil {
		return nil, err
	}
	if err := follow(r.Store, log, seen.Version, seen.Head, records, events, ""); err != nil {
		return nil, err
	}
	env := *seen // Reduce copies what it changes
	for _, e := range events {
		env.Reduce(e)
	}
	env.Head = r.Store.Hash(records[len(records)-1])
	r.envs.put(log, &env)
	return &env, nil
}

// snapshotEvery is after how many events an environment's state is kept beside
// its log: as many as are read and folded as fast as that state.
const snapshotEvery = shortLog

// appendEnvironment appends one event to an environment's log, at the place this
// process last saw or, when others were faster, at a newer one. It needs no
// lease: its events are idempotent by their ids. It returns the state after it.
func (r *Runner) appendEnvironment(ctx context.Context, service, name string, e *Event) (*Environment, error) {
	log := EnvironmentLog(service, name)
	seen := r.envs.get(log)
	for range 100 {
		var err error
		if seen == nil {
			if seen, err = r.environment(ctx, service, name); err != nil {
				return nil, err
			}
		}
		add, err := seen.with(e)
		if err != nil {
			return nil, err
		}
		done, err := r.Store.Append(ctx, add.Append)
		switch {
		case err == nil && done.Fresh[0]:
			return r.added(add, done), nil
		case err == nil || errors.Is(err, threadstore.ErrConflict): // in already, or others were faster: look at the log as it stands
			fresh := err == nil
			if seen, err = r.environment(ctx, service, name); err != nil || fresh {
				return seen, err
			}
		default:
			r.envs.drop(log)
			return nil, err
		}
	}
	return nil, fmt.Errorf("appending to %s: %w, a hundred times", log, threadstore.ErrConflict)
}

// An addition is an event that is to go into an environment's log.
type addition struct {
	threadstore.Append
	event         *Event
	before, after *Environment
}

// with is the addition of e to the environment as it is.
func (s *Environment) with(e *Event) (addition, error) {
	env := *s // Reduce copies what it changes
	e.Seq = env.Version + 1
	env.Reduce(e)
	a, err := environmentAppend(EnvironmentLog(s.Service, s.Name), s.Version, e, &env)
	return addition{a, e, s, &env}, err
}

// added: the addition is in, by this process. It returns the environment after it.
func (r *Runner) added(a addition, done threadstore.Appended) *Environment {
	a.after.Head = done.Head
	r.envs.put(a.Log, a.after)
	if d, ok := a.event.Data.(*Release); ok && d.Outcome.Outcome != "" {
		r.Meter.Returned(a.before, a.after)
	}
	return a.after
}

// environmentAppend is the append of e, after which the environment is env.
func environmentAppend(log string, expect int64, e *Event, env *Environment) (threadstore.Append, error) {
	d, err := draft(e)
	if err != nil {
		return threadstore.Append{}, err
	}
	line, err := environmentLine(env)
	if err != nil {
		return threadstore.Append{}, err
	}
	a := threadstore.Append{Log: log, Expect: expect, Drafts: []threadstore.Draft{d}, Index: line}
	if e.Seq%snapshotEvery == 0 {
		a.Snapshot = func(version int64, _ string) (*threadstore.Snapshot, error) {
			b, err := json.Marshal(env)
			return &threadstore.Snapshot{Version: version, Fold: FoldVersion, Data: b}, err
		}
	}
	return a, nil
}

// environmentLine is how the list has an environment.
func environmentLine(env *Environment) ([]threadstore.IndexEntry, error) {
	l := env.Line()
	line, err := l.encode()
	if err != nil {
		return nil, fmt.Errorf("the line of %s in %s: %w", env.Service, env.Name, err)
	}
	return []threadstore.IndexEntry{{Index: IndexEnvironments, Member: env.Service + "/" + env.Name, Value: line}}, nil
}
