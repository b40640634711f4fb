package bot_test

import (
	"strings"
	"testing"

	"github.com/releasebot/releasebot/agent"
	"github.com/releasebot/releasebot/slacklocal"
)

// home waits until somebody's home tab says all of these words.
func (h *house) home(user string, words ...string) slacklocal.View {
	h.t.Helper()
	var v slacklocal.View
	text := ""
	defer func() {
		if h.t.Failed() {
			h.t.Logf("the home tab of %s:\n%s", user, text)
		}
	}()
	h.wait("a home tab with "+strings.Join(words, ", "), func() bool {
		var ok bool
		v, ok = h.Home(user)
		if ok {
			text = h.RenderView(v)
		}
		for _, w := range words {
			if !strings.Contains(text, w) {
				return false
			}
		}
		return ok
	})
	return v
}

func (h *house) openHome(user string) {
	h.t.Helper()
	if err := h.OpenHome(user); err != nil {
		h.t.Fatal(err)
	}
}

// toldDirectly waits for a direct message.
func (h *house) toldDirectly(user, words string) slacklocal.Message {
	h.t.Helper()
	dm := h.DM(user)
	var m slacklocal.Message
	h.wait(user+" being told directly "+words, func() bool {
		for _, m = range h.Messages(dm) {
			if m.BotID != "" && strings.Contains(h.Render(m)+m.Text, words) {
				return true
			}
		}
		return false
	})
	return m
}

// What waits for me stands on my home tab with its buttons, and a click there is the same as one on the card.
func TestHomeTabApproves(t *testing.T) {
	h := newHouse(t, cfgFast())
	n := h.boot()
	ts, _ := h.propose("v1.4.2")
	h.openHome(bob)
	v := h.home(bob, "Waiting for you: 1 approval", "shop", "v1.4.2", "What runs where")
	h.openHome(ann)
	h.home(ann, "Nothing waits for you", "Waiting for others", "My releases", "v1.4.2")
	if err := h.ClickView(bob, v.ID, "approve"); err != nil {
		t.Fatal(err)
	}
	h.says(ts, "release/1", "done")
	h.says(ts, "approval/", "approved by")
	h.home(bob, "Nothing waits for you")
	h.wantLedger("deploy shop v1.4.2 to production")
	if got := h.events(n, h.thread(ts), "decision_received"); got != 1 {
		t.Fatalf("%d decisions", got)
	}
	h.openHome(ann)
	h.home(ann, "v1.4.2", "done")
}

// A form opened from the home tab rejects, with no card behind it.
func TestHomeTabRejects(t *testing.T) {
	h := newHouse(t, cfgFast())
	h.boot()
	ts, _ := h.propose("v1.4.2")
	h.openHome(bob)
	v := h.home(bob, "Waiting for you")
	if err := h.ClickView(bob, v.ID, "reject"); err != nil {
		t.Fatal(err)
	}
	if errs := h.submit(bob, h.form(bob, "Reject"), map[string]string{"reason": "not today"}); len(errs) > 0 {
		t.Fatal(errs)
	}
	h.says(ts, "approval/", "not today")
	h.says(ts, "release/1", "rejected")
	h.home(bob, "Nothing waits for you")
}

// A click on a home tab that is behind: nobody's ephemeral, but a direct message, and a fresh tab.
func TestHomeTabThatIsBehindSaysSo(t *testing.T) {
	h := newHouse(t, cfgFast())
	h.boot()
	ts, card := h.propose("v1.4.2")
	h.openHome(bob)
	v := h.home(bob, "Waiting for you")
	h.click(cat, card.TS, "approve")
	h.says(ts, "release/1", "done")
	if err := h.ClickView(bob, v.ID, "approve"); err != nil {
		t.Fatal(err)
	}
	h.toldDirectly(bob, "Already approved by")
	h.home(bob, "Nothing waits for you")
	if list := h.Ephemerals(bob); len(list) > 0 {
		t.Fatalf("told in a channel: %q", list[0].Text)
	}
	h.wantLedger("deploy shop v1.4.2 to production")
}

// A forged id on the home tab names nothing, and is answered.
func TestHomeTabWithAForgedID(t *testing.T) {
	h := newHouse(t, cfgFast())
	h.boot()
	team := h.Identity().TeamID
	for id, value := range map[string]string{"one": agent.ReleaseID("tabcdefghijkm", 1), "two": "nonsense"} {
		err := h.SendEnvelope(map[string]any{"envelope_id": id, "type": "interactive", "payload": map[string]any{
			"type": "block_actions", "team": map[string]any{"id": team}, "user": map[string]any{"id": bob, "team_id": team},
			"container": map[string]any{"type": "view", "view_id": "V1"}, "view": map[string]any{"id": "V1", "type": "home"},
			"actions": []any{map[string]any{"type": "button", "action_id": "approve", "value": value, "action_ts": "1.1"}},
		}})
		if err != nil {
			t.Fatal(err)
		}
		h.wait("the ack", func() bool { return acked(h, id) })
	}
	h.toldDirectly(bob, "belongs to no release")
}

func TestHomeTabOfGuestsShowsNothing(t *testing.T) {
	h := newHouse(t, cfgFast())
	h.boot()
	h.propose("v1.4.2")
	h.openHome(gus)
	if text := h.RenderView(h.home(gus, "Guests")); strings.Contains(text, "shop") {
		t.Fatalf("a guest sees\n%s", text)
	}
}

// What can't be looked up is said, and the tab comes when it can.
func TestHomeTabWhenSlackIsSlow(t *testing.T) {
	h := newHouse(t, cfgFast())
	h.boot(impatient)
	h.Fail("users.info", -1, slacklocal.ErrorCode("internal_error"))
	h.openHome(bob)
	h.home(bob, "can't look that up")
	h.ClearFaults()
	h.Fail("views.publish", 2, slacklocal.ServerError(503))
	h.openHome(bob)
	h.home(bob, "What runs where")
}
