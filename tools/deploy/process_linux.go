package deploy

import (
	"bytes"
	"errors"
	"os"
	"strconv"
	"strings"
	"syscall"

	"golang.org/x/sys/unix"
)

// bootID returns an id that changes each time the machine boots.
func bootID() string {
	data, err := os.ReadFile("/proc/sys/kernel/random/boot_id")
	if err != nil {
		return ""
	}
	return strings.TrimSpace(string(data))
}

// stat is what /proc/PID/stat says of a process.
type stat struct {
	state byte
	pgrp  int
	start string // clock ticks since boot
}

func readStat(pid int) (stat, bool) {
	data, err := os.ReadFile("/proc/" + strconv.Itoa(pid) + "/stat")
	if err != nil {
		return stat{}, false
	}
	// The second field is the program's name in brackets and may itself hold
	// brackets and spaces; what follows the last one can be split.
	end := bytes.LastIndexByte(data, ')')
	if end < 0 {
		return stat{}, false
	}
	f := strings.Fields(string(data[end+1:]))
	if len(f) < 20 {
		return stat{}, false
	}
	pgrp, err := strconv.Atoi(f[2])
	if err != nil {
		return stat{}, false
	}
	return stat{state: f[0][0], pgrp: pgrp, start: f[19]}, true
}

// startOf returns when the process pid started; "" if it isn't there.
func startOf(pid int) string {
	s, _ := readStat(pid)
	return s.start
}

// groupLives says whether the process group that leader led still has a member
// that runs. A zombie doesn't run: where nobody reaps (a container without an
// init) it would seem to live for ever.
func groupLives(leader process) bool {
	if s, ok := readStat(leader.PID); ok && s.start != leader.Start {
		return false // the id went to another process: the group had ended
	}
	if errors.Is(syscall.Kill(-leader.PID, 0), syscall.ESRCH) {
		return false
	}
	entries, err := os.ReadDir("/proc")
	if err != nil {
		return false
	}
	for _, e := range entries {
		pid, err := strconv.Atoi(e.Name())
		if err != nil {
			continue
		}
		if s, ok := readStat(pid); ok && s.pgrp == leader.PID && s.state != 'Z' && s.state != 'X' {
			return true
		}
	}
	return false
}

// awaitExit returns when the child pid has ended, and leaves it to be reaped:
// as long as it isn't, its id and its group's can't go to somebody else.
func awaitExit(pid int) error {
	for {
		err := unix.Waitid(unix.P_PID, pid, nil, unix.WEXITED|unix.WNOWAIT, nil)
		if !errors.Is(err, unix.EINTR) {
			return os.NewSyscallError("waitid", err)
		}
	}
}
