package slacklocal

import (
	"encoding/json"
	"fmt"
	"time"
)

// maxAck is the size from which Slack drops an acknowledgement without a word.
const maxAck = 20480

// Delivery is one envelope on its way to the app. A retry is a delivery of its own.
type Delivery struct {
	EnvelopeID string
	Type       string // events_api, slash_commands, interactive
	EventID    string // of events
	Event      string // the inner type, such as app_mention or block_actions
	Attempt    int    // 0 first
	Reason     string // of a retry: timeout, connection_failed
	Socket     string // "" when none was open
	SentAt     time.Time
	Acked      bool // in time, on the same socket
	Latency    time.Duration
	Lost       bool // not acknowledged, and not sent again
}

// Ack is one acknowledgement that the app sent.
type Ack struct {
	EnvelopeID string
	At         time.Time
	Latency    time.Duration  // since the envelope was sent
	Payload    map[string]any // nil when none was sent
	Bytes      int
	Counted    bool
	Why        string // when not counted: "unknown envelope", "late", "other socket", "too large"
}

// delivery is a Delivery under way. Guarded by ws.mu.
type delivery struct {
	Delivery
	payload map[string]any
	raw     bool // of SendEnvelope: never sent again
	sock    *socket
	due     time.Time
	onAck   func(payload map[string]any)
	onLost  func(why string)
}

// Deliveries returns every envelope sent or tried, the oldest first.
func (ws *Workspace) Deliveries() []Delivery {
	ws.mu.Lock()
	defer ws.mu.Unlock()
	var out []Delivery
	for _, d := range ws.deliveries {
		out = append(out, d.Delivery)
	}
	return out
}

// Acks returns every acknowledgement that arrived, the oldest first.
func (ws *Workspace) Acks() []Ack {
	ws.mu.Lock()
	defer ws.mu.Unlock()
	return append([]Ack(nil), ws.acks...)
}

// Idle tells whether nothing is on its way to the app: every envelope was
// acknowledged or given up.
func (ws *Workspace) Idle() bool {
	ws.mu.Lock()
	defer ws.mu.Unlock()
	return len(ws.inFlight)+len(ws.waiting)+len(ws.held) == 0
}

// deliver sends a new envelope, or holds it. ws.mu is held.
func (ws *Workspace) deliver(d *delivery) {
	if ws.faults.hold {
		ws.held = append(ws.held, d)
		return
	}
	ws.transmit(d)
	if d.Type == "events_api" && ws.faults.twice > 0 {
		ws.faults.twice--
		again := *d
		again.Attempt, again.Reason = d.Attempt+1, "timeout"
		ws.transmit(&again)
	}
}

// transmit puts an envelope on the next link in turn. ws.mu is held.
func (ws *Workspace) transmit(d *delivery) {
	d.EnvelopeID = fmt.Sprintf("%08x-0000-4000-8000-%012x", ws.seq+1, ws.seq+1)
	ws.seq++
	d.SentAt, d.sock, d.Socket = ws.now(), nil, ""
	ws.log(d)
	links := ws.ready()
	if len(links) == 0 {
		ws.missed(d, "connection_failed")
		return
	}
	ws.nextSocket++
	s := links[ws.nextSocket%len(links)]
	d.sock, d.Socket = s, s.id
	ws.fly(d)
	s.push(d.frame())
	ws.cfg.Logger.Debug("slacklocal: envelope", "type", d.Type, "event", d.Event, "attempt", d.Attempt)
	ws.change(Change{Kind: EnvelopeSent, ID: d.EnvelopeID, Text: d.Event})
	ws.wakeRetries()
}

// log keeps a delivery for Deliveries and for acks that come late.
func (ws *Workspace) log(d *delivery) {
	ws.deliveries = append(ws.deliveries, d)
	ws.envelopes[d.EnvelopeID] = d
}

// fly waits for the ack of a delivery.
func (ws *Workspace) fly(d *delivery) {
	ws.inFlight[d.EnvelopeID] = d
	ws.flying = append(ws.flying, d)
}

func (d *delivery) frame() map[string]any {
	f := map[string]any{
		"envelope_id": d.EnvelopeID, "type": d.Type, "payload": d.payload,
		"accepts_response_payload": d.Type != "events_api",
	}
	if d.Type == "events_api" {
		f["retry_attempt"], f["retry_reason"] = d.Attempt, d.Reason
	}
	return f
}

// missed plans the next attempt of an event, or gives up. ws.mu is held.
func (ws *Workspace) missed(d *delivery, why string) {
	delete(ws.inFlight, d.EnvelopeID)
	if d.Type == "events_api" && !d.raw && d.Attempt < len(ws.cfg.Retries) {
		next := *d
		next.Attempt, next.Reason = d.Attempt+1, why
		next.due = d.SentAt.Add(ws.cfg.Retries[d.Attempt])
		if d.sock != nil {
			next.due = next.due.Add(ws.cfg.AckWithin)
		}
		ws.waiting = append(ws.waiting, &next)
		ws.change(Change{Kind: EnvelopeMissed, ID: d.EnvelopeID, Text: d.Event})
		ws.wakeRetries()
		return
	}
	d.Lost = true
	ws.change(Change{Kind: EnvelopeLost, ID: d.EnvelopeID, Text: d.Event})
	if d.onLost != nil {
		d.onLost(why)
	}
}

