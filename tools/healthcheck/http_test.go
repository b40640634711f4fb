package healthcheck_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log"
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/releasebot/releasebot/tools/healthcheck"
)

// serve starts a server that answers with handler.
func serve(t *testing.T, handler http.HandlerFunc) *httptest.Server {
	t.Helper()
	s := httptest.NewServer(handler)
	t.Cleanup(s.Close)
	return s
}

func body(text string) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) { _, _ = io.WriteString(w, text) }
}

func TestHTTPVerdicts(t *testing.T) {
	const all = `{"version":"v1.4.2","n":1.20,"big":12345678901234567890,"ok":true,"none":null,
		"deep":{"list":[{"name":"a"},{"name":"b"}],"a.b":"dotted"},"list":[1, 2],"esc":"<&>"}`
	for _, tc := range []struct {
		name    string
		handler http.HandlerFunc
		args    string // after the url
		want    healthcheck.Verdict
		says    []string
	}{
		{"status only", body("anything"), ``, healthcheck.Healthy, []string{"status 200"}},
		{
			"wrong status", func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(503) }, ``,
			healthcheck.Unhealthy,
			[]string{"status 503, expected 200"},
		},
		{
			"another status expected", func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(503) }, `,"status":503`,
			healthcheck.Healthy, nil,
		},
		{"json", body(all), `,"json":{"version":"${version}","n":1.20,"big":12345678901234567890,"ok":true,"none":null,
			"deep.list.1.name":"b","deep.a\\.b":"dotted","list":"[1,2]","esc":"<&>"}`, healthcheck.Healthy, []string{"as expected"}},
		{
			"another version", body(`{"version":"v1.4.1"}`), `,"json":{"version":"${version}"}`,
			healthcheck.Unhealthy,
			[]string{`version is "v1.4.1", expected "v1.4.2"`},
		},
		{"a number in another form", body(`{"n":1.2}`), `,"json":{"n":"1.20"}`, healthcheck.Unhealthy, []string{`n is "1.2", expected "1.20"`}},
		{"null is not nothing", body(`{"v":null}`), `,"json":{"v":""}`, healthcheck.Unhealthy, []string{`v is "null", expected ""`}},
		{"missing", body(`{"a":{}}`), `,"json":{"a.b":"1"}`, healthcheck.Unhealthy, []string{`a.b is missing, expected "1"`}},
		{"beyond a list", body(`{"a":[1]}`), `,"json":{"a.1":"1"}`, healthcheck.Unhealthy, []string{"missing"}},
		{"into a text", body(`{"a":"x"}`), `,"json":{"a.b":"1"}`, healthcheck.Unhealthy, []string{"missing"}},
		{"no json", body(`<html>`), `,"json":{"a":"1"}`, healthcheck.Unhealthy, []string{"not JSON"}},
		{"empty", body(``), `,"json":{"a":"1"}`, healthcheck.Unhealthy, []string{"not JSON"}},
		{"two values", body(`{"a":"1"}{"a":"1"}`), `,"json":{"a":"1"}`, healthcheck.Unhealthy, []string{"not JSON"}},
		{
			"2 MB of json", body(`{"a":"` + strings.Repeat("x", 2<<20) + `"}`), `,"json":{"a":"1"}`,
			healthcheck.Unhealthy,
			[]string{"longer than 1 MiB"},
		},
		{"2 MB nobody asked about", body(strings.Repeat("x", 2<<20)), ``, healthcheck.Healthy, nil},
		{
			"a long value is cut", body(`{"a":"` + strings.Repeat("é", 1000) + `"}`), `,"json":{"a":"1"}`,
			healthcheck.Unhealthy,
			[]string{`ééé…", expected "1"`},
		},
		{
			"control characters go", body(`{"a":"x\u001b[31m\u0000\n\u202e"}`), `,"json":{"a":"1"}`,
			healthcheck.Unhealthy,
			[]string{`a is "x", expected`},
		},
		{
			"a token is masked", body(`{"a":"xoxb-123456789012-abcdef"}`), `,"json":{"a":"1"}`,
			healthcheck.Unhealthy,
			[]string{`a is "[masked]"`},
		},
		{
			"reset", func(http.ResponseWriter, *http.Request) { panic(http.ErrAbortHandler) }, ``,
			healthcheck.Unhealthy,
			[]string{"closed before a whole answer came"},
		},
		{"reset within the body", func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Length", "100")
			_, _ = io.WriteString(w, `{"a":`)
			panic(http.ErrAbortHandler)
		}, `,"json":{"a":"1"}`, healthcheck.Unhealthy, []string{"closed before a whole answer came"}},
		{"too slow", body("ok"), `,"latency":"1ns"`, healthcheck.Unhealthy, []string{"answered in", "expected at most 1ns"}},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			s := serve(t, tc.handler)
			r := look(t, healthcheck.Config{}, "http", call(t, healthcheck.DecodeHTTP, `{"url":"`+s.URL+`"`+tc.args+`}`))
			says(t, r, tc.want, tc.says...)
		})
	}
}

