package bot

import (
	"testing"
	"time"

	"github.com/releasebot/releasebot/agent"
)

// What stands there is looked at before this process edits, for the first time,
// what another one has written: an edit would wipe out what the card shows.
func TestStrangeCardsAreReadBeforeTheyAreEdited(t *testing.T) {
	b := newBench(t)
	b.bot.cfg.Now = func() time.Time { return b.now }
	yes := func() bool { return true }
	s := agent.NewState("tabcdefghijkm")
	for _, e := range []*agent.Event{
		{Seq: 1, At: b.now, Actor: agent.SlackActor("T1", "U0ANN"), Data: &agent.Trigger{Source: "mention", Text: "deploy shop 1 to production", Slack: &agent.Place{Team: "T1", Channel: "C1", TS: "1.1"}}},
		{Seq: 2, At: b.now, Actor: agent.Bot, Data: &agent.PlannerDecision{Of: 1, Intent: agent.Intent{Kind: agent.IntentDeploy, Service: "shop", Environment: "production", Version: "1"}}},
		{Seq: 3, At: b.now, Actor: agent.Bot, Data: &agent.Posted{Views: []agent.PostedView{{Key: agent.ViewRelease(1), Channel: "C1", TS: "2.2"}}}},
	} {
		s.Reduce(e)
	}
	if b.show(s, 2, yes) != agent.Behind {
		t.Fatal("in step with what somebody else may have shown")
	}
	first := b.tick(0)
	if len(first.jobs) != 1 || first.jobs[0].verb != toLook {
		t.Fatalf("got %s, want a look", first)
	}
	b.done(first.jobs[0], result{found: map[string][]string{agent.ViewRelease(1): {"2.2"}}}, b.now)
	if next := b.tick(0); len(next.jobs) != 1 || next.jobs[0].verb != toEdit {
		t.Fatalf("got %s, want the edit", next)
	}
}

// A look that does not come to anything holds an edit up for a while only.
func TestStrangeCardsAreEditedInTheEnd(t *testing.T) {
	b := newBench(t)
	bd := b.board("t1", "C1")
	bd.look, bd.strange, bd.made, bd.lookAfter = true, true, b.now, b.now.Add(time.Hour)
	c := bd.card("release/1", shown)
	c.ts, c.where, c.logged = "2.2", "C1", true
	c.want = picture{text: "hm", hash: 7}
	b.list(bd)
	if got := b.tick(0); len(got.jobs) != 0 {
		t.Fatalf("got %s before the look", got)
	}
	if got := b.tick(unreadFor); len(got.jobs) != 1 || got.jobs[0].verb != toEdit {
		t.Fatalf("got %s, want the edit", got)
	}
}

// A message's metadata speaks of the thread that it shows, and of no other.
func TestWhatACardShows(t *testing.T) {
	m := metadata{Type: metadataType, Payload: shownAs{Thread: "t1", View: "release/1", Version: 7, Head: "h"}}
	if got := m.seen("t1"); got == nil || *got != (agent.Seen{Version: 7, Head: "h"}) {
		t.Errorf("got %+v", got)
	}
	if got := m.seen("t2"); got != nil {
		t.Errorf("of another thread: %+v", got)
	}
	m.Type = "somebody_elses"
	if got := m.seen("t1"); got != nil {
		t.Errorf("of another kind: %+v", got)
	}
}
