package main

import (
	"fmt"
	"net"
	"net/url"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"time"
)

// problems are what is wrong with the environment: one line each, beginning with
// the variable's name.
type problems []string

func (p *problems) add(name, format string, args ...any) {
	*p = append(*p, name+" "+fmt.Sprintf(format, args...))
}

// token checks a Slack token without showing any of it.
func (p *problems) token(name string, s Secret, prefix, where string) Secret {
	v := s.Reveal()
	switch {
	case v == "", strings.HasPrefix(v, prefix) && len(v) > len(prefix) && plainASCII(v):
	case prefix == "xoxb-" && strings.HasPrefix(v, "xapp-"), prefix == "xapp-" && strings.HasPrefix(v, "xoxb-"):
		p.add(name, "holds the other kind of token: it has to begin with %s; SLACK_BOT_TOKEN and SLACK_APP_TOKEN may be swapped", prefix)
	case strings.HasPrefix(v, prefix):
		p.add(name, "begins well but is cut off, or has spaces or line ends in it; it has to be one word that begins with %s (%s)", prefix, where)
	default:
		p.add(name, "is no such token: it has to begin with %s (%s)", prefix, where)
	}
	return s
}

// header checks a secret that is sent as a header.
func (p *problems) header(name string, s Secret) Secret {
	if !plainASCII(s.Reveal()) {
		p.add(name, "has spaces, line ends or letters outside ASCII in it; it has to be the key alone")
	}
	return s
}

// key checks a secret that others must not be able to guess.
func (p *problems) key(name string, s Secret) Secret {
	const least = 32
	p.header(name, s)
	if n := len(s.Reveal()); n > 0 && n < least {
		p.add(name, "has %d characters; it has to have at least %d, such as openssl rand -hex 32 makes", n, least)
	}
	return s
}

// retention is how long finished threads are kept; 0 for ever.
func (p *problems) retention(name, v string) time.Duration {
	const least = 24 * time.Hour
	if v == "" || v == "0" {
		return 0
	}
	d, err := time.ParseDuration(v)
	if err != nil || d < least {
		p.add(name, "is %q; it has to be a time of at least 24h, such as 2160h (90 days), or 0 to keep everything", v)
		return 0
	}
	return d
}

func plainASCII(s string) bool {
	return !strings.ContainsFunc(s, func(r rune) bool { return r <= ' ' || r >= 0x7f })
}

func (p *problems) httpURL(name, v, example string) string {
	if v == "" {
		return ""
	}
	if u, err := url.Parse(v); err != nil || u.Scheme != "http" && u.Scheme != "https" || u.Hostname() == "" {
		p.add(name, "is no address; it has to begin with http:// or https:// and name a host, such as %s", example)
	} else if u.RawQuery != "" || u.Fragment != "" {
		p.add(name, "has a ? or # in it; it has to be an address alone, such as %s", example)
	}
	return v
}

// bareURL checks an address that holds no user or password: the key has a variable of its own.
func (p *problems) bareURL(name string, s Secret, example string) Secret {
	before := len(*p)
	p.httpURL(name, s.Reveal(), example)
	if u, err := url.Parse(s.Reveal()); err == nil && u.User != nil && len(*p) == before {
		p.add(name, "has a user or password in it; it has to be an address alone, such as %s: the key goes into OPENAI_API_KEY", example)
	}
	return s
}

// word checks a name that is sent as it is.
func (p *problems) word(name, v, example string) string {
	v = strings.TrimSpace(v)
	if strings.ContainsFunc(v, func(r rune) bool { return r <= ' ' || r == 0x7f }) {
		p.add(name, "is %q; it has to be one word without spaces, such as %s", v, example)
	}
	return v
}

// redisURL checks as much as can be known without Redis' own parser, which looks at the rest when the store is opened.
func (p *problems) redisURL(name string, s Secret) Secret {
	const want = "it has to be redis://HOST:PORT, rediss://HOST:PORT (TLS) or unix:///PATH"
	v := s.Reveal()
	if v == "" {
		return s
	}
	u, err := url.Parse(v)
	switch {
	case err != nil:
		p.add(name, "can't be read as an address; %s, with special characters of a password written as %%XX", want)
	case u.Scheme == "unix" && u.Path == "", u.Scheme == "unix" && u.Host != "":
		p.add(name, "names no path; %s, with three slashes", want)
	case u.Scheme == "unix":
	case u.Scheme != "redis" && u.Scheme != "rediss":
		p.add(name, "is of another kind; %s", want)
	case u.Hostname() == "":
		p.add(name, "names no host; %s", want)
	}
	return s
}

func (p *problems) boolean(name, v string) bool {
	if v == "" {
		return false
	}
	b, err := strconv.ParseBool(strings.ToLower(v))
	if err != nil {
		p.add(name, "is %q; it has to be true or false", v)
	}
	return b
}

// oneOf returns the value in lower case; the first of the words is the default.
func (p *problems) oneOf(name, v string, words ...string) string {
	word := strings.ToLower(strings.TrimSpace(v))
	switch {
	case word == "":
		return words[0]
	case !slices.Contains(words, word):
		last := len(words) - 1
		p.add(name, "is %q; it has to be %s or %s", v, strings.Join(words[:last], ", "), words[last])
		return words[0]
	}
	return word
}

func (p *problems) address(name, v string) string {
	if v == off {
		return v
	}
	_, port, err := net.SplitHostPort(v)
	_, perr := strconv.ParseUint(port, 10, 16)
	if err != nil || perr != nil {
		p.add(name, "is %q; it has to be HOST:PORT with a port from 0 to 65535, such as %s, or %s", v, defaultHTTPAddr, off)
	}
	return v
}

// folder makes a path absolute, so that it means the same wherever it is used.
func (p *problems) folder(name, v string) string {
	if v == "" {
		return ""
	}
	abs, err := filepath.Abs(v)
	if err != nil {
		p.add(name, "can't be made absolute (%v); give the whole path", err)
	}
	return abs
}
