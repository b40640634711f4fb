package api

import (
	"net/http"
	"net/http/httptest"
	"net/netip"
	"regexp"
	"slices"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/releasebot/releasebot/policy"
)

// Whatever stands in a query, it filters by a state that there is, or it is
// refused with words that can be sent.
func FuzzStateFilter(f *testing.F) {
	for _, q := range []string{"", "state=done", "state=", "state=x", "a=b", "state=%zz", "state=done&state=done", "state=done;", "%00", "state=\xff"} {
		f.Add(q)
	}
	f.Fuzz(func(t *testing.T, raw string) {
		state, all, err := stateFilter(raw)
		if err != nil {
			if len(err.Error()) > 1000 || !utf8.ValidString(err.Error()) || strings.ContainsAny(err.Error(), "\r\n\x00") {
				t.Errorf("%q: %q", raw, err)
			}
			return
		}
		if all == slices.Contains(threadStates(), state) {
			t.Errorf("%q: state %q, all %v", raw, state, all)
		}
	})
}

var hostForm = regexp.MustCompile(`^(?i:localhost|127\.\d+\.\d+\.\d+|\[[0-9a-f:.]+\])(:\d+)?$`)

// A Host that is taken for this machine is of one of three plain forms, and
// no name that somebody else could own.
func FuzzLoopbackHost(f *testing.F) {
	for _, h := range []string{"localhost", "127.0.0.1:80", "[::1]:80", "::1", "localhost:", "[::1", "[::1]x", "[127.0.0.1]", "127.0.0.1:0", "[::ffff:127.0.0.1]:1", "localhost:+1"} {
		f.Add(h)
	}
	f.Fuzz(func(t *testing.T, host string) {
		if !loopbackHost(host) {
			return
		}
		m := hostForm.FindStringSubmatch(host)
		if m == nil {
			t.Fatalf("%q was taken for this machine", host)
		}
		name := strings.Trim(strings.TrimSuffix(host, m[1]), "[]")
		if a, err := netip.ParseAddr(name); !strings.EqualFold(name, "localhost") && (err != nil || !a.Unmap().IsLoopback()) {
			t.Errorf("%q was taken for this machine", host)
		}
	})
}

// Each role may do what the ones before it may, and nothing more; this machine
// without a token is a requester, and never approves.
func TestRoles(t *testing.T) {
	var tokens []Token
	for _, role := range policy.Roles() {
		tok, err := NewToken(string(role), role, "secret-of-"+string(role))
		if err != nil {
			t.Fatal(err)
		}
		tokens = append(tokens, tok)
	}
	with, without := &Server{cfg: Config{Tokens: tokens}}, &Server{}
	for have, role := range policy.Roles() {
		for need, needed := range policy.Roles() {
			r := httptest.NewRequest(http.MethodGet, "/", nil)
			r.Header.Set("Authorization", "Bearer secret-of-"+string(role))
			p := with.refuse(r, needed)
			if may := have >= need; (p == nil) != may || p != nil && p.status != http.StatusForbidden {
				t.Errorf("a %s where %s is needed: %v", role, needed, p)
			}
		}
	}
	for _, needed := range policy.Roles() {
		r := httptest.NewRequest(http.MethodGet, "/", nil)
		r.Host, r.RemoteAddr = "localhost", "127.0.0.1:1"
		p := without.refuse(r, needed)
		if may := needed == policy.RoleViewer || needed == policy.RoleRequester; (p == nil) != may {
			t.Errorf("this machine where %s is needed: %v", needed, p)
		}
	}
}
