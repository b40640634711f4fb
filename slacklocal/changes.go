package slacklocal

import (
	"context"
	"time"
)

// ChangeKind says what kind of thing happened in the workspace.
type ChangeKind string

// The kinds of change.
const (
	MessagePosted   ChangeKind = "message_posted"
	MessageEdited   ChangeKind = "message_edited"
	MessageDeleted  ChangeKind = "message_deleted"
	EphemeralPosted ChangeKind = "ephemeral_posted"
	ViewOpened      ChangeKind = "view_opened"
	ViewUpdated     ChangeKind = "view_updated"
	ViewClosed      ChangeKind = "view_closed"
	HomePublished   ChangeKind = "home_published"
	StatusSet       ChangeKind = "status_set"
	CommandGiven    ChangeKind = "command_given"
	ButtonClicked   ChangeKind = "button_clicked"
	PlaceChanged    ChangeKind = "place_changed"   // people, channels, groups
	SocketOpened    ChangeKind = "socket_opened"   // after its hello
	SocketClosed    ChangeKind = "socket_closed"   //
	EnvelopeSent    ChangeKind = "envelope_sent"   //
	EnvelopeAcked   ChangeKind = "envelope_acked"  // also when the ack did not count
	EnvelopeMissed  ChangeKind = "envelope_missed" // not acknowledged; will be sent again
	EnvelopeLost    ChangeKind = "envelope_lost"   // given up
	Called          ChangeKind = "called"          // a Web API call was answered
	Closed          ChangeKind = "closed"
)

// Change is one thing that happened. Only the fields of its kind are set.
type Change struct {
	Kind    ChangeKind
	At      time.Time
	User    string   // who did it, or for whom it is
	Channel string   //
	Message *Message // as it is after the change; a copy
	View    *View    // likewise
	Text    string   // what was typed, the button's words, the method called
	ID      string   // of the envelope or socket
}

// change tells everybody who waits or listens. Called with ws.mu held.
func (ws *Workspace) change(c Change) {
	c.At = ws.now()
	close(ws.changed)
	ws.changed = make(chan struct{})
	for s := range ws.subs {
		s.queue = append(s.queue, c)
	}
}

// Subscription is a stream of changes. Changes wait in it until they are read, so
// end it with Close when it is no longer read.
type Subscription struct {
	ws    *Workspace
	queue []Change // guarded by ws.mu
}

// Subscribe returns a stream of all that changes from now on.
func (ws *Workspace) Subscribe() *Subscription {
	ws.mu.Lock()
	defer ws.mu.Unlock()
	s := &Subscription{ws: ws}
	ws.subs[s] = struct{}{}
	return s
}

// Next returns the next change. It waits for one until ctx ends; ok is false when
// ctx has ended or the workspace is closed and nothing is left.
func (s *Subscription) Next(ctx context.Context) (c Change, ok bool) {
	for {
		s.ws.mu.Lock()
		if len(s.queue) > 0 {
			c = s.queue[0]
			s.queue = s.queue[1:]
			s.ws.mu.Unlock()
			return c, true
		}
		changed, closed := s.ws.changed, s.ws.closed
		s.ws.mu.Unlock()
		if closed {
			return Change{}, false
		}
		select {
		case <-changed:
		case <-ctx.Done():
			return Change{}, false
		}
	}
}

// Close ends the subscription.
func (s *Subscription) Close() {
	s.ws.mu.Lock()
	defer s.ws.mu.Unlock()
	delete(s.ws.subs, s)
	s.queue = nil
}
