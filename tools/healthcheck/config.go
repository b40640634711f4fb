package healthcheck

import (
	"context"
	"crypto/tls"
	"net"
	"net/http"
	"net/url"
	"time"

	"github.com/releasebot/releasebot/tools"
)

// Config is what the checks share.
type Config struct {
	// Dir is where commands run: the policy file's folder.
	Dir string
	// Env is the environment of commands, as os.Environ gives it. The bot's own
	// settings and secrets are left out of it. Defaults to nothing.
	Env []string
	// Withhold names more variables of Env that no command may see, such as those
	// that hold the API's tokens.
	Withhold []string
	// Masker takes secrets out of what a service or a command said. nil knows the
	// shapes of well-known tokens only.
	Masker *tools.Masker
	// Proxy finds the proxy of a request, as http.ProxyFromEnvironment does. It is
	// never asked for loopback. Defaults to none.
	Proxy func(*http.Request) (*url.URL, error)
	// TLS is for https. Defaults to the system's certificates.
	TLS *tls.Config
	// Dial opens connections. Defaults to net.Dialer's DialContext.
	Dial func(ctx context.Context, network, address string) (net.Conn, error)
}

// New returns the checkers by their kind in the policy file: http, tcp and
// command. They are safe for concurrent use.
func New(cfg Config) map[string]Checker {
	return map[string]Checker{
		"http":    &httpChecker{cfg: cfg},
		"tcp":     &tcpChecker{cfg: cfg},
		"command": &commandChecker{cfg: cfg},
	}
}

func (cfg Config) dial(ctx context.Context, network, address string) (net.Conn, error) {
	if cfg.Dial != nil {
		return cfg.Dial(ctx, network, address)
	}
	var d net.Dialer
	return d.DialContext(ctx, network, address)
}

func (cfg Config) proxy(req *http.Request) (*url.URL, error) {
	if cfg.Proxy == nil || isLoopback(req.URL.Hostname()) {
		return nil, nil //nolint:nilnil // net/http's way to say: no proxy
	}
	return cfg.Proxy(req)
}

// result finishes a look that began at start.
func (cfg Config) result(v Verdict, detail string, start time.Time) Result {
	return Result{Verdict: v, Detail: cfg.Masker.Mask(detail), Took: time.Since(start)}
}
