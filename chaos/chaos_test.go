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

// duration reads a variable.
func duration(t *testing.T, name string, otherwise time.Duration) time.Duration {
	t.Helper()
	v := os.Getenv(name)
	if v == "" {
		return otherwise
	}
	d, err := time.ParseDuration(v)
	if err != nil || d <= 0 {
		t.Fatalf("%s is %q; it has to be a duration, such as %s", name, v, otherwise)
	}
	return d
}

// Three replicas on one Redis, and everything goes wrong that can: nothing is
// started twice or without its approvals, nothing that was acknowledged is lost,
// and once the faults end everything comes to an end by itself.
func TestChaos(t *testing.T) {
	optIn(t, "RELEASEBOT_CHAOS")
	lasts := duration(t, "CHAOS_TIME", time.Minute)
	began := load()
	s := newStorm(t, program)
	s.every = duration(t, "CHAOS_EVERY", s.every)
	j := s.blow(lasts)
	j.sentence()

	t.Logf("seed %d, faults for %s, load average %s before and %s after", s.seed, lasts, began, load())
	t.Logf("faults: %s; answers of Redis lost: %d", s.faults, s.faults.proxy.Lost())
	t.Logf("%s; clicks %d; all at rest %s after the last fault", j, s.people.clicks, s.rest.Round(100*time.Millisecond))
	takes := s.faults.takes
	t.Logf("threads of killed or frozen replicas taken over: while Redis was well: %s; all: %s", spread(takes.quiet), spread(takes.all))
	t.Logf("from SIGTERM to the end of the process: %s", spread(s.faults.stops))
	for _, log := range takes.never {
		t.Errorf("nobody took %s over within two minutes", log)
	}
	for _, took := range takes.quiet {
		if took > busyTimes*takeoverWithin {
			t.Errorf("a take-over took %s, and should take %s (load %s)", took, takeoverWithin, load())
		}
	}
	for _, kind := range []string{"replica SIG", "Redis SIG", "Slack "} {
		if lasts >= 15*time.Second && !strings.Contains(s.faults.String(), kind) {
			t.Errorf("no fault of the kind %q came in %s: %s", kind, lasts, s.faults)
		}
	}
	if j.effects == 0 || j.acked == 0 {
		t.Errorf("nothing happened: %s", j)
	}
	if t.Failed() {
		t.Log(s.faults.logs())
	}
}

// storm is a town in which everything goes wrong.
type storm struct {
	w      *town
	seed   uint64
	faults *faults
	people *people
	every  time.Duration // between two requests
	calm   time.Duration // how long everything may take to come to rest
	rest   time.Duration // from the last fault until nothing was on its way any more
}

// newStorm starts three replicas of a program, with further settings, on a Redis of their own.
func newStorm(t *testing.T, program string, settings ...string) *storm {
	t.Helper()
	server := redistest.Serve(t, "--appendonly", "yes", "--appendfsync", "always")
	proxy := redistest.Proxied(t, server.URL())
	w := newTown(t, policyFile())
	w.store = []string{"REDIS_URL=" + server.URL()}
	f := &faults{w: w, redis: server, proxy: proxy, count: map[string]int{}, takes: newTakeovers(t, server.Addr())}
	s := &storm{w: w, seed: uint64(time.Now().UnixNano()), faults: f, every: 500 * time.Millisecond, calm: 2 * patience} //nolint:gosec // any number
	w.program = program
	settings = append(settings, "REDIS_URL="+proxy.URL())
	// Two replicas share a host's data folder; the third has one of its own.
	f.replicas = []*replica{w.replica("a", "ab", settings...), w.replica("b", "ab", settings...), w.replica("c", "c", settings...)}
	w.until(patience, "the links of three replicas", func() bool { return w.slack.Connected() >= 6 }, f.logs)
	s.people = &people{w: w, rnd: rand.New(rand.NewPCG(s.seed, 9))} //nolint:gosec // a test
	return s
}

// blow breaks things for a while, has people ask and approve meanwhile, waits
// until all is at rest, and judges.
func (s *storm) blow(lasts time.Duration) *judge {
	s.w.Helper()
	asking, stopAsking := context.WithTimeout(s.w.Context(), lasts)
	defer stopAsking()
	acting, stopActing := context.WithCancel(s.w.Context())
	var town sync.WaitGroup
	defer town.Wait()
	defer stopActing()
	town.Go(func() { s.people.play(asking, acting, s.every) })
	s.faults.run(asking, s.seed)
	s.w.slack.ClearFaults()
	s.w.slack.RetryNow()

	healed := time.Now()
	j := newJudge(s.w, s.people)
	ctx, cancel := context.WithTimeout(s.w.Context(), s.calm)
	defer cancel()
	if !poll(ctx, j.settled) {
		j.never = fmt.Sprintf("not at rest %s after the last fault (load %s): %s", s.calm, load(), j.reason)
	}
	s.rest = time.Since(healed)
	stopActing()
	town.Wait()
	s.faults.takes.watching.Wait()
	j.judge()
	return j
}

// takeoverWithin and stopWithin are promised. A busy machine is given as many times that here.
const (
	takeoverWithin = 10 * time.Second
	stopWithin     = 10 * time.Second // from SIGTERM to the end
	busyTimes      = 3
)

func (f *faults) logs() string {
	var b strings.Builder
	for _, r := range f.replicas {
		fmt.Fprintf(&b, "--- replica %s:\n%s\n", r.name, r.log.Last(5000))
	}
	return b.String()
}
