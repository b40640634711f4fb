package agent_test

import (
	"context"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/releasebot/releasebot/agent"
	"github.com/releasebot/releasebot/agent/agenttest"
	"github.com/releasebot/releasebot/agent/planner/rules"
	"github.com/releasebot/releasebot/policy"
	"github.com/releasebot/releasebot/tools"
	"github.com/releasebot/releasebot/tools/changelog"
	"github.com/releasebot/releasebot/tools/deploy"
	"github.com/releasebot/releasebot/tools/healthcheck"
)

// broken is a deployer that panics at versions of that name, for as long as it is broken.
type broken struct {
	*agenttest.Deployer
	at     string
	mended atomic.Bool
	asked  atomic.Int64
}

func (b *broken) Find(ctx context.Context, c tools.Call, ref string) (deploy.Status, error) {
	if c.Version == b.at && !b.mended.Load() {
		b.asked.Add(1)
		none := strings.Split("", "")
		c.Key = none[len(c.Version)] // as a mistake of ours would
	}
	return b.Deployer.Find(ctx, c, ref)
}

// watched remembers what was shown last of each thread.
type watched struct {
	mu   sync.Mutex
	last map[agent.ThreadID]agent.State
	at   agent.ThreadID // showing this panics, unless it is set aside
	bad  bool           // also then
}

func (v *watched) Show(s *agent.State, _ int64, _ func() bool) agent.Shown {
	v.mu.Lock()
	defer v.mu.Unlock()
	if s.ID == v.at && (s.Aside == nil || v.bad) {
		panic("<@U0ALICE> said something odd")
	}
	v.last[s.ID] = *s
	return agent.Settled
}

func (*watched) Forget(agent.ThreadID) {}

func (v *watched) aside(id agent.ThreadID) *agent.Aside {
	v.mu.Lock()
	defer v.mu.Unlock()
	s := v.last[id]
	return s.Aside
}

// running is a world in which an engine runs, in real time.
func running(t *testing.T, d *broken, v *watched) *scenario {
	t.Helper()
	s, _ := newWorld(t)
	s.runner = agent.NewRunner(agent.Config{
		Store: s.store, Owner: "engine", RunnerID: "engine", Policy: func() *policy.File { return s.policy },
		Planner: rules.New(), People: s.people, Pager: s.pager, Viewer: v,
		Sources:   func(*policy.Source) (changelog.Source, error) { return s.repo, nil },
		Deployers: map[string]deploy.Driver{"fake": d},
		Checkers:  map[string]healthcheck.Checker{"fake": s.health},
		Now:       s.clock.Now,
	})
	engine := agent.NewEngine(s.runner)
	s.service = agent.NewService(engine)
	ctx, cancel := context.WithCancel(t.Context())
	var wg sync.WaitGroup
	wg.Go(func() { engine.Run(ctx) })
	t.Cleanup(func() { cancel(); wg.Wait() })
	s.eventually("the engine", engine.Running)
	return s
}

func (s *scenario) eventually(what string, so func() bool) {
	s.t.Helper()
	tick := time.NewTicker(5 * time.Millisecond)
	defer tick.Stop()
	timeout := time.After(2 * time.Minute)
	for !so() {
		select {
		case <-tick.C:
		case <-timeout:
			s.t.Fatalf("still not, after two minutes: %s", what)
		}
	}
}

