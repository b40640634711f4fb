package main

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/releasebot/releasebot/agent"
	"github.com/releasebot/releasebot/slacklocal"
)

// waitAtMost is how long anything may take that the story waits for.
const waitAtMost = time.Minute

// journal keeps the events of all threads as they become durable.
type journal struct {
	mu      sync.Mutex
	threads map[agent.ThreadID][]*agent.Event
	order   []agent.ThreadID
	grown   chan struct{}
}

func newJournal() *journal {
	return &journal{threads: map[agent.ThreadID][]*agent.Event{}, grown: make(chan struct{})}
}

func (j *journal) add(id agent.ThreadID, e *agent.Event) {
	j.mu.Lock()
	defer j.mu.Unlock()
	if j.threads[id] == nil {
		j.order = append(j.order, id)
	}
	j.threads[id] = append(j.threads[id], e)
	close(j.grown)
	j.grown = make(chan struct{})
}

// find waits for the first event of a thread that match holds for.
func (j *journal) find(ctx context.Context, id agent.ThreadID, match func(*agent.Event) bool) (*agent.Event, error) {
	for {
		j.mu.Lock()
		events, grown := j.threads[id], j.grown
		j.mu.Unlock()
		if i := slices.IndexFunc(events, match); i >= 0 {
			return events[i], nil
		}
		select {
		case <-grown:
		case <-ctx.Done():
			if len(events) == 0 {
				return nil, fmt.Errorf("nothing in the log of the thread")
			}
			last := events[len(events)-1]
			return nil, fmt.Errorf("nothing of that in the log; its last event is %s: %s", last.Type(), agent.Describe(last))
		}
	}
}

// ends waits until a release of a thread is over, and returns its outcome.
func (j *journal) ends(ctx context.Context, id agent.ThreadID, release int) (string, error) {
	e, err := j.find(ctx, id, func(e *agent.Event) bool {
		_, done := e.Data.(*agent.Done)
		return done && e.Release == release
	})
	if err != nil {
		return "", err
	}
	return e.Data.(*agent.Done).Outcome, nil
}

// card waits until the view of that key was shown and match holds for it.
func (v *viewer) card(ctx context.Context, id agent.ThreadID, key string, match func(slacklocal.Message) bool) (slacklocal.Message, error) {
	last := "no such message"
	m, err := v.await(ctx, func(m slacklocal.Message) bool {
		if m.Metadata == nil || m.Metadata.EventPayload["thread"] != string(id) || m.Metadata.EventPayload["view"] != key {
			return false
		}
		last = m.Text
		return match(m)
	})
	if err != nil {
		return m, fmt.Errorf("%s", last)
	}
	return m, nil
}

func has(button string) func(slacklocal.Message) bool {
	return func(m slacklocal.Message) bool {
		return slices.ContainsFunc(m.Buttons(), func(b slacklocal.Button) bool { return b.Text == button })
	}
}

func says(words string) func(slacklocal.Message) bool {
	return func(m slacklocal.Message) bool { return strings.Contains(m.Text, words) }
}
