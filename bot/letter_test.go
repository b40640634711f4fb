package bot_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/slack-go/slack"

	"github.com/releasebot/releasebot/agent"
	"github.com/releasebot/releasebot/bot"
	"github.com/releasebot/releasebot/slacklocal"
)

// begin begins a release outside Slack, as the API does.
func (h *house) begin(n *node, key, words string) agent.ThreadID {
	h.t.Helper()
	id := agent.DedupeThreadID(agent.TokenActor("ci"), key)
	_, err := n.service.Take(h.ctx(), agent.Fact{
		ID: "api/" + key, Thread: id, Actor: agent.TokenActor("ci"), Data: &agent.Trigger{Source: "api", Text: words},
	})
	if err != nil {
		h.t.Fatal(err)
	}
	return id
}

// letters are the bot's direct messages to somebody.
func (h *house) letters(user string) []slacklocal.Message {
	return slices.DeleteFunc(h.Messages(h.DM(user)), func(m slacklocal.Message) bool { return m.BotID == "" })
}

// A release of a service without a channel: those who may approve are told
// directly, decide there, and what they were told says how it went.
func TestWithoutAChannelApproversAreToldDirectly(t *testing.T) {
	h := newHouse(t, cfgFast())
	n := h.boot()
	id := h.begin(n, "one", "deploy shop v1.4.2 to production")
	h.toldDirectly(bob, "/release approve "+agent.ReleaseID(id, 1))
	m := h.toldDirectly(cat, "this service has no channel")
	if text := h.Render(m); !strings.Contains(text, "v1.4.2") || !strings.HasPrefix(buttons(m), "Approve, Reject") {
		t.Fatalf("cat is shown\n%s", text)
	}
	if err := h.Click(cat, h.DM(cat), m.TS, "approve"); err != nil {
		t.Fatal(err)
	}
	for _, who := range []string{bob, cat} {
		h.wait(who+"'s letter saying approved", func() bool {
			list := h.letters(who)
			return len(list) == 1 && strings.Contains(list[0].Text, "approved by <@"+cat+">") && buttons(list[0]) == ""
		})
	}
	h.until("the release", func() bool { return h.state(n, id).Releases[0].Outcome == "done" })
	h.wantLedger("deploy shop v1.4.2 to production")
	if len(h.letters(ann)) > 0 || len(h.Messages(releases)) > 0 {
		t.Fatalf("others were told\n%s", h.show())
	}
	h.until("the letters are done with", func() bool { return len(h.state(n, id).Views) == 0 })
}

// The Reject form opens from a letter as from a card, and a letter decides nothing of another's.
func TestLettersReject(t *testing.T) {
	h := newHouse(t, cfgFast())
	n := h.boot()
	id := h.begin(n, "one", "deploy shop v1.4.2 to production")
	m := h.toldDirectly(bob, "/release approve")
	if err := h.Click(bob, h.DM(bob), m.TS, "reject"); err != nil {
		t.Fatal(err)
	}
	if errs := h.submit(bob, h.form(bob, "Reject"), map[string]string{"reason": "not today"}); len(errs) > 0 {
		t.Fatal(errs)
	}
	h.until("the rejection", func() bool { return h.state(n, id).Releases[0].Outcome == "rejected" })
	h.wait("cat's letter", func() bool { return len(h.letters(cat)) == 1 && strings.Contains(h.letters(cat)[0].Text, "not today") })
}

// A bot that takes the thread over writes no letter twice.
func TestLettersOutliveTheProcess(t *testing.T) {
	h := newHouse(t, cfgFast())
	first := h.boot()
	id := h.begin(first, "one", "deploy shop v1.4.2 to production")
	h.toldDirectly(bob, "/release approve")
	h.toldDirectly(cat, "/release approve")
	h.until("in the log", func() bool { return len(h.state(first, id).Views) == 2 })
	first.stop()
	second := h.boot()
	if said := h.order(bob, "approve "+agent.ReleaseID(id, 1)); !strings.Contains(said, "Noted") {
		t.Fatal(said)
	}
	h.until("the release", func() bool { return h.state(second, id).Releases[0].Outcome == "done" })
	for _, who := range []string{bob, cat} {
		h.wait(who+"'s letter", func() bool { return strings.Contains(h.letters(who)[0].Text, "approved by") })
		if n := len(h.letters(who)); n != 1 {
			t.Fatalf("%d letters to %s\n%s", n, who, h.show())
		}
	}
}

// A channel that is shut: whoever asked hears how it goes, those who may approve can, and once it is open all stands there.
func TestShutChannelIsSaidToAllConcerned(t *testing.T) {
	const private = "C0PRIVATE"
	for name, c := range map[string]struct {
		channel string
		shut    func(*house)
	}{
		"not in channel": {releases, func(h *house) { h.RemoveBot(releases) }},
		"archived":       {releases, func(h *house) { h.Archive(releases) }},
		"not found":      {private, func(h *house) { h.RemoveBot(private) }},
	} {
		t.Run(name, func(t *testing.T) {
			h := newHouse(t, cfgFast())
			h.AddPrivateChannel(private, "private", ann, bob, cat)
			n := h.boot()
			h.HoldDeliveries()
			ts := h.Post(ann, c.channel, "@releasebot deploy shop v1.4.2 to production", "")
			c.shut(h)
			h.ReleaseDeliveries()
			h.toldDirectly(ann, "I can't show your release")
			h.toldDirectly(ann, "waiting for approval")
			m := h.toldDirectly(bob, "I can't write to")
			if err := h.Click(bob, h.DM(bob), m.TS, "approve"); err != nil {
				t.Fatal(err)
			}
			h.toldDirectly(ann, ": done")
			h.toldDirectly(cat, "approved by")
			for _, who := range []string{ann, bob, cat} {
				if n := len(h.letters(who)); n != 1 {
					t.Fatalf("%d letters to %s\n%s", n, who, h.show())
				}
			}
			id := agent.SlackThreadID(h.Identity().TeamID, c.channel, ts)
			if got := h.state(n, id).Releases[0].Outcome; got != "done" {
				t.Fatalf("the release is %q", got)
			}
			h.wantLedger("deploy shop v1.4.2 to production")
		})
	}
}

