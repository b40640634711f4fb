package slacklocal

import (
	"fmt"
	"regexp"
	"strings"
)

// Render returns a message as a person sees it, as plain text: who said it, its
// blocks (or its text where it has none), buttons as [Approve]. Mentions become
// names, escapes the characters they stand for. It ends without a line break.
func (ws *Workspace) Render(m Message) string {
	ws.mu.Lock()
	defer ws.mu.Unlock()
	head := "@" + ws.nameOf(m.User)
	if m.Edited {
		head += " (edited)"
	}
	if m.Ephemeral {
		head += " (only visible to @" + ws.nameOf(m.To) + ")"
	}
	if m.Deleted {
		head += " (deleted)"
	}
	body := ws.renderBlocks(m.Blocks)
	if len(m.Blocks) == 0 {
		body = ws.mrkdwn(m.Text)
	}
	return head + "\n" + indent(body, "  ")
}

// RenderView returns a modal or home tab as a person sees it.
func (ws *Workspace) RenderView(v View) string {
	ws.mu.Lock()
	defer ws.mu.Unlock()
	var lines []string
	if v.Title != "" {
		lines = append(lines, "== "+v.Title+" ==")
	}
	lines = append(lines, ws.renderBlocks(v.Blocks))
	var buttons []string
	for _, b := range []string{v.Close, v.Submit} {
		if b != "" {
			buttons = append(buttons, "["+b+"]")
		}
	}
	if buttons != nil {
		lines = append(lines, strings.Join(buttons, " "))
	}
	return strings.Join(lines, "\n")
}

func indent(text, by string) string {
	lines := strings.Split(text, "\n")
	for i, l := range lines {
		if l != "" {
			lines[i] = by + l
		}
	}
	return strings.Join(lines, "\n")
}

func (ws *Workspace) renderBlocks(blocks []Block) string {
	var out []string
	for _, b := range blocks {
		out = append(out, ws.renderBlock(b))
	}
	return strings.Join(out, "\n")
}

func (ws *Workspace) renderBlock(b Block) string {
	switch b.Type() {
	case "header":
		return "# " + ws.words(object(b, "text"))
	case "divider":
		return "────────"
	case "image":
		return "[image: " + str(b, "alt_text") + "]"
	case "markdown":
		return ws.mrkdwn(strings.ReplaceAll(str(b, "text"), "**", "*"))
	case "section":
		return ws.renderSection(b)
	case "context":
		var parts []string
		for _, e := range elements(b) {
			parts = append(parts, ws.renderElement(e))
		}
		return strings.Join(parts, " · ")
	case "actions", "context_actions":
		var parts []string
		for _, e := range elements(b) {
			parts = append(parts, ws.renderElement(e))
		}
		return strings.Join(parts, " ")
	case "input":
		label := ws.words(object(b, "label"))
		if optional, _ := b["optional"].(bool); optional {
			label += " (optional)"
		}
		return label + ": " + ws.renderElement(object(b, "element"))
	case "rich_text":
		return ws.richWords(b)
	case "table":
		return ws.renderTable(b)
	}
	return "[" + b.Type() + "]"
}

func (ws *Workspace) renderSection(b Block) string {
	var lines []string
	if t := object(b, "text"); t != nil {
		lines = append(lines, ws.words(t))
	}
	for _, f := range objects(b, "fields") {
		// A field is a title over its value: on one line here.
		lines = append(lines, "  "+strings.Join(strings.Split(ws.words(f), "\n"), ": "))
	}
	if e := object(b, "accessory"); e != nil {
		lines = append(lines, ws.renderElement(e))
	}
	return strings.Join(lines, "\n")
}

func (ws *Workspace) renderElement(e map[string]any) string {
	switch kind := str(e, "type"); kind {
	case "mrkdwn", "plain_text":
		return ws.words(e)
	case "image":
		return "[image: " + str(e, "alt_text") + "]"
	case "button":
		return "[" + ws.words(object(e, "text")) + "]"
	case "plain_text_input", "email_text_input", "url_text_input", "number_input":
		if v := str(e, "initial_value"); v != "" {
			return "____" + v + "____"
		}
		return "________"
	default:
		label := ws.words(object(e, "placeholder"))
		if label == "" {
			label = kind
		}
		var options []string
		for _, o := range objects(e, "options") {
			options = append(options, ws.words(object(o, "text")))
		}
		return "[" + label + " ▾ " + strings.Join(options, " | ") + "]"
	}
}

func (ws *Workspace) renderTable(b Block) string {
	var lines []string
	rows, _ := b["rows"].([]any)
	for _, r := range rows {
		var cells []string
		for _, cell := range objects(map[string]any{"cells": r}, "cells") {
			if str(cell, "type") == "rich_text" {
				cells = append(cells, ws.richWords(cell))
			} else {
				cells = append(cells, str(cell, "text"))
			}
		}
		lines = append(lines, strings.Join(cells, " | "))
	}
	return strings.Join(lines, "\n")
}

