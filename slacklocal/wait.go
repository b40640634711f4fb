package slacklocal

import (
	"context"
	"errors"
	"fmt"
)

// WaitFor returns nil once cond holds. It looks at cond at once and again after each
// change of the workspace; cond is called without any lock held. When ctx ends first
// its error is returned.
func (ws *Workspace) WaitFor(ctx context.Context, cond func() bool) error {
	for {
		ws.mu.Lock()
		changed := ws.changed
		closed := ws.closed
		ws.mu.Unlock()
		if cond() {
			return nil
		}
		if closed {
			return errors.New("waiting in the local workspace: it was closed")
		}
		select {
		case <-changed:
		case <-ctx.Done():
			return fmt.Errorf("waiting in the local workspace: %w", ctx.Err())
		}
	}
}

// WaitMessage returns the first message in a channel, threads included, that match
// holds for; it waits for one until ctx ends.
func (ws *Workspace) WaitMessage(ctx context.Context, channel string, match func(Message) bool) (Message, error) {
	return ws.waitAmong(ctx, func() []Message { return ws.Messages(channel) }, match)
}

// WaitEphemeral returns the first message shown to this person alone that match holds
// for; it waits for one until ctx ends.
func (ws *Workspace) WaitEphemeral(ctx context.Context, user string, match func(Message) bool) (Message, error) {
	return ws.waitAmong(ctx, func() []Message { return ws.Ephemerals(user) }, match)
}

// WaitView returns the topmost modal of a person; it waits for one until ctx ends.
func (ws *Workspace) WaitView(ctx context.Context, user string) (View, error) {
	var top View
	err := ws.WaitFor(ctx, func() bool {
		open := ws.Views(user)
		if len(open) > 0 {
			top = open[len(open)-1]
		}
		return len(open) > 0
	})
	return top, err
}

func (ws *Workspace) waitAmong(ctx context.Context, list func() []Message, match func(Message) bool) (Message, error) {
	var found Message
	err := ws.WaitFor(ctx, func() bool {
		for _, m := range list() {
			if match(m) {
				found = m
				return true
			}
		}
		return false
	})
	return found, err
}
