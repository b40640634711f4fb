package deploy

import (
	"encoding/json"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"

	"github.com/releasebot/releasebot/tools"
)

// gone says whether a process has ended; one that nobody reaps has.
func gone(pid int) bool {
	if errors.Is(syscall.Kill(pid, 0), syscall.ESRCH) {
		return true
	}
	out, err := exec.Command("ps", "-o", "stat=", "-p", strconv.Itoa(pid)).Output()
	return err != nil || strings.HasPrefix(strings.TrimSpace(string(out)), "Z")
}

// runSelf runs the test binary in one of its parts and returns its exit status.
func runSelf(t *testing.T, args ...string) int {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), os.Args[0], args...)
	err := cmd.Run()
	if err != nil && cmd.ProcessState == nil {
		t.Fatal(err)
	}
	return cmd.ProcessState.ExitCode()
}

// bot starts another bot on the bench's folders.
func (b *bench) bot(c tools.Call, times int, env ...string) *exec.Cmd {
	b.t.Helper()
	raw, err := json.Marshal(c)
	if err != nil {
		b.t.Fatal(err)
	}
	cmd := exec.CommandContext(b.t.Context(), os.Args[0], "bot", b.data, b.folder, strconv.Itoa(times), string(raw))
	cmd.Env = append(os.Environ(), env...)
	return cmd
}

func TestInvariant3OneStartPerKeyFromManyGoroutinesAndProcesses(t *testing.T) {
	b := newBench(t)
	c := b.call("k1", "succeed")
	bots := []*exec.Cmd{b.bot(c, 25), b.bot(c, 25)}
	var said [2]strings.Builder
	for i, cmd := range bots {
		cmd.Stdout = &said[i]
		if err := cmd.Start(); err != nil {
			t.Fatal(err)
		}
	}
	won, err := startMany(b.d, c, 50)
	if err != nil {
		t.Error(err)
	}
	for i, cmd := range bots {
		if err := cmd.Wait(); err != nil {
			t.Fatalf("%v: %s", err, said[i].String())
		}
		n, err := strconv.Atoi(strings.TrimSpace(said[i].String()))
		if err != nil {
			t.Fatal(err)
		}
		won += n
	}
	if won != 1 {
		t.Errorf("%d starts went through, want 1", won)
	}
	b.await(c, "it is deployed", is(Succeeded))
	b.wantEffects(1)
}

func TestARunOutlivesItsBotAndIsFoundAgain(t *testing.T) {
	b := newBench(t)
	c := b.call("k1", "gate")
	if out, err := b.bot(c, 1).CombinedOutput(); err != nil { // it starts, and ends
		t.Fatalf("%v: %s", err, out)
	}
	s := b.await(c, "its progress is seen", func(s Status) bool { return s.Percent == 10 })
	if s.State != Running {
		t.Fatalf("got %+v, want running", s)
	}
	b.open()
	b.await(c, "it is deployed", is(Succeeded))
	b.wantEffects(1)
}

func TestAKilledSupervisorLeavesRunningThenUnknown(t *testing.T) {
	b := newBench(t)
	c := b.call("k1", "gate")
	b.start(c)
	b.await(c, "its progress is seen", func(s Status) bool { return s.Percent == 10 })
	b.kill(b.supervisor(c), syscall.SIGKILL)
	s := b.await(c, "the loss is noticed", func(s Status) bool { return s.Detail != "" })
	if s.State != Running || !strings.Contains(s.Detail, "supervisor was killed; the command goes on") {
		t.Errorf("got %+v, want running", s)
	}
	if _, err := b.d.Start(t.Context(), c); !errors.Is(err, ErrStarted) {
		t.Errorf("a start meanwhile: %v, want ErrStarted", err)
	}
	b.open()
	s = b.await(c, "the command has ended", over)
	if s.State != Unknown || s.Elsewhere || !strings.Contains(s.Detail, "how the command ended is not known") {
		t.Errorf("got %+v, want unknown", s)
	}
	if _, err := b.d.Start(t.Context(), c); !errors.Is(err, ErrStarted) {
		t.Errorf("a start afterwards: %v, want ErrStarted", err)
	}
	b.wantEffects(1)

	told := b.shell(c, status, `echo '{"state":"succeeded"}'`)
	if s := b.find(told); s.State != Succeeded {
		t.Errorf("the status command says succeeded, got %+v", s)
	}
	never := b.shell(c, status, `echo '{"state":"absent"}'`)
	if s := b.find(never); s.State != Failed || !strings.Contains(s.Detail, "never saw it") {
		t.Errorf("the status command says absent of a spent key, got %+v", s)
	}
}

