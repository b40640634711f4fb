package slacklocal

import (
	"slices"
	"strings"
)

// Ping is a notification that something written by the app causes.
type Ping struct {
	Channel, TS string
	Target      string   // as written: a user's or group's id, or here, channel, everyone
	Users       []string // who is notified, by id
	Text        string   // where it stands
}

// Pinged returns everybody whom the app's messages notified by their content, the
// oldest first: mentions in text, in mrkdwn and markdown text objects and in rich
// text. Escaped text and plain_text objects notify nobody. Edits count as posts do.
func (ws *Workspace) Pinged() []Ping {
	ws.mu.Lock()
	defer ws.mu.Unlock()
	return slices.Clone(ws.pings)
}

// notePings writes down whom a message of the app notifies. ws.mu is held.
func (ws *Workspace) notePings(c *channel, m *Message, a args) {
	seen := map[string]bool{}
	note := func(target, text string) {
		if seen[target] {
			return
		}
		seen[target] = true
		ws.pings = append(ws.pings, Ping{
			Channel: c.ID, TS: m.TS, Target: target, Text: text, Users: ws.reached(c, m, target),
		})
	}
	scan := func(text string) {
		for _, t := range targets(text) {
			note(t, text)
		}
	}
	scan(m.Text)
	if a.flag("link_names") || a.str("parse") == "full" {
		scan(ws.linkedRaw(m.Text))
	}
	for _, b := range m.Blocks {
		walk(map[string]any(b), func(o map[string]any) {
			switch str(o, "type") {
			case "mrkdwn", "markdown":
				scan(str(o, "text"))
			case "user":
				note(str(o, "user_id"), "rich text")
			case "usergroup":
				note(str(o, "usergroup_id"), "rich text")
			case "broadcast":
				note(str(o, "range"), "rich text")
			}
		})
	}
}

// linkedRaw is a text as link_names makes it: @name becomes a mention.
func (ws *Workspace) linkedRaw(text string) string {
	return ws.linked(text, false)
}

// targets returns whom a text in Slack's form notifies.
func targets(text string) []string {
	var out []string
	for _, r := range references(text) {
		id, _, _ := strings.Cut(r, "|")
		switch {
		case strings.HasPrefix(id, "@"):
			out = append(out, id[1:])
		case strings.HasPrefix(id, "!subteam^"):
			out = append(out, strings.TrimPrefix(id, "!subteam^"))
		case id == "!here" || id == "!channel" || id == "!everyone":
			out = append(out, id[1:])
		}
	}
	return out
}

// reached returns the people behind a target.
func (ws *Workspace) reached(c *channel, m *Message, target string) []string {
	var who []string
	switch g := ws.groups[target]; {
	case m.Ephemeral:
		who = []string{m.To}
	case g != nil:
		who = slices.Clone(g.Members)
	case target == "here" || target == "channel" || target == "everyone":
		who = slices.DeleteFunc(slices.Clone(c.Members), func(u string) bool { return u == ws.cfg.BotUserID })
	case ws.users[target] != nil:
		who = []string{target}
	}
	return who
}

// walk visits every object in a decoded value, the outer ones first.
func walk(v any, visit func(map[string]any)) {
	switch v := v.(type) {
	case map[string]any:
		visit(v)
		for _, k := range sortedKeys(v) {
			walk(v[k], visit)
		}
	case []any:
		for _, e := range v {
			walk(e, visit)
		}
	}
}
