package slacklocal

import (
	"errors"
	"net/http"
	"strings"
	"time"
)

// A response_url is good for 5 posts in 30 minutes.
const (
	responseUses = 5
	responseLife = 30 * time.Minute
)

// responseURL is where an app answers one click or command. Guarded by ws.mu.
type responseURL struct {
	user, channel string
	message       *Message      // the one clicked on, or nil
	reply         *CommandReply // of a command, or nil
	uses          int
	until         time.Time
}

func (ws *Workspace) newResponseURL(r *responseURL) string {
	r.until = ws.now().Add(responseLife)
	id := ws.nextID("R")
	ws.responses[id] = r
	return ws.base + "/slack/response/" + ws.cfg.TeamID + "/" + id
}

// serveResponse takes a post to a response_url.
func (ws *Workspace) serveResponse(w http.ResponseWriter, r *http.Request, path string) {
	a, err := readArgs(w, r)
	if err == nil {
		fault, ok := ws.faults.take(ws, "response_url")
		if ok && !fault.after {
			ws.logCall("response_url", a, fault.String())
			fault.serve(ws, w, r)
			return
		}
		err = ws.postResponse(path, a)
		if ok {
			panic(http.ErrAbortHandler)
		}
	}
	if err == nil {
		answer(w, map[string]any{"ok": true})
		return
	}
	status := http.StatusBadRequest
	switch err.Error() {
	case "used_url", "expired_url", "no_service":
		status = http.StatusNotFound
	}
	w.Header().Set("Content-Type", "application/json; charset=utf-8")
	w.WriteHeader(status)
	answer(w, ws.failure(err))
}

func (ws *Workspace) postResponse(path string, a args) error {
	ws.mu.Lock()
	defer ws.mu.Unlock()
	err := func() error {
		r := ws.responses[strings.TrimPrefix(path, ws.cfg.TeamID+"/")]
		switch {
		case r == nil:
			return fail("no_service")
		case ws.now().After(r.until):
			return fail("expired_url")
		case r.uses >= responseUses:
			return fail("used_url")
		}
		r.uses++
		m, err := ws.respond(r, a)
		if err != nil {
			return err
		}
		if r.reply != nil && m != nil {
			r.reply.shown = append(r.reply.shown, m)
		}
		return nil
	}()
	result := "ok"
	if err != nil {
		result = err.Error()
	}
	ws.record("response_url", a, result)
	return err
}

// respond does what a response asks for: replace or delete the message that was
// clicked on, show something to the person, or post to the channel. It returns the
// new message, or nil. ws.mu is held.
func (ws *Workspace) respond(r *responseURL, a args) (*Message, error) {
	c := ws.channels[r.channel]
	if a.flag("delete_original") && r.message != nil {
		ws.forget(c, r.message)
		return nil, nil
	}
	in, err := readContent(a, maxPostText)
	if e := (*apiError)(nil); errors.As(err, &e) && e.code == "no_text" && a.has("response_type") && len(a.values) == 1 {
		return nil, nil // an in_channel ack without words only shows the command
	}
	if err != nil {
		return nil, err
	}
	if a.flag("replace_original") && r.message != nil {
		next := Version{Text: in.text, Blocks: in.blocks, Metadata: r.message.Metadata}
		if r.message.Ephemeral {
			r.message.History = append(r.message.History, r.message.version())
			ws.nameBlocks(next.Blocks)
			r.message.Text, r.message.Blocks, r.message.since = next.Text, next.Blocks, ws.now()
			ws.change(Change{Kind: MessageEdited, User: r.user, Channel: c.ID, Message: r.message.copy()})
		} else {
			ws.edit(c, r.message, next)
		}
		ws.notePings(c, r.message, a)
		return nil, nil
	}
	m := &Message{
		User: ws.cfg.BotUserID, BotID: ws.cfg.BotID, Text: in.text, Blocks: in.blocks,
		Metadata: in.metadata, attachments: in.attachments, ThreadTS: a.str("thread_ts"),
	}
	if a.str("response_type") == "in_channel" {
		ws.add(c, m)
	} else {
		ws.show(r.user, c.ID, m)
	}
	ws.notePings(c, m, a)
	return m, nil
}

func (ws *Workspace) forget(c *channel, m *Message) {
	if !m.Ephemeral {
		ws.remove(c, m)
		return
	}
	m.Deleted = true
	ws.change(Change{Kind: MessageDeleted, User: m.To, Channel: c.ID, Message: m.copy()})
}
