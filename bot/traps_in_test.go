package bot_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/releasebot/releasebot/agent"
	"github.com/releasebot/releasebot/bot"
	"github.com/releasebot/releasebot/slacklocal"
)

// Tests of SLACK.md's traps on the way in, by their numbers there.

// A store that is slower than Slack's patience: the event comes again, and is still one release.
func TestTrap01SlowAppendIsRetriedAndRunsOnce(t *testing.T) {
	cfg := cfgFast()
	cfg.AckWithin = 300 * time.Millisecond
	h := newHouse(t, cfg)
	h.boot()
	release := h.driver.hold()
	ts := h.Post(ann, releases, "@releasebot deploy shop v1.4.2 to production", "")
	h.wait("a retry", func() bool {
		for _, d := range h.Deliveries() {
			if d.Attempt > 0 && d.Event == "app_mention" {
				return true
			}
		}
		return false
	})
	for _, a := range h.Acks() {
		t.Fatalf("%s was acknowledged before it was in the log", a.EnvelopeID)
	}
	release()
	card := h.card(ts)
	h.click(bob, card.TS, "approve")
	h.says(ts, "release/1", "done")
	h.until("quiet", func() bool { h.RetryNow(); return h.Idle() })
	h.wantLedger("deploy shop v1.4.2 to production")
	if n := len(h.view(ts, "approval/")); n != 1 {
		t.Fatalf("%d cards", n)
	}
}

// The same event at a process that has just started: what was taken in is in the log, not in memory.
func TestTrap02DedupeOutlivesTheProcess(t *testing.T) {
	h := newHouse(t, cfgFast())
	first := h.boot()
	ts, card := h.propose("v1.4.2")
	first.stop()
	h.boot()
	if err := h.SendEnvelope(mention("again", ts, "@U deploy shop v1.4.2 to production")); err != nil {
		t.Fatal(err)
	}
	h.wait("the ack", func() bool { return acked(h, "again") })
	h.click(bob, card.TS, "approve")
	h.says(ts, "release/1", "done")
	h.wantLedger("deploy shop v1.4.2 to production")
	if n := len(h.replies(ts)); n != 2 {
		t.Fatalf("%d messages, want 2\n%s", n, h.show())
	}
}

func TestTrap03SameEventInTwoEnvelopes(t *testing.T) {
	h := newHouse(t, cfgFast())
	n := h.boot()
	h.DuplicateEvents(4)
	ts, _ := h.propose("v1.4.2")
	h.wait("quiet", h.Idle)
	if got := h.events(n, h.thread(ts), "trigger"); got != 1 {
		t.Fatalf("%d triggers", got)
	}
}

// A mention comes as app_mention and as message, with ids of their own, in either order.
func TestTrap04MentionAndMessageAreOne(t *testing.T) {
	for _, last := range []bool{false, true} {
		t.Run(fmt.Sprintf("mention last %v", last), func(t *testing.T) {
			cfg := cfgFast()
			cfg.MentionLast = last
			h := newHouse(t, cfg)
			n := h.boot()
			ts, _ := h.propose("v1.4.2")
			reply := h.Post(ann, releases, "@releasebot hold", ts)
			h.says(ts, "release/1", "held")
			h.wait("quiet", h.Idle)
			id := h.thread(ts)
			if a, b := h.events(n, id, "trigger"), h.events(n, id, "message"); a != 1 || b != 1 {
				t.Fatalf("%d triggers and %d messages for two messages (the reply is %s)", a, b, reply)
			}
		})
	}
}

func TestTrap05UnknownAndBrokenEnvelopesAreAcknowledged(t *testing.T) {
	h := newHouse(t, cfgFast())
	n := h.boot()
	event := func(e map[string]any) map[string]any {
		return map[string]any{"type": "event_callback", "team_id": h.Identity().TeamID, "event": e}
	}
	for id, frame := range map[string]map[string]any{
		"kind":    {"type": "quantum_events", "payload": map[string]any{"x": 1}},
		"event":   {"type": "events_api", "payload": event(map[string]any{"type": "moon_landed", "user": ann})},
		"list":    {"type": "events_api", "payload": []any{1, 2}},
		"nothing": {"type": "interactive"},
		"odd":     {"type": "interactive", "payload": map[string]any{"type": "dialog_submission", "user": ann}},
		"command": {"type": "slash_commands", "payload": "no object"},
	} {
		frame["envelope_id"] = id
		if err := h.SendEnvelope(frame); err != nil {
			t.Fatal(err)
		}
		h.wait("the ack of "+id, func() bool { return acked(h, id) })
	}
	if err := n.Ready(); err != nil {
		t.Fatal(err)
	}
}

