package agent_test

import (
	"testing"

	"github.com/releasebot/releasebot/agent"
	"github.com/releasebot/releasebot/threadstore"
)

// TestListsCatchUpWithLateFacts: an outcome that came as a fact, from a process
// that had lost its lease, changes no list by itself; whoever takes the thread
// next brings the lists up to date, also where nothing else is left to be done.
func TestListsCatchUpWithLateFacts(t *testing.T) {
	s, _ := newWorld(t)
	for name, next := range map[string]string{"A": "", "B": "second"} { // a process that remembers the thread, and one that reads it
		id := s.asks(name, "status of shop")
		s.settle()
		before := s.state(id)
		if len(before.Answers) != 1 || before.Status() != "open" {
			t.Fatalf("%s is %s with %d answers to be shown, want open with one", name, before.Status(), len(before.Answers))
		}
		shown := &agent.Event{
			ID: "posted/late", At: s.clock.Now(), Actor: agent.Bot,
			Data: &agent.Posted{Views: []agent.PostedView{{Key: agent.ViewAnswer(before.Answers[0].Seq), Channel: "C0RELEASES", TS: "1.1", Final: true}}},
		}
		if _, err := s.store.Append(t.Context(), threadstore.Append{
			Log: string(id), Fact: true, Due: threadstore.DueAt(s.clock.Now()),
			Drafts: []threadstore.Draft{{ID: shown.ID, Sum: "late", Encode: func(seq int64, prev string) ([]byte, error) {
				at := *shown
				at.Seq, at.Prev = seq, prev
				return agent.Encode(&at)
			}}},
		}); err != nil {
			t.Fatal(err)
		}
		if next != "" {
			s.die(next)
		}
		s.settle()
		lines, err := s.service.Threads(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		for _, l := range lines {
			if is := s.state(l.ID).Status(); l.ID == id && l.State != is {
				t.Errorf("%s is listed as %s, and is %s", name, l.State, is)
			}
		}
	}
}
