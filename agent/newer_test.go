package agent_test

import (
	"strings"
	"testing"
	"time"

	"github.com/releasebot/releasebot/agent"
	"github.com/releasebot/releasebot/threadstore"
	"github.com/releasebot/releasebot/tools"
	"github.com/releasebot/releasebot/tools/deploy"
)

// shows counts how often people are shown a thread.
type shows int

func (v *shows) Show(*agent.State, int64, func() bool) agent.Shown { *v++; return agent.Settled }
func (v *shows) Forget(agent.ThreadID)                             {}

// prophecy is an event that only a newer program knows.
func prophecy() *agent.Foreign {
	return &agent.Foreign{Type: "prophecy", Version: 7, Raw: []byte(`{"of":1}`)}
}

// prophesy appends one to an environment's log, as a newer program would.
func (s *scenario) prophesy(service, env string) {
	s.t.Helper()
	log := agent.EnvironmentLog(service, env)
	_, err := s.store.Append(s.t.Context(), threadstore.Append{Log: log, Fact: true, Drafts: []threadstore.Draft{{
		ID: "prophecy/1", Sum: "1", Encode: func(seq int64, prev string) ([]byte, error) {
			return agent.Encode(&agent.Event{ID: "prophecy/1", Seq: seq, At: s.clock.Now(), Actor: agent.Bot, Prev: prev, Data: prophecy()})
		},
	}}})
	if err != nil {
		s.t.Fatal(err)
	}
}

// A deploy runs, and a newer program writes something that this one does not
// know: this one lets go of the thread, also of its lease, so that the newer one
// goes on; lists stay as that one wrote them. Each new fact changes nothing of
// that. Where no newer one takes the thread, people are shown why it stands still.
func TestAThreadOfANewerProgramIsLeftToIt(t *testing.T) {
	s, _ := newWorld(t)
	seen := new(shows)
	s.runner.Viewer = seen
	s.deployer.Outcome = func(tools.Call) deploy.State { return deploy.Running }
	id := s.asks("A", "deploy shop v1.0.0 to staging")
	s.until(id, "deploy_started")
	s.take(agent.Fact{ID: "future", Thread: id, Actor: agent.Bot, Data: prophecy()})
	lists := func() string {
		lines, err := s.store.Index(t.Context(), agent.IndexThreads)
		if err != nil {
			t.Fatal(err)
		}
		return mustJSON(t, lines)
	}
	before, shown := lists(), *seen
	for n, fact := range []string{"", "click"} {
		if fact != "" {
			s.decides(id, "U0ALICE", agent.VerbAbort, agent.ReleaseID(id, 1))
		}
		rested := false
		for range 10 {
			p, err := s.runner.Step(t.Context(), id, s.clock.Now())
			if err != nil {
				t.Fatal(err)
			}
			if rested = p.Did == agent.StepWait && p.Idle; rested {
				break
			}
		}
		if !rested {
			t.Fatalf("%d: it does not let go of the thread", n)
		}
		lease, err := s.store.Acquire(t.Context(), string(id), "newer", 0)
		if err != nil {
			t.Fatalf("%d: the newer program can't take the thread: %v", n, err)
		}
		if err := s.store.Release(t.Context(), lease); err != nil {
			t.Fatal(err)
		}
		due, err := s.store.Due(t.Context(), s.clock.Now().Add(time.Second), 0)
		if err != nil || len(due) != 1 || due[0].Log != string(id) {
			t.Errorf("%d: due within a second: %v, %v; a newer program would not find the thread", n, due, err)
		}
	}
	if got := lists(); got != before {
		t.Errorf("the lists were written over:\n%s\n%s", before, got)
	}
	if *seen != shown {
		t.Errorf("people were shown the thread %d times by a program that does not understand it", *seen-shown)
	}
	s.clock.Move(11 * time.Second)
	if _, err := s.runner.Step(t.Context(), id, s.clock.Now()); err != nil {
		t.Fatal(err)
	}
	if *seen != shown+1 {
		t.Errorf("nobody took the thread, and people were shown that it stands still %d times, want once", *seen-shown)
	}
	if got := s.has(id, "deploy_result") + s.has(id, "cancel_requested"); got != 0 {
		t.Errorf("a thread that this program does not understand was run")
	}
}

// What a newer program wrote into an environment's log keeps this one from releasing there.
func TestAnEnvironmentOfANewerProgramIsNotTouched(t *testing.T) {
	t.Run("before it was asked for", func(t *testing.T) {
		s, _ := newWorld(t)
		s.prophesy("shop", "staging")
		id := s.asks("A", "deploy shop v1.0.0 to staging")
		s.settle()
		for range 3 {
			s.clock.Move(10 * time.Second)
			s.settle()
		}
		r := s.state(id).Release(1)
		if got := s.deployer.Ledger(); len(got) != 0 || r.Stage != agent.StageClaim || !strings.Contains(r.Waits, "newer releasebot") {
			t.Errorf("started %q; the release stands at %s and waits for %q; want nothing started, and it waits for a newer releasebot", got, r.Stage, r.Waits)
		}
		if n := s.has(id, "timer_set"); n != 1 {
			t.Errorf("that it waits was said %d times", n)
		}
	})
	t.Run("right before the start", func(t *testing.T) {
		s, f := newWorld(t)
		f.before = func(op threadstore.Op) error {
			if writes(op, "deploy_started") {
				f.before = nil
				s.prophesy("shop", "staging")
			}
			return nil
		}
		id := s.asks("A", "deploy shop v1.0.0 to staging")
		s.settle()
		r := s.state(id).Release(1)
		if got := s.deployer.Ledger(); len(got) != 0 || r.Deploy == nil || r.Deploy.Outcome != agent.DeployNotBegun {
			t.Errorf("started %q, and the release says %+v; want that nothing was begun", got, r.Deploy)
		}
	})
	t.Run("between taking it and looking again", func(t *testing.T) {
		s, f := newWorld(t)
		f.before = func(op threadstore.Op) error {
			if strings.HasPrefix(op.Log, "env:") && writes(op, "claim") {
				f.before = func(op threadstore.Op) error {
					if writes(op, "lock_acquired") {
						f.before = nil
						s.prophesy("shop", "staging")
					}
					return nil
				}
			}
			return nil
		}
		id := s.asks("A", "deploy shop v1.0.0 to staging")
		s.settle()
		if got := s.deployer.Ledger(); len(got) != 0 || s.has(id, "deploy_started") != 0 && s.state(id).Release(1).Deploy.Outcome != agent.DeployNotBegun {
			t.Errorf("started %q, %+v", got, s.state(id).Release(1))
		}
	})
}