// A block of a kind that nobody knows costs nothing: the words still count.
func TestTrap05BrokenBlockKeepsTheWords(t *testing.T) {
	h := newHouse(t, cfgFast())
	n := h.boot()
	ts := h.Post(ann, releases, "the root", "")
	e := mention("blocks", "", "<@"+h.Identity().BotUserID+"> deploy shop v1.4.2 to production")
	inner := e["payload"].(map[string]any)["event"].(map[string]any)
	inner["ts"], inner["thread_ts"] = "1900000000.000001", ts
	inner["blocks"] = []any{map[string]any{"type": "section", "text": 12}, map[string]any{"type": "hologram"}, "x"}
	if err := h.SendEnvelope(e); err != nil {
		t.Fatal(err)
	}
	h.card(ts)
	if got := h.events(n, h.thread(ts), "trigger"); got != 1 {
		t.Fatalf("%d triggers", got)
	}
}

// A link that goes away while the store is slow: its acknowledgements go nowhere, and Slack sends again.
func TestTrap06AckGoesOnItsOwnSocketOrNowhere(t *testing.T) {
	h := newHouse(t, cfgFast())
	h.boot()
	release := h.driver.hold()
	ts := h.Post(ann, releases, "@releasebot deploy shop v1.4.2 to production", "")
	h.wait("the envelope", func() bool { return len(h.Deliveries()) >= 2 })
	before := h.Sockets()
	h.Disconnect("refresh_requested")
	h.wait("new links", func() bool {
		now := h.Sockets()
		return h.Connected() >= 2 && now[0].ID != before[0].ID
	})
	release()
	h.RetryNow()
	h.card(ts)
	for _, a := range h.Acks() {
		if a.Why == "other socket" {
			t.Fatalf("the ack of %s went out on another socket", a.EnvelopeID)
		}
	}
}

// A store that does not answer stops neither the reading of the links nor their pings.
func TestTrap08SlowConsumerKeepsItsLinks(t *testing.T) {
	cfg := cfgFast()
	cfg.PingEvery = 20 * time.Millisecond
	h := newHouse(t, cfg)
	n := h.boot()
	before := h.Sockets()
	release := h.driver.hold()
	var roots []string
	for i := range 100 {
		roots = append(roots, h.Post(ann, releases, fmt.Sprintf("@releasebot deploy shop v1.%d.0 to staging", i), ""))
	}
	h.wait("all deliveries", func() bool { return len(h.Deliveries()) >= 200 })
	if err := n.Ready(); err != nil {
		t.Fatal(err)
	}
	release()
	for _, ts := range roots {
		h.wait("an answer to "+ts, func() bool { return len(h.view(ts, "release/1")) == 1 })
	}
	if after := h.Sockets(); len(after) != 2 || after[0].ID != before[0].ID || after[1].ID != before[1].ID {
		t.Fatalf("the links changed: %v, then %v", before, after)
	}
}

// While every link is refreshed one after the other, there is always one, and no click is lost.
func TestTrap09RefreshLosesNothing(t *testing.T) {
	h := newHouse(t, cfgFast())
	h.boot()
	ts, card := h.propose("v1.4.2")
	sub := h.Subscribe()
	defer sub.Close()
	for i, s := range h.Sockets() {
		h.Disconnect([]string{"warning", "refresh_requested"}[i%2], s.ID)
		user := []string{ann, gus}[i%2] // neither may approve: both are told
		h.click(user, card.TS, "approve")
		h.told(user, "did nothing")
		h.wait("two links", func() bool { return h.Connected() >= 2 })
	}
	h.click(bob, card.TS, "approve")
	h.says(ts, "release/1", "done")
	for _, d := range h.Deliveries() {
		if d.Lost {
			t.Fatalf("a delivery of %s was lost", d.Event)
		}
	}
}

