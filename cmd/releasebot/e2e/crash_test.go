package e2e

import (
	"testing"
)

const shipped = "deploy shop v1.4.2 to production"

// approved asks for shop v1.4.2 and approves it.
func (w *world) approved() (ts string) {
	w.Helper()
	ts = w.mention(alice, shipped)
	w.click(bob, w.card(ts, 1), "Approve")
	return ts
}

// wantOneStart: it was started once, by the log and by the ledger, and every view stands there once.
func (w *world) wantOneStart(ts string) {
	w.Helper()
	w.wantLedger(shipped)
	w.wantOneOfEach(ts)
	w.wantSound(ts)
	w.wantSoundEnvironment("shop", "production")
}

// The bot is killed while its card waits: the approval is still there.
func TestKilledAfterTheCard(t *testing.T) {
	t.Parallel()
	for name, make := range map[string]func(*testing.T, string) *world{"bbolt": newWorld, "Redis": newRedisWorld} {
		t.Run(name, func(t *testing.T) {
			w := make(t, standard)
			ts := w.mentionTo(w.boot("A", "data"))
			w.boot("A again", "data")
			w.click(bob, w.card(ts, 1), "Approve")
			w.ends(ts, 1, "done")
			w.wantOneStart(ts)
		})
	}
}

// mentionTo asks for shop v1.4.2, and kills the bot once its card stands there.
func (w *world) mentionTo(p *botProcess) (ts string) {
	w.Helper()
	ts = w.mention(alice, shipped)
	w.card(ts, 1)
	p.kill()
	return ts
}

// The bot is killed while a deploy runs: another one, of the same data folder,
// finds the run by its key and goes on, whether it has ended meanwhile or not.
func TestKilledDuringTheDeploy(t *testing.T) {
	t.Parallel()
	for _, endsMeanwhile := range []bool{false, true} {
		w := newRedisWorld(t, standard)
		w.order("shop v1.4.2", order{Hold: true})
		a := w.boot("A", "data")
		ts := w.approved()
		e := w.begun(1)
		a.kill()
		if endsMeanwhile {
			w.letGo(e)
			w.until("the end of the deploy", func() bool { return w.place.running("shop", "production") == "v1.4.2" })
		}
		w.boot("A again", "data")
		if !endsMeanwhile {
			w.letGo(e)
		}
		w.ends(ts, 1, "done")
		w.wantOneStart(ts)
		w.wantCount(ts, "deploy_started", 1)
		w.wantCount(ts, "deploy_result", 1)
	}
}

// The bot dies at a named point between deciding, writing the start, making it,
// and writing down what came of it. Another process with the same data folder
// finds out what happened, and goes on: one start in the ledger.
func TestKilledAtAFailPoint(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		point   string
		started int // deploy_started in the log: a second one where the first turned out to be absent
	}{
		{"agent.beforeStarted", 1},
		{"agent.afterStarted", 2},
		{"deploy.claimed", 2},
		{"deploy.spawned", 1},
		{"agent.afterEffect", 1},
	} {
		t.Run(c.point, func(t *testing.T) {
			t.Parallel()
			w := newRedisWorld(t, standard)
			a := w.dieAt("A", "data", c.point)
			ts := w.approved()
			a.gone()
			w.boot("B", "data")
			w.ends(ts, 1, "done")
			w.wantOneStart(ts)
			w.wantCount(ts, "deploy_started", c.started)
			w.wantCount(ts, "deploy_result", 1)
		})
	}
}

// The supervisor dies before the command was begun. Before its own start is on
// disk, that is a failure that everybody can see: nothing ran, and Retry is a
// new plan that is approved again. After it nobody can tell, so a person is asked.
func TestASupervisorThatDies(t *testing.T) {
	t.Parallel()
	t.Run("supervise.beforeStarted", func(t *testing.T) {
		t.Parallel()
		w := newRedisWorld(t, standard)
		a := w.dieAt("A", "data", "supervise.beforeStarted")
		ts := w.approved()
		w.ends(ts, 1, "failed")
		w.wantLedger()
		a.kill() // perhaps before the environment is given back, after which the card offers what may follow
		w.boot("A again", "data")
		w.click(alice, w.offers(ts, 1, "Retry"), "Retry")
		w.click(bob, w.card(ts, 2), "Approve")
		w.ends(ts, 2, "done")
		w.wantOneStart(ts)
	})
	t.Run("supervise.afterStarted", func(t *testing.T) {
		t.Parallel()
		w := newRedisWorld(t, standard)
		a := w.dieAt("A", "data", "supervise.afterStarted")
		ts := w.approved()
		m := w.question(ts, 1)
		w.wantLedger()
		a.kill()
		w.boot("A again", "data")
		w.click(dan, m, "It didn't")
		w.told(dan, "Only oncall (group) may")
		w.click(bob, m, "It didn't")
		w.ends(ts, 1, "failed")
		w.click(carol, w.card(ts, 2), "Approve") // a new plan, so approved again
		w.ends(ts, 2, "done")
		w.wantOneStart(ts)
	})
	t.Run("supervise.beforeResult", func(t *testing.T) {
		t.Parallel()
		w := newRedisWorld(t, standard)
		w.dieAt("A", "data", "supervise.beforeResult")
		ts := w.approved()
		w.click(bob, w.question(ts, 1), "It ran")
		w.ends(ts, 1, "done")
		w.wantOneStart(ts)
	})
}
