package main

import (
	"io"
	"log/slog"
)

// newLogger writes to w as RELEASEBOT_LOG_LEVEL and RELEASEBOT_LOG_FORMAT say.
func newLogger(w io.Writer, s settings) *slog.Logger {
	o := &slog.HandlerOptions{Level: s.logLevel}
	if s.logJSON {
		return slog.New(slog.NewJSONHandler(w, o))
	}
	return slog.New(slog.NewTextHandler(w, o))
}
