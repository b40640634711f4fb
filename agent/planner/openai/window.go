package openai

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/releasebot/releasebot/agent"
)

// How much of a thing is shown, in characters.
const (
	longTurn   = 600 // of what a person said
	longResult = 240 // of what the bot or a tool said
	foldedTurn = 100 // of a turn that only the summary holds
	maxFolded  = 24  // lines of the summary
	maxAskers  = 4   // people named in one of them
)

// view is what the thread's prompt shows. Releases, Question and Summary are finished lines.
type view struct {
	Now       string
	Services  []agent.CatalogService
	Omitted   int
	People    []string
	Summary   []string
	Releases  []string
	Turns     []agent.Turn
	Question  string
	Rejection int
	Words     string

	lacks bool // something that is open had no room
}

// window chooses what of a thread is sent, within a budget of tokens. In the
// order in which room is given: the words, whole; the open question; releases
// that are open, newest first; the newest turns; releases that have ended,
// newest first; a summary of what was left out. Errors that were mended since
// are left out. It is pure.
func window(in agent.PlanInput, c choices, budget int) (view, error) {
	v := view{Now: moment(in.At), Services: c.services, Omitted: c.omitted, People: c.people, Rejection: in.RejectionOf, Words: in.Words}
	room := budget - tokens(data(in.Words)) - frame
	for _, s := range c.services {
		room -= tokens(serviceLine(s))
	}
	for _, p := range c.people {
		room -= tokens(data(p)) + 1
	}
	if room < 0 {
		return view{}, ErrTooLong
	}
	w := &windower{view: v, room: room - summaryRoom}
	w.question(in.Open)
	shown := map[int]string{}
	w.releases(in.Releases, shown, func(r agent.ReleaseBrief) bool { return r.Open || r.N == in.RejectionOf })
	turns := w.turns(in.Turns)
	w.releases(in.Releases, shown, func(r agent.ReleaseBrief) bool { return !r.Open })
	for _, r := range in.Releases {
		if line, ok := shown[r.N]; ok {
			w.view.Releases = append(w.view.Releases, line)
		}
	}
	w.room += summaryRoom
	w.summarize(in, shown, turns)
	return w.view, nil
}

const (
	frame       = 120 // the tags of the thread template
	summaryRoom = 900 // kept free for the summary
)

func serviceLine(s agent.CatalogService) string {
	var envs []string
	for _, e := range s.Environments {
		envs = append(envs, data(e))
	}
	called := ""
	if len(s.Aliases) > 0 {
		var names []string
		for _, a := range s.Aliases {
			names = append(names, data(a))
		}
		called = fmt.Sprintf(`,"also called":[%s]`, strings.Join(names, ","))
	}
	return fmt.Sprintf(`{"service":%s%s,"environments":[%s]}`, data(s.Name), called, strings.Join(envs, ","))
}

// moment writes when the words were said, with the weekday: "" if it is not known.
func moment(at time.Time) string {
	if at.IsZero() {
		return ""
	}
	return at.UTC().Format("Monday 2006-01-02 15:04 MST")
}

func turnLine(t agent.Turn) string {
	if t.By == "" {
		return fmt.Sprintf(`{"from":%s,"text":%s}`, data(t.From), data(t.Text))
	}
	return fmt.Sprintf(`{"from":%s,"by":%s,"text":%s}`, data(t.From), data(t.By), data(t.Text))
}

// windower spends the room.
type windower struct {
	view view
	room int
}

func (w *windower) take(line string) bool {
	cost := tokens(line) + 1
	if cost > w.room {
		return false
	}
	w.room -= cost
	return true
}

// question shows the open question; what it lacks of room costs the options, then the text.
func (w *windower) question(q *agent.Question) {
	if q == nil {
		return
	}
	line := object{{"question", shorten(visible(q.Text), longResult)}}
	if q.Missing != "" {
		line = append(line, member{"missing", q.Missing})
	}
	if p := q.Partial; p != nil {
		line = append(line, member{"so_far", object{{"kind", string(p.Kind)}, {"service", p.Service}, {"environment", p.Environment}, {"version", p.Version}}})
	}
	full := slices.Clone(line)
	if len(q.Options) > 0 {
		var options []string
		for _, o := range q.Options[:min(len(q.Options), maxTextList)] {
			options = append(options, shorten(visible(o), 120))
		}
		full = append(full, member{"options", options})
	}
	for _, l := range []object{full, line} {
		if text := jsonLine(l); w.take(text) {
			w.view.Question = text
			return
		}
	}
	w.view.lacks = true
}

// jsonLine writes a line of data: the same escapes as data's.
func jsonLine(o object) string {
	b, err := json.Marshal(o)
	if err != nil {
		return "{}"
	}
	return string(b)
}

// releases takes those that want says, newest first, into shown.
func (w *windower) releases(all []agent.ReleaseBrief, shown map[int]string, want func(agent.ReleaseBrief) bool) {
	for _, r := range slices.Backward(all) {
		if _, ok := shown[r.N]; ok || !want(r) {
			continue
		}
		line := releaseLine(r)
		if !w.take(line) {
			w.view.lacks = w.view.lacks || r.Open
			return
		}
		shown[r.N] = line
	}
}

func releaseLine(r agent.ReleaseBrief) string {
	o := object{{"id", visible(r.ID)}, {"action", r.Action}, {"service", visible(r.Service)}, {"environment", visible(r.Environment)}, {"version", visible(r.Version)}, {"state", visible(r.State)}}
	if len(r.By) > 0 {
		o = append(o, member{"asked_by", visible(strings.Join(r.By, ", "))})
	}
	if !r.Asked.IsZero() {
		o = append(o, member{"asked_at", r.Asked.UTC().Format(time.RFC3339)})
	}
	if r.Of > 0 {
		o = append(o, member{"follows_release", r.Of})
	}
	if r.Runs != "" {
		o = append(o, member{"ran_there", visible(r.Runs)})
	}
	if r.Back != "" {
		o = append(o, member{"last_healthy", visible(r.Back)})
	}
	if r.Decided != "" {
		o = append(o, member{"decided", visible(r.Decided)})
	}
	if r.Detail != "" && !r.Solved {
		o = append(o, member{"detail", shorten(visible(r.Detail), longResult)})
	}
	return jsonLine(o)
}

// turns shows the newest turns that fit, in at most two thirds of the room; it returns how many.
func (w *windower) turns(all []agent.Turn) int {
	most := w.room - w.room/3
	n := 0
	for _, t := range slices.Backward(all) {
		limit := longResult
		if t.From == "person" {
			limit = longTurn
		}
		short := agent.Turn{From: t.From, By: visible(t.By), Text: shorten(visible(t.Text), limit)}
		cost := tokens(turnLine(short)) + 1
		if cost > most {
			break
		}
		most -= cost
		w.room -= cost
		w.view.Turns = append(w.view.Turns, short)
		n++
	}
	slices.Reverse(w.view.Turns)
	return n
}
