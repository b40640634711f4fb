package sim

import (
	"encoding/json"
	"fmt"
	"hash/fnv"

	"github.com/slack-go/slack"

	"github.com/releasebot/releasebot/agent"
	"github.com/releasebot/releasebot/blocks"
)

// slackWorld is what really stands in Slack.
type slackWorld struct {
	w        *world
	messages []*message
	told     int
	buttons  []button // every button that ever stood anywhere, the oldest first
	seen     map[button]bool
}

// message is one message of the bot.
type message struct {
	ts      string
	thread  agent.ThreadID
	key     string
	pic     picture
	deleted bool
}

// button is something that can be pressed, now or by somebody who has not looked since.
type button struct {
	thread agent.ThreadID
	verb   agent.Verb
	target string
}

// picture is a view as it is sent.
type picture struct {
	hash    uint64
	text    string
	final   bool
	buttons []button
}

func newSlackWorld(w *world) *slackWorld { return &slackWorld{w: w, seen: map[button]bool{}} }

func picturing(thread agent.ThreadID, v blocks.View) (picture, error) {
	h := fnv.New64a()
	fmt.Fprintf(h, "%s\x00%v\x00", v.Text, v.Final) //nolint:errcheck // never fails
	b, err := json.Marshal(v.Blocks)
	if err != nil {
		return picture{}, err
	}
	_, _ = h.Write(b)
	p := picture{hash: h.Sum64() | 1, text: v.Text, final: v.Final}
	for _, bl := range v.Blocks {
		actions, ok := bl.(*slack.ActionBlock)
		if !ok {
			continue
		}
		for _, el := range actions.Elements.ElementSet {
			e, ok := el.(*slack.ButtonBlockElement)
			if !ok {
				continue
			}
			if verb, target, ok := blocks.Button(slack.BlockAction{ActionID: e.ActionID, Value: e.Value}); ok {
				p.buttons = append(p.buttons, button{thread, verb, target})
			}
		}
	}
	return p, nil
}

func (s *slackWorld) see(p picture) {
	for _, b := range p.buttons {
		if !s.seen[b] {
			s.seen[b] = true
			s.buttons = append(s.buttons, b)
		}
	}
}

func (s *slackWorld) post(thread agent.ThreadID, key string, p picture) string {
	m := &message{ts: fmt.Sprintf("1700000000.%06d", len(s.messages)+1), thread: thread, key: key, pic: p}
	s.messages = append(s.messages, m)
	s.see(p)
	return m.ts
}

func (s *slackWorld) at(ts string) *message {
	for _, m := range s.messages {
		if m.ts == ts {
			return m
		}
	}
	return nil
}

func (s *slackWorld) edit(ts string, p picture) {
	if m := s.at(ts); m != nil && !m.deleted {
		m.pic = p
		s.see(p)
	}
}

func (s *slackWorld) remove(ts string) {
	if m := s.at(ts); m != nil {
		m.deleted = true
	}
}

// find lists the messages of a thread that stand, by key, oldest first.
func (s *slackWorld) find(thread agent.ThreadID) map[string][]string {
	found := map[string][]string{}
	for _, m := range s.messages {
		if m.thread == thread && !m.deleted {
			found[m.key] = append(found[m.key], m.ts)
		}
	}
	return found
}
