package deploy

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/releasebot/releasebot/tools"
)

func TestExitStatusZeroIsDeployed(t *testing.T) {
	b := newBench(t)
	c := b.call("k1", "succeed")
	if s := b.find(c); s.State != Absent {
		t.Fatalf("before the start: %+v, want absent", s)
	}
	b.start(c)
	s := b.await(c, "it is over", over)
	if s.State != Succeeded || s.ExitCode != 0 || s.Detail != "" || s.Started.IsZero() || s.Finished.Before(s.Started) {
		t.Errorf("got %+v", s)
	}
	if want := []string{"copying 1.4.2", "done"}; !slices.Equal(s.Log, want) {
		t.Errorf("log %q, want %q", s.Log, want)
	}
	if got := b.ledger(); !slices.Equal(got, []string{"k1_1.4.2"}) {
		t.Errorf("ledger %q", got)
	}
	if _, err := b.d.Start(t.Context(), c); !errors.Is(err, ErrStarted) {
		t.Errorf("a start after the result: %v, want ErrStarted", err)
	}
	b.wantEffects(1)
}

func TestFailureTellsExitStatusAndLastLines(t *testing.T) {
	b := newBench(t)
	c := b.call("k1", "fail")
	b.start(c)
	s := b.await(c, "it is over", over)
	if s.State != Failed || s.ExitCode != 3 || s.Detail != "it ended with exit status 3" || s.Aborted {
		t.Errorf("got %+v", s)
	}
	if want := []string{"copying", "disk full"}; !slices.Equal(s.Log, want) {
		t.Errorf("log %q, want %q", s.Log, want)
	}
}

func TestProgressIsSeenWhileItRuns(t *testing.T) {
	b := newBench(t)
	c := b.call("k1", "progress")
	b.start(c)
	s := b.await(c, "there is progress", func(s Status) bool { return s.Percent == 40 })
	if s.State != Running || s.Progress != "copying" {
		t.Errorf("got %+v", s)
	}
	b.open()
	b.await(c, "it is deployed", is(Succeeded))
}

func TestRunsOfOtherKeysAreApart(t *testing.T) {
	b := newBench(t)
	one, two := b.call("k1", "gate"), b.call("k2", "fail")
	b.start(one)
	b.start(two)
	b.await(two, "the second failed", is(Failed))
	if s := b.find(one); s.State != Running {
		t.Errorf("the first is %s, want running", s.State)
	}
}

func TestTimeoutKillsTheWholeProcessGroup(t *testing.T) {
	b := newBench(t)
	for limit := time.Second; ; limit *= 4 {
		c := b.call("k"+limit.String(), "family")
		c.Timeout = limit
		b.start(c)
		s := b.await(c, "it is over", over)
		if !printed("ready")(s) && limit < time.Minute {
			continue // too busy a machine to have started the child by then
		}
		if s.State != Failed || s.Aborted || !strings.Contains(s.Detail, "longer than "+limit.String()) {
			t.Errorf("got %+v", s)
		}
		child := b.child()
		b.until("the child has gone", func() bool { return gone(child) })
		return
	}
}

func TestACommandThatIgnoresSIGTERMIsKilled(t *testing.T) {
	b := newBench(t)
	c := b.call("k1", "stubborn")
	b.start(c)
	b.await(c, "it ignores SIGTERM", printed("ready"))
	if err := b.d.Cancel(t.Context(), c, ""); err != nil {
		t.Fatal(err)
	}
	s := b.await(c, "it is over", over)
	if s.State != Failed || !s.Aborted || s.Detail != "stopped on request; it was ended by SIGKILL" {
		t.Errorf("got %+v", s)
	}
}

func TestCancelFromAnotherProcessStopsTheRun(t *testing.T) {
	b := newBench(t)
	c := b.call("k1", "gate")
	b.start(c)
	other := b.driver()
	for range 2 { // asking again does no harm
		if err := other.Cancel(t.Context(), c, ""); err != nil {
			t.Fatal(err)
		}
	}
	s := b.await(c, "it is over", over)
	if s.State != Failed || !s.Aborted || s.Detail != "stopped on request; it was ended by SIGTERM" {
		t.Errorf("got %+v", s)
	}
	if err := b.d.Cancel(t.Context(), c, ""); err != nil {
		t.Errorf("Cancel after the end: %v", err)
	}
}

