package bot

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/slack-go/slack"

	"github.com/releasebot/releasebot/agent"
	"github.com/releasebot/releasebot/blocks"
	"github.com/releasebot/releasebot/policy"
)

// bench is an outbox whose time is given and whose calls are answered by hand.
type bench struct {
	*outbox
	now time.Time
}

func newBench(t *testing.T) *bench {
	t.Helper()
	b, err := New(Config{Token: "xoxb-1", AppToken: "xapp-1"})
	if err != nil {
		t.Fatal(err)
	}
	return &bench{outbox: b.out, now: time.Unix(1_800_000_000, 0)}
}

// board makes a board in a channel.
func (b *bench) board(id, channel string) *board {
	bd := &board{id: agent.ThreadID(id), channel: channel, root: "1.1", cards: map[string]*card{}, valid: func() bool { return true }, asker: "U0ANN"}
	b.boards[bd.id] = bd
	return bd
}

// want sets what a board is to show: keys and texts in turn.
func (b *bench) want(bd *board, keysAndTexts ...string) {
	var views []blocks.View
	for i := 0; i < len(keysAndTexts); i += 2 {
		views = append(views, blocks.View{Key: keysAndTexts[i], Text: keysAndTexts[i+1]})
	}
	bd.set(views, pictures(views), nil, nil, blocks.Options{})
	b.list(bd)
}

func (b *bench) tick(d time.Duration) turn {
	b.now = b.now.Add(d)
	return b.step(b.now)
}

func (t turn) String() string {
	text := ""
	for _, j := range t.jobs {
		text += fmt.Sprintf("%s %s %q; ", j.method(), j.thread+j.ts, j.view.text)
	}
	return text
}

func want(t *testing.T, got turn, want string) {
	t.Helper()
	if got.String() != want {
		t.Fatalf("got  %s\nwant %s", got, want)
	}
}

// Many changes of one message are one edit a second, with the newest words.
func TestTrap15ManyEditsASecond(t *testing.T) {
	b := newBench(t)
	bd := b.board("t1", "C1")
	b.want(bd, "release/1", "0%")
	posted := b.tick(0)
	want(t, posted, `chat.postMessage 1.1 "0%"; `)
	b.done(posted.jobs[0], result{channel: "C1", ts: "2.2"}, b.now)
	edits := 0
	for i := range 100 {
		b.want(bd, "release/1", fmt.Sprintf("%d%%", i+1))
		for _, j := range b.tick(50 * time.Millisecond).jobs {
			edits++
			b.done(j, result{}, b.now)
		}
	}
	if edits != 5 {
		t.Fatalf("%d edits in 5 s", edits)
	}
	for range 3 {
		for _, j := range b.tick(time.Second).jobs {
			if j.view.text != "100%" {
				t.Fatalf("the last edit says %q", j.view.text)
			}
			b.done(j, result{}, b.now)
		}
	}
	if bd.pending() {
		t.Fatal("not in step at the end")
	}
}

// An edit waits while one of the same message is under way; then the newest follows.
func TestNewestWins(t *testing.T) {
	b := newBench(t)
	bd := b.board("t1", "C1")
	b.want(bd, "release/1", "a")
	first := b.tick(0)
	b.want(bd, "release/1", "b")
	b.want(bd, "release/1", "c")
	want(t, b.tick(time.Second), "")
	b.done(first.jobs[0], result{channel: "C1", ts: "2.2"}, b.now)
	want(t, b.tick(0), `chat.update 2.2 "c"; `)
}

// Posts of a channel keep the pace after a burst; other channels don't wait for it, and the order of asking is kept.
func TestPaceIsPerChannel(t *testing.T) {
	b := newBench(t)
	for i := range 6 {
		b.want(b.board(fmt.Sprintf("t%d", i), "C1"), "release/1", fmt.Sprint(i))
	}
	b.want(b.board("tx", "C2"), "release/1", "x")
	got := b.tick(0)
	if len(got.jobs) != 5 || got.jobs[4].view.text != "x" {
		t.Fatalf("at once: %s", got)
	}
	if wait := got.next.Sub(b.now); wait != time.Second {
		t.Fatalf("the next is in %s", wait)
	}
	want(t, b.tick(time.Second), `chat.postMessage 1.1 "4"; `)
	want(t, b.tick(999*time.Millisecond), "")
	want(t, b.tick(time.Millisecond), `chat.postMessage 1.1 "5"; `)
}

