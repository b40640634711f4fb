package redistest

import (
	"context"
	"fmt"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/redis/go-redis/v9"

	"github.com/releasebot/releasebot/internal/freeport"
)

// slots is how many a Redis Cluster has.
const slots = 16384

// A Nodes is a Redis Cluster of three masters. Clients reach each of them
// through a proxy: the nodes announce the proxies' ports.
type Nodes struct {
	Servers []*Server
	Proxies []*Proxy
}

// URL names one of the nodes.
func (n *Nodes) URL() string { return n.Proxies[0].URL() }

// Lose has every node lose answers, as [Proxy.Lose] does.
func (n *Nodes) Lose(rate float64) {
	for _, p := range n.Proxies {
		p.Lose(rate)
	}
}

// Cluster runs a Redis Cluster of three masters until t ends, and returns when
// every slot is served. Further arguments go to each server. It skips as [Start] does.
func Cluster(t testing.TB, args ...string) *Nodes {
	t.Helper()
	n := &Nodes{}
	for range 3 {
		bus, err := freeport.Port()
		if err != nil {
			t.Fatal(err)
		}
		s := Serve(t, append([]string{
			"--cluster-enabled", "yes", "--cluster-port", strconv.Itoa(bus), "--cluster-node-timeout", "10000", "--cluster-require-full-coverage", "yes",
		}, args...)...)
		p := Proxied(t, s.URL())
		n.Servers, n.Proxies = append(n.Servers, s), append(n.Proxies, p)
		with(t, s, func(ctx context.Context, c *redis.Client) error {
			return c.ConfigSet(ctx, "cluster-announce-port", p.Port()).Err()
		})
		first, last := (len(n.Servers)-1)*slots/3, len(n.Servers)*slots/3-1
		with(t, s, func(ctx context.Context, c *redis.Client) error {
			return c.ClusterAddSlotsRange(ctx, first, last).Err()
		})
		if s == n.Servers[0] {
			continue
		}
		with(t, n.Servers[0], func(ctx context.Context, c *redis.Client) error {
			return c.Do(ctx, "cluster", "meet", "127.0.0.1", s.Port(), strconv.Itoa(bus)).Err()
		})
	}
	for i, s := range n.Servers {
		eventually(t, "the cluster being up, seen by node "+strconv.Itoa(i), func() error {
			return n.whole(t.Context(), s)
		})
	}
	return n
}

// whole: the node sees all three, at the ports of their proxies, and all slots.
func (n *Nodes) whole(ctx context.Context, s *Server) error {
	c := client(s)
	defer c.Close() //nolint:errcheck // only asked
	info, err := c.ClusterInfo(ctx).Result()
	if err != nil {
		return err
	}
	if !strings.Contains(info, "cluster_state:ok") || !strings.Contains(info, "cluster_known_nodes:3") {
		return fmt.Errorf("it says %q", info)
	}
	nodes, err := c.ClusterNodes(ctx).Result()
	if err != nil {
		return err
	}
	for _, p := range n.Proxies {
		if !strings.Contains(nodes, ":"+p.Port()+"@") {
			return fmt.Errorf("the port %s is not among %q", p.Port(), nodes)
		}
	}
	return nil
}

// client is one of a server's own address, with plain settings.
func client(s *Server) *redis.Client {
	return redis.NewClient(&redis.Options{Addr: s.addr, Protocol: 2, DisableIdentity: true, DialTimeout: time.Second, ReadTimeout: 5 * time.Second})
}

func with(t testing.TB, s *Server, do func(ctx context.Context, c *redis.Client) error) {
	t.Helper()
	c := client(s)
	defer c.Close() //nolint:errcheck // of a test
	if err := do(t.Context(), c); err != nil {
		t.Fatalf("redis-server on %s: %v", s.addr, err)
	}
}
