package slacklocal_test

import (
	"encoding/json"
	"errors"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/gorilla/websocket"
	"github.com/slack-go/slack/socketmode"

	"github.com/releasebot/releasebot/slacklocal"
)

// link is a bare websocket link, for what clients hide.
type link struct {
	t    *testing.T
	conn *websocket.Conn
}

type frame struct {
	Type       string `json:"type"`
	Reason     string `json:"reason"`
	EnvelopeID string `json:"envelope_id"`
	Attempt    int    `json:"retry_attempt"`
	Why        string `json:"retry_reason"`
	Num        int    `json:"num_connections"`
	Payload    struct {
		EventID string                             `json:"event_id"`
		Event   struct{ Type, TS, Subtype string } `json:"event"`
	} `json:"payload"`
}

func (h *house) link() *link {
	h.t.Helper()
	r := h.json("apps.connections.open", "xapp-1", obj{})
	if !r.OK || !strings.HasPrefix(r.URL, "ws://") {
		h.t.Fatalf("apps.connections.open: %s %q", r.Error, r.URL)
	}
	conn, resp, err := websocket.DefaultDialer.DialContext(h.ctx(), r.URL, nil)
	if err != nil {
		h.t.Fatal(err)
	}
	_ = resp.Body.Close()
	h.t.Cleanup(func() { _ = conn.Close() })
	if err := conn.SetReadDeadline(time.Now().Add(patience)); err != nil {
		h.t.Fatal(err)
	}
	return &link{t: h.t, conn: conn}
}

func (l *link) read() frame {
	l.t.Helper()
	var f frame
	if err := l.conn.ReadJSON(&f); err != nil {
		l.t.Fatal(err)
	}
	return f
}

func (l *link) ack(id string, payload any) {
	l.t.Helper()
	if err := l.conn.WriteJSON(obj{"envelope_id": id, "payload": payload}); err != nil {
		l.t.Fatal(err)
	}
}

// greeted opens a link and reads its hello.
func (h *house) greeted() *link {
	h.t.Helper()
	l := h.link()
	if f := l.read(); f.Type != "hello" || f.Num == 0 {
		h.t.Fatalf("first frame %+v, want hello", f)
	}
	return l
}

func TestAnEventIsSentAgainUntilItIsAcknowledged(t *testing.T) {
	c := newClock()
	h := newHouse(t, slacklocal.Config{Now: c.now})
	l := h.greeted()
	h.Post("U0ANN", "C0REL", "hello", "")
	first := l.read()
	if first.Attempt != 0 || first.Payload.EventID == "" {
		t.Fatalf("first delivery %+v", first)
	}
	seen := []string{first.EnvelopeID}
	for attempt, wait := range []time.Duration{3 * time.Second, 3*time.Second + time.Minute, 3*time.Second + 5*time.Minute} {
		c.move(wait - time.Millisecond)
		h.Tick()
		if n := len(h.Deliveries()); n != attempt+1 {
			t.Errorf("retry %d came before its time", attempt+1)
		}
		c.move(time.Millisecond)
		h.Tick()
		again := l.read()
		if again.Attempt != attempt+1 || again.Why != "timeout" || again.Payload.EventID != first.Payload.EventID {
			t.Fatalf("retry %+v", again)
		}
		if slices.Contains(seen, again.EnvelopeID) {
			t.Fatal("a retry needs a new envelope id")
		}
		seen = append(seen, again.EnvelopeID)
	}
	l.ack(seen[3], nil)
	h.wait("idle", h.Idle)
	l.ack(seen[0], nil)
	h.wait("acks", func() bool { return len(h.Acks()) == 2 })
	acks := h.Acks()
	if !acks[0].Counted || acks[1].Counted || acks[1].Why != "late" {
		t.Fatalf("acks %+v", acks)
	}
	if d := h.Deliveries(); len(d) != 4 || !d[3].Acked || d[0].Acked || d[3].Lost {
		t.Fatalf("deliveries %+v", d)
	}
}

func TestAnEventWithoutASocketWaitsForItsRetry(t *testing.T) {
	c := newClock()
	h := newHouse(t, slacklocal.Config{Now: c.now})
	h.Post("U0ANN", "C0REL", "hello", "")
	h.wait("two tries", func() bool { return len(h.Deliveries()) == 2 }) // at once, and again at once
	l := h.greeted()
	c.move(time.Minute)
	h.Tick()
	f := l.read()
	if f.Attempt != 2 || f.Why != "connection_failed" {
		t.Fatalf("delivery %+v", f)
	}
	l.ack(f.EnvelopeID, nil)
	h.wait("idle", h.Idle)
}

func TestAnEventNobodyTakesIsLostInTheEnd(t *testing.T) {
	h := newHouse(t, slacklocal.Config{})
	h.Post("U0ANN", "C0REL", "hello", "")
	for range 4 {
		h.RetryNow()
	}
	d := h.Deliveries()
	if !h.Idle() || len(d) != 4 || !d[3].Lost || d[2].Lost {
		t.Fatalf("deliveries %+v", d)
	}
	if err := h.Click("U0ANN", "C0REL", h.Messages("C0REL")[0].TS, "x"); err == nil {
		t.Fatal("there is no such button")
	}
	if r := h.Command("U0ANN", "C0REL", "/release", "x"); !errors.Is(r.Err(), slacklocal.ErrNotConnected) {
		t.Fatalf("command without a socket: %v", r.Err())
	}
	if err := h.SendEnvelope(obj{"type": "x"}); !errors.Is(err, slacklocal.ErrNotConnected) {
		t.Fatalf("envelope without a socket: %v", err)
	}
}

