package redistest

import (
	"errors"
	"io"
	"math"
	"math/rand/v2"
	"net"
	"net/url"
	"sync"
	"sync/atomic"
	"testing"
)

// Lossy puts a proxy before the Redis at url that closes a connection, instead of
// handing an answer on, with the probability rate: after the effect, before the
// reply. It returns the proxy's URL.
func Lossy(t testing.TB, redisURL string, rate float64) string {
	t.Helper()
	p := Proxied(t, redisURL)
	p.Lose(rate)
	return p.URL()
}

// A Proxy stands before a Redis, and can lose its answers and break its connections.
type Proxy struct {
	url     url.URL
	to      string
	rate    atomic.Uint64 // math.Float64bits
	lost    atomic.Int64
	running sync.WaitGroup
	mu      sync.Mutex
	open    map[net.Conn]bool
	over    bool
}

// Proxied puts a proxy before the Redis at url, until t ends. It hands everything on until it is told otherwise.
func Proxied(t testing.TB, redisURL string) *Proxy {
	t.Helper()
	u, err := url.Parse(redisURL)
	if err != nil {
		t.Fatal(err)
	}
	l, err := net.Listen("tcp", "127.0.0.1:0") //nolint:noctx // at once
	if err != nil {
		t.Fatal(err)
	}
	p := &Proxy{url: *u, to: u.Host, open: make(map[net.Conn]bool)}
	p.url.Host = l.Addr().String()
	p.running.Go(func() { p.accept(l) })
	t.Cleanup(func() {
		if err := l.Close(); err != nil {
			t.Error(err)
		}
		p.hangUp(true)
		p.running.Wait()
	})
	return p
}

// URL is the Redis's URL by way of the proxy.
func (p *Proxy) URL() string { return p.url.String() }

// Port is the proxy's port.
func (p *Proxy) Port() string { return p.url.Port() }

// Lose closes the connection, instead of handing an answer on, with this probability from now on.
func (p *Proxy) Lose(rate float64) { p.rate.Store(math.Float64bits(rate)) }

// Lost is how many answers were lost by Lose.
func (p *Proxy) Lost() int64 { return p.lost.Load() }

// Cut breaks every connection there is.
func (p *Proxy) Cut() { p.hangUp(false) }

func (p *Proxy) accept(l net.Listener) {
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
func (p *Proxy) answers(c, up net.Conn) {
	b := make([]byte, 64<<10)
	for {
		n, err := up.Read(b)
		if err != nil {
			return
		}
		if rand.Float64() < math.Float64frombits(p.rate.Load()) { //nolint:gosec // a test
			p.lost.Add(1)
			return
		}
		if _, err := c.Write(b[:n]); err != nil {
			return
		}
	}
}

func (p *Proxy) track(conns ...net.Conn) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	for _, c := range conns {
		p.open[c] = true
	}
	return !p.over
}

func (p *Proxy) drop(conns ...net.Conn) {
	p.mu.Lock()
	defer p.mu.Unlock()
	for _, c := range conns {
		delete(p.open, c)
		if err := c.Close(); err != nil && !errors.Is(err, net.ErrClosed) {
			return
		}
	}
}

func (p *Proxy) hangUp(over bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.over = p.over || over
	for c := range p.open {
		c.Close() //nolint:errcheck,gosec // hanging up
	}
}
