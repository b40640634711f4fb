package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"syscall"
	"time"

	"github.com/releasebot/releasebot/agent"
)

// The embedded store can be open in one process only. So a serve that has it
// answers the reading commands on a Unix socket in the data folder, which only
// its own user may open. It reads and changes nothing:
//
//	GET /threads        the list, as JSON
//	GET /log?name=LOG   the log's events as they are stored, a line each

// socketPathMax is what fits into a socket's address on every system, with the final NUL.
const socketPathMax = 103

const socketTimeout = 30 * time.Second

func socketPath(data string) string { return filepath.Join(data, "releasebot.sock") }

// listenLogs opens the socket. Whoever calls it holds the store's lock, so a
// socket that is there already is a dead one's. Where the path is longer than a
// socket's may be, the socket stands in a temporary folder, and a link to it here.
func listenLogs(ctx context.Context, data string) (net.Listener, func() error, error) {
	path := socketPath(data)
	clean := func() error { return nil }
	if err := os.Remove(path); err != nil && !errors.Is(err, os.ErrNotExist) {
		return nil, nil, fmt.Errorf("removing an old socket: %w", err)
	}
	at := path
	if len(path) > socketPathMax {
		dir, err := os.MkdirTemp("", "releasebot-")
		if err != nil {
			return nil, nil, fmt.Errorf("making a folder for the socket: %w", err)
		}
		at = filepath.Join(dir, filepath.Base(path))
		clean = func() error { return errors.Join(os.RemoveAll(dir), os.Remove(path)) }
		if err := os.Symlink(at, path); err != nil {
			return nil, nil, errors.Join(fmt.Errorf("linking the socket: %w", err), os.RemoveAll(dir))
		}
	}
	cfg := net.ListenConfig{Control: func(_, _ string, raw syscall.RawConn) error {
		// Linux takes the mode of the socket over to its file, so that it is never open to others; elsewhere Chmod below closes it.
		return raw.Control(func(fd uintptr) { _ = syscall.Fchmod(int(fd), 0o600) }) //nolint:gosec // a descriptor is a small number
	}}
	ln, err := cfg.Listen(ctx, "unix", at)
	if err == nil {
		err = os.Chmod(at, 0o600)
	}
	if err != nil {
		return nil, nil, errors.Join(fmt.Errorf("opening the socket: %w", err), clean())
	}
	return ln, clean, nil
}

// serveLogs answers on the socket until ctx ends.
func serveLogs(ctx context.Context, data string, l logs) error {
	ln, clean, err := listenLogs(ctx, data)
	if err != nil {
		return err
	}
	srv := &http.Server{Handler: logsHandler(l), ReadHeaderTimeout: 5 * time.Second, WriteTimeout: socketTimeout}
	stopped := context.AfterFunc(ctx, func() { _ = srv.Close() }) //nolint:errcheck // whoever reads there asks again
	defer stopped()
	err = srv.Serve(ln)
	if errors.Is(err, http.ErrServerClosed) {
		err = nil
	}
	return errors.Join(err, clean())
}

func logsHandler(l logs) http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("GET /threads", func(w http.ResponseWriter, r *http.Request) {
		lines, err := l.Threads(r.Context())
		if err == nil {
			err = json.NewEncoder(w).Encode(lines)
		}
		refuse(w, err)
	})
	mux.HandleFunc("GET /log", func(w http.ResponseWriter, r *http.Request) {
		records, err := l.Records(r.Context(), r.URL.Query().Get("name"))
		if err == nil {
			err = writeLines(w, records)
		}
		refuse(w, err)
	})
	return mux
}

func refuse(w http.ResponseWriter, err error) {
	if err != nil {
		http.Error(w, err.Error(), http.StatusInternalServerError)
	}
}

// writeLines writes events as they are stored: JSON without line ends, a line each.
func writeLines(w io.Writer, records [][]byte) error {
	for _, b := range records {
		if _, err := w.Write(append(bytes.Clone(b), '\n')); err != nil {
			return fmt.Errorf("writing: %w", err)
		}
	}
	return nil
}

// socketLogs asks a running serve.
type socketLogs struct{ client *http.Client }

// dialLogs returns an error unless a serve answers.
func dialLogs(ctx context.Context, data string) (logs, error) {
	path := socketPath(data)
	if at, err := os.Readlink(path); err == nil {
		path = at
	}
	var d net.Dialer
	dial := func(ctx context.Context, _, _ string) (net.Conn, error) { return d.DialContext(ctx, "unix", path) }
	conn, err := dial(ctx, "", "")
	if err != nil {
		return nil, err
	}
	if err := conn.Close(); err != nil {
		return nil, err
	}
	return socketLogs{&http.Client{Timeout: socketTimeout, Transport: &http.Transport{DialContext: dial, DisableKeepAlives: true}}}, nil
}

func (l socketLogs) Threads(ctx context.Context) ([]agent.ThreadLine, error) {
	b, err := l.get(ctx, "/threads")
	if err != nil {
		return nil, err
	}
	var lines []agent.ThreadLine
	if err := json.Unmarshal(b, &lines); err != nil {
		return nil, fmt.Errorf("reading what serve answered: %w", err)
	}
	return lines, nil
}

func (l socketLogs) Records(ctx context.Context, log string) ([][]byte, error) {
	b, err := l.get(ctx, "/log?name="+url.QueryEscape(log))
	if err != nil {
		return nil, err
	}
	return splitLines(b), nil
}

func (l socketLogs) get(ctx context.Context, path string) ([]byte, error) {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, "http://serve"+path, nil)
	if err != nil {
		return nil, err
	}
	resp, err := l.client.Do(req)
	if err != nil {
		return nil, fmt.Errorf("asking the running serve: %w", err)
	}
	defer resp.Body.Close() //nolint:errcheck // it was read
	b, err := io.ReadAll(resp.Body)
	if err != nil {
		return nil, fmt.Errorf("asking the running serve: %w", err)
	}
	if resp.StatusCode != http.StatusOK {
		return nil, fmt.Errorf("the running serve could not answer: %s", oneLine(string(b), 300))
	}
	return b, nil
}

func (l socketLogs) Close() error {
	l.client.CloseIdleConnections()
	return nil
}

// splitLines takes a file of events apart, exactly: a line end belongs to no event, and empty lines are none.
func splitLines(b []byte) [][]byte {
	var records [][]byte
	for line := range bytes.Lines(b) {
		if line = bytes.TrimSuffix(line, []byte("\n")); len(bytes.TrimSpace(line)) > 0 {
			records = append(records, line)
		}
	}
	return records
}
