package redistest

import (
	"errors"
	"io"
	"math/rand/v2"
	"net"
	"net/url"
	"sync"
	"testing"
)

// Lossy puts a proxy before the Redis at url that closes a connection, instead of
// handing an answer on, with the probability rate: after the effect, before the
// reply. It returns the proxy's URL.
func Lossy(t testing.TB, redisURL string, rate float64) string {
	t.Helper()
	u, err := url.Parse(redisURL)
	if err != nil {
		t.Fatal(err)
	}
	l, err := net.Listen("tcp", "127.0.0.1:0") //nolint:noctx // at once
	if err != nil {
		t.Fatal(err)
	}
	p := &proxy{to: u.Host, rate: rate, open: make(map[net.Conn]bool)}
	p.running.Go(func() { p.accept(l) })
	t.Cleanup(func() {
		if err := l.Close(); err != nil {
			t.Error(err)
		}
		p.hangUp()
		p.running.Wait()
	})
	u.Host = l.Addr().String()
	return u.String()
}

type proxy struct {
	to      string
	rate    float64
	running sync.WaitGroup
	mu      sync.Mutex
	open    map[net.Conn]bool
	over    bool
}

func (p *proxy) accept(l net.Listener) {
	for {
		c, err := l.Accept()
		if err != nil {
			return
		}
		up, err := net.Dial("tcp", p.to) //nolint:noctx // the loopback
		if err != nil || !p.track(c, up) {
			c.Close() //nolint:errcheck,gosec // hanging up is all there is to do
			continue
		}
		p.running.Go(func() { defer p.drop(c, up); io.Copy(up, c) }) //nolint:errcheck,gosec // ends with the connection
		p.running.Go(func() { defer p.drop(c, up); p.answers(c, up) })
	}
}

// answers hands on what Redis says, and sometimes hangs up instead.
func (p *proxy) answers(c, up net.Conn) {
	b := make([]byte, 64<<10)
	for {
		n, err := up.Read(b)
		if err != nil || rand.Float64() < p.rate { //nolint:gosec // a test
			return
		}
		if _, err := c.Write(b[:n]); err != nil {
			return
		}
	}
}

func (p *proxy) track(conns ...net.Conn) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	for _, c := range conns {
		p.open[c] = true
	}
	return !p.over
}

func (p *proxy) drop(conns ...net.Conn) {
	p.mu.Lock()
	defer p.mu.Unlock()
	for _, c := range conns {
		delete(p.open, c)
		if err := c.Close(); err != nil && !errors.Is(err, net.ErrClosed) {
			return
		}
	}
}

func (p *proxy) hangUp() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.over = true
	for c := range p.open {
		c.Close() //nolint:errcheck,gosec // hanging up
	}
}