func TestToldToStopIsNotDeployedWhateverItExitsWith(t *testing.T) {
	b := newBench(t)
	b.cfg.Grace = patience // it ends by itself
	b.d = b.driver()
	c := b.call("k1", "polite")
	b.start(c)
	b.await(c, "it listens", printed("ready"))
	b.kill(b.supervisor(c), syscall.SIGTERM) // the other way to stop a run
	s := b.await(c, "it is over", over)
	if s.State != Failed || !s.Aborted || s.ExitCode != 0 {
		t.Errorf("got %+v", s)
	}
}

func TestCancelAfterTheEndChangesNothing(t *testing.T) {
	b := newBench(t)
	c := b.call("k1", "succeed")
	b.start(c)
	b.await(c, "it is deployed", is(Succeeded))
	if err := b.d.Cancel(t.Context(), c, ""); err != nil {
		t.Fatal(err)
	}
	if s := b.find(c); s.State != Succeeded || s.Aborted {
		t.Errorf("got %+v", s)
	}
}

func TestCancelBeforeTheStartRefusesALateStart(t *testing.T) {
	b := newBench(t)
	c := b.call("k1", "succeed")
	if err := b.d.Cancel(t.Context(), c, ""); err != nil {
		t.Fatal(err)
	}
	want := func(when string) {
		t.Helper()
		if s := b.find(c); s.State != Failed || !s.Aborted {
			t.Errorf("%s: %+v, want failed and aborted", when, s)
		}
	}
	want("before the late start")
	if _, err := b.d.Start(t.Context(), c); !errors.Is(err, ErrNotStarted) {
		t.Errorf("late start: %v, want ErrNotStarted", err)
	}
	want("after the late start")
	b.wantEffects(0)
}

func TestWhatACommandLeavesInItsGroupGoesWithIt(t *testing.T) {
	b := newBench(t)
	c := b.call("k1", "leave-child")
	b.start(c)
	b.await(c, "it is deployed", is(Succeeded))
	child := b.child()
	b.until("the child has gone", func() bool { return gone(child) })
}

func TestSignalsOfATerminalDontReachTheRun(t *testing.T) {
	b := newBench(t)
	c := b.call("k1", "gate")
	b.start(c)
	pid := b.supervisor(c)
	b.kill(pid, syscall.SIGINT)
	b.kill(pid, syscall.SIGHUP)
	b.open()
	b.await(c, "it is deployed", is(Succeeded))
}

func TestACommandThatCantBeExecutedIsRefusedForGood(t *testing.T) {
	b := newBench(t)
	plain := filepath.Join(b.folder, "plain.txt")
	if err := os.WriteFile(plain, []byte("no program"), 0o600); err != nil {
		t.Fatal(err)
	}
	for i, c := range []struct{ program, why string }{
		{"./missing.sh", "there is no file"},
		{"no-such-program-anywhere", "not found on PATH"},
		{"./plain.txt", "may not be executed"},
		{"/", "is a folder"},
		{"a\x00b", "NUL"},
	} {
		call := b.call("k"+strconv.Itoa(i), "succeed")
		if c.why == "NUL" {
			call.Version = c.program
			call = b.with(call, CommandArgs{Start: []string{os.Args[0], "${version}"}})
		} else {
			call = b.with(call, CommandArgs{Start: []string{c.program}})
		}
		_, err := b.d.Start(t.Context(), call)
		if !errors.Is(err, ErrNotStarted) || !strings.Contains(err.Error(), c.why) {
			t.Errorf("%q: %v, want ErrNotStarted and %q", c.program, err, c.why)
		}
		if s := b.find(call); s.State != Failed || !strings.Contains(s.Detail, c.why) {
			t.Errorf("%q: %+v, want failed and %q", c.program, s, c.why)
		}
		if _, err := b.d.Start(t.Context(), b.call(call.Key, "succeed")); !errors.Is(err, ErrStarted) {
			t.Errorf("%q: a late start: %v, want ErrStarted", c.program, err)
		}
	}
	b.wantEffects(0)
}

func TestAnInterpreterThatIsMissingIsAFailureThatSaysSo(t *testing.T) {
	b := newBench(t)
	if err := os.WriteFile(filepath.Join(b.folder, "x.sh"), []byte("#!/no/such/shell\n"), 0o700); err != nil {
		t.Fatal(err)
	}
	c := b.with(b.call("k1", ""), CommandArgs{Start: []string{"./x.sh"}})
	if _, err := b.d.Start(t.Context(), c); !errors.Is(err, ErrNotStarted) && err != nil {
		t.Fatal(err)
	}
	if s := b.await(c, "it is over", over); s.State != Failed || !strings.Contains(s.Detail, "could not be executed") {
		t.Errorf("got %+v", s)
	}
}

