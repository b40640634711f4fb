//go:build failpoints

package failpoint

import (
	"syscall"
	"testing"
)

func TestChosenReadsNamesCountsAndPauses(t *testing.T) {
	const setting = "deploy.claimed, deploy.spawned:3,pause:supervise.beforeResult,pause:a.b:2"
	for _, c := range []struct {
		name string
		n    int
		want syscall.Signal
	}{
		{"deploy.claimed", 1, syscall.SIGKILL},
		{"deploy.claimed", 2, 0},
		{"deploy.spawned", 1, 0},
		{"deploy.spawned", 3, syscall.SIGKILL},
		{"supervise.beforeResult", 1, syscall.SIGSTOP},
		{"a.b", 2, syscall.SIGSTOP},
		{"a.b", 1, 0},
		{"other", 1, 0},
	} {
		if got := chosen(setting, c.name, c.n); got != c.want {
			t.Errorf("chosen(%q, visit %d) = %v, want %v", c.name, c.n, got, c.want)
		}
	}
}