// Within a thread one post follows the other, so that the messages stand in order.
func TestPostsStandInOrder(t *testing.T) {
	b := newBench(t)
	bd := b.board("t1", "C1")
	b.want(bd, "release/1", "one", "approval/x", "two")
	first := b.tick(0)
	want(t, first, `chat.postMessage 1.1 "one"; `)
	want(t, b.tick(time.Minute), "")
	b.done(first.jobs[0], result{channel: "C1", ts: "2.2"}, b.now)
	want(t, b.tick(0), `chat.postMessage 1.1 "two"; `)
}

// After a post whose answer was lost comes a look, and what it finds is taken for the post.
func TestTrap13LookComesBeforeAnotherPost(t *testing.T) {
	for _, found := range []bool{true, false} {
		b := newBench(t)
		bd := b.board("t1", "C1")
		b.want(bd, "release/1", "one")
		b.done(b.tick(0).jobs[0], result{err: fmt.Errorf("EOF")}, b.now)
		want(t, b.tick(0), "")
		look := b.tick(5 * time.Second)
		want(t, look, `conversations.replies 1.1 ""; `)
		there := map[string][]string{}
		if found {
			there["release/1"] = []string{"2.2", "3.3"} // twice, even
		}
		b.done(look.jobs[0], result{found: there}, b.now)
		next := b.tick(5 * time.Second)
		if !found {
			want(t, next, `chat.postMessage 1.1 "one"; `)
			continue
		}
		want(t, next, `chat.delete 3.3 ""; chat.update 2.2 "one"; `)
		for _, j := range next.jobs {
			b.done(j, result{}, b.now)
		}
		got := b.tick(0)
		if len(got.reports) != 1 || got.reports[0].views[0].TS != "2.2" {
			t.Fatalf("reported: %v", got.reports)
		}
	}
}

// Of two roots one is removed. People may have replied below it: its place is bound before it goes.
func TestARootsTwinIsBoundBeforeItGoes(t *testing.T) {
	b := newBench(t)
	bd := b.board("t1", "C1")
	bd.root, bd.alias = "", true
	root := []blocks.View{{Key: agent.ViewRoot, Text: "asked", Root: true}}
	bd.set(root, pictures(root), nil, nil, blocks.Options{})
	b.list(bd)
	b.done(b.tick(0).jobs[0], result{err: fmt.Errorf("EOF")}, b.now)
	look := b.tick(5 * time.Second)
	want(t, look, `conversations.replies  ""; `)
	b.done(look.jobs[0], result{found: map[string][]string{agent.ViewRoot: {"2.2", "3.3"}}}, b.now)
	var bound []string
	removed := ""
	for range 20 {
		for _, j := range b.tick(time.Second).jobs {
			switch j.verb {
			case toAlias:
				bound = append(bound, j.thread)
			case toRemove:
				removed = j.ts
				if !slices.Equal(bound, []string{"2.2", "3.3"}) {
					t.Errorf("%s is removed, and bound are only %v", removed, bound)
				}
			}
			b.done(j, result{}, b.now)
		}
	}
	if removed != "3.3" || bd.behind() {
		t.Fatalf("removed: %q; bound: %v; behind: %t", removed, bound, bd.behind())
	}
}

// 429 stops that method in that channel for as long as Slack said, and nothing else.
func TestTrap14PauseIsPerMethodAndChannel(t *testing.T) {
	b := newBench(t)
	here, there := b.board("t1", "C1"), b.board("t2", "C2")
	b.want(here, "release/1", "one")
	b.done(b.tick(0).jobs[0], result{err: &slack.RateLimitedError{RetryAfter: 30 * time.Second}}, b.now)
	b.want(there, "release/1", "two")
	want(t, b.tick(time.Second), `chat.postMessage 1.1 "two"; `)
	want(t, b.tick(28*time.Second), "")
	want(t, b.tick(2*time.Second), `chat.postMessage 1.1 "one"; `)
}

