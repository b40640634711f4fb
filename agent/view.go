package agent

import (
	"fmt"
	"strconv"
	"strings"
)

// Views are what people see of a state. Each has a key, unique in its thread;
// the log says where it stands (`posted`) and, once nothing about it can change
// any more, that it was shown for the last time.

// ViewRoot is the message that a thread hangs on which did not start in Slack.
const ViewRoot = "root"

// ViewRelease is the key of a release's card.
func ViewRelease(n int) string { return "release/" + strconv.Itoa(n) }

// ViewApproval is the key of an approval's card.
func ViewApproval(id string) string { return "approval/" + id }

// ViewReminder is the key of the reminder of an approval.
func ViewReminder(id string) string { return "reminder/" + id }

// ViewQuestion is the key of a question to people.
func ViewQuestion(id string) string { return "question/" + id }

// ViewAnswer is the key of an answer in the thread.
func ViewAnswer(seq int64) string { return fmt.Sprintf("answer/%d", seq) }

// ViewLost is the key of the message that says that events have been lost.
const ViewLost = "lost"

// ViewAside is the key of the message that says that the thread is set aside.
func ViewAside(seq int64) string { return fmt.Sprintf("aside/%d", seq) }

// ViewNote is the key of what one person alone is told.
func ViewNote(seq int64) string { return fmt.Sprintf("note/%d", seq) }

// Key is the key of the note's view.
func (n Note) Key() string {
	if n.Ord == 0 {
		return ViewNote(n.Seq)
	}
	return fmt.Sprintf("%s.%d", ViewNote(n.Seq), n.Ord)
}

// shown folds in that a view stands in Slack, or was shown for the last time.
func (s *State) shown(v PostedView) {
	if !v.Final {
		if s.Views == nil {
			s.Views = map[string]PostedView{}
		}
		s.Views[v.Key] = v
		if v.Key == ViewRoot {
			s.placeRoot(v)
		}
		return
	}
	delete(s.Views, v.Key)
	kind, id, _ := strings.Cut(v.Key, "/")
	switch kind {
	case "release":
		if r := s.Release(atoi(id)); r != nil {
			r.Shown = true
			r.slim()
		}
	case "approval":
		if a := s.approval(id); a != nil {
			a.Shown = true
		}
	case "reminder":
		if a := s.approval(id); a != nil {
			a.ReminderShown = true
		}
	case "question":
		s.dropQuestion(id)
	case "answer":
		seq := int64(atoi(id))
		s.Answers = without(s.Answers, func(a Answer) bool { return a.Seq == seq })
	case ViewLost:
		if s.Lost != nil {
			s.Lost.Shown = true
		}
	case "aside":
		if s.Aside != nil && s.Aside.Seq == int64(atoi(id)) {
			s.Aside.Shown = true
		}
	case "note":
		s.Notes = without(s.Notes, func(n Note) bool { return n.Key() == v.Key })
	}
}

// placeRoot: the thread now has a place in Slack.
func (s *State) placeRoot(v PostedView) {
	p := Place{Channel: v.Channel, TS: v.TS}
	p.Team, _, _ = s.Asker.Slack()
	if s.Slack != nil && s.Slack.Team != "" {
		p.Team = s.Slack.Team
	}
	s.Slack = &p
}

// slim drops what only an open release or its card needs.
func (r *ReleaseState) slim() {
	if r.Plan != nil {
		p := *r.Plan
		p.Policy = nil
		r.Plan = &p
	}
	r.Context = nil
	if r.Deploy != nil {
		d := *r.Deploy
		d.Log = nil
		r.Deploy = &d
	}
	var unshown []*Approval
	for _, a := range r.Voided { // their cards still have buttons
		if !a.Shown {
			unshown = append(unshown, a)
		}
	}
	r.Voided = unshown
}

func atoi(s string) int {
	n, err := strconv.Atoi(s)
	if err != nil {
		return 0
	}
	return n
}

func without[T any](list []T, drop func(T) bool) []T {
	var kept []T
	for _, x := range list {
		if !drop(x) {
			kept = append(kept, x)
		}
	}
	return kept
}
