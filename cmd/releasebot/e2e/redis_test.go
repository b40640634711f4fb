package e2e

import (
	"context"
	"net"
	"os"
	"os/exec"
	"strings"
	"testing"
	"time"

	"github.com/releasebot/releasebot/threadstore/storetest/redistest"
)

// redisServer is a Redis that keeps its data, and can be stopped and started again at the same address.
type redisServer struct {
	t    *testing.T
	addr string
	args []string
	cmd  *exec.Cmd
}

// newRedisServer starts a Redis that syncs every write to disk.
func newRedisServer(t *testing.T) *redisServer {
	t.Helper()
	url := redistest.Start(t) // skips where there is no redis-server; its port is near one that is free
	host, _, err := net.SplitHostPort(strings.TrimPrefix(url, "redis://"))
	if err != nil {
		t.Fatal(err)
	}
	ln, err := net.Listen("tcp", net.JoinHostPort(host, "0")) //nolint:noctx // at once
	if err != nil {
		t.Fatal(err)
	}
	s := &redisServer{t: t, addr: ln.Addr().String()}
	if err := ln.Close(); err != nil {
		t.Fatal(err)
	}
	_, port, _ := net.SplitHostPort(s.addr)
	s.args = []string{
		"--port", port, "--bind", host, "--dir", t.TempDir(), "--save", "", "--appendonly", "yes", "--appendfsync", "always", "--maxmemory-policy", "noeviction",
	}
	t.Cleanup(s.stop)
	s.start()
	return s
}

func (s *redisServer) url() string { return "redis://" + s.addr }

func (s *redisServer) start() {
	s.t.Helper()
	s.cmd = exec.Command("redis-server", s.args...) //nolint:gosec,noctx // ended by stop
	if err := s.cmd.Start(); err != nil {
		s.t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(s.t.Context(), patience)
	defer cancel()
	if !poll(ctx, s.answers) {
		s.t.Fatalf("redis-server on %s does not answer", s.addr)
	}
}

func (s *redisServer) answers() bool {
	c, err := net.DialTimeout("tcp", s.addr, time.Second) //nolint:noctx // has a time-out
	if err != nil {
		return false
	}
	defer c.Close() //nolint:errcheck // only asked
	if err := c.SetDeadline(time.Now().Add(time.Second)); err != nil {
		return false
	}
	if _, err := c.Write([]byte("PING\r\n")); err != nil {
		return false
	}
	b := make([]byte, 5)
	_, err = c.Read(b)
	return err == nil && string(b) == "+PONG"
}

// stop ends the server; its data stays.
func (s *redisServer) stop() {
	if s.cmd == nil {
		return
	}
	s.cmd.Process.Signal(os.Interrupt) //nolint:errcheck,gosec // may have ended
	s.cmd.Wait()                       //nolint:errcheck,gosec // was told to end
	s.cmd = nil
}
