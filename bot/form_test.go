package bot_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/releasebot/releasebot/agent"
	"github.com/releasebot/releasebot/agent/agenttest"
	"github.com/releasebot/releasebot/policy"
	"github.com/releasebot/releasebot/slacklocal"
	"github.com/releasebot/releasebot/tools"
	"github.com/releasebot/releasebot/tools/deploy"
)

// rules replaces the policy file.
func (h *house) rules(file string) {
	h.t.Helper()
	var err error
	if h.policy, err = policy.Parse("releasebot.yml", []byte(file), agenttest.Registry()); err != nil {
		h.t.Fatal(err)
	}
}

// frozenFile has a production that is always frozen, and a staging without approvals that on-call may take over.
const frozenFile = `
version: 1
people:
  oncall: {group: S0ONCALL}
services:
  shop:
    environments:
      staging:
        approval: {required: 0, from: [oncall]}
        deploy: {driver: fake}
      production:
        approval: {required: 1, from: [oncall]}
        deploy: {driver: fake}
        freeze:
          - {from: "Mon 00:00", until: "Thu 00:00", zone: UTC, reason: inventory}
          - {from: "Thu 00:00", until: "Mon 00:00", zone: UTC, reason: inventory}
`

// form waits for the form in front of somebody, and returns its id.
func (h *house) form(user, title string) slacklocal.View {
	h.t.Helper()
	var v slacklocal.View
	h.wait("a form "+title, func() bool {
		list := h.Views(user)
		if len(list) == 0 {
			return false
		}
		v = list[len(list)-1]
		return strings.Contains(v.Title, title)
	})
	return v
}

// submit fills a form in, and returns what it shows as wrong.
func (h *house) submit(user string, v slacklocal.View, values map[string]string) map[string]string {
	h.t.Helper()
	reply, err := h.SubmitView(user, v.ID, values)
	if err != nil {
		h.t.Fatal(err)
	}
	if err := reply.Wait(h.ctx()); err != nil {
		h.t.Fatal(err)
	}
	return reply.Errors()
}

// pressable waits until a view of the thread has a button, and returns the message.
func (h *house) pressable(ts, view, button string) slacklocal.Message {
	h.t.Helper()
	var m slacklocal.Message
	h.wait(view+" with "+button, func() bool {
		for _, m = range h.view(ts, view) {
			if strings.Contains(buttons(m), button) {
				return true
			}
		}
		return false
	})
	return m
}

// A freeze refuses; one on call breaks the glass with a reason, another approves, and it ships.
func TestBreakGlassForm(t *testing.T) {
	h := newHouse(t, cfgFast())
	h.rules(frozenFile)
	h.boot()
	ts := h.Post(ann, releases, "@releasebot deploy shop v1.4.2 to production", "")
	card := h.pressable(ts, "release/1", "Break glass")
	h.click(bob, card.TS, "break_glass")
	v := h.form(bob, "glass")
	if text := h.RenderView(v); !strings.Contains(text, "shop") {
		t.Errorf("the form does not say what it is about:\n%s", text)
	}
	if errs := h.submit(bob, v, map[string]string{"reason": "  "}); errs["reason"] == "" {
		t.Fatalf("a blank reason was taken: %v", errs)
	}
	if errs := h.submit(bob, v, map[string]string{"reason": "the shop is down"}); len(errs) > 0 {
		t.Fatal(errs)
	}
	again := h.pressable(ts, "approval/", "Approve")
	h.click(bob, again.TS, "approve") // the one who broke the glass
	h.told(bob, "somebody else")
	h.click(cat, again.TS, "approve")
	h.says(ts, "release/2", "done")
	h.wantLedger("deploy shop v1.4.2 to production")
}