func TestWhichAcksCount(t *testing.T) {
	c := newClock()
	h := newHouse(t, slacklocal.Config{Now: c.now, Retries: []time.Duration{}})
	one, two := h.greeted(), h.greeted()
	give := func() (*link, *link, frame) {
		t.Helper()
		before := len(h.Deliveries())
		h.Post("U0ANN", "C0REL", "hello", "")
		d := h.Deliveries()[before]
		got, other := one, two
		if d.Socket == h.Sockets()[1].ID {
			got, other = two, one
		}
		return got, other, got.read()
	}
	last := func(n int) slacklocal.Ack {
		t.Helper()
		h.wait("ack", func() bool { return len(h.Acks()) == n })
		return h.Acks()[n-1]
	}

	right, wrong, f := give()
	wrong.ack(f.EnvelopeID, nil)
	if a := last(1); a.Counted || a.Why != "other socket" {
		t.Errorf("on another socket: %+v", a)
	}
	right.ack(f.EnvelopeID, obj{"text": strings.Repeat("x", 20480)})
	if a := last(2); a.Counted || a.Why != "too large" || a.Bytes < 20480 {
		t.Errorf("of 20 kB: %+v", a)
	}
	c.move(2 * time.Second)
	right.ack(f.EnvelopeID, obj{})
	if a := last(3); !a.Counted || a.Latency != 2*time.Second {
		t.Errorf("in time: %+v", a)
	}
	right.ack(f.EnvelopeID, nil)
	if a := last(4); a.Counted || a.Why != "acknowledged before" {
		t.Errorf("twice: %+v", a)
	}
	right, _, f = give()
	c.move(3 * time.Second)
	right.ack(f.EnvelopeID, nil)
	if a := last(5); a.Counted || a.Why != "late" {
		t.Errorf("late: %+v", a)
	}
	right.ack("none", nil)
	if a := last(6); a.Counted || a.Why != "unknown envelope" {
		t.Errorf("unknown: %+v", a)
	}
}

func TestDeliveriesGoRoundAllSockets(t *testing.T) {
	h := newHouse(t, slacklocal.Config{NoRates: true})
	h.greeted()
	h.greeted()
	for range 10 {
		h.Post("U0ANN", "C0REL", "hello", "")
	}
	by := map[string]int{}
	for _, d := range h.Deliveries() {
		by[d.Socket]++
	}
	for id, n := range by {
		if n != 5 || len(by) != 2 {
			t.Errorf("socket %s got %d of 10, over %d sockets", id, n, len(by))
		}
	}
}

func TestTheEleventhSocketIsTurnedAway(t *testing.T) {
	h := newHouse(t, slacklocal.Config{NoRates: true})
	for range 10 {
		h.greeted()
	}
	l := h.link()
	if f := l.read(); f.Type != "disconnect" || f.Reason != "too_many_websockets" {
		t.Fatalf("first frame %+v", f)
	}
	if _, _, err := l.conn.ReadMessage(); err == nil {
		t.Fatal("the link stays open")
	}
	if n := h.Connected(); n != 10 {
		t.Fatalf("%d connected, want 10", n)
	}
}

func TestATicketIsGoodForOneConnection(t *testing.T) {
	h := newHouse(t, slacklocal.Config{})
	r := h.json("apps.connections.open", "xapp-1", obj{})
	for i, want := range []bool{true, false} {
		conn, resp, err := websocket.DefaultDialer.DialContext(h.ctx(), r.URL, nil)
		if (err == nil) != want {
			t.Errorf("connection %d: %v", i+1, err)
		}
		if err == nil {
			t.Cleanup(func() { _ = conn.Close() })
		}
		_ = resp.Body.Close()
	}
}

func TestTheAppHearsOfItsOwnEditsToo(t *testing.T) {
	h := newHouse(t, slacklocal.Config{})
	l := h.greeted()
	ts := h.form("chat.postMessage", "xoxb-1", map[string]string{"channel": "C0REL", "text": "x"}).TS
	h.form("chat.update", "xoxb-1", map[string]string{"channel": "C0REL", "ts": ts, "text": "y"})
	h.form("chat.delete", "xoxb-1", map[string]string{"channel": "C0REL", "ts": ts})
	for _, want := range []string{"", "message_changed", "message_deleted"} {
		if f := l.read(); f.Payload.Event.Type != "message" || f.Payload.Event.Subtype != want {
			t.Errorf("event %+v, want subtype %q", f.Payload.Event, want)
		}
	}
	h.RemoveBot("C0REL")
	h.Post("U0ANN", "C0REL", "@releasebot are you there", "")
	if n := len(h.Deliveries()); n != 3 {
		t.Errorf("the app hears from a channel it is not in")
	}
}

func TestUnknownEnvelopesReachTheApp(t *testing.T) {
	h := newHouse(t, slacklocal.Config{})
	a := h.listen(nil)
	err := h.SendEnvelope(json.RawMessage(`{"envelope_id":"e9","type":"events_api","payload":{"type":"event_callback","event":{"type":"moon_rose"}}}`))
	if err != nil {
		t.Fatal(err)
	}
	if e := h.next(a, socketmode.EventTypeErrorBadMessage); e.Request != nil {
		t.Errorf("slack-go knows the event: %+v", e)
	}
	if d := h.Deliveries(); len(d) != 1 || d[0].EnvelopeID != "e9" || d[0].Acked {
		t.Errorf("deliveries %+v", d)
	}
}
