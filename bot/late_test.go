package bot

import (
	"fmt"
	"testing"
	"time"

	"github.com/slack-go/slack"

	"github.com/releasebot/releasebot/agent"
	"github.com/releasebot/releasebot/blocks"
)

// lateBoard is a board with one card that stands and is shown for the last time.
func lateBoard(t *testing.T) (*bench, *board) {
	t.Helper()
	b := newBench(t)
	b.bot.cfg.Now = func() time.Time { return b.now }
	bd := b.board("t1", "C1")
	bd.set([]blocks.View{{Key: "release/1", Text: "running"}}, pictures([]blocks.View{{Key: "release/1", Text: "running"}}), nil, nil, blocks.Options{})
	b.list(bd)
	b.done(b.tick(0).jobs[0], result{channel: "C1", ts: "2.2"}, b.now)
	b.tick(0)
	last := []blocks.View{{Key: "release/1", Text: "done", Final: true}}
	bd.set(last, pictures(last), nil, map[string]agent.PostedView{"release/1": {Key: "release/1", Channel: "C1", TS: "2.2"}}, blocks.Options{})
	b.list(bd)
	return b, bd
}

// An edit whose answer was lost may be done after the next one: what is shown for
// the last time is shown once more when it can't come any more, and is reported only then.
func TestALateEditIsOverwritten(t *testing.T) {
	b, bd := lateBoard(t)
	first := b.tick(2 * time.Second).jobs[0]
	first.at = b.now
	b.done(first, result{err: fmt.Errorf("EOF")}, b.now)
	second := b.tick(2 * time.Second)
	want(t, second, `chat.update 2.2 "done"; `)
	b.done(second.jobs[0], result{}, b.now)
	if got := b.tick(0); len(got.reports) != 1 || len(got.reports[0].views) != 0 {
		t.Fatalf("reported %v, and it may still be overwritten", got.reports)
	}
	if bd.shown() != agent.InStep {
		t.Fatalf("shown: %d", bd.shown())
	}
	look := b.tick(b.lateMost())
	want(t, look, `conversations.replies 1.1 ""; `)
	b.done(look.jobs[0], result{found: map[string][]string{"release/1": {"2.2", "3.3"}}}, b.now)
	again := b.tick(time.Second)
	want(t, again, `chat.delete 3.3 ""; chat.update 2.2 "done"; `)
	for _, j := range again.jobs {
		b.done(j, result{}, b.now)
	}
	got := b.tick(0)
	if len(got.reports) != 1 || len(got.reports[0].views) != 1 || !got.reports[0].views[0].Final || bd.shown() != agent.Settled {
		t.Fatalf("reported %v, shown %d", got.reports, bd.shown())
	}
}

// Where every answer came, nothing is sent twice.
func TestWhatWasAnsweredIsSettled(t *testing.T) {
	b, bd := lateBoard(t)
	b.done(b.tick(2 * time.Second).jobs[0], result{}, b.now)
	got := b.tick(0)
	if len(got.reports) != 1 || len(got.reports[0].views) != 1 || !got.reports[0].views[0].Final || bd.shown() != agent.Settled {
		t.Fatalf("reported %v, shown %d", got.reports, bd.shown())
	}
	want(t, b.tick(time.Minute), "")
}

// A thread is new here only under its first lease: a trigger that came second begins nothing.
func TestASecondTriggerIsNoBirth(t *testing.T) {
	for epoch, verb := range map[int64]verb{1: toPost, 2: toLook} {
		b := newBench(t)
		b.bot.cfg.Now = func() time.Time { return b.now }
		s := agent.NewState("tabcdefghijkm")
		s.Reduce(&agent.Event{Seq: 1, At: b.now, Actor: agent.SlackActor("T1", "U0ANN"), Data: &agent.Trigger{
			Source: "mention", Text: "deploy shop 1 to production", Slack: &agent.Place{Team: "T1", Channel: "C1", TS: "1.1"},
		}})
		s.Reduce(&agent.Event{Seq: 2, At: b.now, Actor: agent.Bot, Data: &agent.PlannerDecision{
			Of: 1, Intent: agent.Intent{Kind: agent.IntentDeploy, Service: "shop", Environment: "production", Version: "1"},
		}})
		b.expect(s.ID, b.now)
		b.show(s, epoch, func() bool { return true })
		if got := b.tick(0); len(got.jobs) != 1 || got.jobs[0].verb != verb {
			t.Errorf("under lease %d: %s", epoch, got)
		}
	}
}

// Where nothing shows a thread, what holds a release up is asked directly of those who may say, and taken back.
func TestQuestionsGoOutAsLetters(t *testing.T) {
	b := newBench(t)
	bd := b.board("t1", "")
	bd.channel, bd.root = "", ""
	s := agent.NewState("t1")
	s.Questions = []agent.OpenQuestion{{HumanInputRequested: agent.HumanInputRequested{ID: "1-1/ran", Kind: agent.InputDidItRun}, Release: 1}}
	seen := pictures([]blocks.View{{Key: agent.ViewQuestion("1-1/ran"), Text: "Did it run?", Blocks: []slack.Block{slack.NewDividerBlock()}}})
	bd.post.take(s, seen)
	b.list(bd)
	ask := b.tick(0)
	if len(ask.jobs) != 1 || ask.jobs[0].verb != toAsk {
		t.Fatalf("got %s", ask)
	}
	b.done(ask.jobs[0], result{people: []string{"U0BOB"}}, b.now)
	letters := b.tick(0)
	want(t, letters, `chat.postMessage  "Did it run?"; `)
	b.done(letters.jobs[0], result{channel: "D0BOB", ts: "2.2"}, b.now)
	b.tick(0)
	s.Questions = nil
	bd.post.take(s, nil)
	bd.letters(map[string]agent.PostedView{"letter/1-1/ran/U0BOB": {Key: "letter/1-1/ran/U0BOB", Channel: "D0BOB", TS: "2.2"}})
	b.list(bd)
	if got := b.tick(2 * time.Second); len(got.jobs) != 1 || got.jobs[0].verb != toEdit || got.jobs[0].ts != "2.2" || got.jobs[0].view.text == "Did it run?" {
		t.Fatalf("got %s", got)
	}
}
