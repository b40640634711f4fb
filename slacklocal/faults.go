package slacklocal

import (
	"fmt"
	"io"
	"net/http"
	"strconv"
	"time"
)

// Fault is one way in which a call goes wrong. Make it with one of the functions below.
type Fault struct {
	name   string
	after  bool // the effect takes place first
	status int
	header map[string]string
	body   string
	hang   bool
}

// String names the fault, as Calls does.
func (f Fault) String() string { return f.name }

// RateLimited answers 429 with Retry-After.
func RateLimited(after time.Duration) Fault {
	seconds := int((after + time.Second - 1) / time.Second)
	return Fault{
		name: "ratelimited", status: http.StatusTooManyRequests, body: `{"ok":false,"error":"ratelimited"}`,
		header: map[string]string{"Retry-After": strconv.Itoa(seconds)},
	}
}

// RateLimitedBare answers 429 without saying when to come back.
func RateLimitedBare() Fault {
	return Fault{name: "ratelimited", status: http.StatusTooManyRequests, body: `{"ok":false,"error":"ratelimited"}`}
}

// ServerError answers with a status of the 500s and no JSON.
func ServerError(status int) Fault {
	return Fault{
		name: strconv.Itoa(status), status: status, body: http.StatusText(status),
		header: map[string]string{"Content-Type": "text/plain"},
	}
}

// Hang never answers, until the client gives up or the workspace is closed.
func Hang() Fault { return Fault{name: "hang", hang: true} }

// HTMLPage answers 200 with a web page, as a proxy's log-in page does.
func HTMLPage() Fault {
	return Fault{
		name: "html", status: http.StatusOK, body: "<!DOCTYPE html><html><body>Please sign in</body></html>",
		header: map[string]string{"Content-Type": "text/html"},
	}
}

// ErrorCode answers ok:false with this error.
func ErrorCode(code string) Fault {
	return Fault{name: code, status: http.StatusOK, body: fmt.Sprintf(`{"ok":false,"error":%q}`, code)}
}

// LoseReply does what was asked and then closes the connection without an answer.
func LoseReply() Fault { return Fault{name: "reply lost", after: true} }

type plan struct {
	fault Fault
	left  int // below 0: for ever
}

// faults are the calls that are to go wrong, by method. Guarded by ws.mu.
type faults struct {
	plans map[string][]*plan

	noHello, noPings, hold bool
	twice                  int // so many next events are sent twice
}

// Fail makes the next n calls of a method go wrong; n below 0: all until
// ClearFaults. Method "*" is any; "response_url" is a post to one. Several plans for
// one method are used up in the order given.
func (ws *Workspace) Fail(method string, n int, f Fault) {
	ws.mu.Lock()
	defer ws.mu.Unlock()
	ws.faults.plans[method] = append(ws.faults.plans[method], &plan{fault: f, left: n})
}

// ClearFaults makes everything work again: calls, hellos, pings; held deliveries
// stay held until ReleaseDeliveries.
func (ws *Workspace) ClearFaults() {
	ws.mu.Lock()
	defer ws.mu.Unlock()
	ws.faults.plans = map[string][]*plan{}
	ws.faults.noHello, ws.faults.noPings, ws.faults.twice = false, false, 0
}

// take uses up one planned fault of a call.
func (f *faults) take(ws *Workspace, name string) (Fault, bool) {
	ws.mu.Lock()
	defer ws.mu.Unlock()
	for _, key := range []string{name, "*"} {
		for len(f.plans[key]) > 0 {
			p := f.plans[key][0]
			if p.left == 0 {
				f.plans[key] = f.plans[key][1:]
				continue
			}
			if p.left > 0 {
				p.left--
			}
			return p.fault, true
		}
	}
	return Fault{}, false
}

func (f Fault) serve(ws *Workspace, w http.ResponseWriter, r *http.Request) {
	if f.hang {
		select {
		case <-r.Context().Done():
		case <-ws.done:
		}
		panic(http.ErrAbortHandler)
	}
	w.Header().Set("Content-Type", "application/json; charset=utf-8")
	for k, v := range f.header {
		w.Header().Set(k, v)
	}
	w.WriteHeader(f.status)
	_, _ = io.WriteString(w, f.body)
}

// WithholdHello opens sockets from now on without the hello that makes them usable.
func (ws *Workspace) WithholdHello(on bool) {
	ws.mu.Lock()
	defer ws.mu.Unlock()
	ws.faults.noHello = on
}

// WithholdPings stops (or starts again) the server's pings, on all sockets.
func (ws *Workspace) WithholdPings(on bool) {
	ws.mu.Lock()
	defer ws.mu.Unlock()
	ws.faults.noPings = on
}

// DuplicateEvents sends each of the next n events twice: the same event_id in two
// envelopes.
func (ws *Workspace) DuplicateEvents(n int) {
	ws.mu.Lock()
	defer ws.mu.Unlock()
	ws.faults.twice = n
}

// HoldDeliveries keeps envelopes back until ReleaseDeliveries. Their 3 seconds begin
// when they are released.
func (ws *Workspace) HoldDeliveries() {
	ws.mu.Lock()
	defer ws.mu.Unlock()
	ws.faults.hold = true
}

// ReleaseDeliveries sends what was held, in order, and holds nothing more.
func (ws *Workspace) ReleaseDeliveries() { ws.release(false) }

// ReleaseDeliveriesReversed sends what was held, the last first, and holds nothing more.
func (ws *Workspace) ReleaseDeliveriesReversed() { ws.release(true) }

func (ws *Workspace) release(reversed bool) {
	ws.mu.Lock()
	defer ws.mu.Unlock()
	held := ws.held
	ws.held, ws.faults.hold = nil, false
	for i := range held {
		if reversed {
			i = len(held) - 1 - i
		}
		ws.transmit(held[i])
	}
}
