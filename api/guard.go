package api

import (
	"fmt"
	"net"
	"net/http"
	"net/netip"
	"net/url"
	"strconv"
	"strings"

	"github.com/releasebot/releasebot/policy"
)

// localRole is what somebody on this machine may do where no token is configured.
const localRole = policy.RoleRequester

// refuse says why this request may not do what needs a role; nil if it may.
func (s *Server) refuse(r *http.Request, need policy.Role) *problem {
	if len(s.cfg.Tokens) == 0 {
		if p := notLocal(r); p != nil {
			return p
		}
		return short(localRole, need, "without a token this machine")
	}
	secret, ok := bearer(r.Header)
	if !ok {
		return &problem{http.StatusUnauthorized, CodeUnauthorized, "a token is needed: Authorization: Bearer TOKEN"}
	}
	t, ok := find(s.cfg.Tokens, secret)
	if !ok {
		return &problem{http.StatusUnauthorized, CodeUnauthorized, "this token is not known"}
	}
	return short(t.Role, need, "the token "+t.Name)
}

func short(have, need policy.Role, who string) *problem {
	if have.Covers(need) {
		return nil
	}
	return &problem{http.StatusForbidden, CodeForbidden, fmt.Sprintf("%s has the role %s; this needs %s", who, have, need)}
}

// bearer returns the one token of a request.
func bearer(h http.Header) (string, bool) {
	values := h.Values("Authorization")
	if len(values) != 1 {
		return "", false
	}
	scheme, secret, ok := strings.Cut(values[0], " ")
	secret = strings.Trim(secret, " ")
	return secret, ok && strings.EqualFold(scheme, "Bearer") && secret != ""
}

// forwarded are the headers by which proxies say for whom they ask.
var forwarded = [...]string{"Forwarded", "X-Forwarded-For", "X-Forwarded-Host", "X-Forwarded-Proto", "X-Real-Ip"}

// notLocal refuses what may come from somewhere else than this machine: a
// remote peer, a page of another site in a local browser, a name that was made to point
// here (DNS rebinding), or somebody behind a proxy.
func notLocal(r *http.Request) *problem {
	const remedy = "; with tokens under api.tokens of the policy file the API answers others too"
	no := func(why string) *problem {
		return &problem{http.StatusForbidden, CodeForbidden, why + remedy}
	}
	if !loopbackPeer(r.RemoteAddr) {
		return no("no token is configured, so only this machine is answered")
	}
	for _, name := range forwarded {
		if r.Header.Values(name) != nil {
			return no("no token is configured, so only this machine is answered, and " + name + " says that a proxy asks for somebody else")
		}
	}
	if !loopbackHost(r.Host) {
		return no("no token is configured, so only localhost, 127.0.0.1 and [::1] are answered as Host, not " + clip(r.Host))
	}
	if !ownOrigin(r.Header.Values("Origin"), r.Host) {
		return no("no token is configured, so pages of other origins are not answered")
	}
	return nil
}

// loopbackPeer reports whether a connection comes from this machine.
func loopbackPeer(remote string) bool {
	a, err := netip.ParseAddrPort(remote)
	return err == nil && a.Addr().Unmap().IsLoopback()
}

// loopbackHost reports whether a Host header names this machine and can't name
// another: localhost, or a loopback address, with or without a port.
func loopbackHost(host string) bool {
	name := host
	if h, port, err := net.SplitHostPort(host); err == nil {
		if n, err := strconv.ParseUint(port, 10, 16); err != nil || n == 0 || port[0] == '+' {
			return false
		}
		if strings.HasPrefix(host, "[") {
			h = "[" + h + "]"
		}
		name = h
	}
	if strings.EqualFold(name, "localhost") {
		return true
	}
	inner, v6 := strings.CutPrefix(name, "[")
	if v6 {
		var closed bool
		if inner, closed = strings.CutSuffix(inner, "]"); !closed {
			return false
		}
	}
	a, err := netip.ParseAddr(inner)
	return err == nil && a.Is6() == v6 && a.Zone() == "" && a.IsLoopback()
}

// ownOrigin reports whether a request comes from no page at all, or from one of
// the very address it asks.
func ownOrigin(origins []string, host string) bool {
	switch len(origins) {
	case 0:
		return true
	case 1:
		u, err := url.Parse(origins[0])
		return err == nil && (u.Scheme == "http" || u.Scheme == "https") && u.User == nil && u.Path == "" && u.RawQuery == "" &&
			u.Fragment == "" && strings.EqualFold(u.Host, host)
	}
	return false
}
