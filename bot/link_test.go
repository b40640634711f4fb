package bot

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/gorilla/websocket"
	"github.com/slack-go/slack"
)

const millisecond = time.Millisecond

func unix(s int64) time.Time { return time.Unix(s, 0) }

// oneConn is a listener with a single connection.
type oneConn struct {
	conn chan net.Conn
	done chan struct{}
}

func (l *oneConn) Accept() (net.Conn, error) {
	select {
	case c := <-l.conn:
		return c, nil
	case <-l.done:
		return nil, net.ErrClosed
	}
}
func (l *oneConn) Close() error   { return nil }
func (l *oneConn) Addr() net.Addr { return &net.TCPAddr{} }

// A peer that reads nothing: an acknowledgement ends with an error, within its time.
func TestTrap07AckHasADeadline(t *testing.T) {
	here, there := net.Pipe()
	ln := &oneConn{conn: make(chan net.Conn, 1), done: make(chan struct{})}
	ln.conn <- there
	server := &http.Server{ReadHeaderTimeout: time.Second, Handler: http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		up := websocket.Upgrader{}
		if _, err := up.Upgrade(w, r, nil); err != nil {
			t.Error(err)
		}
	})}
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		_ = server.Serve(ln) // ends with the test
	}()
	d := websocket.Dialer{NetDialContext: func(context.Context, string, string) (net.Conn, error) { return here, nil }}
	conn, resp, err := d.DialContext(t.Context(), "ws://slack/link", nil)
	if err != nil {
		t.Fatal(err)
	}
	_ = resp.Body.Close()
	l := &link{conn: conn, leave: make(chan string, 1)}
	began := time.Now()
	if err := l.ack("e1", nil); err == nil {
		t.Fatal("written to nobody, and counted")
	}
	if took := time.Since(began); took > ackLimit+time.Minute {
		t.Fatalf("it took %s", took)
	}
	l.close()
	_ = there.Close()
	close(ln.done)
	<-ended
}

func TestTrap21AckOfTwentyKilobytesIsRefusedHere(t *testing.T) {
	l := &link{}
	if err := l.ack("e1", map[string]string{"text": strings.Repeat("x", maxAck)}); !errors.Is(err, errAckTooLarge) {
		t.Fatal(err)
	}
}

// What an error of a call means decides what is repeated.
func TestClassify(t *testing.T) {
	for _, c := range []struct {
		err  error
		want kind
	}{
		{nil, fine},
		{&slack.RateLimitedError{RetryAfter: time.Second}, limited},
		{fmt.Errorf("chat.update: %w", slack.StatusCodeError{Code: 429}), limited},
		{slack.SlackErrorResponse{Err: "ratelimited"}, limited},
		{slack.SlackErrorResponse{Err: "is_archived"}, refused},
		{slack.SlackErrorResponse{Err: "token_revoked"}, badToken},
		{slack.SlackErrorResponse{Err: "fatal_error"}, doubtful},
		{slack.StatusCodeError{Code: 502}, doubtful},
		{context.DeadlineExceeded, doubtful},
		{&json.SyntaxError{}, doubtful},
		{errors.New("EOF"), doubtful},
	} {
		if f := classify(c.err); f.kind != c.want {
			t.Errorf("%v is %d, want %d", c.err, f.kind, c.want)
		}
	}
}

// Connections that are refused are asked for less and less often.
func TestBackoffGrows(t *testing.T) {
	if d := backoff(0, nil, "refresh_requested"); d != 0 {
		t.Errorf("after a refresh: %s", d)
	}
	for fails := 1; fails < 20; fails++ {
		d := backoff(fails, nil, "too_many_websockets")
		if d < 5*time.Second || d > time.Minute {
			t.Errorf("after %d refusals: %s", fails, d)
		}
	}
	if d := backoff(1, &slack.RateLimitedError{RetryAfter: 40 * time.Second}, ""); d < 40*time.Second {
		t.Errorf("Slack said 40 s: %s", d)
	}
}

// Frames that are not what they should be still name their envelope, or nothing.
func FuzzFrame(f *testing.F) {
	for _, s := range []string{`{"envelope_id":"e","type":7}`, `{"type":"hello"}`, `[]`, `{"envelope_id":{}}`, `{"envelope_id":"e","type":"events_api","payload":{"event":{"type":"message","ts":1}}}`} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		envelopeID([]byte(s))
		for _, kind := range []string{"events_api", "interactive", "slash_commands", "x"} {
			w, _ := open(&envelope{kind: kind, payload: json.RawMessage(s)})
			if w.event != nil {
				w.event.spoken(identity{})
			}
		}
	})
}
