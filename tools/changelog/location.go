package changelog

import (
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"errors"
	"fmt"
	"net/url"
	"path/filepath"
	"slices"
	"strings"
)

// transports are the kinds of URLs that are fetched from. Others, ext:: first of
// all, start programs.
var transports = []string{"https", "http", "ssh", "git", "file"}

// location is where a repository is.
type location struct {
	path string // of a local repository; "" for a URL
	url  string // without name and password for https and http
	auth string // value of the Authorization header; "" for none
	show string // as it may be shown
}

// locate understands what the policy file says. A relative path stands below dir.
func locate(git, dir string) (location, error) {
	switch {
	case strings.TrimSpace(git) == "":
		return location{}, errors.New("git: missing; give a path or a URL")
	case strings.HasPrefix(git, "-"):
		return location{}, fmt.Errorf("git: %q begins with a dash, as an option would; put ./ before it", git)
	case strings.ContainsFunc(git, func(r rune) bool { return r < ' ' || r == 0x7f }):
		return location{}, errors.New("git: a path or URL has no control characters")
	case strings.Contains(git, "://"):
		return locateURL(git)
	case strings.Contains(git, "::"):
		return location{}, fmt.Errorf("git: %q names a remote helper, and those are not run; give a path, or a URL that begins with https:// or ssh://", git)
	case isSCP(git):
		host, _, _ := strings.Cut(git, ":")
		if _, h, ok := strings.Cut(host, "@"); ok {
			host = h
		}
		if host == "" || strings.HasPrefix(host, "-") {
			return location{}, fmt.Errorf("git: %q names no host", git)
		}
		return location{url: git, show: git}, nil
	}
	path := git
	if !filepath.IsAbs(path) {
		path = filepath.Join(dir, path)
	}
	path, err := filepath.Abs(path)
	if err != nil {
		return location{}, fmt.Errorf("git: finding %q: %w", git, err)
	}
	return location{path: path, show: git}, nil
}

// isSCP holds for user@host:path, which git reads as ssh: a colon before the
// first slash.
func isSCP(git string) bool {
	colon, slash := strings.Index(git, ":"), strings.Index(git, "/")
	return colon >= 0 && (slash < 0 || colon < slash)
}

func locateURL(git string) (location, error) {
	u, err := url.Parse(git)
	if err != nil {
		return location{}, errors.New("git: this is no URL; give one such as https://github.com/acme/shop.git") // err would show a password
	}
	if !slices.Contains(transports, u.Scheme) {
		return location{}, fmt.Errorf("git: %q is not one of the kinds of URLs that are fetched from: %s", u.Scheme, strings.Join(transports, ", "))
	}
	if (u.Hostname() == "") != (u.Scheme == "file") || strings.HasPrefix(u.Host, "-") || strings.HasPrefix(u.User.Username(), "-") {
		return location{}, fmt.Errorf("git: the URL (%s://…) names no valid host; a file:// URL names none and has a third slash", u.Scheme)
	}
	if u.RawQuery != "" || u.Fragment != "" {
		return location{}, errors.New("git: a repository's URL has no ? and no #")
	}
	at := location{url: git, show: git}
	if u.User != nil && (u.Scheme == "https" || u.Scheme == "http") {
		password, _ := u.User.Password()
		at.auth = "Basic " + base64.StdEncoding.EncodeToString([]byte(u.User.Username()+":"+password))
		u.User = nil
		at.url, at.show = u.String(), u.String()
	}
	if _, has := u.User.Password(); has {
		return location{}, fmt.Errorf("git: a password in a URL is of no use to %s; give the bot a key", u.Scheme)
	}
	return at, nil
}

// mirrorName is the name of a URL's mirror: the same for the same URL, and a
// hint for people.
func (l location) mirrorName() string {
	sum := sha256.Sum256([]byte(l.url))
	base := strings.Map(func(r rune) rune {
		if r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' || r >= '0' && r <= '9' || r == '-' || r == '_' {
			return r
		}
		return -1
	}, strings.TrimSuffix(filepath.Base(l.url), ".git"))
	return base[:min(len(base), 40)] + "-" + hex.EncodeToString(sum[:8]) + ".git"
}
