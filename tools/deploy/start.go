package deploy

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"time"

	"github.com/releasebot/releasebot/internal/failpoint"
	"github.com/releasebot/releasebot/tools"
)

// readyWait bounds how long Start waits to hear from the supervisor. What it
// didn't hear is asked of Find.
const readyWait = 10 * time.Second

// readyWord is what the supervisor says once started is on disk.
const readyWord = "started"

// Start begins the run of c.Key and returns once the command is about to be
// executed. Of all calls with one key on this runner, in whatever processes and
// at whatever time, at most one executes the command; the others get
// ErrStarted. An error that wraps ErrNotStarted is final: it is on disk, and a
// later start of the key is refused too. Any other error leaves it open.
func (d *Command) Start(ctx context.Context, c tools.Call) (string, error) {
	d.reap()
	if c.Key == "" {
		return "", fmt.Errorf("%w: the call has no key", ErrNotStarted)
	}
	if !d.here(c) {
		return "", fmt.Errorf("starting %s: it belongs to runner %s, this is %s", c.Key, c.Runner, d.runner)
	}
	r := runOf(d.runs, c.Key)
	lock, err := d.claim(ctx, r, c)
	if err != nil {
		return "", err
	}
	ready, err := d.launch(ctx, r, c, lock)
	// From here the supervisor's copy of the lock is the one that counts.
	closeQuietly(lock)
	if err != nil {
		return "", err
	}
	if err := d.awaitReady(ctx, r, ready); err != nil {
		return "", err
	}
	return filepath.Base(r.dir), nil
}

// claim takes the key's lock and makes sure that the key may still be started.
func (d *Command) claim(ctx context.Context, r run, c tools.Call) (*os.File, error) {
	if err := r.create(); err != nil {
		return nil, fmt.Errorf("claiming %s: %w", c.Key, err)
	}
	lock, err := r.lockUnless(ctx, syscall.LOCK_EX, r.spent)
	if err != nil {
		return nil, fmt.Errorf("claiming %s: %w", c.Key, err)
	}
	if lock == nil {
		if ctx.Err() != nil {
			return nil, fmt.Errorf("claiming %s: %w", c.Key, context.Cause(ctx))
		}
		return nil, ErrStarted
	}
	if err := d.mayStart(r, c); err != nil {
		closeQuietly(lock)
		return nil, err
	}
	return lock, nil
}

// spent says whether the key was started or refused before.
func (r run) spent() (bool, error) {
	for _, name := range []string{resultFile, startedFile} {
		if there, err := r.has(name); there || err != nil {
			return there, err
		}
	}
	return false, nil
}

// mayStart is asked with the lock held.
func (d *Command) mayStart(r run, c tools.Call) error {
	spent, err := r.spent()
	if err != nil {
		return fmt.Errorf("claiming %s: %w", c.Key, err)
	}
	if spent {
		return ErrStarted
	}
	newest, err := r.newestEpoch()
	if err != nil {
		return fmt.Errorf("claiming %s: %w", c.Key, err)
	}
	if c.Epoch < newest {
		return fmt.Errorf("%w (lease epoch %d, this call has %d)", ErrStale, newest, c.Epoch)
	}
	aborted, err := r.has(abortFile)
	if err != nil {
		return fmt.Errorf("claiming %s: %w", c.Key, err)
	}
	if aborted {
		return d.refuse(r, result{Aborted: true, Error: "it was canceled before it started"})
	}
	return nil
}

// newestEpoch is the newest epoch that asked about the key or tried to start it.
func (r run) newestEpoch() (uint64, error) {
	var f fence
	if _, err := r.read(fenceFile, &f); err != nil {
		return 0, err
	}
	var s spec
	if _, err := r.read(specFile, &s); err != nil {
		return 0, err
	}
	return max(f.Epoch, s.Epoch), nil
}

// refuse makes it final that the key doesn't run; the caller holds the lock.
// Only once that is on disk may anybody be told ErrNotStarted.
func (d *Command) refuse(r run, res result) error {
	res.Exit, res.NeverRan, res.Finished = -1, true, d.now()
	if err := r.write(resultFile, res); err != nil {
		return fmt.Errorf("%s; and that could not be written down: %w", res.Error, err)
	}
	return fmt.Errorf("%w: %s", ErrNotStarted, d.masker.Line(res.Error))
}

// launch writes the spec and starts the supervisor, which gets lock. It returns
// the pipe on which the supervisor says that it is about to run the command.
func (d *Command) launch(ctx context.Context, r run, c tools.Call, lock *os.File) (*os.File, error) {
	s, err := d.spec(c)
	if err != nil {
		return nil, d.refuse(r, result{Error: err.Error()})
	}
	if err := ctx.Err(); err != nil {
		return nil, fmt.Errorf("starting %s: %w", c.Key, context.Cause(ctx))
	}
	if err := r.write(specFile, s); err != nil {
		return nil, fmt.Errorf("starting %s: %w", c.Key, err)
	}
	failpoint.Hit("deploy.claimed")
	ready, pid, err := d.spawn(r, lock)
	if err != nil {
		return nil, d.refuse(r, result{Error: "the supervisor could not be started: " + err.Error()})
	}
	d.adopt(pid)
	failpoint.Hit("deploy.spawned")
	return ready, nil
}

