package agent_test

import (
	"sync"
	"testing"
	"time"

	"github.com/releasebot/releasebot/agent"
	"github.com/releasebot/releasebot/tools"
	"github.com/releasebot/releasebot/tools/deploy"
)

// patient is a viewer in which a thread waits in line until it is let in.
type patient struct {
	until time.Time
	mu    sync.Mutex
	in    bool
	gone  int
}

func (v *patient) Show(*agent.State, int64, func() bool) agent.Shown {
	v.mu.Lock()
	defer v.mu.Unlock()
	if v.in {
		return agent.Settled
	}
	return agent.Behind
}

func (v *patient) Waits(agent.ThreadID) (time.Time, bool) {
	v.mu.Lock()
	defer v.mu.Unlock()
	return v.until, !v.in
}

func (v *patient) Forget(agent.ThreadID) {
	v.mu.Lock()
	defer v.mu.Unlock()
	v.gone++
}

func (v *patient) forgotten() int {
	v.mu.Lock()
	defer v.mu.Unlock()
	return v.gone
}

// A thread of which nothing is left to do but to be shown, later, is given back
// until then: anybody may take it, it is due by then, and when its turn comes earlier it is taken up.
func TestAThreadWhoseViewsWaitInLineIsGivenBack(t *testing.T) {
	onEachStore(t, func(t *testing.T, s *scenario) {
		s.flows()
		v := &patient{until: s.clock.Now().Add(10 * time.Minute).Truncate(time.Millisecond)}
		s.runner.Viewer = v
		s.service = s.runs(s.runner)
		id := s.asks("A", "help")
		s.eventually("the thread given back, so that another replica can take it", func() bool {
			if v.forgotten() == 0 {
				return false
			}
			lease, err := s.store.Acquire(t.Context(), string(id), "another", 0)
			return err == nil && s.store.Release(t.Context(), lease) == nil
		})
		s.eventually("it being due by then, and no sooner", func() bool {
			due, err := s.store.Due(t.Context(), v.until, 0)
			return err == nil && len(due) == 1 && due[0].At.Equal(v.until)
		})
		v.mu.Lock()
		given := v.gone // twice, where it was woken once more meanwhile
		v.in = true
		v.mu.Unlock()
		s.runner.Woken(id)
		s.eventually("that nothing of it is due any more", func() bool {
			due, err := s.store.Due(t.Context(), v.until.Add(time.Hour), 0)
			return err == nil && len(due) == 0 && v.forgotten() > given
		})
	})
}

// A release that waits for a time is due by that time, however late its cards' turn comes.
func TestWhileViewsWaitInLineTimersStayOnTime(t *testing.T) {
	onEachStore(t, func(t *testing.T, s *scenario) {
		s.runner.Viewer = &patient{until: s.clock.Now().Add(1000 * time.Hour)}
		id := s.asks("A", "deploy shop v1.0.0 to production")
		s.settle()
		if s.has(id, "approval_requested") != 1 {
			t.Fatal("no approval is asked for")
		}
		due, err := s.store.Due(t.Context(), s.clock.Now().Add(time.Hour), 0)
		if err != nil || len(due) != 1 {
			t.Fatalf("due within the hour in which the approval expires: %v, %v", due, err)
		}
		s.clock.Move(time.Hour)
		s.settle()
		if s.has(id, "approval_expired") != 1 {
			t.Error("the approval did not expire")
		}
	})
}

// A running deploy is not given back because its card waits.
func TestARunningReleaseIsKeptWhileItsCardWaits(t *testing.T) {
	s, _ := newWorld(t)
	s.deployer.Outcome = func(tools.Call) deploy.State { return deploy.Running }
	v := &patient{until: s.clock.Now().Add(time.Hour)}
	s.runner.Viewer = v
	id := s.asks("A", "deploy shop v1.0.0 to staging")
	for n := 0; s.has(id, "deploy_started") == 0; n++ {
		if _, err := s.runner.Step(t.Context(), id, s.clock.Now()); err != nil || n == 100 {
			t.Fatalf("no start came: %v", err)
		}
		s.clock.Move(100 * time.Millisecond)
	}
	for range 20 {
		if p, err := s.runner.Step(t.Context(), id, s.clock.Now()); err != nil || p.Idle {
			t.Fatalf("%+v, %v", p, err)
		}
		s.clock.Move(time.Second)
	}
}
