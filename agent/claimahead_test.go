package agent_test

import (
	"context"
	"errors"
	"slices"
	"testing"

	"github.com/releasebot/releasebot/agent"
	"github.com/releasebot/releasebot/threadstore"
	"github.com/releasebot/releasebot/tools"
	"github.com/releasebot/releasebot/tools/deploy"
)

// released has one release of shop in staging end well, so that its environment's log is known here.
func (s *scenario) released() {
	s.t.Helper()
	id := s.asks("before", "deploy shop v1.0.0 to staging")
	s.settle()
	if got := s.state(id).Release(1).Word(); got != "done" {
		s.t.Fatalf("the release before is %s", got)
	}
}

// The claim of a free environment is to go in with the start, and somebody else
// has just written into the environment's log: what was thought of the start is
// forgotten, and made again once the claim is in.
func TestAClaimThoughtAheadIsMadeAgainWhereOthersWereFaster(t *testing.T) {
	s, f := newWorld(t)
	s.released()
	env := agent.EnvironmentLog("shop", "staging")
	var order []string
	f.before = func(op threadstore.Op) error {
		switch {
		case op.Log == env && writes(op, "claim") && len(order) == 0:
			s.observes(env)
			order = append(order, "refused")
		case op.Log == env && writes(op, "claim"):
			order = append(order, "claimed")
		case writes(op, "deploy_started"):
			order = append(order, "started")
		}
		return nil
	}
	id := s.asks("A", "deploy shop v1.1.0 to staging")
	s.settle()
	if want := []string{"refused", "claimed", "started"}; !slices.Equal(order, want) {
		t.Errorf("%v, want %v", order, want)
	}
	if got := s.state(id).Release(1).Word(); got != "done" || s.has(id, "deploy_started") != 1 || len(s.deployer.Ledger()) != 2 {
		t.Errorf("the release is %s, with %d starts in the log and %d made", got, s.has(id, "deploy_started"), len(s.deployer.Ledger())-1)
	}
}

// A process dies when the claim is in and the start that was thought with it is
// not, which only a store that does them one by one can leave: whoever goes on
// finds its own claim, and starts once.
func TestAProcessDiesBetweenAClaimAndTheStartThoughtWithIt(t *testing.T) {
	s, f := newWorld(t)
	s.released()
	away, dead := errors.New("the store is away"), false
	f.before = func(op threadstore.Op) error {
		if writes(op, "deploy_started") && !dead {
			return away
		}
		return nil
	}
	id := s.asks("A", "deploy shop v1.1.0 to staging")
	var err error
	for n := 0; n < 100 && err == nil; n++ {
		_, err = s.runner.Step(t.Context(), id, s.clock.Now())
	}
	if !errors.Is(err, away) {
		t.Fatalf("the start went in: %v", err)
	}
	if s.has(id, "lock_requested") != 1 || s.has(id, "lock_acquired") != 0 || len(s.deployer.Ledger()) != 1 {
		t.Fatalf("%d requests, %d locks, %d starts", s.has(id, "lock_requested"), s.has(id, "lock_acquired"), len(s.deployer.Ledger())-1)
	}
	dead = true
	s.die("second")
	s.settle()
	if got := s.state(id).Release(1).Word(); got != "done" || len(s.deployer.Ledger()) != 2 {
		t.Errorf("the release is %s, with %d starts", got, len(s.deployer.Ledger())-1)
	}
}

// pensive is a deployer that takes so long over its first answer about a key
// that whoever asks has to give up.
type pensive struct {
	deploy.Driver
	asked func() (claimed bool)
	saw   []bool
}

func (p *pensive) Find(ctx context.Context, c tools.Call, ref string) (deploy.Status, error) {
	p.saw = append(p.saw, p.asked())
	if len(p.saw) == 1 {
		<-ctx.Done()
		return deploy.Status{}, ctx.Err()
	}
	return p.Driver.Find(ctx, c, ref)
}

// While a claim waits to go in with the start nobody is waited for: where the
// deployer takes long, the claim goes in, and the deployer is asked anew.
func TestASlowDeployerIsAskedAnewOnceTheClaimIsIn(t *testing.T) {
	s, _ := newWorld(t)
	s.released()
	id := agent.ThreadID("")
	p := &pensive{Driver: s.deployer, asked: func() bool { return s.has(id, "lock_requested") > 0 }}
	s.runner.Deployers["fake"] = p
	id = s.asks("A", "deploy shop v1.1.0 to staging")
	s.settle()
	if len(p.saw) < 2 || p.saw[0] || !p.saw[1] {
		t.Errorf("claimed when the deployer was asked: %v; want no, and then yes", p.saw)
	}
	if got := s.state(id).Release(1).Word(); got != "done" || len(s.deployer.Ledger()) != 2 {
		t.Errorf("the release is %s, with %d starts", got, len(s.deployer.Ledger())-1)
	}
}
