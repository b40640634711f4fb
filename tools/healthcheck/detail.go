package healthcheck

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"net"
	"syscall"
	"time"

	"github.com/releasebot/releasebot/tools"
)

// maxSeen is how much of what a service said is quoted, in characters.
const maxSeen = 100

// maxRead is how much of it is looked at for secrets first, so that none is cut
// in two where it could be shown.
const maxRead = 40 * maxSeen

// quote shows a text that a service or a person wrote: one line, without control
// characters and secrets, cut short.
func (cfg Config) quote(s string) string {
	return `"` + tools.Cut(cfg.Masker.Mask(tools.Plain(tools.Cut(s, maxRead))), maxSeen) + `"`
}

// clean makes one short line of a text that holds no secret.
func clean(s string) string { return tools.Cut(tools.Plain(s), 2*maxSeen) }

// errTooSlow is the cause of a look's own deadline, which tells it from the
// deadline or the end of the one who asked for the look.
var errTooSlow = errors.New("the look's time is over")

// withLimit gives a look its deadline.
func withLimit(ctx context.Context, d time.Duration) (context.Context, context.CancelFunc) {
	return context.WithTimeoutCause(ctx, d, errTooSlow)
}

// unreached judges an error of reaching a service: who gives no answer is
// unhealthy, a look that was stopped from outside says nothing.
func unreached(ctx context.Context, err error, limit time.Duration) (Verdict, string) {
	if ctx.Err() != nil {
		if errors.Is(context.Cause(ctx), errTooSlow) {
			return Unhealthy, fmt.Sprintf("no answer within %s", limit)
		}
		return Inconclusive, "the look was stopped before it was over"
	}
	if ours(err) {
		return Inconclusive, "the look can't be made from here: " + reason(err)
	}
	var dns *net.DNSError
	var timeout net.Error
	switch {
	case errors.As(err, &dns) && dns.IsNotFound:
		return Unhealthy, fmt.Sprintf("no answer: the name %q has no address", clean(dns.Name))
	case errors.As(err, &dns):
		return Unhealthy, fmt.Sprintf("no answer: the name %q could not be looked up", clean(dns.Name))
	case errors.Is(err, syscall.ECONNREFUSED):
		return Unhealthy, "connection refused"
	case errors.Is(err, syscall.ECONNRESET), errors.Is(err, io.EOF), errors.Is(err, io.ErrUnexpectedEOF):
		return Unhealthy, "the connection was closed before a whole answer came"
	case errors.As(err, &timeout) && timeout.Timeout():
		return Unhealthy, fmt.Sprintf("no answer within %s", limit)
	case isTLS(err):
		return Unhealthy, "no secure connection: " + clean(innermost(err).Error())
	}
	return Unhealthy, "no answer: " + reason(err)
}

// ours holds for failures of the machine that looks, and of the proxy between,
// which say nothing of the service.
func ours(err error) bool {
	for _, own := range []error{syscall.EMFILE, syscall.ENFILE, syscall.ENOMEM, syscall.ENOBUFS, syscall.EADDRNOTAVAIL, syscall.EACCES, syscall.EPERM} {
		if errors.Is(err, own) {
			return true
		}
	}
	var op *net.OpError
	return errors.As(err, &op) && op.Op == "proxyconnect"
}

// reason shows an error of the system. Others may quote what the service sent,
// and are only named.
func reason(err error) string {
	if errno, ok := errors.AsType[syscall.Errno](err); ok {
		return errno.Error()
	}
	var op *net.OpError
	if errors.As(err, &op) && op.Op == "proxyconnect" {
		return "the proxy gave no connection"
	}
	return "what came back is no valid answer"
}

func isTLS(err error) bool {
	var (
		verification *tls.CertificateVerificationError
		record       tls.RecordHeaderError
		alert        tls.AlertError
		hostname     x509.HostnameError
	)
	return errors.As(err, &verification) || errors.As(err, &record) || errors.As(err, &alert) || errors.As(err, &hostname)
}

// innermost leaves off what wraps an error: net/http puts the whole URL there,
// which may hold what should not be shown.
func innermost(err error) error {
	for {
		inner := errors.Unwrap(err)
		if inner == nil {
			return err
		}
		err = inner
	}
}
