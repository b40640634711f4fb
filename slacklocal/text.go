package slacklocal

import (
	"regexp"
	"strings"
)

var (
	escaper   = strings.NewReplacer("&", "&amp;", "<", "&lt;", ">", "&gt;")
	unescaper = strings.NewReplacer("&lt;", "<", "&gt;", ">", "&amp;", "&")

	reference = regexp.MustCompile(`<([^<>\n]+)>`)
	handle    = regexp.MustCompile(`(^|[\s(,;:])([@#])([\p{L}\p{N}][\p{L}\p{N}._-]*)`)
)

// mentions tells whether a text in Slack's form mentions a user.
func mentions(text, user string) bool {
	for _, r := range references(text) {
		if id, _, _ := strings.Cut(r, "|"); id == "@"+user {
			return true
		}
	}
	return false
}

// references returns what stands between < and > in a text in Slack's form.
func references(text string) []string {
	var out []string
	for _, m := range reference.FindAllStringSubmatch(text, -1) {
		out = append(out, m[1])
	}
	return out
}

// typed turns what a person types into Slack's form: & < > are escaped, @name and
// #channel become references where there is such a person, group or channel.
// References that are written out and known (<@U0ANN>) are taken as such. ws.mu is held.
func (ws *Workspace) typed(text string, named bool) string {
	var b strings.Builder
	last := 0
	for _, m := range reference.FindAllStringSubmatchIndex(text, -1) {
		inner := text[m[2]:m[3]]
		id, _, _ := strings.Cut(inner, "|")
		known := strings.HasPrefix(id, "@") && ws.users[id[1:]] != nil ||
			strings.HasPrefix(id, "#") && ws.channels[id[1:]] != nil
		if !known {
			continue
		}
		b.WriteString(ws.linked(text[last:m[0]], named))
		b.WriteString("<" + inner + ">")
		last = m[1]
	}
	b.WriteString(ws.linked(text[last:], named))
	return b.String()
}

func (ws *Workspace) linked(text string, named bool) string {
	return handle.ReplaceAllStringFunc(escaper.Replace(text), func(found string) string {
		m := handle.FindStringSubmatch(found)
		name := strings.TrimRight(m[3], ".-_")
		rest := m[3][len(name):]
		ref := ws.refer(m[2], name, named)
		if ref == "" {
			return found
		}
		return m[1] + ref + rest
	})
}

// refer returns the reference for @name or #name, or "".
func (ws *Workspace) refer(sign, name string, named bool) string {
	label := ""
	if named {
		label = "|" + name
	}
	if sign == "#" {
		for _, c := range ws.channels {
			if c.Name == name && c.IM == "" {
				return "<#" + c.ID + "|" + name + ">"
			}
		}
		return ""
	}
	for _, u := range ws.users {
		if u.Name == name {
			return "<@" + u.ID + label + ">"
		}
	}
	for _, g := range ws.groups {
		if g.Handle == name {
			return "<!subteam^" + g.ID + "|@" + name + ">"
		}
	}
	switch name {
	case "here", "channel", "everyone":
		return "<!" + name + ">"
	}
	return ""
}

// richText is the block that Slack's client makes of what a person types.
func richText(text string) []Block {
	var parts []any
	plain := func(s string) {
		if s != "" {
			parts = append(parts, map[string]any{"type": "text", "text": unescaper.Replace(s)})
		}
	}
	last := 0
	for _, m := range reference.FindAllStringSubmatchIndex(text, -1) {
		if part := richReference(text[m[2]:m[3]]); part != nil {
			plain(text[last:m[0]])
			parts = append(parts, part)
			last = m[1]
		}
	}
	plain(text[last:])
	if len(parts) == 0 {
		return nil
	}
	return []Block{{"type": "rich_text", "elements": []any{
		map[string]any{"type": "rich_text_section", "elements": parts},
	}}}
}

// richReference is a reference as a part of rich text, or nil.
func richReference(r string) map[string]any {
	id, _, _ := strings.Cut(r, "|")
	group, isGroup := strings.CutPrefix(id, "!subteam^")
	switch {
	case id == "":
		return nil
	case id[0] == '@':
		return map[string]any{"type": "user", "user_id": id[1:]}
	case id[0] == '#':
		return map[string]any{"type": "channel", "channel_id": id[1:]}
	case isGroup:
		return map[string]any{"type": "usergroup", "usergroup_id": group}
	case id[0] == '!':
		return map[string]any{"type": "broadcast", "range": id[1:]}
	}
	return nil
}
