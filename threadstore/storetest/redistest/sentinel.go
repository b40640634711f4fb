package redistest

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/redis/go-redis/v9"
)

// MasterName is the name by which a [Watch]'s Sentinel knows the master.
const MasterName = "releasebot"

// A Watch is a master with a replica, and the Sentinel that watches them.
type Watch struct {
	t                         testing.TB
	Master, Replica, Sentinel *Server
}

// Sentinel runs a master, its replica and a Sentinel until t ends. Arguments go
// to the first two. It skips as [Start] does.
func Sentinel(t testing.TB, args ...string) *Watch {
	t.Helper()
	w := &Watch{t: t, Master: Serve(t, args...)}
	w.Replica = Serve(t, append([]string{"--replicaof", "127.0.0.1 " + w.Master.Port()}, args...)...)
	w.replicated()
	w.Sentinel = serve(t, func(port int) []string {
		dir := t.TempDir()
		file := filepath.Join(dir, "sentinel.conf")
		conf := fmt.Sprintf("port %d\nbind 127.0.0.1\ndir %s\nsentinel monitor %s 127.0.0.1 %s 1\nsentinel down-after-milliseconds %s 1500\nsentinel failover-timeout %s 10000\n",
			port, dir, MasterName, w.Master.Port(), MasterName, MasterName)
		if err := os.WriteFile(file, []byte(conf), 0o600); err != nil {
			t.Fatal(err)
		}
		return []string{file, "--sentinel"}
	})
	eventually(t, "the Sentinel knowing the replica", func() error {
		return w.ask(w.Sentinel, func(ctx context.Context, c *redis.SentinelClient) error {
			known, err := c.Replicas(ctx, MasterName).Result()
			if err == nil && (len(known) != 1 || known[0]["role-reported"] != "slave" || strings.Contains(known[0]["flags"], "down")) {
				err = fmt.Errorf("it knows %v", known)
			}
			return err
		})
	})
	return w
}

// URL names the Sentinel.
func (w *Watch) URL() string { return w.Sentinel.URL() }

// Lose cuts the replica off, has writes acknowledged by the master alone, kills
// the master, and returns once the replica, which never saw them, is in its place.
func (w *Watch) Lose(writes func()) {
	w.t.Helper()
	w.replicated()
	w.Replica.Freeze()
	with(w.t, w.Master, func(ctx context.Context, c *redis.Client) error {
		return c.ClientKillByFilter(ctx, "TYPE", "replica").Err()
	})
	writes()
	w.Master.Kill()
	w.Replica.Thaw()
	w.Promoted()
}

// Promoted waits until the replica is the master, also for those who ask the Sentinel.
func (w *Watch) Promoted() {
	w.t.Helper()
	eventually(w.t, "the replica becoming the master", func() error {
		return w.ask(w.Sentinel, func(ctx context.Context, c *redis.SentinelClient) error {
			addr, err := c.GetMasterAddrByName(ctx, MasterName).Result()
			if err == nil && (len(addr) != 2 || addr[1] != w.Replica.Port()) {
				err = fmt.Errorf("the master is %v", addr)
			}
			return err
		})
	})
	eventually(w.t, "the replica taking writes", func() error {
		info, err := w.info(w.Replica)
		if err == nil && !strings.Contains(info, "role:master") {
			err = errors.New(info)
		}
		return err
	})
}

// replicated waits until the replica has all that the master has.
func (w *Watch) replicated() {
	w.t.Helper()
	eventually(w.t, "the replica being in step", func() error {
		at, err := w.info(w.Master)
		if err != nil {
			return err
		}
		then, err := w.info(w.Replica)
		if err != nil {
			return err
		}
		if !strings.Contains(then, "master_link_status:up") || offset(at, "master_repl_offset") != offset(then, "slave_repl_offset") {
			return fmt.Errorf("the master says %q, the replica %q", at, then)
		}
		return nil
	})
}

func (w *Watch) info(s *Server) (string, error) {
	c := client(s)
	defer c.Close() //nolint:errcheck // only asked
	return c.Info(w.t.Context(), "replication").Result()
}

func offset(info, name string) string {
	for line := range strings.Lines(info) {
		if v, ok := strings.CutPrefix(strings.TrimSpace(line), name+":"); ok {
			return v
		}
	}
	return ""
}

func (w *Watch) ask(s *Server, do func(ctx context.Context, c *redis.SentinelClient) error) error {
	c := redis.NewSentinelClient(&redis.Options{Addr: s.addr, Protocol: 2, DisableIdentity: true})
	defer c.Close() //nolint:errcheck // only asked
	return do(w.t.Context(), c)
}
