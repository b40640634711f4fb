package redisstore

import (
	"context"
	"fmt"
	"maps"
	"strconv"
	"strings"
	"sync"

	"github.com/redis/go-redis/v9"
)

// Check asks every master for the settings that events depend on. A problem must
// stop the program; a warning says what could be lost.
func (d *Driver) Check(ctx context.Context) (problems, warnings []string) {
	var mu sync.Mutex
	one := func(ctx context.Context, c *redis.Client) error {
		p, w := d.checkServer(ctx, c)
		mu.Lock()
		defer mu.Unlock()
		problems, warnings = append(problems, p...), append(warnings, w...)
		return nil
	}
	var err error
	switch c := d.c.(type) {
	case *redis.ClusterClient:
		err = c.ForEachMaster(ctx, one)
	case *redis.Client:
		err = one(ctx, c)
	}
	if err != nil {
		problems = append(problems, fmt.Sprintf("Redis can't be asked for its settings: %v", err))
	}
	return problems, warnings
}

func (d *Driver) checkServer(ctx context.Context, c *redis.Client) (problems, warnings []string) {
	problem := func(f string, a ...any) { problems = append(problems, fmt.Sprintf(f, a...)) }
	warning := func(f string, a ...any) { warnings = append(warnings, fmt.Sprintf(f, a...)) }
	info, err := c.Info(ctx).Result()
	if err != nil {
		problem("Redis doesn't answer INFO: %v", err)
		return problems, warnings
	}
	s := settings{info: parseInfo(info)}
	s.config(ctx, c, "maxmemory-policy", "appendonly", "appendfsync", "save")

	if v := s.info["redis_version"]; v != "" && older(v, 6, 2) {
		problem("Redis is version %s; releasebot needs 6.2 or later", v)
	}
	switch policy := s.get("maxmemory-policy", "maxmemory_policy"); policy {
	case "noeviction":
	case "":
		warning("Redis doesn't say what its maxmemory-policy is; it has to be noeviction")
	default:
		problem("Redis' maxmemory-policy is %s, which deletes events when memory runs short: set it to noeviction", policy)
	}
	aof := s.get("appendonly", "aof_enabled")
	switch fsync := s.get("appendfsync", ""); {
	case aof == "no" || aof == "0":
		if s.get("save", "") == "" {
			warning("Redis keeps nothing on disk (appendonly no): a restart loses every event. Set appendonly yes and appendfsync always")
		} else {
			warning("Redis writes to disk only now and then (appendonly no): a crash loses the events since. Set appendonly yes and appendfsync always")
		}
	case aof == "":
		warning("Redis doesn't say how it persists; it should be appendonly yes and appendfsync always")
	case fsync == "":
		warning("Redis doesn't say what its appendfsync is; weaker than always, a crash loses acknowledged events")
	case fsync != "always":
		warning("Redis' appendfsync is %s: a crash may lose acknowledged events (everysec: of the last second). Set it to always", fsync)
	}
	if n, err := strconv.Atoi(s.info["connected_slaves"]); err == nil && n < d.wait {
		problem("%d replicas must confirm an append, but Redis has %d: nothing could be deployed", d.wait, n)
	}
	return problems, warnings
}

// settings are what a server tells; managed ones often forbid CONFIG, so INFO is asked as well.
type settings struct {
	info, conf map[string]string
}

func (s *settings) config(ctx context.Context, c *redis.Client, names ...string) {
	s.conf = make(map[string]string)
	for _, name := range names {
		got, err := c.ConfigGet(ctx, name).Result()
		if err != nil {
			return // not allowed: what is missing is reported as such
		}
		maps.Copy(s.conf, got)
	}
}

func (s *settings) get(conf, info string) string {
	if v, ok := s.conf[conf]; ok {
		return v
	}
	return s.info[info]
}

func parseInfo(info string) map[string]string {
	m := make(map[string]string)
	for line := range strings.Lines(info) {
		if k, v, ok := strings.Cut(strings.TrimSpace(line), ":"); ok {
			m[k] = v
		}
	}
	return m
}

// older compares the first two parts of a version.
func older(version string, major, minor int) bool {
	var a, b int
	if _, err := fmt.Sscanf(version, "%d.%d", &a, &b); err != nil {
		return false
	}
	return a < major || (a == major && b < minor)
}
