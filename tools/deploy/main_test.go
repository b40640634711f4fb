package deploy

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/releasebot/releasebot/tools"
)

// TestMain lets the test binary stand in for the three programs of a real
// run: the supervisor, the deploy script, and another bot.
func TestMain(m *testing.M) {
	if len(os.Args) > 1 {
		switch os.Args[1] {
		case "supervise":
			os.Exit(Supervise(os.Args[2]))
		case "script":
			os.Exit(script(os.Args[2:]))
		case "bot":
			os.Exit(otherBot(os.Args[2:]))
		}
	}
	// A race-enabled program sleeps a second when it ends, unless told.
	if err := os.Setenv("GORACE", "atexit_sleep_ms=0"); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	os.Exit(m.Run())
}

// patience bounds everything that a test waits for, on a busy machine; it mostly comes at once.
const patience = 2 * time.Minute

// script is a deploy script. It notes its effect in the ledger, does what mode
// says, and never outlives the test by much.
func script(args []string) int {
	folder, mode := args[0], args[1]
	if err := appendLine(filepath.Join(folder, "ledger"), os.Getenv("RELEASE_KEY")+" "+os.Getenv("RELEASE_VERSION")); err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 90
	}
	switch mode {
	case "succeed":
		fmt.Println("copying", os.Getenv("RELEASE_VERSION"))
		fmt.Println("done")
	case "fail":
		fmt.Println("copying")
		fmt.Fprintln(os.Stderr, "\x1b[31mdisk full\x1b[0m")
		return 3
	case "gate":
		fmt.Println("progress: 10% waiting")
		return waitGate(folder)
	case "progress":
		fmt.Println("progress: 40% copying")
		return waitGate(folder)
	case "family":
		return family(folder)
	case "child":
		return waitGate(folder)
	case "stubborn":
		signal.Ignore(syscall.SIGTERM)
		fmt.Println("ready")
		return waitGate(folder)
	case "polite":
		c := make(chan os.Signal, 1)
		signal.Notify(c, syscall.SIGTERM)
		fmt.Println("ready")
		<-c
		return 0
	case "leave-child":
		if _, err := startChild(folder); err != nil {
			return 91
		}
	case "flood":
		return flood()
	case "say":
		for _, line := range args[2:] {
			fmt.Println(line)
		}
	case "environ":
		for _, e := range os.Environ() {
			fmt.Println(e)
		}
		dir, _ := os.Getwd()
		fmt.Println("in", dir)
	}
	return 0
}

// family starts a child in the same process group, notes its id, and waits.
func family(folder string) int {
	if _, err := startChild(folder); err != nil {
		fmt.Println(err)
		return 91
	}
	fmt.Println("ready")
	return waitGate(folder)
}

func startChild(folder string) (int, error) {
	child := exec.Command(os.Args[0], "script", folder, "child")
	if err := child.Start(); err != nil {
		return 0, err
	}
	return child.Process.Pid, os.WriteFile(filepath.Join(folder, "child"), []byte(strconv.Itoa(child.Process.Pid)), 0o600)
}

// flood prints 100 MB.
func flood() int {
	block := bytes.Repeat([]byte("all work and no play makes a dull deploy\n"), 25600)
	for range 100 {
		if _, err := os.Stdout.Write(block); err != nil {
			return 92
		}
	}
	fmt.Println("the last line")
	return 0
}

// waitGate waits until the test opens the gate.
func waitGate(folder string) int {
	for end := time.Now().Add(2 * patience); time.Now().Before(end); time.Sleep(5 * time.Millisecond) {
		if _, err := os.Stat(filepath.Join(folder, "gate")); err == nil {
			return 0
		}
	}
	return 93
}

func appendLine(path, line string) error {
	f, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_APPEND, 0o600)
	if err != nil {
		return err
	}
	_, err = f.WriteString(line + "\n")
	return errors.Join(err, f.Close())
}

// otherBot is a second process on the same data folder: it starts one call
// many times at once and prints how many starts went through.
func otherBot(args []string) int {
	data, dir, times := args[0], args[1], args[2]
	var c tools.Call
	if err := json.Unmarshal([]byte(args[3]), &c); err != nil {
		fmt.Println(err)
		return 1
	}
	d, err := NewCommand(CommandConfig{Dir: dir, Data: data, Supervisor: []string{os.Args[0], "supervise"}})
	if err != nil {
		fmt.Println(err)
		return 1
	}
	n, err := strconv.Atoi(times)
	if err != nil {
		return 1
	}
	won, err := startMany(d, c, n)
	if err != nil {
		fmt.Println(err)
		return 1
	}
	fmt.Println(won)
	return 0
}

// startMany starts c n times at once and counts the starts that went through.
// Any refusal other than ErrStarted is an error.
func startMany(d *Command, c tools.Call, n int) (won int, err error) {
	var (
		all  sync.WaitGroup
		mu   sync.Mutex
		gate = make(chan struct{})
	)
	for range n {
		all.Go(func() {
			<-gate
			_, serr := d.Start(context.Background(), c)
			mu.Lock()
			defer mu.Unlock()
			switch {
			case serr == nil:
				won++
			case !errors.Is(serr, ErrStarted):
				err = errors.Join(err, serr)
			}
		})
	}
	close(gate)
	all.Wait()
	return won, err
}

// bench is one data folder and one folder for scripts.
type bench struct {
	t            *testing.T
	data, folder string
	cfg          CommandConfig
	d            *Command
}

func newBench(t *testing.T) *bench {
	t.Helper()
	b := &bench{t: t, data: t.TempDir(), folder: t.TempDir()}
	b.cfg = CommandConfig{
		Dir: b.folder, Data: b.data, Grace: 300 * time.Millisecond,
		Supervisor: []string{os.Args[0], "supervise"},
	}
	b.d = b.driver()
	t.Cleanup(b.finish)
	return b
}

