package agent_test

import (
	"bytes"
	"context"
	"fmt"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/releasebot/releasebot/agent"
	"github.com/releasebot/releasebot/agent/agenttest"
	"github.com/releasebot/releasebot/policy"
	"github.com/releasebot/releasebot/threadstore"
	"github.com/releasebot/releasebot/tools"
	"github.com/releasebot/releasebot/tools/deploy"
)

// A fact is on its way into the log, with the thread's lease, when the process
// is told to stop and hands everything over: the lease goes back with the rest,
// and another replica need not wait for its end.
func TestAFactThatComesWhileAllIsHandedOver(t *testing.T) {
	s, f := newWorld(t)
	engine := agent.NewEngine(s.runner)
	service := agent.NewService(engine)
	ctx, stop := context.WithCancel(t.Context())
	var running sync.WaitGroup
	running.Go(func() { engine.Run(ctx) })
	s.eventually("the engine", engine.Running)
	id := agent.SlackThreadID(agenttest.Team, "C0RELEASES", "A")
	f.before = func(op threadstore.Op) error {
		if writes(op, "trigger") {
			f.before = nil
			stop()
			running.Wait()
		}
		return nil
	}
	if _, err := service.Take(t.Context(), agent.Fact{
		ID: "slack/A", Thread: id, Actor: agent.SlackActor(agenttest.Team, "U0ALICE"),
		Data: &agent.Trigger{Source: "mention", Text: "deploy shop v1 to staging", Slack: &agent.Place{Team: agenttest.Team, Channel: "C0RELEASES", TS: "A"}},
	}); err != nil {
		t.Fatal(err)
	}
	if _, err := s.store.Acquire(t.Context(), string(id), "another", 0); err != nil {
		t.Errorf("another replica can't take the thread: %v", err)
	}
	due, err := s.store.Due(t.Context(), s.clock.Now(), 0)
	if err != nil || len(due) != 1 {
		t.Errorf("due: %v, %v; another replica would not find the thread", due, err)
	}
}

// A click comes in over another replica just when this one hands a running
// release over: the lease goes back all the same.
func TestAThreadThatGrowsWhileItIsHandedOver(t *testing.T) {
	s, f := newWorld(t)
	s.deployer.Outcome = func(tools.Call) deploy.State { return deploy.Running }
	engine := agent.NewEngine(s.runner)
	s.service = agent.NewService(engine)
	ctx, stop := context.WithCancel(t.Context())
	id := agent.SlackThreadID(agenttest.Team, "C0RELEASES", "A")
	other := agent.NewService(agent.NewEngine(agent.NewRunner(agent.Config{Store: s.store, Owner: "another", Policy: func() *policy.File { return s.policy }})))
	var once sync.Once
	var stopped atomic.Bool
	f.before = func(op threadstore.Op) error {
		if stopped.Load() && op.Release && op.Log == string(id) {
			once.Do(func() {
				_, err := other.Take(t.Context(), agent.Fact{
					ID: "click/1", Thread: id, Actor: agent.SlackActor(agenttest.Team, "U0ALICE"),
					Data: &agent.DecisionReceived{Verb: agent.VerbHold, Target: agent.ReleaseID(id, 1), Via: "button"},
				})
				if err != nil {
					t.Error(err)
				}
			})
		}
		return nil
	}
	var running sync.WaitGroup
	running.Go(func() { engine.Run(ctx) })
	s.eventually("the engine", engine.Running)
	s.asks("A", "deploy shop v1.0.0 to staging")
	s.eventually("the start, and that the list has it", func() bool { // from then on nothing is appended by itself
		lines, err := s.store.Index(t.Context(), agent.IndexThreads)
		return err == nil && len(lines) == 1 && bytes.Contains(lines[0].Value, []byte(`"state":"deploying"`))
	})
	stopped.Store(true)
	stop()
	running.Wait()
	if s.has(id, "decision_received") != 1 {
		t.Fatal("the click did not come in between")
	}
	if _, err := s.store.Acquire(t.Context(), string(id), "another", 0); err != nil {
		t.Errorf("another replica can't take the thread: %v", err)
	}
	due, err := s.store.Due(t.Context(), s.clock.Now(), 0)
	if err != nil || len(due) != 1 {
		t.Errorf("due: %v, %v; another replica would not find the thread at once", due, err)
	}
}

// Whoever waits for the word that a fact was kept hears it before the fact's thread is run.
func TestKeptIsToldBeforeTheThreadRuns(t *testing.T) {
	s, _ := newWorld(t)
	engine := agent.NewEngine(s.runner)
	order := ""
	engine.Drive(func(agent.ThreadID) { order += " woken" })
	id := agent.SlackThreadID(agenttest.Team, "C0RELEASES", "A")
	f := agent.Fact{
		ID: "slack/A", Thread: id, Actor: agent.SlackActor(agenttest.Team, "U0ALICE"),
		Data: &agent.Trigger{Source: "mention", Text: "deploy shop v1 to staging", Slack: &agent.Place{Team: agenttest.Team, Channel: "C0RELEASES", TS: "A"}},
		Kept: func() {
			events, err := agent.ReadEvents(t.Context(), s.store, string(id), 1)
			order += fmt.Sprintf(" kept(%d, %v)", len(events), err)
		},
	}
	if _, err := agent.NewService(engine).Take(t.Context(), f); err != nil {
		t.Fatal(err)
	}
	if want := " kept(1, <nil>) woken"; order != want {
		t.Errorf("it went%s, want%s", order, want)
	}
}
