package e2e

import (
	"strings"
	"syscall"
	"testing"
)

// SIGTERM: the bot exits in time and hands over; a deploy that runs is
// found again, by another bot and without waiting for a lease.
func TestSIGTERMHandsOver(t *testing.T) {
	t.Parallel()
	w := newRedisWorld(t, standard)
	a := w.boot("A", "data")
	w.order("shop v1.4.2", order{Hold: true, Say: []string{"progress: 40% copying"}})
	ts := w.mention(alice, "deploy shop v1.4.2 to production")
	w.click(bob, w.card(ts, 1), "Approve")
	e := w.begun(1)
	w.says(ts, "release/1", "40%")

	a.signal(syscall.SIGTERM)
	a.goneWithin(stopWithin)
	if !a.cmd.ProcessState.Success() || !strings.Contains(a.log.String(), "msg=stopped") {
		t.Errorf("it ended with %s:\n%s", a.cmd.ProcessState, a.log)
	}
	w.boot("B", "data")
	w.letGo(e)
	w.ends(ts, 1, "done")
	w.wantLedger("deploy shop v1.4.2 to production")
	w.wantCount(ts, "deploy_started", 1)
	w.wantOneOfEach(ts)
	w.wantSound(ts)
}

// An approval that waits survives a stop and costs nothing meanwhile.
func TestAnApprovalSurvivesAStop(t *testing.T) {
	t.Parallel()
	w := newWorld(t, standard)
	a := w.boot("A", "data")
	ts := w.mention(alice, "deploy shop v1.4.2 to production")
	card := w.card(ts, 1)
	a.signal(syscall.SIGTERM)
	a.goneWithin(stopWithin)
	w.boot("A again", "data")
	w.click(bob, card, "Approve")
	w.ends(ts, 1, "done")
	w.wantLedger("deploy shop v1.4.2 to production")
	w.wantOneOfEach(ts)
	w.wantSound(ts)
}
