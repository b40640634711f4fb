package agent_test

import (
	"context"
	"errors"
	"log/slog"
	"slices"
	"testing"
	"time"

	"github.com/releasebot/releasebot/agent"
	"github.com/releasebot/releasebot/agent/agenttest"
	"github.com/releasebot/releasebot/threadstore"
)

// archive keeps what was exported.
type archive struct {
	kept map[agent.ThreadID][][]byte
	full bool
	then func(agent.ThreadID)
}

var errFull = errors.New("no space left")

func (a *archive) export(_ context.Context, id agent.ThreadID, _ time.Time, records [][]byte) error {
	if a.full {
		return errFull
	}
	a.kept[id] = records
	if a.then != nil {
		a.then(id)
	}
	return nil
}

func (s *scenario) retention(a *archive) *agent.Retention {
	return &agent.Retention{Store: s.store, Owner: s.owner, Keep: 30 * 24 * time.Hour, Export: a.export, Now: s.clock.Now, Log: slog.New(slog.DiscardHandler)}
}

func (s *scenario) known(name string) bool {
	s.t.Helper()
	ok, err := s.service.Known(s.t.Context(), s.names[name])
	if err != nil {
		s.t.Fatal(err)
	}
	return ok
}

// Only what is over, known and old is removed, and not before it was exported.
func TestRetentionKeepsWhatIsWaitedOn(t *testing.T) {
	s, _ := newWorld(t)
	a := &archive{kept: map[agent.ThreadID][][]byte{}}
	done := s.asks("done", "deploy shop v1.0.0 to staging")
	s.asks("asks back", "deploy it")
	s.asks("unread", "deploy shop v1.0.0 to production")
	s.settle()
	s.deployer.Outcome = nil
	lost := s.asks("lost", "deploy shop v1.1.0 to staging")
	s.settle()
	if err := s.service.Seen(t.Context(), lost, agent.Seen{Version: 1000}); err != nil {
		t.Fatal(err)
	}
	watches := s.asks("watches", "/release lock shop staging for the audit")
	s.take(agent.Fact{
		ID: "lock", Thread: watches, Actor: agent.SlackActor(agenttest.Team, "U0ALICE"),
		Data: &agent.Message{Text: "lock", Intent: &agent.Intent{Kind: agent.IntentLock, Service: "shop", Environment: "staging", Reason: "audit"}},
	})
	s.settle()

	sweep := func() int {
		t.Helper()
		n, more, err := s.retention(a).Sweep(t.Context())
		if err != nil || more {
			t.Fatalf("swept %d, more: %t, %v", n, more, err)
		}
		return n
	}
	if n := sweep(); n != 0 {
		t.Fatalf("%d threads were removed that were not old", n)
	}
	before, err := s.store.Read(t.Context(), string(done), 1, 0)
	if err != nil {
		t.Fatal(err)
	}
	s.clock.Move(40 * 24 * time.Hour)
	a.full = true
	if n, _, err := s.retention(a).Sweep(t.Context()); !errors.Is(err, errFull) || n != 0 || !s.known("done") {
		t.Fatalf("with nowhere to export to: %d removed, %v", n, err)
	}
	a.full = false
	if n := sweep(); n != 1 || s.known("done") {
		t.Fatalf("%d threads were removed, the one that is done among them: %t", n, !s.known("done"))
	}
	if got := a.kept[done]; !slices.EqualFunc(got, before, slices.Equal) {
		t.Errorf("%d events were exported, want the %d of the log", len(got), len(before))
	}
	for _, name := range []string{"asks back", "unread", "lost", "watches"} {
		if !s.known(name) {
			t.Errorf("the thread %q was removed", name)
		}
	}
	lines, err := s.service.Threads(t.Context())
	if err != nil || slices.ContainsFunc(lines, func(l agent.ThreadLine) bool { return l.ID == done }) {
		t.Errorf("the list still has it: %v (%v)", lines, err)
	}
	if env, err := agent.LoadEnvironment(t.Context(), s.store, "shop", "staging"); err != nil || len(env.History) == 0 {
		t.Errorf("the environment's history is gone: %+v (%v)", env, err)
	}
	s.take(agent.Fact{
		ID: "slack/done/2", Thread: done, Actor: agent.SlackActor(agenttest.Team, "U0ALICE"),
		Data: &agent.Trigger{Source: "mention", Text: "deploy shop v3.0.0 to production", Slack: &agent.Place{Team: agenttest.Team, Channel: "C0RELEASES", TS: "done"}},
	})
	s.settle()
	if st := s.state(done); st.Lost != nil || len(st.Releases) != 1 {
		t.Errorf("a thread that was removed begins anew as %s, lost: %+v", st.Status(), st.Lost)
	}
}

// A thread that goes on while it is exported is not removed.
func TestRetentionLosesNoLateWord(t *testing.T) {
	s, _ := newWorld(t)
	id := s.asks("done", "deploy shop v1.0.0 to staging")
	s.settle()
	s.clock.Move(40 * 24 * time.Hour)
	a := &archive{kept: map[agent.ThreadID][][]byte{}, then: func(agent.ThreadID) {
		s.take(agent.Fact{ID: "late", Thread: id, Actor: agent.SlackActor(agenttest.Team, "U0ALICE"), Data: &agent.Message{Text: "and v1.1.0?"}})
	}}
	if n, _, err := s.retention(a).Sweep(t.Context()); err != nil || n != 0 || s.has(id, "message") != 1 {
		t.Fatalf("%d removed (%v), %d messages in the log", n, err, s.has(id, "message"))
	}
}

// Two replicas do not do the same work at once.
func TestRetentionIsOneReplicas(t *testing.T) {
	s, _ := newWorld(t)
	s.asks("done", "deploy shop v1.0.0 to staging")
	s.settle()
	s.clock.Move(40 * 24 * time.Hour)
	other := threadstore.New(s.driver, threadstore.Options{Now: s.clock.Now})
	if _, err := other.Acquire(t.Context(), "meta:retention", "other", 0); err != nil {
		t.Fatal(err)
	}
	a := &archive{kept: map[agent.ThreadID][][]byte{}}
	if n, _, err := s.retention(a).Sweep(t.Context()); err != nil || n != 0 || len(a.kept) != 0 {
		t.Errorf("%d removed beside another replica (%v)", n, err)
	}
}
