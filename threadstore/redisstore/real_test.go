package redisstore_test

import (
	"os"
	"testing"

	"github.com/releasebot/releasebot/threadstore"
	"github.com/releasebot/releasebot/threadstore/redisstore"
	"github.com/releasebot/releasebot/threadstore/storetest"
	"github.com/releasebot/releasebot/threadstore/storetest/redistest"
)

// several skips tests that need more than one Redis, unless they are asked for.
func several(t testing.TB) {
	t.Helper()
	if os.Getenv("RELEASEBOT_CLUSTER") != "1" {
		t.Skip("starts several redis-servers: set RELEASEBOT_CLUSTER=1")
	}
}

// The suite over a real Cluster of three masters, whose answers get lost where the suite wants that.
func TestConformanceCluster(t *testing.T) {
	several(t)
	nodes := redistest.Cluster(t)
	s := site{url: nodes.URL(), base: redisstore.Config{Cluster: true}}
	h := s.harness()
	h.Lossy = func(t testing.TB) threadstore.Driver {
		d := s.fresh(t, s.url)
		nodes.Lose(0.07)
		t.Cleanup(func() { nodes.Lose(0) })
		return d
	}
	h.Shrink = func(t testing.TB, d threadstore.Driver, log string) {
		for _, node := range nodes.Servers {
			shrinkAt(t, node.URL(), s.of[d].Prefix, log)
		}
	}
	storetest.Run(t, h)
}

// The suite over a master behind a Sentinel, with every durable append confirmed by its replica.
func TestConformanceSentinel(t *testing.T) {
	several(t)
	w := redistest.Sentinel(t)
	s := site{url: w.URL(), base: redisstore.Config{SentinelMaster: redistest.MasterName, WaitReplicas: 1}}
	h := s.harness()
	h.Shrink = func(t testing.TB, d threadstore.Driver, log string) { shrinkAt(t, w.Master.URL(), s.of[d].Prefix, log) }
	storetest.Run(t, h)
}

// shrinkAt takes the last event of a log away, on the node that has it.
func shrinkAt(t testing.TB, url, prefix, log string) {
	t.Helper()
	c := client(t, url)
	keys, err := c.Keys(t.Context(), prefix+":{*}:l:"+log).Result()
	if err != nil {
		t.Fatal(err)
	}
	for _, k := range keys {
		cut(t, c, k)
	}
}
