package bot_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/releasebot/releasebot/agent"
	"github.com/releasebot/releasebot/agent/planner/rules"
	"github.com/releasebot/releasebot/bot"
	"github.com/releasebot/releasebot/slacklocal"
)

// order gives a command and returns what the asker alone is shown.
func (h *house) order(user, text string) string {
	h.t.Helper()
	m, err := h.Command(user, releases, "/release", text).Answer(h.ctx())
	if err != nil {
		h.t.Fatalf("/release %s: %v", text, err)
	}
	return m.Text + fmt.Sprint(m.Blocks)
}

// root waits for the message that a command's thread hangs on.
func (h *house) root() slacklocal.Message {
	h.t.Helper()
	var root slacklocal.Message
	h.wait("a root message", func() bool {
		for _, m := range h.Messages(releases) {
			if m.BotID != "" && m.ThreadTS == "" {
				root = m
				return true
			}
		}
		return false
	})
	return root
}

// A release by commands alone: asked for, found, approved, looked at.
func TestCommandsPlayARelease(t *testing.T) {
	h := newHouse(t, cfgFast())
	h.boot()
	if said := h.order(ann, "deploy shop v1.4.2 to production"); !strings.Contains(said, "Noted") {
		t.Fatal(said)
	}
	root := h.root()
	card := h.card(root.TS)
	id := card.Buttons()[0].Value
	if said := h.order(bob, "approvals"); !strings.Contains(said, id) {
		t.Fatalf("approvals: %s", said)
	}
	if said := h.order(bob, "approve "+id); !strings.Contains(said, "Noted") {
		t.Fatal(said)
	}
	h.says(root.TS, "release/1", "done")
	h.says(root.TS, "root", "done")
	h.until("the environment's release", func() bool {
		return strings.Contains(h.order(bob, "status shop production"), "shop in production: v1.4.2")
	})
	for text, want := range map[string]string{
		"status shop":                   "v1.4.2",
		"history shop production":       "v1.4.2",
		"why " + id:                     "done",
		"help":                          "What I can do",
		"":                              "What I can do",
		"approve":                       "Say of which release",
		"approve k3m9x2q7p4ab-1":        "No release has the id",
		"approve <!channel>":            "No release has the id",
		"reject " + id:                  "Say why",
		"cancel not-an-id with a story": "No release has the id",
	} {
		if said := h.order(ann, text); !strings.Contains(said, want) {
			t.Errorf("/release %s: %q, want %q in it", text, said, want)
		}
	}
	h.wantLedger("deploy shop v1.4.2 to production")
}

// Words in the Slack thread of a command's release reach that release.
func TestCommandsThreadHearsReplies(t *testing.T) {
	h := newHouse(t, cfgFast())
	h.boot()
	h.order(ann, "deploy shop v1.4.2 to production")
	root := h.root()
	card := h.card(root.TS)
	h.Post(ann, releases, "@releasebot hold", root.TS)
	h.says(root.TS, "release/1", "held")
	h.click(bob, card.TS, "reject")
	h.wait("the form", func() bool { return len(h.Views(bob)) == 1 })
	if title := h.Views(bob)[0].Blocks[0]; !strings.Contains(h.Views(bob)[0].Title+title.Type(), "Reject") {
		t.Fatalf("the form is %v", h.Views(bob)[0])
	}
	h.order(bob, "reject "+card.Buttons()[0].Value+" not today")
	h.says(root.TS, "approval/", "not today")
	if n := len(h.view(root.TS, "")); n != 3 {
		t.Fatalf("%d messages, want root, release and approval\n%s", n, h.show())
	}
}

// What a parser finds missing is asked of the asker alone, and begins nothing.
func TestCommandThatLacksSomethingBeginsNothing(t *testing.T) {
	h := newHouse(t, cfgFast())
	n := h.boot(func(c *bot.Config) {
		c.Parse = func(text string, cat agent.Catalog) agent.Intent {
			if len(cat.Services) == 0 || !strings.HasPrefix(text, "deploy") {
				return agent.Intent{Kind: agent.IntentNone}
			}
			return agent.Intent{Kind: agent.IntentClarify, Question: &agent.Question{Text: "Which version of <shop>?", Options: []string{"deploy shop v1 to production"}}}
		}
	})
	if said := h.order(ann, "deploy shop"); !strings.Contains(said, "Which version of &lt;shop&gt;?") || !strings.Contains(said, "deploy shop v1") {
		t.Fatal(said)
	}
	if said := h.order(ann, "sing a song"); !strings.Contains(said, "What I can do") {
		t.Fatal(said)
	}
	threads, err := n.service.Threads(h.ctx())
	if err != nil || len(threads) != 0 {
		t.Fatalf("%v, %v", threads, err)
	}
}

func TestGuestsAreShownNothing(t *testing.T) {
	h := newHouse(t, cfgFast())
	h.boot()
	if said := h.order(gus, "status"); !strings.Contains(said, "Guests may do nothing") {
		t.Fatal(said)
	}
}

// A command while the store is away: not acknowledged as done, and answered once it is.
func TestCommandWhileStoreIsAway(t *testing.T) {
	h := newHouse(t, cfgFast())
	h.boot()
	h.driver.setAway(true)
	reply := h.Command(ann, releases, "/release", "deploy shop v1.4.2 to production")
	h.until("tries", func() bool { return h.driver.refusals() > 3 })
	if _, acked := reply.Ack(); acked {
		t.Fatal("acknowledged, and not in the log")
	}
	h.driver.setAway(false)
	if m, err := reply.Answer(h.ctx()); err != nil || !strings.Contains(m.Text, "Noted") {
		t.Fatalf("%q, %v", m.Text, err)
	}
	h.card(h.root().TS)
}

