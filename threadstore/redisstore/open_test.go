package redisstore_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/alicebob/miniredis/v2"

	"github.com/releasebot/releasebot/threadstore"
	"github.com/releasebot/releasebot/threadstore/redisstore"
	"github.com/releasebot/releasebot/threadstore/storetest/redistest"
)

// The epochs of a store of the format before are gone on from.
func TestFormatBefore(t *testing.T) {
	url := mini(t)
	cfg := redisstore.Config{URL: url, Prefix: "old"}
	open(t, cfg)
	c := client(t, url)
	if err := c.HSet(t.Context(), "old:meta", "format", "1").Err(); err != nil {
		t.Fatal(err)
	}
	keys, err := epochKey(t, cfg, "log")
	if err != nil {
		t.Fatal(err)
	}
	if err := c.HSet(t.Context(), keys, "e", 7).Err(); err != nil {
		t.Fatal(err)
	}
	s := threadstore.New(open(t, cfg), threadstore.Options{})
	l, err := s.Acquire(t.Context(), "log", "me", 0)
	if err != nil || l.Epoch != 8 {
		t.Fatalf("the epoch is %+v (%v), want 8: it was 7", l, err)
	}
	if f, err := c.HGet(t.Context(), "old:meta", "format").Result(); err != nil || f != "2" {
		t.Errorf("the format is %q afterwards (%v)", f, err)
	}
}

// epochKey finds the key that keeps the epoch of a log that was pruned.
func epochKey(t *testing.T, cfg redisstore.Config, log string) (string, error) {
	t.Helper()
	s := threadstore.New(open(t, cfg), threadstore.Options{})
	done, err := s.Append(t.Context(), threadstore.Append{Log: log, Drafts: []threadstore.Draft{draft("a")}})
	if err != nil {
		return "", err
	}
	if err := s.Prune(t.Context(), log, done.Version); err != nil {
		return "", err
	}
	keys, err := client(t, cfg.URL).Keys(t.Context(), cfg.Prefix+":*:e:"+log).Result()
	if err != nil || len(keys) != 1 {
		return "", fmt.Errorf("keys %q: %w", keys, err)
	}
	return keys[0], nil
}

func open(t testing.TB, cfg redisstore.Config) *redisstore.Driver {
	t.Helper()
	d, err := redisstore.Open(t.Context(), cfg)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := d.Close(); err != nil {
			t.Error(err)
		}
	})
	return d
}

func draft(id string) threadstore.Draft {
	return threadstore.Draft{ID: id, Sum: id, Encode: func(_ int64, prev string) ([]byte, error) { return []byte(prev + id), nil }}
}

// A store of another format or number of shards is refused, because its logs would not be found.
func TestAnotherStoreIsRefused(t *testing.T) {
	url := mini(t)
	for field, value := range map[string]string{"format": "99", "shards": "16"} {
		cfg := redisstore.Config{URL: url, Prefix: "p-" + field}
		open(t, cfg)
		open(t, cfg) // again, unchanged
		if err := client(t, url).HSet(t.Context(), cfg.Prefix+":meta", field, value).Err(); err != nil {
			t.Fatal(err)
		}
		_, err := redisstore.Open(t.Context(), cfg)
		if err == nil || !strings.Contains(err.Error(), value) || !strings.Contains(err.Error(), field) {
			t.Errorf("%s %s: %v, want an error that names it", field, value, err)
		}
	}
}

// No error shows a URL: there may be a password in it.
func TestURLErrorsKeepSecrets(t *testing.T) {
	for _, cfg := range []redisstore.Config{
		{URL: "redis://user:sekret@host:x1"},
		{URL: "http://user:sekret@host"},
		{URL: "redis://:sekret@host/%zz"},
		{URL: "redis://:sekret@127.0.0.1:1"},
		{URL: "redis://:sek\x7fret@host"},
		{URL: "redis://:sekret@host?max_retries=many", Cluster: true},
		{URL: "redis://:sekret@host:x1", SentinelMaster: "m"},
		{URL: "redis://:sekret@host", SentinelMaster: "m", Cluster: true},
	} {
		_, err := redisstore.Open(t.Context(), cfg)
		if err == nil || strings.Contains(err.Error(), "sekret") || strings.Contains(err.Error(), "sek") {
			t.Errorf("%+v: %v", cfg, err)
		}
	}
}

// A server that has forgotten its scripts, as after a failover, is told them again.
func TestForgottenScripts(t *testing.T) {
	url := redistest.Start(t)
	s := threadstore.New(open(t, redisstore.Config{URL: url}), threadstore.Options{})
	for i := range 3 {
		if _, err := s.Append(t.Context(), threadstore.Append{Log: "log", Expect: int64(i), Drafts: []threadstore.Draft{draft(fmt.Sprint(i))}, Durable: true}); err != nil {
			t.Fatal(err)
		}
		if err := client(t, url).ScriptFlush(t.Context()).Err(); err != nil {
			t.Fatal(err)
		}
	}
}

