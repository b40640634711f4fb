package bot

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net"
	"net/http"
	"sync"
	"sync/atomic"
	"time"

	"github.com/gorilla/websocket"
	"github.com/slack-go/slack/socketmode"
)

// Times of a link. Slack pings at least every 30 s.
const (
	helloLimit   = 10 * time.Second
	silenceLimit = 45 * time.Second
	ackLimit     = 2 * time.Second
	lingerLimit  = 20 * time.Second // after Slack has said that it will close
	maxFrame     = 8 << 20
	keptBuffer   = 64 << 10 // a link's buffer that has grown beyond it is not kept
	maxAck       = 20 << 10 // Slack drops one of this size without a word
)

// errAckTooLarge: the acknowledgement would be dropped.
var errAckTooLarge = errors.New("an acknowledgement of 20 kB or more is dropped by Slack")

// link is one websocket to Slack. An envelope is acknowledged on the link that
// carried it: Slack counts no other. So the socket is read here and not by
// socketmode.Client, which hands acknowledgements to whichever socket is open.
type link struct {
	conn   *websocket.Conn
	greet  atomic.Bool  // hello has come
	heard  atomic.Int64 // unix nanoseconds of the last frame or ping
	leave  chan string  // the reason of a disconnect
	writes sync.Mutex
}

// frame is what comes over a link: no more of it than is needed, so that nothing else in it can be wrong.
type frame struct {
	Type         string          `json:"type"`
	EnvelopeID   string          `json:"envelope_id"`
	Payload      json.RawMessage `json:"payload"`
	RetryAttempt int             `json:"retry_attempt"`
	Reason       string          `json:"reason"`          // of a disconnect
	Connections  int             `json:"num_connections"` // of a hello
}

// dial opens a link at the address that Slack gave.
func dial(ctx context.Context, address string) (*link, error) {
	d := websocket.Dialer{
		Proxy: http.ProxyFromEnvironment, HandshakeTimeout: helloLimit,
		NetDialContext: (&net.Dialer{Timeout: 5 * time.Second}).DialContext,
	}
	conn, resp, err := d.DialContext(ctx, address, nil)
	if resp != nil && resp.Body != nil {
		_ = resp.Body.Close() // nothing in it is used
	}
	if err != nil {
		return nil, errors.New("the websocket could not be opened") // the error may hold the address, and that a ticket
	}
	conn.SetReadLimit(maxFrame)
	l := &link{conn: conn, leave: make(chan string, 1)}
	l.hear()
	conn.SetPingHandler(func(data string) error {
		l.hear()
		err := conn.WriteControl(websocket.PongMessage, []byte(data), time.Now().Add(ackLimit))
		if errors.Is(err, websocket.ErrCloseSent) || isTimeout(err) {
			return nil
		}
		return err
	})
	return l, nil
}

func (l *link) hear() {
	now := time.Now()
	l.heard.Store(now.UnixNano())
	wait := silenceLimit
	if !l.greet.Load() {
		wait = helloLimit
	}
	_ = l.conn.SetReadDeadline(now.Add(wait)) // fails only on a closed connection, where reading fails too
}

// live reports whether the link can be counted on.
func (l *link) live(now time.Time) bool {
	return l.greet.Load() && now.Sub(time.Unix(0, l.heard.Load())) < silenceLimit
}

// read hands every envelope to take, which does not block and does not keep its
// payload, until the link ends. hello is told of the greeting.
func (l *link) read(now func() time.Time, take func(*envelope), hello func(connections int)) {
	var buf bytes.Buffer
	for {
		if buf.Reset(); buf.Cap() > keptBuffer {
			buf = bytes.Buffer{}
		}
		_, r, err := l.conn.NextReader()
		if err != nil {
			return
		}
		if _, err := buf.ReadFrom(r); err != nil {
			return
		}
		l.hear()
		switch f := readFrame(buf.Bytes()); f.Type {
		case socketmode.RequestTypeHello:
			l.greet.Store(true)
			l.hear()
			hello(f.Connections)
		case socketmode.RequestTypeDisconnect:
			select {
			case l.leave <- f.Reason:
			default:
			}
			_ = l.conn.SetReadDeadline(time.Now().Add(lingerLimit)) // as in hear
		default:
			if f.EnvelopeID != "" {
				take(&envelope{link: l, id: f.EnvelopeID, kind: f.Type, payload: f.Payload, attempt: f.RetryAttempt, came: now()})
			}
		}
	}
}

// readFrame reads a frame. One that is not what it should be is unreadable, and names its envelope if it can.
func readFrame(raw []byte) frame {
	if f, ok := scanFrame(raw); ok {
		return f
	}
	var f frame
	if err := json.Unmarshal(raw, &f); err != nil {
		return frame{Type: "unreadable", EnvelopeID: envelopeID(raw)}
	}
	return f
}

// envelopeID finds the id in a frame that is otherwise not what it should be.
func envelopeID(raw []byte) string {
	var fields map[string]json.RawMessage
	var id string
	if json.Unmarshal(raw, &fields) != nil || json.Unmarshal(fields["envelope_id"], &id) != nil {
		return ""
	}
	return id
}

// ack acknowledges an envelope. A nil error means that it was written to the
// very link that carried the envelope.
func (l *link) ack(id string, payload any) error {
	raw, err := json.Marshal(socketmode.Response{EnvelopeID: id, Payload: payload})
	if err != nil {
		return fmt.Errorf("writing an acknowledgement: %w", err)
	}
	if len(raw) >= maxAck {
		return errAckTooLarge
	}
	l.writes.Lock()
	defer l.writes.Unlock()
	if err := l.conn.SetWriteDeadline(time.Now().Add(ackLimit)); err != nil {
		return fmt.Errorf("acknowledging: %w", err)
	}
	if err := l.conn.WriteMessage(websocket.TextMessage, raw); err != nil {
		return fmt.Errorf("acknowledging: %w", err)
	}
	return nil
}

func (l *link) close() { _ = l.conn.Close() } // it is not used any more
