package bot

import (
	"context"
	"errors"
	"math/rand/v2"
	"sync"
	"time"
)

// maxLinks is how many links Slack allows an app, all its processes together.
const maxLinks = 10

// links keeps so many links to Slack open. A link that Slack is about to close
// is replaced before it is gone.
type links struct {
	bot  *Bot
	mu   sync.Mutex
	open map[*link]bool
	why  string // the last connection could not be opened; "" since one was
}

func (ls *links) init(b *Bot) { ls.bot, ls.open = b, map[*link]bool{} }

// run keeps the links until ctx ends.
func (ls *links) run(ctx context.Context) {
	var wg sync.WaitGroup
	for range ls.bot.cfg.Sockets {
		wg.Go(func() { ls.slot(ctx) })
	}
	<-ctx.Done()
	ls.mu.Lock()
	for l := range ls.open {
		l.close()
	}
	ls.mu.Unlock()
	wg.Wait()
}

// slot keeps one link open: when it ends or is about to, the next is opened.
func (ls *links) slot(ctx context.Context) {
	var reading sync.WaitGroup
	defer reading.Wait()
	for fails := 0; ctx.Err() == nil; {
		began := time.Now()
		l, err := ls.connect(ctx)
		reason := ""
		if err == nil {
			ended := make(chan struct{})
			reading.Go(func() {
				defer close(ended)
				ls.serve(l)
			})
			select {
			case <-ctx.Done():
			case <-ended:
				select { // it may have said why
				case reason = <-l.leave:
				default:
				}
			case reason = <-l.leave:
			}
		}
		fails = ls.nextFails(fails, err, l, reason, time.Since(began))
		if wait := backoff(fails, err, reason); wait > 0 && sleep(ctx, wait) != nil {
			return
		}
	}
}

// connect opens one link.
func (ls *links) connect(ctx context.Context) (*link, error) {
	open, cancel := context.WithTimeout(ctx, ls.bot.cfg.CallLimit)
	defer cancel()
	_, address, err := ls.bot.api.slack.StartSocketModeContext(open)
	if err = ls.bot.api.noted("apps.connections.open", err); err == nil {
		var l *link
		if l, err = dial(open, address); err == nil && ls.take(ctx, l) {
			return l, nil
		}
	}
	if ctx.Err() != nil {
		return nil, ctx.Err()
	}
	if f := classify(err); f.kind == badToken {
		ls.bot.end(tokenError("app token (xapp-…)", f.code, err))
	}
	ls.bot.cfg.Log.Warn("no connection to Slack; tried again", "err", err)
	ls.mu.Lock()
	ls.why = err.Error()
	ls.mu.Unlock()
	return nil, err
}

// take keeps a link among the open ones, unless everything ends.
func (ls *links) take(ctx context.Context, l *link) bool {
	ls.mu.Lock()
	defer ls.mu.Unlock()
	if ctx.Err() != nil {
		l.close()
		return false
	}
	ls.open[l] = true
	return true
}

// serve reads a link until it ends.
func (ls *links) serve(l *link) {
	defer func() {
		l.close()
		ls.mu.Lock()
		delete(ls.open, l)
		ls.mu.Unlock()
	}()
	l.read(ls.bot.cfg.Now, ls.bot.intake.put, func(connections int) {
		ls.mu.Lock()
		ls.why = ""
		ls.mu.Unlock()
		if connections >= maxLinks {
			ls.bot.cfg.Log.Warn("the app has as many connections as Slack allows; another replica will get none", "connections", connections)
		}
	})
}

// nextFails counts connections in a row that were of no use.
func (ls *links) nextFails(fails int, err error, l *link, reason string, lived time.Duration) int {
	switch {
	case err != nil, !l.greet.Load(), reason == "too_many_websockets", reason == "link_disabled":
		if reason != "" {
			ls.bot.cfg.Log.Error("Slack closed the connection", "reason", reason)
		}
		return fails + 1
	case lived < time.Second: // greeted, and gone at once
		return fails + 1
	}
	return 0
}

// backoff is how long to wait before the next connection: not at all after a link that was of use.
func backoff(fails int, err error, reason string) time.Duration {
	if fails == 0 {
		return 0
	}
	least := 250 * time.Millisecond
	if reason == "too_many_websockets" || reason == "link_disabled" {
		least = 5 * time.Second
	}
	d := min(least<<min(fails-1, 10), 30*time.Second)
	if f := classify(err); f.after > d {
		d = f.after
	}
	return d + rand.N(d/2) //nolint:gosec // spreads replicas, guards nothing
}

// ready returns nil while at least one link is live.
func (ls *links) ready() error {
	ls.mu.Lock()
	defer ls.mu.Unlock()
	now := time.Now()
	for l := range ls.open {
		if l.live(now) {
			return nil
		}
	}
	if ls.why != "" {
		return errors.New("no live connection to Slack: " + ls.why)
	}
	return errors.New("no live connection to Slack: none has said hello and pinged lately")
}