// spec fills in and checks what is to run.
func (d *Command) spec(c tools.Call) (spec, error) {
	args, err := parseArgs(c.Args)
	if err != nil {
		return spec{}, err
	}
	argv, err := fillAll(c, args.Start)
	if err != nil {
		return spec{}, fmt.Errorf("start: %w", err)
	}
	env := releaseEnviron(c)
	for _, e := range env {
		if strings.ContainsRune(e, 0) {
			return spec{}, fmt.Errorf("%q would contain a NUL character", e)
		}
	}
	program, err := findProgram(argv[0], d.dir, variable(d.environ, "PATH"))
	if err != nil {
		return spec{}, fmt.Errorf("start: %w", err)
	}
	timeout := c.Timeout
	if timeout <= 0 {
		timeout = defaultTimeout
	}
	return spec{
		Format: specFormat, Key: c.Key, Argv: argv, Program: program, Env: env, Dir: d.dir,
		Timeout: timeout, Grace: d.grace,
		Host: d.host, Boot: bootID(), Runner: d.runner, Epoch: c.Epoch, At: d.now(),
	}, nil
}

// spawn starts the supervisor in a session of its own, with the lock as file 3
// and the writing end of the returned pipe as file 4.
func (d *Command) spawn(r run, lock *os.File) (ready *os.File, pid int, err error) {
	null, err := os.Open(os.DevNull)
	if err != nil {
		return nil, 0, err
	}
	defer closeQuietly(null)
	log, err := os.OpenFile(r.path(logFile), os.O_WRONLY|os.O_CREATE|os.O_APPEND, 0o600)
	if err != nil {
		return nil, 0, err
	}
	defer closeQuietly(log)
	ready, say, err := os.Pipe()
	if err != nil {
		return nil, 0, err
	}
	defer closeQuietly(say)

	argv := append(slices.Clone(d.supervisor), r.dir)
	p, err := os.StartProcess(argv[0], argv, &os.ProcAttr{
		Dir:   d.dir,
		Env:   d.spawnEnviron,
		Files: []*os.File{null, log, log, lock, say},
		Sys:   &syscall.SysProcAttr{Setsid: true},
	})
	if err != nil {
		closeQuietly(ready)
		return nil, 0, err
	}
	pid = p.Pid
	// From here on nothing may count as "could not be started".
	_ = p.Release()
	return ready, pid, nil
}

// closeQuietly closes a file that this process wrote nothing to.
func closeQuietly(f *os.File) { _ = f.Close() }

// awaitReady waits until the supervisor has written started, or has ended.
func (d *Command) awaitReady(ctx context.Context, r run, ready *os.File) error {
	said, err := readUntil(ctx, ready)
	if err != nil || said == readyWord {
		return nil //nolint:nilerr // the supervisor was started: what it does is for Find to say
	}
	return d.neverReady(r) //nolint:contextcheck // what it writes down must stand even if nobody waits any more
}

// readUntil reads f to its end, but not longer than readyWait or ctx allow, and closes it.
func readUntil(ctx context.Context, f *os.File) (said string, err error) {
	defer func() { err = errors.Join(err, f.Close()) }()
	until := time.Now().Add(readyWait)
	if t, ok := ctx.Deadline(); ok && t.Before(until) {
		until = t
	}
	if err := f.SetReadDeadline(until); err != nil {
		return "", err
	}
	stop := context.AfterFunc(ctx, func() {
		// Past deadlines end a read at once; on a closed file this does nothing.
		_ = f.SetReadDeadline(time.Unix(1, 0))
	})
	defer stop()
	data, err := io.ReadAll(io.LimitReader(f, 1024))
	return string(data), err
}

// neverReady is reached when the supervisor went without saying that it
// started the command: it refused, was killed, or is no supervisor at all.
func (d *Command) neverReady(r run) error {
	lock, err := r.lockUnless(context.Background(), syscall.LOCK_EX, r.spent)
	if err != nil {
		return fmt.Errorf("after the supervisor ended: %w", err)
	}
	if lock != nil {
		defer closeQuietly(lock)
		return d.concludeNeverReady(r)
	}
	return d.concludeSpent(r)
}

// concludeNeverReady is called with the lock held.
func (d *Command) concludeNeverReady(r run) error {
	spent, err := r.spent()
	if err != nil {
		return err
	}
	if spent {
		return d.concludeSpent(r)
	}
	why := "the supervisor ended before it started the command"
	if lines := lastLines(r.path(logFile), 1); len(lines) > 0 {
		why += ": " + lines[0]
	}
	return d.refuse(r, result{Error: why})
}

// concludeSpent tells a result that says "never ran" from everything else,
// which is a start.
func (d *Command) concludeSpent(r run) error {
	var res result
	there, err := r.read(resultFile, &res)
	if err != nil {
		return err
	}
	if there && res.NeverRan {
		return fmt.Errorf("%w: %s", ErrNotStarted, d.masker.Line(res.Error))
	}
	return nil
}
