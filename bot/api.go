package bot

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/slack-go/slack"
)

// api is Slack's Web API, each call with its deadline: a Slack that hangs costs
// that, and nothing else waits for it.
type api struct {
	slack  *slack.Client
	http   Doer
	base   string // ends in a slash
	token  string
	bearer string
	fault  func(method, code string)
}

func newAPI(cfg Config) *api {
	base := slack.APIURL
	if cfg.APIURL != "" {
		base = strings.TrimRight(cfg.APIURL, "/") + "/"
	}
	return &api{
		slack: slack.New(cfg.Token, slack.OptionAppLevelToken(cfg.AppToken), slack.OptionAPIURL(base), slack.OptionHTTPClient(cfg.Outside.HTTP)),
		http:  cfg.Outside.HTTP, base: base, token: cfg.Token, bearer: "Bearer " + cfg.Token, fault: cfg.SlackError,
	}
}

// newClient returns the client of the real Slack. It keeps its connections.
func newClient(limit time.Duration) *http.Client {
	return &http.Client{
		Timeout: limit,
		Transport: &http.Transport{
			Proxy:                 http.ProxyFromEnvironment,
			DialContext:           (&net.Dialer{Timeout: 5 * time.Second, KeepAlive: 30 * time.Second}).DialContext,
			ForceAttemptHTTP2:     true,
			MaxIdleConns:          256,
			MaxIdleConnsPerHost:   callsAtOnce,
			IdleConnTimeout:       90 * time.Second,
			TLSHandshakeTimeout:   5 * time.Second,
			ExpectContinueTimeout: time.Second,
		},
	}
}

// close lets go of the connections that are kept.
func (a *api) close() {
	if c, ok := a.http.(*http.Client); ok {
		c.CloseIdleConnections()
	}
}

// noted counts what went wrong with a call, and returns it with the method's name.
func (a *api) noted(method string, err error) error {
	if err == nil {
		return nil
	}
	if a.fault != nil {
		a.fault(method, classify(err).code)
	}
	return fmt.Errorf("%s: %w", method, err)
}

// raw calls a method that only reads and decodes as little of the answer as out
// asks for: slack-go refuses a whole answer for one block it can't decode.
func (a *api) raw(ctx context.Context, method string, args url.Values, out any) error {
	args.Set("token", a.token)
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, a.base+method, strings.NewReader(args.Encode()))
	if err != nil {
		return fmt.Errorf("%s: %w", method, err)
	}
	req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	return a.noted(method, a.roundTrip(req, out))
}

func (a *api) roundTrip(req *http.Request, out any) error {
	body, err := a.answer(req)
	if err != nil {
		return err
	}
	var head slack.SlackResponse
	if err := json.Unmarshal(body, &head); err != nil {
		return fmt.Errorf("the answer is no JSON: %w", err)
	}
	if !head.Ok {
		return slack.SlackErrorResponse{Err: head.Error}
	}
	return json.Unmarshal(body, out)
}

// answer makes a call and returns the body of its answer, whatever that says.
func (a *api) answer(req *http.Request) ([]byte, error) {
	resp, err := a.http.Do(req)
	if err != nil {
		return nil, err
	}
	defer resp.Body.Close() //nolint:errcheck // it was read
	body, err := io.ReadAll(io.LimitReader(resp.Body, 16<<20))
	if err != nil {
		return nil, err
	}
	if resp.StatusCode == http.StatusTooManyRequests {
		if after, err := time.ParseDuration(resp.Header.Get("Retry-After") + "s"); err == nil {
			return nil, &slack.RateLimitedError{RetryAfter: after}
		}
	}
	if resp.StatusCode != http.StatusOK {
		return nil, slack.StatusCodeError{Code: resp.StatusCode, Status: resp.Status}
	}
	return body, nil
}

// kind is what an error of a call means for who made it.
type kind int

