package bot

import (
	"context"
	"encoding/json"
	"slices"
	"time"

	"github.com/slack-go/slack/socketmode"

	"github.com/releasebot/releasebot/agent"
)

// Driven is a bot whose caller chooses what it does when: for simulations, in
// place of Run. It starts no goroutine and opens no link. Home tabs are not shown.
type Driven struct{ bot *Bot }

// Drive makes the caller drive the bot. It asks Slack who the bot is.
func (b *Bot) Drive(ctx context.Context) (*Driven, error) {
	if err := b.introduce(ctx); err != nil {
		return nil, err
	}
	return &Driven{b}, nil
}

// Delivery is an envelope, as a link reads it.
type Delivery struct {
	ID      string
	Kind    string // events_api, slash_commands, interactive
	Payload json.RawMessage
	Attempt int
	Ack     func(payload any) error // called at most once, while Take works, where the envelope is acknowledged
}

type ackFunc func(payload any) error

func (f ackFunc) ack(_ string, payload any) error { return f(payload) }

// Key names what an envelope has to be kept in order with: of those with the
// same key, one is taken in after the other.
func (d Delivery) Key() string {
	_, key := open(d.envelope())
	return key
}

func (d Delivery) envelope() *envelope {
	return &envelope{link: ackFunc(d.Ack), id: d.ID, kind: d.Kind, payload: d.Payload, attempt: d.Attempt}
}

// Take does what a worker of the intake does with an envelope, but for keeping a
// panic to itself; then it reads the envelope's thread, where that began late.
func (d *Driven) Take(ctx context.Context, del Delivery) {
	e := del.envelope()
	e.came = d.bot.cfg.Now()
	w, _ := open(e)
	d.bot.handle(ctx, w)
	d.bot.missed.now(ctx)
}

// Call is one call to Slack, the directory or the store that the outbox wants made.
type Call struct {
	out *outbox
	job job
}

// Thread is the thread that the call is for.
func (c Call) Thread() agent.ThreadID { return c.job.board.id }

// Make makes the call, if the thread's lease may still be trusted, and takes in what came of it.
func (c Call) Make(ctx context.Context) { c.out.make(ctx, c.job) }

// Step decides what is to be sent now, and tells the runner what stands. Each
// call that it returns is to be made once, in any order and at any time; more of
// them may be under way at once. next is when there is more; zero: after a call,
// or when a state is shown.
func (d *Driven) Step() (calls []Call, next time.Time) {
	t := d.bot.out.turn(d.bot.cfg.Now())
	for _, j := range t.jobs {
		calls = append(calls, Call{d.bot.out, j})
	}
	return calls, t.next
}

// Restless lists the threads of which something is still to be sent, looked at or reported.
func (d *Driven) Restless() []agent.ThreadID {
	o := d.bot.out
	o.mu.Lock()
	defer o.mu.Unlock()
	var ids []agent.ThreadID
	for id, bd := range o.boards {
		if bd.pending() {
			ids = append(ids, id)
		}
	}
	for id := range o.away {
		ids = append(ids, id)
	}
	slices.Sort(ids)
	return ids
}

// The kinds of envelopes that concern the bot.
const (
	KindEvent       = string(socketmode.RequestTypeEventsAPI)
	KindInteraction = string(socketmode.RequestTypeInteractive)
	KindCommand     = string(socketmode.RequestTypeSlashCommands)
)