// A slow answer comes by the response_url, after an acknowledgement in time.
func TestSlowAnswerComesLater(t *testing.T) {
	h := newHouse(t, cfgFast())
	h.boot()
	h.Fail("users.info", 1, slacklocal.Hang())
	began := time.Now()
	reply := h.Command(ann, releases, "/release", "status")
	m, err := reply.Answer(h.ctx())
	if err != nil || !strings.Contains(m.Text, "Status") {
		t.Fatalf("%q, %v", m.Text, err)
	}
	if _, acked := reply.Ack(); !acked || time.Since(began) < 2*time.Second {
		t.Fatalf("acknowledged: %v, after %s", acked, time.Since(began))
	}
}

// Locks are visible to all, what is asked about them to the asker alone.
func TestCommandsOfLocks(t *testing.T) {
	h := newHouse(t, cfgFast())
	h.boot(parsing)
	if said := h.order(bob, "lock shop production the sale is on"); !strings.Contains(said, "Noted") {
		t.Fatal(said)
	}
	root := h.root()
	h.says(root.TS, "answer/", "shop in production")
	if said := h.order(ann, "locks"); !strings.Contains(said, "the sale is on") {
		t.Fatal(said)
	}
	if said := h.order(ann, "notify shop production"); !strings.Contains(said, "told directly once shop in production is free") {
		t.Fatal(said)
	}
	before := len(h.Messages(releases))
	h.order(bob, "unlock shop production")
	h.toldDirectly(ann, "shop in production is free")
	if said := h.order(ann, "locks"); !strings.Contains(said, "Nothing is locked") {
		t.Fatal(said)
	}
	for _, m := range h.Messages(releases)[before:] {
		if strings.Contains(m.Text, "notify") {
			t.Fatalf("everybody is shown %q", m.Text)
		}
	}
}

// parsing reads commands as the program does.
func parsing(c *bot.Config) {
	p := rules.New()
	c.Parse = func(text string, cat agent.Catalog) agent.Intent {
		cmd, err := p.ParseCommand(text, cat)
		if err != nil {
			return agent.Intent{Kind: agent.IntentClarify, Question: &agent.Question{Text: err.Error()}}
		}
		return cmd.Intent
	}
}

// A thread that stands nowhere ends when what it looked after is over.
func TestNotifyLeavesNothingOpen(t *testing.T) {
	h := newHouse(t, cfgFast())
	n := h.boot(parsing)
	h.order(ann, "notify shop staging")
	h.toldDirectly(ann, "shop in staging is free")
	h.until("nothing open", func() bool {
		threads, err := n.service.Threads(h.ctx())
		return err == nil && len(threads) == 1 && threads[0].State == "done"
	})
	if said := h.order(gus, "notify shop staging"); !strings.Contains(said, "Guests may do nothing") {
		t.Fatal(said)
	}
	if said := h.order(ann, "notify shop moon"); strings.Contains(said, "Noted") {
		t.Fatal(said)
	}
}

func TestMute(t *testing.T) {
	h := newHouse(t, cfgFast())
	n := h.boot()
	muted := func() int {
		list, err := h.store.Index(h.ctx(), agent.IndexMuted)
		if err != nil {
			t.Fatal(err)
		}
		return len(list)
	}
	if said := h.order(ann, "mute"); !strings.Contains(said, "not told any more") || muted() != 1 {
		t.Fatal(said)
	}
	if said := h.order(ann, "UNMUTE"); !strings.Contains(said, "told directly") || muted() != 0 {
		t.Fatal(said)
	}
	if said := h.order(gus, "mute"); !strings.Contains(said, "Guests may do nothing") || muted() != 0 {
		t.Fatal(said)
	}
	if threads, err := n.service.Threads(h.ctx()); err != nil || len(threads) != 0 || len(h.Messages(releases)) != 0 {
		t.Fatalf("%v, %v", threads, err)
	}
}

// Decisions that need a reason ask for it; those with one are judged as buttons are.
func TestCommandsWithReasons(t *testing.T) {
	h := newHouse(t, cfgFast())
	h.rules(frozenFile)
	h.boot()
	ts := h.Post(ann, releases, "@releasebot deploy shop v1.4.2 to production", "")
	h.pressable(ts, "release/1", "Break glass")
	id := agent.ReleaseID(h.thread(ts), 1)
	for text, want := range map[string]string{
		"glass":               "glass ID REASON",
		"break glass " + id:   "Say why",
		"take":                "take ID REASON",
		"takeover nonsense x": "No release has the id",
	} {
		if said := h.order(bob, text); !strings.Contains(said, want) {
			t.Errorf("/release %s: %q, want %q in it", text, said, want)
		}
	}
	h.order(ann, "glass "+id+" because I say so")
	h.told(ann, "did nothing")
	h.order(bob, "Break Glass "+strings.ToUpper(id)+"  the shop is down ")
	card := h.card(ts)
	h.order(cat, "approve "+card.Buttons()[0].Value)
	h.says(ts, "release/2", "done")
}
