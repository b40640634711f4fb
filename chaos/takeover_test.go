package chaos

import (
	"context"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/redis/go-redis/v9"
)

// takeovers measures how long a thread stays without a process after the one
// that held its lease was killed or frozen: until its lease's epoch has grown.
type takeovers struct {
	c        *redis.Client
	watching sync.WaitGroup
	mu       sync.Mutex
	hurts    int // Redis faults begun and ended: odd while one lasts
	quiet    []time.Duration
	all      []time.Duration
	never    []string
}

func newTakeovers(t *testing.T, addr string) *takeovers {
	c := redis.NewClient(&redis.Options{Addr: addr, Protocol: 2, DisableIdentity: true, DialTimeout: time.Second, ReadTimeout: time.Second, ContextTimeoutEnabled: true})
	t.Cleanup(func() {
		if err := c.Close(); err != nil {
			t.Error(err)
		}
	})
	return &takeovers{c: c}
}

// disturb notes a fault of Redis, until what it returns is called.
func (k *takeovers) disturb() (over func()) {
	note := func() { k.mu.Lock(); k.hurts++; k.mu.Unlock() }
	note()
	return note
}

func (k *takeovers) hurt() int {
	k.mu.Lock()
	defer k.mu.Unlock()
	return k.hurts
}

type heldLease struct {
	log, epochKey, dueKey string
	epoch                 int64
}

// before notes what the process holds; what it returns is called once it is
// gone, and watches who takes that over.
func (k *takeovers) before(pid int) (gone func()) {
	ctx, cancel := context.WithTimeout(context.Background(), 2*time.Second)
	defer cancel()
	var held []heldLease
	keys, err := k.c.Keys(ctx, "rb:{*}:o:*").Result()
	if err != nil { // Redis is away: nothing is measured
		return func() {}
	}
	for _, key := range keys {
		v, err := k.c.Get(ctx, key).Result()
		epoch, owner, ok := strings.Cut(v, " ")
		if err != nil || !ok || !strings.Contains(owner, "/"+strconv.Itoa(pid)+"/") {
			continue
		}
		if n, err := strconv.ParseInt(epoch, 10, 64); err == nil {
			tag, log, _ := strings.Cut(key, ":o:")
			held = append(held, heldLease{log, tag + ":h:" + log, tag + ":due", n})
		}
	}
	return func() {
		at, hurt := time.Now(), k.hurt()
		for _, l := range held {
			k.watching.Go(func() { k.watch(l, at, hurt) })
		}
	}
}

// watch waits until the lease has another epoch, or nothing is left to be done.
func (k *takeovers) watch(l heldLease, at time.Time, hurt int) {
	ctx, cancel := context.WithTimeout(context.Background(), 2*time.Minute)
	defer cancel()
	taken := poll(ctx, func() bool {
		n, err := k.c.HGet(ctx, l.epochKey, "\x00e").Int64()
		return err == nil && n > l.epoch
	})
	took := time.Since(at)
	k.mu.Lock()
	defer k.mu.Unlock()
	switch {
	case !taken:
		end, cancel := context.WithTimeout(context.Background(), 2*time.Second)
		defer cancel()
		if k.c.ZScore(end, l.dueKey, l.log).Err() == nil {
			k.never = append(k.never, l.log)
		}
	default:
		k.all = append(k.all, took)
		if hurt == k.hurts && hurt%2 == 0 {
			k.quiet = append(k.quiet, took)
		}
	}
}

// spread is the middle and the largest of durations.
func spread(list []time.Duration) string {
	if len(list) == 0 {
		return "none"
	}
	list = slices.Sorted(slices.Values(list))
	return fmt.Sprintf("%d, p50 %s, max %s", len(list), list[len(list)/2].Round(10*time.Millisecond), list[len(list)-1].Round(10*time.Millisecond))
}
