package slacklocal_test

import (
	"context"
	"errors"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/releasebot/releasebot/slacklocal"
)

func TestSocketFaults(t *testing.T) {
	h := newHouse(t, slacklocal.Config{PingEvery: 5 * time.Millisecond})
	pinged := make(chan struct{}, 100)
	h.WithholdPings(true)
	h.WithholdHello(true)
	silent := h.link()
	h.wait("open", func() bool { return len(h.Sockets()) == 1 })
	if h.Connected() != 0 {
		t.Error("a link without hello counts as ready")
	}
	h.ClearFaults()
	silent.conn.SetPingHandler(func(string) error { pinged <- struct{}{}; return nil })
	read := make(chan error, 1)
	go func() { _, _, err := silent.conn.ReadMessage(); read <- err }()
	<-pinged // the server pings links, greeted or not
	h.DropSockets()
	if err := <-read; err == nil {
		t.Error("a dropped link still talks")
	}
	h.wait("gone", func() bool { return len(h.Sockets()) == 0 })

	l := h.greeted()
	h.Disconnect("warning")
	if f := l.read(); f.Type != "disconnect" || f.Reason != "warning" {
		t.Errorf("frame %+v", f)
	}
	h.Post("U0ANN", "C0REL", "still here", "")
	if f := l.read(); f.Type != "events_api" {
		t.Errorf("after a warning the link stays open: %+v", f)
	}
	h.Disconnect("refresh_requested")
	if f := l.read(); f.Reason != "refresh_requested" {
		t.Errorf("frame %+v", f)
	}
	if _, _, err := l.conn.ReadMessage(); err == nil {
		t.Error("the link stays open after refresh_requested")
	}
}

func TestDeliveriesHeldReversedAndDoubled(t *testing.T) {
	h := newHouse(t, slacklocal.Config{})
	l := h.greeted()
	h.HoldDeliveries()
	a := h.Post("U0ANN", "C0REL", "one", "")
	b := h.Post("U0ANN", "C0REL", "two", "")
	if n := len(h.Deliveries()); n != 0 {
		t.Fatalf("%d sent while held", n)
	}
	h.ReleaseDeliveriesReversed()
	if x, y := l.read(), l.read(); x.Payload.Event.TS != b || y.Payload.Event.TS != a {
		t.Errorf("order %s, %s", x.Payload.Event.TS, y.Payload.Event.TS)
	}
	h.DuplicateEvents(1)
	h.Post("U0ANN", "C0REL", "three", "")
	x, y := l.read(), l.read()
	if x.Payload.EventID != y.Payload.EventID || x.EnvelopeID == y.EnvelopeID {
		t.Errorf("a duplicate has the event's id in an envelope of its own: %+v %+v", x, y)
	}
}

func TestCallFaults(t *testing.T) {
	h := newHouse(t, slacklocal.Config{NoRates: true})
	post := func() reply {
		return h.form("chat.postMessage", "xoxb-1", map[string]string{"channel": "C0REL", "text": "x"})
	}
	h.Fail("chat.postMessage", 1, slacklocal.RateLimited(7*time.Second))
	h.Fail("chat.postMessage", 1, slacklocal.RateLimitedBare())
	h.Fail("chat.postMessage", 2, slacklocal.ErrorCode("fatal_error"))
	if r := post(); r.status != 429 || r.header.Get("Retry-After") != "7" {
		t.Errorf("429: %d %q", r.status, r.header.Get("Retry-After"))
	}
	if r := post(); r.status != 429 || r.header.Get("Retry-After") != "" {
		t.Errorf("429 without header: %d %q", r.status, r.header.Get("Retry-After"))
	}
	for range 2 {
		if r := post(); r.Error != "fatal_error" {
			t.Errorf("error code: %q", r.Error)
		}
	}
	if len(h.Messages("C0REL")) != 0 {
		t.Error("a fault before the effect has an effect")
	}
	call := func(ctx context.Context) (int, string, error) {
		form := url.Values{"token": {"xoxb-1"}, "channel": {"C0REL"}, "text": {"x"}}
		req, err := http.NewRequestWithContext(ctx, http.MethodPost, h.base+"/slack/api/chat.postMessage", strings.NewReader(form.Encode()))
		if err != nil {
			return 0, "", err
		}
		req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
		resp, err := h.http.Do(req)
		if err != nil {
			return 0, "", err
		}
		defer func() { _ = resp.Body.Close() }()
		return resp.StatusCode, resp.Header.Get("Content-Type"), nil
	}
	raw := func() (int, string, error) { return call(t.Context()) }
	h.Fail("*", 1, slacklocal.ServerError(503))
	h.Fail("*", 1, slacklocal.HTMLPage())
	if status, _, err := raw(); status != 503 || err != nil {
		t.Errorf("503: %d %v", status, err)
	}
	if status, kind, err := raw(); status != 200 || kind != "text/html" || err != nil {
		t.Errorf("HTML: %d %q %v", status, kind, err)
	}
	h.Fail("chat.postMessage", 1, slacklocal.LoseReply())
	if _, _, err := raw(); err == nil {
		t.Error("the reply was not lost")
	}
	if n := len(h.Messages("C0REL")); n != 1 {
		t.Errorf("%d messages, want the one whose reply was lost", n)
	}
	h.Fail("chat.postMessage", -1, slacklocal.Hang())
	before := len(h.Calls())
	hanging, giveUp := context.WithCancel(t.Context())
	hung := make(chan error, 1)
	go func() { _, _, err := call(hanging); hung <- err }()
	h.wait("the call", func() bool { return len(h.Calls()) > before })
	giveUp()
	if err := <-hung; !errors.Is(err, context.Canceled) {
		t.Errorf("a hanging call answered: %v", err)
	}
	h.ClearFaults()
	if r := post(); !r.OK {
		t.Errorf("after ClearFaults: %s", r.Error)
	}
	var results []string
	for _, c := range h.Calls("chat.postMessage") {
		results = append(results, c.Result)
	}
	want := []string{"ratelimited", "ratelimited", "fatal_error", "fatal_error", "503", "html", "ok", "hang", "ok"}
	if !slices.Equal(results, want) {
		t.Errorf("the log says %q, want %q", results, want)
	}
}
