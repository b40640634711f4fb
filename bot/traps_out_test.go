package bot_test

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/releasebot/releasebot/agent"
	"github.com/releasebot/releasebot/bot"
	"github.com/releasebot/releasebot/slacklocal"
	"github.com/releasebot/releasebot/tools"
	"github.com/releasebot/releasebot/tools/deploy"
	"github.com/releasebot/releasebot/tools/healthcheck"
)

// Tests of SLACK.md's traps on the way out, by their numbers there.

// one checks that a thread has one release card and one approval card with live buttons.
func (h *house) one(ts string) slacklocal.Message {
	h.t.Helper()
	card := h.card(ts)
	h.says(ts, "release/1", "waiting for approval")
	if a, b := len(h.view(ts, "release/")), len(h.view(ts, "approval/")); a != 1 || b != 1 {
		h.t.Fatalf("%d release cards and %d approval cards\n%s", a, b, h.show())
	}
	return card
}

// impatient gives up calls soon, and none that a busy machine only delays.
func impatient(c *bot.Config) { c.CallLimit = time.Second }

func TestTrap13RetryOnEOFDoublesAPost(t *testing.T) {
	h := newHouse(t, cfgFast())
	h.boot()
	h.Fail("chat.postMessage", 2, slacklocal.LoseReply())
	ts, _ := h.propose("v1.4.2")
	card := h.one(ts)
	if calls := h.Calls("conversations.replies"); len(calls) == 0 {
		t.Fatal("the thread was not looked at before another post")
	}
	h.click(bob, card.TS, "approve")
	h.says(ts, "release/1", "done")
}

// Whatever goes wrong with posts and edits: one card with live buttons in the end, and one release.
func TestFaultsLeaveOneLiveCard(t *testing.T) {
	for _, f := range []slacklocal.Fault{
		slacklocal.RateLimited(time.Second), slacklocal.RateLimitedBare(), slacklocal.ServerError(500), slacklocal.ServerError(503),
		slacklocal.Hang(), slacklocal.HTMLPage(), slacklocal.LoseReply(), slacklocal.ErrorCode("internal_error"), slacklocal.ErrorCode("ratelimited"),
	} {
		t.Run(f.String(), func(t *testing.T) {
			h := newHouse(t, cfgFast())
			h.boot(impatient)
			h.Fail("chat.postMessage", 1, f)
			h.Fail("chat.update", 1, f)
			h.Fail("conversations.replies", 1, f)
			ts, _ := h.propose("v1.4.2")
			card := h.one(ts)
			h.click(bob, card.TS, "approve")
			h.says(ts, "release/1", "done")
			h.says(ts, "approval/", "approved by")
			h.one2(ts)
			h.wantLedger("deploy shop v1.4.2 to production")
		})
	}
}

// one2 checks that nothing was posted twice.
func (h *house) one2(ts string) {
	h.t.Helper()
	seen := map[string]int{}
	for _, m := range h.view(ts, "") {
		key, _ := m.Metadata.EventPayload["view"].(string)
		if seen[key]++; seen[key] > 1 {
			h.t.Fatalf("%s stands there twice\n%s", key, h.show())
		}
	}
}

func TestTrap14RetryAfterIsHonoured(t *testing.T) {
	h := newHouse(t, cfgFast())
	h.boot()
	h.Fail("chat.postMessage", 1, slacklocal.RateLimited(time.Second))
	ts, _ := h.propose("v1.4.2")
	h.one(ts)
	calls := h.Calls("chat.postMessage")
	if len(calls) != 3 || calls[0].Result != "ratelimited" {
		t.Fatalf("calls: %v", calls)
	}
	if waited := calls[1].At.Sub(calls[0].At); waited < time.Second {
		t.Fatalf("came back after %s, asked to wait 1 s", waited)
	}
}

// Slack's own rates, with the bot's defaults: nothing is ever refused.
func TestTrap15EditsAreCoalesced(t *testing.T) {
	h := newHouse(t, slacklocal.Config{})
	h.deployer.Outcome = func(tools.Call) deploy.State { return deploy.Running }
	h.boot(func(c *bot.Config) { c.PostEvery, c.EditEvery = 0, 300*time.Millisecond })
	ts := h.Post(ann, releases, "@releasebot deploy shop v1.4.2 to staging", "")
	h.says(ts, "release/1", "deploying")
	began := time.Now()
	for i := range 40 {
		h.deployer.Progress(i*2, fmt.Sprintf("step %d", i))
		h.Post(ann, releases, fmt.Sprintf("still there? %d", i), ts)
	}
	h.deployer.Finish("shop", deploy.Succeeded)
	h.says(ts, "release/1", "done")
	edits := h.Calls("chat.update")
	if most := int(time.Since(began)/(300*time.Millisecond)) + 2; len(edits) > most {
		t.Fatalf("%d edits in %s", len(edits), time.Since(began))
	}
	for _, c := range h.Calls() {
		if c.Result == "ratelimited" {
			t.Fatalf("%s was refused for its rate", c.Method)
		}
	}
}

