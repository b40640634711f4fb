package healthcheck

import (
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"time"

	"github.com/releasebot/releasebot/tools"
)

// maxBody is how much of a body is read to compare JSON.
const maxBody = 1 << 20

// maxRedirects is how many redirects to the same host are followed.
const maxRedirects = 5

// httpChecker asks a URL.
type httpChecker struct {
	cfg Config
}

// Spec says that the check only reads.
func (*httpChecker) Spec() tools.Spec {
	return tools.Spec{Name: "healthcheck.http", Effect: tools.Reads}
}

// Check makes one request over a connection of its own.
func (h *httpChecker) Check(ctx context.Context, c tools.Call) Result {
	start := time.Now()
	verdict, detail := h.look(ctx, c, start)
	return h.cfg.result(verdict, detail, start)
}

func (h *httpChecker) look(ctx context.Context, c tools.Call, start time.Time) (Verdict, string) {
	var args HTTPArgs
	if err := unmarshalArgs(c, &args); err != nil {
		return Inconclusive, err.Error()
	}
	limit := timeLimit(c, args.Timeout, DefaultTimeout)
	ctx, cancel := withLimit(ctx, limit)
	defer cancel()
	req, err := h.cfg.request(ctx, c, args)
	if err != nil {
		return Inconclusive, "the request can't be made: " + clean(err.Error())
	}
	client, done := h.client(args.Status)
	defer done()
	resp, err := client.Do(req)
	if err != nil {
		return unreached(ctx, err, limit)
	}
	verdict, detail := h.cfg.judge(ctx, c, args, resp, limit)
	_ = resp.Body.Close() // the look is over: how the connection ends says nothing more
	if took := time.Since(start); verdict == Healthy && args.Latency > 0 && took > time.Duration(args.Latency) {
		return Unhealthy, fmt.Sprintf("answered in %s, expected at most %s", took.Round(time.Millisecond), args.Latency)
	}
	return verdict, detail
}

// request fills the arguments in.
func (cfg Config) request(ctx context.Context, c tools.Call, args HTTPArgs) (*http.Request, error) {
	u, err := cfg.fillURL(c, args.URL)
	if err != nil {
		return nil, err
	}
	req, err := http.NewRequestWithContext(ctx, args.Method, u.String(), http.NoBody)
	if err != nil {
		return nil, innermost(err)
	}
	req.Header.Set("User-Agent", "releasebot")
	req.Header.Set("Cache-Control", "no-cache")
	for _, name := range sortedKeys(args.Headers) {
		value := c.Fill(args.Headers[name])
		if !isFieldValue(value) {
			return nil, fmt.Errorf("header %s has characters that a header can't hold", name)
		}
		if name == "Host" {
			req.Host = value
			continue
		}
		req.Header.Set(name, value)
	}
	return req, nil
}

// client makes a client for one look. Its connections are closed by done.
func (h *httpChecker) client(want int) (client *http.Client, done func()) {
	transport := &http.Transport{
		Proxy:                  h.cfg.proxy,
		DialContext:            h.cfg.dial,
		TLSClientConfig:        h.cfg.TLS.Clone(),
		ForceAttemptHTTP2:      true,
		DisableKeepAlives:      true,
		DisableCompression:     true, // a small body that unpacks into a huge one is no health answer
		MaxResponseHeaderBytes: 64 << 10,
	}
	client = &http.Client{
		Transport:     transport,
		CheckRedirect: func(req *http.Request, via []*http.Request) error { return followOrStop(want, req, via) },
	}
	return client, transport.CloseIdleConnections
}

// followOrStop lets a redirect be followed on the same host; any other answer
// stands as it is, so that its status is compared. A check that expects a
// redirect follows none.
func followOrStop(want int, req *http.Request, via []*http.Request) error {
	first := via[0].URL
	same := req.URL.Scheme == first.Scheme && strings.EqualFold(req.URL.Host, first.Host)
	if want/100 == 3 || !same || len(via) > maxRedirects {
		return http.ErrUseLastResponse
	}
	return nil
}

// judge compares an answer with what is expected.
func (cfg Config) judge(ctx context.Context, c tools.Call, args HTTPArgs, resp *http.Response, limit time.Duration) (Verdict, string) {
	if resp.StatusCode != args.Status {
		return Unhealthy, fmt.Sprintf("status %d%s, expected %d", resp.StatusCode, redirectNote(resp), args.Status)
	}
	if len(args.JSON) == 0 {
		return Healthy, fmt.Sprintf("status %d", resp.StatusCode)
	}
	body, err := io.ReadAll(io.LimitReader(resp.Body, maxBody+1))
	switch {
	case err != nil:
		return unreached(ctx, err, limit)
	case len(body) > maxBody:
		return Unhealthy, fmt.Sprintf("status %d, but the body is longer than 1 MiB, expected JSON", resp.StatusCode)
	}
	value, err := parseBody(body)
	if err != nil {
		return Unhealthy, fmt.Sprintf("status %d, but the body is not JSON: %s", resp.StatusCode, clean(err.Error()))
	}
	for _, path := range sortedKeys(args.JSON) {
		want := "null"
		if text := args.JSON[path]; text != nil {
			want = c.Fill(*text)
		}
		if differs := cfg.mismatch(value, path, want); differs != "" {
			return Unhealthy, differs
		}
	}
	return Healthy, fmt.Sprintf("status %d, %s as expected", resp.StatusCode, clean(strings.Join(sortedKeys(args.JSON), ", ")))
}

// redirectNote says why a redirect was not followed.
func redirectNote(resp *http.Response) string {
	to, err := resp.Location()
	if err != nil || resp.StatusCode/100 != 3 {
		return ""
	}
	if from := resp.Request.URL; to.Scheme == from.Scheme && strings.EqualFold(to.Host, from.Host) {
		return " (a redirect once too often)"
	}
	return fmt.Sprintf(" (a redirect to another host, %q, is not followed)", clean(to.Host))
}

// isLoopback holds for hosts that are this machine: no proxy can reach them.
func isLoopback(host string) bool {
	host = strings.TrimSuffix(strings.ToLower(host), ".")
	if host == "localhost" || strings.HasSuffix(host, ".localhost") {
		return true
	}
	ip := net.ParseIP(host)
	return ip != nil && ip.IsLoopback()
}
