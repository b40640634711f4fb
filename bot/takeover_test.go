package bot_test

import (
	"fmt"
	"net/http"
	"strings"
	"sync"
	"testing"

	"github.com/slack-go/slack"

	"github.com/releasebot/releasebot/agent"
	"github.com/releasebot/releasebot/bot"
	"github.com/releasebot/releasebot/slacklocal"
)

// state reads a thread as a process that takes it over would.
func (h *house) state(n *node, id agent.ThreadID) *agent.State {
	h.t.Helper()
	s, err := n.service.Thread(h.ctx(), id)
	if err != nil {
		h.t.Fatal(err)
	}
	return s
}

func yes() bool { return true }

// A process died after it had posted and before that was in the log: the next one finds the cards, and posts none.
func TestTakeOverAdoptsWhatStands(t *testing.T) {
	for _, how := range []string{"mention", "command"} {
		t.Run(how, func(t *testing.T) {
			h := newHouse(t, cfgFast())
			first := h.boot()
			if how == "mention" {
				h.propose("v1.4.2")
			} else {
				h.order(ann, "deploy shop v1.4.2 to production")
				h.card(h.root().TS)
			}
			threads, err := first.service.Threads(h.ctx())
			if err != nil || len(threads) != 1 {
				t.Fatalf("%v, %v", threads, err)
			}
			s := h.state(first, threads[0].ID)
			first.stop()
			s.Views = nil // what `posted` would have said is not in the log
			if how == "command" {
				s.Slack.TS = ""
			}
			posts := len(h.Calls("chat.postMessage"))
			second := h.boot()
			h.until("in step", func() bool { return second.Show(s, 1, yes) != agent.Behind })
			if n := len(h.Calls("chat.postMessage")) - posts; n != 0 {
				t.Fatalf("%d more posts\n%s", n, h.show())
			}
			if len(h.Calls("chat.update")) < 2 {
				t.Fatal("what stands was not rendered again")
			}
			second.Forget(s.ID)
		})
	}
}

func (h *house) api() *slack.Client { return slack.New("xoxb-1", slack.OptionAPIURL(h.APIURL())) }

// twin posts a message of the bot's once more.
func (h *house) twin(m slacklocal.Message) (ts string) {
	h.t.Helper()
	_, ts, err := h.api().PostMessageContext(h.ctx(), releases, slack.MsgOptionText(m.Text, false),
		slack.MsgOptionMetadata(slack.SlackMetadata{EventType: m.Metadata.EventType, EventPayload: m.Metadata.EventPayload}))
	if err != nil {
		h.t.Fatal(err)
	}
	return ts
}

// What somebody wrote below the second of two roots counts, though that root was removed before the words came.
func TestWordsBelowARemovedRoot(t *testing.T) {
	h := newHouse(t, cfgFast())
	first := h.boot()
	h.order(ann, "deploy shop v1.4.2 to production")
	root := h.root()
	h.card(root.TS)
	threads, err := first.service.Threads(h.ctx())
	if err != nil || len(threads) != 1 {
		t.Fatalf("%v, %v", threads, err)
	}
	s := h.state(first, threads[0].ID)
	first.stop()
	twin := h.twin(root)
	h.HoldDeliveries()
	h.Post(ann, releases, "hold", twin)
	s.Views, s.Slack.TS = nil, "" // nobody knows where it stands: both are found
	second := h.boot()
	second.Show(s, 1, yes)
	h.wait("the second root is removed", func() bool {
		m, _ := h.Message(releases, twin)
		return m.Deleted
	})
	h.until("in step", func() bool { return second.Show(s, 1, yes) != agent.Behind })
	second.Forget(s.ID)
	h.ReleaseDeliveries()
	h.says(root.TS, "release/1", "held")
	if n := h.events(second, s.ID, "message"); n != 1 {
		t.Fatalf("%d messages in the log", n)
	}
}

// before is a way to Slack on which something happens right before the first reading of a thread.
type before struct {
	bot.Doer
	reading sync.Once
	happens func()
}

