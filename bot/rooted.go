package bot

import (
	"context"
	"encoding/json"
	"net/url"

	"github.com/releasebot/releasebot/agent"
)

// rooted finds the agent's thread of a Slack thread that hangs on a message of
// ours, whose place nobody has bound yet: somebody was quicker than that. What the
// message says of itself is Slack's word, and binds the place now. A second root
// may have been removed just now, but was bound before that: where nothing is to be
// read the place is asked for once more. If it is not bound, it is a thread like any other.
func (b *Bot) rooted(ctx context.Context, p agent.Place) (id agent.ThreadID, ok bool, err error) {
	var page struct {
		Messages []json.RawMessage `json:"messages"`
	}
	args := url.Values{"channel": {p.Channel}, "ts": {p.TS}, "limit": {"1"}, "include_all_metadata": {"true"}}
	if err := b.api.raw(ctx, "conversations.replies", args, &page); err != nil {
		if classify(err).kind == refused {
			return b.at(ctx, p)
		}
		return "", false, err
	}
	for _, raw := range page.Messages {
		m, ours := b.own(raw)
		if id = agent.ThreadID(m.Metadata.Payload.Thread); !ours || m.TS != p.TS || m.Metadata.Payload.View != agent.ViewRoot {
			continue
		}
		if known, err := b.service.Load().Known(ctx, id); err != nil || !known {
			return "", false, err
		}
		return id, true, b.service.Load().Alias(ctx, p, id)
	}
	return b.at(ctx, p)
}

// own reads a message of ours that shows a view; false for any other.
func (b *Bot) own(raw json.RawMessage) (ours, bool) {
	var m ours
	me := b.me()
	if json.Unmarshal(raw, &m) != nil || m.User != me.user && (m.BotID == "" || m.BotID != me.bot) {
		return ours{}, false
	}
	return m, m.Metadata.Type == metadataType && m.Metadata.Payload.View != ""
}
