package redistest

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/releasebot/releasebot/internal/freeport"
)

// upWithin is how long a server may take to answer, on a machine that is busy.
const upWithin = 30 * time.Second

// A Server is a redis-server that can be killed, frozen and started again at the
// same address, with what it has kept. Its methods end the test when they fail.
type Server struct {
	t    testing.TB
	bin  string
	addr string
	args []string

	mu    sync.Mutex
	cmd   *exec.Cmd
	out   *output
	ended chan struct{}
}

// output is what a server says; it is read when it doesn't come up.
type output struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (o *output) Write(p []byte) (int, error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.b.Write(p)
}

func (o *output) String() string {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.b.String()
}

// Serve runs a redis-server until t ends. Arguments go to the server, after
// those that keep nothing: "--appendonly", "yes". It skips as [Start] does.
func Serve(t testing.TB, args ...string) *Server {
	t.Helper()
	return serve(t, nil, args...)
}

// serve is Serve; configure makes the first arguments, once the port is known.
func serve(t testing.TB, configure func(port int) []string, args ...string) *Server {
	t.Helper()
	bin := find(t)
	var err error
	// Another process may take the port between our looking and Redis' listening.
	for range 3 {
		var s *Server
		if s, err = prepare(t, bin, configure, args); err == nil {
			if err = s.up(); err == nil {
				t.Cleanup(s.end)
				return s
			}
			s.end()
		}
	}
	t.Fatal(err)
	return nil
}

func find(t testing.TB) string {
	t.Helper()
	bin, err := exec.LookPath("redis-server")
	if err == nil {
		return bin
	}
	if os.Getenv("RELEASEBOT_REQUIRE_REDIS") == "1" {
		t.Fatal("redis-server is not on the PATH, and RELEASEBOT_REQUIRE_REDIS is 1")
	}
	t.Skip("needs redis-server on the PATH (RELEASEBOT_REQUIRE_REDIS=1 makes this a failure)")
	return ""
}

func prepare(t testing.TB, bin string, configure func(port int) []string, args []string) (*Server, error) {
	port, err := freeport.Port()
	if err != nil {
		return nil, err
	}
	own := []string{"--port", strconv.Itoa(port), "--bind", "127.0.0.1", "--dir", t.TempDir(), "--save", "", "--appendonly", "no", "--maxmemory-policy", "noeviction"}
	if configure != nil {
		own = configure(port)
	}
	return &Server{t: t, bin: bin, addr: net.JoinHostPort("127.0.0.1", strconv.Itoa(port)), args: append(own, args...)}, nil
}

// URL is the server's redis:// URL.
func (s *Server) URL() string { return "redis://" + s.addr }

// Addr is the server's host:port.
func (s *Server) Addr() string { return s.addr }

// Port is the server's port.
func (s *Server) Port() string { return s.addr[strings.LastIndexByte(s.addr, ':')+1:] }

// Restart starts the server again after Kill, with what it has kept.
func (s *Server) Restart() {
	s.t.Helper()
	if err := s.up(); err != nil {
		s.t.Fatal(err)
	}
}

// Kill ends the server with SIGKILL.
func (s *Server) Kill() { s.end() }

// Freeze stops the server with SIGSTOP: it answers nothing, and nobody is told.
func (s *Server) Freeze() { s.t.Helper(); s.signal(syscall.SIGSTOP) }

// Thaw ends Freeze.
func (s *Server) Thaw() { s.t.Helper(); s.signal(syscall.SIGCONT) }

func (s *Server) signal(sig os.Signal) {
	s.t.Helper()
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.cmd == nil {
		s.t.Fatalf("the redis-server on %s is not running", s.addr)
	}
	if err := s.cmd.Process.Signal(sig); err != nil {
		s.t.Fatal(err)
	}
}

func (s *Server) up() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.out = &output{}
	cmd := exec.Command(s.bin, s.args...) //nolint:gosec,noctx // a test, which ends it by its id
	cmd.Stdout, cmd.Stderr = s.out, s.out
	if err := cmd.Start(); err != nil {
		return err
	}
	ended := make(chan struct{})
	go func() { // ends with the process, which end waits for
		defer close(ended)
		cmd.Wait() //nolint:errcheck,gosec // killed
	}()
	s.cmd, s.ended = cmd, ended
	deadline := time.Now().Add(upWithin)
	for time.Now().Before(deadline) {
		if answers(s.addr) {
			return nil
		}
		select {
		case <-ended:
			return fmt.Errorf("redis-server ended: %s", s.out)
		case <-time.After(5 * time.Millisecond):
		}
	}
	return fmt.Errorf("redis-server on %s does not answer: %s", s.addr, s.out)
}

// end kills the server, frozen or not, and waits for its end.
func (s *Server) end() {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.cmd == nil {
		return
	}
	if err := s.cmd.Process.Kill(); err != nil && !errors.Is(err, os.ErrProcessDone) {
		s.t.Error(err)
	}
	<-s.ended
	s.cmd = nil
}

func answers(addr string) bool {
	c, err := net.DialTimeout("tcp", addr, time.Second) //nolint:noctx // has a time-out
	if err != nil {
		return false
	}
	defer c.Close() //nolint:errcheck // only asked
	if err := c.SetDeadline(time.Now().Add(time.Second)); err != nil {
		return false
	}
	if _, err := io.WriteString(c, "PING\r\n"); err != nil {
		return false
	}
	line, err := bufio.NewReader(c).ReadString('\n')
	return err == nil && strings.HasPrefix(line, "+PONG")
}

// eventually waits for something that servers bring about by themselves.
func eventually(t testing.TB, what string, is func() error) {
	t.Helper()
	var err error
	for deadline := time.Now().Add(2 * upWithin); time.Now().Before(deadline); time.Sleep(20 * time.Millisecond) {
		if err = is(); err == nil {
			return
		}
	}
	t.Fatalf("%s: it does not come within %s: %v", what, 2*upWithin, err)
}