// words is what a text object shows. plain_text shows emoji but no other markup.
func (ws *Workspace) words(t map[string]any) string {
	if str(t, "type") == "mrkdwn" {
		return ws.mrkdwn(str(t, "text"))
	}
	return emoji(unescaper.Replace(str(t, "text")))
}

var (
	boldish = regexp.MustCompile("(^|[\\s(\\[{\"'>])([*_~])([^\\s*_~`][^*~\\n`]*?)([*_~])($|[\\s.,:;!?)\\]}\"'<])")
	shorten = regexp.MustCompile(`:[a-z0-9_+-]+:`)
)

// mrkdwn is what Slack shows for text with its markup.
func (ws *Workspace) mrkdwn(text string) string {
	for range 3 { // *_both_*, and marks that share a space
		text = boldish.ReplaceAllStringFunc(text, func(s string) string {
			m := boldish.FindStringSubmatch(s)
			if m[2] != m[4] {
				return s
			}
			return m[1] + m[3] + m[5]
		})
	}
	text = reference.ReplaceAllStringFunc(text, func(s string) string { return ws.refWords(s[1 : len(s)-1]) })
	return emoji(unescaper.Replace(text))
}

// refWords is what a reference shows.
func (ws *Workspace) refWords(r string) string {
	id, label, labelled := strings.Cut(r, "|")
	switch {
	case strings.HasPrefix(id, "@"):
		return "@" + ws.nameOf(id[1:])
	case strings.HasPrefix(id, "#"):
		if c := ws.channels[id[1:]]; c != nil {
			return "#" + c.Name
		}
		return "#" + label
	case strings.HasPrefix(id, "!subteam^"):
		if g := ws.groups[strings.TrimPrefix(id, "!subteam^")]; g != nil {
			return "@" + g.Handle
		}
		return "@" + strings.TrimPrefix(label, "@")
	case strings.HasPrefix(id, "!date^"):
		return label
	case strings.HasPrefix(id, "!"):
		return "@" + id[1:]
	case labelled && label != "":
		return label
	}
	return id
}

func (ws *Workspace) nameOf(user string) string {
	if u := ws.users[user]; u != nil {
		return u.Name
	}
	return user
}

// richWords is what rich text shows.
func (ws *Workspace) richWords(o map[string]any) string {
	var b strings.Builder
	for i, e := range objects(o, "elements") {
		kind := str(e, "type")
		if i > 0 && strings.HasPrefix(kind, "rich_text_") {
			b.WriteString("\n")
		}
		if str(o, "type") == "rich_text_list" {
			b.WriteString("• ")
		}
		switch kind {
		case "text":
			b.WriteString(str(e, "text"))
		case "link":
			if t := str(e, "text"); t != "" {
				b.WriteString(t)
			} else {
				b.WriteString(str(e, "url"))
			}
		case "user":
			b.WriteString("@" + ws.nameOf(str(e, "user_id")))
		case "usergroup":
			b.WriteString(ws.refWords("!subteam^" + str(e, "usergroup_id")))
		case "channel":
			b.WriteString(ws.refWords("#" + str(e, "channel_id")))
		case "broadcast":
			b.WriteString("@" + str(e, "range"))
		case "emoji":
			b.WriteString(emoji(":" + str(e, "name") + ":"))
		case "date":
			b.WriteString(str(e, "fallback"))
		default:
			b.WriteString(ws.richWords(e))
		}
	}
	return b.String()
}

// emojis are those that release messages use; others show as their names.
var emojis = map[string]string{
	":white_check_mark:": "✅", ":heavy_check_mark:": "✔", ":x:": "❌", ":warning:": "⚠", ":rocket:": "🚀",
	":hourglass_flowing_sand:": "⏳", ":hourglass:": "⌛", ":no_entry:": "⛔", ":no_entry_sign:": "🚫", ":lock:": "🔒",
	":unlock:": "🔓", ":rotating_light:": "🚨", ":arrows_counterclockwise:": "🔄", ":rewind:": "⏪", ":bell:": "🔔",
	":question:": "❓", ":eyes:": "👀", ":stop_sign:": "🛑", ":octagonal_sign:": "🛑", ":white_circle:": "⚪",
	":large_green_circle:": "🟢", ":red_circle:": "🔴", ":large_yellow_circle:": "🟡", ":tada:": "🎉",
	":leftwards_arrow_with_hook:": "↩", ":black_square_for_stop:": "⏹", ":double_vertical_bar:": "⏸",
}

func emoji(text string) string {
	return shorten.ReplaceAllStringFunc(text, func(s string) string {
		if e, ok := emojis[s]; ok {
			return e
		}
		return s
	})
}

// RenderThread returns a whole thread, message after message, replies set in.
func (ws *Workspace) RenderThread(channel, ts string) string {
	var out []string
	for i, m := range ws.Thread(channel, ts) {
		text := ws.Render(m)
		if i > 0 {
			text = indent(text, "  ")
		}
		out = append(out, text)
	}
	return strings.Join(out, "\n")
}

// String names the button as it is rendered.
func (b Button) String() string { return fmt.Sprintf("[%s]", b.Text) }