// A burst of releases in one channel keeps Slack's pace of posts.
func TestPostsKeepTheChannelsPace(t *testing.T) {
	h := newHouse(t, slacklocal.Config{})
	h.boot(func(c *bot.Config) { c.PostEvery = 0 })
	var roots []string
	for i := range 7 {
		roots = append(roots, h.Post(ann, releases, fmt.Sprintf("@releasebot deploy shop v1.%d.0 to staging", i), ""))
	}
	for _, ts := range roots {
		h.says(ts, "release/1", "")
	}
	for _, c := range h.Calls("chat.postMessage") {
		if c.Result != "ok" {
			t.Fatalf("a post was answered %s", c.Result)
		}
	}
}

func TestTrap21LargeAnswerTakesTheOtherWay(t *testing.T) {
	h := newHouse(t, cfgFast())
	h.addServices(400)
	h.boot()
	reply := h.Command(ann, releases, "/release", "status")
	m, err := reply.Answer(h.ctx())
	if err != nil {
		t.Fatal(err)
	}
	if !strings.Contains(fmt.Sprint(m.Blocks), "service-0001") {
		t.Fatalf("the answer is %q", m.Text)
	}
	for _, a := range h.Acks() {
		if a.Why == "too large" {
			t.Fatal("an acknowledgement was dropped for its size")
		}
	}
}

func TestTrap22ResponseURLIsUsedSparingly(t *testing.T) {
	h := newHouse(t, cfgFast())
	h.boot()
	for range 8 {
		if _, err := h.Command(ann, releases, "/release", "help").Answer(h.ctx()); err != nil {
			t.Fatal(err)
		}
	}
	if n := len(h.Calls("response_url")); n != 0 {
		t.Fatalf("%d uses of response_urls for answers that fit into acknowledgements", n)
	}
}

// Two who may approve, at the same moment, at two replicas; and 48 more clicks.
func TestTrap23FiftyClicksAtOnceAtTwoBots(t *testing.T) {
	h := newHouse(t, cfgFast())
	h.boot()
	h.boot()
	h.until("four links", func() bool { return h.Connected() == 4 })
	h.DuplicateEvents(2)
	ts, card := h.propose("v1.4.2")
	h.HoldDeliveries()
	for i := range 50 {
		if err := h.Click([]string{bob, cat, ann, gus}[i%4], releases, card.TS, "approve"); err != nil {
			t.Fatal(err)
		}
	}
	h.ReleaseDeliveries()
	h.says(ts, "release/1", "done")
	h.says(ts, "approval/", "approved by")
	h.wait("quiet", h.Idle)
	h.told(gus, "did nothing")
	h.told(ann, "did nothing")
	h.wantLedger("deploy shop v1.4.2 to production")
	h.one2(ts)
	if n := len(h.replies(ts)); n != 2 {
		t.Fatalf("%d messages, want 2\n%s", n, h.show())
	}
}

func TestTrap24StaleClicksAreAnswered(t *testing.T) {
	h := newHouse(t, cfgFast())
	h.boot()
	ts, old := h.propose("v1.4.2")
	h.Post(ann, releases, "@releasebot deploy shop v1.4.3 to production", ts)
	h.wait("a second card", func() bool { return len(h.view(ts, "approval/")) == 2 })
	h.says(ts, "release/1", "superseded")
	h.wait("the old card without buttons", func() bool { return buttons(h.view(ts, "approval/")[0]) == "" })
	if err := h.ClickStale(bob, releases, old.TS, "approve"); err != nil {
		t.Fatal(err)
	}
	h.told(bob, "superseded")
	newer := h.view(ts, "approval/")[1]
	h.click(bob, newer.TS, "approve")
	h.says(ts, "release/2", "done")
	if err := h.ClickStale(cat, releases, newer.TS, "approve"); err != nil {
		t.Fatal(err)
	}
	h.told(cat, "Already approved")
	h.wantLedger("deploy shop v1.4.3 to production")
}

