package openai

import (
	"fmt"
	"slices"
	"strings"

	"github.com/releasebot/releasebot/agent"
)

// summarize tells what was left out: the releases, by target and by how they
// ended; the other requests; how much more was said; and the beginnings of what
// may be a fact to come back to. Of each the newest first, while there is room.
func (w *windower) summarize(in agent.PlanInput, shown map[int]string, turns int) {
	left := in.Turns[:len(in.Turns)-turns]
	var lines []string
	add := func(line string) bool {
		if len(lines) >= maxFolded || !w.take(line) {
			return false
		}
		lines = append(lines, line)
		return true
	}
	messages := in.Past.Messages + persons(left)
	if messages > 0 {
		add(fmt.Sprintf("%d earlier messages are left out.", messages))
	}
	folded := foldReleases(in.Releases, shown)
	for i, line := range folded[:min(len(folded), maxFolded/2)] {
		if !add(line) {
			break
		}
		if rest := len(folded) - i - 1; i+1 == maxFolded/2 && rest > 0 {
			add(fmt.Sprintf("and releases to %d other targets or with other ends", rest))
		}
	}
	requests, said := past(in, left)
	for i, r := range requests {
		if !add(r) {
			break
		}
		if rest := len(requests) - i - 1 + in.Past.More; i+1 == maxFolded/3 && rest > 0 {
			add(fmt.Sprintf("and %d requests before that", rest))
			break
		}
	}
	for _, line := range said {
		if !add(line) {
			break
		}
	}
	w.view.Summary = lines
}

func persons(turns []agent.Turn) int {
	n := 0
	for _, t := range turns {
		if t.From == "person" {
			n++
		}
	}
	return n
}

// past lists the requests that made no release, and what else was said, newest
// first: first what is left out of the turns, then what summaries stand for.
func past(in agent.PlanInput, left []agent.Turn) (requests, said []string) {
	request := func(r agent.Request) {
		if r.Release == 0 {
			requests = append(requests, jsonLine(object{{"asked_by", visible(r.By)}, {"request", shorten(visible(r.What), longTurn)}}))
		}
	}
	saying := func(by, text string) {
		if len(versionsIn(text)) == 0 {
			return
		}
		line := object{{"said_earlier", shorten(visible(text), foldedTurn)}}
		if by != "" {
			line = append(line, member{"by", visible(by)})
		}
		said = append(said, jsonLine(line))
	}
	for _, t := range slices.Backward(left) {
		switch {
		case t.From != "person":
		case t.Asked != "":
			request(agent.Request{By: t.By, What: t.Asked, Release: t.Release})
		default:
			saying(t.By, t.Text)
		}
	}
	for _, r := range slices.Backward(in.Past.Requests) {
		request(r)
	}
	for _, t := range slices.Backward(in.Past.Said) {
		saying(t.By, t.Text)
	}
	return requests, said
}

// foldReleases counts the releases that are not shown, by what they did, where,
// and how they ended: with the newest version, who asked, and who decided.
func foldReleases(all []agent.ReleaseBrief, shown map[int]string) []string {
	type target struct{ action, service, environment, state string }
	type folded struct {
		count  int
		newest agent.ReleaseBrief
		by     []string
	}
	groups := map[target]*folded{}
	var order []target
	for _, r := range slices.Backward(all) {
		if _, ok := shown[r.N]; ok {
			continue
		}
		t := target{r.Action, r.Service, r.Environment, r.State}
		g := groups[t]
		if g == nil {
			g = &folded{newest: r}
			groups[t], order = g, append(order, t)
		}
		g.count++
		for _, by := range r.By {
			g.by = addNew(g.by, by, maxAskers)
		}
	}
	var lines []string
	for _, t := range order {
		g := groups[t]
		line := object{
			{"left_out", g.count},
			{"action", t.action},
			{"service", visible(t.service)},
			{"environment", visible(t.environment)},
			{"state", visible(t.state)},
			{"newest", visible(g.newest.Version)},
			{"id", visible(g.newest.ID)},
			{"asked_by", visible(strings.Join(g.by, ", "))},
		}
		if g.newest.Decided != "" {
			line = append(line, member{"newest_decided", visible(g.newest.Decided)})
		}
		lines = append(lines, jsonLine(line))
	}
	return lines
}