func TestASupervisorThatIsNoneIsRefused(t *testing.T) {
	b := newBench(t)
	b.cfg.Supervisor = []string{"/bin/sh", "-c", "echo unknown command supervise >&2; exit 2"}
	b.d = b.driver()
	c := b.call("k1", "succeed")
	_, err := b.d.Start(t.Context(), c)
	if !errors.Is(err, ErrNotStarted) || !strings.Contains(err.Error(), "unknown command supervise") {
		t.Errorf("got %v", err)
	}
	if s := b.find(c); s.State != Failed {
		t.Errorf("got %+v", s)
	}
	b.wantEffects(0)
}

func TestSuperviseByHandDoesNothing(t *testing.T) {
	b := newBench(t)
	r := runOf(b.d.runs, "k1")
	if err := r.create(); err != nil {
		t.Fatal(err)
	}
	f, err := r.openLock()
	if err != nil {
		t.Fatal(err)
	}
	closeQuietly(f)
	if got := runSelf(t, "supervise", r.dir); got == 0 {
		t.Error("supervise without the lock ended with 0")
	}
	if s := b.find(b.call("k1", "succeed")); s.State != Absent {
		t.Errorf("got %+v, want absent", s)
	}
}

func TestACanceledContextLeavesTheKeyOpen(t *testing.T) {
	b := newBench(t)
	c := b.call("k1", "succeed")
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := b.d.Start(ctx, c); !errors.Is(err, context.Canceled) || errors.Is(err, ErrNotStarted) {
		t.Fatalf("got %v", err)
	}
	if s := b.find(c); s.State != Absent {
		t.Fatalf("got %+v, want absent", s)
	}
	b.start(c)
	b.await(c, "it is deployed", is(Succeeded))
	b.wantEffects(1)
}

func TestAFloodOfOutputIsBoundedAndItsEndIsKept(t *testing.T) {
	b := newBench(t)
	c := b.call("k1", "flood")
	b.start(c)
	s := b.await(c, "it is over", over)
	if s.State != Succeeded {
		t.Fatalf("got %+v", s)
	}
	// Where a file can't have holes, what comes while it is cut is lost.
	lossless := runtime.GOOS == "linux"
	if len(s.Log) == 0 || len(s.Log) > logLines || lossless && s.Log[len(s.Log)-1] != "the last line" {
		t.Errorf("log %q", s.Log)
	}
	r := runOf(b.d.runs, "k1")
	var size int64
	for _, name := range []string{outputFile, headFile, prevFile} {
		var info syscall.Stat_t
		if err := syscall.Stat(r.path(name), &info); err != nil && !errors.Is(err, os.ErrNotExist) {
			t.Fatal(err)
		}
		size += info.Blocks * 512 // what it takes on disk, without holes
	}
	if size == 0 || size > 2*(maxOutput+keepOutput) {
		t.Errorf("%d bytes of output are kept", size)
	}
}

func TestSecretsAreMaskedAndTerminalSequencesGo(t *testing.T) {
	b := newBench(t)
	b.cfg.Environ = append(os.Environ(), "DEPLOY_TOKEN=hunter2hunter2")
	b.cfg.Secrets = []string{"from-the-config"}
	b.d = b.driver()
	c := b.call("k1", "say",
		"login hunter2hunter2", "from-the-config", "xoxb-1234567890-abc", "postgres://u:pa55word@db/x",
		"\x1b]0;title\x07\x1b[1mbold\x1b[0m\x08", "bad \xff byte", strings.Repeat("é", 600),
		"progress: 50% with hunter2hunter2")
	b.start(c)
	s := b.await(c, "it is over", over)
	want := []string{
		"login [masked]", "[masked]", "[masked]", "postgres://u:[masked]@db/x",
		"bold", "bad \uFFFD byte", strings.Repeat("é", 499) + "…", "progress: 50% with [masked]",
	}
	if !slices.Equal(s.Log, want) {
		t.Errorf("log  %q\nwant %q", s.Log, want)
	}
	if s.Percent != 50 || s.Progress != "with [masked]" {
		t.Errorf("progress %d %q", s.Percent, s.Progress)
	}
}

