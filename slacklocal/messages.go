package slacklocal

import (
	"slices"
	"time"
)

// Block is one decoded block of Block Kit. Blocks that the workspace hands out are
// shared: read them, don't change them.
type Block map[string]any

// Type returns the block's type.
func (b Block) Type() string { return str(b, "type") }

// ID returns the block's block_id.
func (b Block) ID() string { return str(b, "block_id") }

// Metadata is what an app attached to a message.
type Metadata struct {
	EventType    string         `json:"event_type"`
	EventPayload map[string]any `json:"event_payload"`
}

// Version is a message as it stood for a while.
type Version struct {
	At       time.Time // since when
	Text     string
	Blocks   []Block
	Metadata *Metadata
}

// Message is one message as Slack shows it, with how it came to be so.
type Message struct {
	Channel  string
	TS       string
	ThreadTS string // of a reply: the thread's ts; "" at the top level
	User     string
	BotID    string // of a message by the app
	Text     string // in Slack's form: & < > escaped, mentions as <@U…>
	Blocks   []Block
	Metadata *Metadata

	At        time.Time
	Edited    bool
	EditedTS  string
	Deleted   bool
	Ephemeral bool
	To        string // of an ephemeral message: who sees it

	// History holds the earlier versions, the oldest first.
	History []Version

	since       time.Time // when this version began
	attachments []any
}

// Thread returns the ts of the thread that the message belongs to or would begin.
func (m Message) Thread() string {
	if m.ThreadTS != "" {
		return m.ThreadTS
	}
	return m.TS
}

func (m *Message) copy() *Message {
	c := *m
	c.History = slices.Clone(m.History)
	return &c
}

func (m *Message) version() Version {
	return Version{At: m.since, Text: m.Text, Blocks: m.Blocks, Metadata: m.Metadata}
}

// Messages returns what stands in a channel, oldest first: replies in threads too,
// deleted and ephemeral messages not.
func (ws *Workspace) Messages(channel string) []Message {
	return ws.pick(channel, func(m *Message) bool { return !m.Deleted })
}

// Thread returns a thread, its first message first.
func (ws *Workspace) Thread(channel, ts string) []Message {
	return ws.pick(channel, func(m *Message) bool { return !m.Deleted && m.Thread() == ts })
}

// Message returns one message, also when it was deleted; ok is false when there never
// was one.
func (ws *Workspace) Message(channel, ts string) (m Message, ok bool) {
	all := ws.pick(channel, func(m *Message) bool { return m.TS == ts })
	if len(all) == 0 {
		return Message{}, false
	}
	return all[0], true
}

func (ws *Workspace) pick(id string, want func(*Message) bool) []Message {
	ws.mu.Lock()
	defer ws.mu.Unlock()
	c := ws.channels[id]
	if c == nil {
		return nil
	}
	var out []Message
	for _, m := range c.messages {
		if want(m) {
			out = append(out, *m.copy())
		}
	}
	return out
}

// Ephemerals returns what only this person was shown, oldest first: ephemeral
// messages, answers to their commands and clicks.
func (ws *Workspace) Ephemerals(user string) []Message {
	ws.mu.Lock()
	defer ws.mu.Unlock()
	var out []Message
	for _, m := range ws.ephemerals {
		if m.To == user && !m.Deleted {
			out = append(out, *m.copy())
		}
	}
	return out
}

// find returns a message that stands in the channel, or nil.
func (c *channel) find(ts string) *Message {
	for _, m := range slices.Backward(c.messages) {
		if m.TS == ts {
			if m.Deleted {
				return nil
			}
			return m
		}
	}
	return nil
}

// add puts a new message into its channel and tells the app. ws.mu is held.
func (ws *Workspace) add(c *channel, m *Message) {
	m.Channel = c.ID
	m.TS = ws.newTS()
	m.At = ws.now()
	m.since = m.At
	ws.nameBlocks(m.Blocks)
	c.messages = append(c.messages, m)
	ws.change(Change{Kind: MessagePosted, User: m.User, Channel: c.ID, Message: m.copy()})
	if c.has(ws.cfg.BotUserID) {
		ws.deliverMessage(c, m)
	}
}

