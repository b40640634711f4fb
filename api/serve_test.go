package api_test

import (
	"bufio"
	"context"
	"errors"
	"io"
	"net"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/releasebot/releasebot/agent"
	"github.com/releasebot/releasebot/api"
)

// start serves on a port of this machine. stop ends it and returns what Serve did.
func start(t *testing.T, cfg api.Config) (addr string, stop func() error) {
	t.Helper()
	s, err := api.New(cfg)
	if err != nil {
		t.Fatal(err)
	}
	ln, err := new(net.ListenConfig).Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	ended := make(chan error, 1)
	go func() { ended <- s.ServeListener(ctx, ln) }()
	stopped := false
	stop = func() error {
		cancel()
		if stopped {
			return nil
		}
		stopped = true
		return <-ended
	}
	t.Cleanup(func() {
		if err := stop(); err != nil {
			t.Error(err)
		}
	})
	return ln.Addr().String(), stop
}

// raw sends bytes as they are, and returns the status and body of the answer.
func raw(t *testing.T, addr, request string) (int, string) {
	t.Helper()
	conn, err := new(net.Dialer).DialContext(t.Context(), "tcp", addr)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = conn.Close() }()
	if err := conn.SetDeadline(time.Now().Add(2 * time.Minute)); err != nil {
		t.Fatal(err)
	}
	go func() { _, _ = io.WriteString(conn, request) }() // the server may close before it has read all
	resp, err := http.ReadResponse(bufio.NewReader(conn), nil)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = resp.Body.Close() }()
	body, err := io.ReadAll(resp.Body)
	if err != nil && !errors.Is(err, io.ErrUnexpectedEOF) {
		t.Fatal(err)
	}
	return resp.StatusCode, string(body)
}

// What real requests can do to a real server.
func TestServe(t *testing.T) {
	w := newWorld(t)
	addr, _ := start(t, api.Config{Reader: w.service, Store: w.store})
	for name, c := range map[string]struct {
		request string
		status  int
	}{
		"as curl asks":       {"GET /v1/threads HTTP/1.1\r\nHost: " + addr + "\r\n\r\n", 200},
		"a rebound name":     {"GET /v1/threads HTTP/1.1\r\nHost: attacker.example\r\n\r\n", 403},
		"host in the target": {"GET http://attacker.example/v1/threads HTTP/1.1\r\nHost: " + addr + "\r\n\r\n", 403},
		"no host":            {"GET /v1/threads HTTP/1.0\r\n\r\n", 403},
		"a foreign page":     {"GET /v1/threads HTTP/1.1\r\nHost: " + addr + "\r\nOrigin: https://attacker.example\r\n\r\n", 403},
		"a huge header":      {"GET /v1/threads HTTP/1.1\r\nHost: " + addr + "\r\nX-Big: " + strings.Repeat("x", 100<<10) + "\r\n\r\n", 431},
		"a huge target":      {"GET /v1/threads?state=" + strings.Repeat("x", 100<<10) + " HTTP/1.1\r\nHost: " + addr + "\r\n\r\n", 431},
		"a body":             {"GET /v1/threads HTTP/1.1\r\nHost: " + addr + "\r\nContent-Length: 5\r\n\r\nhello", 200},
		"a huge body":        {"GET /v1/threads HTTP/1.1\r\nHost: " + addr + "\r\nContent-Length: 1048577\r\n\r\n" + strings.Repeat("x", 1000), 413},
		"a post":             {"POST /v1/threads HTTP/1.1\r\nHost: " + addr + "\r\nContent-Length: 2\r\n\r\n{}", 405},
		"nonsense":           {"HELLO\r\n\r\n", 400},
		"two hosts":          {"GET /v1/threads HTTP/1.1\r\nHost: " + addr + "\r\nHost: attacker.example\r\n\r\n", 400},
	} {
		if status, body := raw(t, addr, c.request); status != c.status {
			t.Errorf("%s: %d %.200s, want %d", name, status, body, c.status)
		}
	}
}

// gate is a Reader that answers once it is let.
type gate struct {
	api.Reader
	entered chan struct{}
	open    chan struct{}
}

func (g *gate) Threads(ctx context.Context) ([]agent.ThreadLine, error) {
	g.entered <- struct{}{}
	select {
	case <-g.open:
		return nil, nil
	case <-ctx.Done():
		return nil, ctx.Err()
	}
}

// Who is being answered when the end comes still gets the answer.
func TestServeEndsGracefully(t *testing.T) {
	w := newWorld(t)
	g := &gate{Reader: w.service, entered: make(chan struct{}), open: make(chan struct{})}
	addr, stop := start(t, api.Config{Reader: g, Store: w.store})
	type answer struct {
		status int
		err    error
	}
	answered := make(chan answer, 1)
	go func() {
		req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, "http://"+addr+"/v1/threads", nil)
		if err != nil {
			answered <- answer{err: err}
			return
		}
		resp, err := http.DefaultClient.Do(req)
		if err != nil {
			answered <- answer{err: err}
			return
		}
		answered <- answer{status: resp.StatusCode, err: resp.Body.Close()}
	}()
	<-g.entered
	ended := make(chan error, 1)
	go func() { ended <- stop() }()
	for { // until nobody is let in any more
		conn, err := new(net.Dialer).DialContext(t.Context(), "tcp", addr)
		if err != nil {
			break
		}
		_ = conn.Close()
	}
	close(g.open)
	if a := <-answered; a.err != nil || a.status != http.StatusOK {
		t.Errorf("the request under way: %d, %v", a.status, a.err)
	}
	if err := <-ended; err != nil {
		t.Error(err)
	}
}

// An address that can't be listened on is an error that names it.
func TestServeWhereItCant(t *testing.T) {
	w := newWorld(t)
	addr, _ := start(t, api.Config{Reader: w.service, Store: w.store})
	s, err := api.New(api.Config{Reader: w.service, Store: w.store})
	if err != nil {
		t.Fatal(err)
	}
	for _, where := range []string{addr, "nowhere", "127.0.0.1:99999"} {
		if err := s.Serve(t.Context(), where); err == nil || !strings.Contains(err.Error(), where) {
			t.Errorf("%s: %v", where, err)
		}
	}
}