func TestTrap25And26WhoSeesAButtonMayNotPressIt(t *testing.T) {
	h := newHouse(t, cfgFast())
	h.AddGroup("S0ONCALL", "oncall", bob, cat, gus)
	h.boot()
	ts := h.Post(bob, releases, "@releasebot deploy shop v1.4.2 to production", "")
	card := h.card(ts)
	h.click(ann, card.TS, "approve") // not on call
	h.told(ann, "did nothing")
	h.click(gus, card.TS, "approve") // on call, and a guest
	h.told(gus, "Guests")
	h.click(bob, card.TS, "approve") // on call, and it is his own
	h.told(bob, "Nobody approves what they asked for")
	h.HoldDeliveries()
	h.click(cat, card.TS, "approve") // on call, and deactivated before it is looked at
	h.AddUser(slacklocal.User{ID: cat, Name: "cat", Deleted: true})
	h.ReleaseDeliveries()
	h.wait("quiet", h.Idle)
	h.until("four refusals", func() bool { return h.countNotes() == 4 })
	h.wantLedger()
	h.card(ts)
}

// countNotes counts people who were told that what they did does nothing.
func (h *house) countNotes() int {
	n := 0
	for _, u := range []string{ann, bob, cat, gus} {
		for _, m := range h.Ephemerals(u) {
			if strings.Contains(m.Text, "did nothing") {
				n++
			}
		}
	}
	// Who is deactivated can be told nothing; the log has it.
	if id := h.lastThread(); id != "" {
		events, err := agent.ReadEvents(context.Background(), h.store, string(id), 1)
		if err == nil {
			n = 0
			for _, e := range events {
				if e.Type() == "decision_refused" {
					n++
				}
			}
		}
	}
	return n
}

// lastThread is the thread of the first message of the channel.
func (h *house) lastThread() agent.ThreadID {
	all := h.Messages(releases)
	if len(all) == 0 {
		return ""
	}
	return h.thread(all[0].TS)
}

func TestTrap27ClickerOfAnotherTeam(t *testing.T) {
	h := newHouse(t, cfgFast())
	const eve = "U0EVE"
	h.AddUser(slacklocal.User{ID: eve, Name: "eve", TeamID: "T0OTHER"})
	h.AddMember(releases, eve)
	h.AddGroup("S0ONCALL", "oncall", bob, eve)
	n := h.boot()
	ts, card := h.propose("v1.4.2")
	h.click(eve, card.TS, "approve")
	h.told(eve, "other workspaces")
	events, err := n.service.Events(h.ctx(), h.thread(ts), 1)
	if err != nil {
		t.Fatal(err)
	}
	if !slices.ContainsFunc(events, func(e *agent.Event) bool { return e.Actor == agent.SlackActor("T0OTHER", eve) }) {
		t.Fatal("the log does not name their workspace")
	}
	h.wantLedger()
}

// A value of another thread's card, pressed on a message of this one.
func TestTrap28ValuesOfOtherThreads(t *testing.T) {
	h := newHouse(t, cfgFast())
	h.boot()
	_, one := h.propose("v1.4.2")
	other := h.Post(ann, releases, "@releasebot deploy backend v2.0.0 to production", "")
	two := h.card(other)
	forged := map[string]any{
		"envelope_id": "forged", "type": "interactive", "accepts_response_payload": true,
		"payload": map[string]any{
			"type": "block_actions", "team": map[string]any{"id": "T0LOCAL"}, "user": map[string]any{"id": bob, "team_id": "T0LOCAL"},
			"channel": map[string]any{"id": releases}, "container": map[string]any{"type": "message", "message_ts": two.TS, "channel_id": releases, "thread_ts": other},
			"message": map[string]any{"ts": two.TS, "thread_ts": other},
			"actions": []any{map[string]any{"type": "button", "action_id": "approve", "value": one.Buttons()[0].Value, "action_ts": "1900000000.1"}},
		},
	}
	if err := h.SendEnvelope(forged); err != nil {
		t.Fatal(err)
	}
	h.told(bob, "does not belong to this thread")
	h.wantLedger()
}

func TestTrap29NobodyIsPingedByContent(t *testing.T) {
	h := newHouse(t, cfgFast())
	h.boot()
	ts := h.Post(ann, releases, "@releasebot deploy shop v1.4.2 to production", "")
	card := h.card(ts)
	h.click(bob, card.TS, "reject")
	h.wait("the form", func() bool { return len(h.Views(bob)) == 1 })
	reply, err := h.SubmitView(bob, h.Views(bob)[0].ID, map[string]string{"reason": "<!channel> <@U0GUS> wait & see"})
	if err != nil {
		t.Fatal(err)
	}
	if err := reply.Wait(h.ctx()); err != nil {
		t.Fatal(err)
	}
	h.says(ts, "approval/", "rejected")
	h.Post(ann, releases, "@releasebot deploy <!here> to production", ts)
	h.wait("quiet", h.Idle)
	for _, p := range h.Pinged() {
		if p.Target == "channel" || p.Target == "here" || slices.Contains(p.Users, gus) {
			t.Fatalf("%s was pinged by %q", p.Target, p.Text)
		}
	}
}

