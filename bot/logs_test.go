package bot_test

import (
	"bytes"
	"log/slog"
	"sync"
)

// logs keeps what was logged, at every level.
type logs struct {
	mu    sync.Mutex
	buf   bytes.Buffer
	nodes int
}

func (l *logs) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.buf.Write(p)
}

func (l *logs) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.buf.String()
}

func (l *logs) logger() *slog.Logger {
	return slog.New(slog.NewTextHandler(l, &slog.HandlerOptions{Level: slog.LevelDebug}))
}
