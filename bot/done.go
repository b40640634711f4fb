package bot

import (
	"maps"
	"slices"
	"time"

	"github.com/releasebot/releasebot/agent"
)

// done takes in what a job came to.
func (o *outbox) done(j job, r result, now time.Time) {
	o.mu.Lock()
	defer o.mu.Unlock()
	bd := j.board
	bd.busy--
	o.posted(j)
	if j.verb.turns() {
		bd.turn = false
	}
	if j.ask != nil {
		j.ask.busy = false
	}
	if j.card != nil {
		j.card.busy = false
	}
	if bd.dropped {
		o.drained(j, now)
		return
	}
	switch {
	case r.lost:
		o.drop(bd)
		return
	case r.err == nil:
		o.sent(j, r)
	default:
		o.failed(j, classify(r.err), r.err, now)
	}
	if j.card != nil && j.card.gone {
		bd.forget(j.card)
	}
	o.list(bd)
}

// drained: a job has ended whose board was dropped. What it posted stands there, and is found by the next look.
func (o *outbox) drained(j job, now time.Time) {
	id := j.board.id
	if o.draining[id]--; o.draining[id] <= 0 {
		delete(o.draining, id)
	}
	if next := o.boards[id]; next != nil {
		if j.verb == toPost {
			next.look = true
		}
		o.doubt(next, now)
		o.list(next)
	}
}

func (bd *board) forget(c *card) {
	delete(bd.cards, c.key)
	bd.order = slices.DeleteFunc(bd.order, func(k string) bool { return k == c.key })
}

// sent: it went well.
func (o *outbox) sent(j job, r result) {
	bd, c := j.board, j.card
	switch j.verb {
	case toLook:
		bd.lookTries = 0
		bd.adopt(r.found, j)
		return
	case toAlias:
		bd.bound(j.thread)
		return
	case toRemove:
		bd.unlist(j.ts)
		return
	case toAsk:
		bd.asked(j.ask, r.people)
		return
	case toPost:
		c.ts, c.where = r.ts, r.channel
		if c.root {
			bd.root, bd.channel = r.ts, r.channel
		}
		bd.opened()
	case toWrite, toTell:
		c.ts, c.where = r.ts, r.channel
		if c.sort == letter && (c.unsure || bd.takenOver) { // it may stand there already, and now it is known where
			o.doubt(bd, j.at)
			c.unsure = false
		}
	case toEdit:
		if c.sort == shown {
			bd.opened()
		}
	}
	c.have, c.tries, c.notBefore = j.view.hash, 0, time.Time{}
	bd.report(c, j.view)
}

// adopt takes messages that stand there for the ones of the log.
func (bd *board) adopt(found map[string][]string, j job) {
	if at := (spot{j.channel, j.thread}); at.root != bd.root && slices.Contains(bd.doubles, at) {
		bd.sweep(found, j)
		return
	}
	bd.look = bd.look && j.again
	for _, key := range slices.Sorted(maps.Keys(found)) {
		all, c := slices.Sorted(slices.Values(found[key])), bd.cards[key] // the oldest stays: others may hang on it
		if c == nil && j.again {                                          // it is not wanted any more, and stays where it stands; once
			c = &card{key: key, ts: all[0]}
		}
		if c == nil || c.sort == noted {
			continue
		}
		if c.ts == "" {
			c.ts, c.where, c.have = all[0], j.channel, 0
			if c.root {
				bd.root = c.ts
				bd.look = j.thread == "" // there is a thread, and it has not been looked into
			}
		}
		for _, ts := range all {
			if ts != c.ts {
				bd.double(twin{place{j.channel, ts}, key == agent.ViewRoot})
			}
		}
	}
	if j.again {
		bd.looked()
	}
}

// double lists a message to be removed, once. What was posted below a root, and would
// be left standing, is looked for first.
func (bd *board) double(x twin) {
	if bd.doubled(x.place) {
		return
	}
	bd.extra = append(bd.extra, x)
	if below := (spot{x.channel, x.ts}); x.root && !slices.Contains(bd.doubles, below) {
		bd.doubles, bd.again = append(bd.doubles, below), append(bd.again, below)
	}
}

// doubled reports whether a message is to be removed.
func (bd *board) doubled(at place) bool {
	return slices.ContainsFunc(bd.extra, func(x twin) bool { return x.place == at })
}

