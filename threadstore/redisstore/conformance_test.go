package redisstore_test

import (
	"errors"
	"fmt"
	"strconv"
	"strings"
	"testing"

	"github.com/alicebob/miniredis/v2"
	"github.com/redis/go-redis/v9"
	"go.uber.org/goleak"

	"github.com/releasebot/releasebot/internal/leaktest"
	"github.com/releasebot/releasebot/threadstore"
	"github.com/releasebot/releasebot/threadstore/redisstore"
	"github.com/releasebot/releasebot/threadstore/storetest"
	"github.com/releasebot/releasebot/threadstore/storetest/redistest"
)

func TestMain(m *testing.M) {
	// go-redis looks once a second whether a server that was away is back; this one it sees a second after it was closed.
	leaktest.Main(m, goleak.IgnoreAnyFunction("github.com/redis/go-redis/v9/internal/pool.(*ConnPool).tryDial"))
}

// A site opens stores on one Redis, each under a prefix of its own.
type site struct {
	url   string
	lossy string // the same Redis through a bad network
	base  redisstore.Config
	n     int
	of    map[threadstore.Driver]redisstore.Config
}

func (s *site) open(t testing.TB, cfg redisstore.Config) threadstore.Driver {
	t.Helper()
	d, err := redisstore.Open(t.Context(), cfg)
	// On a bad network connecting too may take more than one try.
	for range 20 {
		if err == nil {
			break
		}
		d, err = redisstore.Open(t.Context(), cfg)
	}
	if err != nil {
		t.Fatal(err)
	}
	if s.of == nil {
		s.of = make(map[threadstore.Driver]redisstore.Config)
	}
	s.of[d] = cfg
	return d
}

func (s *site) fresh(t testing.TB, url string) threadstore.Driver {
	t.Helper()
	s.n++
	cfg := s.base
	cfg.URL, cfg.Prefix = url, fmt.Sprintf("t%d", s.n)
	return s.open(t, cfg)
}

func (s *site) harness() storetest.Harness {
	h := storetest.Harness{
		Open:    func(t testing.TB) threadstore.Driver { return s.fresh(t, s.url) },
		Another: func(t testing.TB, d threadstore.Driver) threadstore.Driver { return s.open(t, s.of[d]) },
		Reopen: func(t testing.TB, d threadstore.Driver) threadstore.Driver {
			if err := d.Close(); err != nil {
				t.Fatal(err)
			}
			return s.open(t, s.of[d])
		},
		Shrink: func(t testing.TB, d threadstore.Driver, log string) { s.shrink(t, s.of[d].Prefix, log) },
	}
	if s.lossy != "" {
		h.Lossy = func(t testing.TB) threadstore.Driver { return s.fresh(t, s.lossy) }
	}
	return h
}

func (s *site) shrink(t testing.TB, prefix, log string) {
	t.Helper()
	c := client(t, s.url)
	keys, err := c.Keys(t.Context(), prefix+":{*}:l:"+log).Result()
	if err != nil || len(keys) != 1 {
		t.Fatalf("keys of %s: %v, %v", log, keys, err)
	}
	cut(t, c, keys[0])
}

// cut takes the last event away, and what is known of it, as a failover does.
func cut(t testing.TB, c *redis.Client, key string) {
	t.Helper()
	ctx, hash := t.Context(), strings.Replace(key, ":l:", ":h:", 1)
	gone := strconv.FormatInt(c.LLen(ctx, key).Val(), 10) + ":"
	if err := c.RPop(ctx, key).Err(); err != nil {
		t.Fatal(err)
	}
	last, err := c.LIndex(ctx, key, -1).Bytes()
	if err != nil {
		t.Fatal(err)
	}
	ids, err := c.HGetAll(ctx, hash).Result()
	if err != nil {
		t.Fatal(err)
	}
	for id, known := range ids {
		if strings.HasPrefix(known, gone) {
			err = errors.Join(err, c.HDel(ctx, hash, id).Err())
		}
	}
	if err := errors.Join(err, c.HSet(ctx, hash, "\x00h", threadstore.Chain{}.Hash(last)).Err()); err != nil {
		t.Fatal(err)
	}
}

func client(t testing.TB, url string) *redis.Client {
	t.Helper()
	o, err := redis.ParseURL(url)
	if err != nil {
		t.Fatal(err)
	}
	c := redis.NewClient(o)
	t.Cleanup(func() {
		if err := c.Close(); err != nil {
			t.Error(err)
		}
	})
	return c
}

func mini(t testing.TB) string {
	t.Helper()
	m, err := miniredis.Run()
	if err != nil {
		t.Fatal(err)
	}
	m.ClockTTL(true) // or no lease would end
	t.Cleanup(m.Close)
	return "redis://" + m.Addr()
}

func TestConformanceMiniredis(t *testing.T) {
	url := mini(t)
	s := site{url: url, lossy: redistest.Lossy(t, url, 0.07)}
	storetest.Run(t, s.harness())
}

func TestConformanceRedis(t *testing.T) {
	url := redistest.Start(t)
	s := site{url: url, lossy: redistest.Lossy(t, url, 0.07)}
	storetest.Run(t, s.harness())
}

func BenchmarkMiniredis(b *testing.B) {
	s := site{url: mini(b)}
	storetest.Bench(b, s.harness())
}

func BenchmarkRedis(b *testing.B) {
	s := site{url: redistest.Start(b)}
	storetest.Bench(b, s.harness())
}
