package e2e

import (
	"testing"
	"time"
)

// three are three services to lose a deploy of, each with checks that fail soon.
const three = `
version: 1
people:
  oncall: {group: S0ONCALL}
services:
  shop:
    environments:
      production:
        approval: {required: 1, from: [oncall]}
        deploy: {driver: command, start: @deploy@}
        verify:
          - {name: health, http: {url: "@health@/shop/production", json: {version: "${version}"}}, every: 50ms, within: 500ms}
  backend:
    environments:
      production:
        approval: {required: 1, from: [oncall]}
        deploy: {driver: command, start: @deploy@}
  site:
    environments:
      production:
        approval: {required: 1, from: [oncall]}
        deploy: {driver: command, start: @deploy@}
`

// under are the three threads of deploys that are under way.
type under struct {
	shop, backend, site string
	begun               []entry
}

// underWay starts a deploy of each service, and holds them.
func (w *world) underWay() under {
	w.Helper()
	var u under
	for _, s := range []struct {
		name string
		ts   *string
	}{{"shop", &u.shop}, {"backend", &u.backend}, {"site", &u.site}} {
		w.order(s.name+" v1.4.2", order{Hold: true})
		*s.ts = w.mention(alice, "deploy "+s.name+" v1.4.2 to production")
		w.click(bob, w.card(*s.ts, 1), "Approve")
		w.begun(len(u.begun) + 1)
		u.begun = w.begins()
	}
	return u
}

// answered answers what became of each of the three, one way each, and wants
// what follows from it.
func (w *world) answered(u under, within time.Duration) {
	w.Helper()
	shop := w.questionWithin(within, u.shop, 1)
	backend := w.questionWithin(within, u.backend, 1)
	site := w.questionWithin(within, u.site, 1)
	w.wantLedger("deploy shop v1.4.2 to production", "deploy backend v1.4.2 to production", "deploy site v1.4.2 to production")

	w.click(dan, shop, "It ran") // not one who may approve there
	w.told(dan, "Only oncall (group) may")
	w.click(bob, shop, "It ran")
	w.ends(u.shop, 1, "done")

	w.order("backend v1.4.2", order{})
	w.click(bob, backend, "It didn't")
	w.ends(u.backend, 1, "failed")
	w.click(carol, w.card(u.backend, 2), "Approve") // a new plan, so approved again
	w.ends(u.backend, 2, "done")

	w.click(bob, site, "Stop")
	w.ends(u.site, 1, "outcome unknown")
	w.wantLedger("deploy shop v1.4.2 to production", "deploy backend v1.4.2 to production", "deploy site v1.4.2 to production", "deploy backend v1.4.2 to production")
	for _, ts := range []string{u.shop, u.backend, u.site} {
		w.wantOneOfEach(ts)
		w.wantSound(ts)
	}
}

// The bot and the whole of its runs are killed, and there is no status command:
// nobody can tell how the deploys ended, so a person is asked, and each answer does what it says.
func TestKilledWithItsSupervisors(t *testing.T) {
	t.Parallel()
	w := newRedisWorld(t, three)
	a := w.boot("A", "data")
	u := w.underWay()
	a.kill()
	a.killSupervisors(true)
	w.must(replace(w.place.path("runs", "shop", "production"), []byte("v1.4.2"))) // it had done its work
	w.boot("A again", "data")
	w.answered(u, patience)
}

// The bot and its supervisors are killed, but the commands live on: the bot waits
// for them, and asks the policy's status command how they ended.
func TestTheStatusCommandTells(t *testing.T) {
	t.Parallel()
	w := newRedisWorld(t, `
version: 1
people:
  oncall: {group: S0ONCALL}
services:
  shop:
    environments:
      production:
        approval: {required: 1, from: [oncall]}
        deploy: {driver: command, start: @deploy@, status: @status@}
        verify:
          - {name: health, http: {url: "@health@/shop/production", json: {version: "${version}"}}, every: 50ms, within: 500ms}
`)
	w.order("shop v1.4.2", order{Hold: true})
	a := w.boot("A", "data")
	ts := w.approved()
	e := w.begun(1)
	a.kill()
	a.killSupervisors(false)
	w.boot("A again", "data")
	w.letGo(e)
	w.ends(ts, 1, "done")
	w.wantOneStart(ts)
	w.wantCount(ts, "human_input_requested", 0)

	// The same from another data folder, which has nothing but the status command to go by.
	w.order("shop v1.4.3", order{Hold: true})
	ts = w.mention(alice, "deploy shop v1.4.3 to production")
	w.click(bob, w.card(ts, 1), "Approve")
	e = w.begun(2)
	w.fleet.bots[len(w.fleet.bots)-1].kill()
	w.boot("B", "elsewhere")
	w.letGo(e)
	w.ends(ts, 1, "done")
	w.wantLedger(shipped, "deploy shop v1.4.3 to production")
	w.wantCount(ts, "human_input_requested", 0)
	w.wantSound(ts)
}

// personAsked is how long a person may have to wait for being asked, with the
// lease that has to end first, and what a busy machine adds.
const personAsked = 60*time.Second + leaseOver + 60*time.Second

// The bot is killed, and another one with a data folder of its own can't know
// what became of the runs: after a minute at most a person is asked.
func TestAnotherDataFolderAsksAPerson(t *testing.T) {
	t.Parallel()
	w := newRedisWorld(t, three)
	a := w.boot("A", "a")
	u := w.underWay()
	a.kill()
	for _, e := range u.begun { // they end by themselves, and only A's folder knows
		w.letGo(e)
	}
	w.boot("B", "b")
	w.answered(u, personAsked)
}

// The same, but the first bot's folder comes back within that minute: nobody is asked.
func TestTheFirstDataFolderComesBack(t *testing.T) {
	t.Parallel()
	w := newRedisWorld(t, standard)
	w.order("shop v1.4.2", order{Hold: true})
	a := w.boot("A", "a")
	ts := w.approved()
	e := w.begun(1)
	a.kill()
	w.boot("B", "b")
	w.letGo(e)
	w.boot("A again", "a")
	w.ends(ts, 1, "done")
	w.wantOneStart(ts)
	w.wantCount(ts, "human_input_requested", 0)
}
