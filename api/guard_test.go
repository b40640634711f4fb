package api_test

import (
	"fmt"
	"net/http"
	"strings"
	"testing"

	"github.com/releasebot/releasebot/agent/agenttest"
	"github.com/releasebot/releasebot/api"
	"github.com/releasebot/releasebot/policy"
)

// paths are those that need a role, and one that there is not: who may not
// ask learns nothing of what there is.
var paths = []string{"/metrics", "/v1/threads", "/v1/threads/taaaaaaaaaaaa", "/v1/approvals", "/v1/environments", "/v1/nothing"}

// Without a token the API answers this machine, by its own names only.
func TestLoopbackOnly(t *testing.T) {
	h := newWorld(t).serve(nil)
	for name, c := range map[string]struct {
		change func(*http.Request)
		ok     bool
	}{
		"as it comes":            {func(*http.Request) {}, true},
		"localhost":              {func(r *http.Request) { r.Host = "localhost:8080" }, true},
		"localhost, shouted":     {func(r *http.Request) { r.Host = "LocalHost" }, true},
		"no port":                {func(r *http.Request) { r.Host = "127.0.0.1" }, true},
		"IPv6":                   {func(r *http.Request) { r.Host, r.RemoteAddr = "[::1]:8080", "[::1]:5" }, true},
		"IPv6 without port":      {func(r *http.Request) { r.Host, r.RemoteAddr = "[::1]", "[::1]:5" }, true},
		"IPv4 in IPv6 peer":      {func(r *http.Request) { r.RemoteAddr = "[::ffff:127.0.0.1]:5" }, true},
		"own origin":             {func(r *http.Request) { r.Header.Set("Origin", "http://127.0.0.1:8080") }, true},
		"remote peer":            {func(r *http.Request) { r.RemoteAddr = "192.0.2.7:5" }, false},
		"peer on the network":    {func(r *http.Request) { r.RemoteAddr = "10.0.0.7:5" }, false},
		"no peer":                {func(r *http.Request) { r.RemoteAddr = "@" }, false},
		"foreign host":           {func(r *http.Request) { r.Host = "releasebot.example.com" }, false},
		"rebound name":           {func(r *http.Request) { r.Host = "127.0.0.1.attacker.example:8080" }, false},
		"name in localhost":      {func(r *http.Request) { r.Host = "localhost.attacker.example" }, false},
		"name before localhost":  {func(r *http.Request) { r.Host = "attacker.localhost:8080" }, false},
		"trailing dot":           {func(r *http.Request) { r.Host = "localhost.:8080" }, false},
		"user in host":           {func(r *http.Request) { r.Host = "localhost:8080@attacker.example" }, false},
		"short address":          {func(r *http.Request) { r.Host = "127.1:8080" }, false},
		"any address":            {func(r *http.Request) { r.Host = "0.0.0.0:8080" }, false},
		"number":                 {func(r *http.Request) { r.Host = "2130706433" }, false},
		"no host":                {func(r *http.Request) { r.Host = "" }, false},
		"port of words":          {func(r *http.Request) { r.Host = "localhost:evil" }, false},
		"bare IPv6":              {func(r *http.Request) { r.Host = "::1" }, false},
		"zone":                   {func(r *http.Request) { r.Host = "[::1%25eth0]:8080" }, false},
		"foreign origin":         {func(r *http.Request) { r.Header.Set("Origin", "https://attacker.example") }, false},
		"origin of another port": {func(r *http.Request) { r.Header.Set("Origin", "http://127.0.0.1:3000") }, false},
		"origin of another name": {func(r *http.Request) { r.Header.Set("Origin", "http://localhost:8080") }, false},
		"origin null":            {func(r *http.Request) { r.Header.Set("Origin", "null") }, false},
		"origin empty":           {func(r *http.Request) { r.Header.Set("Origin", "") }, false},
		"origin with user":       {func(r *http.Request) { r.Header.Set("Origin", "http://x@127.0.0.1:8080") }, false},
		"two origins":            {func(r *http.Request) { r.Header["Origin"] = []string{"http://127.0.0.1:8080", "http://a.example"} }, false},
		"behind a proxy":         {func(r *http.Request) { r.Header.Set("X-Forwarded-For", "192.0.2.7") }, false},
		"behind another proxy":   {func(r *http.Request) { r.Header.Set("Forwarded", "for=192.0.2.7") }, false},
	} {
		t.Run(name, func(t *testing.T) {
			for _, path := range paths {
				r := local(http.MethodGet, path)
				c.change(r)
				rec := do(h, r)
				if !c.ok {
					wantError(t, rec, http.StatusForbidden, api.CodeForbidden, "no token is configured")
				} else if rec.Code == http.StatusForbidden {
					t.Errorf("%s: %s", path, rec.Body)
				}
			}
		})
	}
}

