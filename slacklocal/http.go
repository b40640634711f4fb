package slacklocal

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"mime"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
)

// maxBody is the largest body read from a client; Slack's own limit is not published.
const maxBody = 4 << 20

// Handler returns the workspace's HTTP side: /slack/api/ (the Web API),
// /slack/response/ (response_url) and /slack/link/ (Socket Mode). It can be mounted
// at any prefix, with or without http.StripPrefix.
func (ws *Workspace) Handler() http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		_, rest, ok := strings.Cut(r.URL.Path, "/slack/")
		if !ok {
			http.NotFound(w, r)
			return
		}
		ws.learnBase(r)
		part, rest, _ := strings.Cut(rest, "/")
		switch part {
		case "api":
			ws.serveAPI(w, r, rest)
		case "response":
			ws.serveResponse(w, r, rest)
		case "link":
			ws.serveLink(w, r)
		default:
			http.NotFound(w, r)
		}
	})
}

// learnBase remembers the address that a client reached the workspace at, so that
// the addresses handed out lead back to it.
func (ws *Workspace) learnBase(r *http.Request) {
	if ws.cfg.URL != "" {
		return
	}
	path, _, _ := strings.Cut(r.RequestURI, "/slack/")
	scheme := "http"
	if r.TLS != nil || r.Header.Get("X-Forwarded-Proto") == "https" {
		scheme = "https"
	}
	ws.mu.Lock()
	defer ws.mu.Unlock()
	ws.base = scheme + "://" + r.Host + path
}

// serveAPI answers one Web API call.
func (ws *Workspace) serveAPI(w http.ResponseWriter, r *http.Request, name string) {
	name = strings.TrimSuffix(name, "/")
	args, err := readArgs(w, r)
	if err != nil {
		answer(w, ws.failure(err))
		return
	}
	fault, ok := ws.faults.take(ws, name)
	if ok && !fault.after {
		ws.logCall(name, args, fault.String())
		fault.serve(ws, w, r)
		return
	}
	out, err := ws.call(name, args)
	if ok { // the effect took place; the answer is lost
		panic(http.ErrAbortHandler)
	}
	if limited := (*rateError)(nil); errors.As(err, &limited) {
		w.Header().Set("Retry-After", strconv.Itoa(limited.after))
		w.Header().Set("Content-Type", "application/json; charset=utf-8")
		w.WriteHeader(http.StatusTooManyRequests)
		_, _ = io.WriteString(w, `{"ok":false,"error":"ratelimited"}`)
		return
	}
	if strings.HasPrefix(args.token, "xapp-") {
		w.Header().Set("X-OAuth-Scopes", "connections:write")
	} else {
		w.Header().Set("X-OAuth-Scopes", strings.Join(ws.cfg.Scopes, ","))
	}
	if err != nil {
		answer(w, ws.failure(err))
		return
	}
	answer(w, out)
}

// call runs a method under the lock and logs it.
func (ws *Workspace) call(name string, args args) (json.RawMessage, error) {
	ws.mu.Lock()
	defer ws.mu.Unlock()
	out, err := ws.dispatch(name, args)
	result := "ok"
	if err != nil {
		result = err.Error()
	}
	ws.record(name, args, result)
	if err != nil {
		return nil, err
	}
	if out == nil {
		out = map[string]any{}
	}
	out["ok"] = true
	// Encoded while the lock is held: what a method returns may share its data.
	raw, err := json.Marshal(out)
	if err != nil {
		return nil, fmt.Errorf("encoding the answer of %s: %w", name, err)
	}
	return raw, nil
}

func (ws *Workspace) dispatch(name string, args args) (map[string]any, error) {
	m, ok := methods[name]
	if !ok {
		return nil, fail("unknown_method", "req_method", name)
	}
	if err := ws.authorise(m, args.token); err != nil {
		return nil, err
	}
	if err := ws.spend(name, m, args); err != nil {
		return nil, err
	}
	return m.run(ws, args)
}

// authorise checks the kind of token and the scopes it was granted.
func (ws *Workspace) authorise(m method, token string) error {
	bot, app := strings.HasPrefix(token, "xoxb-"), strings.HasPrefix(token, "xapp-")
	switch {
	case token == "":
		return fail("not_authed")
	case !bot && !app:
		return fail("invalid_auth")
	case m.app != app:
		return fail("not_allowed_token_type")
	}
	if m.scope == "" || m.app {
		return nil
	}
	for _, s := range ws.cfg.Scopes {
		if slices.Contains(strings.Split(m.scope, ","), s) {
			return nil
		}
	}
	return fail("missing_scope", "needed", m.scope, "provided", strings.Join(ws.cfg.Scopes, ","))
}

// apiError is an answer with ok:false.
type apiError struct {
	code     string
	messages []string // of response_metadata
	extra    map[string]any
}