func TestClosed(t *testing.T) {
	d, err := redisstore.Open(t.Context(), redisstore.Config{URL: mini(t)})
	if err != nil {
		t.Fatal(err)
	}
	notes, err := d.Tail(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if err := errors.Join(d.Close(), d.Close()); err != nil {
		t.Fatal(err)
	}
	if _, ok := <-notes; ok {
		t.Error("a note after Close")
	}
	s := threadstore.New(d, threadstore.Options{})
	if _, err := s.Append(t.Context(), threadstore.Append{Log: "log", Fact: true, Drafts: []threadstore.Draft{draft("a")}}); !errors.Is(err, threadstore.ErrClosed) {
		t.Errorf("Append: %v, want ErrClosed", err)
	}
	if err := s.Ping(t.Context()); !errors.Is(err, threadstore.ErrClosed) {
		t.Errorf("Ping: %v, want ErrClosed", err)
	}
	if _, err := d.Tail(t.Context()); !errors.Is(err, threadstore.ErrClosed) {
		t.Errorf("Tail: %v, want ErrClosed", err)
	}
}

func TestCheck(t *testing.T) {
	for _, c := range []struct {
		what               string
		args               []string
		wait               int
		problem, warning   string
		problems, warnings int
	}{
		{what: "as it should be", args: []string{"--appendonly", "yes", "--appendfsync", "always"}},
		{what: "evicting", args: []string{"--maxmemory-policy", "allkeys-lru", "--appendonly", "yes", "--appendfsync", "always"}, problems: 1, problem: "allkeys-lru"},
		{what: "everysec", args: []string{"--appendonly", "yes", "--appendfsync", "everysec"}, warnings: 1, warning: "everysec"},
		{what: "snapshots only", args: []string{"--save", "60 1"}, warnings: 1, warning: "now and then"},
		{what: "nothing kept", warnings: 1, warning: "nothing on disk"},
		{what: "too few replicas", args: []string{"--appendonly", "yes", "--appendfsync", "always"}, wait: 2, problems: 1, problem: "2 replicas"},
	} {
		t.Run(c.what, func(t *testing.T) {
			d := open(t, redisstore.Config{URL: redistest.Start(t, c.args...), WaitReplicas: c.wait})
			problems, warnings := d.Check(t.Context())
			if len(problems) != c.problems || len(warnings) != c.warnings ||
				!strings.Contains(strings.Join(problems, ""), c.problem) || !strings.Contains(strings.Join(warnings, ""), c.warning) {
				t.Errorf("problems %q, warnings %q", problems, warnings)
			}
		})
	}
}

// A server that tells nothing of itself is warned about, not refused.
func TestCheckOfASilentServer(t *testing.T) {
	d := open(t, redisstore.Config{URL: mini(t)})
	if problems, warnings := d.Check(t.Context()); len(warnings) < 2 {
		t.Errorf("problems %q, warnings %q", problems, warnings)
	}
}

// A durable append without its replicas is in the log, but is told apart, also when its reply was lost.
func TestDurable(t *testing.T) {
	master := redistest.Start(t, "--repl-diskless-sync-delay", "0")
	s := threadstore.New(open(t, redisstore.Config{URL: master, WaitReplicas: 1}), threadstore.Options{})
	a := threadstore.Append{Log: "log", Drafts: []threadstore.Draft{draft("a")}, Durable: true, Due: threadstore.DueNever()}
	done, err := s.Append(t.Context(), a)
	if !errors.Is(err, threadstore.ErrNotReplicated) || done.Version != 1 || !done.Fresh[0] {
		t.Fatalf("without a replica: %+v, %v", done, err)
	}
	a.Durable, a.Expect, a.Drafts = false, 1, []threadstore.Draft{draft("b")}
	if _, err := s.Append(t.Context(), a); err != nil {
		t.Fatalf("not asking for it: %v", err)
	}

	host, port, _ := strings.Cut(strings.TrimPrefix(master, "redis://"), ":")
	replica := client(t, redistest.Start(t, "--replicaof", host+" "+port))
	deadline := time.Now().Add(2 * time.Minute)
	for linked := false; !linked; {
		info, err := replica.Info(t.Context(), "replication").Result()
		if err != nil || time.Now().After(deadline) {
			t.Fatalf("the replica has not linked up: %v\n%s", err, info)
		}
		linked = strings.Contains(info, "master_link_status:up")
	}
	a.Durable = true
	// The master counts a replica a moment after the replica says that it is linked.
	for i := int64(2); ; i++ {
		a.Expect, a.Drafts = i, []threadstore.Draft{draft(fmt.Sprint(i))}
		_, err = s.Append(t.Context(), a)
		if !errors.Is(err, threadstore.ErrNotReplicated) || time.Now().After(deadline) {
			break
		}
	}
	if err != nil {
		t.Fatalf("with a replica: %v", err)
	}
}

// While Redis is away an append fails in bounded time; once it is back, the same append goes in.
func TestRedisAway(t *testing.T) {
	m, err := miniredis.Run()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(m.Close)
	s := threadstore.New(open(t, redisstore.Config{URL: "redis://" + m.Addr()}), threadstore.Options{})
	a := threadstore.Append{Log: "log", Fact: true, Drafts: []threadstore.Draft{draft("a")}}
	m.Close()
	start := time.Now()
	if _, err := s.Append(t.Context(), a); err == nil || time.Since(start) > time.Minute {
		t.Fatalf("with Redis away: %v after %v", err, time.Since(start))
	}
	start = time.Now()
	ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
	defer cancel()
	if _, err := s.Append(ctx, a); !errors.Is(err, context.DeadlineExceeded) || time.Since(start) > time.Minute {
		t.Fatalf("with 50 ms to do it: %v after %v", err, time.Since(start))
	}
	if err := m.Restart(); err != nil {
		t.Fatal(err)
	}
	if done, err := s.Append(t.Context(), a); err != nil || !done.Fresh[0] {
		t.Fatalf("with Redis back: %+v, %v", done, err)
	}
}
