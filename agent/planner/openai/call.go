package openai

import (
	"context"
	"crypto/tls"
	"errors"
	"io"
	"mime"
	"net"
	"net/http"
	"strconv"
	"strings"
	"syscall"
	"time"

	sdk "github.com/openai/openai-go/v3"
	"github.com/openai/openai-go/v3/option"
	"github.com/openai/openai-go/v3/shared"

	"github.com/releasebot/releasebot/agent"
)

const (
	maxBody      = 1 << 20 // bytes of an answer
	maxAnswer    = 4000    // tokens of an answer, thinking included
	pauseAfter   = 3       // failures in a row, then the endpoint is left alone
	pauseFor     = 30 * time.Second
	longestPause = 5 * time.Minute
	shortWait    = 3 * time.Second // the longest Retry-After that is waited for
	firstWait    = 300 * time.Millisecond
)

// endpoint makes single calls. It is the only part that knows the library.
type endpoint struct {
	completions sdk.ChatCompletionService
	model       string
	price       Price
	clean       cleaner
}

// newEndpoint uses the service type and not the library's client, which would read the environment.
func newEndpoint(cfg Config) endpoint {
	client := http.Client{}
	if cfg.HTTPClient != nil {
		client = *cfg.HTTPClient
	}
	client.CheckRedirect = func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
	client.Transport = bounded{next: client.Transport}
	opts := []option.RequestOption{
		option.WithBaseURL(strings.TrimRight(cfg.BaseURL, "/") + "/"), option.WithHTTPClient(&client), option.WithMaxRetries(0),
	}
	if cfg.Key != "" {
		opts = append(opts, option.WithAPIKey(cfg.Key))
	}
	return endpoint{completions: sdk.NewChatCompletionService(opts...), model: cfg.Model, price: cfg.Price, clean: newCleaner(cfg.Key)}
}

// call sends one request once. What it returns is the content of the answer, and what it cost, also where it failed.
func (e endpoint) call(ctx context.Context, r Request) (string, agent.Tokens, *Error) {
	params := sdk.ChatCompletionNewParams{
		Model:               e.model,
		MaxCompletionTokens: sdk.Int(maxAnswer),
		ResponseFormat: sdk.ChatCompletionNewParamsResponseFormatUnion{OfJSONSchema: &shared.ResponseFormatJSONSchemaParam{
			JSONSchema: shared.ResponseFormatJSONSchemaJSONSchemaParam{Name: schemaName, Strict: sdk.Bool(true), Schema: r.Schema},
		}},
	}
	for _, m := range r.Messages {
		switch m.Role {
		case "system":
			params.Messages = append(params.Messages, sdk.SystemMessage(m.Content))
		case "assistant":
			params.Messages = append(params.Messages, sdk.AssistantMessage(m.Content))
		default:
			params.Messages = append(params.Messages, sdk.UserMessage(m.Content))
		}
	}
	var response *http.Response
	answer, err := e.completions.New(ctx, params, option.WithResponseInto(&response))
	cost := agent.Tokens{Calls: 1}
	if err != nil {
		return "", cost, e.failure(ctx, err, response)
	}
	cost = cost.Plus(usage(answer.Usage.PromptTokens, answer.Usage.PromptTokensDetails.CachedTokens, answer.Usage.CompletionTokens))
	cost.Cost = e.price.of(cost)
	if len(answer.Choices) == 0 {
		return "", cost, &Error{Kind: KindEmpty, Detail: "no choices"}
	}
	first := answer.Choices[0]
	switch {
	case first.Message.Refusal != "":
		return "", cost, &Error{Kind: KindRefusal, Detail: e.clean.clean(first.Message.Refusal)}
	case first.FinishReason == "length" || first.FinishReason == "content_filter":
		return "", cost, &Error{Kind: KindCut, Detail: string(first.FinishReason)}
	case strings.TrimSpace(first.Message.Content) == "":
		return "", cost, &Error{Kind: KindEmpty, Detail: "no content"}
	}
	return first.Message.Content, cost, nil
}

// maxUsage is more tokens than any one call can have: what an endpoint reports beyond is no count.
const maxUsage = 10_000_000

// usage is what an endpoint reports, as far as it can be.
func usage(in, cached, out int64) agent.Tokens {
	within := func(n, most int64) int { return int(min(max(n, 0), most)) }
	return agent.Tokens{In: within(in, maxUsage), Cached: within(cached, max(0, min(in, maxUsage))), Out: within(out, maxUsage)}
}

