package healthcheck

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"

	"github.com/releasebot/releasebot/tools"
)

// HTTPArgs are the arguments of an http check, defaults filled in. Placeholders
// are still in place.
type HTTPArgs struct {
	URL     string             `json:"url"`
	Method  string             `json:"method"`
	Status  int                `json:"status"`
	JSON    map[string]*string `json:"json,omitempty"` // path → printed form expected; nil is null
	Headers map[string]string  `json:"headers,omitempty"`
	Timeout Duration           `json:"timeout"`
	Latency Duration           `json:"latency,omitempty"` // 0: any
	// Baseline compares with what was measured before the deploy; nil: nothing.
	Baseline *Baseline `json:"baseline,omitempty"`
}

var methods = []string{http.MethodGet, http.MethodHead, http.MethodOptions, http.MethodPost}

// DecodeHTTP reads and checks the arguments of an http check. Errors are
// *ArgError, joined, or what into gives.
func DecodeHTTP(into func(any) error) (any, error) {
	var raw struct {
		URL      string            `json:"url"`
		Method   string            `json:"method"`
		Status   int               `json:"status"`
		JSON     map[string]any    `json:"json"`
		Headers  map[string]string `json:"headers"`
		Timeout  *string           `json:"timeout"`
		Latency  *string           `json:"latency"`
		Baseline *rawBaseline      `json:"baseline"`
	}
	raw.Method, raw.Status = http.MethodGet, http.StatusOK
	if err := into(&raw); err != nil {
		return nil, err
	}
	var p problems
	args := HTTPArgs{
		URL:     raw.URL,
		Method:  strings.ToUpper(raw.Method),
		Status:  raw.Status,
		Headers: p.headers(raw.Headers),
		Timeout: p.duration("timeout", raw.Timeout, DefaultTimeout),
		Latency: p.duration("latency", raw.Latency, 0),
	}
	p.url(raw.URL)
	if !slices.Contains(methods, args.Method) {
		p.add("method", "%q is not one of %s: a check only looks", raw.Method, strings.Join(methods, ", "))
	}
	if args.Status < 200 || args.Status > 599 {
		p.add("status", "%d is no final HTTP status, which is from 200 to 599", args.Status)
	}
	if args.Latency > args.Timeout && args.Timeout > 0 {
		p.add("latency", "%s is more than the timeout of %s, so it could never be exceeded", args.Latency, args.Timeout)
	}
	args.JSON = p.expected(raw.JSON)
	if len(args.JSON) > 0 && args.Method == http.MethodHead {
		p.add("json", "an answer to HEAD has no body to compare")
	}
	args.Baseline = p.baseline(raw.Baseline, args.Method)
	if err := p.err(); err != nil {
		return nil, err
	}
	return args, nil
}

// url checks a URL whose placeholders are not yet filled in.
func (p *problems) url(text string) {
	if text == "" {
		p.add("url", "missing; give the address to ask, such as http://127.0.0.1:8080/healthz")
		return
	}
	before := len(*p)
	p.placeholders("url", text)
	if len(*p) > before {
		return
	}
	u, err := url.Parse(sample(text))
	switch {
	case err != nil:
		p.add("url", "%q is no URL: %v", text, innermost(err))
	case u.Scheme != "http" && u.Scheme != "https":
		p.add("url", "%q must begin with http:// or https://", text)
	case u.Hostname() == "":
		p.add("url", "%q names no host", text)
	case u.User != nil:
		p.add("url", "a name and password have no place in a URL; send an Authorization header instead")
	case u.Fragment != "" || strings.Contains(text, "#"):
		p.add("url", "%q has a fragment (#…), which is never sent", text)
	case !validPort(u.Port()):
		p.add("url", "%q has no valid port", text)
	case placeholder.MatchString(strings.SplitN(text, "://", 2)[0]):
		p.add("url", "%q: the scheme can't be a placeholder", text)
	}
}

// headers checks names and values, and gives the names their usual form.
func (p *problems) headers(raw map[string]string) map[string]string {
	if len(raw) == 0 {
		return nil
	}
	out := make(map[string]string, len(raw))
	for _, name := range sortedKeys(raw) {
		value := raw[name]
		key := "headers." + name
		p.placeholders(key, value)
		usual := http.CanonicalHeaderKey(name)
		_, twice := out[usual]
		switch {
		case !isToken(name):
			p.add(key, "%q is no header name", name)
		case !isFieldValue(value):
			p.add(key, "the value of %s has characters that a header can't hold", name)
		case twice:
			p.add(key, "%s is given twice", usual)
		case slices.Contains([]string{"Connection", "Content-Length", "Transfer-Encoding", "Te", "Upgrade", "Trailer"}, usual):
			p.add(key, "%s belongs to the connection and can't be set", usual)
		}
		out[usual] = value
	}
	return out
}

// expected turns the values that a JSON body should have into their printed
// form. Numbers come as json.Number, in the form in which they were written: a
// float64 would have made 1.2 of 1.20, and is refused.
func (p *problems) expected(raw map[string]any) map[string]*string {
	if len(raw) == 0 {
		return nil
	}
	out := make(map[string]*string, len(raw))
	for _, path := range sortedKeys(raw) {
		key := "json." + path
		if _, err := splitPath(path); err != nil {
			p.add(key, "%v", err)
		}
		p.placeholders(key, path)
		if placeholder.MatchString(path) {
			p.add(key, "a path can't hold a placeholder")
		}
		switch v := raw[path].(type) {
		case nil:
			out[path] = nil
		case string:
			p.placeholders(key, v)
			out[path] = &v
		case bool, json.Number:
			text := fmt.Sprint(v)
			out[path] = &text
		default:
			p.add(key, "give one value: a text, a number, true, false or null; a path can lead into lists and objects")
		}
	}
	return out
}

// fillURL fills the placeholders of a URL so that what is filled in can change
// neither the host it stands beside nor the parts of the path or the query.
func (cfg Config) fillURL(c tools.Call, template string) (*url.URL, error) {
	scheme, rest, _ := strings.Cut(template, "://")
	cut := strings.IndexAny(rest, "/?")
	if cut < 0 {
		cut = len(rest)
	}
	host, rest := c.Fill(rest[:cut]), rest[cut:]
	if strings.ContainsFunc(host, func(r rune) bool { return !isHostRune(r) }) {
		return nil, fmt.Errorf("%s is no host", cfg.quote(host))
	}
	path, query, hasQuery := strings.Cut(rest, "?")
	text := scheme + "://" + host + escaped(c, url.PathEscape).Fill(path)
	if hasQuery {
		text += "?" + escaped(c, url.QueryEscape).Fill(query)
	}
	u, err := url.Parse(text)
	if err != nil {
		return nil, fmt.Errorf("%s is no URL: %w", cfg.quote(text), innermost(err))
	}
	for segment := range strings.SplitSeq(u.EscapedPath(), "/") {
		if segment == "." || segment == ".." {
			return nil, fmt.Errorf("%s has a path that points upwards", cfg.quote(text))
		}
	}
	if u.Hostname() == "" || !validPort(u.Port()) {
		return nil, fmt.Errorf("%s has no valid host and port", cfg.quote(text))
	}
	return u, nil
}

// escaped returns c with every value that Fill uses escaped.
func escaped(c tools.Call, escape func(string) string) tools.Call {
	for _, s := range []*string{&c.Key, &c.Action, &c.Service, &c.Environment, &c.Version, &c.Commit, &c.PreviousVersion} {
		*s = escape(*s)
	}
	return c
}
