package healthcheck

import (
	"context"
	"net"
	"strings"
	"time"

	"github.com/releasebot/releasebot/tools"
)

// TCPArgs are the arguments of a tcp check, defaults filled in.
type TCPArgs struct {
	Address string   `json:"address"` // host:port
	Timeout Duration `json:"timeout"`
}

// DecodeTCP reads and checks the arguments of a tcp check. Errors are *ArgError,
// joined, or what into gives.
func DecodeTCP(into func(any) error) (any, error) {
	var raw struct {
		Address string  `json:"address"`
		Timeout *string `json:"timeout"`
	}
	if err := into(&raw); err != nil {
		return nil, err
	}
	var p problems
	args := TCPArgs{Address: raw.Address, Timeout: p.duration("timeout", raw.Timeout, DefaultTimeout)}
	p.placeholders("address", raw.Address)
	if problem := addressProblem(sample(raw.Address)); problem != "" {
		p.add("address", "%q %s; write host:port, such as 127.0.0.1:5432", raw.Address, problem)
	}
	if err := p.err(); err != nil {
		return nil, err
	}
	return args, nil
}

// addressProblem says what is wrong with a filled address; "" if nothing is.
func addressProblem(address string) string {
	host, port, err := net.SplitHostPort(address)
	switch {
	case err != nil:
		return "is no address"
	case host == "" || strings.ContainsFunc(host, func(r rune) bool { return !isHostRune(r) }):
		return "names no host"
	case port == "" || !validPort(port):
		return "has no port number"
	}
	return ""
}

// tcpChecker opens a connection and closes it.
type tcpChecker struct {
	cfg Config
}

// Spec says that the check only reads.
func (*tcpChecker) Spec() tools.Spec { return tools.Spec{Name: "healthcheck.tcp", Effect: tools.Reads} }

// Check opens one connection and sends nothing over it.
func (t *tcpChecker) Check(ctx context.Context, c tools.Call) Result {
	start := time.Now()
	verdict, detail := t.look(ctx, c)
	return t.cfg.result(verdict, detail, start)
}

func (t *tcpChecker) look(ctx context.Context, c tools.Call) (Verdict, string) {
	var args TCPArgs
	if err := unmarshalArgs(c, &args); err != nil {
		return Inconclusive, err.Error()
	}
	address := c.Fill(args.Address)
	if problem := addressProblem(address); problem != "" {
		return Inconclusive, t.cfg.quote(address) + " " + problem
	}
	limit := timeLimit(c, args.Timeout, DefaultTimeout)
	ctx, cancel := withLimit(ctx, limit)
	defer cancel()
	conn, err := t.cfg.dial(ctx, "tcp", address)
	if err != nil {
		return unreached(ctx, err, limit)
	}
	_ = conn.Close() // it was opened, which is all that was asked
	return Healthy, "accepts connections"
}
