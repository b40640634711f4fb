package chaos

import (
	"context"
	"math/rand/v2"
	"slices"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/releasebot/releasebot/threadstore/storetest/redistest"
)

// goesOnWithin is how long anybody may wait for the bot's first word, asked while
// a master is away: the failover itself takes some seconds, and Slack brings
// what was not acknowledged again after 2, 4, 8 and 16 seconds here.
const goesOnWithin = 45 * time.Second

// Whole releases go on while masters of a Redis Cluster die and their replicas
// take over. A start is on a replica before it is made, so none is forgotten.
func TestFailoverOfAClusterUnderRunningBots(t *testing.T) {
	optIn(t, "RELEASEBOT_CLUSTER")
	c := redistest.ClusterWithReplicas(t, "--appendonly", "yes", "--appendfsync", "always")
	loseMasters(t, []string{"REDIS_URL=" + c.URL(), "REDIS_CLUSTER=true", "REDIS_WAIT_REPLICAS=1"}, []func(){
		func() { c.KillMaster(0).Restart() },
		func() { c.Whole(); c.KillMaster(1).Restart() },
		func() { c.Whole(); c.KillMaster(0).Restart() }, // the one that took over before
	})
}

// The same behind a Sentinel, once.
func TestFailoverOfASentinelUnderRunningBots(t *testing.T) {
	optIn(t, "RELEASEBOT_CLUSTER")
	s := redistest.Sentinel(t, "--appendonly", "yes", "--appendfsync", "always")
	loseMasters(t, []string{"REDIS_URL=" + s.URL(), "REDIS_SENTINEL_MASTER=" + redistest.MasterName, "REDIS_WAIT_REPLICAS=1"}, []func(){
		func() { s.Master.Kill(); s.Promoted(); s.Master.Restart() },
	})
}

// loseMasters runs three replicas under load, and takes masters away in turn.
func loseMasters(t *testing.T, store []string, kills []func()) {
	t.Helper()
	w := newTown(t, policyFile())
	w.store = store
	p := &people{w: w, rnd: rand.New(rand.NewPCG(uint64(time.Now().UnixNano()), 9))} //nolint:gosec // a test
	f := &rolling{w: w, people: p}
	f.replicas = []*replica{w.replica("a", "ab", store...), w.replica("b", "ab", store...), w.replica("c", "c", store...)}
	w.until(patience, "the links of three replicas", f.linked, f.logs)

	asking, stopAsking := context.WithCancel(t.Context())
	acting, stopActing := context.WithCancel(t.Context())
	var town sync.WaitGroup
	defer town.Wait()
	defer stopActing()
	defer stopAsking()
	town.Go(func() { p.play(asking, acting, 300*time.Millisecond) })
	began := load()
	var away []time.Duration // until the replica had taken over
	var faults [][2]time.Time
	more := func(n int) {
		asked := len(p.all())
		w.until(patience, "more requests", func() bool { return len(p.all()) >= asked+n }, f.logs)
	}
	for _, kill := range kills {
		more(12)
		w.until(patience, "a deploy that runs and a card that waits", func() bool { running, waiting := f.underWay(); return running > 0 && waiting > 0 }, f.logs)
		at := time.Now()
		kill()
		faults = append(faults, [2]time.Time{at.Add(-time.Second), time.Now()})
		away = append(away, time.Since(at))
	}
	more(12)
	// Whatever a process remembers of before, one that remembers nothing has to go on as well.
	f.replicas[0].signal(syscall.SIGKILL)
	more(6)
	stopAsking()
	w.slack.RetryNow()
	rested := time.Now()
	j := newJudge(w, p)
	j.lossy = true
	w.until(2*patience, "everything coming to an end", j.settled, func() string { return j.why() + f.logs() })
	settled := time.Since(rested)
	stopActing()
	town.Wait()
	j.judge()
	j.sentence()

	var during []time.Duration
	for _, at := range faults {
		during = append(during, p.answers(at[0], at[1])...)
	}
	t.Logf("%d masters killed, their replicas took over (and the dead came back) after %s; load average %s before and %s after", len(kills), spread(away), began, load())
	t.Logf("%s; all at rest %s after the last request", j, settled.Round(100*time.Millisecond))
	t.Logf("first word of the bot: asked while a master was away: %s; all: %s", spread(during), spread(p.answers(time.Time{}, time.Now())))
	t.Logf("acknowledged and in no log: %d; threads that know of a loss: %d; starts that the deployer knows and no log: %d", j.gone, j.lost, len(j.unlogged))
	if len(j.unlogged) > 0 {
		t.Errorf("started, and no log says so, though a start has to be on a replica first: %v", j.unlogged)
	}
	if len(during) == 0 || slices.Max(during) > goesOnWithin {
		t.Errorf("asked while a master was away, people waited %s for the bot; want %s at most", spread(during), goesOnWithin)
	}
	if t.Failed() {
		t.Log(f.logs())
	}
}
