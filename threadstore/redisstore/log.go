package redisstore

import (
	"context"
	"fmt"
	"log/slog"

	"github.com/redis/go-redis/v9"
)

// LogTo sends what go-redis says by itself (a connection that can't be made, a
// Sentinel that has changed) to log, at the level debug: what matters of it comes back
// as an error too. go-redis has one logger for the whole process, which writes
// to standard error, so this is to be called by the program, once, before Open.
func LogTo(log *slog.Logger) { redis.SetLogger(inner{log}) }

type inner struct{ log *slog.Logger }

// Printf implements the logger of go-redis.
func (l inner) Printf(ctx context.Context, format string, v ...any) {
	if l.log.Enabled(ctx, slog.LevelDebug) {
		l.log.DebugContext(ctx, "go-redis", "says", fmt.Sprintf(format, v...))
	}
}
