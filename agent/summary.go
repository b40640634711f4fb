package agent

import (
	"fmt"
	"slices"
	"strings"
)

// How much of what was said a state remembers. The log has everything.
const (
	turnsKept    = 20  // whole, and newest
	turnsFolded  = 20  // older ones, which are folded into a summary at once
	turnsMost    = 60  // where nobody has folded them yet
	requestsKept = 40  // of what was folded
	sayingsKept  = 10  // as above
	sayingLong   = 100 // characters
)

// Past is what a state remembers of the words that summaries stand for.
type Past struct {
	Upto     int64     `json:"upto"`               // seq of the newest event that is folded
	Messages int       `json:"messages,omitempty"` // said by people
	Requests []Request `json:"requests,omitempty"` // the newest, oldest first
	More     int       `json:"more,omitempty"`     // requests before those
	Said     []Saying  `json:"said,omitempty"`     // the newest of what may be a fact to come back to
}

// A Request is what somebody's words came to.
type Request struct {
	By      string `json:"by,omitempty"` // id of the person
	What    string `json:"what"`         // the intent, in a line made by code
	Release int    `json:"release,omitempty"`
}

// A Saying is the beginning of words that came to nothing.
type Saying struct {
	By   string `json:"by,omitempty"`
	Text string `json:"text"`
}

// foldable is how many of the oldest turns are to be folded now: none before
// there are enough for a summary, and none that has not been read.
func (s *State) foldable() int {
	n := len(s.Turns) - turnsKept
	if n < turnsFolded || len(s.Words) == 0 {
		return 0
	}
	for i, t := range s.Turns[:n] {
		if t.Seq >= s.Words[0].Seq {
			n = i
			break
		}
	}
	if n < turnsFolded {
		return 0
	}
	return n
}

// summarize makes the summary of the oldest n turns: who asked for what, and
// the beginnings of what names something. Code makes it; no model is asked.
func (s *State) summarize(n int) *Summary {
	d := &Summary{Upto: s.Turns[n-1].Seq}
	var people []string
	for _, t := range s.Turns[:n] {
		if t.From != "person" {
			continue
		}
		d.Messages++
		if t.By != "" && !slices.Contains(people, t.By) {
			people = append(people, t.By)
		}
		switch {
		case t.Asked != "":
			d.Requests = append(d.Requests, Request{By: t.By, What: t.Asked, Release: t.Release})
		case strings.ContainsAny(t.Text, "0123456789"):
			d.Said = append(d.Said, Saying{By: t.By, Text: cut(t.Text, sayingLong)})
		}
	}
	d.Said = newest(d.Said, sayingsKept)
	d.Text = fmt.Sprintf("%s by %s, up to event %d; %s", counted(d.Messages, "message"), counted(len(people), "person"), d.Upto, counted(len(d.Requests), "request"))
	return d
}

// fold takes a summary in: what it stands for is forgotten otherwise.
func (s *State) fold(d *Summary) {
	p := s.past()
	if d.Upto <= p.Upto {
		return
	}
	p.Upto = d.Upto
	p.Messages += d.Messages
	p.Said = newest(append(slices.Clip(p.Said), d.Said...), sayingsKept)
	p.request(d.Requests...)
	s.Turns = without(s.Turns, func(t Turn) bool { return t.Seq <= d.Upto })
}

func (p *Past) request(list ...Request) {
	all := append(slices.Clip(p.Requests), list...)
	p.Requests = newest(all, requestsKept)
	p.More += len(all) - len(p.Requests)
}

func (s *State) past() *Past {
	if s.Past == nil {
		s.Past = new(Past)
	}
	return s.Past
}

// turn remembers something that was said. Where more is said than anybody
// reads, the oldest is counted and forgotten.
func (s *State) turn(t Turn) {
	t.Text = cut(t.Text, 500)
	s.Turns = append(s.Turns, t)
	if n := len(s.Turns) - turnsMost; n > 0 {
		for _, old := range s.Turns[:n] {
			if old.From == "person" {
				s.past().Messages++
			}
		}
		s.Turns = slices.Clone(s.Turns[n:])
	}
}

// asked remembers what words came to, if that is a request.
func (s *State) asked(w Words, in Intent, release int) {
	switch in.Kind {
	case IntentDeploy, IntentRollback, IntentVerify, IntentLock, IntentUnlock, IntentNotify, IntentCancel, IntentHold, IntentResume:
	default:
		return
	}
	r := Request{By: first(Humans(w.Actor, w.OnBehalfOf)), What: in.describe(), Release: release}
	for i := range s.Turns {
		if t := &s.Turns[i]; t.Seq == w.Seq && t.From == "person" {
			t.Asked, t.Release = r.What, r.Release
			return
		}
	}
	if !w.Sequel && !w.Click {
		s.past().request(r)
	}
}

func newest[T any](list []T, most int) []T {
	if len(list) > most {
		return slices.Clone(list[len(list)-most:])
	}
	return list
}
