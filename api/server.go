package api

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"time"

	"github.com/releasebot/releasebot/agent"
	"github.com/releasebot/releasebot/policy"
)

// Time limits of the server. A read of the store has less time than the answer
// that it is for.
const (
	readHeaderLimit = 5 * time.Second
	readLimit       = 15 * time.Second
	writeLimit      = 30 * time.Second
	idleLimit       = time.Minute
	queryLimit      = 5 * time.Second
	probeLimit      = 2 * time.Second
	graceLimit      = 3 * time.Second
)

// Sizes that the server takes, in bytes.
const (
	MaxBody   = 1 << 20
	maxHeader = 32 << 10
)

// ThreadReader reads threads. A thread that is not there is agent.ErrNoThread.
type ThreadReader interface {
	Threads(ctx context.Context) ([]agent.ThreadLine, error)
	Thread(ctx context.Context, id agent.ThreadID) (*agent.State, error)
	Events(ctx context.Context, id agent.ThreadID, seq int64) ([]*agent.Event, error)
}

// ApprovalReader reads what waits for a decision.
type ApprovalReader interface {
	Approvals(ctx context.Context) ([]agent.ApprovalLine, error)
}

// EnvironmentReader reads what runs where.
type EnvironmentReader interface {
	Environments(ctx context.Context) ([]agent.EnvironmentLine, error)
}

// Reader is what the API shows. *agent.Service is one.
type Reader interface {
	ThreadReader
	ApprovalReader
	EnvironmentReader
}

// Pinger answers if the store does. *threadstore.Store is one.
type Pinger interface {
	Ping(ctx context.Context) error
}

// Config is what a Server works with.
type Config struct {
	Reader Reader // required
	Store  Pinger // required
	// Ready says why this process should be sent no work; nil: it may be. The
	// texts of a joined error are given as separate reasons. Everybody may read
	// them. It must end with its context. Defaults to always ready.
	Ready func(context.Context) error
	// Tokens that may ask. Empty: only this machine may.
	Tokens []Token
	// Metrics to show; a Metrics belongs to one Server. Defaults to new ones, which count nothing but threads.
	Metrics *Metrics
	Log     *slog.Logger     // defaults to none
	Now     func() time.Time // defaults to time.Now
}

// Server answers over HTTP.
type Server struct {
	cfg Config
	mux *http.ServeMux
}

// New returns a Server, or an error that says what of the configuration is wrong.
func New(cfg Config) (*Server, error) {
	if cfg.Reader == nil || cfg.Store == nil {
		return nil, errors.New("api: Config.Reader and Config.Store are required")
	}
	if err := checkTokens(cfg.Tokens); err != nil {
		return nil, err
	}
	if cfg.Ready == nil {
		cfg.Ready = func(context.Context) error { return nil }
	}
	if cfg.Metrics == nil {
		cfg.Metrics = NewMetrics()
	}
	if cfg.Log == nil {
		cfg.Log = slog.New(slog.DiscardHandler)
	}
	if cfg.Now == nil {
		cfg.Now = time.Now
	}
	if err := cfg.Metrics.count(cfg.Reader, cfg.Now); err != nil {
		return nil, fmt.Errorf("api: these Metrics belong to another server: %w", err)
	}
	s := &Server{cfg: cfg, mux: http.NewServeMux()}
	s.open("/livez", s.live)
	s.open("/readyz", s.ready)
	s.route("/metrics", s.metrics())
	s.route("/v1/threads", s.threads)
	s.route("/v1/threads/{id}", s.thread)
	s.route("/v1/approvals", s.approvals)
	s.route("/v1/environments", s.environments)
	s.mux.Handle("/", s.guarded(policy.RoleViewer, s.nothing))
	return s, nil
}

// Handler answers all calls. It is safe for concurrent use.
func (s *Server) Handler() http.Handler { return s.mux }

// Serve answers at addr until ctx ends, and then as [Server.ServeListener] does.
func (s *Server) Serve(ctx context.Context, addr string) error {
	var listen net.ListenConfig
	ln, err := listen.Listen(ctx, "tcp", addr)
	if err != nil {
		return fmt.Errorf("listening for HTTP at %q: %w", addr, err)
	}
	return s.ServeListener(ctx, ln)
}

// ServeListener answers at ln until ctx ends. Then it takes no new requests,
// gives those under way three seconds, cuts off what is left, and returns nil.
// It closes ln.
func (s *Server) ServeListener(ctx context.Context, ln net.Listener) error {
	server := &http.Server{
		Handler:           s.mux,
		ReadHeaderTimeout: readHeaderLimit,
		ReadTimeout:       readLimit,
		WriteTimeout:      writeLimit,
		IdleTimeout:       idleLimit,
		MaxHeaderBytes:    maxHeader,
		ErrorLog:          slog.NewLogLogger(s.cfg.Log.Handler(), slog.LevelWarn),
	}
	s.cfg.Log.Info("answering HTTP", "addr", ln.Addr().String(), "tokens", len(s.cfg.Tokens))
	ended := make(chan error, 1)
	go func() { ended <- server.Serve(ln) }()
	select {
	case err := <-ended:
		return fmt.Errorf("serving HTTP at %s: %w", ln.Addr(), err)
	case <-ctx.Done():
	}
	grace, cancel := context.WithTimeout(context.WithoutCancel(ctx), graceLimit)
	defer cancel()
	err := server.Shutdown(grace)
	if errors.Is(err, context.DeadlineExceeded) {
		s.cfg.Log.Warn("requests still under way were cut off", "after", graceLimit)
		err = server.Close()
	}
	if served := <-ended; err == nil && !errors.Is(served, http.ErrServerClosed) {
		err = served
	}
	if err != nil {
		return fmt.Errorf("ending HTTP at %s: %w", ln.Addr(), err)
	}
	return nil
}