func TestHTTPServerThatHangs(t *testing.T) {
	for _, tc := range []struct {
		name string
		hang http.HandlerFunc
		args string
	}{
		{"before the answer", func(_ http.ResponseWriter, r *http.Request) { <-r.Context().Done() }, ``},
		{"within the body", func(w http.ResponseWriter, r *http.Request) {
			_, _ = io.WriteString(w, `{"a":`)
			_ = http.NewResponseController(w).Flush()
			<-r.Context().Done()
		}, `,"json":{"a":"1"}`},
	} {
		t.Run(tc.name, func(t *testing.T) {
			s := serve(t, tc.hang)
			r := look(t, healthcheck.Config{}, "http", call(t, healthcheck.DecodeHTTP, `{"url":"`+s.URL+`","timeout":"50ms"`+tc.args+`}`))
			says(t, r, healthcheck.Unhealthy, "no answer within 50ms")
			if r.Took > time.Minute {
				t.Errorf("took %s", r.Took)
			}
		})
	}
	t.Run("the call's own limit holds too", func(t *testing.T) {
		s := serve(t, func(_ http.ResponseWriter, r *http.Request) { <-r.Context().Done() })
		c := call(t, healthcheck.DecodeHTTP, `{"url":"`+s.URL+`"}`)
		c.Timeout = 30 * time.Millisecond
		says(t, look(t, healthcheck.Config{}, "http", c), healthcheck.Unhealthy, "no answer within 30ms")
	})
	t.Run("a look that is stopped says nothing of the service", func(t *testing.T) {
		asked := make(chan struct{})
		s := serve(t, func(_ http.ResponseWriter, r *http.Request) { close(asked); <-r.Context().Done() })
		ctx, cancel := context.WithCancel(t.Context())
		go func() { <-asked; cancel() }()
		r := healthcheck.New(healthcheck.Config{})["http"].Check(ctx, call(t, healthcheck.DecodeHTTP, `{"url":"`+s.URL+`"}`))
		says(t, r, healthcheck.Inconclusive, "stopped")
	})
}

func TestHTTPUnreachable(t *testing.T) {
	refusing := httptest.NewServer(http.NotFoundHandler())
	refusing.Close()
	for _, tc := range []struct {
		name string
		err  error // of dialling; nil dials for real
		want healthcheck.Verdict
		says string
	}{
		{"refused", nil, healthcheck.Unhealthy, "connection refused"},
		{"no such name", &net.DNSError{Err: "no such host", Name: "shop.invalid", IsNotFound: true}, healthcheck.Unhealthy, `"shop.invalid" has no address`},
		{"resolver down", &net.DNSError{Err: "server misbehaving", Name: "shop.invalid"}, healthcheck.Unhealthy, "could not be looked up"},
		{"something else", errors.New("shows token abc"), healthcheck.Unhealthy, "no valid answer"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			var cfg healthcheck.Config
			if tc.err != nil {
				cfg.Dial = func(context.Context, string, string) (net.Conn, error) { return nil, tc.err }
			}
			r := look(t, cfg, "http", call(t, healthcheck.DecodeHTTP, `{"url":"`+refusing.URL+`"}`))
			says(t, r, tc.want, tc.says)
			r = look(t, cfg, "tcp", call(t, healthcheck.DecodeTCP, `{"address":"`+refusing.Listener.Addr().String()+`"}`))
			says(t, r, tc.want, tc.says)
			if strings.Contains(r.Detail, "token") {
				t.Errorf("%q quotes an error", r.Detail)
			}
		})
	}
}