// A post under way when the thread is given up is waited for before the thread is shown again.
func TestForgottenPostIsWaitedFor(t *testing.T) {
	b := newBench(t)
	bd := b.board("t1", "C1")
	b.want(bd, "release/1", "one")
	late := b.tick(0)
	b.forget("t1")
	again := b.board("t1", "C1")
	b.want(again, "release/1", "one")
	want(t, b.tick(time.Second), "")
	b.done(late.jobs[0], result{channel: "C1", ts: "2.2"}, b.now)
	want(t, b.tick(time.Second), `conversations.replies 1.1 ""; `)
}

// Without the lease a thread's queue is dropped, and nothing of it is sent.
func TestLostLeaseDropsTheQueue(t *testing.T) {
	b := newBench(t)
	bd := b.board("t1", "C1")
	held := true
	bd.valid = func() bool { return held }
	b.want(bd, "release/1", "one")
	held = false
	want(t, b.tick(0), "")
	if b.boards["t1"] != nil {
		t.Fatal("the board is still there")
	}
}

// A channel that is closed to the bot: whoever asked is told once, and the post is tried again slowly.
func TestTrap33ToldOnceAndTriedSlowly(t *testing.T) {
	b := newBench(t)
	bd := b.board("t1", "C1")
	b.want(bd, "release/1", "one")
	closed := result{err: slack.SlackErrorResponse{Err: "not_in_channel"}}
	b.done(b.tick(0).jobs[0], closed, b.now)
	tell := b.tick(0)
	if len(tell.jobs) != 1 || tell.jobs[0].user != "U0ANN" || tell.jobs[0].verb != toWrite {
		t.Fatalf("told: %v", tell.jobs)
	}
	b.done(tell.jobs[0], result{channel: "D1", ts: "3.3"}, b.now)
	posts := 0
	for range 600 {
		for _, j := range b.tick(time.Second).jobs {
			if j.verb != toPost {
				t.Fatalf("another %s", j.method())
			}
			posts++
			b.done(j, closed, b.now)
		}
	}
	if posts < 3 || posts > 12 {
		t.Fatalf("%d posts in ten minutes", posts)
	}
}

// What people are told alone is given up in the end, and that is reported, so that the thread can rest.
func TestNotesAreGivenUp(t *testing.T) {
	b := newBench(t)
	bd := b.board("t1", "C1")
	note := agent.Note{Seq: 7, Person: "U0GONE", Data: agent.DecisionRefused{Verb: agent.VerbApprove, Reason: "no"}}
	bd.set(nil, nil, []agent.Note{note}, nil, blocks.Options{})
	b.list(bd)
	var reported []agent.PostedView
	for range 60 {
		got := b.tick(time.Second)
		for _, r := range got.reports {
			reported = append(reported, r.views...)
		}
		for _, j := range got.jobs {
			b.done(j, result{err: slack.SlackErrorResponse{Err: "user_not_in_channel"}}, b.now)
		}
	}
	if len(reported) != 1 || reported[0].Key != agent.ViewNote(7) || !reported[0].Final || bd.pending() {
		t.Fatalf("reported %v", reported)
	}
}

// A thread that wakes and finds nothing new edits nothing; one that others may have shown is rendered again.
func TestWakingCostsNoEdits(t *testing.T) {
	b := newBench(t)
	b.bot.cfg.Now = func() time.Time { return b.now }
	yes := func() bool { return true }
	s := agent.NewState("tabcdefghijkm")
	for _, e := range []*agent.Event{
		{Seq: 1, At: b.now, Actor: agent.SlackActor("T1", "U0ANN"), Data: &agent.Trigger{Source: "mention", Text: "deploy shop 1 to production", Slack: &agent.Place{Team: "T1", Channel: "C1", TS: "1.1"}}},
		{Seq: 2, At: b.now, Actor: agent.Bot, Data: &agent.PlannerDecision{Of: 1, Intent: agent.Intent{Kind: agent.IntentDeploy, Service: "shop", Environment: "production", Version: "1"}}},
	} {
		s.Reduce(e)
	}
	b.expect(s.ID, b.now)
	if b.show(s, 1, yes) != agent.Behind {
		t.Fatal("in step before anything was posted")
	}
	b.done(b.tick(0).jobs[0], result{channel: "C1", ts: "2.2"}, b.now)
	posted := b.tick(0).reports[0].views
	s.Reduce(&agent.Event{Seq: 3, At: b.now, Actor: agent.Bot, Data: &agent.Posted{Views: posted}})
	for epoch := int64(2); epoch < 5; epoch++ {
		if b.show(s, epoch, yes) != agent.Settled {
			t.Fatal("not in step after a rest")
		}
		want(t, b.tick(time.Minute), "")
		b.forget(s.ID)
	}
	s.Reduce(&agent.Event{Seq: 4, At: b.now, Actor: agent.SlackActor("T1", "U0BOB"), Data: &agent.Message{Text: "hm", Aside: true}})
	if b.show(s, 5, yes) != agent.Settled {
		t.Fatal("not in step, though nobody else has run the thread since")
	}
	b.forget(s.ID)
	s.Reduce(&agent.Event{Seq: 5, At: b.now, Actor: agent.SlackActor("T1", "U0BOB"), Data: &agent.Message{Text: "hm", Aside: true}})
	if b.show(s, 7, yes) != agent.Behind {
		t.Fatal("in step with what somebody else may have shown")
	}
	if got := b.tick(0); len(got.jobs) != 1 || got.jobs[0].verb != toEdit {
		t.Fatalf("got %s", got)
	}
}