// sweep has what was found below a second root removed before it, but for what
// the log says stands there. What is wanted of the rest stands, or will, below the root that stays.
func (bd *board) sweep(found map[string][]string, j job) {
	for _, key := range slices.Sorted(maps.Keys(found)) {
		for _, ts := range found[key] {
			at, c := place{j.channel, ts}, bd.cards[key]
			if ts != j.thread && (c == nil || ts != c.ts) && !bd.doubled(at) {
				bd.extra = slices.Insert(bd.extra, 0, twin{place: at})
			}
		}
	}
	bd.looked()
}

func (bd *board) unlist(ts string) {
	bd.extra = slices.DeleteFunc(bd.extra, func(x twin) bool { return x.ts == ts })
}

// bound: the Slack thread below this message is the agent's.
func (bd *board) bound(root string) {
	bd.lookTries = 0
	if root == bd.root {
		bd.alias = false
	}
	for i := range bd.extra {
		if bd.extra[i].ts == root {
			bd.extra[i].root = false
		}
	}
}

// failed: it went wrong. f says what that means.
func (o *outbox) failed(j job, f failure, err error, now time.Time) {
	bd := j.board
	switch {
	case f.kind == limited:
		o.pace.hold(j.method(), j.channel, now.Add(o.bot.pause(f, max(bd.lookTries, 1))))
		return
	case f.kind == badToken:
		o.bot.end(tokenError("bot token (xoxb-…)", f.code, err))
	}
	if f.kind == doubtful && (j.verb == toPost || j.verb == toEdit || j.verb == toWrite) {
		o.doubt(bd, j.at)
		j.card.unsure = j.card.unsure || j.verb == toWrite
	}
	switch {
	case j.verb == toAsk:
		j.ask.after = now.Add(min(o.bot.pause(f, j.ask.tries), 30*time.Second))
		j.ask.tries++
		o.bot.cfg.Log.Warn("who may approve can't be looked up; tried again", "thread", bd.id, "code", f.code)
	case j.card == nil:
		o.failedTurn(j, f, now)
	case j.card.sort == letter:
		o.failedLetter(j, f, now)
	case j.verb == toTell:
		o.failedTell(j, f, now)
	case f.kind == refused:
		o.failedForGood(j, f, now)
	default: // it may have been done: an edit is repeated, a post only after a look
		j.card.notBefore = now.Add(o.bot.pause(f, j.card.tries))
		j.card.tries++
		if j.verb == toPost {
			bd.look = true
			bd.lookAfter = j.card.notBefore
		}
	}
}

// failedTurn: a look, the alias or a removal went wrong.
func (o *outbox) failedTurn(j job, f failure, now time.Time) {
	bd := j.board
	switch {
	case j.verb == toRemove && f.kind == refused:
		bd.unlist(j.ts)
		return
	case j.again && f.kind == refused: // what can't be looked at is shown once more all the same
		bd.looked()
		return
	case j.verb == toLook && f.code == "thread_not_found": // then nothing of ours stands in it
		bd.look = false
		return
	case j.verb == toLook && unreachable(f.code):
		o.shut(bd, f.code)
	}
	bd.lookAfter = now.Add(min(o.bot.pause(f, bd.lookTries), 30*time.Second))
	bd.lookTries++
}

// failedTell: one person was not told. The card says the same to everybody, so it is not tried for ever.
func (o *outbox) failedTell(j job, f failure, now time.Time) {
	c := j.card
	c.notBefore = now.Add(o.bot.pause(f, c.tries))
	c.tries++
	switch {
	case f.kind == refused && tooMuch(f.code) && !j.plain:
		c.plain, c.notBefore = j.view.hash, now
	case f.kind == refused && !j.direct:
		c.fallback, c.notBefore = true, now
	case f.kind == refused, c.tries >= lettersTried:
		o.missed(j, f.code)
		c.have, c.where, c.ts = j.view.hash, "", ""
		j.board.report(c, j.view)
	}
}

// failedForGood: Slack will not take this post or edit as it is.
func (o *outbox) failedForGood(j job, f failure, now time.Time) {
	bd, c := j.board, j.card
	switch {
	case j.verb == toEdit && gone(f.code): // lost, so it is posted anew
		c.ts, c.have, c.logged = "", 0, false
		return
	case tooMuch(f.code) && !j.plain:
		o.bot.cfg.Log.Error("Slack refuses the blocks of a view; it is shown as text", "thread", bd.id, "view", c.key, "code", f.code)
		c.plain = j.view.hash
		return
	case unreachable(f.code):
		o.shut(bd, f.code)
	default:
		o.bot.cfg.Log.Error("Slack refuses a view; it is tried again slowly", "thread", bd.id, "view", c.key, "code", f.code)
	}
	c.notBefore = now.Add(min(5*time.Second<<min(c.tries, 8), 5*time.Minute))
	c.tries++
}
