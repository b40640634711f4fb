package redisstore

import (
	"context"
	"maps"
	"slices"
	"sync"

	"github.com/redis/go-redis/v9"
)

// masters are the lanes of a Cluster, some for each master. A command for one
// that is away is tried for seconds before it fails; it holds up others for the
// same master, and nobody else's.
type masters struct {
	cluster *redis.ClusterClient

	mu     sync.Mutex
	lanes  map[string]*lanes // by the master's address
	closed bool
}

func newMasters(c *redis.ClusterClient) *masters {
	return &masters{cluster: c, lanes: map[string]*lanes{}}
}

// of returns the lanes to the master that has the key now, as far as is known;
// the command finds its way if that has changed. Where nothing is known they are shared.
func (m *masters) of(ctx context.Context, key string) *lanes {
	addr := ""
	if node, err := m.cluster.MasterForKey(ctx, key); err == nil {
		addr = node.Options().Addr
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	l := m.lanes[addr]
	if l == nil {
		l = newLanes(m.cluster)
		l.closed = m.closed
		m.lanes[addr] = l
	}
	return l
}

// close closes all lanes, and waits for what is under way.
func (m *masters) close() {
	m.mu.Lock()
	m.closed = true
	open := slices.Collect(maps.Values(m.lanes)) // those that come after are closed from the start
	m.mu.Unlock()
	for _, l := range open {
		l.close()
	}
}