// A change is a new plan with a card of its own; the one that was proposed is superseded.
func TestChangeForm(t *testing.T) {
	h := newHouse(t, cfgFast())
	h.boot()
	ts, card := h.propose("v1.4.2")
	h.pressable(ts, "approval/", "Change")
	h.click(bob, card.TS, "edit")
	v := h.form(bob, "Change")
	if text := h.RenderView(v); !strings.Contains(text, "staging") {
		t.Errorf("the form does not offer the other environment:\n%s", text)
	}
	if errs := h.submit(bob, v, map[string]string{}); len(errs) != 1 || errs["version"] == "" {
		t.Fatalf("an empty change: %v", errs)
	}
	if errs := h.submit(bob, v, map[string]string{"version": "v1.4.3"}); len(errs) > 0 {
		t.Fatal(errs)
	}
	h.says(ts, "approval/", "v1.4.3")
	h.wait("the first card superseded", func() bool { return strings.Contains(h.view(ts, "approval/")[0].Text, "superseded") })
	h.click(cat, h.pressable(ts, "approval/", "Approve").TS, "approve")
	h.says(ts, "release/2", "done")
	h.wantLedger("deploy shop v1.4.3 to production")
}

// Who waits takes the environment over with a reason; the form can't do what is not theirs to do.
func TestTakeOverForm(t *testing.T) {
	h := newHouse(t, cfgFast())
	h.rules(frozenFile)
	h.deployer.Outcome = func(tools.Call) deploy.State { return deploy.Running }
	n := h.boot()
	first := h.Post(ann, releases, "@releasebot deploy shop v1.4.2 to staging", "")
	h.says(first, "release/1", "deploying")
	second := h.Post(ann, releases, "@releasebot deploy shop v1.4.3 to staging", "")
	card := h.pressable(second, "release/1", "Take over")
	h.click(bob, card.TS, "take_over")
	v := h.form(bob, "Take")
	if errs := h.submit(bob, v, map[string]string{"reason": "it can't wait"}); len(errs) > 0 {
		t.Fatal(errs)
	}
	h.told(bob, "under way") // a start that is unfinished is never taken from
	id := agent.ReleaseID(h.thread(second), 1)
	if said := h.order(bob, "take "+id); !strings.Contains(said, "Say why") {
		t.Fatal(said)
	}
	if said := h.order(bob, "take over "+id+" it really can't"); !strings.Contains(said, "Noted") {
		t.Fatal(said)
	}
	h.until("the second judgement", func() bool { return h.events(n, h.thread(second), "decision_refused") == 2 })
	h.deployer.Finish("shop", deploy.Succeeded)
	h.says(first, "release/1", "done")
}

// A form whose ids name another thread than the one it was opened in does nothing there.
func TestFormOfAnotherThread(t *testing.T) {
	h := newHouse(t, cfgFast())
	h.boot()
	one, _ := h.propose("v1.4.2")
	other := h.Post(ann, releases, "@releasebot deploy backend v2.0.0 to production", "")
	theirs := h.card(other)
	forged := map[string]any{
		"id": "V0FORGED", "type": "modal", "team_id": h.Identity().TeamID, "callback_id": "break_glass",
		"private_metadata": fmt.Sprintf(`{"id":%q,"channel":%q,"ts":%q}`, theirs.Buttons()[0].Value, releases, one),
		"state":            map[string]any{"values": map[string]any{"reason": map[string]any{"reason": map[string]any{"type": "plain_text_input", "value": "because"}}}},
	}
	err := h.SendEnvelope(map[string]any{"envelope_id": "forged", "type": "interactive", "payload": map[string]any{
		"type": "view_submission", "team": map[string]any{"id": h.Identity().TeamID}, "user": map[string]any{"id": bob, "team_id": h.Identity().TeamID}, "view": forged,
	}})
	if err != nil {
		t.Fatal(err)
	}
	h.told(bob, "does not belong to this thread")
	h.wantLedger()
}

// A replica that does not show a thread says all the same what its forms are about.
func TestFormsSayWhatTheyAreAboutOnAnyReplica(t *testing.T) {
	h := newHouse(t, cfgFast())
	h.boot()
	_, card := h.propose("v1.4.2")
	h.boot()
	h.until("four links", func() bool { return h.Connected() == 4 })
	last := ""
	for range 6 {
		h.click(bob, card.TS, "reject")
		var v slacklocal.View
		h.wait("another form", func() bool {
			list := h.Views(bob)
			if len(list) == 1 {
				v = list[0]
			}
			return len(list) == 1 && v.ID != last
		})
		last = v.ID
		if text := h.RenderView(v); !strings.Contains(text, "shop v1.4.2 to production") {
			t.Fatalf("the form says\n%s", text)
		}
	}
}