func TestHTTPServerThatDoesNotSpeakHTTP(t *testing.T) {
	l := listen(t, func(c net.Conn) { _, _ = io.WriteString(c, "SSH-2.0-secretive\r\n") })
	r := look(t, healthcheck.Config{}, "http", call(t, healthcheck.DecodeHTTP, `{"url":"http://`+l+`"}`))
	says(t, r, healthcheck.Unhealthy, "no valid answer")
	if strings.Contains(r.Detail, "secretive") {
		t.Errorf("%q quotes what came", r.Detail)
	}
	r = look(t, healthcheck.Config{}, "http", call(t, healthcheck.DecodeHTTP, `{"url":"https://`+l+`"}`))
	says(t, r, healthcheck.Unhealthy, "no secure connection")
}

func TestHTTPCertificates(t *testing.T) {
	s := httptest.NewUnstartedServer(body("ok"))
	s.Config.ErrorLog = log.New(io.Discard, "", 0) // a refused handshake is what is tested
	s.StartTLS()
	t.Cleanup(s.Close)
	c := call(t, healthcheck.DecodeHTTP, `{"url":"`+s.URL+`"}`)
	says(t, look(t, healthcheck.Config{}, "http", c), healthcheck.Unhealthy, "no secure connection", "certificate")
	trusted := s.Client().Transport.(*http.Transport).TLSClientConfig
	says(t, look(t, healthcheck.Config{TLS: trusted}, "http", c), healthcheck.Healthy)
}

func TestHTTPRedirects(t *testing.T) {
	other := serve(t, body("a login page"))
	var s *httptest.Server = serve(t, func(w http.ResponseWriter, r *http.Request) {
		switch r.URL.Path {
		case "/same":
			http.Redirect(w, r, "/ok", http.StatusFound)
		case "/other":
			http.Redirect(w, r, other.URL+"/login?token=hush", http.StatusFound)
		case "/loop":
			http.Redirect(w, r, "/loop", http.StatusFound)
		}
	})
	for path, want := range map[string]struct {
		verdict healthcheck.Verdict
		status  string
		says    string
	}{
		"/same":                {healthcheck.Healthy, "200", ""},
		"/other":               {healthcheck.Unhealthy, "200", "status 302 (a redirect to another host, " + `"` + strings.TrimPrefix(other.URL, "http://") + `", is not followed), expected 200`},
		"/loop":                {healthcheck.Unhealthy, "200", "once too often"},
		"/same?asked=redirect": {healthcheck.Healthy, "302", "302"},
	} {
		r := look(t, healthcheck.Config{}, "http", call(t, healthcheck.DecodeHTTP, `{"url":"`+s.URL+path+`","status":`+want.status+`}`))
		says(t, r, want.verdict, want.says)
		if strings.Contains(r.Detail, "hush") {
			t.Errorf("%q quotes the address", r.Detail)
		}
	}
}

func TestHTTPRequest(t *testing.T) {
	var got *http.Request
	s := serve(t, func(_ http.ResponseWriter, r *http.Request) { got = r })
	c := call(t, healthcheck.DecodeHTTP, `{"url":"`+s.URL+`/x/${version}/${environment}?v=${version}","method":"HEAD",
		"headers":{"x-version":"${version}","host":"shop.internal"}}`)
	c.Version = "release/1 2?&#"
	says(t, look(t, healthcheck.Config{}, "http", c), healthcheck.Healthy)
	if want := "/x/release%2F1%202%3F&%23/production?v=release%2F1+2%3F%26%23"; got.RequestURI != want {
		t.Errorf("asked for %s, want %s", got.RequestURI, want)
	}
	if got.Method != "HEAD" || got.Host != "shop.internal" || got.Header.Get("X-Version") != c.Version {
		t.Errorf("sent %s %s %v", got.Method, got.Host, got.Header)
	}
}

