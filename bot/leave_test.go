package bot_test

import (
	"strings"
	"testing"

	"github.com/releasebot/releasebot/tools/healthcheck"
)

// A failure is left as it is: by one who may, once, and with nothing left to press.
func TestLeaveIt(t *testing.T) {
	h := newHouse(t, cfgFast())
	h.health.Set("v6.6.6", healthcheck.Unhealthy)
	n := h.boot()
	first, card := h.propose("v1.4.1")
	h.click(bob, card.TS, "approve")
	h.says(first, "release/1", "done")
	ts := h.Post(ann, releases, "@releasebot deploy shop v6.6.6 to production", "")
	h.click(bob, h.card(ts).TS, "approve")
	failed := h.pressable(ts, "release/1", "Leave it")
	if got := buttons(failed); got != "Roll back, Retry, Leave it" {
		t.Fatalf("under the failure stand %q", got)
	}
	h.pressable(ts, "approval/", "Approve")
	h.click(gus, failed.TS, "leave")
	h.told(gus, "did nothing")
	h.click(ann, failed.TS, "leave")
	if m := h.says(ts, "release/1", "left as it is by <@"+ann+">"); buttons(m) != "" {
		t.Errorf("left as it is, the card has the buttons %q", buttons(m))
	}
	h.wait("the rollback is withdrawn", func() bool {
		for _, m := range h.view(ts, "approval/") {
			if strings.Contains(m.Text, "is left as it is") && buttons(m) == "" {
				return true
			}
		}
		return false
	})
	// Late ones, from a card that stood open elsewhere.
	if err := h.ClickStale(bob, releases, failed.TS, "leave"); err != nil {
		t.Fatal(err)
	}
	h.told(bob, "was left as it is by <@"+ann+">")
	if err := h.ClickStale(cat, releases, failed.TS, "retry"); err != nil {
		t.Fatal(err)
	}
	h.told(cat, "was left as it is by <@"+ann+">")
	h.wantLedger("deploy shop v1.4.1 to production", "deploy shop v6.6.6 to production")
	if got := h.events(n, h.thread(ts), "left_as_is"); got != 1 {
		t.Errorf("it is left %d times", got)
	}
	h.until("all is shown for the last time", func() bool { return len(h.state(n, h.thread(ts)).Views) == 0 })
}

// The command does the same.
func TestLeaveItByCommand(t *testing.T) {
	h := newHouse(t, cfgFast())
	h.health.Set("v6.6.6", healthcheck.Unhealthy)
	h.boot()
	ts, card := h.propose("v6.6.6")
	h.click(bob, card.TS, "approve")
	failed := h.pressable(ts, "release/1", "Leave it")
	if said := h.order(ann, "leave"); !strings.Contains(said, "leave ID") {
		t.Errorf("without an id it says %q", said)
	}
	if said := h.order(ann, "leave "+failed.Buttons()[0].Value); !strings.Contains(said, "Noted") {
		t.Fatalf("it says %q", said)
	}
	h.says(ts, "release/1", "left as it is by <@"+ann+">")
}
