package bot

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/slack-go/slack"

	"github.com/releasebot/releasebot/agent"
	"github.com/releasebot/releasebot/blocks"
)

// crowd is many threads that ask in one channel, run as the agent runs them: one that may be given back is.
type crowd struct {
	*bench
	t      *testing.T
	states map[agent.ThreadID]*agent.State
	epochs map[agent.ThreadID]int64
	asked  []string // threads, as they came
	posted []string // as they were posted, with what was said then
	looks  int
	calls  int
	most   int                       // boards at once, after what may be given back was
	answer func(j job) error         // what Slack says; nil: it takes everything
	comes  func(agent.ThreadID) bool // whether a thread that is called up comes
}

func newCrowd(t *testing.T) *crowd {
	b := newBench(t)
	b.bot.cfg.Now = func() time.Time { return b.now }
	return &crowd{
		bench: b, t: t, states: map[agent.ThreadID]*agent.State{}, epochs: map[agent.ThreadID]int64{},
		answer: func(job) error { return nil }, comes: func(agent.ThreadID) bool { return true },
	}
}

// ask begins a thread in the channel.
func (c *crowd) ask(name string) agent.ThreadID {
	id := agent.ThreadID(name)
	s := agent.NewState(id)
	s.Reduce(&agent.Event{Seq: 1, At: c.now, Actor: agent.SlackActor("T1", "U0ANN"), Data: &agent.Trigger{
		Source: "mention", Text: "deploy shop 1 to production", Slack: &agent.Place{Team: "T1", Channel: "C1", TS: "1." + name},
	}})
	s.Reduce(&agent.Event{Seq: 2, At: c.now, Actor: agent.Bot, Data: &agent.PlannerDecision{
		Of: 1, Intent: agent.Intent{Kind: agent.IntentDeploy, Service: "shop", Environment: "production", Version: "1"},
	}})
	c.states[id] = s
	c.asked = append(c.asked, name)
	c.expect(id, c.now)
	c.run(id)
	return id
}

// run takes a thread's lease and shows it.
func (c *crowd) run(id agent.ThreadID) {
	c.epochs[id]++
	c.show(c.states[id], c.epochs[id], func() bool { return true })
}

// pass lets time pass, a tenth of a second at a time.
func (c *crowd) pass(d time.Duration) {
	for range d / (100 * time.Millisecond) {
		got := c.tick(100 * time.Millisecond)
		for _, j := range got.jobs {
			r := result{channel: j.channel, ts: fmt.Sprintf("9.%06d", len(c.posted)), err: c.answer(j)}
			switch {
			case j.verb == toLook:
				c.looks++
			case j.verb == toPost && r.err == nil:
				c.posted = append(c.posted, string(j.board.id))
			}
			c.done(j, r, c.now)
		}
		for _, id := range got.calls {
			if c.calls++; c.comes(id) {
				c.run(id)
			}
		}
		for _, id := range c.running() {
			if _, ok := c.waits(id); ok {
				c.forget(id)
			}
		}
		c.most = max(c.most, len(c.boards))
	}
}

// running lists the threads that have something to show and are held, in a fixed order.
func (c *crowd) running() (ids []agent.ThreadID) {
	for id, bd := range c.boards {
		if !bd.pending() {
			c.forget(id) // as the agent does with a thread that is shown
			continue
		}
		ids = append(ids, id)
	}
	slices.Sort(ids)
	return ids
}

// Hundreds of threads wait for one channel: each posts once, in the order in which
// they asked, one a second, and only those whose turn is near are held. Nobody is
// called up who can't post then, and nothing is looked for.
func TestThreadsInLineAreGivenBackUntilTheirTurn(t *testing.T) {
	c := newCrowd(t)
	for i := range 300 {
		c.ask(fmt.Sprintf("t%03d", i))
	}
	c.pass(time.Second)
	c.most = 0
	c.pass(310 * time.Second)
	if !slices.Equal(c.posted, c.asked) {
		t.Errorf("posted: %v", c.posted)
	}
	if c.most > 12 {
		t.Errorf("%d threads were held at once for one post a second", c.most)
	}
	if c.looks > 0 || c.calls > len(c.asked) {
		t.Errorf("%d looks, %d were called up for %d posts", c.looks, c.calls, len(c.asked))
	}
	if len(c.lines)+len(c.away)+c.waiting > 0 {
		t.Errorf("left behind: %d lines, %d threads away, %d places", len(c.lines), len(c.away), c.waiting)
	}
}

// Who asks while others wait, with the channel's rate to spare for a moment, does not overtake them.
func TestNobodyOvertakesThoseInLine(t *testing.T) {
	c := newCrowd(t)
	for i := range 20 {
		c.ask(fmt.Sprintf("t%03d", i))
	}
	for i := 20; i < 40; i++ {
		c.pass(700 * time.Millisecond)
		c.ask(fmt.Sprintf("t%03d", i))
	}
	c.pass(60 * time.Second)
	if !slices.Equal(c.posted, c.asked) {
		t.Errorf("posted: %v", c.posted)
	}
}