// Probes come with a Host and an address of their own, and without a token.
func TestProbesAreOpen(t *testing.T) {
	w := newWorld(t)
	h := w.serve(func(c *api.Config) { c.Tokens = []api.Token{token(t, "T", policy.RoleViewer, "secret")} })
	for _, path := range []string{"/livez", "/readyz"} {
		r := local(http.MethodGet, path)
		r.Host, r.RemoteAddr = "10.1.2.3:8080", "10.1.2.1:4711"
		if rec := do(h, r); rec.Code != http.StatusOK {
			t.Errorf("%s: %d %s", path, rec.Code, rec.Body)
		}
	}
}

// With tokens, a token is what counts, wherever the call comes from.
func TestTokens(t *testing.T) {
	w := newWorld(t)
	var tokens []api.Token
	for _, role := range policy.Roles() {
		tokens = append(tokens, token(t, "TOKEN_"+string(role), role, "secret-of-"+string(role)))
	}
	h := w.serve(func(c *api.Config) { c.Tokens = tokens })
	ask := func(path string, values ...string) int {
		r := local(http.MethodGet, path)
		r.Host, r.RemoteAddr = "releasebot.example.com", "192.0.2.7:5"
		r.Header.Set("Origin", "https://console.example.com")
		if len(values) > 0 {
			r.Header["Authorization"] = values
		}
		rec := do(h, r)
		if rec.Code == http.StatusUnauthorized {
			wantError(t, rec, http.StatusUnauthorized, api.CodeUnauthorized, "token")
			if !strings.HasPrefix(rec.Header().Get("WWW-Authenticate"), "Bearer") {
				t.Errorf("%s: 401 without WWW-Authenticate", path)
			}
		}
		return rec.Code
	}
	for _, path := range paths[:len(paths)-1] {
		for _, role := range policy.Roles() {
			if code := ask(path, "Bearer secret-of-"+string(role)); code != http.StatusOK && code != http.StatusNotFound {
				t.Errorf("%s as %s: %d", path, role, code)
			}
		}
	}
	if code := ask("/v1/threads", "bearer   secret-of-viewer "); code != http.StatusOK {
		t.Errorf("the scheme's case and spaces matter: %d", code)
	}
	for _, path := range paths {
		for _, values := range [][]string{
			nil,
			{""},
			{"Bearer"},
			{"Bearer "},
			{"secret-of-viewer"},
			{"Basic secret-of-viewer"},
			{"Bearer secret-of-viewe"},
			{"Bearer secret-of-viewerx"},
			{"Bearer Secret-of-viewer"},
			{"Bearer secret-of-viewer secret-of-admin"},
			{"Bearer secret-of-viewer", "Bearer secret-of-admin"},
			{"Bearer TOKEN_viewer"},
			{"Bearer " + strings.Repeat("x", 20000)},
		} {
			if code := ask(path, values...); code != http.StatusUnauthorized {
				t.Errorf("%s with %.60q: %d", path, values, code)
			}
		}
	}
}

// With tokens configured this machine needs one too.
func TestTokensOnLoopback(t *testing.T) {
	h := newWorld(t).serve(func(c *api.Config) { c.Tokens = []api.Token{token(t, "T", policy.RoleAdmin, "secret")} })
	wantError(t, do(h, local(http.MethodGet, "/v1/threads")), http.StatusUnauthorized, api.CodeUnauthorized, "a token is needed")
}