func TestTrap10TooManyWebsocketsIsNoHotLoop(t *testing.T) {
	h := newHouse(t, cfgFast())
	began := time.Now()
	n := h.start(func(c *bot.Config) { c.Sockets = 12 })
	h.until("as many links as there may be", func() bool { return h.Connected() >= 10 && n.Ready() == nil })
	h.wait("the others being refused", func() bool { return len(h.Calls("apps.connections.open")) >= 12 })
	// Clicks and talk go by without further tries: each of the two comes again after five seconds at the earliest.
	ts, _ := h.propose("v1.4.2")
	h.says(ts, "release/1", "waiting for approval")
	calls := len(h.Calls("apps.connections.open"))
	if most := 13 + 2*int(time.Since(began)/(5*time.Second)); calls > most {
		t.Fatalf("%d connections were opened for 12 links, more than %d", calls, most)
	}
}

func TestTrap11HungConnectionIsNotReady(t *testing.T) {
	h := newHouse(t, cfgFast())
	h.Fail("apps.connections.open", -1, slacklocal.Hang())
	n := h.start(func(c *bot.Config) { c.CallLimit = time.Second })
	h.until("a reason", func() bool {
		err := n.Ready()
		return err != nil && strings.Contains(err.Error(), "apps.connections.open")
	})
	h.ClearFaults()
	h.until("ready", func() bool { return n.Ready() == nil })
}

func TestTrap11NoHelloIsNotReady(t *testing.T) {
	h := newHouse(t, cfgFast())
	h.WithholdHello(true)
	n := h.start()
	h.wait("sockets", func() bool { return len(h.Sockets()) >= 2 })
	if n.Ready() == nil {
		t.Fatal("ready without a hello")
	}
}

func TestTrap12BadTokenEndsRun(t *testing.T) {
	for _, method := range []string{"apps.connections.open", "auth.test"} {
		for _, code := range []string{"invalid_auth", "account_inactive", "not_authed", "token_revoked", "missing_scope", "not_allowed_token_type", "token_expired"} {
			t.Run(method+" "+code, func(t *testing.T) {
				h := newHouse(t, cfgFast())
				h.Fail(method, -1, slacklocal.ErrorCode(code))
				n := h.start()
				select {
				case <-n.ended:
				case <-h.ctx().Done():
					t.Fatal("Run goes on")
				}
				if n.err == nil || !strings.Contains(n.err.Error(), code) || strings.Contains(n.err.Error(), "secret") {
					t.Fatalf("Run returned %v", n.err)
				}
			})
		}
	}
}

func TestTrap16And17OwnMessagesAndEditsAreNoWords(t *testing.T) {
	h := newHouse(t, cfgFast())
	n := h.boot()
	ts, card := h.propose("v1.4.2")
	if err := h.EditMessage(ann, releases, ts, "@releasebot deploy backend v9 to production"); err != nil {
		t.Fatal(err)
	}
	aside := h.Post(ann, releases, "thank you", ts)
	if err := h.DeleteMessage(ann, releases, aside); err != nil {
		t.Fatal(err)
	}
	h.click(bob, card.TS, "approve") // the cards are edited, and come back as message_changed
	h.says(ts, "release/1", "done")
	h.wait("quiet", h.Idle)
	id := h.thread(ts)
	if a, b := h.events(n, id, "trigger"), h.events(n, id, "message"); a != 1 || b != 1 {
		t.Fatalf("%d triggers and %d messages, want 1 and 1", a, b)
	}
	h.wantLedger("deploy shop v1.4.2 to production")
}

func TestTrap18DirectMessageNeedsNoMention(t *testing.T) {
	h := newHouse(t, cfgFast())
	h.boot()
	dm := h.DM(ann)
	ts := h.Post(ann, dm, "deploy shop v1.4.2 to production", "")
	says := func(words string) func() bool {
		return func() bool {
			for _, m := range h.Thread(dm, ts) {
				if m.BotID != "" && strings.Contains(m.Text, words) {
					return true
				}
			}
			return false
		}
	}
	h.wait("a card", says("waiting for approval"))
	h.Post(ann, dm, "hold", ts)
	h.wait("held", says("held"))
}

