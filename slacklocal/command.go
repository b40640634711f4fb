package slacklocal

import (
	"context"
	"errors"
	"fmt"
)

// CommandReply is what comes back to a slash command: the ack's payload, and what is
// posted to its response_url.
type CommandReply struct {
	ws *Workspace
	// guarded by ws.mu
	done  bool
	err   error
	ack   map[string]any
	shown []*Message
}

// Command gives a slash command ("/release") with the rest of the line, as a person.
// What Slack would show when it can't be delivered or is not acknowledged in time is
// the reply's Err.
func (ws *Workspace) Command(user, channel, command, text string) *CommandReply {
	ws.mu.Lock()
	defer ws.mu.Unlock()
	r := &CommandReply{ws: ws}
	c, err := ws.where(user, channel)
	if err != nil {
		r.done, r.err = true, fmt.Errorf("giving %s: %w", command, err)
		return r
	}
	ws.change(Change{Kind: CommandGiven, User: user, Channel: channel, Text: command + " " + text})
	if len(ws.ready()) == 0 && !ws.faults.hold {
		r.done, r.err = true, fmt.Errorf("%s failed because the app did not respond: %w", command, ErrNotConnected)
		return r
	}
	u := ws.users[user]
	payload := map[string]any{
		"token": "local", "command": command, "text": ws.typed(text, true), "user_id": user, "user_name": u.Name,
		"channel_id": channel, "channel_name": placeName(c), "team_id": u.TeamID, "team_domain": ws.cfg.TeamDomain,
		"api_app_id": ws.cfg.AppID, "is_enterprise_install": "false", "trigger_id": ws.newTrigger(user, ""),
		"response_url": ws.newResponseURL(&responseURL{user: user, channel: channel, reply: r}),
	}
	ws.deliver(&delivery{
		Delivery: Delivery{Type: "slash_commands", Event: command}, payload: payload,
		onAck: func(p map[string]any) { r.acked(u, c, p) },
		onLost: func(string) {
			r.done, r.err = true, errors.New(command+" failed with the error \"operation_timeout\": not acknowledged within 3 seconds")
		},
	})
	return r
}

// acked shows what came with the ack. ws.mu is held.
func (r *CommandReply) acked(u *User, c *channel, payload map[string]any) {
	r.done, r.ack = true, payload
	if len(payload) == 0 {
		return
	}
	m, err := r.ws.respond(&responseURL{user: u.ID, channel: c.ID}, args{values: payload})
	if err != nil {
		r.err = fmt.Errorf("the ack's payload is refused: %w", err)
		return
	}
	r.shown = append(r.shown, m)
}

// Wait waits for the ack (or for Slack giving up) and returns Err.
func (r *CommandReply) Wait(ctx context.Context) error {
	err := r.ws.WaitFor(ctx, func() bool {
		r.ws.mu.Lock()
		defer r.ws.mu.Unlock()
		return r.done
	})
	if err != nil {
		return err
	}
	return r.Err()
}

// Answer waits until something was shown in reply, in the ack or through the
// response_url, and returns the first of it.
func (r *CommandReply) Answer(ctx context.Context) (Message, error) {
	var failed error
	err := r.ws.WaitFor(ctx, func() bool {
		failed = r.Err()
		return failed != nil || len(r.Messages()) > 0
	})
	if err = errors.Join(err, failed); err != nil {
		return Message{}, err
	}
	return r.Messages()[0], nil
}

// Err says what went wrong between Slack and the app, if anything did.
func (r *CommandReply) Err() error {
	r.ws.mu.Lock()
	defer r.ws.mu.Unlock()
	return r.err
}

// Ack returns the payload of the ack; acked is false while there was none.
func (r *CommandReply) Ack() (payload map[string]any, acked bool) {
	r.ws.mu.Lock()
	defer r.ws.mu.Unlock()
	return r.ack, r.done && r.err == nil
}

// Messages returns all that was shown in reply so far, as it stands now.
func (r *CommandReply) Messages() []Message {
	r.ws.mu.Lock()
	defer r.ws.mu.Unlock()
	var out []Message
	for _, m := range r.shown {
		if !m.Deleted {
			out = append(out, *m.copy())
		}
	}
	return out
}
