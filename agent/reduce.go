package agent

import (
	"slices"
	"strings"
	"time"
)

// Reduce folds one event into the state. It reads no clock, network, map order
// or randomness, and takes every event ever written, in any order that a log
// can have: what makes no sense at its place changes nothing.
func (s *State) Reduce(e *Event) {
	s.Version = e.Seq
	if e.At.After(s.Now) {
		s.Now = e.At
	}
	if s.Began.IsZero() {
		s.Began = s.Now
	}
	switch d := e.Data.(type) {
	case *Trigger:
		s.Aside = nil
		s.trigger(e, d)
	case *Message:
		if !d.Aside { // to us: it is tried again
			s.Aside = nil
		}
		s.say(Words{Seq: e.Seq, Text: d.Text, At: s.Now, Actor: e.Actor, OnBehalfOf: e.OnBehalfOf, Intent: d.Intent, Aside: d.Aside})
	case *DecisionReceived:
		s.Aside = nil
		s.Decisions = append(s.Decisions, Decision{Seq: e.Seq, At: s.Now, Actor: e.Actor, OnBehalfOf: e.OnBehalfOf, Data: *d})
	case *DecisionRefused:
		s.refuse(e, d)
	case *PlannerDecision:
		s.decide(e, d)
	case *HumanInputRequested:
		s.ask(e, d)
	case *HumanInputResponse:
		s.answer(d)
	case *Answered:
		s.Commands = without(s.Commands, func(c Command) bool { return c.Seq == d.Of })
		if len(d.Lines) > 0 || d.Title != "" {
			s.Answers = append(s.Answers, Answer{Seq: e.Seq, Data: *d})
		}
	case *ErrorEvent:
		s.fail(e)
	case *RollbackProposed:
		s.proposeRollback(e, d)
	case *Posted:
		for _, v := range d.Views {
			s.shown(v)
		}
	case *Foreign:
		s.Foreign++
	case *WatchSet, *WatchLooked, *Told:
		s.reduceCare(e)
	case *GlassBroken:
		s.breakGlass(e, d)
	case *LogLost:
		s.lose(e, d)
	case *SetAside:
		s.setAside(e, d)
	case *Summary:
		s.fold(d)
	case *TimerSet:
		s.timer(e, d)
	case nil:
	default:
		if r := s.Release(e.Release); r != nil {
			s.reduceRelease(r, e)
		}
	}
}

// Fold is Reduce over a log from the start, or from a state on.
func Fold(s *State, events []*Event) *State {
	for _, e := range events {
		s.Reduce(e)
	}
	return s
}

func (s *State) trigger(e *Event, d *Trigger) {
	if s.Source == "" {
		s.Source, s.Slack, s.Asker, s.OnBehalf, s.Parent = d.Source, d.Slack, e.Actor, e.OnBehalfOf, d.Parent
		s.Title = cut(d.Text, 200)
	}
	s.say(Words{Seq: e.Seq, Text: d.Text, At: s.Now, Actor: e.Actor, OnBehalfOf: e.OnBehalfOf, Intent: d.Intent})
}

// say takes in words to be understood.
func (s *State) say(w Words) {
	s.Words = append(s.Words, w)
	if !w.Sequel && !w.Click {
		s.turn(Turn{From: "person", Text: w.Text, Seq: w.Seq, By: first(Humans(w.Actor, w.OnBehalfOf))})
	}
}

func (s *State) takeWords(seq int64) (Words, bool) {
	for i, w := range s.Words {
		if w.Seq == seq {
			s.Words = append(append([]Words(nil), s.Words[:i]...), s.Words[i+1:]...)
			return w, true
		}
	}
	return Words{}, false
}

// takeClick: a button that asks for a release is taken as the words for it.
func (s *State) takeClick(e *Event, seq int64) (Words, bool) {
	dec := s.judged(seq)
	if dec.Seq == 0 {
		return Words{}, false
	}
	return Words{
		Seq: seq, Text: string(dec.Data.Verb), At: dec.At, Actor: dec.Actor, OnBehalfOf: dec.OnBehalfOf,
		Of: e.Release, Click: dec.Data.Verb == VerbRollback, Edit: dec.Data.Verb == VerbEdit,
	}, true
}