func TestTheCommandsEnvironment(t *testing.T) {
	b := newBench(t)
	b.cfg.Environ = []string{
		"PATH=" + os.Getenv("PATH"), "HOME=/home/x", "AWS_PROFILE=prod", "KUBECONFIG=/k",
		"SLACK_BOT_TOKEN=xoxb-1", "OPENAI_API_KEY=o", "REDIS_URL=r", "RELEASEBOT_DATA=d", "OTEL_SERVICE_NAME=bot",
		"RELEASE_KEY=stale", "NOTIFY_SOCKET=/run/n", "CI_TOKEN=withheld",
	}
	b.cfg.Withhold = []string{"CI_TOKEN"}
	b.d = b.driver()
	c := b.call("k1", "environ")
	b.start(c)
	s := b.await(c, "it is over", over)
	dir, err := filepath.EvalSymlinks(b.folder)
	if err != nil {
		t.Fatal(err)
	}
	got := slices.Sorted(slices.Values(s.Log))
	want := []string{
		"AWS_PROFILE=prod", "HOME=/home/x", "KUBECONFIG=/k", "PATH=" + os.Getenv("PATH"), "PWD=" + b.folder,
		"RELEASE_ACTION=deploy", "RELEASE_ENVIRONMENT=production", "RELEASE_ID=r1", "RELEASE_KEY=k1",
		"RELEASE_PREVIOUS_SHA=def456", "RELEASE_PREVIOUS_VERSION=1.4.1", "RELEASE_SERVICE=shop",
		"RELEASE_SHA=abc123", "RELEASE_VERSION=1.4.2", "in " + dir,
	}
	if !slices.Equal(got, want) {
		t.Errorf("got  %q\nwant %q", got, want)
	}
}

func TestPruneKeepsTheKeySpent(t *testing.T) {
	b := newBench(t)
	done, live := b.call("k1", "fail"), b.call("k2", "gate")
	b.start(done)
	b.start(live)
	b.await(done, "it failed", is(Failed))
	b.await(live, "its progress is seen", func(s Status) bool { return s.Percent == 10 })
	if n, err := b.d.Prune(t.Context(), time.Hour); n != 0 || err != nil {
		t.Errorf("Prune of nothing old: %d, %v", n, err)
	}
	b.cfg.Now = func() time.Time { return time.Now().Add(48 * time.Hour) }
	b.d = b.driver()
	b.until("the finished run is pruned", func() bool { // its supervisor may be on its last line
		n, err := b.d.Prune(t.Context(), time.Hour)
		if err != nil {
			t.Fatal(err)
		}
		return n == 1
	})
	if s := b.find(done); s.State != Failed || s.ExitCode != 3 || len(s.Log) != 0 {
		t.Errorf("got %+v", s)
	}
	if _, err := b.d.Start(t.Context(), done); !errors.Is(err, ErrStarted) {
		t.Errorf("a start after pruning: %v, want ErrStarted", err)
	}
	if s := b.find(live); s.State != Running || len(s.Log) == 0 {
		t.Errorf("the run that goes on: %+v", s)
	}
}

func TestAbilities(t *testing.T) {
	b := newBench(t)
	c := b.call("k1", "succeed")
	for _, tc := range []struct {
		name string
		call tools.Call
		want Abilities
	}{
		{"before any start", c, Abilities{StartOnceByKey: true, Cancel: true}},
		{"this runner", ofRunner(c, b.d.Runner()), Abilities{StartOnceByKey: true, Cancel: true}},
		{"another runner", ofRunner(c, "elsewhere"), Abilities{}},
		{"with current", b.shell(c, current, "echo 1"), Abilities{StartOnceByKey: true, Cancel: true, Current: true}},
	} {
		if got := b.d.Abilities(tc.call); got != tc.want {
			t.Errorf("%s: %+v, want %+v", tc.name, got, tc.want)
		}
	}
}

func ofRunner(c tools.Call, runner string) tools.Call {
	c.Runner = runner
	return c
}

// child returns the process id that the script noted.
func (b *bench) child() int {
	b.t.Helper()
	pid := b.number("child")
	if pid == 0 {
		b.t.Fatal("the script noted no child")
	}
	return pid
}

// number reads a number that a script wrote; 0 if it hasn't yet.
func (b *bench) number(name string) int {
	data, err := os.ReadFile(filepath.Join(b.folder, name))
	if err != nil {
		return 0
	}
	n, err := strconv.Atoi(strings.TrimSpace(string(data)))
	if err != nil {
		return 0
	}
	return n
}
