package main

import (
	"context"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/releasebot/releasebot/agent"
	"github.com/releasebot/releasebot/cmd/releasebot/internal/screen"
	"github.com/releasebot/releasebot/slacklocal"
)

// viewer shows what happens in the local workspace, as people see it, and the
// log beside it. The story waits for what was shown, not for what is there, so
// that nothing is shown too late.
type viewer struct {
	ws    *slacklocal.Workspace
	to    *screen.Screen
	names *strings.Replacer
	// Of show's goroutine alone:
	last map[string][]string // by ts: the lines of each message as last shown
	seen map[string]bool     // lines of cards that were shown before

	mu    sync.Mutex
	shown map[string]slacklocal.Message // by ts, or by id for a form
	forms map[string]slacklocal.View    // by user
	grown chan struct{}
}

func newViewer(ws *slacklocal.Workspace, to *screen.Screen) *viewer {
	pairs := []string{}
	team := ws.Identity().TeamID
	for _, u := range ws.Users() {
		pairs = append(pairs, "slack:"+team+"/"+u.ID, u.Name, u.ID, u.Name)
	}
	return &viewer{
		ws: ws, to: to, names: strings.NewReplacer(pairs...), last: map[string][]string{}, seen: map[string]bool{},
		shown: map[string]slacklocal.Message{}, forms: map[string]slacklocal.View{}, grown: make(chan struct{}),
	}
}

// show shows changes until ctx ends.
func (v *viewer) show(ctx context.Context, changes *slacklocal.Subscription) {
	defer changes.Close()
	for {
		c, ok := changes.Next(ctx)
		if !ok {
			return
		}
		switch c.Kind {
		case slacklocal.MessagePosted, slacklocal.EphemeralPosted:
			v.posted(*c.Message)
		case slacklocal.MessageEdited:
			v.edited(*c.Message)
		case slacklocal.ButtonClicked:
			v.clicked(c)
		case slacklocal.ViewOpened:
			v.opened(c)
		}
		v.note(c)
	}
}

// note keeps what was shown, for await.
func (v *viewer) note(c slacklocal.Change) {
	v.mu.Lock()
	defer v.mu.Unlock()
	switch {
	case c.Message != nil:
		v.shown[c.Message.TS] = *c.Message
	case c.View != nil:
		v.forms[c.User] = *c.View
	}
	close(v.grown)
	v.grown = make(chan struct{})
}

// await waits until a message was shown that match holds for.
func (v *viewer) await(ctx context.Context, match func(slacklocal.Message) bool) (found slacklocal.Message, err error) {
	err = v.until(ctx, func() bool {
		for _, m := range v.shown {
			if match(m) {
				found = m
				return true
			}
		}
		return false
	})
	return found, err
}

// form waits for the form that opens for a person.
func (v *viewer) form(ctx context.Context, user string) (f slacklocal.View, err error) {
	err = v.until(ctx, func() (ok bool) { f, ok = v.forms[user]; return ok })
	return f, err
}

// until waits until cond holds; it is called with v.mu held.
func (v *viewer) until(ctx context.Context, cond func() bool) error {
	for {
		v.mu.Lock()
		ok, grown := cond(), v.grown
		v.mu.Unlock()
		if ok {
			return nil
		}
		select {
		case <-grown:
		case <-ctx.Done():
			return ctx.Err()
		}
	}
}

// event shows an event beside the conversation. Where a message stands in Slack
// is of no interest to people who see it there.
func (v *viewer) event(e *agent.Event) {
	switch d := e.Data.(type) {
	case *agent.Posted:
		return
	case *agent.DeployProgress:
		if d.Text == "" { // where the run's files are
			return
		}
	}
	v.to.Log(screen.Line{Pieces: []screen.Piece{
		{Text: e.Type()},
		{Text: "  " + screen.Plain(v.names.Replace(agent.Describe(e))), Style: screen.Dim},
	}, Hang: 2})
}

