package agent

import (
	"fmt"
	"testing"
	"time"
)

// What a runner remembers of threads that are left to others has an end, however
// many there were; the ones it was asked about last are kept.
func TestThreadsLeftToOthersAreNotRememberedForEver(t *testing.T) {
	r := NewRunner(Config{})
	now := time.Now()
	for i := range 3 * waitsCached {
		id := ThreadID(fmt.Sprint("thread", i))
		r.yield(id, now.Add(time.Hour))
		r.left.put(string(id), &leftAt{1, now})
		r.waitsElsewhere(&run{id: id}, &ReleaseState{Deploy: &DeployRun{Key: string(id)}}, now)
	}
	for name, n := range map[string]int{"yielded": r.yielded.order.Len(), "left": r.left.order.Len(), "elsewhere": r.elsewhere.order.Len()} {
		if n != waitsCached {
			t.Errorf("%s: %d threads are remembered, want the last %d", name, n, waitsCached)
		}
	}
	last := ThreadID(fmt.Sprint("thread", 3*waitsCached-1))
	if !r.yields(last, now) || r.yields(last, now.Add(time.Hour)) {
		t.Error("the thread left last is not left alone until then, and no longer")
	}
}
