package bot

import (
	"context"
	"encoding/json"
	"net/url"
	"strconv"
	"strings"
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

// catchUp takes in replies that came before their thread began here: Slack
// promises no order, and what is said in a thread that isn't ours is dropped. It
// is tried once; who is not heard can say it again.
func (b *Bot) catchUp(ctx context.Context, m *message) {
	var page struct {
		Messages []json.RawMessage `json:"messages"`
	}
	args := url.Values{"channel": {m.Channel}, "ts": {m.root()}, "oldest": {m.TS}, "limit": {strconv.Itoa(lookSize)}}
	if err := b.api.raw(ctx, "conversations.replies", args, &page); err != nil {
		b.cfg.Log.Warn("replies that came before their thread may be missing", "err", err)
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
		if _, err := b.hear(ctx, &r, mentions(r.Text, me.user) || r.ChannelType == "im"); err != nil {
			b.cfg.Log.Warn("a reply that came before its thread was not taken in", "err", err)
			return
		}
	}
}
