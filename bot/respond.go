package bot

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"time"

	"github.com/slack-go/slack"

	"github.com/releasebot/releasebot/blocks"
)

// reply is what one person alone is shown: with an acknowledgement, or at a response_url.
type reply struct {
	Type    string        `json:"response_type"`
	Replace bool          `json:"replace_original"`
	Text    string        `json:"text"`
	Blocks  []slack.Block `json:"blocks,omitempty"`
}

func only(v blocks.View) reply { return reply{Type: "ephemeral", Text: v.Text, Blocks: v.Blocks} }

// respond shows something to one person alone. It is a courtesy: what counts
// stands in the log and on the cards. One event is answered at most twice, so
// the five uses of a response_url are never used up.
func (b *Bot) respond(ctx context.Context, url string, v blocks.View) {
	if url == "" {
		return
	}
	if err := b.postResponse(ctx, url, only(v)); err != nil {
		b.cfg.Log.Info("somebody was not answered", "err", b.api.noted("response_url", err))
	}
}

func (b *Bot) postResponse(ctx context.Context, url string, r reply) error {
	body, err := json.Marshal(r)
	if err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(ctx, 5*time.Second)
	defer cancel()
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, url, bytes.NewReader(body))
	if err != nil {
		return errors.New("the response_url is none")
	}
	req.Header.Set("Content-Type", "application/json")
	resp, err := b.api.http.Do(req)
	if err != nil {
		if isTimeout(err) {
			return context.DeadlineExceeded
		}
		return errors.New("no answer") // the error would hold the address, which is a secret
	}
	defer resp.Body.Close() //nolint:errcheck // nothing of it is read
	if resp.StatusCode != http.StatusOK {
		return slack.StatusCodeError{Code: resp.StatusCode, Status: resp.Status}
	}
	return nil
}

// answer shows something to whoever gave a command: with the acknowledgement
// while that counts, else at the response_url.
func (b *Bot) answer(ctx context.Context, e *envelope, url string, v blocks.View) {
	if b.inTime(e) {
		err := b.ack(e, only(v))
		if err == nil {
			return
		}
		if errors.Is(err, errAckTooLarge) {
			b.acknowledge(e)
		}
	}
	b.respond(ctx, url, v)
}

// writeTo tells somebody directly, at Slack's pace. Where the answer was lost it is said again: twice beats not at all.
func (b *Bot) writeTo(ctx context.Context, user, text string) error {
	ctx, cancel := context.WithTimeout(ctx, directLimit)
	defer cancel()
	return b.patiently(ctx, b.cfg.CallLimit, func(ctx context.Context) error {
		if err := b.out.pass(ctx, "chat.postMessage", user); err != nil {
			return err
		}
		_, _, err := b.api.slack.PostMessageContext(ctx, user,
			slack.MsgOptionText(text, false), slack.MsgOptionDisableLinkUnfurl(), slack.MsgOptionDisableMediaUnfurl())
		return b.api.noted("chat.postMessage", err)
	})
}

// directLimit is how long it may take to tell somebody directly.
const directLimit = 20 * time.Second
