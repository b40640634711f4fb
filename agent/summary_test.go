package agent_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/releasebot/releasebot/agent"
)

// What was said long ago is folded into summary events, by code: each word is
// either remembered or counted, once; requests keep who asked for what; a log
// that is folded in two halves, at any place, comes to the same.
func TestLongThreadsAreSummarized(t *testing.T) {
	s, _ := newWorld(t)
	id := s.asks("A", "lock shop production because the sale is on")
	s.settle()
	const more = 90
	for n := range more {
		s.says(id, "U0CAROL", fmt.Sprintf("lunch at %d?", n))
		if n%10 == 9 { // several at once
			s.settle()
		}
	}
	s.settle()
	st := s.state(id)
	people := 0
	for _, turn := range st.Turns {
		if turn.From == "person" {
			people++
		}
	}
	if st.Past == nil || st.Past.Messages+people != more+1 || len(st.Turns) > 40 {
		t.Fatalf("%d turns are kept and %+v is remembered, of %d messages", len(st.Turns), st.Past, more+1)
	}
	want := agent.Request{By: "U0ALICE", What: "lock shop to production because the sale is on"}
	if !slices.Contains(st.Past.Requests, want) {
		t.Errorf("%+v is not among %+v", want, st.Past.Requests)
	}
	if n := len(st.Past.Said); n == 0 || n > 10 || !strings.HasPrefix(st.Past.Said[n-1].Text, "lunch at ") {
		t.Errorf("it remembers the sayings %+v", st.Past.Said)
	}
	s.holds()
}

// A crowd that says more than is read before the next summary costs a bounded
// state, and nobody's words are lost from the count.
func TestACrowdIsCounted(t *testing.T) {
	st := agent.NewState("t1")
	const said = 500
	for n := range said {
		st.Reduce(&agent.Event{ID: fmt.Sprint(n), Seq: int64(n + 1), Actor: "slack:T0ACME/U0CAROL", Data: &agent.Message{Text: "hello"}})
	}
	if len(st.Turns) > 60 || st.Past == nil || st.Past.Messages+len(st.Turns) != said {
		t.Errorf("%d turns are kept, %+v is remembered", len(st.Turns), st.Past)
	}
}