// Invited at last: the cards stand in the channel, and whoever asked is told so.
func TestChannelThatOpensAgain(t *testing.T) {
	h := newHouse(t, cfgFast())
	h.boot()
	h.HoldDeliveries()
	ts := h.Post(ann, releases, "@releasebot deploy shop v1.4.2 to production", "")
	h.RemoveBot(releases)
	h.ReleaseDeliveries()
	h.toldDirectly(bob, "I can't write to")
	h.InviteBot(releases)
	card := h.card(ts)
	h.toldDirectly(ann, "is shown in")
	h.click(cat, card.TS, "approve")
	h.says(ts, "release/1", "done")
	h.wait("bob's letter says how it was decided", func() bool {
		m := h.letters(bob)[0]
		return strings.Contains(m.Text, "approved by <@"+cat+">") && buttons(m) == ""
	})
	h.one2(ts)
}

// The user-group API is down: the click is refused with that reason, and counts once it is back.
func TestGroupsThatCantBeLookedUp(t *testing.T) {
	h := newHouse(t, cfgFast())
	h.boot(impatient)
	ts, card := h.propose("v1.4.2")
	h.Fail("usergroups.users.list", -1, slacklocal.ErrorCode("plan_upgrade_required"))
	h.click(bob, card.TS, "approve")
	h.told(bob, "did nothing")
	h.wantLedger()
	h.ClearFaults()
	h.click(bob, card.TS, "approve")
	h.says(ts, "approval/", "approved by")
	h.says(ts, "release/1", "done")
	h.wantLedger("deploy shop v1.4.2 to production")
}

// The same with nobody to show it to: who may approve is looked up until it works.
func TestGroupsThatCantBeLookedUpForLetters(t *testing.T) {
	h := newHouse(t, cfgFast())
	n := h.boot(impatient)
	h.Fail("usergroups.users.list", 2, slacklocal.ErrorCode("plan_upgrade_required"))
	h.begin(n, "one", "deploy shop v1.4.2 to production")
	h.toldDirectly(bob, "/release approve")
}

// Who can't be reached directly is logged, once, and keeps nobody else from being told.
func TestWhoCantBeReachedIsLogged(t *testing.T) {
	h := newHouse(t, cfgFast())
	h.AddGroup("S0ONCALL", "oncall", "U0GONE", bob)
	n := h.boot()
	id := h.begin(n, "one", "deploy shop v1.4.2 to production")
	h.toldDirectly(bob, "/release approve")
	h.until("the log", func() bool { return strings.Contains(h.logs.String(), "U0GONE") })
	if err := h.Click(bob, h.DM(bob), h.letters(bob)[0].TS, "approve"); err != nil {
		t.Fatal(err)
	}
	h.until("the release", func() bool { return h.state(n, id).Releases[0].Outcome == "done" })
	h.until("at rest", func() bool { return len(h.state(n, id).Views) == 0 })
}

// Fifty letters keep Slack's rates.
func TestLettersKeepThePace(t *testing.T) {
	h := newHouse(t, slacklocal.Config{})
	n := h.boot(func(c *bot.Config) { c.PostEvery = 0 })
	for _, key := range []string{"one", "two", "three", "four", "five", "six"} {
		h.begin(n, key, "deploy shop v1."+key+" to production")
	}
	h.wait("letters", func() bool { return len(h.letters(bob)) == 6 && len(h.letters(cat)) == 6 })
	for _, c := range h.Calls("chat.postMessage") {
		if c.Result != "ok" {
			t.Fatalf("a letter was answered %s", c.Result)
		}
	}
}

// Words below a message of ours that a thread hangs on, said before anybody has
// bound that place: the message itself says which thread it is.
func TestWordsAreQuickerThanTheAlias(t *testing.T) {
	h := newHouse(t, cfgFast())
	n := h.boot()
	id := h.begin(n, "one", "deploy shop v1.4.2 to production")
	h.toldDirectly(bob, "/release approve")
	api := slack.New("xoxb-1", slack.OptionAPIURL(h.APIURL()))
	_, ts, err := api.PostMessageContext(h.ctx(), releases, slack.MsgOptionText("asks to deploy", false), slack.MsgOptionMetadata(slack.SlackMetadata{
		EventType: "releasebot_view", EventPayload: map[string]any{"thread": string(id), "view": agent.ViewRoot, "version": 1},
	}))
	if err != nil {
		t.Fatal(err)
	}
	h.Post(ann, releases, "@releasebot hold", ts)
	h.until("held", func() bool { return h.state(n, id).Releases[0].Held != "" })
	h.Post(ann, releases, "resume", ts)
	h.until("resumed", func() bool { return h.state(n, id).Releases[0].Held == "" })
	if threads, err := n.service.Threads(h.ctx()); err != nil || len(threads) != 1 {
		t.Fatalf("%d threads, %v", len(threads), err)
	}
}