// decide folds in what words were turned into.
func (s *State) decide(e *Event, d *PlannerDecision) {
	w, ok := s.takeWords(d.Of)
	if !ok {
		if w, ok = s.takeClick(e, d.Of); !ok {
			return
		}
	}
	if d.Intent.Kind != IntentNone {
		s.closeClarify(d.Of)
	}
	switch d.Intent.Kind {
	case IntentClarify:
		s.PlannerRun++
		s.Asked = s.Asked.Plus(d.Tokens)
	case IntentNone: // talk in between neither counts nor ends it
	default:
		s.PlannerRun = 0
	}
	switch d.Intent.Kind {
	case IntentDeploy, IntentRollback, IntentVerify:
		s.open(d, w)
		s.asked(w, d.Intent, len(s.Releases))
	case IntentNone:
		if w.Aside || w.RejectionOf > 0 || d.Planner == PlannerStopped {
			return
		}
		fallthrough
	default:
		s.asked(w, d.Intent, 0)
		s.Commands = append(s.Commands, Command{
			Seq: e.Seq, Of: d.Of, Intent: d.Intent, Actor: w.Actor, OnBehalfOf: w.OnBehalfOf, Aside: w.Aside,
		})
	}
}

// open makes a release of an intent.
func (s *State) open(d *PlannerDecision, w Words) {
	if s.Lost != nil { // nothing is opened in it any more
		return
	}
	n := len(s.Releases) + 1
	r := &ReleaseState{
		N: n, ID: ReleaseID(s.ID, n), Action: string(d.Intent.Kind), Service: d.Intent.Service, Env: d.Intent.Environment,
		Version: d.Intent.Version, By: Humans(w.Actor, w.OnBehalfOf), Actor: w.Actor, OnBehalf: w.OnBehalfOf, Words: d.Of, Of: w.Of,
		Before: d.Intent.Before, Stage: StageContext, Asked: s.Now, Planner: d.Planner, Tokens: d.Tokens,
	}
	if !w.Click && !w.Sequel {
		r.Tokens, s.Asked = s.Asked.Plus(d.Tokens), Tokens{}
	}
	for _, p := range d.Intent.Page {
		if p == "me" {
			r.Page = append(r.Page, r.By...)
			continue
		}
		r.Page = append(r.Page, p)
	}
	if of := s.Release(w.Of); w.Edit && of != nil {
		r.Edits, r.By = true, union(r.By, of.By)
	}
	if w.Click {
		r.Click = &Click{Of: d.Of, Person: first(Humans(w.Actor, w.OnBehalfOf)), Actor: w.Actor}
	}
	s.Releases = append(s.Releases, r)
}

// breakGlass opens the release again that a freeze has refused.
func (s *State) breakGlass(e *Event, d *GlassBroken) {
	s.judged(d.Of)
	of := s.Release(e.Release)
	if of == nil || of.Refused == nil || s.Lost != nil {
		return
	}
	n := len(s.Releases) + 1
	s.Releases = append(s.Releases, &ReleaseState{
		N: n, ID: ReleaseID(s.ID, n), Action: of.Action, Service: of.Service, Env: of.Env, Version: of.Version, By: of.By,
		Actor: of.Actor, OnBehalf: of.OnBehalf, Page: of.Page, Words: of.Words, Of: of.N, Before: of.Before, Glass: d,
		Stage: StageContext, Asked: s.Now,
	})
}

func (s *State) proposeRollback(e *Event, d *RollbackProposed) {
	of := s.Release(d.Of)
	if of == nil || of.Rollback > 0 || s.Lost != nil {
		return
	}
	n := len(s.Releases) + 1
	r := &ReleaseState{
		N: n, ID: ReleaseID(s.ID, n), Action: "rollback", Service: of.Service, Env: of.Env, Version: d.To.Version,
		Actor: e.Actor, Page: of.Page, Words: e.Seq, Of: d.Of, Stage: StageContext, Asked: s.Now,
	}
	if d.Automatic && of.Approval != nil && of.Approval.State == ApprovalApproved {
		r.Auto = of.Approval.ID
	}
	of.Rollback = n
	s.Releases = append(s.Releases, r)
}

