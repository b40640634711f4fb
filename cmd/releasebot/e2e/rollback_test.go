package e2e

import (
	"strings"
	"testing"

	"github.com/releasebot/releasebot/slacklocal"
)

// paging is standard with people to page and checks that fail soon.
const paging = `
version: 1
people:
  oncall: {group: S0ONCALL}
  dan: {user: U0DAN}
services:
  shop:
    environments:
      production:
        approval: {required: 1, from: [oncall]}
        deploy: {driver: command, start: @deploy@}
        verify:
          - {name: health, http: {url: "@health@/shop/production", json: {version: "${version}"}}, every: 50ms, within: 300ms}
        page: [dan]
`

// release brings a version of shop to production, from the mention to healthy.
func (w *world) release(version string) (ts string) {
	w.Helper()
	ts = w.mention(alice, "deploy shop "+version+" to production")
	w.click(bob, w.card(ts, 1), "Approve")
	w.ends(ts, 1, "done")
	return ts
}

// Unhealthy after a deploy: the rollback to the last healthy version is
// proposed, approved by a click, and done.
func TestUnhealthyIsRolledBack(t *testing.T) {
	t.Parallel()
	w := newWorld(t, paging)
	w.boot("A", "data")
	w.release("v1.0.0")
	w.setSick("shop v1.1.0", true)
	ts := w.mention(alice, "deploy shop v1.1.0 to production and page me if health checks fail")
	w.click(bob, w.card(ts, 1), "Approve")
	w.ends(ts, 1, "unhealthy")
	w.paged(alice, "v1.1.0", "unhealthy")
	w.paged(dan, "v1.1.0", "unhealthy")
	w.wantLedger("deploy shop v1.0.0 to production", "deploy shop v1.1.0 to production")

	back := w.card(ts, 2)
	if text := w.slack.Render(back); !containsAll(strings.ToLower(text), []string{"roll", "v1.0.0"}) {
		t.Errorf("the proposal does not say what it goes back to:\n%s", text)
	}
	w.click(dan, back, "Approve") // on nobody's list
	w.told(dan, "Only oncall (group) may approve")
	w.click(carol, back, "Approve")
	w.ends(ts, 2, "rolled back")
	w.wantLedger("deploy shop v1.0.0 to production", "deploy shop v1.1.0 to production", "rollback shop v1.0.0 to production")
	if got := w.place.running("shop", "production"); got != "v1.0.0" {
		t.Errorf("%s runs in production", got)
	}
	w.wantOneOfEach(ts)
	w.wantSound(ts)
}

// Roll back stands on a release's card when it is done: from one who may approve
// there the click is also the approval, from another it asks for one.
func TestTheRollBackButton(t *testing.T) {
	t.Parallel()
	w := newWorld(t, paging)
	w.boot("A", "data")
	w.release("v1.0.0")
	ts := w.release("v1.1.0")
	card := w.view(ts, "release/1", "with Roll back", func(m slacklocal.Message) bool { return strings.Contains(buttons(m), "Roll back") })
	w.click(bob, card, "Roll back")
	w.ends(ts, 2, "rolled back")
	w.wantLedger("deploy shop v1.0.0 to production", "deploy shop v1.1.0 to production", "rollback shop v1.0.0 to production")

	ts = w.release("v1.2.0")
	card = w.view(ts, "release/1", "with Roll back", func(m slacklocal.Message) bool { return strings.Contains(buttons(m), "Roll back") })
	w.click(dan, card, "Roll back")
	asked := w.card(ts, 2)
	w.told(dan, "waits for an approval")
	w.wantLedger("deploy shop v1.0.0 to production", "deploy shop v1.1.0 to production", "rollback shop v1.0.0 to production", "deploy shop v1.2.0 to production")
	w.click(carol, asked, "Approve")
	w.ends(ts, 2, "rolled back")
	if got := w.place.running("shop", "production"); got != "v1.0.0" {
		t.Errorf("%s runs in production", got)
	}
}

// With no version that was ever healthy there is nothing to go back to: no
// rollback is offered, and people are paged.
func TestUnhealthyAndNothingToGoBackTo(t *testing.T) {
	t.Parallel()
	w := newWorld(t, paging)
	w.boot("A", "data")
	w.setSick("shop v1.0.0", true)
	ts := w.mention(alice, "deploy shop v1.0.0 to production")
	w.click(bob, w.card(ts, 1), "Approve")
	m := w.ends(ts, 1, "unhealthy")
	w.paged(dan, "v1.0.0", "unhealthy")
	w.says(ts, "release/1", "nothing to roll back to")
	if strings.Contains(buttons(m), "Roll back") || len(w.views(ts, "release/2")) > 0 {
		t.Errorf("a rollback is offered\n%s", w.show())
	}
	w.wantCount(ts, "rollback_proposed", 0)
	w.wantLedger("deploy shop v1.0.0 to production")
}

// paged waits until somebody got a direct message with these words.
func (w *world) paged(user string, words ...string) {
	w.Helper()
	dm := w.slack.DM(user)
	w.wait(user+" being paged", func() bool {
		for _, m := range w.slack.Messages(dm) {
			if containsAll(m.Text, words) {
				return true
			}
		}
		return false
	})
}
