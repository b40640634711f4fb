package bot

import (
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"net/url"
	"slices"
	"strconv"
	"time"

	"github.com/slack-go/slack"

	"github.com/releasebot/releasebot/agent"
)

// result is what a job came to.
type result struct {
	err     error
	lost    bool // the lease is not ours any more: nothing was sent
	channel string
	ts      string
	found   map[string][]string // by view key: messages of ours, oldest first
	people  []string            // of toAsk
}

// perform makes the call of a job. The lease is looked at right before.
func (o *outbox) perform(ctx context.Context, j job) result {
	ctx, cancel := context.WithTimeout(ctx, o.bot.cfg.CallLimit) // first: what the lease allows now is begun within that, or not at all
	defer cancel()
	if !j.valid() {
		return result{lost: true}
	}
	var r result
	switch api := o.bot.api; j.verb {
	case toPost, toWrite, toEdit:
		r.channel, r.ts, r.err = o.write(ctx, j.method(), j.channel, j)
	case toTell:
		r.channel, r.ts, r.err = o.tell(ctx, j)
	case toAsk:
		r.people, r.err = o.approvers(ctx, j)
		return r
	case toLook:
		r.found, r.err = o.look(ctx, j)
		return r
	case toAlias:
		r.err = o.bot.service.Load().Alias(ctx, agent.Place{Team: o.bot.me().team, Channel: j.channel, TS: j.thread}, j.board.id)
		return r
	case toRemove:
		_, _, r.err = api.slack.DeleteMessageContext(ctx, j.channel, j.ts)
	}
	r.err = o.bot.api.noted(j.method(), r.err)
	return r
}

// longestText is how many characters of a text are sent beside blocks, which say it all.
const longestText = 3000

// write sends the message of a job.
func (o *outbox) write(ctx context.Context, method, channel string, j job) (where, ts string, err error) {
	m := outgoing{Channel: channel, TS: j.ts, ThreadTS: j.thread, Text: j.view.text}
	if len(m.Text) > longestText {
		if r := []rune(m.Text); len(r) > longestText {
			m.Text = string(r[:longestText])
		}
	}
	if method == "chat.postEphemeral" {
		m.User = j.user
	}
	if j.card != nil && j.card.sort != noted {
		m.Metadata = &j.meta
	}
	shown := j.view.blocks
	if j.plain {
		shown = nil
	}
	w, err := o.bot.api.write(ctx, method, m, shown)
	if method == "chat.postEphemeral" {
		return channel, w.EphemeralTS, err
	}
	return w.Channel, w.TS, err
}

// tell tells one person alone: in the channel where that can be, else directly.
func (o *outbox) tell(ctx context.Context, j job) (channel, ts string, err error) {
	switch {
	case j.user == "":
		return "", "", slack.SlackErrorResponse{Err: "user_not_found"}
	case j.direct:
		return o.write(ctx, j.method(), j.user, j)
	}
	return o.write(ctx, j.method(), j.channel, j)
}

// approversMost bounds how many people are asked directly.
const approversMost = 50

// approvers finds out who may approve, and has not.
func (o *outbox) approvers(ctx context.Context, j job) ([]string, error) {
	var people []string
	add := func(id string) {
		if id != "" && !slices.Contains(j.not, id) && !slices.Contains(people, id) && len(people) < approversMost {
			people = append(people, id)
		}
	}
	for _, s := range j.from {
		if s.Group == "" {
			add(s.User)
			continue
		}
		members, err := o.bot.Group(ctx, s.Group)
		if err != nil {
			return nil, err
		}
		for _, id := range slices.Sorted(maps.Keys(members)) {
			add(id)
		}
	}
	return people, nil
}

// lookPages bounds a look: so many pages of so many messages.
const (
	lookPages = 20
	lookSize  = 200
)

// ours is a message as a look reads it: no more of it than is needed.
type ours struct {
	User     string   `json:"user"`
	BotID    string   `json:"bot_id"`
	TS       string   `json:"ts"`
	Metadata metadata `json:"metadata"`
}

// look reads the Slack thread, or, where there is none yet, the channel since
// the agent's thread began, for messages of ours. Whose they are is Slack's
// word; what they show is in their metadata. One that shows more than the store
// has is told to the agent, before it is edited.
func (o *outbox) look(ctx context.Context, j job) (map[string][]string, error) {
	method := "conversations.replies"
	args := url.Values{"channel": {j.channel}, "ts": {j.thread}, "limit": {strconv.Itoa(lookSize)}, "include_all_metadata": {"true"}}
	if j.thread == "" {
		method = "conversations.history"
		args.Del("ts")
		args.Set("oldest", fmt.Sprintf("%d.000000", j.began.Add(-time.Minute).Unix()))
	}
	found := map[string][]string{}
	var newest agent.Seen
	for range lookPages {
		var page struct {
			Messages []json.RawMessage `json:"messages"`
			Meta     struct {
				Next string `json:"next_cursor"`
			} `json:"response_metadata"`
		}
		if err := o.bot.api.raw(ctx, method, args, &page); err != nil {
			return nil, err
		}
		for _, raw := range page.Messages {
			m, ok := o.bot.own(raw)
			if !ok || m.Metadata.Payload.Thread != string(j.board.id) {
				continue
			}
			found[m.Metadata.Payload.View] = append(found[m.Metadata.Payload.View], m.TS)
			if seen := m.Metadata.seen(j.board.id); seen != nil && seen.Version > newest.Version {
				newest = *seen
			}
		}
		if page.Meta.Next == "" {
			return found, o.bot.service.Load().Seen(ctx, j.board.id, newest)
		}
		args.Set("cursor", page.Meta.Next)
	}
	return found, nil
}
