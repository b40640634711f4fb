// Package redistest starts a real Redis for a test: redis-server from the PATH,
// on a free port of the loopback, with nothing kept. A test that needs one is
// skipped where there is none, and fails instead where RELEASEBOT_REQUIRE_REDIS is 1.
package redistest

import (
	"bufio"
	"bytes"
	"fmt"
	"io"
	"net"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"testing"
	"time"
)

// Start runs a redis-server until t ends and returns its redis:// URL. Further
// arguments go to the server: "--appendonly", "yes".
func Start(t testing.TB, args ...string) (url string) {
	t.Helper()
	server, err := exec.LookPath("redis-server")
	if err != nil {
		if os.Getenv("RELEASEBOT_REQUIRE_REDIS") == "1" {
			t.Fatal("redis-server is not on the PATH, and RELEASEBOT_REQUIRE_REDIS is 1")
		}
		t.Skip("needs redis-server on the PATH (RELEASEBOT_REQUIRE_REDIS=1 makes this a failure)")
	}
	// Another process may take the port between our looking and Redis' listening.
	for range 3 {
		if url, err = start(t, server, args); err == nil {
			return url
		}
	}
	t.Fatal(err)
	return ""
}

func start(t testing.TB, server string, args []string) (url string, err error) {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0") //nolint:noctx // at once
	if err != nil {
		return "", err
	}
	addr := l.Addr().String()
	port := l.Addr().(*net.TCPAddr).Port //nolint:forcetypeassert // of a TCP listener
	if err := l.Close(); err != nil {
		return "", err
	}
	args = append([]string{"--port", strconv.Itoa(port), "--bind", "127.0.0.1", "--dir", t.TempDir(), "--save", "", "--appendonly", "no", "--maxmemory-policy", "noeviction"}, args...)
	var out bytes.Buffer
	cmd := exec.CommandContext(t.Context(), server, args...) //nolint:gosec // a test
	cmd.Stdout, cmd.Stderr = &out, &out
	if err := cmd.Start(); err != nil {
		return "", err
	}
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		cmd.Wait() //nolint:errcheck,gosec // killed
	}()
	t.Cleanup(func() {
		cmd.Process.Kill() //nolint:errcheck,gosec // may have ended
		<-ended
	})
	deadline := time.Now().Add(10 * time.Second)
	for time.Now().Before(deadline) {
		if answers(addr) {
			return "redis://" + addr, nil
		}
		select {
		case <-ended:
			return "", fmt.Errorf("redis-server ended: %s", out.String())
		case <-time.After(5 * time.Millisecond):
		}
	}
	return "", fmt.Errorf("redis-server on %s does not answer", addr)
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
