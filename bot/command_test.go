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

func TestHomeTabSaysWhatTheBotCanDo(t *testing.T) {
	h := newHouse(t, cfgFast())
	h.boot()
	if err := h.OpenHome(ann); err != nil {
		t.Fatal(err)
	}
	h.wait("the home tab", func() bool { _, ok := h.Home(ann); return ok })
}