// ask opens a question; where words could not be understood, it also closes them.
func (s *State) ask(e *Event, d *HumanInputRequested) {
	if s.Question(d.ID) != nil {
		return
	}
	q := OpenQuestion{HumanInputRequested: *d, Seq: e.Seq, Release: e.Release, Asked: s.Now}
	if d.Kind == InputClarify {
		s.Commands = without(s.Commands, func(c Command) bool {
			if itoa(c.Seq) == e.Cause {
				q.Of = c.Actor
				return true
			}
			return false
		})
		s.closeClarify(0)
		s.turn(Turn{From: "bot", Text: d.Question.Text, Seq: e.Seq})
	}
	s.Questions = append(s.Questions, q)
}

// closeClarify: at most one question about words is open; newer words, or a newer question, close it.
func (s *State) closeClarify(of int64) {
	for i := range s.Questions {
		if q := &s.Questions[i]; q.Kind == InputClarify && q.Answer == nil {
			q.Answer = &HumanInputResponse{ID: q.ID, Of: of}
		}
	}
}

// OpenQuestion returns the question about words that waits for an answer, nil if there is none.
func (s *State) OpenQuestion() *OpenQuestion {
	for i := range s.Questions {
		if q := &s.Questions[i]; q.Kind == InputClarify && q.Answer == nil {
			return q
		}
	}
	return nil
}

func (s *State) dropQuestion(id string) {
	s.Questions = without(s.Questions, func(q OpenQuestion) bool {
		if q.ID != id || q.Answer == nil {
			return false
		}
		r := s.Release(q.Release)
		return r == nil || r.Stage != StageUnknown && r.Stage != StageDoubt // else the answer has still to be written down as what became of the start
	})
}

// answer folds in a person's answer to "did it run?".
func (s *State) answer(d *HumanInputResponse) {
	s.judged(d.Of)
	q := s.Question(d.ID)
	if q == nil || q.Answer != nil {
		return
	}
	resp := *d
	q.Answer = &resp
}

// judged takes a decision off the list of those to be judged.
func (s *State) judged(seq int64) Decision {
	var found Decision
	s.Decisions = without(s.Decisions, func(d Decision) bool {
		if d.Seq == seq {
			found = d
			return true
		}
		return false
	})
	return found
}

func (s *State) refuse(e *Event, d *DecisionRefused) {
	dec := s.judged(d.Of)
	note := Note{Seq: e.Seq, Person: d.Person, Place: dec.Data.Slack, Data: *d}
	for _, c := range s.Commands { // a decision in words
		if c.Seq == d.Of {
			note.Person = first(Humans(c.Actor, c.OnBehalfOf))
		}
	}
	s.Commands = without(s.Commands, func(c Command) bool { return c.Seq == d.Of })
	if r := s.Release(e.Release); r != nil && r.Click != nil && r.Click.Of == d.Of {
		r.Click = nil
	}
	s.Notes = append(s.Notes, note)
}

// fail counts failures in a row; the release's next step waits a little longer after each.
func (s *State) fail(e *Event) {
	if r := s.Release(e.Release); r != nil {
		r.Tries++
		r.TryAfter = s.Now.Add(time.Duration(r.Tries) * 2 * time.Second)
	}
}

func (s *State) timer(e *Event, d *TimerSet) {
	if r := s.Release(e.Release); r != nil && r.Stage == StageClaim {
		if r.Waits == "" {
			r.WaitsSince = s.Now
		}
		r.Waits = d.Why
	}
}

func (s *State) approval(id string) *Approval {
	for _, r := range s.Releases {
		if r.Approval != nil && r.Approval.ID == id {
			return r.Approval
		}
		for _, a := range r.Voided {
			if a.ID == id {
				return a
			}
		}
	}
	return nil
}

func union(a, b []string) []string {
	out := slices.Clone(a)
	for _, x := range b {
		if !slices.Contains(out, x) {
			out = append(out, x)
		}
	}
	return out
}

func first(list []string) string {
	if len(list) == 0 {
		return ""
	}
	return list[0]
}

// cut shortens text to at most n characters, not bytes.
func cut(s string, n int) string {
	count := 0
	for i := range s {
		if count == n {
			return strings.TrimSpace(s[:i]) + "…"
		}
		count++
	}
	return s
}
