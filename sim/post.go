package sim

import (
	"encoding/json"
	"fmt"

	"github.com/releasebot/releasebot/agent"
	"github.com/releasebot/releasebot/bot"
)

// packet is something on its way to the bot: an envelope of Slack's, or a request of the API.
type packet struct {
	kind    string
	payload []byte
	asked   *agent.Fact // of the API
	what    string
	thread  agent.ThreadID
	fact    string // id of what the log has, once it is acknowledged; "" where nothing has to be in it
	begins  bool   // the thread begins with it
	insists bool   // it is sent again until it is acknowledged
	form    *form
	tries   int
	id      string
}

func (w *world) send(m *packet) {
	w.serial++
	m.id = fmt.Sprintf("E%d", w.serial)
	if m.fact != "" {
		w.check.sent[m.fact] = true
	}
	w.net = append(w.net, m)
}

// envelope sends what Slack would.
func (w *world) envelope(m packet, kind string, payload any) {
	b, err := json.Marshal(payload)
	if err != nil {
		w.fail("the simulation works", "%v", err)
	}
	m.kind, m.payload = kind, b
	w.send(&m)
}

// deliver brings one message to one of the processes.
func (w *world) deliver() {
	procs := w.live()
	if len(w.net) == 0 || len(procs) == 0 {
		return
	}
	i := 0
	if w.has(Doubled) {
		if i = w.rng.IntN(len(w.net)); i > 0 {
			w.count("message overtakes")
		}
	}
	w.hand(w.net[i], pick(w, procs))
}

// hand gives a message to a process. What belongs together it takes in one by one, as its workers do.
func (w *world) hand(m *packet, p *proc) {
	d := bot.Delivery{ID: m.id, Kind: m.kind, Payload: m.payload, Attempt: m.tries}
	key := d.Key()
	if p.taking[key] || p.busy[m.thread] { // a process appends to a log one by one
		return
	}
	m.tries++
	if !m.insists && w.hits(Lost, 0.15, "click lost") {
		w.drop(m)
		return
	}
	acked := false
	known := m.begins || w.check.state(m.thread) != nil
	d.Ack = func(payload any) error {
		w.at(p, "before acknowledging")
		if w.hits(Lost, 0.03, "acknowledgement lost") {
			return errNoReply
		}
		acked = true
		if m.counts(payload, known) {
			w.check.acknowledged(m)
		}
		return nil
	}
	p.taking[key], p.busy[m.thread] = true, true
	w.logf("%s is given: %s", p.owner, m.what)
	lived := w.guard(p, func() { p.take(m, d) })
	delete(p.taking, key)
	delete(p.busy, m.thread)
	if lived && acked {
		if m.tries < 4 && w.hits(Doubled, 0.25, "message doubled") {
			return
		}
		w.drop(m)
		return
	}
	w.logf("%s does not take in: %s", p.owner, m.what)
	if !m.insists && m.tries > 1 {
		w.drop(m)
	}
}

// take takes in an envelope, or what the API was asked.
func (p *proc) take(m *packet, d bot.Delivery) {
	if m.asked == nil {
		p.driven.Take(p.w.ctx, d)
		return
	}
	if _, err := p.service.Take(p.w.ctx, *m.asked); err == nil {
		_ = d.Ack(nil) // the caller asks again with the same key if the reply is lost
	}
}

// counts reports whether the acknowledgement says that the log has it.
func (m *packet) counts(payload any, known bool) bool {
	switch {
	case m.fact == "":
		return false
	case m.kind == bot.KindCommand:
		b, err := json.Marshal(payload)
		var r struct{ Text string }
		return err == nil && json.Unmarshal(b, &r) == nil && noted(r.Text)
	case m.form != nil:
		if payload == nil {
			m.form.open = false
		}
		return payload == nil && known
	}
	return known
}

func (w *world) drop(m *packet) {
	for i, x := range w.net {
		if x == m {
			w.net = append(w.net[:i:i], w.net[i+1:]...)
			return
		}
	}
}
