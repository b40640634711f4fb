package bot

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"net/http"

	"github.com/slack-go/slack"

	"github.com/releasebot/releasebot/agent"
)

// outgoing is a message as chat.postMessage, chat.postEphemeral and chat.update
// take it, but for its blocks, which are JSON already.
type outgoing struct {
	Channel  string    `json:"channel"`
	User     string    `json:"user,omitempty"` // of chat.postEphemeral
	TS       string    `json:"ts,omitempty"`   // of chat.update
	ThreadTS string    `json:"thread_ts,omitempty"`
	Text     string    `json:"text"`
	Links    bool      `json:"unfurl_links"`
	Media    bool      `json:"unfurl_media"`
	Metadata *metadata `json:"metadata,omitempty"`
}

// encode writes the message with its blocks, into memory that is taken once.
func (m *outgoing) encode(blocks []byte) ([]byte, error) {
	const rest = 512 // what is neither text nor blocks, about
	var b bytes.Buffer
	b.Grow(len(m.Text) + len(blocks) + rest)
	if err := json.NewEncoder(&b).Encode(m); err != nil {
		return nil, err
	}
	b.Truncate(b.Len() - len("\n"))
	if len(blocks) > 0 {
		b.Truncate(b.Len() - len("}"))
		b.WriteString(`,"blocks":`)
		b.Write(blocks)
		b.WriteByte('}')
	}
	return b.Bytes(), nil
}

// metadata says what a message of ours shows. It is read by nobody but us.
type metadata struct {
	Type    string  `json:"event_type"`
	Payload shownAs `json:"event_payload"`
}

type shownAs struct {
	Thread  string `json:"thread"`
	View    string `json:"view"`
	Version int64  `json:"version"` // of the log that was shown: its length
	Head    string `json:"head,omitempty"`
}

// seen is what the message says of the log of its thread; nil where it is none of ours, or shows another thread.
func (m *metadata) seen(thread agent.ThreadID) *agent.Seen {
	if m.Type != metadataType || m.Payload.Thread != string(thread) || m.Payload.Version < 1 {
		return nil
	}
	return &agent.Seen{Version: m.Payload.Version, Head: m.Payload.Head}
}

// written is what Slack says of a message that it took.
type written struct {
	OK          bool   `json:"ok"`
	Error       string `json:"error"`
	Channel     string `json:"channel"`
	TS          string `json:"ts"`
	EphemeralTS string `json:"message_ts"`
}

// write calls a method that takes a message. Its body is JSON, in which blocks
// stand as they are: in a form they would be escaped once more, for us and for
// Slack. What went wrong is classify's to understand.
func (a *api) write(ctx context.Context, method string, m outgoing, blocks []byte) (written, error) {
	body, err := m.encode(blocks)
	if err != nil {
		return written{}, fmt.Errorf("encoding a message: %w", err)
	}
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, a.base+method, bytes.NewReader(body))
	if err != nil {
		return written{}, err
	}
	req.Header["Content-Type"] = []string{"application/json; charset=utf-8"}
	req.Header["Authorization"] = []string{a.bearer}
	req.Header["Accept-Encoding"] = []string{"identity"} // the answer repeats the message: unpacking it costs more than it saves
	raw, err := a.answer(req)
	if err != nil {
		return written{}, err
	}
	var w written
	if err := json.Unmarshal(raw, &w); err != nil {
		return written{}, fmt.Errorf("the answer is no JSON: %w", err)
	}
	if !w.OK {
		return written{}, slack.SlackErrorResponse{Err: w.Error}
	}
	return w, nil
}
