package sample

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net"
	"net/http"
	"os"
	"syscall"
	"time"
)

// server is what stands in ENV/server.
type server struct {
	PID     int    `json:"pid"`
	Version string `json:"version"`
}

// Serve is one environment's server. It ends with ctx, and when the world is no
// longer kept.
func (w World) Serve(ctx context.Context, env, version string) error {
	cfg, err := w.Config()
	if err != nil {
		return err
	}
	addr, err := cfg.address(env)
	if err != nil {
		return err
	}
	mine, err := lock(w.path(env, "lock"))
	if err == nil && mine == nil {
		err = errors.New("another version runs")
	}
	if err != nil {
		return fmt.Errorf("serving %s: %w", env, err)
	}
	defer mine.Close() //nolint:errcheck // the lock ends with the process
	ln, err := listen(ctx, addr)
	if err != nil {
		return fmt.Errorf("serving %s: %w", env, err)
	}
	about, err := json.Marshal(server{os.Getpid(), version})
	if err == nil {
		err = w.write(env+"/server", about)
	}
	if err != nil {
		return errors.Join(fmt.Errorf("serving %s: %w", env, err), ln.Close())
	}
	srv := &http.Server{Handler: w.handler(env, version, time.Now()), ReadHeaderTimeout: 5 * time.Second}
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	over := make(chan struct{})
	go func() {
		defer close(over)
		w.whileKept(ctx)
		_ = srv.Close() // it ends with the process at the latest
	}()
	err = srv.Serve(ln)
	cancel()
	<-over
	if errors.Is(err, http.ErrServerClosed) {
		return nil
	}
	return err
}

// listen waits a moment for the address: the one before may only just have ended.
func listen(ctx context.Context, addr string) (net.Listener, error) {
	var cfg net.ListenConfig
	var err error
	for range 20 {
		var ln net.Listener
		if ln, err = cfg.Listen(ctx, "tcp", addr); err == nil {
			return ln, nil
		}
		if !sleep(ctx, lookEvery) {
			break
		}
	}
	return nil, err
}

// whileKept returns when ctx ends or nobody keeps the world any more.
func (w World) whileKept(ctx context.Context) {
	for w.kept() && sleep(ctx, lookEvery) {
		continue
	}
}

// sleep returns false if ctx ended first.
func sleep(ctx context.Context, d time.Duration) bool {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-ctx.Done():
		return false
	case <-t.C:
		return true
	}
}

// Answer is what a server says of itself at /healthz.
type Answer struct {
	Service     string `json:"service"`
	Environment string `json:"environment"`
	Version     string `json:"version"`
	Status      string `json:"status"`
}

func (w World) handler(env, version string, began time.Time) http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("GET /healthz", func(rw http.ResponseWriter, _ *http.Request) {
		cfg, err := w.Config()
		a := Answer{Service: cfg.Service, Environment: env, Version: version, Status: "ok"}
		code := http.StatusOK
		if f, sick := cfg.fault(Health, version, env, ""); sick && time.Since(began) >= f.After {
			code, a.Status = http.StatusInternalServerError, "out of memory"
		}
		if err != nil {
			code, a.Status = http.StatusInternalServerError, err.Error()
		}
		rw.Header().Set("Content-Type", "application/json")
		rw.WriteHeader(code)
		_ = json.NewEncoder(rw).Encode(a) //nolint:errcheck // whoever asked has gone
	})
	return mux
}

// Ask asks an environment's server how it is: its answer, and the HTTP status.
func (w World) Ask(ctx context.Context, env string) (Answer, int, error) {
	var a Answer
	cfg, err := w.Config()
	if err != nil {
		return a, 0, err
	}
	addr, err := cfg.address(env)
	if err != nil {
		return a, 0, err
	}
	ctx, cancel := context.WithTimeout(ctx, 2*time.Second)
	defer cancel()
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, "http://"+addr+"/healthz", http.NoBody)
	if err != nil {
		return a, 0, err
	}
	client := http.Client{Transport: &http.Transport{DisableKeepAlives: true}}
	resp, err := client.Do(req)
	if err != nil {
		return a, 0, fmt.Errorf("asking %s in %s: %w", cfg.Service, env, err)
	}
	defer resp.Body.Close() //nolint:errcheck // it was read
	if err := json.NewDecoder(resp.Body).Decode(&a); err != nil {
		return a, resp.StatusCode, fmt.Errorf("asking %s in %s: %w", cfg.Service, env, err)
	}
	return a, resp.StatusCode, nil
}

// Current is the version that runs in an environment; "" if none does.
func (w World) Current(env string) (string, error) {
	s, err := w.running(env)
	if err != nil || s == nil {
		return "", err
	}
	return s.Version, nil
}

// running is the server of an environment; nil if there is none.
func (w World) running(env string) (*server, error) {
	if cfg, err := w.Config(); err != nil {
		return nil, err
	} else if _, err := cfg.address(env); err != nil {
		return nil, err
	}
	alive, err := held(w.path(env, "lock"))
	if err != nil || !alive {
		return nil, err
	}
	b, err := os.ReadFile(w.path(env, "server"))
	if errors.Is(err, os.ErrNotExist) { // it is only just beginning
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("looking for the server of %s: %w", env, err)
	}
	var s server
	if err := json.Unmarshal(b, &s); err != nil {
		return nil, fmt.Errorf("looking for the server of %s: %w", env, err)
	}
	return &s, nil
}

// stop ends the server of an environment, if there is one, and waits until it has ended.
func (w World) stop(ctx context.Context, env string) error {
	s, err := w.running(env)
	if err != nil || s == nil {
		return err
	}
	// A new server must not be taken for this one before it has said who it is.
	defer os.Remove(w.path(env, "server")) //nolint:errcheck // it is there, or it is gone
	for _, sig := range []syscall.Signal{syscall.SIGTERM, syscall.SIGKILL} {
		// The lock is held, so the process id is the server's.
		if err := syscall.Kill(s.PID, sig); err != nil && !errors.Is(err, syscall.ESRCH) {
			return fmt.Errorf("stopping the server of %s: %w", env, err)
		}
		for range 60 {
			if alive, err := held(w.path(env, "lock")); err != nil || !alive {
				return err
			}
			if !sleep(ctx, lookEvery) {
				return ctx.Err()
			}
		}
	}
	return fmt.Errorf("the server of %s (process %d) does not end", env, s.PID)
}

// Gone waits until every server of the world has ended. It is for whoever let the world go.
func (w World) Gone(ctx context.Context) error {
	cfg, err := w.Config()
	if err != nil {
		return err
	}
	for env := range cfg.Environments {
		for {
			alive, err := held(w.path(env, "lock"))
			if err != nil {
				return err
			}
			if !alive {
				break
			}
			if !sleep(ctx, lookEvery/5) {
				return fmt.Errorf("the server of %s still runs", env)
			}
		}
	}
	return nil
}