func TestCancelReachesACommandWithoutASupervisor(t *testing.T) {
	b := newBench(t)
	c := b.call("k1", "stubborn")
	b.start(c)
	b.await(c, "it ignores SIGTERM", printed("ready"))
	b.kill(b.supervisor(c), syscall.SIGKILL)
	b.await(c, "the loss is noticed", func(s Status) bool { return s.Detail != "" })
	b.until("asking again kills it", func() bool {
		if err := b.d.Cancel(t.Context(), c, ""); err != nil {
			t.Fatal(err)
		}
		return b.find(c).State == Unknown
	})
	if s := b.find(c); !s.Aborted {
		t.Errorf("got %+v, want aborted", s)
	}
}

func TestARestartOfTheMachineIsUnknown(t *testing.T) {
	b := newBench(t)
	c := b.call("k1", "succeed")
	r := runOf(b.d.runs, c.Key)
	if err := r.create(); err != nil {
		t.Fatal(err)
	}
	// What a run leaves that was cut off by a restart: it names this very
	// process's group, which lives, but under another boot.
	boot := "another boot"
	defer func() {
		if err := os.Remove(r.path(commandFile)); err != nil {
			t.Error(err)
		}
	}()
	group := process{PID: syscall.Getpgrp(), Start: startOf(syscall.Getpgrp()), Boot: boot}
	if err := errors.Join(r.write(startedFile, started{Supervisor: process{PID: 1, Boot: boot}}), r.write(commandFile, group)); err != nil {
		t.Fatal(err)
	}
	if s := b.find(c); s.State != Unknown || !strings.Contains(s.Detail, "the machine restarted") {
		t.Errorf("got %+v", s)
	}
}

func TestAnIdThatWentToAnotherProcessIsNotTheCommand(t *testing.T) {
	leader := exec.Command("sleep", "60") // a group of its own, whose leader lives: the test's own may have none
	leader.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	if err := leader.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = leader.Process.Kill()
		_ = leader.Wait()
	})
	self := process{PID: leader.Process.Pid, Start: startOf(leader.Process.Pid)}
	if self.Start != "" && !groupLives(self) {
		t.Error("a group with a live leader doesn't live")
	}
	self.Start = "1"
	if groupLives(self) {
		t.Error("a group whose leader started at another time lives")
	}
}

func TestAnotherRunnersRunCantBeKnownHere(t *testing.T) {
	b, other := newBench(t), newBench(t)
	if b.d.Runner() == other.d.Runner() {
		t.Fatal("two data folders have one runner id")
	}
	if got := b.driver().Runner(); got != b.d.Runner() {
		t.Errorf("the same folder is %s and %s", b.d.Runner(), got)
	}
	c := b.call("k1", "gate")
	c.Runner = b.d.Runner()
	b.start(c)
	b.await(c, "its progress is seen", func(s Status) bool { return s.Percent == 10 })

	if s := other.find(c); s.State != Unknown || !s.Elsewhere || !strings.Contains(s.Detail, b.d.Runner()) {
		t.Errorf("without a status command: %+v, want unknown elsewhere", s)
	}
	if _, err := other.d.Start(t.Context(), c); err == nil || errors.Is(err, ErrNotStarted) {
		t.Errorf("a start on another runner: %v, want an error that leaves it open", err)
	}
	if err := other.d.Cancel(t.Context(), c, ""); err == nil {
		t.Error("Cancel on another runner said that it worked")
	}
	for _, tc := range []struct {
		answer    string
		want      State
		elsewhere bool
	}{
		{`echo '{"state":"running"}'`, Running, false},
		{`echo '{"state":"absent","extra":1}'`, Absent, false},
		{`echo '{"state":"unknown"}'`, Unknown, true},
		{`exit 1`, Unknown, true},
	} {
		if s := other.find(other.shell(c, status, tc.answer)); s.State != tc.want || s.Elsewhere != tc.elsewhere {
			t.Errorf("status command %s: %+v, want %s, elsewhere %v", tc.answer, s, tc.want, tc.elsewhere)
		}
	}
	if _, err := os.Stat(filepath.Join(other.data, "runs", filepath.Base(runOf("", c.Key).dir))); !os.IsNotExist(err) {
		t.Errorf("the other runner keeps a folder for it: %v", err)
	}
	b.wantEffects(1)
}

func TestAbsentToANewerEpochRefusesOlderStarts(t *testing.T) {
	b := newBench(t)
	old, newer := b.call("k1", "succeed"), b.call("k1", "succeed")
	old.Epoch, newer.Epoch = 4, 5
	if s := b.find(newer); s.State != Absent {
		t.Fatalf("got %+v", s)
	}
	if _, err := b.driver().Start(t.Context(), old); !errors.Is(err, ErrStale) {
		t.Errorf("a late start: %v, want ErrStale", err)
	}
	b.wantEffects(0)
	if s := b.find(old); s.State != Absent { // an older question moves nothing back
		t.Fatalf("got %+v", s)
	}
	b.start(newer)
	b.await(newer, "it is deployed", is(Succeeded))
	b.wantEffects(1)
}
