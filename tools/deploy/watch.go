package deploy

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"syscall"
	"time"

	"golang.org/x/sys/unix"
)

// follow watches over the running command until it has ended, and says how.
func (s *supervisor) follow(cmd *exec.Cmd) result {
	group := cmd.Process.Pid
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		if err := awaitExit(group); err != nil {
			complain(err)
			_ = cmd.Wait() // the other way to see the end
		}
	}()
	s.watch(group, ended)
	// What the command left running in its group goes with it. The command
	// itself isn't reaped yet, so the group's id is still its own.
	_ = syscall.Kill(-group, syscall.SIGKILL)
	_ = cmd.Wait() // its error is what outcome reads from the state
	res := outcome(cmd.ProcessState)
	res.TimedOut, res.Aborted, res.Timeout = s.late, s.aborted, s.spec.Timeout
	res.Started, res.Finished = s.began, time.Now()
	if err := s.drain(); err != nil {
		complain(err)
	}
	return res
}

// watch returns when the command has ended. It reads the output, and stops the
// command when it is told to or when the time is up.
func (s *supervisor) watch(group int, ended <-chan struct{}) {
	timeout := time.NewTimer(s.spec.Timeout)
	defer timeout.Stop()
	kill := time.NewTimer(s.spec.Grace)
	kill.Stop()
	defer kill.Stop()
	look := time.NewTimer(pollFast)
	defer look.Stop()
	stopping := false
	stop := func(why *bool) {
		if stopping || isClosed(ended) { // an end that came first counts
			return
		}
		stopping, *why = true, true
		_ = syscall.Kill(-group, syscall.SIGTERM)
		_ = syscall.Kill(-group, syscall.SIGCONT) // a stopped process would not see it
		kill.Reset(s.spec.Grace)
	}
	for {
		select {
		case <-ended:
			return
		case sig := <-s.signals:
			if sig == syscall.SIGTERM {
				stop(&s.aborted)
			}
		case <-timeout.C:
			stop(&s.late)
		case <-kill.C:
			_ = syscall.Kill(-group, syscall.SIGKILL)
		case <-look.C:
			if s.toldToStop() {
				stop(&s.aborted)
			}
			look.Reset(s.look())
		}
	}
}

func isClosed(c <-chan struct{}) bool {
	select {
	case <-c:
		return true
	default:
		return false
	}
}

// toldToStop looks for the abort file. One that can't be looked for is no
// order; the next look comes soon.
func (s *supervisor) toldToStop() bool {
	there, err := s.r.has(abortFile)
	if err != nil {
		complain(err)
	}
	return there
}

// look reads new output, passes progress on, and returns when to look again.
func (s *supervisor) look() time.Duration {
	grew, err := s.output.poll()
	if err == nil {
		err = errors.Join(s.output.shrink(), s.passOn())
	}
	if err != nil {
		complain(err)
	}
	if grew {
		return pollFast
	}
	return pollSlow
}

// passOn writes the last progress line down if there is a new one.
func (s *supervisor) passOn() error {
	if !s.output.fresh {
		return nil
	}
	s.output.fresh = false
	return s.r.writeLoose(progressFile, s.output.last)
}

// drain reads what the command printed last, also a line without an end.
func (s *supervisor) drain() error {
	_, err := s.output.poll()
	s.output.line()
	return errors.Join(err, s.output.shrink(), s.passOn(), s.output.file.Close())
}

// outcome reads how a process ended.
func outcome(state *os.ProcessState) result {
	if state == nil {
		return result{Exit: -1, Error: "how the command ended could not be learned"}
	}
	res := result{Exit: state.ExitCode()}
	if ws, ok := state.Sys().(syscall.WaitStatus); ok && ws.Signaled() {
		res.Signal = unix.SignalName(ws.Signal())
		if res.Signal == "" {
			res.Signal = ws.Signal().String()
		}
	}
	return res
}

// How long the supervisor tries to write the result down, on a full disk say.
const (
	resultTries = 60
	resultPause = time.Second
)

// writeResult writes how the run ended. Without it the outcome would be
// unknown for ever: it is tried again, and output makes room for it.
func (r run) writeResult(res result) error {
	var err error
	for range resultTries {
		if err = r.write(resultFile, res); err == nil {
			return nil
		}
		complain(err)
		err = errors.Join(err, removeIfThere(r.path(headFile)), removeIfThere(r.path(prevFile)))
		time.Sleep(resultPause)
	}
	return err
}

// complain writes to the supervisor's own log, which is its standard error.
func complain(err error) { fmt.Fprintln(os.Stderr, "supervise:", err) }
