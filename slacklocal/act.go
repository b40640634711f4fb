package slacklocal

import (
	"errors"
	"fmt"
)

// ErrNotConnected says that the app has no link open, so that what a person does
// can't reach it. Slack shows the person a warning.
var ErrNotConnected = errors.New("the app is not connected: no socket is open")

// Post says something as a person, in a channel or direct message, and returns the
// message's ts. threadTS is "" or any message of the thread to reply in. The text is
// what they type: @releasebot, @oncall and #channel become references, & < > are
// escaped. The app hears it as Slack would tell it, if it is in the channel.
// Post panics where TryPost returns an error.
func (ws *Workspace) Post(user, channel, text, threadTS string) (ts string) {
	ts, err := ws.TryPost(user, channel, text, threadTS)
	if err != nil {
		panic("slacklocal: " + err.Error())
	}
	return ts
}

// TryPost is Post for people and places that may not exist.
func (ws *Workspace) TryPost(user, channel, text, threadTS string) (ts string, err error) {
	ws.mu.Lock()
	defer ws.mu.Unlock()
	c, err := ws.where(user, channel)
	if err != nil {
		return "", fmt.Errorf("posting: %w", err)
	}
	if threadTS != "" {
		root := c.find(threadTS)
		if root == nil {
			return "", fmt.Errorf("posting: no message %s in %s to reply to", threadTS, channel)
		}
		threadTS = root.Thread()
	}
	m := &Message{User: user, Text: ws.typed(text, false), ThreadTS: threadTS}
	m.Blocks = richText(m.Text)
	ws.add(c, m)
	return m.TS, nil
}

// where finds the channel in which a person does something.
func (ws *Workspace) where(user, id string) (*channel, error) {
	u, c := ws.users[user], ws.channels[id]
	switch {
	case u == nil:
		return nil, fmt.Errorf("no user %q; AddUser comes first", user)
	case u.Deleted:
		return nil, fmt.Errorf("user %s is deactivated", user)
	case c == nil:
		return nil, fmt.Errorf("no channel %q; AddChannel or DM comes first", id)
	case c.Archived:
		return nil, fmt.Errorf("channel %s is archived", id)
	case c.IM != "" && c.IM != user:
		return nil, fmt.Errorf("%s is the direct message of %s, not of %s", id, c.IM, user)
	}
	return c, nil
}

// EditMessage changes a person's own message.
func (ws *Workspace) EditMessage(user, channel, ts, text string) error {
	ws.mu.Lock()
	defer ws.mu.Unlock()
	c, m, err := ws.theirs(user, channel, ts)
	if err != nil {
		return fmt.Errorf("editing: %w", err)
	}
	text = ws.typed(text, false)
	ws.edit(c, m, Version{Text: text, Blocks: richText(text)})
	return nil
}

// DeleteMessage deletes a person's own message, or, as the app's owner could, one of the app's.
func (ws *Workspace) DeleteMessage(user, channel, ts string) error {
	ws.mu.Lock()
	defer ws.mu.Unlock()
	c, m, err := ws.theirs(user, channel, ts)
	if err != nil {
		return fmt.Errorf("deleting: %w", err)
	}
	ws.remove(c, m)
	return nil
}

func (ws *Workspace) theirs(user, channel, ts string) (*channel, *Message, error) {
	c, err := ws.where(user, channel)
	if err != nil {
		return nil, nil, err
	}
	m := c.find(ts)
	switch {
	case m == nil:
		return nil, nil, fmt.Errorf("no message %s in %s", ts, channel)
	case m.User != user && m.BotID == "":
		return nil, nil, fmt.Errorf("message %s is %s's, not %s's", ts, m.User, user)
	}
	return c, m, nil
}

// OpenHome opens the app's home tab as a person; the app hears app_home_opened.
func (ws *Workspace) OpenHome(user string) error {
	ws.mu.Lock()
	defer ws.mu.Unlock()
	if ws.users[user] == nil {
		return fmt.Errorf("opening the home tab: no user %q", user)
	}
	e := map[string]any{
		"type": "app_home_opened", "user": user, "channel": ws.dm(user).ID, "tab": "home", "event_ts": ws.newTS(),
	}
	if v := ws.homes[user]; v != nil {
		e["view"] = ws.viewJSON(v)
	}
	ws.event(e)
	return nil
}
