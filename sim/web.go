package sim

import (
	"context"
	"encoding/json"
	"io"
	"net/http"
	"net/url"
	"path"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/releasebot/releasebot/agent"
	"github.com/releasebot/releasebot/bot"
)

// callLimit is how long a process waits for Slack. What Slack has not done by
// then of a call that it got, it does not do any more.
const callLimit = 10 * time.Second

// web is a process's way to Slack's Web API. It is all of HTTP that there is.
type web struct{ p *proc }

// call is one call of a method.
type call struct {
	p      *proc
	method string
	args   url.Values
	body   []byte
}

// answer is what Slack says to a call.
type answer map[string]any

func refusal(code string) answer { return answer{"ok": false, "error": code} }

// Do makes a call: it may be refused, done late, done without an answer, or be the last of its process.
func (c web) Do(req *http.Request) (*http.Response, error) {
	p, w := c.p, c.p.w
	if p.dead {
		panic(crash{p})
	}
	k, err := reading(p, req)
	if err != nil {
		return nil, err
	}
	if k.method == "auth.test" {
		return reply(answer{"ok": true, "team_id": team, "user_id": botUser, "bot_id": botID})
	}
	k.mayWrite()
	began := w.now
	w.at(p, "before slack")
	switch {
	case w.now.Sub(began) >= callLimit: // it stood still for so long that the call has ended before it began
		return nil, context.DeadlineExceeded
	case w.hits(Slack, 0.05, "slack says 429"):
		return later("1"), nil
	case w.hits(Narrow, 0.05, "slack says 429 for longer"):
		return later(strconv.Itoa(2 + w.rng.IntN(20))), nil
	case w.hits(Slack, 0.02, "slack says 500"):
		return &http.Response{StatusCode: http.StatusInternalServerError, Status: "500", Header: http.Header{}, Body: http.NoBody, Request: req}, nil
	case k.changes() && w.hits(Slack, 0.05, "slack's write comes late"):
		left := callLimit - w.now.Sub(began)
		w.later(w.between(0, left), func() { k.does() })
		return nil, errNoReply
	}
	out := k.does()
	w.at(p, "after slack")
	switch {
	case w.now.Sub(began) >= callLimit:
		return nil, context.DeadlineExceeded
	case w.hits(Slack, 0.06, "slack's reply lost"):
		return nil, errNoReply
	case w.hits(Slack, 0.02, "slack says 500 to what it did"):
		return &http.Response{StatusCode: http.StatusBadGateway, Status: "502", Header: http.Header{}, Body: http.NoBody, Request: req}, nil
	}
	return reply(out)
}

// later is Slack's word that a call may be made again after so many seconds.
func later(seconds string) *http.Response {
	return &http.Response{StatusCode: http.StatusTooManyRequests, Header: http.Header{"Retry-After": {seconds}}, Body: http.NoBody}
}

func reading(p *proc, req *http.Request) (*call, error) {
	k := &call{p: p, method: path.Base(req.URL.Path)}
	if req.Body != nil {
		b, err := io.ReadAll(req.Body)
		if err != nil {
			return nil, err
		}
		k.body = b
	}
	if req.URL.Host == hooks {
		k.method = "respond"
		k.args = url.Values{"to": {path.Base(req.URL.Path)}}
		return k, nil
	}
	if strings.HasPrefix(req.Header.Get("Content-Type"), "application/json") {
		return k, k.readJSON()
	}
	args, err := url.ParseQuery(string(k.body))
	k.args = args
	return k, err
}

// readJSON takes arguments that came as JSON for those of a form.
func (k *call) readJSON() error {
	var fields map[string]json.RawMessage
	if err := json.Unmarshal(k.body, &fields); err != nil {
		return err
	}
	k.args = url.Values{}
	for name, raw := range fields {
		var text string
		if json.Unmarshal(raw, &text) != nil {
			text = string(raw)
		}
		k.args.Set(name, text)
	}
	return nil
}

func reply(out answer) (*http.Response, error) {
	b, err := json.Marshal(out)
	if err != nil {
		return nil, err
	}
	return &http.Response{
		StatusCode: http.StatusOK, Header: http.Header{"Content-Type": {"application/json"}}, Body: io.NopCloser(strings.NewReader(string(b))),
	}, nil
}

func (k *call) changes() bool { return strings.HasPrefix(k.method, "chat.") }

// shows says which view of which thread a call writes.
func (k *call) shows() (thread agent.ThreadID, key string) {
	if k.method == "chat.delete" {
		if m := k.p.w.slack.byTS[k.args.Get("ts")]; m != nil {
			return m.thread, m.key
		}
	}
	var meta struct {
		Payload struct {
			Thread agent.ThreadID `json:"thread"`
			View   string         `json:"view"`
		} `json:"event_payload"`
	}
	if raw := k.args.Get("metadata"); raw != "" && json.Unmarshal([]byte(raw), &meta) != nil {
		k.p.w.fail("every message can be read", "the metadata %s", raw)
	}
	return meta.Payload.Thread, meta.Payload.View
}

