package sim

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"

	"github.com/slack-go/slack"

	"github.com/releasebot/releasebot/agent"
	"github.com/releasebot/releasebot/blocks"
)

const (
	releases  = "C0RELEASES"
	botUser   = "U0BOT"
	botID     = "B0BOT"
	hooks     = "hooks.slack.com"
	textsMost = 3000 // characters of a message's text that are sent
)

// slackWorld is what really stands in Slack, and what people can press there.
type slackWorld struct {
	w        *world
	messages []*message
	byTS     map[string]*message
	buttons  []button // every button that ever stood anywhere, the oldest first
	seen     map[button]bool
	forms    []*form
	triggers map[string]string // who has what opened by a trigger's id
	asked    map[string]*packet
	shut     bool // the bot may not write to the channel
	told     int  // what was shown to one person alone
}

// message is one message in Slack.
type message struct {
	channel, ts string
	root        string // ts of the message that it replies to
	user        string
	text        string
	blocks      string // as they came
	thread      agent.ThreadID
	key         string // of the view that it shows; "" if it is none
	meta        string // what the bot has noted at it, as it came
	buttons     []button
	deleted     bool
}

// button is something that can be pressed, now or by somebody who has not looked since.
type button struct {
	channel, ts, root string
	thread            agent.ThreadID
	verb              agent.Verb
	target            string
}

// form is open before somebody.
type form struct {
	id, user  string
	callback  string
	private   string
	fields    []field
	submitted int
	open      bool
}

type field struct {
	block, action string
	options       []string
}

func newSlackWorld(w *world) *slackWorld {
	return &slackWorld{w: w, byTS: map[string]*message{}, seen: map[button]bool{}, triggers: map[string]string{}, asked: map[string]*packet{}}
}

// ts is the time stamp of a new message.
func (s *slackWorld) ts() string {
	s.w.serial++
	return fmt.Sprintf("%d.%06d", s.w.now.Unix(), s.w.serial)
}

func (s *slackWorld) add(m *message) *message {
	m.ts = s.ts()
	s.messages = append(s.messages, m)
	s.byTS[m.ts] = m
	return m
}

// say is what a person says.
func (s *slackWorld) say(user, text, root string) *message {
	return s.add(&message{channel: releases, root: root, user: user, text: text})
}

// show has a message of the bot say this.
func (s *slackWorld) show(m *message, text, blocks string) {
	m.text, m.blocks, m.buttons = text, blocks, nil
	if !strings.Contains(blocks, `"actions"`) {
		return
	}
	var list []struct {
		Type     string `json:"type"`
		Elements []struct {
			ActionID string `json:"action_id"`
			Value    string `json:"value"`
		} `json:"elements"`
	}
	if err := json.Unmarshal([]byte(blocks), &list); err != nil {
		s.w.fail("every message can be read", "%s: %v", m.key, err)
	}
	for _, b := range list {
		if b.Type != "actions" {
			continue
		}
		for _, e := range b.Elements {
			verb, target, ok := blocksButton(e.ActionID, e.Value)
			if !ok {
				continue
			}
			root := m.root
			if root == "" {
				root = m.ts
			}
			pressable := button{m.channel, m.ts, root, m.thread, verb, target}
			m.buttons = append(m.buttons, pressable)
			if !s.seen[pressable] {
				s.seen[pressable] = true
				s.buttons = append(s.buttons, pressable)
			}
		}
	}
}

func blocksButton(action, value string) (agent.Verb, string, bool) {
	return blocks.Button(slack.BlockAction{ActionID: action, Value: value})
}

// views lists the messages that stand and show something of a thread, by key, oldest first.
func (s *slackWorld) views(thread agent.ThreadID) map[string][]*message {
	found := map[string][]*message{}
	for _, m := range s.messages {
		if m.thread == thread && m.key != "" && !m.deleted {
			found[m.key] = append(found[m.key], m)
		}
	}
	return found
}

// rootOf is where people can reply to the thread; "" as long as it stands nowhere.
func (s *slackWorld) rootOf(id agent.ThreadID) string {
	for _, m := range s.messages {
		switch {
		case m.deleted, m.channel != releases:
		case m.thread == id && m.key == agent.ViewRoot:
			return m.ts
		case m.user != botUser && m.root == "" && agent.SlackThreadID(team, releases, m.ts) == id:
			return m.ts
		}
	}
	return ""
}

// standing lists what can be pressed now.
func (s *slackWorld) standing() []button {
	var list []button
	for _, m := range s.messages {
		if !m.deleted {
			list = append(list, m.buttons...)
		}
	}
	return list
}

// openForm shows somebody a form.
func (s *slackWorld) openForm(trigger, view string) (id string) {
	var v struct {
		CallbackID      string `json:"callback_id"`
		PrivateMetadata string `json:"private_metadata"`
		Blocks          []struct {
			Type    string `json:"type"`
			BlockID string `json:"block_id"`
			Element struct {
				ActionID string `json:"action_id"`
				Options  []struct {
					Value string `json:"value"`
				} `json:"options"`
			} `json:"element"`
		} `json:"blocks"`
	}
	if err := json.Unmarshal([]byte(view), &v); err != nil {
		s.w.fail("every message can be read", "a form: %v", err)
		return ""
	}
	s.w.serial++
	f := &form{id: fmt.Sprintf("V%d", s.w.serial), user: s.triggers[trigger], callback: v.CallbackID, private: v.PrivateMetadata, open: true}
	for _, b := range v.Blocks {
		if b.Type != "input" {
			continue
		}
		in := field{block: b.BlockID, action: b.Element.ActionID}
		for _, o := range b.Element.Options {
			in.options = append(in.options, o.Value)
		}
		f.fields = append(f.fields, in)
	}
	s.forms = append(s.forms, f)
	return f.id
}

// openForms lists the forms that people have before them.
func (s *slackWorld) openForms() []*form {
	return slices.DeleteFunc(slices.Clone(s.forms), func(f *form) bool { return !f.open })
}