func TestHTTPThatCannotBeAskedIsInconclusive(t *testing.T) {
	for args, version := range map[string]string{
		`{"url":"http://${version}/"}`:                              "a b",
		`{"url":"http://shop-${version}.internal/"}`:                "x/y",
		`{"url":"http://shop:8${version}/"}`:                        "x",
		`{"url":"http://127.0.0.1:1/a/${version}/b"}`:               "..",
		`{"url":"http://127.0.0.1:1","headers":{"A":"${version}"}}`: "1\r\nB: 2",
	} {
		c := call(t, healthcheck.DecodeHTTP, args)
		c.Version = version
		says(t, look(t, healthcheck.Config{}, "http", c), healthcheck.Inconclusive, "can't be made")
	}
}

func TestHTTPOpensAConnectionForEachLookAndClosesIt(t *testing.T) {
	var opened, closed atomic.Int32
	gone := make(chan struct{}, 16)
	s := httptest.NewUnstartedServer(body(strings.Repeat("x", 100_000)))
	s.Config.ConnState = func(_ net.Conn, state http.ConnState) {
		switch state {
		case http.StateNew:
			opened.Add(1)
		case http.StateClosed:
			closed.Add(1)
			gone <- struct{}{}
		}
	}
	s.Start()
	t.Cleanup(s.Close)
	c := call(t, healthcheck.DecodeHTTP, `{"url":"`+s.URL+`"}`)
	for range 3 {
		says(t, look(t, healthcheck.Config{}, "http", c), healthcheck.Healthy)
	}
	for range 3 {
		select {
		case <-gone:
		case <-time.After(2 * time.Minute):
			t.Fatalf("%d connections opened, %d closed", opened.Load(), closed.Load())
		}
	}
	if opened.Load() != 3 {
		t.Errorf("%d connections for 3 looks", opened.Load())
	}
}

func TestHTTPProxy(t *testing.T) {
	var asked atomic.Int32
	proxy := serve(t, func(w http.ResponseWriter, r *http.Request) { asked.Add(1); fmt.Fprint(w, r.URL.Host) })
	to, err := url.Parse(proxy.URL)
	if err != nil {
		t.Fatal(err)
	}
	cfg := healthcheck.Config{Proxy: func(*http.Request) (*url.URL, error) { return to, nil }}
	direct := serve(t, body("ok"))
	_, port, _ := net.SplitHostPort(direct.Listener.Addr().String())
	for _, host := range []string{"127.0.0.1", "localhost"} {
		r := look(t, cfg, "http", call(t, healthcheck.DecodeHTTP, `{"url":"http://`+host+`:`+port+`"}`))
		says(t, r, healthcheck.Healthy)
	}
	if asked.Load() != 0 {
		t.Error("a proxy was asked for loopback")
	}
	c := call(t, healthcheck.DecodeHTTP, `{"url":"http://shop.internal/"}`)
	says(t, look(t, cfg, "http", c), healthcheck.Healthy)
	if asked.Load() != 1 {
		t.Error("the proxy was not asked")
	}
	proxy.Close()
	says(t, look(t, cfg, "http", c), healthcheck.Inconclusive, "can't be made from here")
}

// listen starts a TCP server that greets each connection and closes it.
func listen(t *testing.T, greet func(net.Conn)) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	done := make(chan struct{})
	go func() {
		defer close(done)
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			greet(c)
			_ = c.Close()
		}
	}()
	t.Cleanup(func() { _ = l.Close(); <-done })
	return l.Addr().String()
}

func TestTCP(t *testing.T) {
	address := listen(t, func(net.Conn) {})
	says(t, look(t, healthcheck.Config{}, "tcp", call(t, healthcheck.DecodeTCP, `{"address":"`+address+`"}`)), healthcheck.Healthy, "accepts")
	c := call(t, healthcheck.DecodeTCP, `{"address":"${version}:80"}`)
	c.Version = "a b"
	says(t, look(t, healthcheck.Config{}, "tcp", c), healthcheck.Inconclusive, "names no host")
	hangs := healthcheck.Config{Dial: func(ctx context.Context, _, _ string) (net.Conn, error) {
		<-ctx.Done()
		return nil, ctx.Err()
	}}
	c = call(t, healthcheck.DecodeTCP, `{"address":"`+address+`","timeout":"20ms"}`)
	says(t, look(t, hangs, "tcp", c), healthcheck.Unhealthy, "no answer within 20ms")
}
