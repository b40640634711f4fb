package redisstore_test

import (
	"context"
	"fmt"
	"os"
	"sync"
	"testing"
	"time"

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

// A third of a Cluster is gone, master and replica, and many keep trying to
// append there. What lies on the others goes on meanwhile, and is found when it
// is due: one shard's trouble is not everybody's.
func TestAThirdOfAClusterGone(t *testing.T) {
	several(t)
	c := redistest.ClusterWithReplicas(t)
	d := open(t, redisstore.Config{URL: c.URL(), Cluster: true})
	s := threadstore.New(d, threadstore.Options{})
	add := func(ctx context.Context, log, id string) error {
		_, err := s.Append(ctx, threadstore.Append{Log: log, Fact: true, Due: threadstore.DueAt(time.Now()), Drafts: []threadstore.Draft{{
			ID: id, Sum: id, Encode: func(seq int64, prev string) ([]byte, error) {
				return fmt.Appendf(nil, `{"seq":%d,"prev":%q}`, seq, prev), nil
			},
		}}})
		return err
	}
	var logs []string
	for n := range 60 {
		logs = append(logs, fmt.Sprintf("log%d", n))
		if err := add(t.Context(), logs[n], "a"); err != nil {
			t.Fatal(err)
		}
	}
	for _, server := range c.Pairs[1] {
		server.Kill()
	}
	// Which of them are gone, each with time enough to find out.
	var all sync.WaitGroup
	var mu sync.Mutex
	gone := map[string]bool{}
	for _, log := range logs {
		all.Go(func() {
			ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
			defer cancel()
			if err := add(ctx, log, "b"); err != nil {
				mu.Lock()
				defer mu.Unlock()
				gone[log] = true
			}
		})
	}
	all.Wait()
	if len(gone) < 5 || len(gone) > 40 {
		t.Fatalf("%d of %d logs are gone, and it should be about a third", len(gone), len(logs))
	}
	ctx, stop := context.WithCancel(t.Context())
	for log := range gone { // a busy replica's facts for the third that is gone
		all.Go(func() {
			for ctx.Err() == nil {
				try, cancel := context.WithTimeout(ctx, 3*time.Second)
				if err := add(try, log, "c"); err == nil {
					t.Errorf("%s was appended to, and it was gone", log)
				}
				cancel()
			}
		})
	}
	defer all.Wait()
	defer stop()
	var slowest time.Duration
	for round := range 3 {
		for _, log := range logs {
			if gone[log] {
				continue
			}
			began := time.Now()
			if err := add(ctx, log, fmt.Sprintf("d%d", round)); err != nil {
				t.Errorf("%s is not gone: %v", log, err)
			}
			slowest = max(slowest, time.Since(began))
		}
	}
	t.Logf("%d of %d logs are gone; the slowest append to the others took %s", len(gone), len(logs), slowest)
	if slowest > time.Second {
		t.Errorf("an append to what is not gone took %s", slowest)
	}
	began := time.Now()
	due, err := d.Due(ctx, time.Now(), 1000)
	t.Logf("what is due was listed in %s", time.Since(began))
	if err != nil || len(due) != len(logs)-len(gone) {
		t.Errorf("%d logs are due, want the %d that are not gone: %v", len(due), len(logs)-len(gone), err)
	}
}
