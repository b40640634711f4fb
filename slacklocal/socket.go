package slacklocal

import (
	"encoding/json"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/gorilla/websocket"
)

// maxSockets is how many links one app may hold open.
const maxSockets = 10

const writeWithin = 5 * time.Second

// socket is one websocket link. Its reader runs in the HTTP handler's goroutine, its
// writer in one of its own; both end when the connection does.
type socket struct {
	id       string
	conn     *websocket.Conn
	openedAt time.Time
	wake     chan struct{}

	// Guarded by ws.mu.
	queue   [][]byte
	ready   bool // its hello is on the way
	closing bool // ends once the queue is written
}

// Socket is a copy of what is known of an open link.
type Socket struct {
	ID       string
	OpenedAt time.Time
	Ready    bool // its hello was sent
}

// Sockets returns the open links, the oldest first.
func (ws *Workspace) Sockets() []Socket {
	ws.mu.Lock()
	defer ws.mu.Unlock()
	var out []Socket
	for _, s := range ws.sockets {
		out = append(out, Socket{ID: s.id, OpenedAt: s.openedAt, Ready: s.ready})
	}
	return out
}

// Connected returns how many links are open and ready.
func (ws *Workspace) Connected() int {
	ws.mu.Lock()
	defer ws.mu.Unlock()
	return len(ws.ready())
}

func (ws *Workspace) ready() []*socket {
	var out []*socket
	for _, s := range ws.sockets {
		if s.ready && !s.closing {
			out = append(out, s)
		}
	}
	return out
}

// newTicket makes the address of a link, good for one connection. ws.mu is held.
func (ws *Workspace) newTicket() string {
	ticket := ws.nextID("ticket-")
	ws.tickets[ticket] = true
	base := "ws" + strings.TrimPrefix(ws.base, "http")
	return base + "/slack/link/?ticket=" + ticket + "&app_id=" + ws.cfg.AppID
}

func (ws *Workspace) serveLink(w http.ResponseWriter, r *http.Request) {
	ticket := r.URL.Query().Get("ticket")
	ws.mu.Lock()
	good := ws.tickets[ticket] && !ws.closed
	delete(ws.tickets, ticket)
	if good {
		ws.wg.Add(1)
		defer ws.wg.Done()
	}
	ws.mu.Unlock()
	if !good {
		http.Error(w, "unknown or used ticket", http.StatusForbidden)
		return
	}
	up := websocket.Upgrader{CheckOrigin: func(*http.Request) bool { return true }}
	conn, err := up.Upgrade(w, r, nil)
	if err != nil {
		return // Upgrade has answered
	}
	s := &socket{conn: conn, wake: make(chan struct{}, 1)}
	if !ws.openSocket(s) {
		_ = conn.Close()
		return
	}
	stop := make(chan struct{})
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		ws.write(s, stop)
	}()
	for {
		_, raw, err := conn.ReadMessage()
		if err != nil {
			break
		}
		ws.acked(s, raw)
	}
	close(stop)
	_ = conn.Close()
	<-ended
	ws.closeSocket(s)
}

// openSocket takes a link in and greets it; false when the workspace is closed.
func (ws *Workspace) openSocket(s *socket) bool {
	ws.mu.Lock()
	defer ws.mu.Unlock()
	if ws.closed {
		return false
	}
	s.id, s.openedAt = ws.nextID("socket-"), ws.now()
	full := len(ws.sockets) >= maxSockets
	ws.sockets = append(ws.sockets, s)
	if full {
		s.disconnect("too_many_websockets")
		return true
	}
	if ws.faults.noHello {
		ws.change(Change{Kind: SocketOpened, ID: s.id})
		return true
	}
	s.ready = true
	s.push(map[string]any{
		"type":            "hello",
		"num_connections": len(ws.ready()),
		"connection_info": map[string]any{"app_id": ws.cfg.AppID},
		"debug_info": map[string]any{
			"host": "applink-local", "started": "", "build_number": 1, "approximate_connection_time": 18060,
		},
	})
	ws.change(Change{Kind: SocketOpened, ID: s.id})
	return true
}

func (ws *Workspace) closeSocket(s *socket) {
	ws.mu.Lock()
	defer ws.mu.Unlock()
	ws.sockets = slices.DeleteFunc(ws.sockets, func(o *socket) bool { return o == s })
	s.closing = true
	ws.change(Change{Kind: SocketClosed, ID: s.id})
}

// write sends what is queued, and pings, until the link ends.
func (ws *Workspace) write(s *socket, stop <-chan struct{}) {
	ping := time.NewTicker(ws.cfg.PingEvery)
	defer ping.Stop()
	for {
		select {
		case <-stop:
			return
		case <-ping.C:
			ws.mu.Lock()
			quiet := ws.faults.noPings
			ws.mu.Unlock()
			if !quiet {
				_ = s.conn.WriteControl(websocket.PingMessage, []byte("ping"), time.Now().Add(writeWithin))
			}
		case <-s.wake:
			ws.mu.Lock()
			queue, closing := s.queue, s.closing
			s.queue = nil
			ws.mu.Unlock()
			for _, raw := range queue {
				_ = s.conn.SetWriteDeadline(time.Now().Add(writeWithin))
				if err := s.conn.WriteMessage(websocket.TextMessage, raw); err != nil {
					s.cut()
					return
				}
			}
			if closing {
				bye := websocket.FormatCloseMessage(websocket.CloseNormalClosure, "")
				_ = s.conn.WriteControl(websocket.CloseMessage, bye, time.Now().Add(writeWithin))
				s.cut()
				return
			}
		}
	}
}

// push queues a frame. ws.mu is held.
func (s *socket) push(frame any) {
	raw, err := json.Marshal(frame)
	if err != nil {
		panic("slacklocal: a frame that is no JSON: " + err.Error())
	}
	s.queue = append(s.queue, raw)
	s.poke()
}

func (s *socket) poke() {
	select {
	case s.wake <- struct{}{}:
	default:
	}
}

// disconnect says goodbye as Slack does. After a warning the link stays open for
// about 10 seconds; any other reason ends it at once. ws.mu is held.
func (s *socket) disconnect(reason string) {
	s.push(map[string]any{
		"type": "disconnect", "reason": reason, "debug_info": map[string]any{"host": "applink-local"},
	})
	if reason != "warning" {
		s.closing = true
		s.poke()
	}
}

// cut ends the connection without a goodbye.
func (s *socket) cut() { _ = s.conn.NetConn().Close() }

// Disconnect sends every link (or those named) a disconnect with this reason:
// "warning" leaves it open, "refresh_requested", "link_disabled" and
// "too_many_websockets" close it.
func (ws *Workspace) Disconnect(reason string, ids ...string) {
	ws.mu.Lock()
	defer ws.mu.Unlock()
	for _, s := range ws.sockets {
		if len(ids) == 0 || slices.Contains(ids, s.id) {
			s.disconnect(reason)
		}
	}
}

// DropSockets cuts every link (or those named) without a word, as a broken network does.
func (ws *Workspace) DropSockets(ids ...string) {
	ws.mu.Lock()
	defer ws.mu.Unlock()
	for _, s := range ws.sockets {
		if len(ids) == 0 || slices.Contains(ids, s.id) {
			s.closing = true // nothing is delivered to it any more
			s.cut()
		}
	}
}
