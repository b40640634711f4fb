package agent_test

import (
	"fmt"
	"slices"
	"testing"

	"github.com/releasebot/releasebot/agent"
	"github.com/releasebot/releasebot/threadstore"
)

// observes appends to an environment's log, as another process would.
func (s *scenario) observes(log string) {
	s.t.Helper()
	_, err := s.store.Append(s.t.Context(), threadstore.Append{Log: log, Fact: true, Drafts: []threadstore.Draft{{
		ID: "observed/1", Sum: "1", Encode: func(seq int64, prev string) ([]byte, error) {
			return agent.Encode(&agent.Event{ID: "observed/1", Seq: seq, At: s.clock.Now(), Actor: agent.Bot, Prev: prev, Data: &agent.Observed{Version: "v0.9.0"}})
		},
	}}})
	if err != nil {
		s.t.Fatal(err)
	}
}

// An environment is given back together with the end of its release, and somebody
// else has just written into its log. The end was thought too early, and is
// thought again; but what people were shown meanwhile was shown, and stays in the log.
func TestWhatWasShownIsKeptWhereOthersWereFasterInTheEnvironment(t *testing.T) {
	s, f := newWorld(t)
	env := agent.EnvironmentLog("shop", "staging")
	var order []string // of what goes in once the environment is given back
	faster := false
	f.before = func(op threadstore.Op) error {
		switch {
		case op.Log == env && writes(op, "release") && !faster:
			faster = true
			s.observes(env)
			order = append(order, "refused")
		case op.Log == env && writes(op, "release"):
			order = append(order, "given back")
		case faster && writes(op, "done"):
			order = append(order, "done")
		}
		return nil
	}
	id := s.asks("A", "deploy shop v1.0.0 to staging")
	var shown []string
	for n := 0; ; n++ {
		if _, err := s.runner.Step(t.Context(), id, s.clock.Now()); err != nil || n == 200 {
			t.Fatalf("step %d: %v", n, err)
		}
		if s.has(id, "done") > 0 {
			break
		}
		ts := fmt.Sprintf("2.%06d", n)
		s.runner.Posted(id, []agent.PostedView{{Key: agent.ViewRelease(1), Channel: "C0RELEASES", TS: ts}})
		shown = append(shown, ts)
	}
	s.settle()
	events, err := agent.ReadEvents(t.Context(), s.store, string(id), 1)
	if err != nil {
		t.Fatal(err)
	}
	var known []string
	for _, e := range events {
		if p, ok := e.Data.(*agent.Posted); ok {
			for _, v := range p.Views {
				known = append(known, v.TS)
			}
		}
	}
	if slices.Sort(known); !slices.Equal(known, shown) {
		t.Errorf("the log knows of %v\nshown were     %v", known, shown)
	}
	if want := []string{"refused", "given back", "done"}; !slices.Equal(order, want) {
		t.Errorf("%v, want %v", order, want)
	}
	if got := s.state(id).Release(1).Word(); got != "done" || s.has(id, "done") != 1 {
		t.Errorf("the release is %s, with %d ends", got, s.has(id, "done"))
	}
}
