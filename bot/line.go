package bot

import (
	"maps"
	"slices"
	"time"

	"github.com/releasebot/releasebot/agent"
)

// A channel takes one post a second. Where more is to be posted, threads stand in
// line for it, first come first served. Only those whose turn is near are kept:
// the others are given back to the store, and called up by their turn. What they
// show then is what is so then. If this process dies, others find them in the
// store, due a little after their turn.

const (
	// nearTurn is how near a turn is for whose thread is called up, and farTurn how far for whose thread is given back.
	nearTurn = 3 * time.Second
	farTurn  = 6 * time.Second
	// missedTurn is how long after its turn a thread loses its place that does not ask for it.
	missedTurn = 10 * time.Second
	// slowMost is how many times slower than our own pace Slack is taken to be, where it is.
	slowMost = 4
	// lineMost bounds how many places there are in all lines. Threads beyond that come by their due time.
	lineMost = 16384
)

// line is who waits to post in one channel.
type line struct {
	order []*waiter
	last  time.Time     // of the last turn that was taken
	gap   time.Duration // about how long it is from one turn to the next
}

// waiter is a thread's place in a line. It keeps it until it has posted all that it wants to.
type waiter struct {
	id      agent.ThreadID
	posting int       // posts under way
	away    bool      // the thread was given back
	called  bool      // and called up since
	expect  time.Time // it has asked again by then, or loses its place
}

// absent is a thread that was given back while it waits in lines.
type absent struct {
	rest
	lines []string
}

// claim returns when a call may be made; one that may be made now is counted. Where
// posts of the channel are waiting, the thread gets a place among them.
func (o *outbox) claim(j *job, now time.Time) time.Time {
	if j.method() != "chat.postMessage" || o.pace.every < 0 {
		return o.pace.ready(j.method(), j.channel, now)
	}
	l := o.lines[j.channel]
	if l == nil {
		at := o.pace.ready(j.method(), j.channel, now)
		if !at.After(now) {
			return at
		}
		l = &line{gap: o.pace.every}
	}
	w, n := l.place(j.board.id)
	if w == nil {
		w = o.join(l, j.board.id, j.channel)
	}
	j.board.ask(j.channel)
	at := o.pace.turn(j.channel, n, now)
	if !at.After(now) {
		at = o.pace.ready(j.method(), j.channel, now)
	}
	if at.After(now) {
		w.expect = at.Add(missedTurn)
		j.board.inLine(l.guess(at, n, o.pace.every))
		return at
	}
	w.posting++
	j.waited = true
	l.taken(now, o.pace.every)
	return at
}

// join gives a thread the last place. Where there are too many, what it gets is not kept, and it comes by its due time.
func (o *outbox) join(l *line, id agent.ThreadID, channel string) *waiter {
	w := &waiter{id: id}
	if o.waiting < lineMost {
		o.waiting++
		l.order = append(l.order, w)
		o.lines[channel] = l
	}
	return w
}

// place finds a thread's place, and how many are before it whose turn has not come.
func (l *line) place(id agent.ThreadID) (w *waiter, ahead int) {
	for _, w := range l.order {
		if w.id == id {
			return w, ahead
		}
		if w.posting == 0 {
			ahead++
		}
	}
	return nil, ahead
}

// guess is when the turn of the n-th will come, as turns have come lately: Slack may be slower than we are told.
func (l *line) guess(at time.Time, n int, every time.Duration) time.Time {
	return at.Add(time.Duration(n) * max(l.gap-every, 0))
}

// taken notes that a turn was taken.
func (l *line) taken(now time.Time, every time.Duration) {
	if !l.last.IsZero() {
		l.gap += (min(now.Sub(l.last), slowMost*every) - l.gap) / 4
	}
	l.last = now
}

// posted: the post of a waiter has ended, well or not.
func (o *outbox) posted(j job) {
	if !j.waited {
		return
	}
	if w := o.waiter(j.board.id, j.channel); w != nil && w.posting > 0 {
		w.posting--
	}
}

// unline takes a thread's place away. Who is behind may come sooner.
func (o *outbox) unline(id agent.ThreadID, channel string) {
	l := o.lines[channel]
	if l == nil {
		return
	}
	at := slices.IndexFunc(l.order, func(w *waiter) bool { return w.id == id })
	if at < 0 {
		return
	}
	o.remove(channel, l, at)
}

func (o *outbox) remove(channel string, l *line, at int) {
	l.order = slices.Delete(l.order, at, at+1)
	o.waiting--
	if len(l.order) == 0 {
		delete(o.lines, channel)
		return
	}
	for _, w := range l.order[:min(len(l.order), o.pace.burst)] {
		if bd := o.boards[w.id]; bd != nil {
			bd.until = time.Time{}
		}
	}
	o.wake()
}

