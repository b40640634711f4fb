package bot

import (
	"context"
	"encoding/json"
	"net/url"
	"strconv"
	"strings"
	"sync/atomic"
	"time"
)

// replyable is how old a message must be for somebody to have replied to it.
const replyable = time.Second

// age is how long ago a message was written; 0 where its ts can't be read.
func age(ts string, now time.Time) time.Duration {
	whole, _, _ := strings.Cut(ts, ".")
	seconds, err := strconv.ParseInt(whole, 10, 64)
	if err != nil {
		return 0
	}
	fraction, err := strconv.ParseFloat("0"+strings.TrimPrefix(ts, whole), 64)
	if err != nil {
		return 0
	}
	return now.Sub(time.Unix(seconds, int64(fraction*1e9)))
}

// How threads are read for what was missed: conversations.replies is to be called some
// fifty times a minute (tier 3), and how many may wait for that.
const (
	readEvery   = 1200 * time.Millisecond
	readBurst   = 20
	readWaiting = 1024
)

// missed reads threads that began here late for replies that came before them:
// Slack promises no order, and what is said in a thread that isn't ours is
// dropped. It is done beside the intake, because Slack's answer is nothing that
// an acknowledgement may wait for. Who is not heard can say it again.
type missed struct {
	bot   *Bot
	queue chan message
	over  atomic.Int64 // threads that found no room in the queue
	pace  pace
	left  bucket
}

func (c *missed) init(b *Bot) {
	c.bot, c.queue = b, make(chan message, readWaiting)
	c.pace, c.left = newPace(readEvery, readBurst), bucket{left: readBurst, at: b.cfg.Now()}
}

// put has the thread of m, its first words, read soon. It never blocks.
func (c *missed) put(m *message) {
	select {
	case c.queue <- message{Channel: m.Channel, ChannelType: m.ChannelType, TS: m.TS, ThreadTS: m.ThreadTS}:
	default:
		c.over.Add(1)
	}
}

// run reads threads until ctx ends.
func (c *missed) run(ctx context.Context) {
	for {
		select {
		case <-ctx.Done():
			return
		case m := <-c.queue:
			if c.bot.cfg.Outside.Sleep(ctx, c.wait(c.bot.cfg.Now())) != nil {
				return
			}
			c.bot.catchUp(ctx, &m)
		}
		if n := c.over.Swap(0); n > 0 {
			c.bot.cfg.Log.Warn("replies that came before their threads may be missing: too many began late at once", "threads", n)
		}
	}
}

// now reads the threads that wait for it, whatever Slack's rate.
func (c *missed) now(ctx context.Context) {
	for {
		select {
		case m := <-c.queue:
			c.bot.catchUp(ctx, &m)
		default:
			return
		}
	}
}

// wait is how long Slack's rate has the next call wait. It counts the call.
func (c *missed) wait(now time.Time) time.Duration {
	c.left.fill(now, &c.pace)
	c.left.left--
	return time.Duration(max(0, -c.left.left) * float64(readEvery))
}

// catchUp takes in replies that came before m, their thread's first words.
func (b *Bot) catchUp(ctx context.Context, m *message) {
	var page struct {
		Messages []json.RawMessage `json:"messages"`
	}
	args := url.Values{"channel": {m.Channel}, "ts": {m.root()}, "oldest": {m.TS}, "limit": {strconv.Itoa(lookSize)}}
	err := b.patiently(ctx, b.cfg.CallLimit, func(ctx context.Context) error {
		return b.api.raw(ctx, "conversations.replies", args, &page)
	})
	if err != nil {
		if ctx.Err() == nil {
			b.cfg.Log.Warn("replies that came before their thread may be missing", "err", err)
		}
		return
	}
	me := b.me()
	for _, raw := range page.Messages {
		var r message
		if json.Unmarshal(raw, &r) != nil {
			continue
		}
		r.Channel, r.ChannelType = m.Channel, m.ChannelType
		if r.TS <= m.TS || r.ThreadTS == "" || r.ThreadTS == r.TS || !r.spoken(me) {
			continue
		}
		if _, err := b.hear(ctx, &r, mentions(r.Text, me.user) || r.ChannelType == "im", nil); err != nil {
			b.cfg.Log.Warn("a reply that came before its thread was not taken in", "err", err)
			return
		}
	}
}