// What is asked of Slack about people, and of the store, does not stand before the form.
func TestTrap19FormOpensBeforeAnythingSlow(t *testing.T) {
	h := newHouse(t, cfgFast())
	h.boot()
	ts, card := h.propose("v1.4.2")
	h.Fail("users.info", -1, slacklocal.Hang())
	h.Fail("usergroups.users.list", -1, slacklocal.Hang())
	release := h.driver.hold()
	h.click(bob, card.TS, "reject")
	h.wait("the form", func() bool { return len(h.Views(bob)) == 1 })
	release()
	h.ClearFaults()
	reply, err := h.SubmitView(bob, h.Views(bob)[0].ID, map[string]string{"reason": "deploy the backend first"})
	if err != nil {
		t.Fatal(err)
	}
	if err := reply.Wait(h.ctx()); err != nil {
		t.Fatal(err)
	}
	h.says(ts, "approval/", "deploy the backend first")
	h.says(ts, "release/1", "rejected")
}

func TestTrap20FormErrorsAreKeyedByBlock(t *testing.T) {
	h := newHouse(t, cfgFast())
	h.boot()
	ts, card := h.propose("v1.4.2")
	h.click(bob, card.TS, "reject")
	h.wait("the form", func() bool { return len(h.Views(bob)) == 1 })
	view := h.Views(bob)[0].ID
	blank, err := h.SubmitView(bob, view, map[string]string{"reason": "   "})
	if err != nil {
		t.Fatal(err)
	}
	if err := blank.Wait(h.ctx()); err != nil || blank.Errors()["reason"] == "" {
		t.Fatalf("errors %v, %v", blank.Errors(), err)
	}
	h.driver.setAway(true)
	lost, err := h.SubmitView(bob, view, map[string]string{"reason": "not today"})
	if err != nil {
		t.Fatal(err)
	}
	if err := lost.Wait(h.ctx()); err != nil || !strings.Contains(lost.Errors()["reason"], "press Reject again") {
		t.Fatalf("errors %v, %v", lost.Errors(), err)
	}
	h.driver.setAway(false)
	again, err := h.SubmitView(bob, view, map[string]string{"reason": "not today"})
	if err != nil {
		t.Fatal(err)
	}
	if err := again.Wait(h.ctx()); err != nil || len(again.Errors()) > 0 {
		t.Fatalf("errors %v, %v", again.Errors(), err)
	}
	h.says(ts, "approval/", "not today")
}

func TestTrap35ReplyBelongsToItsThread(t *testing.T) {
	h := newHouse(t, cfgFast())
	n := h.boot()
	ts, _ := h.propose("v1.4.2")
	reply := h.Post(ann, releases, "@releasebot status", ts)
	h.wait("an answer in the thread", func() bool { return len(h.view(ts, "answer/")) == 1 })
	if known, err := n.service.Known(h.ctx(), h.thread(reply)); err != nil || known {
		t.Fatalf("a reply began a thread of its own (%v)", err)
	}
	// A mention in a thread that is not ours takes that thread, from its root.
	root := h.Post(bob, releases, "the site is slow", "")
	inner := h.Post(ann, releases, "@releasebot deploy backend v2.0.0 to production", root)
	h.card(root)
	if known, err := n.service.Known(h.ctx(), h.thread(inner)); err != nil || known {
		t.Fatalf("a mention in a thread began one of its own (%v)", err)
	}
}

// A reply that came before its thread was there is taken in when the thread begins.
func TestReplyBeforeItsThread(t *testing.T) {
	h := newHouse(t, cfgFast())
	n := h.boot()
	h.HoldDeliveries()
	ts := h.Post(ann, releases, "@releasebot deploy shop v1.4.2 to production", "")
	began := time.Now()
	h.Post(bob, releases, "hold", ts)
	h.Post(cat, releases, "lovely weather", ts)
	h.until("a delay that people can reply in", func() bool { return time.Since(began) > 1100*time.Millisecond })
	h.ReleaseDeliveriesReversed()
	h.says(ts, "release/1", "held")
	h.until("both replies", func() bool { return h.events(n, h.thread(ts), "message") == 2 })
}

