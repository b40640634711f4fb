package deploy

import (
	"context"
	"errors"
	"fmt"
	"syscall"

	"github.com/releasebot/releasebot/tools"
)

// Cancel asks for the run of c.Key to be stopped: its process group gets
// SIGTERM, and SIGKILL after the grace. The request is on disk when Cancel
// returns, so it also reaches a supervisor that another process started. A key
// that hasn't been started is refused from then on. Asking again does no harm,
// and for a run that has ended nothing is done.
func (d *Command) Cancel(ctx context.Context, c tools.Call, _ string) error {
	d.reap()
	if !d.here(c) {
		return fmt.Errorf("canceling %s: it was started by runner %s, and can only be stopped there; this is %s", c.Key, c.Runner, d.runner)
	}
	r := runOf(d.runs, c.Key)
	if err := r.create(); err != nil {
		return fmt.Errorf("canceling %s: %w", c.Key, err)
	}
	if over, err := r.has(resultFile); over || err != nil {
		return err
	}
	var asked abort
	before, err := r.read(abortFile, &asked)
	if err == nil && !before {
		asked.At = d.now()
		err = r.write(abortFile, asked)
	}
	if err == nil {
		err = d.stopOrphan(ctx, r, c, asked)
	}
	if err != nil {
		return fmt.Errorf("canceling %s: %w", c.Key, err)
	}
	return nil
}

// stopOrphan does what the supervisor would, where that was killed: SIGTERM
// the first time, SIGKILL when asked again after the grace.
func (d *Command) stopOrphan(ctx context.Context, r run, c tools.Call, asked abort) error {
	c.Epoch = 0 // only to look
	seen, err := d.look(ctx, r, c)
	if err != nil || seen != lost {
		return err
	}
	begun, group, err := r.processes()
	if err != nil || group == nil || begun.Supervisor.Boot != bootID() || !groupLives(*group) {
		return err
	}
	sig := syscall.SIGTERM
	if d.now().Sub(asked.At) >= d.grace {
		sig = syscall.SIGKILL
	}
	if err := syscall.Kill(-group.PID, sig); err != nil && !errors.Is(err, syscall.ESRCH) {
		return fmt.Errorf("process group %d: %w", group.PID, err)
	}
	return nil
}
