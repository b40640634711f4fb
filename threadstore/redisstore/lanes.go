package redisstore

import (
	"context"

	"github.com/redis/go-redis/v9"
)

// lanes carry commands to Redis.
type lanes struct {
	c redis.UniversalClient
}

func newLanes(c redis.UniversalClient) *lanes { return &lanes{c: c} }

func (l *lanes) process(ctx context.Context, cmd *redis.Cmd) error { return l.c.Process(ctx, cmd) }

func (l *lanes) close() {}
