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
	var args HTTPArgs
	if err := unmarshalArgs(c, &args); err != nil {
		return h.cfg.result(Inconclusive, err.Error(), start)
	}
	verdict, detail := h.look(ctx, c, args, start).judged()
	return h.cfg.result(verdict, detail, start)
}

// answer is what one look saw.
type answer struct {
	verdict Verdict
	detail  string
	took    time.Duration
	// whole: the service gave an answer of the status expected, so that its
	// numbers say something, whatever the verdict.
	whole       bool
	body        any    // where one is compared
	bodyProblem string // why there is no body to compare
}

func (a answer) judged() (Verdict, string) { return a.verdict, a.detail }

func (h *httpChecker) look(ctx context.Context, c tools.Call, args HTTPArgs, start time.Time) answer {
	limit := timeLimit(c, args.Timeout, DefaultTimeout)
	ctx, cancel := withLimit(ctx, limit)
	defer cancel()
	req, err := h.cfg.request(ctx, c, args)
	if err != nil {
		return answer{verdict: Inconclusive, detail: "the request can't be made: " + clean(err.Error())}
	}
	client, done := h.client(args.Status)
	defer done()
	resp, err := client.Do(req)
	if err != nil {
		return failed(ctx, err, limit)
	}
	a := h.cfg.judge(ctx, c, args, resp, limit)
	_ = resp.Body.Close() // the look is over: how the connection ends says nothing more
	a.took = time.Since(start)
	if a.verdict == Healthy && args.Latency > 0 && a.took > time.Duration(args.Latency) {
		a.verdict = Unhealthy
		a.detail = fmt.Sprintf("answered in %s, expected at most %s", a.took.Round(time.Millisecond), args.Latency)
	}
	return a
}

func failed(ctx context.Context, err error, limit time.Duration) answer {
	verdict, detail := unreached(ctx, err, limit)
	return answer{verdict: verdict, detail: detail}
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
func (cfg Config) judge(ctx context.Context, c tools.Call, args HTTPArgs, resp *http.Response, limit time.Duration) answer {
	if resp.StatusCode != args.Status {
		return answer{verdict: Unhealthy, detail: fmt.Sprintf("status %d%s, expected %d", resp.StatusCode, redirectNote(resp), args.Status)}
	}
	fine := answer{verdict: Healthy, detail: fmt.Sprintf("status %d", resp.StatusCode), whole: true}
	measured := args.Baseline != nil && len(args.Baseline.JSON) > 0
	if len(args.JSON) == 0 && !measured {
		return fine
	}
	body, err := io.ReadAll(io.LimitReader(resp.Body, maxBody+1))
	if err != nil {
		return failed(ctx, err, limit)
	}
	value, problem := bodyOf(body)
	fine.body, fine.bodyProblem = value, problem
	switch {
	case len(args.JSON) == 0:
		return fine
	case problem != "":
		return answer{verdict: Unhealthy, detail: fmt.Sprintf("status %d, but %s", resp.StatusCode, problem), whole: true, bodyProblem: problem}
	}
	for _, path := range sortedKeys(args.JSON) {
		want := "null"
		if text := args.JSON[path]; text != nil {
			want = c.Fill(*text)
		}
		if differs := cfg.mismatch(value, path, want); differs != "" {
			fine.verdict, fine.detail = Unhealthy, differs
			return fine
		}
	}
	fine.detail += ", " + clean(strings.Join(sortedKeys(args.JSON), ", ")) + " as expected"
	return fine
}

// bodyOf reads a body as JSON, or says why it is none.
func bodyOf(body []byte) (value any, problem string) {
	if len(body) > maxBody {
		return nil, "the body is longer than 1 MiB, expected JSON"
	}
	value, err := parseBody(body)
	if err != nil {
		return nil, "the body is not JSON: " + clean(err.Error())
	}
	return value, ""
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