func TestTrap33ClosedChannelsAreSaidDirectly(t *testing.T) {
	for name, shut := range map[string]func(*house){
		"not in channel": func(h *house) { h.RemoveBot(releases) },
		"archived":       func(h *house) { h.Archive(releases) },
	} {
		t.Run(name, func(t *testing.T) {
			h := newHouse(t, cfgFast())
			h.boot()
			h.HoldDeliveries()
			ts := h.Post(ann, releases, "@releasebot deploy shop v1.4.2 to production", "")
			shut(h)
			h.ReleaseDeliveries()
			dm := h.DM(ann)
			h.wait("a direct message", func() bool {
				return len(h.Messages(dm)) == 1 && strings.Contains(h.Messages(dm)[0].Text, "waiting for approval")
			})
			if text := h.Messages(dm)[0].Text; !strings.Contains(text, releases) {
				t.Fatalf("told %q", text)
			}
			if n := len(h.view(ts, "")); n != 0 {
				t.Fatalf("%d messages", n)
			}
		})
	}
}

// Cards are messages: everybody sees them, and they can be edited.
func TestTrap34CardsAreNoEphemerals(t *testing.T) {
	h := newHouse(t, cfgFast())
	h.boot()
	h.propose("v1.4.2")
	if n := len(h.Calls("chat.postEphemeral")); n != 0 {
		t.Fatalf("%d ephemeral messages for a card", n)
	}
}

func TestTrap40LogsHoldNoWordsAndNoTokens(t *testing.T) {
	h := newHouse(t, cfgFast())
	n := h.boot(impatient)
	h.Fail("chat.postMessage", 1, slacklocal.Hang())
	h.Fail("users.info", 1, slacklocal.ServerError(500))
	ts := h.Post(ann, releases, "@releasebot deploy shop v77.7.7 to production", "")
	card := h.card(ts)
	h.click(gus, card.TS, "approve")
	h.told(gus, "did nothing")
	h.Command(ann, releases, "/release", "reject nonsense zanzibar")
	h.DropSockets()
	h.until("links again", func() bool { return h.Connected() >= 2 && n.Ready() == nil })
	h.Post(ann, releases, "zanzibar", ts)
	h.until("quiet", func() bool { h.RetryNow(); return h.Idle() })
	n.stop()
	for _, secret := range []string{"v77.7.7", "zanzibar", "xoxb-", "xapp-", "ticket="} {
		if strings.Contains(h.logs.String(), secret) {
			t.Errorf("%q was logged:\n%s", secret, h.logs.String())
		}
	}
}

// A view whose blocks Slack refuses is still said, as text.
func TestRefusedBlocksAreShownAsText(t *testing.T) {
	h := newHouse(t, cfgFast())
	h.boot()
	h.Fail("chat.postMessage", 1, slacklocal.ErrorCode("invalid_blocks"))
	ts := h.Post(ann, releases, "@releasebot deploy shop v1.4.2 to staging", "")
	h.says(ts, "release/1", "done")
	h.one2(ts)
}

// A card that was deleted is posted anew once there is something new to show.
func TestDeletedCardComesBack(t *testing.T) {
	h := newHouse(t, cfgFast())
	h.boot()
	ts, card := h.propose("v1.4.2")
	if err := h.DeleteMessage(ann, releases, h.says(ts, "release/1", "waiting for approval").TS); err != nil {
		t.Fatal(err)
	}
	h.Post(ann, releases, "@releasebot hold", ts)
	h.says(ts, "release/1", "held")
	h.Post(ann, releases, "@releasebot resume", ts)
	h.says(ts, "release/1", "waiting for approval")
	h.click(bob, card.TS, "approve")
	h.says(ts, "release/1", "done")
	h.one2(ts)
}

// A store that is away for a while loses neither words nor clicks, and who clicked in vain is told.
func TestStoreAwayLosesNothing(t *testing.T) {
	h := newHouse(t, cfgFast())
	h.boot()
	ts, card := h.propose("v1.4.2")
	h.driver.setAway(true)
	h.click(bob, card.TS, "approve")
	other := h.Post(ann, releases, "@releasebot deploy backend v2.0.0 to production", "")
	h.until("tries", func() bool { return h.driver.refusals() > 6 })
	h.driver.setAway(false)
	h.says(ts, "release/1", "done")
	h.card(other)
}

