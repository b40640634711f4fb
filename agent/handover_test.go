package agent_test

import (
	"context"
	"sync"
	"testing"

	"github.com/releasebot/releasebot/agent"
	"github.com/releasebot/releasebot/agent/agenttest"
	"github.com/releasebot/releasebot/threadstore"
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
