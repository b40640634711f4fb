package bot

import (
	"time"

	"github.com/releasebot/releasebot/agent"
	"github.com/releasebot/releasebot/policy"
)

// verb is what a job does.
type verb int

const (
	toPost verb = iota
	toEdit
	toTell   // one person alone
	toLook   // for messages of ours that the log doesn't know
	toAlias  // bind the Slack thread to the agent's
	toRemove // a message of ours that stands there twice
	toWrite  // a letter
	toAsk    // the directory: who may approve
)

// method is the call that a job makes, as its rate is counted.
func (j job) method() string {
	if j.verb == toTell && j.direct {
		return "chat.postMessage"
	}
	return [...]string{"chat.postMessage", "chat.update", "chat.postEphemeral", "conversations.replies", "", "chat.delete", "chat.postMessage", ""}[j.verb]
}

// turns reports whether a job takes the board's turn: these go one after the other.
func (v verb) turns() bool { return v == toPost || v == toLook || v == toAlias || v == toRemove }

// job is one call to be made. It holds copies: the board may change meanwhile.
type job struct {
	verb    verb
	board   *board
	card    *card
	valid   func() bool
	view    picture
	plain   bool
	channel string
	thread  string
	ts      string
	ask     *ask // of toAsk, with copies of what it needs
	from    []policy.Subject
	not     []string
	user    string    // of toTell
	direct  bool      // by direct message
	began   time.Time // of the thread
	again   bool      // of toLook: after a write may have come late
	at      time.Time // when its call began
	meta    metadata
	waited  bool // in line
}

// report is what the agent is told of one thread.
type report struct {
	id    agent.ThreadID
	views []agent.PostedView
}

// turn is what one step came to: jobs to start, reports to make, and when to step again.
type turn struct {
	jobs    []job
	reports []report
	calls   []agent.ThreadID // threads whose turn in line is near, and that were given back
	next    time.Time
	waits   int // things that wait for a time to come
}

func (t *turn) at(when time.Time) {
	t.waits++
	if t.next.IsZero() || when.Before(t.next) {
		t.next = when
	}
}

// step decides what is to be sent now. It makes no call and starts nothing.
func (o *outbox) step(now time.Time) turn {
	o.mu.Lock()
	defer o.mu.Unlock()
	var t turn
	listed := o.listed
	o.listed = o.spare[:0]
	defer func() {
		clear(listed)
		o.spare = listed[:0]
	}()
	for _, bd := range listed {
		bd.listed = false
		if bd.dropped {
			continue
		}
		if bd.leaving {
			bd.listed = true
			o.listed = append(o.listed, bd)
			continue
		}
		if now.Before(bd.until) {
			t.at(bd.until)
			bd.listed = true
			o.listed = append(o.listed, bd)
			continue
		}
		if !bd.valid() { // somebody else's, perhaps: what was to be sent is not ours to send
			o.drop(bd)
			continue
		}
		waits, next := t.waits, t.next
		t.next = time.Time{}
		o.queue(bd, now, &t)
		if bd.until = t.next; t.next.IsZero() || !next.IsZero() && next.Before(t.next) {
			t.next = next
		}
		o.inform(bd, &t)
		if t.waits > waits { // else a job that ends, or a state that is shown, lists it again
			bd.listed = true
			o.listed = append(o.listed, bd)
		}
	}
	o.callUp(now, &t)
	return t
}

// inform adds what the agent has to know: where views stand, or that people see
// what is so, by edits alone, which a release may wait for.
func (o *outbox) inform(bd *board, t *turn) {
	switch {
	case bd.busy > 0:
	case len(bd.reports) > 0:
		t.reports = append(t.reports, report{bd.id, bd.reports})
		bd.said, bd.reports = bd.reports, nil
	case !bd.behind() && (!bd.known || !bd.pending()):
		bd.known = true
		t.reports = append(t.reports, report{id: bd.id})
	case !bd.far.IsZero() && !bd.farTold:
		t.reports = append(t.reports, report{id: bd.id})
	}
	bd.farTold = !bd.far.IsZero()
}