// Unhealthy: people are told directly, and in the thread.
func TestPagesReachPeopleAndThread(t *testing.T) {
	h := newHouse(t, cfgFast())
	h.health.Set("v6.6.6", healthcheck.Unhealthy)
	h.boot()
	ts, card := h.propose("v6.6.6")
	h.click(bob, card.TS, "approve")
	h.says(ts, "release/1", "unhealthy")
	dm := h.DM(ann)
	h.wait("a page", func() bool { return len(h.Messages(dm)) == 1 })
	text := h.Messages(dm)[0].Text
	for _, want := range []string{"shop in production", "v6.6.6", "unhealthy", "Tried", "You can press"} {
		if !strings.Contains(text, want) {
			t.Errorf("the page does not say %q:\n%s", want, text)
		}
	}
	h.wait("the page in the thread", func() bool {
		return slices.ContainsFunc(h.replies(ts), func(m slacklocal.Message) bool { return m.Text != "" && strings.HasPrefix(text, m.Text) })
	})
}

// With a rollback proposed, the page names what to press, and that is live then.
func TestPageNamesTheRollbacksButtons(t *testing.T) {
	h := newHouse(t, cfgFast())
	h.health.Set("v6.6.6", healthcheck.Unhealthy)
	h.boot()
	first, card := h.propose("v1.4.1")
	h.click(bob, card.TS, "approve")
	h.says(first, "release/1", "done")
	ts := h.Post(ann, releases, "@releasebot deploy shop v6.6.6 to production and page me if it fails", "")
	h.click(bob, h.card(ts).TS, "approve")
	page := h.toldDirectly(ann, "You can press")
	if !strings.Contains(page.Text, "Roll back, or Approve on the card: the rollback to v1.4.1") {
		t.Fatalf("the page says\n%s", page.Text)
	}
	_, id, found := strings.Cut(page.Text, "/release approve ")
	if id, _, _ = strings.Cut(id, "\n"); !found || id == "" {
		t.Fatalf("the page names no command\n%s", page.Text)
	}
	if back := h.pressable(ts, "approval/", "Approve"); back.Buttons()[0].Value != id {
		t.Fatalf("the page names %s, and the card is of %s", id, back.Buttons()[0].Value)
	}
	h.order(cat, "approve "+id)
	h.says(ts, "release/2", "rolled back")
	h.wantLedger("deploy shop v1.4.1 to production", "deploy shop v6.6.6 to production", "rollback shop v1.4.1 to production")
}

// Who can't be paged is missed: in the log of the thread, and in that of the program.
func TestPageThatReachesNobody(t *testing.T) {
	h := newHouse(t, cfgFast())
	n := h.boot()
	ts, _ := h.propose("v1.4.2")
	s := h.state(n, h.thread(ts))
	sent, err := n.Page(h.ctx(), s, s.Releases[0], []string{"U0GONE", bob})
	if err != nil || !slices.Equal(sent.Reached, []string{bob}) || len(sent.Missed) != 1 || !strings.Contains(sent.Missed[0], "U0GONE") {
		t.Fatalf("%+v, %v", sent, err)
	}
	if !strings.Contains(h.logs.String(), "U0GONE") {
		t.Fatal("nothing in the log")
	}
	if _, err := n.Page(h.ctx(), s, s.Releases[0], []string{"U0GONE"}); err == nil {
		t.Fatal("nobody was reached, and that is no error")
	}
}

// Many who look somebody up at once ask Slack once, and a failure is not kept.
func TestDirectoryAsksOnceAndKeepsNoFailure(t *testing.T) {
	h := newHouse(t, cfgFast())
	n := h.boot()
	h.Fail("users.info", 1, slacklocal.ErrorCode("user_not_found"))
	if _, err := n.Person(h.ctx(), bob); err == nil {
		t.Fatal("an error is no person")
	}
	before := len(h.Calls("users.info"))
	var wg sync.WaitGroup
	for range 20 {
		wg.Go(func() {
			if p, err := n.Person(h.ctx(), bob); err != nil || p.ID != bob {
				t.Errorf("%v, %v", p, err)
			}
		})
	}
	wg.Wait()
	if calls := len(h.Calls("users.info")) - before; calls != 1 {
		t.Fatalf("%d calls", calls)
	}
	if _, err := n.Group(h.ctx(), "S0NONE"); err == nil {
		t.Fatal("a group that is not there is no empty group")
	}
}