func (v *viewer) posted(m slacklocal.Message) {
	lines := v.lines(m)
	v.last[m.TS] = lines
	if m.BotID == "" {
		v.to.Say(screen.Line{}, screen.Line{Pieces: []screen.Piece{
			{Text: v.name(m.User), Style: screen.Person}, {Text: "  " + strings.Join(lines, " ")},
		}, Hang: 2})
		return
	}
	head := []screen.Piece{{Text: "releasebot", Style: screen.Robot}}
	switch {
	case m.Ephemeral:
		head = append(head, screen.Piece{Text: "  shown to " + v.name(m.To) + " alone", Style: screen.Dim})
	case m.Channel != channel:
		head = append(head, screen.Piece{Text: "  a direct message to " + v.name(v.recipient(m.Channel)), Style: screen.Dim})
	}
	v.to.Say(screen.Line{}, screen.Line{Pieces: head})
	v.to.Say(styled(v.unseen(shorter(lines)))...)
}

// unseen leaves out what stood on a card before, and says so.
func (v *viewer) unseen(lines []string) []string {
	var out []string
	same := 0
	for i, l := range lines {
		key := strings.TrimSpace(l)
		for _, small := range smallPrint {
			if strings.HasPrefix(key, small) {
				key = small
			}
		}
		if v.seen[key] && i > 0 && !isButtons(l) {
			same++
			continue
		}
		v.seen[key] = true
		out = append(out, l)
	}
	if same > 1 {
		at := len(out)
		if isButtons(out[at-1]) {
			at--
		}
		out = slices.Insert(out, at, fmt.Sprintf("(and %d lines as on the cards before)", same))
	}
	return out
}

// edited shows the lines that a message did not have before.
func (v *viewer) edited(m slacklocal.Message) {
	lines := v.lines(m)
	before := slices.Clone(v.last[m.TS])
	v.last[m.TS] = lines
	var fresh []string
	for _, l := range lines {
		if i := slices.Index(before, l); i >= 0 {
			before = slices.Delete(before, i, i+1)
		} else if l != "" && !aside(l) && !strings.HasSuffix(l, " to come") {
			fresh = append(fresh, l)
		}
	}
	if slices.ContainsFunc(before, func(line string) bool { return strings.HasPrefix(line, decide) }) {
		fresh = append(fresh, "(the buttons are gone)")
	}
	if len(fresh) == 0 {
		return
	}
	head := []screen.Piece{{Text: "releasebot", Style: screen.Robot}, {Text: " edits: ", Style: screen.Dim}}
	if title, ok := strings.CutPrefix(lines[0], "# "); ok {
		style := screen.Dim
		if fresh[0] == lines[0] {
			style, fresh = screen.Bold, fresh[1:]
		}
		head = append(head, screen.Piece{Text: title, Style: style})
	}
	v.to.Say(screen.Line{}, screen.Line{Pieces: head, Hang: 2})
	v.to.Say(styled(fresh)...)
}

// clicked shows a click, and what Slack asks before it counts.
func (v *viewer) clicked(c slacklocal.Change) {
	v.to.Say(screen.Line{}, screen.Line{Pieces: []screen.Piece{
		{Text: v.name(c.User), Style: screen.Person}, {Text: " clicks "}, {Text: "[" + c.Text + "]", Style: screen.Bold},
	}})
	if c.Message == nil {
		return
	}
	for _, b := range c.Message.Buttons() {
		if b.Text == c.Text && b.Confirm != nil {
			v.to.Say(screen.Line{Indent: 2, Hang: 2, Pieces: []screen.Piece{
				{Text: fmt.Sprintf("Slack asks: %s %s", word(b.Confirm, "title"), word(b.Confirm, "text"))},
				{Text: " [" + word(b.Confirm, "confirm") + "]", Style: screen.Bold},
				{Text: " [" + strings.ReplaceAll(word(b.Confirm, "deny"), " ", "\u00a0") + "]", Style: screen.Dim},
			}})
			return
		}
	}
}