func tokenFile(t *testing.T, entries ...string) *policy.File {
	t.Helper()
	text := policyText + "api:\n  tokens:\n"
	for _, e := range entries {
		text += "    - " + e + "\n"
	}
	f, err := policy.Parse("releasebot.yml", []byte(text), agenttest.Registry())
	if err != nil {
		t.Fatal(err)
	}
	return f
}

// A token that the file names and that isn't there stops the start: it must not
// leave the API open to this machine. No message holds a secret.
func TestTokensOf(t *testing.T) {
	f := tokenFile(t, "{env: TOKEN_CI, role: requester, person: bob}", "{env: TOKEN_DASH, role: viewer}")
	from := func(env map[string]string) func(string) (string, bool) {
		return func(name string) (string, bool) { v, ok := env[name]; return v, ok }
	}
	tokens, err := api.TokensOf(f, from(map[string]string{"TOKEN_CI": "hunter2-ci", "TOKEN_DASH": "hunter2-dash"}))
	if err != nil || len(tokens) != 2 || tokens[0].Name != "TOKEN_CI" || tokens[0].Role != policy.RoleRequester {
		t.Fatalf("%v, %v", tokens, err)
	}
	if shown := fmt.Sprintf("%v %+v %#v", tokens, tokens, tokens); strings.Contains(shown, "hunter2") {
		t.Errorf("a printed token shows its secret: %s", shown)
	}
	for name, c := range map[string]struct {
		env  map[string]string
		want []string
	}{
		"none is set":  {nil, []string{"TOKEN_CI is not set", "TOKEN_DASH is not set"}},
		"one is empty": {map[string]string{"TOKEN_CI": "hunter2", "TOKEN_DASH": ""}, []string{"TOKEN_DASH is not set or empty"}},
		"a line end":   {map[string]string{"TOKEN_CI": "hunter2\n", "TOKEN_DASH": "x"}, []string{"TOKEN_CI has spaces"}},
		"the same":     {map[string]string{"TOKEN_CI": "hunter2", "TOKEN_DASH": "hunter2"}, []string{"TOKEN_CI and TOKEN_DASH hold the same"}},
		"too long":     {map[string]string{"TOKEN_CI": strings.Repeat("hunter2", 1000), "TOKEN_DASH": "x"}, []string{"TOKEN_CI is longer"}},
	} {
		tokens, err := api.TokensOf(f, from(c.env))
		if err == nil || tokens != nil {
			t.Errorf("%s: %v, %v", name, tokens, err)
			continue
		}
		for _, part := range c.want {
			if !strings.Contains(err.Error(), part) {
				t.Errorf("%s: %q lacks %q", name, err, part)
			}
		}
		if strings.Contains(err.Error(), "hunter2") {
			t.Errorf("%s: the error holds a secret: %v", name, err)
		}
	}
}

// A configuration that would answer wrongly is refused.
func TestNewRefuses(t *testing.T) {
	w := newWorld(t)
	tok := token(t, "A", policy.RoleViewer, "secret")
	same := token(t, "B", policy.RoleAdmin, "secret")
	used := api.NewMetrics()
	w.serve(func(c *api.Config) { c.Metrics = used })
	for name, cfg := range map[string]api.Config{
		"nothing":         {},
		"no store":        {Reader: w.service},
		"a made-up token": {Reader: w.service, Store: w.store, Tokens: []api.Token{{Name: "A", Role: policy.RoleAdmin}}},
		"one secret":      {Reader: w.service, Store: w.store, Tokens: []api.Token{tok, same}},
		"used metrics":    {Reader: w.service, Store: w.store, Metrics: used},
	} {
		if _, err := api.New(cfg); err == nil {
			t.Errorf("%s: no error", name)
		}
	}
	if _, err := api.NewToken("A", "root", "secret"); err == nil {
		t.Error("a role that there is not was taken")
	}
}