// plan adds the jobs of one board that may start now.
func (o *outbox) plan(bd *board, now time.Time, t *turn) {
	bd.settle(now, t)
	o.planTurn(bd, now, t)
	for _, k := range bd.unasked() {
		switch {
		case k.busy:
		case now.Before(k.after):
			t.at(k.after)
		default:
			k.busy = true
			o.start(job{verb: toAsk, board: bd, ask: k, from: k.from, not: k.not()}, now, t)
		}
	}
	for _, key := range bd.order {
		c := bd.cards[key]
		if !c.pending() || c.busy {
			continue
		}
		if now.Before(c.notBefore) {
			t.at(c.notBefore)
			continue
		}
		switch {
		case c.sort == noted && (c.fallback || c.where == ""):
			o.start(job{verb: toTell, board: bd, card: c, channel: c.person, direct: true}, now, t)
		case c.sort == noted:
			o.start(job{verb: toTell, board: bd, card: c, channel: c.where, thread: c.thread}, now, t)
		case c.ts != "" && bd.unread(c, now): // the look comes first: an edit would wipe out what it shows
			t.at(bd.made.Add(unreadFor))
		case c.ts != "":
			if ready := c.sent.Add(o.bot.cfg.EditEvery); now.Before(ready) {
				t.at(ready)
				continue
			}
			o.start(job{verb: toEdit, board: bd, card: c, channel: c.where, ts: c.ts}, now, t)
		case c.sort == letter:
			o.start(job{verb: toWrite, board: bd, card: c, channel: c.person}, now, t)
		case bd.turn || bd.look || bd.alias && !c.root || o.draining[bd.id] > 0:
		case c.root:
			o.start(job{verb: toPost, board: bd, card: c, channel: bd.channel}, now, t)
		case bd.root != "":
			o.start(job{verb: toPost, board: bd, card: c, channel: bd.channel, thread: bd.root}, now, t)
		}
	}
}

// planTurn adds what has to come before a post: the look for what stands there
// already, the alias, the removal of what stands there twice.
func (o *outbox) planTurn(bd *board, now time.Time, t *turn) {
	if bd.turn || o.draining[bd.id] > 0 {
		return
	}
	if now.Before(bd.lookAfter) {
		t.at(bd.lookAfter)
		return
	}
	switch {
	case bd.look && (bd.unposted() || bd.inherited(now)):
		o.start(job{verb: toLook, board: bd, channel: bd.channel, thread: bd.root, began: bd.began}, now, t)
	case bd.alias && bd.root != "":
		o.start(job{verb: toAlias, board: bd, channel: bd.channel, thread: bd.root}, now, t)
	case len(bd.again) > 0:
		at := bd.again[0]
		o.start(job{verb: toLook, board: bd, channel: at.channel, thread: at.root, began: bd.began, again: true}, now, t)
	case len(bd.extra) > 0:
		o.start(bd.removal(bd.extra[0]), now, t)
	}
}

// removal is the next job on the way to a twin's removal.
func (bd *board) removal(x twin) job {
	if x.root {
		return job{verb: toAlias, board: bd, channel: x.channel, thread: x.ts}
	}
	return job{verb: toRemove, board: bd, channel: x.channel, ts: x.ts}
}

// unreadFor is how long the first edit of a card that another process has
// written waits for a look at what stands there.
const unreadFor = 10 * time.Second

// unread reports whether an edit of the card waits for a look at what it shows:
// another process has written it, and it may show more than the store has now.
func (bd *board) unread(c *card, now time.Time) bool {
	return bd.look && bd.strange && c.sort == shown && c.have == 0 && c.logged && bd.channel != "" && bd.root != "" && now.Before(bd.made.Add(unreadFor))
}

// inherited reports whether a card waits for a look.
func (bd *board) inherited(now time.Time) bool {
	for _, c := range bd.cards {
		if c.ts != "" && c.pending() && bd.unread(c, now) {
			return true
		}
	}
	return false
}

// unposted reports whether a view waits to be posted.
func (bd *board) unposted() bool {
	for _, c := range bd.cards {
		if c.sort == shown && c.ts == "" && c.pending() {
			return true
		}
	}
	return false
}

// start adds a job if Slack's rates allow it now.
func (o *outbox) start(j job, now time.Time, t *turn) {
	if at := o.claim(&j, now); at.After(now) {
		t.at(at)
		return
	}
	bd := j.board
	j.valid, j.at = bd.valid, now
	bd.busy++
	if j.verb.turns() {
		bd.turn = true
	}
	if c := j.card; c != nil {
		c.busy, c.sent = true, now
		j.view, j.plain = c.want, c.plain == c.want.hash
		j.user, j.meta = c.person, bd.metadata(c)
	}
	t.jobs = append(t.jobs, j)
}