// A thread that makes the runner panic is set aside after three tries, says so,
// and is tried again once somebody says something in it. Others go on.
func TestAThreadThatPanicsIsSetAside(t *testing.T) {
	d := &broken{Deployer: &agenttest.Deployer{}, at: "v6.6.6"}
	v := &watched{last: map[agent.ThreadID]agent.State{}}
	s := running(t, d, v)
	bad := s.asks("bad", "deploy shop v6.6.6 to staging")
	s.eventually("the thread is set aside, and shown to be", func() bool { return v.aside(bad) != nil })
	good := s.asks("good", "deploy shop v1.0.0 to production")
	s.eventually("another thread goes on", func() bool { return s.has(good, "approval_requested") == 1 })

	st := s.state(bad)
	if st.Status() != "unknown" || !strings.Contains(st.Line().Problem, "index out of range") {
		t.Errorf("it is %s: %q", st.Status(), st.Line().Problem)
	}
	a := st.Aside
	if a.Tries != 3 || d.asked.Load() != 3 || a.Error != "runtime error: index out of range [6] with length 0" || !strings.Contains(a.Where, "aside_test.go") {
		t.Errorf("after %d tries (it says %d): %q at %q", d.asked.Load(), a.Tries, a.Error, a.Where)
	}
	if lines, err := s.service.Threads(t.Context()); err != nil || len(lines) != 2 {
		t.Errorf("the list has %+v (%v)", lines, err)
	}

	d.mended.Store(true)
	s.take(agent.Fact{ID: "again", Thread: bad, Actor: agent.SlackActor(agenttest.Team, "U0ALICE"), Data: &agent.Message{Text: "how is it going?"}})
	s.eventually("it goes on", func() bool { return s.has(bad, "done") == 1 })
	if st := s.state(bad); st.Aside != nil || st.Release(1).Outcome != agent.OutcomeDone {
		t.Errorf("it is %s, aside: %+v", st.Status(), st.Aside)
	}
}

// Pressing something tries again too, and a thread that still panics is set aside anew.
func TestAThreadIsSetAsideAgain(t *testing.T) {
	d := &broken{Deployer: &agenttest.Deployer{}, at: "v6.6.6"}
	v := &watched{last: map[agent.ThreadID]agent.State{}}
	s := running(t, d, v)
	bad := s.asks("bad", "deploy shop v6.6.6 to staging")
	s.eventually("the thread is set aside", func() bool { return s.has(bad, "set_aside") == 1 && v.aside(bad) != nil })
	s.decides(bad, "U0ALICE", agent.VerbHold, "nothing of this thread")
	s.eventually("it is set aside once more", func() bool { return s.has(bad, "set_aside") == 2 && d.asked.Load() == 6 })
}

// Where showing the thread is what panics, that it is set aside can still be
// shown. What a panic says may be somebody's words: it is not passed on.
func TestAThreadThatCannotBeShownIsSetAside(t *testing.T) {
	for _, bad := range []bool{false, true} {
		id := agent.SlackThreadID(agenttest.Team, "C0RELEASES", "odd")
		v := &watched{last: map[agent.ThreadID]agent.State{}, at: id, bad: bad}
		s := running(t, &broken{Deployer: &agenttest.Deployer{}}, v)
		s.asks("odd", toProduction)
		s.eventually("the thread is set aside", func() bool { return s.has(id, "set_aside") == 1 })
		if !bad {
			s.eventually("that is shown", func() bool { return v.aside(id) != nil })
		}
		if a := s.state(id).Aside; a == nil || strings.Contains(a.Error, "ALICE") || a.Error != "a panic with a string" {
			t.Errorf("set aside: %+v", a)
		}
		s.asks("good", "deploy shop v1.0.0 to staging")
		s.eventually("another thread goes on", func() bool { return s.has(s.names["good"], "done") == 1 })
		if n := s.has(id, "set_aside"); n != 1 {
			t.Errorf("set aside %d times, with nobody having said anything", n)
		}
	}
}

// rash is a planner that panics.
type rash struct{}

func (rash) Plan(context.Context, agent.PlanInput) (agent.Planned, error) { panic("rash") }

// A planner that panics has failed: people are asked, and the process lives.
func TestAPlannerThatPanicsHasFailed(t *testing.T) {
	s, _ := newWorld(t)
	s.runner.Planner, s.runner.Slow = rash{}, true
	id := s.asks("A", toProduction)
	s.settle()
	s.runner.Wait()
	s.settle()
	if st := s.state(id); s.has(id, "error") != 1 || len(st.Questions) != 1 {
		t.Errorf("%d errors, %d questions; want one each", s.has(id, "error"), len(st.Questions))
	}
}