// acked takes in what the app wrote on a link.
func (ws *Workspace) acked(s *socket, raw []byte) {
	var in struct {
		EnvelopeID string         `json:"envelope_id"`
		Payload    map[string]any `json:"payload"`
	}
	if err := json.Unmarshal(raw, &in); err != nil || in.EnvelopeID == "" {
		return // Slack ignores it
	}
	ws.mu.Lock()
	defer ws.mu.Unlock()
	ack := Ack{EnvelopeID: in.EnvelopeID, At: ws.now(), Payload: in.Payload, Bytes: len(raw)}
	d := ws.inFlight[in.EnvelopeID]
	switch {
	case d == nil:
		ack.Why = "unknown envelope"
		if old := ws.envelopes[in.EnvelopeID]; old != nil {
			ack.Why, ack.Latency = "late", ack.At.Sub(old.SentAt)
			if old.Acked {
				ack.Why = "acknowledged before"
			}
		}
	case len(raw) >= maxAck:
		ack.Why = "too large"
	case d.sock != s:
		ack.Why = "other socket"
	case ack.At.Sub(d.SentAt) >= ws.cfg.AckWithin:
		ack.Why = "late"
	default:
		ack.Counted = true
		d.Acked, d.Latency = true, ack.At.Sub(d.SentAt)
		delete(ws.inFlight, d.EnvelopeID)
	}
	if d != nil {
		ack.Latency = ack.At.Sub(d.SentAt)
	}
	ws.acks = append(ws.acks, ack)
	ws.change(Change{Kind: EnvelopeAcked, ID: in.EnvelopeID})
	if ack.Counted && d.onAck != nil {
		d.onAck(in.Payload)
	}
}

// Tick looks at the clock: envelopes whose 3 seconds are over are given up or planned
// again, and retries that are due are sent. The workspace does so by itself on real
// time; call it after moving a clock of your own.
func (ws *Workspace) Tick() {
	ws.mu.Lock()
	defer ws.mu.Unlock()
	ws.tick(false)
}

// RetryNow takes every envelope that was not acknowledged for missed, and sends every
// retry that is planned, whatever the clock says.
func (ws *Workspace) RetryNow() {
	ws.mu.Lock()
	defer ws.mu.Unlock()
	ws.tick(true)
}

func (ws *Workspace) tick(force bool) {
	now := ws.now()
	flying := ws.flying
	ws.flying = nil
	for _, d := range flying {
		switch {
		case ws.inFlight[d.EnvelopeID] != d: // acknowledged
		case force || now.Sub(d.SentAt) >= ws.cfg.AckWithin:
			ws.missed(d, "timeout")
		default:
			ws.flying = append(ws.flying, d)
		}
	}
	waiting := ws.waiting
	ws.waiting = nil
	for _, d := range waiting {
		if !force && d.due.After(now) {
			ws.waiting = append(ws.waiting, d)
			continue
		}
		ws.transmit(d)
	}
}

// retryLoop keeps Tick going while something is unanswered. New starts it, Close ends it.
func (ws *Workspace) retryLoop() {
	const pause = 25 * time.Millisecond
	timer := time.NewTimer(pause)
	defer timer.Stop()
	for {
		select {
		case <-ws.done:
			return
		case <-ws.kick:
		case <-timer.C:
		}
		ws.mu.Lock()
		ws.tick(false)
		busy := len(ws.inFlight)+len(ws.waiting) > 0
		ws.mu.Unlock()
		if busy {
			timer.Reset(pause)
		}
	}
}

func (ws *Workspace) wakeRetries() {
	select {
	case ws.kick <- struct{}{}:
	default:
	}
}

// SendEnvelope sends a frame as it is, on the next link in turn: an unknown type, a
// broken block. It returns an error when no link is open or v is no JSON. An
// envelope_id in it is looked for among the acks, but nothing is sent again.
func (ws *Workspace) SendEnvelope(v any) error {
	raw, err := json.Marshal(v)
	if err != nil {
		return fmt.Errorf("sending an envelope: %w", err)
	}
	var named struct {
		EnvelopeID string `json:"envelope_id"`
		Type       string `json:"type"`
	}
	if err := json.Unmarshal(raw, &named); err != nil {
		return fmt.Errorf("sending an envelope: %w", err)
	}
	ws.mu.Lock()
	defer ws.mu.Unlock()
	links := ws.ready()
	if len(links) == 0 {
		return ErrNotConnected
	}
	ws.nextSocket++
	s := links[ws.nextSocket%len(links)]
	s.push(json.RawMessage(raw))
	if named.EnvelopeID == "" {
		return nil
	}
	d := &delivery{Delivery: Delivery{
		EnvelopeID: named.EnvelopeID, Type: named.Type, Event: "raw", SentAt: ws.now(), Socket: s.id,
	}, raw: true, sock: s}
	ws.log(d)
	ws.fly(d)
	ws.change(Change{Kind: EnvelopeSent, ID: d.EnvelopeID, Text: d.Event})
	ws.wakeRetries()
	return nil
}