// Talk in channels and in threads of others is neither stored nor logged.
func TestTalkElsewhereIsDroppedUnread(t *testing.T) {
	h := newHouse(t, cfgFast())
	n := h.boot()
	root := h.Post(bob, releases, "lunch-plans anyone", "")
	h.Post(cat, releases, "lunch-plans yes", root)
	h.wait("quiet", h.Idle)
	if known, err := n.service.Known(h.ctx(), h.thread(root)); err != nil || known {
		t.Fatalf("talk was taken in (%v)", err)
	}
	if strings.Contains(h.logs.String(), "lunch-plans") {
		t.Fatal("talk was logged")
	}
}

func TestTrap37StopActs(t *testing.T) {
	h := newHouse(t, cfgFast())
	h.boot()
	ts, _ := h.propose("v1.4.2")
	h.Post(ann, releases, "stop", ts) // without a mention
	h.says(ts, "release/1", "canceled")

	ts, _ = h.propose("v1.4.3")
	e := mention("stopped", "", "")
	e["payload"].(map[string]any)["event"] = map[string]any{
		"type": "agent_session_stopped", "user": ann, "channel": releases, "thread_ts": ts, "event_ts": "1900000000.000009", "ts": "1900000000.000009",
	}
	if err := h.SendEnvelope(e); err != nil {
		t.Fatal(err)
	}
	h.says(ts, "release/1", "canceled")
}

func TestTrap39PanicCostsOneEvent(t *testing.T) {
	h := newHouse(t, cfgFast())
	n := h.boot(func(c *bot.Config) {
		c.Parse = func(text string, _ agent.Catalog) agent.Intent {
			panic("a secret in a panic: " + text)
		}
	})
	ts, card := h.propose("v1.4.2")
	h.Command(ann, releases, "/release", "boom")
	h.wait("the panic", func() bool { return strings.Contains(h.logs.String(), "panicked") })
	h.click(bob, card.TS, "approve")
	h.says(ts, "release/1", "done")
	if err := n.Ready(); err != nil {
		t.Fatal(err)
	}
	if logged := h.logs.String(); !strings.Contains(logged, "panicked") || strings.Contains(logged, "a secret in a panic") {
		t.Fatalf("logged: %s", logged)
	}
}

// mention is an app_mention in an envelope of its own.
func mention(envelope, ts, text string) map[string]any {
	return map[string]any{
		"envelope_id": envelope, "type": "events_api", "accepts_response_payload": false, "retry_attempt": 1, "retry_reason": "timeout",
		"payload": map[string]any{"type": "event_callback", "team_id": "T0LOCAL", "event_id": "Ev" + envelope, "event": map[string]any{
			"type": "app_mention", "user": ann, "team": "T0LOCAL", "channel": releases, "ts": ts, "event_ts": ts, "text": text,
		}},
	}
}

func acked(h *house, envelope string) bool {
	for _, a := range h.Acks() {
		if a.EnvelopeID == envelope {
			return a.Counted
		}
	}
	return false
}

// The acknowledgement of words that came late waits for the log, and not for Slack's answer about their thread.
func TestAnOldMentionIsAcknowledgedBeforeItsThreadIsRead(t *testing.T) {
	h := newHouse(t, cfgFast())
	n := h.boot()
	h.Fail("conversations.replies", 1, slacklocal.Hang())
	if err := h.SendEnvelope(mention("late", "1700000000.000100", "@releasebot deploy shop v1.4.2 to production")); err != nil {
		t.Fatal(err)
	}
	h.wait("the acknowledgement in time", func() bool { return acked(h, "late") })
	if known, err := n.service.Known(h.ctx(), h.thread("1700000000.000100")); err != nil || !known {
		t.Fatalf("it was acknowledged and is not in the log (%v)", err)
	}
	h.until("the look at its thread", func() bool { return len(h.Calls("conversations.replies")) > 0 })
}