func BenchmarkStep(b *testing.B) {
	bot, err := New(Config{Token: "xoxb-1", AppToken: "xapp-1", PostEvery: -1, EditEvery: -1})
	if err != nil {
		b.Fatal(err)
	}
	bd := &board{id: "t1", channel: "C1", root: "1.1", cards: map[string]*card{}, valid: func() bool { return true }}
	bot.out.boards[bd.id] = bd
	now := time.Unix(1_800_000_000, 0)
	i := 0
	for b.Loop() {
		i++
		views := []blocks.View{{Key: "release/1", Text: fmt.Sprint(i)}}
		bd.set(views, pictures(views), nil, nil, blocks.Options{})
		bot.out.list(bd)
		for _, j := range bot.out.step(now).jobs {
			bot.out.done(j, result{channel: "C1", ts: "2.2"}, now)
		}
		bot.out.step(now)
	}
}

// An approval that no channel shows: each approver is written to once, and told how it ended; who was not written to yet is left alone.
func TestLettersStep(t *testing.T) {
	b := newBench(t)
	bd := b.board("t1", "")
	bd.root = ""
	open := &ask{id: "a-1", open: true, card: picturing(blocks.View{Text: "decide", Blocks: []slack.Block{slack.NewDividerBlock()}}), from: []policy.Subject{{User: "U0BOB"}}}
	bd.post.asks = map[string]*ask{"a-1": open}
	b.list(bd)
	asked := b.tick(0)
	if len(asked.jobs) != 1 || asked.jobs[0].verb != toAsk {
		t.Fatalf("got %s", asked)
	}
	b.done(asked.jobs[0], result{err: slack.SlackErrorResponse{Err: "plan_upgrade_required"}}, b.now)
	want(t, b.tick(0), "")
	asked = b.tick(time.Minute)
	b.done(asked.jobs[0], result{people: []string{"U0BOB", "U0CAT"}}, b.now)
	letters := b.tick(0)
	if len(letters.jobs) != 2 || letters.jobs[0].verb != toWrite || letters.jobs[0].channel == letters.jobs[1].channel {
		t.Fatalf("got %s", letters)
	}
	for i, j := range letters.jobs {
		b.done(j, result{channel: fmt.Sprintf("D%d", i), ts: "5.5"}, b.now)
	}
	reports := b.tick(0).reports
	if len(reports) != 1 || len(reports[0].views) != 2 || reports[0].views[0].Final {
		t.Fatalf("reported %v", reports)
	}
	posted := map[string]agent.PostedView{}
	for _, v := range reports[0].views {
		posted[v.Key] = v
	}
	open.open, open.card = false, picturing(blocks.View{Text: "approved", Blocks: []slack.Block{slack.NewDividerBlock()}, Final: true})
	open.people = append(open.people, "U0NEW") // was never written to
	bd.set(nil, nil, nil, posted, blocks.Options{})
	b.list(bd)
	edits := b.tick(time.Minute)
	if len(edits.jobs) != 2 || edits.jobs[0].verb != toEdit || edits.jobs[0].view.text != "approved" {
		t.Fatalf("got %s", edits)
	}
	for _, j := range edits.jobs {
		b.done(j, result{}, b.now)
	}
	if r := b.tick(0).reports; len(r) != 1 || !r[0].views[0].Final || !r[0].views[1].Final {
		t.Fatalf("reported %v", r)
	}
	bd.set(nil, nil, nil, nil, blocks.Options{})
	if len(bd.cards) != 0 || bd.pending() {
		t.Fatalf("%d letters are kept", len(bd.cards))
	}
}

