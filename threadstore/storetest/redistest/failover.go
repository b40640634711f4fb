package redistest

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"testing"

	"github.com/redis/go-redis/v9"

	"github.com/releasebot/releasebot/internal/freeport"
)

// A Failover is a Redis Cluster of three masters, each with a replica that takes
// its place when it dies. Clients reach the nodes directly.
type Failover struct {
	t testing.TB
	// Pairs are, for each third of the slots, the two servers that may serve it, the first master first.
	Pairs [3][2]*Server
}

// nodeTimeout, in milliseconds, is after how long without an answer a node is taken for dead.
const nodeTimeout = 2000

// ClusterWithReplicas runs such a Cluster until t ends, and returns when every
// slot is served and every replica in step. Arguments go to each server. It skips as [Start] does.
func ClusterWithReplicas(t testing.TB, args ...string) *Failover {
	t.Helper()
	f := &Failover{t: t}
	var bus [3][2]int
	for i := range f.Pairs {
		for k := range f.Pairs[i] {
			port, err := freeport.Port()
			if err != nil {
				t.Fatal(err)
			}
			bus[i][k] = port
			f.Pairs[i][k] = Serve(t, append([]string{
				"--cluster-enabled", "yes", "--cluster-port", strconv.Itoa(port), "--cluster-node-timeout", strconv.Itoa(nodeTimeout),
				"--cluster-require-full-coverage", "no", "--cluster-replica-validity-factor", "0", "--repl-diskless-sync-delay", "0",
			}, args...)...)
		}
	}
	for i, pair := range f.Pairs {
		with(t, pair[0], func(ctx context.Context, c *redis.Client) error {
			return c.ClusterAddSlotsRange(ctx, i*slots/3, (i+1)*slots/3-1).Err()
		})
		for k, s := range pair {
			with(t, f.Pairs[0][0], func(ctx context.Context, c *redis.Client) error {
				return c.Do(ctx, "cluster", "meet", "127.0.0.1", s.Port(), strconv.Itoa(bus[i][k])).Err()
			})
		}
	}
	for _, pair := range f.Pairs {
		var master string
		with(t, pair[0], func(ctx context.Context, c *redis.Client) (err error) {
			master, err = c.ClusterMyID(ctx).Result()
			return err
		})
		eventually(t, "a replica following its master", func() error {
			c := client(pair[1])
			defer c.Close() //nolint:errcheck // of a test
			return c.ClusterReplicate(t.Context(), master).Err()
		})
	}
	f.Whole()
	return f
}

// URL names one of the nodes, and others to begin with where that is dead.
func (f *Failover) URL() string {
	var more []string
	for _, pair := range f.Pairs {
		for _, s := range pair {
			more = append(more, "addr="+s.Addr())
		}
	}
	return f.Pairs[0][0].URL() + "?" + strings.Join(more, "&")
}

// Whole waits until all nodes are there, every slot is served, every replica is
// in step, and all of them see it so.
func (f *Failover) Whole() {
	f.t.Helper()
	for _, pair := range f.Pairs {
		for _, s := range pair {
			eventually(f.t, "the cluster being whole, seen by "+s.Addr(), func() error { return f.sees(s) })
		}
		eventually(f.t, "a master having its replica in step", func() error {
			masters := 0
			for _, s := range pair {
				info, err := f.info(s)
				if err != nil {
					return err
				}
				switch {
				case strings.Contains(info, "role:master") && strings.Contains(info, "state=online"):
					masters++
				case strings.Contains(info, "role:slave") && strings.Contains(info, "master_link_status:up"):
				default:
					return fmt.Errorf("%s says %q", s.Addr(), info)
				}
			}
			if masters != 1 {
				return fmt.Errorf("%d masters of a pair", masters)
			}
			return nil
		})
	}
}

func (f *Failover) sees(s *Server) error {
	c := client(s)
	defer c.Close() //nolint:errcheck // only asked
	nodes, err := c.ClusterNodes(f.t.Context()).Result()
	if err != nil {
		return err
	}
	masters, known := 0, strings.Split(strings.TrimSpace(nodes), "\n")
	for _, line := range known {
		fields := strings.Fields(line)
		if len(fields) < 8 || strings.Contains(fields[2], "fail") || strings.Contains(fields[2], "handshake") {
			return fmt.Errorf("a node is not there: %s", line)
		}
		if strings.Contains(fields[2], "master") && len(fields) > 8 {
			masters++
		}
	}
	if masters != 3 || len(known) != 6 {
		return fmt.Errorf("%d masters with slots, %d nodes", masters, len(known))
	}
	return nil
}

func (f *Failover) info(s *Server) (string, error) {
	c := client(s)
	defer c.Close() //nolint:errcheck // only asked
	return c.Info(f.t.Context(), "replication").Result()
}

// KillMaster kills the one of a pair that is the master, and returns once the
// other has taken its place.
func (f *Failover) KillMaster(pair int) (killed *Server) {
	f.t.Helper()
	other := f.Pairs[pair][1]
	killed = f.Pairs[pair][0]
	if info, err := f.info(killed); err != nil || !strings.Contains(info, "role:master") {
		killed, other = other, killed
	}
	killed.Kill()
	eventually(f.t, "the replica becoming the master", func() error {
		info, err := f.info(other)
		if err == nil && !strings.Contains(info, "role:master") {
			err = errors.New(info)
		}
		return err
	})
	return killed
}
