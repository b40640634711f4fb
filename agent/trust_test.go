package agent_test

import (
	"errors"
	"testing"
	"time"

	"github.com/releasebot/releasebot/threadstore"
	"github.com/releasebot/releasebot/tools"
	"github.com/releasebot/releasebot/tools/deploy"
)

// TestStoppedProcessNoticesThatOthersWentOn: a process that was stopped for
// longer than its lease lasts lets go of its threads also where it has nothing
// to append; else it would keep what it remembers for ever, and not look at them again.
func TestStoppedProcessNoticesThatOthersWentOn(t *testing.T) {
	s, _ := newWorld(t)
	s.deployer.Outcome = func(tools.Call) deploy.State { return deploy.Running }
	id := s.asks("A", "deploy shop v1.0.0 to staging")
	s.settle()
	stopped := s.runner
	s.die("second")
	s.settle()
	if _, err := stopped.Step(t.Context(), id, s.clock.Now()); !errors.Is(err, threadstore.ErrStale) {
		t.Fatalf("it goes on with what it remembers: %v; want %v", err, threadstore.ErrStale)
	}
	if _, err := stopped.Step(t.Context(), id, s.clock.Now()); !errors.Is(err, threadstore.ErrHeld) {
		t.Fatalf("it did not let go of the thread: %v; want %v", err, threadstore.ErrHeld)
	}
}

// TestRefusedRenewalEndsTrust: a process whose clock stood still together with
// its machine still trusts its lease, until the store refuses to renew it.
func TestRefusedRenewalEndsTrust(t *testing.T) {
	s, _ := newWorld(t)
	s.deployer.Outcome = func(tools.Call) deploy.State { return deploy.Running }
	id := s.asks("A", "deploy shop v1.0.0 to staging")
	s.settle()
	stopped, now := s.runner, s.clock.Now()
	s.die("second")
	s.settle()
	s.clock.Move(now.Add(2 * time.Second).Sub(s.clock.Now()))
	stopped.Renew(t.Context())
	if _, err := stopped.Step(t.Context(), id, s.clock.Now()); !errors.Is(err, threadstore.ErrStale) {
		t.Fatalf("it goes on: %v; want %v", err, threadstore.ErrStale)
	}
}
