package bot

import (
	"maps"
	"slices"
	"time"

	"github.com/releasebot/releasebot/agent"
)

// A write can come late: one whose answer this process did not wait for, or one
// that a process made before it died or lost the lease. It may overwrite what was
// sent since, or post a second time. A call is begun while the lease is held and
// given up after Config.CallLimit, and what Slack has not done a second after that it
// does not do. So then everything is looked at and sent once more, and only what
// is sent after that counts as shown for the last time.

// lateMost is how long after its beginning a call may still change something.
func (o *outbox) lateMost() time.Duration { return o.bot.cfg.CallLimit + time.Second }

// doubt: something that began at this time may still be written.
func (o *outbox) doubt(bd *board, began time.Time) {
	if until := began.Add(o.lateMost()); until.After(bd.late) {
		bd.late = until
	}
}

// spot is a Slack thread, or, without a root, the first messages of a channel.
type spot struct{ channel, root string }

// place is where a message stands.
type place struct{ channel, ts string }

// twin is a message of ours that stands there once more, and is removed. Words
// that people wrote below a root may still be on their way: its place is bound
// before it goes, since nobody can read whose it was after that.
type twin struct {
	place
	root bool // its place is still to be bound
}

// settle: by now all that may still have been written was written. First comes a look.
func (bd *board) settle(now time.Time, t *turn) {
	if bd.late.IsZero() || bd.busy > 0 { // a job that ends lists it again
		return
	}
	if now.Before(bd.late) {
		t.at(bd.late)
		return
	}
	bd.late = time.Time{}
	if bd.channel != "" && bd.cards[agent.ViewRoot] != nil {
		bd.again = append(bd.again, spot{channel: bd.channel})
	}
	if bd.channel != "" && bd.root != "" {
		bd.again = append(bd.again, spot{bd.channel, bd.root})
	}
	bd.again = append(bd.again, bd.doubles...)
	for _, key := range slices.Sorted(maps.Keys(bd.cards)) {
		if c := bd.cards[key]; c.sort == letter && c.where != "" {
			bd.again = append(bd.again, spot{channel: c.where})
		}
	}
	if len(bd.again) == 0 {
		bd.repeat()
	}
}

// looked: what stands at the first spot is known now, or can't be.
func (bd *board) looked() {
	if bd.again = bd.again[1:]; len(bd.again) == 0 {
		bd.repeat()
	}
}

// repeat has everything sent once more.
func (bd *board) repeat() {
	for _, c := range bd.cards {
		if c.sort != noted && c.ts != "" {
			c.have = 0
		}
	}
}

// sure reports whether what was sent last stays.
func (bd *board) sure() bool { return bd.late.IsZero() && len(bd.again) == 0 }

// shown says how far people see what the state says.
func (bd *board) shown() agent.Shown {
	switch {
	case bd.behind():
		return agent.Behind
	case !bd.sure():
		return agent.InStep
	}
	return agent.Settled
}

// pending reports whether anything is to be sent, looked at or reported, or under way.
func (bd *board) pending() bool { return bd.shown() != agent.Settled }