const (
	fine     kind = iota
	limited       // too many calls: come back after a while; nothing was done
	refused       // Slack's answer is no; nothing was done
	badToken      // Slack's answer will be no for ever: the token or its scopes are wrong
	doubtful      // no answer that can be understood: it may have been done
)

type failure struct {
	kind  kind
	code  string        // Slack's error code, or a word of ours
	after time.Duration // with limited, where Slack said it
}

// classify is the one table of what Slack's errors mean.
func classify(err error) failure {
	var rate *slack.RateLimitedError
	var code slack.SlackErrorResponse
	var status slack.StatusCodeError
	switch {
	case err == nil:
		return failure{}
	case errors.As(err, &rate):
		return failure{kind: limited, code: "ratelimited", after: rate.RetryAfter}
	case errors.As(err, &code):
		return failure{kind: kindOf(code.Err), code: code.Err}
	case errors.As(err, &status) && status.Code == http.StatusTooManyRequests:
		return failure{kind: limited, code: "ratelimited"}
	case errors.As(err, &status):
		return failure{kind: doubtful, code: fmt.Sprintf("http_%d", status.Code)}
	case errors.Is(err, context.DeadlineExceeded), isTimeout(err):
		return failure{kind: doubtful, code: "timeout"}
	}
	return failure{kind: doubtful, code: "no_answer"}
}

func isTimeout(err error) bool {
	var t interface{ Timeout() bool }
	return errors.As(err, &t) && t.Timeout()
}

func kindOf(code string) kind {
	switch code {
	case "ratelimited", "rate_limited", "message_limit_exceeded":
		return limited
	case "invalid_auth", "account_inactive", "not_authed", "token_revoked", "missing_scope", "not_allowed_token_type", "token_expired", "no_permission":
		return badToken
	case "internal_error", "fatal_error", "service_unavailable", "request_timeout", "team_added_to_org", "":
		return doubtful
	}
	return refused
}

// unreachable reports whether a place can't be written to until a person changes that.
func unreachable(code string) bool {
	switch code {
	case "not_in_channel", "is_archived", "channel_not_found", "thread_not_found", "cannot_reply_to_message":
		return true
	}
	return strings.HasPrefix(code, "restricted_action")
}

// tooMuch reports whether it was the blocks or their size that were refused.
func tooMuch(code string) bool {
	return strings.HasPrefix(code, "invalid_blocks") || code == "msg_blocks_too_long" || code == "invalid_attachments"
}

// gone reports whether a message can't be edited any more, so that another has to take its place.
func gone(code string) bool {
	switch code {
	case "message_not_found", "cant_update_message", "edit_window_closed":
		return true
	}
	return false
}

// pause is how long to wait before the next try: what Slack said, else longer
// each time, and never the same for two processes.
func (b *Bot) pause(f failure, tries int) time.Duration {
	jitter := b.cfg.Outside.Jitter
	if f.after > 0 {
		return f.after + jitter(200*time.Millisecond)
	}
	d := 500 * time.Millisecond << min(tries, 6)
	return d + jitter(d/2)
}

// patiently calls something that may be repeated, each time for at most limit,
// until it works, the answer is no, or ctx ends before the next try would begin.
func (b *Bot) patiently(ctx context.Context, limit time.Duration, do func(context.Context) error) error {
	for tries := 0; ; tries++ {
		try, cancel := context.WithTimeout(ctx, limit)
		err := do(try)
		cancel()
		f := classify(err)
		if f.kind != limited && f.kind != doubtful || tries >= 4 {
			return err
		}
		wait := b.pause(f, tries)
		if end, ok := ctx.Deadline(); ok && time.Until(end) < wait {
			return err
		}
		if b.cfg.Outside.Sleep(ctx, wait) != nil {
			return err
		}
	}
}

// sleep waits, unless ctx ends first.
func sleep(ctx context.Context, d time.Duration) error {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-t.C:
		return nil
	}
}
