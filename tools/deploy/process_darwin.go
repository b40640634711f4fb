package deploy

import (
	"errors"
	"fmt"
	"syscall"

	"golang.org/x/sys/unix"
)

// bootID returns an id that changes each time the machine boots.
func bootID() string {
	id, err := unix.Sysctl("kern.bootsessionuuid")
	if err != nil {
		return ""
	}
	return id
}

// startOf returns when the process pid started; "" if it isn't there.
func startOf(pid int) string {
	info, err := unix.SysctlKinfoProc("kern.proc.pid", pid)
	if err != nil {
		return ""
	}
	at := info.Proc.P_starttime
	return fmt.Sprintf("%d.%06d", at.Sec, at.Usec)
}

// groupLives says whether the process group that leader led still has a member.
func groupLives(leader process) bool {
	if s := startOf(leader.PID); s != "" && s != leader.Start {
		return false // the id went to another process: the group had ended
	}
	return syscall.Kill(-leader.PID, 0) == nil
}

// awaitExit returns when the child pid has ended, and leaves it to be reaped:
// as long as it isn't, its id and its group's can't go to somebody else.
func awaitExit(pid int) error {
	queue, err := unix.Kqueue()
	if err != nil {
		return fmt.Errorf("kqueue: %w", err)
	}
	defer func() { _ = unix.Close(queue) }()
	change := make([]unix.Kevent_t, 1)
	unix.SetKevent(&change[0], pid, unix.EVFILT_PROC, unix.EV_ADD|unix.EV_ONESHOT)
	change[0].Fflags = unix.NOTE_EXIT
	event := make([]unix.Kevent_t, 1)
	for {
		n, err := unix.Kevent(queue, change, event, nil)
		switch {
		case errors.Is(err, unix.EINTR):
		case errors.Is(err, unix.ESRCH): // it has ended already
			return nil
		case err != nil:
			return fmt.Errorf("kevent: %w", err)
		case n > 0:
			return nil
		}
	}
}
