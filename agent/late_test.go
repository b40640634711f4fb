package agent_test

import (
	"context"
	"errors"
	"testing"

	"github.com/releasebot/releasebot/agent"
	"github.com/releasebot/releasebot/threadstore"
)

// stopping calls stop, once, when an environment is looked at after a start was written down.
type stopping struct {
	threadstore.Driver
	started bool
	stop    func()
}

func (d *stopping) Apply(ctx context.Context, op threadstore.Op) (threadstore.Reply, error) {
	if _, _, env := agent.ParseEnvironmentLog(op.Log); env && d.started && d.stop != nil {
		stop := d.stop
		d.stop = nil
		stop()
	}
	reply, err := d.Driver.Apply(ctx, op)
	d.started = d.started || err == nil && writes(op, "deploy_started")
	return reply, err
}

// TestStoppedBeforeTheStartSaysNothing: a process is stopped between writing down
// that it starts and starting, for longer than its lease, and another one has
// made the start and ended the release. That the stopped one did not begin is
// nothing that the log has to know: it would say that a deploy that ran did not.
func TestStoppedBeforeTheStartSaysNothing(t *testing.T) {
	s, f := newWorld(t)
	s.deployer.Once = true
	d := &stopping{Driver: f.Driver}
	f.Driver = d
	id := s.asks("A", "deploy shop v1.0.0 to staging")
	stopped, resumed := s.runner, false
	d.stop = func() {
		s.die("second")
		s.settle()
		resumed = true
	}
	var err error
	for n := 0; n < 100 && !resumed; n++ {
		_, err = stopped.Step(t.Context(), id, s.clock.Now())
	}
	for n := 0; n < 10 && err == nil; n++ {
		_, err = stopped.Step(t.Context(), id, s.clock.Now())
	}
	if !resumed || !errors.Is(err, threadstore.ErrStale) && !errors.Is(err, threadstore.ErrHeld) {
		t.Fatalf("the stopped process goes on: %v", err)
	}
	if got := s.state(id).Release(1).Word(); got != "done" || len(s.deployer.Ledger()) != 1 {
		t.Errorf("the release is %s with %d starts; want done, and one", got, len(s.deployer.Ledger()))
	}
	if n := s.has(id, "deploy_result"); n != 1 {
		t.Errorf("%d outcomes in the log, want the one of the process that started", n)
	}
}
