package slacklocal

import (
	"strings"
	"unicode/utf8"
)

// What a message may hold. chat.postMessage truncates longer texts on real Slack;
// here they are refused, so that nothing is cut unseen.
const (
	maxPostText   = 40000
	maxUpdateText = 4000
)

// place finds the channel that an app names: by id, or by a person's id for their
// direct message.
func (ws *Workspace) place(id string) (*channel, error) {
	if id == "" {
		return nil, fail("channel_not_found")
	}
	if u := ws.users[id]; u != nil && !u.Bot {
		if u.Deleted {
			return nil, fail("channel_not_found")
		}
		return ws.dm(id), nil
	}
	c := ws.channels[id]
	if c == nil || c.Private && !c.has(ws.cfg.BotUserID) {
		return nil, fail("channel_not_found")
	}
	return c, nil
}

// postable finds a channel that the app may post to.
func (ws *Workspace) postable(id string) (*channel, error) {
	c, err := ws.place(id)
	switch {
	case err != nil:
		return nil, err
	case !c.has(ws.cfg.BotUserID):
		return nil, fail("not_in_channel")
	case c.Archived:
		return nil, fail("is_archived")
	}
	return c, nil
}

// content is what posts and edits have in common.
type content struct {
	text        string
	blocks      []Block // nil: not given
	attachments []any
	metadata    *Metadata
}

func readContent(a args, maxText int) (content, error) {
	c := content{text: a.str("text")}
	if a.has("blocks") && a.values["blocks"] != "" {
		blocks, err := readBlocks(a)
		if err != nil {
			return c, err
		}
		c.blocks = blocks
		if err := checkMessage(blocks); err != nil {
			return c, err
		}
	}
	if a.has("attachments") && !a.json("attachments", &c.attachments) {
		return c, fail("invalid_attachments")
	}
	if len(c.attachments) > 100 {
		return c, fail("too_many_attachments")
	}
	if a.has("markdown_text") {
		if c.text != "" || len(c.blocks) > 0 {
			return c, fail("markdown_text_conflict")
		}
		c.text = a.str("markdown_text")
		maxText = min(maxText, maxMarkdown)
	}
	if utf8.RuneCountInString(c.text) > maxText {
		return c, fail("msg_too_long")
	}
	if strings.TrimSpace(c.text) == "" && len(c.blocks) == 0 && len(c.attachments) == 0 {
		return c, fail("no_text")
	}
	return c, readMetadata(a, &c)
}

func readMetadata(a args, c *content) error {
	if !a.has("metadata") || a.values["metadata"] == "" {
		return nil
	}
	var m *Metadata
	if !a.json("metadata", &m) {
		return fail("invalid_metadata_format")
	}
	if m == nil {
		return nil
	}
	if m.EventType == "" || m.EventPayload == nil {
		return fail("invalid_metadata_schema")
	}
	c.metadata = m
	return nil
}

func chatPost(ws *Workspace, a args) (map[string]any, error) {
	c, err := ws.postable(a.str("channel"))
	if err != nil {
		return nil, err
	}
	in, err := readContent(a, maxPostText)
	if err != nil {
		return nil, err
	}
	thread := a.str("thread_ts")
	if thread != "" && c.find(thread) == nil {
		return nil, fail("thread_not_found")
	}
	m := &Message{
		User: ws.cfg.BotUserID, BotID: ws.cfg.BotID, ThreadTS: thread,
		Text: in.text, Blocks: in.blocks, Metadata: in.metadata, attachments: in.attachments,
	}
	delete(ws.statuses, c.ID+" "+thread)
	ws.add(c, m)
	ws.notePings(c, m, a)
	return map[string]any{"channel": c.ID, "ts": m.TS, "message": ws.messageJSON(c, m)}, nil
}

func chatPostEphemeral(ws *Workspace, a args) (map[string]any, error) {
	c, err := ws.postable(a.str("channel"))
	if err != nil {
		return nil, err
	}
	user := a.str("user")
	if u := ws.users[user]; u == nil || u.Deleted || !c.has(user) {
		return nil, fail("user_not_in_channel")
	}
	in, err := readContent(a, maxPostText)
	if err != nil {
		return nil, err
	}
	m := &Message{
		User: ws.cfg.BotUserID, BotID: ws.cfg.BotID, ThreadTS: a.str("thread_ts"),
		Text: in.text, Blocks: in.blocks, attachments: in.attachments,
	}
	ws.show(user, c.ID, m)
	ws.notePings(c, m, a)
	return map[string]any{"message_ts": m.TS}, nil
}

// own finds a message that the app may edit or delete.
func (ws *Workspace) own(a args, refusal string) (*channel, *Message, error) {
	c, err := ws.place(a.str("channel"))
	if err != nil {
		return nil, nil, err
	}
	m := c.find(a.str("ts"))
	switch {
	case m == nil: // ephemeral messages too: they are not in the channel
		return nil, nil, fail("message_not_found")
	case m.User != ws.cfg.BotUserID:
		return nil, nil, fail(refusal)
	case c.Archived:
		return nil, nil, fail("is_archived")
	}
	return c, m, nil
}

// chatUpdate replaces text and blocks: with text and no blocks the blocks are gone;
// with blocks and no text the text stays. Metadata stays unless given anew.
func chatUpdate(ws *Workspace, a args) (map[string]any, error) {
	c, m, err := ws.own(a, "cant_update_message")
	if err != nil {
		return nil, err
	}
	in, err := readContent(a, maxUpdateText)
	if err != nil {
		return nil, err
	}
	next := Version{Text: in.text, Blocks: in.blocks, Metadata: m.Metadata}
	if !a.has("text") && !a.has("markdown_text") {
		next.Text = m.Text
	}
	if a.has("metadata") {
		next.Metadata = in.metadata
	}
	ws.edit(c, m, next)
	m.attachments = in.attachments
	ws.notePings(c, m, a)
	return map[string]any{"channel": c.ID, "ts": m.TS, "text": m.Text, "message": ws.messageJSON(c, m)}, nil
}

func chatDelete(ws *Workspace, a args) (map[string]any, error) {
	c, m, err := ws.own(a, "cant_delete_message")
	if err != nil {
		return nil, err
	}
	ws.remove(c, m)
	return map[string]any{"channel": c.ID, "ts": m.TS}, nil
}

func chatPermalink(ws *Workspace, a args) (map[string]any, error) {
	c, err := ws.place(a.str("channel"))
	if err != nil {
		return nil, err
	}
	m := c.find(a.str("message_ts"))
	if m == nil {
		return nil, fail("message_not_found")
	}
	link := "https://" + ws.cfg.TeamDomain + ".slack.com/archives/" + c.ID + "/p" + strings.ReplaceAll(m.TS, ".", "")
	if m.ThreadTS != "" {
		link += "?thread_ts=" + m.ThreadTS + "&cid=" + c.ID
	}
	return map[string]any{"channel": c.ID, "permalink": link}, nil
}
