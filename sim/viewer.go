package sim

import (
	"errors"
	"slices"
	"sort"
	"time"

	"github.com/releasebot/releasebot/agent"
	"github.com/releasebot/releasebot/blocks"
)

// lateMost is how late a write to Slack can come whose sender has given up: its HTTP time-out.
const lateMost = 3 * time.Second

// viewer keeps what people see in step with states. It writes one thing at a
// time, when the world lets it.
type viewer struct {
	p      *proc
	boards map[agent.ThreadID]*board
	rested map[agent.ThreadID]*board // threads let go of when people saw what is so
}

// board is what is shown of one thread.
type board struct {
	id     agent.ThreadID
	upto   int64 // version of the state shown
	inStep bool  // when it was shown, nothing was left to do, or to tell the log
	valid  func() bool
	cards  map[string]*card
	look   bool      // messages of ours may stand there that the log doesn't know
	repeat time.Time // a dead process's writes may come until then: afterwards everything is looked at and shown once more; zero: done
	extra  []string  // messages that stand there twice
	news   []agent.PostedView
}

// card is one view of a board.
type card struct {
	key    string
	want   picture
	have   uint64
	ts     string
	logged bool
	final  bool // reported as shown for the last time
	note   bool
	after  time.Time
}

func (c *card) pending() bool { return c.want.hash != c.have || !c.logged || c.want.final && !c.final }

func (b *board) pending() bool {
	if !b.repeat.IsZero() || len(b.extra) > 0 || len(b.news) > 0 || b.look {
		return true
	}
	for _, c := range b.cards {
		if c.pending() {
			return true
		}
	}
	return false
}

// Show implements agent.Viewer.
func (v *viewer) Show(s *agent.State, valid func() bool) bool {
	w := v.p.w
	b := v.boards[s.ID]
	if b == nil {
		b = &board{id: s.ID, cards: map[string]*card{}}
		if old := v.rested[s.ID]; old != nil && old.upto == s.Version { // nobody has changed anything since
			b = old
		} else if s.Version > 2 || len(s.Views) > 0 {
			b.look, b.repeat = true, w.now.Add(lateMost)
		}
		v.boards[s.ID] = b
	}
	b.valid, b.upto = valid, s.Version
	wanted := map[string]bool{}
	for _, view := range blocks.Thread(s, blocks.Options{}) {
		v.want(b, s, view.Key, view, wanted)
	}
	for _, n := range s.Notes {
		key := n.Key()
		v.want(b, s, key, blocks.Note(n, blocks.Options{}), wanted)
		b.cards[key].note = true
	}
	for key := range b.cards {
		if !wanted[key] {
			delete(b.cards, key)
		}
	}
	b.inStep = !b.pending()
	return b.inStep
}

// Quiet implements agent.Foreseer: everything stands in Slack as s would have it.
func (v *viewer) Quiet(s *agent.State) bool {
	b := v.boards[s.ID]
	if b == nil || b.pending() {
		return false
	}
	same := func(key string, view blocks.View) bool {
		pic, err := picturing(s.ID, view)
		c := b.cards[key]
		return err == nil && c != nil && c.have == pic.hash && c.final == pic.final
	}
	for _, view := range blocks.Thread(s, blocks.Options{}) {
		if !same(view.Key, view) {
			return false
		}
	}
	for _, n := range s.Notes {
		if !same(n.Key(), blocks.Note(n, blocks.Options{})) {
			return false
		}
	}
	v.p.w.count("nothing to show")
	return true
}

func (v *viewer) want(b *board, s *agent.State, key string, view blocks.View, wanted map[string]bool) {
	pic, err := picturing(s.ID, view)
	if err != nil {
		v.p.w.fail("every state can be shown", "%s of %s: %v", key, v.p.w.label(s.ID), err)
	}
	c := b.cards[key]
	if c == nil {
		c = &card{key: key}
		b.cards[key] = c
	}
	if at, ok := s.Views[key]; ok && c.ts == "" {
		c.ts, c.logged = at.TS, true
	}
	c.want, wanted[key] = pic, true
}

// Forget implements agent.Viewer.
func (v *viewer) Forget(id agent.ThreadID) {
	delete(v.rested, id)
	if b := v.boards[id]; b != nil && b.inStep {
		v.rested[id] = b
	}
	delete(v.boards, id)
}

// work does one thing that is to be done; false: there is nothing to do now.
func (v *viewer) work() bool {
	w := v.p.w
	ids := make([]agent.ThreadID, 0, len(v.boards))
	for id := range v.boards {
		ids = append(ids, id)
	}
	if len(ids) == 0 {
		return false
	}
	slices.Sort(ids)
	from := w.rng.IntN(len(ids))
	for i := range ids {
		b := v.boards[ids[(from+i)%len(ids)]]
		if b == nil || !b.pending() {
			continue
		}
		if !b.valid() { // somebody else's by now, perhaps
			delete(v.boards, b.id)
			continue
		}
		if v.one(b) {
			return true
		}
	}
	return false
}