func (e *apiError) Error() string { return e.code }

// fail makes an apiError; extra holds further fields of the answer, name by name.
func fail(code string, extra ...string) error {
	e := &apiError{code: code, extra: map[string]any{}}
	for i := 0; i+1 < len(extra); i += 2 {
		e.extra[extra[i]] = extra[i+1]
	}
	return e
}

func (ws *Workspace) failure(err error) map[string]any {
	e := (*apiError)(nil)
	if !errors.As(err, &e) {
		ws.cfg.Logger.Error("slacklocal: internal error", "error", err)
		return map[string]any{"ok": false, "error": "internal_error"}
	}
	out := map[string]any{"ok": false, "error": e.code}
	maps.Copy(out, e.extra)
	if len(e.messages) > 0 {
		var tagged []string
		for _, m := range e.messages {
			tagged = append(tagged, "[ERROR] "+m)
		}
		out["response_metadata"] = map[string]any{"messages": tagged}
		if e.code == "invalid_blocks" {
			out["errors"] = e.messages
		}
	}
	return out
}

func answer(w http.ResponseWriter, out any) {
	w.Header().Set("Content-Type", "application/json; charset=utf-8")
	_ = json.NewEncoder(w).Encode(out) // a client that has gone away needs no answer
}

// args are the arguments of one call: of a form as strings, of JSON as decoded.
type args struct {
	token  string
	values map[string]any
}

func readArgs(w http.ResponseWriter, r *http.Request) (args, error) {
	a := args{values: map[string]any{}}
	if h := r.Header.Get("Authorization"); h != "" {
		scheme, token, _ := strings.Cut(h, " ")
		if strings.EqualFold(scheme, "Bearer") {
			a.token = strings.TrimSpace(token)
		}
	}
	r.Body = http.MaxBytesReader(w, r.Body, maxBody)
	take := func(v url.Values) {
		for k, s := range v {
			a.values[k] = s[len(s)-1]
		}
	}
	take(r.URL.Query())
	kind, _, err := mime.ParseMediaType(r.Header.Get("Content-Type"))
	if err != nil && r.Header.Get("Content-Type") != "" {
		return a, fail("invalid_post_type")
	}
	switch kind {
	case "application/json":
		body, err := io.ReadAll(r.Body)
		if err != nil {
			return a, fail("request_timeout")
		}
		var v any
		if len(body) > 0 {
			if err := json.Unmarshal(body, &v); err != nil {
				return a, fail("invalid_json")
			}
			object, ok := v.(map[string]any)
			if !ok {
				return a, fail("json_not_object")
			}
			maps.Copy(a.values, object)
		}
	case "multipart/form-data":
		if err := r.ParseMultipartForm(maxBody); err != nil { //nolint:gosec // the body was limited when it was taken in
			return a, fail("invalid_form_data")
		}
		take(r.MultipartForm.Value)
	case "", "application/x-www-form-urlencoded":
		if err := r.ParseForm(); err != nil {
			return a, fail("invalid_form_data")
		}
		take(r.PostForm)
	default:
		return a, fail("invalid_post_type")
	}
	if t, ok := a.values["token"].(string); ok && t != "" {
		a.token = t
	}
	delete(a.values, "token")
	return a, nil
}

func (a args) has(k string) bool { _, ok := a.values[k]; return ok }

// str returns an argument as text; a number of a JSON body as it was written.
func (a args) str(k string) string {
	switch v := a.values[k].(type) {
	case string:
		return v
	case float64:
		return strconv.FormatFloat(v, 'f', -1, 64)
	case bool:
		return strconv.FormatBool(v)
	}
	return ""
}

func (a args) flag(k string) bool {
	switch strings.ToLower(a.str(k)) {
	case "1", "true", "t":
		return true
	}
	return false
}

func (a args) num(k string, preset int) int {
	n, err := strconv.Atoi(a.str(k))
	if err != nil {
		return preset
	}
	return n
}

// list returns an argument that is a list: comma-separated, or a JSON array.
func (a args) list(k string) []string {
	if l, ok := a.values[k].([]any); ok {
		var out []string
		for _, v := range l {
			if s, ok := v.(string); ok {
				out = append(out, s)
			}
		}
		return out
	}
	var out []string
	for s := range strings.SplitSeq(a.str(k), ",") {
		if s = strings.TrimSpace(s); s != "" {
			out = append(out, s)
		}
	}
	return out
}

// json decodes an argument that is JSON: as text in a form, as itself in a JSON
// body. ok is false when it isn't valid.
func (a args) json(k string, into any) (ok bool) {
	raw := []byte(nil)
	if s, isText := a.values[k].(string); isText {
		raw = []byte(s)
	} else {
		b, err := json.Marshal(a.values[k])
		if err != nil {
			return false
		}
		raw = b
	}
	return json.Unmarshal(raw, into) == nil
}