// A letter whose first answer was lost stands there twice. It says how it was decided before
// the log knows of it, and the twin is found and removed all the same.
func TestALettersTwinIsRemoved(t *testing.T) {
	b := newBench(t)
	bd := b.board("t1", "C1")
	bd.post.shut, bd.asker = "is_archived", ""
	divider := []slack.Block{slack.NewDividerBlock()}
	k := &ask{id: "a-1", open: true, looked: true, people: []string{"U0BOB"}, card: picturing(blocks.View{Text: "decide", Blocks: divider})}
	bd.post.asks = map[string]*ask{"a-1": k}
	bd.write()
	b.list(bd)
	b.done(b.tick(0).jobs[0], result{err: fmt.Errorf("EOF")}, b.now) // it stands there as 1.9
	again := b.tick(5 * time.Second)
	if len(again.jobs) != 1 || again.jobs[0].verb != toWrite {
		t.Fatalf("got %s", again)
	}
	k.open, k.card = false, picturing(blocks.View{Text: "approved", Blocks: divider, Final: true})
	bd.set(nil, nil, nil, nil, blocks.Options{})
	b.done(again.jobs[0], result{channel: "D1", ts: "2.2"}, b.now)
	removed := ""
	for range 60 {
		for _, j := range b.tick(time.Second).jobs {
			r := result{channel: j.channel, ts: j.ts}
			switch {
			case j.verb == toLook && j.channel == "D1":
				r.found = map[string][]string{letterTo("a-1", "U0BOB"): {"1.9", "2.2"}}
			case j.verb == toRemove:
				removed += j.ts
			}
			b.done(j, r, b.now)
		}
		bd.set(nil, nil, nil, nil, blocks.Options{})
		b.list(bd)
	}
	if removed != "1.9" {
		t.Errorf("removed: %q, want 1.9", removed)
	}
	if len(bd.cards) != 0 || bd.pending() {
		t.Errorf("%d letters are kept, pending: %t", len(bd.cards), bd.pending())
	}
}

// Everything was looked at before a letter went out whose first answer had been lost, and which
// says something else by now: its channel is looked at then.
func TestALettersTwinIsLookedForLate(t *testing.T) {
	b := newBench(t)
	bd := b.board("t1", "C1")
	bd.post.shut, bd.asker = "is_archived", ""
	paint := func(text string) {
		bd.post.asks = map[string]*ask{"a-1": {
			id: "a-1", open: true, looked: true, people: []string{"U0BOB"}, card: picturing(blocks.View{Text: text, Blocks: []slack.Block{slack.NewDividerBlock()}}),
		}}
		bd.set(nil, nil, nil, nil, blocks.Options{})
		b.list(bd)
	}
	paint("0 of 2")
	b.done(b.tick(0).jobs[0], result{err: fmt.Errorf("EOF")}, b.now)
	b.pace.hold("chat.postMessage", "U0BOB", b.now.Add(40*time.Second))
	looks := 0
	for i := range 120 {
		if i == 35 {
			paint("1 of 2")
		}
		for _, j := range b.tick(time.Second).jobs {
			if j.verb == toLook && j.channel == "D1" {
				looks++
			}
			b.done(j, result{channel: "D1", ts: "2.2"}, b.now)
		}
	}
	if looks == 0 {
		t.Error("nobody looked for the first")
	}
}

// A letter that another process wrote, and that the log knows of late, is looked for at once.
func TestLettersOfOthersAreLookedAt(t *testing.T) {
	b := newBench(t)
	bd := b.board("t1", "C1")
	key := letterTo("a-1", "U0BOB")
	bd.set(nil, nil, nil, map[string]agent.PostedView{key: {Key: key, Channel: "D1", TS: "2.2"}}, blocks.Options{})
	b.list(bd)
	for _, j := range b.tick(time.Minute).jobs {
		if j.verb == toLook && j.channel == "D1" && j.again {
			return
		}
	}
	t.Error("its channel is not looked at")
}