// driver returns another driver on the same data folder, as a restarted bot has it.
func (b *bench) driver() *Command {
	b.t.Helper()
	d, err := NewCommand(b.cfg)
	if err != nil {
		b.t.Fatal(err)
	}
	return d
}

// finish opens the gate for scripts that still wait, and waits until no
// supervisor writes to the folders any more.
func (b *bench) finish() {
	b.open()
	runs, err := os.ReadDir(filepath.Join(b.data, "runs"))
	if err != nil {
		b.t.Error(err)
	}
	for _, e := range runs {
		r := run{dir: filepath.Join(b.data, "runs", e.Name())}
		b.until("the run's lock is free", func() bool {
			f, err := r.openLock()
			if err != nil {
				return false
			}
			defer closeQuietly(f)
			free, err := tryLock(f, syscall.LOCK_EX)
			return free && err == nil
		})
		if _, group, err := r.processes(); err == nil && group != nil {
			b.until("the command's process group has ended", func() bool { return !groupLives(*group) })
		}
	}
	b.d.reap()
}

func (b *bench) open() {
	if err := os.WriteFile(filepath.Join(b.folder, "gate"), nil, 0o600); err != nil {
		b.t.Error(err)
	}
}

// call returns a call whose start command is the script in the given mode.
func (b *bench) call(key, mode string, more ...string) tools.Call {
	b.t.Helper()
	args := CommandArgs{Start: append([]string{os.Args[0], "script", b.folder, mode}, more...)}
	return b.with(tools.Call{
		Key: key, Release: "r1", Action: "deploy", Service: "shop", Environment: "production",
		Version: "1.4.2", Commit: "abc123", PreviousVersion: "1.4.1", PreviousCommit: "def456",
		Timeout: time.Minute,
	}, args)
}

func (b *bench) with(c tools.Call, args CommandArgs) tools.Call {
	b.t.Helper()
	raw, err := json.Marshal(args)
	if err != nil {
		b.t.Fatal(err)
	}
	c.Args = raw
	return c
}

// shell adds a status or current command: a shell script of the test.
func (b *bench) shell(c tools.Call, edit func(*CommandArgs, []string), body string) tools.Call {
	b.t.Helper()
	f, err := os.CreateTemp(b.folder, "*.sh")
	if err != nil {
		b.t.Fatal(err)
	}
	if _, err := f.WriteString("#!/bin/sh\n" + body + "\n"); err != nil {
		b.t.Fatal(err)
	}
	if err := errors.Join(f.Chmod(0o700), f.Close()); err != nil {
		b.t.Fatal(err)
	}
	args, err := parseArgs(c.Args)
	if err != nil {
		b.t.Fatal(err)
	}
	edit(&args, []string{"./" + filepath.Base(f.Name())})
	return b.with(c, args)
}

func status(a *CommandArgs, argv []string)  { a.Status = argv }
func current(a *CommandArgs, argv []string) { a.Current = argv }

func (b *bench) start(c tools.Call) {
	b.t.Helper()
	ref, err := b.d.Start(b.t.Context(), c)
	if err != nil {
		b.t.Fatalf("Start: %v", err)
	}
	if ref == "" {
		b.t.Fatal("Start returned no ref")
	}
}

func (b *bench) find(c tools.Call) Status {
	b.t.Helper()
	s, err := b.d.Find(b.t.Context(), c, "")
	if err != nil {
		b.t.Fatalf("Find: %v", err)
	}
	return s
}

// await asks Find until ok holds, and returns that status.
func (b *bench) await(c tools.Call, what string, ok func(Status) bool) Status {
	b.t.Helper()
	var s Status
	b.until(what, func() bool {
		s = b.find(c)
		return ok(s)
	})
	return s
}

func is(state State) func(Status) bool { return func(s Status) bool { return s.State == state } }

// over holds once a run isn't running any more.
func over(s Status) bool { return s.State != Running }

func printed(line string) func(Status) bool {
	return func(s Status) bool { return strings.Contains(strings.Join(s.Log, "\n"), line) }
}

func (b *bench) until(what string, ok func() bool) {
	b.t.Helper()
	for end := time.Now().Add(patience); !ok(); time.Sleep(5 * time.Millisecond) {
		if time.Now().After(end) {
			b.t.Fatalf("waited %s in vain until %s", patience, what)
		}
	}
}

// ledger returns the effects so far, one line each.
func (b *bench) ledger() []string {
	b.t.Helper()
	data, err := os.ReadFile(filepath.Join(b.folder, "ledger"))
	if err != nil && !os.IsNotExist(err) {
		b.t.Fatal(err)
	}
	return strings.Fields(strings.ReplaceAll(strings.TrimSpace(string(data)), " ", "_"))
}

func (b *bench) wantEffects(n int) {
	b.t.Helper()
	if got := b.ledger(); len(got) != n {
		b.t.Errorf("the ledger has %d effects, want %d: %q", len(got), n, got)
	}
}

// supervisor returns the process id of the run's supervisor.
func (b *bench) supervisor(c tools.Call) int {
	b.t.Helper()
	begun, _, err := runOf(b.d.runs, c.Key).processes()
	if err != nil || begun.Supervisor.PID == 0 {
		b.t.Fatalf("no supervisor noted: %v", err)
	}
	return begun.Supervisor.PID
}

func (b *bench) kill(pid int, sig syscall.Signal) {
	b.t.Helper()
	if err := syscall.Kill(pid, sig); err != nil {
		b.t.Fatalf("kill -%d %d: %v", sig, pid, err)
	}
}
