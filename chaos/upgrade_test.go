package chaos

import (
	"context"
	"math/rand/v2"
	"slices"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/releasebot/releasebot/internal/e2etest"
	"github.com/releasebot/releasebot/threadstore/storetest/redistest"
)

// askedBetween is how many releases are asked for between two replicas at least.
const askedBetween = 6

// rolling replaces replicas one by one while people ask and approve.
type rolling struct {
	w        *town
	replicas []*replica
	takes    *takeovers
	people   *people
	stops    []time.Duration
	running  int // deploys that ran when a replica was told to stop
	waiting  int // cards that waited then
}

// A restart of every replica, one after the other, under load: each ends within
// 10 s, its threads go on elsewhere at once, deploys that run are found again by
// their keys, and nothing is lost or doubled.
func TestRollingRestart(t *testing.T) {
	optIn(t, "RELEASEBOT_UPGRADE")
	rollThrough(t, program, program, program)
}

// An upgrade, replica by replica, under load, and, where the new program keeps
// the store in the same format, back to the old program, and forth again: old and new run side by side on one store, each goes on with what the
// other began, and nothing is lost or doubled. What the old one can't understand
// of the new one's, it leaves.
func TestRollingUpgrade(t *testing.T) {
	optIn(t, "RELEASEBOT_UPGRADE")
	ref := oldRef(t)
	old := oldProgram(t, ref)
	t.Logf("the old program is %s", ref)
	rollThrough(t, old, program, old, program)
}

// rollThrough starts three replicas of the first program, and replaces them by the next ones in turn.
func rollThrough(t *testing.T, first string, then ...string) {
	t.Helper()
	server := redistest.Serve(t, "--appendonly", "yes", "--appendfsync", "always")
	w := newTown(t, policyFile())
	w.store = []string{"REDIS_URL=" + server.URL()}
	w.program = first
	r := &rolling{w: w, takes: newTakeovers(t, server.Addr()), people: &people{w: w, rnd: rand.New(rand.NewPCG(uint64(time.Now().UnixNano()), 9))}} //nolint:gosec // a test
	r.replicas = []*replica{w.replica("a", "ab", w.store...), w.replica("b", "ab", w.store...), w.replica("c", "c", w.store...)}
	w.until(patience, "the links of three replicas", r.linked, r.logs)
	w.program = program // what reads the logs

	asking, stopAsking := context.WithCancel(t.Context())
	acting, stopActing := context.WithCancel(t.Context())
	var town sync.WaitGroup
	defer town.Wait()
	defer stopActing()
	defer stopAsking()
	town.Go(func() { r.people.play(asking, acting, 300*time.Millisecond) })
	began := load()
	for _, next := range then {
		if why := w.refuses(next); why != "" {
			t.Logf("the way back is closed, and the old program says so: %s", why)
			break
		}
		for _, one := range r.replicas {
			r.replace(one, next)
		}
	}
	stopAsking()
	w.slack.RetryNow()
	rolled := time.Now()
	j := newJudge(w, r.people)
	w.until(2*patience, "everything coming to an end", j.settled, func() string { return j.why() + r.logs() })
	settled := time.Since(rolled)
	stopActing()
	town.Wait()
	r.takes.watching.Wait()
	j.judge()
	j.sentence()

	t.Logf("%d replicas, %d replacements, load average %s before and %s after; %d deploys ran and %d cards waited when one was told to stop", len(r.replicas), len(r.stops), began, load(), r.running, r.waiting)
	t.Logf("%s; clicks %d; all at rest %s after the last", j, r.people.clicks, settled.Round(100*time.Millisecond))
	t.Logf("from SIGTERM to the end of the process: %s", spread(r.stops))
	t.Logf("their threads were taken over after: %s", spread(r.takes.quiet))
	for _, log := range r.takes.never {
		t.Errorf("nobody took %s over within two minutes", log)
	}
	for _, took := range r.takes.quiet {
		if took > busyTimes*takeoverWithin {
			t.Errorf("a take-over took %s, and should take %s (load %s)", took, takeoverWithin, load())
		}
	}
	if t.Failed() {
		t.Log(r.logs())
	}
}

// refuses is what a program says that does not know the format in which the store is kept now; "" where it does.
func (w *town) refuses(program string) string {
	w.Helper()
	ctx, cancel := context.WithTimeout(w.Context(), patience)
	defer cancel()
	_, err := e2etest.Run(ctx, program, w.dir, w.environ("reader", w.store...), "threads")
	if err == nil {
		return ""
	}
	if !strings.Contains(err.Error(), "its format is") {
		w.Fatal(err)
	}
	return err.Error()
}

func (r *rolling) linked() bool { return r.w.slack.Connected() >= 2*len(r.replicas) }

// replace tells a replica to stop, while deploys run and cards wait, and waits until the next program is in its place.
func (r *rolling) replace(one *replica, next string) {
	w := r.w
	w.Helper()
	var running, waiting int
	asked := len(r.people.all())
	w.until(patience, "a deploy that runs and a card that waits", func() bool {
		running, waiting = r.underWay()
		return running > 0 && waiting > 0 && len(r.people.all()) >= asked+askedBetween
	}, r.logs)
	r.running, r.waiting = r.running+running, r.waiting+waiting
	one.use(next)
	gone := r.takes.before(one.pid())
	began := time.Now()
	before, ended := one.signal(syscall.SIGTERM)
	select {
	case <-ended:
	case <-time.After(patience):
		w.Fatalf("replica %s does not end within %s of SIGTERM\n%s", one.name, patience, one.log.Last(5000))
	}
	gone()
	took := time.Since(began)
	r.stops = append(r.stops, took)
	if took > busyTimes*stopWithin {
		w.Errorf("replica %s took %s from SIGTERM to its end, and has %s (load %s)\n%s", one.name, took, stopWithin, load(), one.log.Last(5000))
	}
	w.until(patience, "replica "+one.name+" with its links", func() bool { return one.pid() != before && r.linked() }, r.logs)
}

// underWay counts deploys of the ledger that have not ended, and threads whose card waits.
func (r *rolling) underWay() (running, waiting int) {
	list, err := r.w.ledger.Read()
	r.w.must(err)
	for _, e := range list {
		switch e.What {
		case e2etest.Begin:
			running++
		case e2etest.End:
			running--
		}
	}
	for _, q := range r.people.all() {
		if slices.ContainsFunc(r.w.slack.Thread(releases, q.ts), live) {
			waiting++
		}
	}
	return running, waiting
}

func (r *rolling) logs() string {
	var b strings.Builder
	for _, one := range r.replicas {
		b.WriteString("--- replica " + one.name + ":\n" + one.log.Last(5000) + "\n")
	}
	return b.String()
}