// Whoever asked has been told for the last time that the channel is open: letters to others that
// the log still knows make a process that takes the thread over say nothing else.
func TestAnOpenChannelIsNotCalledShut(t *testing.T) {
	for key, told := range map[string]int{letterTo("a-1", "U0BOB"): 0, letterTo(askerLetter, "U0ANN"): 1} {
		b := newBench(t)
		bd := b.board("t1", "C1")
		open := []slack.Block{slack.NewDividerBlock()}
		bd.post.asks = map[string]*ask{"a-1": {id: "a-1", open: true, card: picturing(blocks.View{Text: "decide", Blocks: open})}}
		bd.set(nil, nil, nil, map[string]agent.PostedView{key: {Key: key, Channel: "D1", TS: "2.2"}}, blocks.Options{})
		b.list(bd)
		n := 0
		for _, j := range b.tick(time.Minute).jobs {
			if j.card != nil && j.card.key == letterTo(askerLetter, "U0ANN") {
				n++
			}
		}
		if n != told {
			t.Errorf("%s is known: whoever asked is told %d times, want %d", key, n, told)
		}
	}
}

// A letter that Slack refuses is given up; one whose answer is lost is tried a few times.
func TestLettersAreGivenUp(t *testing.T) {
	for code, most := range map[string]int{"cannot_dm_bot": 1, "internal_error": lettersTried} {
		b := newBench(t)
		bd := b.board("t1", "")
		bd.letter(letterTo("a-1", "U0GONE"), "U0GONE").paint(picture{text: "decide", hash: 3})
		b.list(bd)
		tried := 0
		for range 120 {
			for _, j := range b.tick(time.Second).jobs {
				tried++
				b.done(j, result{err: slack.SlackErrorResponse{Err: code}}, b.now)
			}
		}
		if tried != most || bd.pending() {
			t.Errorf("%s: tried %d times, want %d", code, tried, most)
		}
	}
}

// What one person is told directly counts among the posts of their own channel.
func TestDirectNotesKeepTheRateOfPosts(t *testing.T) {
	b := newBench(t)
	bd := b.board("t1", "C1")
	var notes []agent.Note
	for i := range 10 {
		notes = append(notes, agent.Note{Seq: 7, Ord: i + 1, Person: "U0BOB", Text: "it is free"})
	}
	bd.set(nil, nil, notes, nil, blocks.Options{})
	b.list(bd)
	got := b.tick(0)
	if len(got.jobs) != 4 || got.jobs[0].method() != "chat.postMessage" || got.jobs[0].channel != "U0BOB" {
		t.Fatalf("%d at once: %s", len(got.jobs), got)
	}
	if again := b.tick(time.Second); len(again.jobs) != 1 {
		t.Fatalf("%d after a second", len(again.jobs))
	}
}

// Thousands of cards wait for one channel's rate: they are posted one a second, in
// the order in which they came, and those that wait are not planned again before their time.
func TestThousandsWaitForOneChannel(t *testing.T) {
	b := newBench(t)
	const threads = 3000
	planned := 0
	for i := range threads {
		bd := b.board(fmt.Sprintf("t%d", i), "C1")
		bd.valid = func() bool { planned++; return true }
		b.want(bd, "release/1", fmt.Sprint(i))
	}
	next := 0
	for second := range 5 {
		for j, got := range b.tick(time.Second).jobs {
			if got.view.text != fmt.Sprint(next) {
				t.Fatalf("second %d, post %d is of thread %s, want %d", second, j, got.view.text, next)
			}
			next++
			b.done(got, result{channel: "C1", ts: "2.2"}, b.now)
		}
		for range 10 { // what else goes on, beside those that wait
			other := b.board("other", "C2")
			b.want(other, "release/1", "x")
			b.pace.posts["C2"] = &bucket{left: 1, at: b.now}
			if jobs := b.tick(time.Millisecond).jobs; len(jobs) != 1 || jobs[0].channel != "C2" {
				t.Fatalf("got %v", jobs)
			}
		}
	}
	if next < 8 || next > 9 { // a burst of four, and then one a second
		t.Errorf("%d were posted in five seconds", next)
	}
	if most := 6 * threads; planned > most {
		t.Errorf("boards were looked at %d times, want at most %d", planned, most)
	}
}