func (d *before) Do(req *http.Request) (*http.Response, error) {
	if strings.HasSuffix(req.URL.Path, "/conversations.replies") {
		d.reading.Do(d.happens)
	}
	return d.Doer.Do(req)
}

// They count, too, if another bot removes that root while this one is about to read it.
func TestWordsBelowARootThatIsBeingRemoved(t *testing.T) {
	h := newHouse(t, cfgFast())
	way := &before{Doer: http.DefaultClient}
	n := h.boot(func(c *bot.Config) { c.Outside.HTTP = way })
	h.order(ann, "deploy shop v1.4.2 to production")
	root := h.root()
	h.card(root.TS)
	threads, err := n.service.Threads(h.ctx())
	if err != nil || len(threads) != 1 {
		t.Fatalf("%v, %v", threads, err)
	}
	twin := h.twin(root)
	way.happens = func() {
		if err := n.service.Alias(h.ctx(), agent.Place{Team: h.Identity().TeamID, Channel: releases, TS: twin}, threads[0].ID); err != nil {
			t.Error(err)
		}
		if _, _, err := h.api().DeleteMessageContext(h.ctx(), releases, twin); err != nil {
			t.Error(err)
		}
	}
	h.Post(ann, releases, "hold", twin)
	h.says(root.TS, "release/1", "held")
	if m, _ := h.Message(releases, twin); !m.Deleted {
		t.Fatal("the words were taken in without a look at what they hang on")
	}
}

// Without the lease nothing is written.
func TestNoLeaseNoWrites(t *testing.T) {
	h := newHouse(t, cfgFast())
	n := h.boot()
	ts, _ := h.propose("v1.4.2")
	s := h.state(n, h.thread(ts))
	h.until("at rest", func() bool { return h.state(n, h.thread(ts)).Version == s.Version })
	other := h.boot()
	calls := len(h.Calls("chat.postMessage", "chat.update", "conversations.replies"))
	asked := make(chan struct{}, 1)
	if other.Show(s, 1, func() bool {
		select {
		case asked <- struct{}{}:
		default:
		}
		return false
	}) != agent.Behind {
		t.Fatal("in step with what was never looked at")
	}
	<-asked
	if n := len(h.Calls("chat.postMessage", "chat.update", "conversations.replies")) - calls; n != 0 {
		t.Fatalf("%d calls without the lease", n)
	}
}

// The same mention at two bots, thrice, and as message too: one thread, one card, one start.
func TestTwoBotsOneMention(t *testing.T) {
	cfg := cfgFast()
	h := newHouse(t, cfg)
	first := h.boot()
	h.boot()
	h.until("four links", func() bool { return h.Connected() == 4 })
	h.HoldDeliveries()
	ts := h.Post(ann, releases, "@releasebot deploy shop v1.4.2 to production", "")
	h.ReleaseDeliveries()
	text := fmt.Sprintf("<@%s> deploy shop v1.4.2 to production", h.Identity().BotUserID)
	for i := range 3 {
		if err := h.SendEnvelope(mention(fmt.Sprintf("again-%d", i), ts, text)); err != nil {
			t.Fatal(err)
		}
	}
	card := h.card(ts)
	h.wait("quiet", h.Idle)
	if n := h.events(first, h.thread(ts), "trigger"); n != 1 {
		t.Fatalf("%d triggers", n)
	}
	h.click(cat, card.TS, "approve")
	h.says(ts, "release/1", "done")
	h.one2(ts)
	if n := len(h.replies(ts)); n != 2 {
		t.Fatalf("%d messages\n%s", n, h.show())
	}
	h.wantLedger("deploy shop v1.4.2 to production")
}

// One of two bots goes away between card and click: the other goes on.
func TestOtherBotGoesOn(t *testing.T) {
	h := newHouse(t, cfgFast())
	first := h.boot()
	ts, card := h.propose("v1.4.2")
	h.boot()
	h.until("four links", func() bool { return h.Connected() == 4 })
	first.stop()
	h.wait("two links", func() bool { return h.Connected() == 2 })
	h.click(bob, card.TS, "approve")
	h.says(ts, "release/1", "done")
	h.says(ts, "approval/", "approved by")
	h.one2(ts)
}
