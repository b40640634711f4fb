package deploy

import (
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"syscall"
	"time"

	"github.com/releasebot/releasebot/internal/failpoint"
)

// How often the supervisor looks at output and at the abort file: soon after
// there was output, more seldom while there is none.
const (
	pollFast = 20 * time.Millisecond
	pollSlow = 200 * time.Millisecond
)

// Files that Start hands to the supervisor.
const (
	lockFD  = 3
	readyFD = 4
)

// Supervise runs the command of the run in the folder dir to its end and writes
// down how it ended. It is what the hidden command "supervise DIR" does, and
// nothing that people call: without the lock that Start hands over it refuses.
// It returns the process's exit status, which nobody has to look at.
func Supervise(dir string) int {
	r := run{dir: filepath.Clean(dir)}
	if err := supervise(r); err != nil {
		complain(err)
		return 1
	}
	return 0
}

func supervise(r run) error {
	// Caught and dropped, not ignored: an ignored signal would be ignored by
	// the command as well.
	signals := make(chan os.Signal, 8)
	signal.Notify(signals, syscall.SIGTERM, syscall.SIGINT, syscall.SIGHUP)
	defer signal.Stop(signals)

	lock, err := inheritedLock(r)
	if err != nil {
		return err
	}
	defer closeQuietly(lock)
	syscall.CloseOnExec(readyFD)
	ready := os.NewFile(readyFD, "ready")
	defer closeQuietly(ready)

	s := supervisor{r: r, ready: ready, signals: signals}
	res, err := s.run()
	if err != nil {
		return err
	}
	failpoint.Hit("supervise.beforeResult")
	return r.writeResult(res)
}

// inheritedLock returns the lock that Start holds and handed over. The command
// must not inherit it: a server that a deploy leaves behind would hold it for ever.
func inheritedLock(r run) (*os.File, error) {
	var have, want syscall.Stat_t
	if err := syscall.Stat(r.path(lockFile), &want); err != nil {
		return nil, fmt.Errorf("%s is no run's folder: %w", r.dir, err)
	}
	if err := syscall.Fstat(lockFD, &have); err != nil || have.Dev != want.Dev || have.Ino != want.Ino {
		return nil, errors.New("the run's lock was not handed over: only the bot starts a supervisor")
	}
	syscall.CloseOnExec(lockFD)
	lock := os.NewFile(lockFD, lockFile)
	got, err := tryLock(lock, syscall.LOCK_EX)
	if err == nil && !got {
		err = errors.New("another supervisor has this run")
	}
	if err != nil {
		closeQuietly(lock)
		return nil, err
	}
	return lock, nil
}

// supervisor is one run of one command. Its loop is the only one to touch it.
type supervisor struct {
	r       run
	spec    spec
	ready   *os.File
	signals <-chan os.Signal
	output  follower
	began   time.Time
	aborted bool // it was told to stop
	late    bool // it was told to stop because it took too long
}

// run executes the command and returns how it ended. An error means that
// nothing ran and that the run's folder can't be used.
func (s *supervisor) run() (result, error) {
	there, err := s.r.read(specFile, &s.spec)
	if err != nil || !there {
		return result{}, errors.Join(err, fmt.Errorf("%s: no spec", s.r.dir))
	}
	if spent, err := s.r.spent(); err != nil || spent {
		return result{}, errors.Join(err, errors.New("the run was started before"))
	}
	if why := s.mustNotStart(); why != "" {
		return s.neverRan(why), nil
	}
	cmd, err := s.command()
	if err != nil {
		return s.neverRan(err.Error()), nil
	}
	failpoint.Hit("supervise.beforeStarted")
	s.began = time.Now()
	self := process{PID: os.Getpid(), Start: startOf(os.Getpid()), Boot: bootID(), Host: s.spec.Host}
	if err := s.r.write(startedFile, started{Supervisor: self, At: s.began}); err != nil {
		// It may be on disk nevertheless: say so, and don't run.
		return s.neverRan("the start could not be written down: " + err.Error()), nil //nolint:nilerr // it is the result
	}
	failpoint.Hit("supervise.afterStarted")
	// Once more, see seenHeld: who asked to stop and saw no start relies on it.
	if why := s.mustNotStart(); why != "" {
		return s.neverRan(why), nil
	}
	if err := cmd.Start(); err != nil {
		return s.neverRan("the command could not be executed: " + err.Error()), nil //nolint:nilerr // it is the result
	}
	s.announce(cmd.Process.Pid)
	return s.follow(cmd), nil
}

// mustNotStart says what forbids the start at the last moment; "" if nothing does.
func (s *supervisor) mustNotStart() string {
	if s.spec.Format != specFormat {
		return fmt.Sprintf("the run was prepared by another version of the program (format %d, this one has %d)", s.spec.Format, specFormat)
	}
	s.readSignals()
	aborted, err := s.r.has(abortFile)
	if err != nil {
		return err.Error()
	}
	if s.aborted = s.aborted || aborted; s.aborted {
		return "it was canceled before it started"
	}
	return ""
}

// readSignals takes in what came while nobody waited for it.
func (s *supervisor) readSignals() {
	for {
		select {
		case sig := <-s.signals:
			s.aborted = s.aborted || sig == syscall.SIGTERM
		default:
			return
		}
	}
}

func (s *supervisor) neverRan(why string) result {
	return result{Exit: -1, NeverRan: true, Aborted: s.aborted, Error: why, Finished: time.Now()}
}

// command prepares the command; its output goes straight to the file.
func (s *supervisor) command() (*exec.Cmd, error) {
	out, err := os.OpenFile(s.r.path(outputFile), os.O_RDWR|os.O_CREATE|os.O_APPEND, 0o600)
	if err != nil {
		return nil, err
	}
	s.output = follower{r: s.r, file: out}
	return &exec.Cmd{
		Path: s.spec.Program, Args: s.spec.Argv, Dir: s.spec.Dir,
		Env:    append(append(commandEnviron(os.Environ(), nil), s.spec.Env...), "PWD="+s.spec.Dir),
		Stdout: out, Stderr: out,
		SysProcAttr: &syscall.SysProcAttr{Setpgid: true},
	}, nil
}

// announce notes the command's process group, and tells Start. Both only help
// those who ask later; the run goes on without.
func (s *supervisor) announce(pid int) {
	group := process{PID: pid, Start: startOf(pid), Boot: bootID(), Host: s.spec.Host}
	if err := s.r.write(commandFile, group); err != nil {
		complain(err)
	}
	if _, err := io.WriteString(s.ready, readyWord); err != nil {
		complain(fmt.Errorf("nobody waits for the start any more: %w", err))
	}
	closeQuietly(s.ready)
}
