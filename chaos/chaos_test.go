package chaos

import (
	"context"
	"fmt"
	"math/rand/v2"
	"os"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/releasebot/releasebot/threadstore/storetest/redistest"
)

// length is how long faults go on.
func length(t *testing.T) time.Duration {
	t.Helper()
	v := os.Getenv("CHAOS_TIME")
	if v == "" {
		return time.Minute
	}
	d, err := time.ParseDuration(v)
	if err != nil || d <= 0 {
		t.Fatalf("CHAOS_TIME is %q; it has to be a duration, such as 60s", v)
	}
	return d
}

// Three replicas on one Redis, and everything goes wrong that can: nothing is
// started twice or without its approvals, nothing that was acknowledged is lost,
// and once the faults end everything comes to an end by itself.
func TestChaos(t *testing.T) {
	optIn(t, "RELEASEBOT_CHAOS")
	lasts := length(t)
	seed := uint64(time.Now().UnixNano()) //nolint:gosec // any number
	server := redistest.Serve(t, "--appendonly", "yes", "--appendfsync", "always")
	proxy := redistest.Proxied(t, server.URL())
	w := newTown(t, policyFile())
	w.store = []string{"REDIS_URL=" + server.URL()}
	bad := "REDIS_URL=" + proxy.URL()
	f := &faults{w: w, redis: server, proxy: proxy, count: map[string]int{}, takes: newTakeovers(t, server.Addr())}
	// Two replicas share a host's data folder; the third has one of its own.
	f.replicas = []*replica{w.replica("a", "ab", bad), w.replica("b", "ab", bad), w.replica("c", "c", bad)}
	w.until(patience, "the links of three replicas", func() bool { return w.slack.Connected() >= 6 }, func() string { return f.logs() })

	asking, stopAsking := context.WithTimeout(t.Context(), lasts)
	defer stopAsking()
	acting, stopActing := context.WithCancel(t.Context())
	p := &people{w: w, rnd: rand.New(rand.NewPCG(seed, 9))} //nolint:gosec // a test
	var town sync.WaitGroup
	defer town.Wait()
	defer stopActing()
	town.Go(func() { p.play(asking, acting, 500*time.Millisecond) })
	began := load()
	f.run(asking, seed)
	w.slack.ClearFaults()
	w.slack.RetryNow()

	healed := time.Now()
	j := newJudge(w, p)
	w.until(2*patience, "everything coming to an end", j.settled, func() string { return j.why() + f.logs() })
	settled := time.Since(healed)
	stopActing()
	town.Wait()
	f.takes.watching.Wait()
	j.judge()

	t.Logf("seed %d, faults for %s, load average %s before and %s after", seed, lasts, began, load())
	t.Logf("faults: %s; answers of Redis lost: %d", f, proxy.Lost())
	t.Logf("%s; clicks %d; all at rest %s after the last fault", j, p.clicks, settled.Round(100*time.Millisecond))
	t.Logf("threads of killed or frozen replicas taken over: while Redis was well: %s; all: %s", spread(f.takes.quiet), spread(f.takes.all))
	t.Logf("from SIGTERM to the end of the process: %s", spread(f.stops))
	for _, log := range f.takes.never {
		t.Errorf("nobody took %s over within a minute", log)
	}
	for _, took := range f.takes.quiet {
		if took > 2*takeoverWithin {
			t.Errorf("a take-over took %s, and should take %s (load %s)", took, takeoverWithin, load())
		}
	}
	if t.Failed() {
		t.Log(f.logs())
	}
}

// takeoverWithin is promised. A busy machine is given twice that here.
const takeoverWithin = 10 * time.Second

func (f *faults) logs() string {
	var b strings.Builder
	for _, r := range f.replicas {
		fmt.Fprintf(&b, "--- replica %s:\n%s\n", r.name, r.log.Last(5000))
	}
	return b.String()
}
