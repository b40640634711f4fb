//go:build failpoints

package failpoint

import (
	"os"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"time"
)

// Enabled says whether this build has fail points.
const Enabled = true

// settle is ample time for the system to stop all threads of a process.
const settle = 100 * time.Millisecond

// hits counts visits per name; the one piece of state that outlives a call,
// because a fail point has no owner to keep it.
var hits struct {
	sync.Mutex
	n map[string]int
}

// Hit kills or stops the process if RELEASEBOT_FAILPOINT says so for name.
func Hit(name string) {
	setting := os.Getenv(Variable)
	if setting == "" {
		return
	}
	hits.Lock()
	if hits.n == nil {
		hits.n = make(map[string]int)
	}
	hits.n[name]++
	n := hits.n[name]
	hits.Unlock()
	if sig := chosen(setting, name, n); sig != 0 {
		raise(sig)
	}
}

// chosen returns the signal that setting asks for at the n-th visit of name; 0 for none.
func chosen(setting, name string, n int) syscall.Signal {
	for point := range strings.SplitSeq(setting, ",") {
		sig := syscall.SIGKILL
		point = strings.TrimSpace(point)
		if rest, ok := strings.CutPrefix(point, "pause:"); ok {
			point, sig = rest, syscall.SIGSTOP
		}
		want := 1
		if at, count, ok := strings.Cut(point, ":"); ok {
			if v, err := strconv.Atoi(count); err == nil {
				point, want = at, v
			}
		}
		if point == name && want == n {
			return sig
		}
	}
	return 0
}

// raise sends sig to the process and, where it kills, never returns.
func raise(sig syscall.Signal) {
	if err := syscall.Kill(os.Getpid(), sig); err != nil {
		panic("failpoint: " + err.Error())
	}
	if sig == syscall.SIGKILL {
		select {}
	}
	// Another thread of the process may be the one that takes the signal in:
	// this one must not get any further before it did.
	time.Sleep(settle)
}
