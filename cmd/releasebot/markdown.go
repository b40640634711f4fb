package main

import (
	"fmt"
	"io"
	"strings"
	"time"

	"github.com/releasebot/releasebot/agent"
)

// writeMarkdown tells a log as a story. What people and repositories wrote in it
// is escaped: it makes no link, no picture, no markup, and calls nobody.
func writeMarkdown(w io.Writer, r *read) error {
	var b strings.Builder
	if _, _, ok := agent.ParseEnvironmentLog(r.name); ok {
		fmt.Fprintf(&b, "# %s\n\n", markdown(r.name))
	} else {
		t := agent.Fold(agent.NewState(agent.ThreadID(r.name)), r.events).Line()
		fmt.Fprintf(&b, "# %s\n\nThread %s, %s, began %s.\n\n", markdown(or(oneLine(t.Title, 200), r.name)), t.ID, markdown(t.State), t.Began.UTC().Format(time.RFC1123))
		for _, rel := range t.Releases {
			fmt.Fprintf(&b, "- Release %s: %s\n", markdown(rel.ID), markdown(oneLine(releaseWords(rel), 300)))
		}
		if len(t.Releases) > 0 {
			b.WriteString("\n")
		}
	}
	day := ""
	for _, e := range r.events {
		at := e.At.UTC()
		if d := at.Format("Monday, 2 January 2006"); d != day {
			day = d
			fmt.Fprintf(&b, "## %s (UTC)\n\n", day)
		}
		fmt.Fprintf(&b, "- %s **%s** by %s", at.Format("15:04:05"), markdown(eventType(e)), markdown(oneLine(string(e.Actor), 60)))
		if text := oneLine(agent.Describe(e), 2000); text != "" {
			b.WriteString(": " + markdown(text))
		}
		b.WriteString("\n")
	}
	if _, err := io.WriteString(w, b.String()); err != nil {
		return fmt.Errorf("writing: %w", err)
	}
	return nil
}

// markdown escapes one line. Backslashes take the meaning from punctuation
// (CommonMark 2.4); < > & become entities; and a word joiner behind @ and # keeps
// hosts that look for names and numbers after rendering from finding them.
func markdown(s string) string {
	var b strings.Builder
	for _, r := range s {
		switch {
		case r == '<':
			b.WriteString("&lt;")
		case r == '>':
			b.WriteString("&gt;")
		case r == '&':
			b.WriteString("&amp;")
		case r == '@', r == '#':
			b.WriteString("\\" + string(r) + "\u2060")
		case strings.ContainsRune("\\`*_{}[]()+!|~:", r):
			b.WriteString("\\" + string(r))
		default:
			b.WriteRune(r)
		}
	}
	return b.String()
}
