package chaos

import (
	"strings"
	"syscall"
	"testing"

	"github.com/releasebot/releasebot/agent"
	"github.com/releasebot/releasebot/slacklocal"
	"github.com/releasebot/releasebot/threadstore"
	"github.com/releasebot/releasebot/threadstore/storetest/redistest"
)

// losing is a town on a store behind a Sentinel, with one thread in which a release waits for its approval.
type losing struct {
	*town
	redis *redistest.Watch
	r     *replica
	ts    string
	card  slacklocal.Message // of the approval
}

func newLosing(t *testing.T) *losing {
	t.Helper()
	l := &losing{redis: redistest.Sentinel(t), town: newTown(t, onePolicy)}
	l.store = []string{"REDIS_URL=" + l.redis.URL(), "REDIS_SENTINEL_MASTER=" + redistest.MasterName}
	l.r = l.replica("a", "a", l.store...)
	l.wait("its links", func() bool { return l.slack.Connected() >= 2 })
	l.ts = l.slack.Post(alice, releases, "@releasebot deploy shop v1.1 to production", "")
	l.wait("the card", func() bool { _, ok := l.find(live); return ok })
	l.card, _ = l.find(live)
	return l
}

func (l *losing) wait(what string, cond func() bool) {
	l.Helper()
	l.until(patience, what, cond, func() string { return l.slack.RenderThread(releases, l.ts) + "\n" + l.r.log.Last(6000) })
}

// find is the newest message of the bot in the thread that matches.
func (l *losing) find(match func(slacklocal.Message) bool) (found slacklocal.Message, ok bool) {
	for _, m := range l.slack.Thread(releases, l.ts) {
		if m.BotID != "" && match(m) {
			found, ok = m, true
		}
	}
	return found, ok
}

func (l *losing) count(typ string) (n int) {
	log, err := l.log(l.thread(l.ts))
	if err != nil {
		return -1
	}
	for _, e := range log {
		if e.Type() == typ {
			n++
		}
	}
	return n
}

// deploys approves the release and waits for its end.
func (l *losing) deploys() {
	l.Helper()
	l.must(l.slack.Click(bob, releases, l.card.TS, "Approve"))
	l.wait("the end of the release", func() bool { return l.count("done") == 1 })
}

// another process takes the place of the one that saw what was lost.
func (l *losing) another() {
	l.Helper()
	before := l.r.pid()
	l.r.signal(syscall.SIGKILL)
	l.wait("another process", func() bool { return l.r.pid() != before && l.slack.Connected() >= 2 })
}

// A Sentinel's master dies with acknowledged writes. However that is noticed,
// the thread says so, in the log and in Slack, and stays closed: nothing is
// started a second time, whoever presses what.
func TestFailoverIsToldToPeople(t *testing.T) {
	optIn(t, "RELEASEBOT_CLUSTER")
	for _, c := range []struct {
		by      string
		lost    func(l *losing)
		notice  func(l *losing)
		effects int
	}{{
		by: threadstore.NoticedVersion, effects: 1, // by the process that saw what was lost
		lost:   (*losing).deploys,
		notice: func(l *losing) { l.must(l.slack.ClickStale(bob, releases, l.card.TS, "approve")) },
	}, {
		by: agent.NoticedCard, // by one that did not, from a card that did not stand there as far as the log knows
		lost: func(l *losing) {
			l.slack.Post(alice, releases, "@releasebot deploy shop v1.2 to production", l.ts)
			l.wait("a second card", func() bool { m, ok := l.find(live); return ok && m.TS != l.card.TS })
		},
		notice: func(l *losing) {
			l.another()
			m, _ := l.find(live)
			l.must(l.slack.Click(bob, releases, m.TS, "Approve"))
		},
	}, {
		by: agent.NoticedCard, effects: 1, // by one that did not, which looks at what stands there before it edits it
		lost: (*losing).deploys,
		notice: func(l *losing) {
			l.another()
			l.must(l.slack.ClickStale(bob, releases, l.card.TS, "approve"))
		},
	}, {
		by: agent.NoticedDeployer, effects: 1, // by one that did not, while Slack does not say what stands there
		lost: (*losing).deploys,
		notice: func(l *losing) {
			l.another()
			l.slack.Fail("conversations.replies", -1, slacklocal.ServerError(503))
			l.must(l.slack.ClickStale(bob, releases, l.card.TS, "approve"))
			l.wait("the log saying so", func() bool { return l.count("log_lost") > 0 })
			l.slack.ClearFaults()
		},
	}} {
		t.Run(c.by, func(t *testing.T) {
			l := newLosing(t)
			before := 0
			l.redis.Lose(func() {
				before = l.events()
				c.lost(l)
			})
			l.wait("the log without what was lost", func() bool { return l.events() == before })
			c.notice(l)
			said := func(m slacklocal.Message) bool {
				return strings.Contains(m.Text, "Events of this thread have been lost")
			}
			l.wait("the thread saying so", func() bool { _, ok := l.find(said); return ok })
			l.wantUnknown(c.by)
			l.wantEffects(c.effects)

			l.wait("no button left to approve with", func() bool { m, ok := l.find(live); return !ok || m.TS != l.card.TS })
			l.must(l.slack.ClickStale(bob, releases, l.card.TS, "approve"))
			l.slack.Post(alice, releases, "@releasebot deploy shop v1.1 to production", l.ts)
			l.wait("the words being answered", func() bool { return l.count("answered") == 1 })
			l.wantEffects(c.effects)
			if out, err := l.releasebot("thread", "verify", string(l.thread(l.ts))); err != nil {
				t.Errorf("%v\n%s", err, out)
			}
		})
	}
}

func (l *losing) events() int {
	log, err := l.log(l.thread(l.ts))
	if err != nil {
		return -1
	}
	return len(log)
}

// wantUnknown wants the first word of the loss in the log to be of that way of
// noticing, and the list to show it.
func (l *losing) wantUnknown(by string) {
	l.Helper()
	log, err := l.log(l.thread(l.ts))
	l.must(err)
	for _, e := range log {
		if d, ok := e.Data.(*agent.LogLost); ok {
			if d.NoticedBy != by {
				l.Errorf("noticed by %s: %s; want %s", d.NoticedBy, d.Sentence(), by)
			}
			break
		}
	}
	out, err := l.releasebot("threads")
	if err != nil || !strings.Contains(out, "unknown") || !strings.Contains(out, "events have been lost") {
		l.Errorf("threads says\n%s(%v)", out, err)
	}
}