// edit replaces what a message says and tells the app. ws.mu is held.
func (ws *Workspace) edit(c *channel, m *Message, next Version) {
	before := ws.messageJSON(c, m)
	m.History = append(m.History, m.version())
	ws.nameBlocks(next.Blocks)
	m.Text, m.Blocks, m.Metadata = next.Text, next.Blocks, next.Metadata
	m.Edited, m.EditedTS, m.since = true, ws.newTS(), ws.now()
	ws.change(Change{Kind: MessageEdited, User: m.User, Channel: c.ID, Message: m.copy()})
	if c.has(ws.cfg.BotUserID) {
		ws.deliverChanged(c, m, before)
	}
}

// remove deletes a message and tells the app. ws.mu is held.
func (ws *Workspace) remove(c *channel, m *Message) {
	before := ws.messageJSON(c, m)
	m.Deleted = true
	ws.change(Change{Kind: MessageDeleted, User: m.User, Channel: c.ID, Message: m.copy()})
	if c.has(ws.cfg.BotUserID) {
		ws.deliverDeleted(c, m, before)
	}
}

// show shows a message to one person alone. ws.mu is held.
func (ws *Workspace) show(user, channel string, m *Message) {
	m.Channel, m.To, m.Ephemeral = channel, user, true
	m.TS = ws.newTS()
	m.At = ws.now()
	m.since = m.At
	ws.nameBlocks(m.Blocks)
	ws.ephemerals = append(ws.ephemerals, m)
	ws.change(Change{Kind: EphemeralPosted, User: user, Channel: channel, Message: m.copy()})
}

// nameBlocks gives ids to the blocks and interactive elements that have none, as
// Slack does. The blocks are not shared yet.
func (ws *Workspace) nameBlocks(blocks []Block) {
	for _, b := range blocks {
		if b.ID() == "" {
			b["block_id"] = ws.nextID("b")
		}
		for _, e := range elements(b) {
			if interactive(str(e, "type")) && str(e, "action_id") == "" {
				e["action_id"] = ws.nextID("a")
			}
		}
	}
}

// messageJSON is a message as the Web API and events show it. ws.mu is held.
func (ws *Workspace) messageJSON(c *channel, m *Message) map[string]any {
	out := map[string]any{"type": "message", "ts": m.TS, "text": m.Text, "user": m.User}
	if u := ws.users[m.User]; u != nil {
		out["team"] = u.TeamID
	}
	if m.BotID != "" {
		out["bot_id"], out["app_id"] = m.BotID, ws.cfg.AppID
		out["bot_profile"] = map[string]any{
			"id": m.BotID, "app_id": ws.cfg.AppID, "name": ws.cfg.BotName,
			"team_id": ws.cfg.TeamID, "deleted": false, "updated": 0, "icons": map[string]any{},
		}
	}
	if m.Blocks != nil {
		out["blocks"] = m.Blocks
	}
	if m.attachments != nil {
		out["attachments"] = m.attachments
	}
	if m.Edited {
		out["edited"] = map[string]any{"user": m.User, "ts": m.EditedTS}
	}
	if m.ThreadTS != "" {
		out["thread_ts"] = m.ThreadTS
		if root := c.find(m.ThreadTS); root != nil {
			out["parent_user_id"] = root.User
		}
		return out
	}
	var users []string
	count, latest := 0, ""
	for _, r := range c.messages {
		if r.ThreadTS == m.TS && !r.Deleted {
			count, latest = count+1, r.TS
			if !slices.Contains(users, r.User) {
				users = append(users, r.User)
			}
		}
	}
	if count > 0 {
		out["thread_ts"], out["reply_count"], out["latest_reply"] = m.TS, count, latest
		out["reply_users"], out["reply_users_count"] = users, len(users)
		out["subscribed"], out["is_locked"] = false, false
	}
	return out
}
