package bot

import (
	"context"
	"encoding/json"
	"errors"
	"sync/atomic"
	"time"
)

// acker is what an envelope is acknowledged on: the link that carried it.
type acker interface {
	// ack returns nil once the acknowledgement was written.
	ack(id string, payload any) error
}

// envelope is one delivery from Slack on its way through the bot.
type envelope struct {
	link    acker
	id      string
	kind    string // events_api, slash_commands, interactive, …
	payload json.RawMessage
	attempt int
	came    time.Time
	acked   atomic.Bool
	coming  atomic.Bool // counted as such by the agent
}

// Times of an envelope. Slack waits three seconds for an acknowledgement.
const (
	ackWithin  = 2800 * time.Millisecond
	giveUpLate = 25 * time.Second // how long what was not acknowledged is tried all the same
)

// ack acknowledges e once.
func (b *Bot) ack(e *envelope, payload any) error {
	if !e.acked.CompareAndSwap(false, true) {
		return nil
	}
	err := e.link.ack(e.id, payload)
	if err != nil {
		e.acked.Store(!errors.Is(err, errAckTooLarge))
		return err
	}
	if b.cfg.AckSeconds != nil {
		b.cfg.AckSeconds(e.kind, b.cfg.Now().Sub(e.came))
	}
	b.came(e)
	return nil
}

// comes says that somebody waits for e's acknowledgement.
func (b *Bot) comes(e *envelope) {
	e.coming.Store(true)
	b.service.Load().Coming(1)
}

// came: nobody waits for it any more.
func (b *Bot) came(e *envelope) {
	if e.coming.Swap(false) {
		b.service.Load().Coming(-1)
	}
}

// acknowledge is ack where nothing depends on it: Slack sends an event again whose acknowledgement was lost.
func (b *Bot) acknowledge(e *envelope) {
	if err := b.ack(e, nil); err != nil {
		b.cfg.Log.Info("an acknowledgement was not sent", "kind", e.kind, "err", err)
	}
}

// inTime reports whether an acknowledgement would still count.
func (b *Bot) inTime(e *envelope) bool { return !e.acked.Load() && b.cfg.Now().Sub(e.came) < ackWithin }

// keepTrying does something until it works, longer than Slack waits: what a
// person has said or pressed is not lost because the store is away for a moment.
func (b *Bot) keepTrying(ctx context.Context, e *envelope, do func(context.Context) error) error {
	for tries := 0; ; tries++ {
		try, cancel := context.WithTimeout(ctx, 5*time.Second)
		err := do(try)
		cancel()
		if err == nil || permanent(err) {
			return err
		}
		wait := 100 * time.Millisecond << min(tries, 4)
		if b.cfg.Now().Sub(e.came)+wait > giveUpLate {
			return err
		}
		if b.cfg.Outside.Sleep(ctx, wait) != nil {
			return err
		}
	}
}