// failure tells what kind of failure the library's error is. Its text is not
// used: it can hold the URL, and its dumps hold the key.
func (e endpoint) failure(ctx context.Context, err error, response *http.Response) *Error {
	var timeout net.Error
	if ctx.Err() != nil || errors.Is(err, context.DeadlineExceeded) || errors.As(err, &timeout) && timeout.Timeout() {
		return &Error{Kind: KindTimeout}
	}
	if odd, ok := errors.AsType[*oddAnswer](err); ok {
		return &Error{Kind: KindNotJSON, Status: odd.status, Detail: e.clean.clean(odd.what)}
	}
	detail := ""
	if said, ok := errors.AsType[*sdk.Error](err); ok {
		detail = e.clean.clean(said.Message)
	}
	if response != nil && response.StatusCode >= http.StatusBadRequest {
		return ofStatus(response, detail)
	}
	if response != nil && !broke(response.Body, err) {
		return &Error{Kind: KindNotJSON, Status: response.StatusCode, Detail: "broken JSON, or too much of it"}
	}
	return &Error{Kind: KindUnreachable, Detail: network(err)}
}

// broke: the body could not be read to its end. An end that came too early for
// the JSON in it, but as announced, is the endpoint's own.
func broke(body io.ReadCloser, err error) bool {
	if b, ok := body.(*limitedBody); ok {
		return b.broken
	}
	return errors.Is(err, io.ErrUnexpectedEOF) || errors.Is(err, syscall.ECONNRESET)
}

func ofStatus(response *http.Response, detail string) *Error {
	f := &Error{Kind: KindRejected, Status: response.StatusCode, Detail: detail}
	switch {
	case f.Status == http.StatusTooManyRequests:
		f.Kind, f.After = KindBusy, retryAfter(response.Header)
	case f.Status == http.StatusRequestTimeout, f.Status >= http.StatusInternalServerError:
		f.Kind, f.After = KindServer, retryAfter(response.Header)
	}
	return f
}

// retryAfter reads Retry-After, in seconds or as a date.
func retryAfter(h http.Header) time.Duration {
	v := strings.TrimSpace(h.Get("Retry-After"))
	if s, err := strconv.ParseFloat(v, 64); err == nil && s > 0 {
		return time.Duration(min(s, longestPause.Seconds()) * float64(time.Second))
	}
	if at, err := http.ParseTime(v); err == nil {
		return max(0, min(time.Until(at), longestPause))
	}
	return 0
}

// network names what went wrong below HTTP, without addresses.
func network(err error) string {
	var dns *net.DNSError
	var errno syscall.Errno
	var certificate *tls.CertificateVerificationError
	switch {
	case errors.As(err, &certificate):
		return "its TLS certificate is not one that this machine trusts"
	case errors.As(err, &dns):
		return "the host's name can't be resolved"
	case errors.As(err, &errno):
		return errno.Error()
	case errors.Is(err, io.EOF), errors.Is(err, io.ErrUnexpectedEOF):
		return "the connection was closed early"
	}
	return "the connection failed"
}

// oddAnswer: an answer that is none of the protocol's.
type oddAnswer struct {
	status int
	what   string
}

func (o *oddAnswer) Error() string { return "an odd answer: " + o.what }

// bounded refuses what is no answer of the protocol before the library reads it, and bounds what is read.
type bounded struct{ next http.RoundTripper }

// RoundTrip implements http.RoundTripper.
func (b bounded) RoundTrip(req *http.Request) (*http.Response, error) {
	next := b.next
	if next == nil {
		next = http.DefaultTransport
	}
	resp, err := next.RoundTrip(req)
	if err != nil {
		return nil, err
	}
	kind, _, _ := mime.ParseMediaType(resp.Header.Get("Content-Type"))
	odd := ""
	switch {
	case resp.StatusCode >= http.StatusMultipleChoices && resp.StatusCode < http.StatusBadRequest:
		odd = "a redirect"
	case resp.StatusCode < http.StatusBadRequest && kind != "application/json" && !strings.HasSuffix(kind, "+json"):
		odd = "content type " + kind
	}
	if odd != "" {
		status := resp.StatusCode
		if err := resp.Body.Close(); err != nil {
			return nil, err
		}
		return nil, &oddAnswer{status: status, what: odd}
	}
	resp.Body = &limitedBody{from: io.LimitReader(resp.Body, maxBody), close: resp.Body}
	return resp, nil
}

// limitedBody ends after maxBody bytes, and remembers whether reading failed.
type limitedBody struct {
	from   io.Reader
	close  io.Closer
	broken bool
}

// Read implements io.Reader.
func (b *limitedBody) Read(p []byte) (int, error) {
	n, err := b.from.Read(p)
	b.broken = b.broken || err != nil && !errors.Is(err, io.EOF)
	return n, err
}

// Close implements io.Closer.
func (b *limitedBody) Close() error { return b.close.Close() }
