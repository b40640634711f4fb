package agent

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"

	"github.com/releasebot/releasebot/internal/planted"
	"github.com/releasebot/releasebot/threadstore"
)

// LoadThread reads and folds a thread. It returns threadstore.ErrNotFound if there is none.
func LoadThread(ctx context.Context, store *threadstore.Store, id ThreadID) (*State, error) {
	fold := FoldVersion
	if planted.Is(planted.OldSnapshot) {
		fold--
	}
	l, err := store.Load(ctx, string(id), fold)
	if err != nil {
		return nil, fmt.Errorf("reading %s: %w", id, err)
	}
	s := NewState(id)
	if l.Snapshot != nil {
		if err := json.Unmarshal(l.Snapshot.Data, s); err != nil || s.Version != l.Snapshot.Version { // a cache that can't be used
			records, err := store.Read(ctx, string(id), 1, 0)
			if err != nil {
				return nil, fmt.Errorf("reading %s: %w", id, err)
			}
			s, l.Records = NewState(id), records
		}
	}
	events, err := decodeAll(string(id), l.Records)
	if err != nil {
		return nil, err
	}
	if s.Lost == nil && !saysLost(events) {
		if err := follow(store, string(id), s.Version, "", l.Records, events, l.Head); err != nil {
			return nil, err
		}
	}
	Fold(s, events)
	s.Head = l.Head
	return s, nil
}

// LoadEnvironment reads and folds the log of one service in one environment;
// one without a log is as it is before its first event.
func LoadEnvironment(ctx context.Context, store *threadstore.Store, service, name string) (*Environment, error) {
	log := EnvironmentLog(service, name)
	l, err := store.Load(ctx, log, FoldVersion)
	if errors.Is(err, threadstore.ErrNotFound) {
		return NewEnvironment(service, name), nil
	}
	if err != nil {
		return nil, fmt.Errorf("reading %s: %w", log, err)
	}
	e := NewEnvironment(service, name)
	if l.Snapshot != nil {
		if err := json.Unmarshal(l.Snapshot.Data, e); err != nil || e.Version != l.Snapshot.Version {
			if l.Records, err = store.Read(ctx, log, 1, 0); err != nil {
				return nil, fmt.Errorf("reading %s: %w", log, err)
			}
			e = NewEnvironment(service, name)
		}
	}
	events, err := decodeAll(log, l.Records)
	if err != nil {
		return nil, err
	}
	if e.Lost == nil && !saysLost(events) {
		if err := follow(store, log, e.Version, "", l.Records, events, l.Head); err != nil {
			return nil, err
		}
	}
	for _, ev := range events {
		e.Reduce(ev)
	}
	e.Head = l.Head
	return e, nil
}
