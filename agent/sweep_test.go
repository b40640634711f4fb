package agent_test

import (
	"context"
	"fmt"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"github.com/releasebot/releasebot/agent"
	"github.com/releasebot/releasebot/agent/agenttest"
	"github.com/releasebot/releasebot/policy"
	"github.com/releasebot/releasebot/threadstore"
	"github.com/releasebot/releasebot/threadstore/boltstore"
	"github.com/releasebot/releasebot/threadstore/redisstore"
	"github.com/releasebot/releasebot/threadstore/storetest/redistest"
	"github.com/releasebot/releasebot/tools"
	"github.com/releasebot/releasebot/tools/deploy"
)

// behind is a viewer that never gets anything shown, so that each thread stays held.
type behind struct{}

func (behind) Show(*agent.State, int64, func() bool) agent.Shown { return agent.Behind }
func (behind) Forget(agent.ThreadID)                             {}

// flows has the clock go on by itself until the test ends, as leases do in the stores.
func (s *scenario) flows() {
	ctx, stop := context.WithCancel(context.WithoutCancel(s.t.Context()))
	var running sync.WaitGroup
	running.Go(func() {
		const tick = 5 * time.Millisecond
		for last := time.Now(); ctx.Err() == nil; {
			<-time.After(tick)
			s.clock.Move(time.Since(last))
			last = time.Now()
		}
	})
	s.t.Cleanup(func() { stop(); running.Wait() })
}

// outsider takes facts in, and runs nothing.
func (s *scenario) outsider() *agent.Service {
	s.boot("outsider")
	return s.service
}

// runs runs an engine until the test ends.
func (s *scenario) runs(r *agent.Runner) *agent.Service {
	s.t.Helper()
	e := agent.NewEngine(r)
	ctx, stop := context.WithCancel(context.WithoutCancel(s.t.Context()))
	var running sync.WaitGroup
	running.Go(func() { e.Run(ctx) })
	s.t.Cleanup(func() { stop(); running.Wait() })
	s.eventually("the engine", e.Running)
	return agent.NewService(e)
}

// onEachStore runs a test on both stores.
func onEachStore(t *testing.T, test func(t *testing.T, s *scenario)) {
	open := map[string]func(t *testing.T) (threadstore.Driver, error){
		"bbolt": func(t *testing.T) (threadstore.Driver, error) {
			return boltstore.Open(filepath.Join(t.TempDir(), "threads.db"))
		},
		"redis": func(t *testing.T) (threadstore.Driver, error) {
			return redisstore.Open(t.Context(), redisstore.Config{URL: redistest.Start(t)})
		},
	}
	for name, open := range open {
		t.Run(name, func(t *testing.T) {
			d, err := open(t)
			if err != nil {
				t.Fatal(err)
			}
			s := newScenario(t, d)
			if s.policy, err = policy.Parse("releasebot.yml", []byte(invariantPolicy), agenttest.Registry()); err != nil {
				t.Fatal(err)
			}
			test(t, s)
		})
	}
}

// more is more than a sweep looks at.
const more = 600

// Hundreds of threads are held, for longer than an append of theirs lasts, here or
// by another replica. A thread that nobody runs is found all the same.
func TestWhatIsHeldHidesNothingThatIsDue(t *testing.T) {
	for _, where := range []string{"here", "elsewhere"} {
		t.Run(where, func(t *testing.T) {
			onEachStore(t, func(t *testing.T, s *scenario) {
				s.flows()
				holder := s.runner
				holder.Viewer = behind{}
				s.service = s.runs(holder)
				for i := range more {
					s.asks(fmt.Sprintf("held%d", i), "help")
				}
				s.eventually("an answer in each thread", func() bool {
					due, err := s.store.Due(t.Context(), s.clock.Now().Add(time.Second), 0) // what is held is due later
					return err == nil && len(due) == 0
				})
				if where == "elsewhere" {
					s.boot("second")
					s.runs(s.runner)
				}
				s.clock.Move(7 * time.Second)
				s.service = s.outsider() // nobody takes the thread but by a sweep
				id := s.asks("left", "help")
				s.eventually("the answer in the thread that nobody runs", func() bool { return s.has(id, "planner_decision") > 0 })
			})
		})
	}
}

// A running release is stopped by a click that another replica took in: whoever runs it hears of it.
func TestAClickOverAnotherReplicaStopsARun(t *testing.T) {
	onEachStore(t, func(t *testing.T, s *scenario) {
		s.flows()
		s.deployer.Outcome = func(tools.Call) deploy.State { return deploy.Running }
		s.service = s.runs(s.runner)
		id := s.asks("A", "deploy shop v1.0.0 to staging")
		s.eventually("the start", func() bool { return s.has(id, "deploy_started") > 0 })
		s.boot("second")
		s.service = s.runs(s.runner)
		s.decides(id, "U0ALICE", agent.VerbAbort, agent.ReleaseID(id, 1))
		s.eventually("the request to stop", func() bool { return s.has(id, "cancel_requested") > 0 })
	})
}