func (v *viewer) opened(c slacklocal.Change) {
	v.to.Say(screen.Line{}, screen.Line{Pieces: []screen.Piece{{Text: "a form opens for " + v.name(c.User), Style: screen.Dim}}})
	for l := range strings.SplitSeq(v.clean(v.ws.RenderView(*c.View)), "\n") {
		v.to.Say(screen.Text(2, screen.Normal, l))
	}
}

// lines are a message's as a person sees them, without who wrote it.
func (v *viewer) lines(m slacklocal.Message) []string {
	_, body, _ := strings.Cut(v.ws.Render(m), "\n")
	var lines []string
	for l := range strings.SplitSeq(v.clean(body), "\n") {
		lines = append(lines, strings.TrimPrefix(l, "  "))
	}
	return lines
}

// clean makes what Slack shows fit for a terminal: code needs no marks, and today is known.
func (v *viewer) clean(s string) string {
	s = strings.ReplaceAll(screen.Plain(s), "`", "")
	return strings.ReplaceAll(s, time.Now().UTC().Format("2006-01-02 "), "")
}

func (v *viewer) name(user string) string { return v.names.Replace(user) }

func (v *viewer) recipient(im string) string {
	for _, c := range v.ws.Channels() {
		if c.ID == im {
			return c.IM
		}
	}
	return im
}

// decide is how the row of buttons of an approval begins.
const decide = "[Approve] [Reject]"

// smallPrint is how lines begin that say the same on every card but for an id.
var smallPrint = []string{"Asked for by", "id ", "Expires: "}

func aside(line string) bool {
	return slices.ContainsFunc(smallPrint, func(begin string) bool { return strings.HasPrefix(line, begin) })
}

// shorter brings the steps to come onto one line.
func shorter(lines []string) []string {
	var out, later []string
	for i, l := range lines {
		step, still := strings.CutSuffix(l, " to come")
		if still {
			name, _, _ := strings.Cut(strings.TrimPrefix(step, "· "), ":")
			later = append(later, name)
		}
		if len(later) > 0 && (!still || i == len(lines)-1) {
			out = append(out, "· to come: "+strings.Join(later, ", "))
			later = nil
		}
		if !still {
			out = append(out, l)
		}
	}
	return out
}

var buttonRow = regexp.MustCompile(`^(\[[^\]]+\] ?)+$`)

func isButtons(line string) bool { return buttonRow.MatchString(line) }

// styled helps the eye: titles, buttons, and signs that words stand beside.
func styled(lines []string) []screen.Line {
	var out []screen.Line
	for _, l := range lines {
		text := strings.TrimLeft(l, " ")
		line := screen.Line{Indent: 2 + min(len(l)-len(text), 2), Hang: 2}
		sign, rest, _ := strings.Cut(text, " ")
		switch {
		case sign == "#":
			line.Pieces = []screen.Piece{{Text: rest, Style: screen.Bold}}
		case isButtons(text):
			line.Pieces = []screen.Piece{{Text: text, Style: screen.Bold}}
		case sign == "✓":
			line.Pieces = []screen.Piece{{Text: sign, Style: screen.Good}, {Text: " " + rest}}
		case sign == "✗", sign == "!":
			line.Pieces = []screen.Piece{{Text: sign, Style: screen.Bad}, {Text: " " + rest}}
		case sign == "›", sign == "←", sign == "?":
			line.Pieces = []screen.Piece{{Text: sign, Style: screen.Title}, {Text: " " + rest}}
		case strings.HasPrefix(text, "· to come"), strings.HasPrefix(text, "("), aside(text):
			line.Pieces = []screen.Piece{{Text: text, Style: screen.Dim}}
		default:
			line.Pieces = []screen.Piece{{Text: text}}
		}
		out = append(out, line)
	}
	return out
}

// word is a text of a confirm dialog.
func word(o map[string]any, key string) string {
	t, _ := o[key].(map[string]any)
	s, _ := t["text"].(string)
	return screen.Plain(s)
}