// one does one thing for a board.
func (v *viewer) one(b *board) bool {
	w := v.p.w
	if b.look {
		v.lookUp(b)
		return true
	}
	if !b.repeat.IsZero() && !w.now.Before(b.repeat) {
		b.repeat, b.look = time.Time{}, true
		for _, c := range b.cards {
			if !c.note {
				c.have = 0
			}
		}
		return true
	}
	if len(b.extra) > 0 {
		ts := b.extra[0]
		if v.write(b, func() { w.slack.remove(ts) }) == nil {
			b.extra = slices.Delete(b.extra, 0, 1)
		}
		return true
	}
	keys := make([]string, 0, len(b.cards))
	for k := range b.cards {
		keys = append(keys, k)
	}
	sort.Strings(keys)
	for _, k := range keys {
		if c := b.cards[k]; c.want.hash != c.have && !w.now.Before(c.after) {
			v.send(b, c)
			return true
		}
	}
	for _, k := range keys {
		v.report(b, b.cards[k])
	}
	if len(b.news) == 0 {
		return false
	}
	news := b.news
	b.news = nil
	v.p.runner.Posted(b.id, news)
	return true
}

// report tells the log what it has to know of a card.
func (v *viewer) report(b *board, c *card) {
	if c.have != c.want.hash {
		return
	}
	final := c.want.final && !c.final && b.repeat.IsZero()
	if c.logged && !final {
		return
	}
	b.news = append(b.news, agent.PostedView{Key: c.key, Channel: "C0RELEASES", TS: c.ts, Final: final || c.note})
	c.logged, c.final = true, c.final || final || c.note
}

func (v *viewer) lookUp(b *board) {
	if v.p.w.hits(Slack, 0.1, "slack says 429") {
		return
	}
	b.look = false
	found := v.p.w.slack.find(b.id)
	keys := make([]string, 0, len(found))
	for k := range found {
		keys = append(keys, k)
	}
	sort.Strings(keys)
	for _, key := range keys {
		all, c := found[key], b.cards[key]
		keep := all[0]
		if c != nil && c.ts != "" {
			keep = c.ts
		}
		if c != nil && c.ts == "" {
			c.ts, c.have = keep, 0
		}
		for _, ts := range all {
			if ts != keep && !slices.Contains(b.extra, ts) {
				b.extra = append(b.extra, ts)
			}
		}
	}
}

func (v *viewer) send(b *board, c *card) {
	w := v.p.w
	pic, ts := c.want, c.ts
	err := v.write(b, func() {
		switch {
		case c.note:
			w.slack.told++
		case ts == "":
			ts = w.slack.post(b.id, c.key, pic)
			w.logf("%s posts %s of %s: %s", v.p.owner, c.key, w.label(b.id), pic.text)
		default:
			w.slack.edit(ts, pic)
			w.logf("%s edits %s of %s: %s", v.p.owner, c.key, w.label(b.id), pic.text)
		}
	})
	if err == nil {
		c.ts, c.have = ts, pic.hash
		return
	}
	c.after = w.now.Add(time.Second)
	if errors.Is(err, errNoReply) { // it may have been done, or still be done
		c.after, c.have = w.now.Add(lateMost), 0
		if c.ts == "" && !c.note {
			b.look, b.repeat = true, w.now.Add(lateMost)
		}
	}
}

var errSlack = errors.New("ratelimited")

// write is one call that changes what stands in Slack.
func (v *viewer) write(b *board, effect func()) error {
	w, p := v.p.w, v.p
	if holder := w.disk.Holder(string(b.id)); holder != p.owner && !w.lost {
		w.fail("only the lease's holder writes views", "%s writes a view of %s, held by %q", p.owner, w.label(b.id), holder)
	}
	if w.hits(Crash, 0.01, "crash before slack") {
		w.kill(p)
		panic(crash{p})
	}
	switch {
	case w.hits(Slack, 0.07, "slack says 429"):
		return errSlack
	case w.hits(Slack, 0.05, "slack's write comes late"):
		w.later(w.between(100*time.Millisecond, lateMost), effect)
		return errNoReply
	}
	effect()
	if w.hits(Crash, 0.01, "crash after slack") {
		w.kill(p)
		panic(crash{p})
	}
	if w.hits(Slack, 0.07, "slack's reply lost") {
		return errNoReply
	}
	return nil
}
