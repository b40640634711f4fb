package bot

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"hash/maphash"
	"runtime/debug"
	"sync"

	"github.com/slack-go/slack/socketmode"

	"github.com/releasebot/releasebot/agent"
)

// How much is worked on at once, and waits. What finds no room is left to Slack, which sends it again.
const (
	workers = 64
	waiting = 64 // for each worker
)

// intake is the workers between links and agent. What belongs to one Slack
// thread goes through one worker, in order.
type intake struct {
	bot    *Bot
	seed   maphash.Seed
	queues [workers]chan work
}

// work is an envelope that was looked into.
type work struct {
	*envelope
	event *message     // of events_api
	press *interaction // of interactive
	order *order       // of slash_commands
}

func (in *intake) init(b *Bot) {
	in.bot, in.seed = b, maphash.MakeSeed()
	for i := range in.queues {
		in.queues[i] = make(chan work, waiting)
	}
}

// run works until ctx ends.
func (in *intake) run(ctx context.Context) {
	var wg sync.WaitGroup
	for i := range in.queues {
		wg.Go(func() {
			for {
				select {
				case <-ctx.Done():
					return
				case w := <-in.queues[i]:
					in.bot.guarded(ctx, w)
					in.bot.came(w.envelope)
				}
			}
		})
	}
	wg.Wait()
}

// put hands an envelope to its worker. It never blocks: the link has to be read, or it is closed.
func (in *intake) put(e *envelope) {
	w, key := open(e)
	e.payload = nil // it was read, and its bytes are the link's
	in.bot.comes(e)
	select {
	case in.queues[maphash.String(in.seed, key)%workers] <- w:
	default:
		in.bot.came(e)
		in.bot.cfg.Log.Warn("too much at once: an envelope is left to be sent again", "kind", e.kind)
	}
}

// open looks into an envelope; key names the Slack thread it belongs to.
func open(e *envelope) (w work, key string) {
	w = work{envelope: e}
	var err error
	switch e.kind {
	case socketmode.RequestTypeEventsAPI:
		if m, ok := scanEvent(e.payload); ok && m != nil {
			w.event = m
			return w, m.Channel + m.root()
		}
		var outer struct {
			Event *message `json:"event"`
		}
		if err = json.Unmarshal(e.payload, &outer); err == nil && outer.Event != nil {
			w.event = outer.Event
			return w, outer.Event.Channel + outer.Event.root()
		}
	case socketmode.RequestTypeInteractive:
		var p interaction
		if err = json.Unmarshal(e.payload, &p); err == nil {
			w.press = &p
			return w, p.key()
		}
	case socketmode.RequestTypeSlashCommands:
		var o order
		if err = json.Unmarshal(e.payload, &o); err == nil {
			w.order = &o
			return w, o.Channel + o.User
		}
	}
	return w, e.id
}

// guarded takes one envelope in. A panic costs this envelope, not the process.
func (b *Bot) guarded(ctx context.Context, w work) {
	defer func() {
		if x := recover(); x != nil {
			b.cfg.Log.Error("the handling of an envelope panicked", "kind", w.kind, "panic", fmt.Sprintf("%T", x), "stack", string(debug.Stack()))
		}
	}()
	b.handle(ctx, w)
}

// handle takes one envelope in.
func (b *Bot) handle(ctx context.Context, w work) {
	switch {
	case w.event != nil:
		b.onEvent(ctx, w.envelope, w.event)
	case w.press != nil:
		b.onInteraction(ctx, w.envelope, w.press)
	case w.order != nil:
		b.onCommand(ctx, w.envelope, w.order)
	default: // of a kind we don't know, or not to be read: it concerns nobody here
		b.cfg.Log.Info("an envelope of no use was acknowledged", "kind", w.kind)
		b.acknowledge(w.envelope)
	}
}

// permanent reports whether trying again would not help.
func permanent(err error) bool { return errors.Is(err, agent.ErrNoThread) }