// mayWrite: views are written by whoever holds the lease.
func (k *call) mayWrite() {
	w, p := k.p.w, k.p
	if !k.changes() || w.lost {
		return
	}
	thread, key := k.shows()
	if key == "" {
		return
	}
	if holder := w.disk.Holder(string(thread)); holder != p.owner {
		w.fail("only the lease's holder writes views", "%s writes %s of %s, held by %q", p.owner, key, w.label(thread), holder)
	}
}

// does is the effect.
func (k *call) does() answer {
	w, s := k.p.w, k.p.w.slack
	switch k.method {
	case "chat.postMessage":
		return k.post()
	case "chat.update":
		m := s.byTS[k.args.Get("ts")]
		if m == nil || m.deleted || m.channel != k.args.Get("channel") {
			return refusal("message_not_found")
		}
		m.meta = k.args.Get("metadata")
		s.show(m, k.args.Get("text"), k.args.Get("blocks"))
		w.logf("%s edits %s of %s: %s", k.p.owner, m.key, w.label(m.thread), m.text)
		return answer{"ok": true, "channel": m.channel, "ts": m.ts, "text": m.text}
	case "chat.delete":
		m := s.byTS[k.args.Get("ts")]
		if m == nil || m.deleted {
			return refusal("message_not_found")
		}
		m.deleted = true
		w.logf("%s removes %s of %s", k.p.owner, m.key, w.label(m.thread))
		return answer{"ok": true}
	case "chat.postEphemeral":
		s.told++
		w.logf("%s tells %s: %s", k.p.owner, k.args.Get("user"), k.args.Get("text"))
		return answer{"ok": true, "message_ts": s.ts()}
	case "conversations.replies", "conversations.history":
		return k.reads()
	case "views.open":
		return k.opens()
	case "respond":
		k.responds()
		return answer{"ok": true}
	}
	w.fail("the simulation works", "Slack has no method %q here", k.method)
	return refusal("unknown_method")
}

func (k *call) post() answer {
	w, s := k.p.w, k.p.w.slack
	channel, root := k.args.Get("channel"), k.args.Get("thread_ts")
	if strings.HasPrefix(channel, "U") {
		channel = "D" + channel
	}
	if at := s.byTS[root]; root != "" && (at == nil || at.deleted) {
		return refusal("thread_not_found")
	}
	if channel == releases && s.shut && !w.calm {
		return refusal("not_in_channel")
	}
	m := &message{channel: channel, root: root, user: botUser, meta: k.args.Get("metadata")}
	m.thread, m.key = k.shows()
	s.add(m)
	s.show(m, k.args.Get("text"), k.args.Get("blocks"))
	w.logf("%s posts %s of %s to %s: %s", k.p.owner, m.key, w.label(m.thread), channel, m.text)
	if !w.calm && w.rng.IntN(8) == 0 { // Slack tells us of what we do ourselves
		w.envelope(packet{what: "the bot's own " + m.key, insists: true}, bot.KindEvent, w.event(m, "message"))
	}
	return answer{"ok": true, "channel": channel, "ts": m.ts}
}

// reads lists a channel's first messages, or a thread.
func (k *call) reads() answer {
	s := k.p.w.slack
	root, oldest := k.args.Get("ts"), k.args.Get("oldest")
	if at := s.byTS[root]; root != "" && at == nil {
		return refusal("thread_not_found")
	}
	var list []answer
	for _, m := range s.messages {
		if m.deleted || m.channel != k.args.Get("channel") || m.ts < oldest || m.root != root && m.ts != root {
			continue
		}
		one := answer{"type": "message", "user": m.user, "ts": m.ts, "text": m.text}
		if m.root != "" {
			one["thread_ts"] = m.root
		}
		if m.user == botUser {
			one["bot_id"] = botID
		}
		if m.meta != "" {
			one["metadata"] = json.RawMessage(m.meta)
		}
		list = append(list, one)
	}
	if root == "" {
		slices.Reverse(list) // a channel's newest come first
	}
	return answer{"ok": true, "messages": list}
}

func (k *call) opens() answer {
	var in struct {
		Trigger string          `json:"trigger_id"`
		View    json.RawMessage `json:"view"`
	}
	if err := json.Unmarshal(k.body, &in); err != nil {
		k.p.w.fail("every message can be read", "views.open: %v", err)
	}
	s := k.p.w.slack
	if s.triggers[in.Trigger] == "" {
		return refusal("expired_trigger_id")
	}
	id := s.openForm(in.Trigger, string(in.View))
	delete(s.triggers, in.Trigger)
	k.p.w.logf("%s opens a form before %s", k.p.owner, s.forms[len(s.forms)-1].user)
	return answer{"ok": true, "view": answer{"id": id}}
}

// responds shows somebody an answer to what they pressed or typed.
func (k *call) responds() {
	var in struct {
		Text string `json:"text"`
	}
	if err := json.Unmarshal(k.body, &in); err != nil {
		k.p.w.fail("every message can be read", "an answer: %v", err)
	}
	k.p.w.slack.told++
	k.p.w.logf("%s answers: %s", k.p.owner, in.Text)
	if m := k.p.w.slack.asked[k.args.Get("to")]; m != nil && noted(in.Text) {
		k.p.w.check.acknowledged(m)
	}
}

// noted reports whether somebody was told that what they typed counts.
func noted(text string) bool { return strings.HasPrefix(text, "Noted") }
