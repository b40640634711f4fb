package e2e

import (
	"syscall"
	"testing"
	"time"
)

// leaseOver is ample time for a lease of 5 seconds to end and for another bot to look.
const leaseOver = 8 * time.Second

// untilTheLeaseIsOver is the one wait by the clock: nothing but time ends a lease.
func (w *world) untilTheLeaseIsOver() {
	w.Helper()
	select {
	case <-time.After(leaseOver):
	case <-w.Context().Done():
		w.Fatal("the test is over")
	}
}

// A bot freezes for longer than its lease, right after it has written down that
// it starts, and before it has. Another bot with the same data folder finds no
// run, and starts. Thawed, the first one does not start a second time.
func TestFrozenBeforeTheStart(t *testing.T) {
	t.Parallel()
	w := newRedisWorld(t, standard)
	a := w.dieAt("A", "data", "pause:agent.afterStarted")
	ts := w.approved()
	a.stopped()
	w.slack.DropSockets(a.sockets...)
	w.boot("B", "data")
	w.ends(ts, 1, "done")
	w.wantOneStart(ts)
	a.thaw()
	second := w.mention(alice, "deploy backend v1.0.0 to production") // both bots have looked around since
	w.click(bob, w.card(second, 1), "Approve")
	w.ends(second, 1, "done")
	w.wantLedger(shipped, "deploy backend v1.0.0 to production")
	w.wantCount(ts, "deploy_result", 1)
	w.wantOneOfEach(ts)
	w.wantSound(ts)
}

// A bot freezes within the start, when it has claimed the run: nobody else can
// claim it, and nobody guesses. Thawed, it starts, once.
func TestFrozenWithinTheStart(t *testing.T) {
	t.Parallel()
	w := newRedisWorld(t, standard)
	a := w.dieAt("A", "data", "pause:deploy.claimed")
	ts := w.approved()
	a.stopped()
	w.slack.DropSockets(a.sockets...)
	w.boot("B", "data")
	w.untilTheLeaseIsOver()
	w.wantLedger()
	a.thaw()
	w.ends(ts, 1, "done")
	w.wantOneStart(ts)
	w.wantCount(ts, "human_input_requested", 0)
}

// A bot freezes for longer than its lease while its deploy runs, and only its
// data folder can tell how that ends. Thawed, it brings the outcome, which counts
// though its lease is lost, and the release goes on without anybody being asked.
func TestFrozenDuringTheDeploy(t *testing.T) {
	t.Parallel()
	w := newRedisWorld(t, standard)
	w.order("shop v1.4.2", order{Hold: true})
	a := w.boot("A", "a")
	ts := w.approved()
	e := w.begun(1)
	w.boot("B", "b")
	a.freeze()
	w.letGo(e)
	w.untilTheLeaseIsOver()
	w.wantCount(ts, "deploy_result", 0)
	a.thaw()
	w.ends(ts, 1, "done")
	w.wantOneStart(ts)
	w.wantCount(ts, "deploy_result", 1)
	w.wantCount(ts, "human_input_requested", 0)
}

// stopped waits until the bot has frozen itself.
func (p *botProcess) stopped() {
	p.w.Helper()
	p.w.until("bot "+p.name+" freezing", func() bool {
		var status syscall.WaitStatus
		pid, err := syscall.Wait4(p.cmd.Process.Pid, &status, syscall.WUNTRACED|syscall.WNOHANG, nil)
		return err == nil && pid > 0 && status.Stopped()
	})
}
