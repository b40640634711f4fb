package agent_test

import (
	"errors"
	"testing"
	"time"

	"github.com/releasebot/releasebot/agent"
	"github.com/releasebot/releasebot/threadstore"
)

// A process dies after it has locked an environment for a while and before its
// thread says so. The next one locks by a clock of its own: it finds the lock there.
func TestALockIsFoundAgain(t *testing.T) {
	s, f := newWorld(t)
	died := errors.New("no answer")
	locked := false
	f.before = func(op threadstore.Op) error {
		if writes(op, "human_lock") {
			locked = true
			return nil
		}
		if locked && writes(op, "answered") {
			return died
		}
		return nil
	}
	id := s.asks("A", "lock shop staging for 10m because of an audit")
	var err error
	for n := 0; n < 50 && err == nil; n++ {
		_, err = s.runner.Step(t.Context(), id, s.clock.Now())
	}
	if !locked || !errors.Is(err, died) {
		t.Fatalf("locked %v, %v", locked, err)
	}
	f.before = nil
	s.die("second")
	s.settle()
	if st := s.state(id); len(st.Commands) > 0 || len(st.Answers) == 0 && st.Version < 3 {
		t.Fatalf("%d commands are left, the log has %d events", len(st.Commands), st.Version)
	}
	env, err := agent.LoadEnvironment(t.Context(), s.store, "shop", "staging")
	if err != nil || env.Lock == nil || !env.Locked(s.clock.Now()) || env.Lock.Until.Sub(s.clock.Now()) > 10*time.Minute {
		t.Fatalf("the environment's lock is %+v, %v", env, err)
	}
}