// What is posted is what is so when the turn has come, not what was so when the thread was given back.
func TestInLineTheNewestIsPosted(t *testing.T) {
	c := newCrowd(t)
	var last agent.ThreadID
	for i := range 30 {
		last = c.ask(fmt.Sprintf("t%03d", i))
	}
	c.pass(2 * time.Second)
	if c.boards[last] != nil {
		t.Fatal("the last one is held")
	}
	before := pictures(blocksOf(c.states[last]))
	c.states[last].Reduce(&agent.Event{Seq: 3, At: c.now, Actor: agent.Bot, Release: 1, Data: &agent.PolicyRefused{Rule: "freeze", Reason: "There is a freeze."}})
	after := pictures(blocksOf(c.states[last]))
	var said picture
	c.answer = func(j job) error {
		if j.board.id == last && j.verb == toPost {
			said = j.view
		}
		return nil
	}
	c.pass(60 * time.Second)
	key := agent.ViewRelease(1)
	if before[key].hash == after[key].hash || said.hash != after[key].hash {
		t.Errorf("posted: %q", said.text)
	}
}

// While Slack says to come back later nobody is called up, and then the order is what it was.
func TestInLineNobodyIsCalledUpBeforeSlackSaidTo(t *testing.T) {
	c := newCrowd(t)
	for i := range 30 {
		c.ask(fmt.Sprintf("t%03d", i))
	}
	c.pass(6 * time.Second)
	limited := true
	c.answer = func(j job) error {
		if limited && j.verb == toPost {
			limited = false
			return &slack.RateLimitedError{RetryAfter: time.Minute}
		}
		return nil
	}
	c.pass(2 * time.Second)
	calls, posted := c.calls, len(c.posted)
	c.pass(50 * time.Second)
	if c.calls > calls || len(c.posted) > posted {
		t.Errorf("within Retry-After %d were called up, and %d posted", c.calls-calls, len(c.posted)-posted)
	}
	c.pass(60 * time.Second)
	if !slices.Equal(c.posted, c.asked) {
		t.Errorf("posted: %v", c.posted)
	}
}

// One that does not come when it is called up, because another process has it, keeps nobody waiting for long.
func TestInLineOthersGoOnWhereOneDoesNotCome(t *testing.T) {
	c := newCrowd(t)
	for i := range 30 {
		c.ask(fmt.Sprintf("t%03d", i))
	}
	c.comes = func(id agent.ThreadID) bool { return id != "t015" }
	c.pass(45 * time.Second)
	c.asked = slices.DeleteFunc(c.asked, func(name string) bool { return name == "t015" })
	if !slices.Equal(c.posted, c.asked) {
		t.Errorf("posted: %v", c.posted)
	}
	if len(c.away) > 0 || c.waiting > 0 {
		t.Errorf("%d threads are still away, with %d places", len(c.away), c.waiting)
	}
}

// Where another process has run a thread while it was away, its cards may stand there: the look comes first.
func TestInLineALookComesFirstWhereAnotherHasRunIt(t *testing.T) {
	c := newCrowd(t)
	for i := range 20 {
		c.ask(fmt.Sprintf("t%03d", i))
	}
	c.pass(2 * time.Second)
	if c.boards["t015"] != nil {
		t.Fatal("it is held")
	}
	c.epochs["t015"]++
	c.answer = func(j job) error {
		if j.verb == toPost && j.board.id == "t015" && c.looks == 0 {
			t.Error("posted without a look")
		}
		return nil
	}
	c.pass(40 * time.Second)
	if c.looks == 0 || len(c.posted) != len(c.asked) {
		t.Errorf("%d looks, %d posts", c.looks, len(c.posted))
	}
}

// Whatever is under way for a thread is not left behind: it is given back only when that has ended.
func TestInLineNothingUnderWayIsLeft(t *testing.T) {
	c := newCrowd(t)
	for i := range 20 {
		c.ask(fmt.Sprintf("t%03d", i))
	}
	first := c.tick(0)
	for _, j := range first.jobs {
		if _, ok := c.waits(j.board.id); ok {
			t.Errorf("%s may be given back while its post is under way", j.board.id)
		}
	}
	if _, ok := c.waits("t019"); !ok {
		t.Fatal("the last one may not be given back")
	}
	for range 60 {
		for _, j := range append(first.jobs, c.tick(time.Second).jobs...) {
			if j.board.id == "t019" {
				t.Fatal("something is sent of a thread that is about to be given back")
			}
			c.done(j, result{channel: "C1", ts: "9.9"}, c.now)
		}
		first.jobs = nil
	}
	c.run("t019") // it was not given back: something came in between
	if got := c.tick(time.Second); len(got.jobs) != 1 || got.jobs[0].board.id != "t019" {
		t.Errorf("got %s", got)
	}
}

func blocksOf(s *agent.State) []blocks.View { return blocks.Thread(s, blocks.Options{}) }
