//go:build failpoints

package deploy

import (
	"errors"
	"strings"
	"syscall"
	"testing"

	"github.com/releasebot/releasebot/internal/failpoint"
)

// die starts c from another bot that has the fail point set, and so has the
// supervisor that it starts. It returns once the other bot has ended.
func (b *bench) die(mode, point string) {
	b.t.Helper()
	out, err := b.bot(b.call("k1", mode), 1, failpoint.Variable+"="+point).CombinedOutput()
	if err != nil && !strings.Contains(err.Error(), "killed") {
		b.t.Fatalf("%v: %s", err, out)
	}
}

func TestABotKilledBeforeItSpawnedLeavesAbsentAndTheKeyStartable(t *testing.T) {
	b := newBench(t)
	c := b.call("k1", "succeed")
	b.die("succeed", "deploy.claimed")
	if s := b.find(c); s.State != Absent {
		t.Fatalf("got %+v, want absent", s)
	}
	b.wantEffects(0)
	b.start(c)
	b.await(c, "it is deployed", is(Succeeded))
	b.wantEffects(1)
}

func TestABotKilledAfterItSpawnedLeavesTheRunGoing(t *testing.T) {
	b := newBench(t)
	c := b.call("k1", "succeed")
	b.die("succeed", "deploy.spawned")
	b.await(c, "it is deployed", is(Succeeded))
	if _, err := b.d.Start(t.Context(), c); !errors.Is(err, ErrStarted) {
		t.Errorf("got %v, want ErrStarted", err)
	}
	b.wantEffects(1)
}

func TestBotAndSupervisorKilledBeforeTheStartIsWrittenLeaveAbsent(t *testing.T) {
	b := newBench(t)
	c := b.call("k1", "succeed")
	b.die("succeed", "deploy.spawned,supervise.beforeStarted")
	b.await(c, "the supervisor is dead", is(Absent))
	b.wantEffects(0)
	b.start(c)
	b.await(c, "it is deployed", is(Succeeded))
	b.wantEffects(1)
}

func TestASupervisorKilledUnderALivingBotIsCertainlyNotStarted(t *testing.T) {
	b := newBench(t)
	t.Setenv(failpoint.Variable, "supervise.beforeStarted")
	b.d = b.driver()
	c := b.call("k1", "succeed")
	if _, err := b.d.Start(t.Context(), c); !errors.Is(err, ErrNotStarted) {
		t.Errorf("got %v, want ErrNotStarted", err)
	}
	if s := b.find(c); s.State != Failed {
		t.Errorf("got %+v, want failed", s)
	}
	b.wantEffects(0)
}

func TestASupervisorKilledBetweenStartAndExecIsUnknown(t *testing.T) {
	b := newBench(t)
	c := b.call("k1", "succeed")
	b.die("succeed", "supervise.afterStarted")
	b.await(c, "the supervisor is dead", is(Unknown))
	if _, err := b.d.Start(t.Context(), c); !errors.Is(err, ErrStarted) {
		t.Errorf("got %v, want ErrStarted", err)
	}
	b.wantEffects(0)
}

func TestASupervisorKilledBeforeTheResultIsUnknown(t *testing.T) {
	b := newBench(t)
	c := b.call("k1", "succeed")
	b.die("succeed", "supervise.beforeResult")
	b.await(c, "the supervisor is dead", is(Unknown))
	b.wantEffects(1)
}

func TestACancelThatOvertakesTheStartWins(t *testing.T) {
	b := newBench(t)
	c := b.call("k1", "succeed")
	cmd := b.bot(c, 1, failpoint.Variable+"=pause:deploy.claimed")
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	b.await(c, "the start is under way", func(s Status) bool { return s.Detail == "it is being started" })
	if _, err := b.d.Start(t.Context(), c); !errors.Is(err, ErrStarted) {
		t.Errorf("a second start meanwhile: %v, want ErrStarted", err)
	}
	if err := b.d.Cancel(t.Context(), c, ""); err != nil {
		t.Fatal(err)
	}
	if s := b.find(c); s.State != Failed || !s.Aborted {
		t.Errorf("while the start is stopped: %+v, want failed and aborted", s)
	}
	b.kill(cmd.Process.Pid, syscall.SIGCONT)
	if err := cmd.Wait(); err == nil {
		t.Log("the start was told to the other bot as begun") // which is allowed: it asks Find
	}
	s := b.await(c, "it is over", over)
	if s.State != Failed || !s.Aborted || !strings.Contains(s.Detail, "canceled before it started") {
		t.Errorf("got %+v", s)
	}
	b.wantEffects(0)
}

func TestACancelBetweenStartAndExecWins(t *testing.T) {
	b := newBench(t)
	c := b.call("k1", "succeed")
	cmd := b.bot(c, 1, failpoint.Variable+"=pause:supervise.afterStarted")
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	b.await(c, "the start is written", func(s Status) bool { return !s.Started.IsZero() })
	if err := b.d.Cancel(t.Context(), c, ""); err != nil {
		t.Fatal(err)
	}
	pid := b.supervisor(c)
	b.until("the supervisor goes on", func() bool {
		// It may not have stopped itself yet: an early SIGCONT is lost.
		return syscall.Kill(pid, syscall.SIGCONT) != nil || over(b.find(c))
	})
	s := b.await(c, "it is over", over)
	if s.State != Failed || !s.Aborted || !strings.Contains(s.Detail, "canceled before it started") {
		t.Errorf("got %+v", s)
	}
	if err := cmd.Wait(); err == nil {
		t.Error("the other bot was told that the run began")
	}
	b.wantEffects(0)
}

func TestAPausedStartIsNotAbsent(t *testing.T) {
	b := newBench(t)
	c := b.call("k1", "succeed")
	cmd := b.bot(c, 1, failpoint.Variable+"=pause:deploy.claimed")
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	b.await(c, "the start is under way", func(s Status) bool { return s.Detail == "it is being started" })
	newer := c
	newer.Epoch = 9
	if s := b.find(newer); s.State != Running {
		t.Errorf("to a newer epoch: %+v, want running", s)
	}
	b.kill(cmd.Process.Pid, syscall.SIGCONT)
	if err := cmd.Wait(); err != nil {
		t.Fatal(err)
	}
	b.await(c, "it is deployed", is(Succeeded))
	b.wantEffects(1)
}