// callUp has those come back whose turn is near, and goes on without those that did not come.
func (o *outbox) callUp(now time.Time, t *turn) {
	for _, channel := range slices.Sorted(maps.Keys(o.lines)) {
		var missing []*waiter
		ahead := 0
		for _, w := range o.lines[channel].order {
			if w.posting > 0 {
				continue
			}
			at := o.pace.turn(channel, ahead, now)
			if at.Sub(now) > nearTurn {
				t.at(at.Add(-nearTurn))
				break
			}
			if w.away && !w.called {
				w.called, w.expect = true, at.Add(missedTurn)
				t.calls = append(t.calls, w.id)
			}
			if now.After(w.expect) {
				missing = append(missing, w)
				continue
			}
			t.at(w.expect.Add(time.Millisecond))
			ahead++
		}
		for _, w := range missing {
			o.miss(w, channel)
		}
	}
}

// miss takes the place of a thread away that did not come. If it was given back, its due time brings it here, or to another.
func (o *outbox) miss(w *waiter, channel string) {
	if w.away {
		delete(o.away, w.id)
	}
	o.unline(w.id, channel)
}

// waits reports whether nothing is left to do for a thread but to wait for a turn
// that is far. Then nothing is sent until the thread is forgotten or shown again.
func (o *outbox) waits(id agent.ThreadID) (until time.Time, ok bool) {
	o.mu.Lock()
	defer o.mu.Unlock()
	bd, now := o.boards[id], o.bot.cfg.Now()
	if bd == nil || bd.far.Sub(now) < farTurn || !bd.mayLeave() || o.draining[id] > 0 {
		return time.Time{}, false
	}
	bd.leaving = true
	return bd.far.Add(missedTurn + bd.far.Sub(now)/4), true
}

// mayLeave reports whether all that is known of what stands in Slack is what leave keeps.
func (bd *board) mayLeave() bool {
	if bd.busy > 0 || bd.look || !bd.sure() || len(bd.reports) > 0 || len(bd.extra) > 0 || len(bd.unasked()) > 0 {
		return false
	}
	for _, c := range bd.cards {
		if c.pending() && (c.tries > 0 || c.unsure || c.fallback || !c.notBefore.IsZero() || c.plain != 0) {
			return false
		}
	}
	return true
}

// leaves keeps what is known of a thread that is given back, and its places.
func (o *outbox) leaves(bd *board) {
	for _, channel := range bd.lines {
		if w := o.waiter(bd.id, channel); w != nil {
			w.away, w.called = true, false
			o.away[bd.id] = absent{bd.leave(), bd.lines}
		}
	}
	if _, ok := o.away[bd.id]; ok {
		bd.lines = nil
	}
}

func (o *outbox) waiter(id agent.ThreadID, channel string) *waiter {
	l := o.lines[channel]
	if l == nil {
		return nil
	}
	w, _ := l.place(id)
	return w
}

// comes takes up what is known of a thread that was away, if nobody else has run it meanwhile.
func (o *outbox) comes(bd *board, epoch int64, now time.Time) (r rest, known bool) {
	a, ok := o.away[bd.id]
	if !ok {
		return rest{}, false
	}
	delete(o.away, bd.id)
	bd.lines = a.lines
	for _, channel := range a.lines {
		if w := o.waiter(bd.id, channel); w != nil {
			w.away, w.called, w.expect = false, false, now.Add(missedTurn)
		}
	}
	if a.epoch != epoch && a.epoch+1 != epoch {
		return rest{}, false
	}
	return a.rest, true
}

// ask notes that the thread still wants to post there.
func (bd *board) ask(channel string) {
	if !slices.Contains(bd.needed, channel) {
		bd.needed = append(bd.needed, channel)
	}
}

// inLine notes when the thread's turn will come.
func (bd *board) inLine(at time.Time) {
	if bd.queued++; bd.far.IsZero() || at.Before(bd.far) {
		bd.far = at
	}
}

// queue plans a board, and gives up the places that it needs no more.
func (o *outbox) queue(bd *board, now time.Time, t *turn) {
	jobs, waits := len(t.jobs), t.waits
	bd.needed, bd.queued, bd.far = nil, 0, time.Time{}
	o.plan(bd, now, t)
	for _, channel := range bd.lines {
		switch {
		case slices.Contains(bd.needed, channel):
		case bd.busy > 0: // it may ask again when that has ended
			bd.needed = append(bd.needed, channel)
		default:
			o.unline(bd.id, channel)
		}
	}
	bd.lines = bd.needed
	if bd.queued == 0 || len(t.jobs) > jobs || t.waits-waits > bd.queued {
		bd.far = time.Time{}
	}
}
