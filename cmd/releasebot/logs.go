package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"strings"

	"github.com/releasebot/releasebot/agent"
	"github.com/releasebot/releasebot/threadstore"
	"github.com/releasebot/releasebot/threadstore/boltstore"
)

// logs is what the reading commands read: the store itself, or a serve that has it open.
type logs interface {
	// Threads lists all threads, the one that changed last first.
	Threads(ctx context.Context) ([]agent.ThreadLine, error)
	// Records returns a log's events as they are stored; none if there is no such log.
	Records(ctx context.Context, log string) ([][]byte, error)
	Close() error
}

// openLogs opens what there is to read. With the embedded store that is the
// running serve, which keeps the file locked, or else the file.
func openLogs(ctx context.Context, s settings) (logs, error) {
	if !s.embedded() {
		d, err := openRedis(ctx, s)
		if err != nil {
			return nil, err
		}
		return storeLogs{threadstore.New(d, s.storeOptions())}, nil
	}
	if s.data == "" {
		return nil, s.dataDir()
	}
	if l, err := dialLogs(ctx, s.data); err == nil {
		return l, nil
	}
	if _, err := os.Stat(s.storePath()); errors.Is(err, os.ErrNotExist) {
		return nothing{}, nil
	}
	store, err := openFile(s.storePath(), s.storeOptions())
	if err == nil {
		return storeLogs{store}, nil
	}
	if errors.Is(err, boltstore.ErrInUse) { // a serve that was about to open its socket
		if l, derr := dialLogs(ctx, s.data); derr == nil {
			return l, nil
		}
		return nil, fmt.Errorf("%w. A running serve answers on %s, but this one doesn't", err, socketPath(s.data))
	}
	return nil, err
}

// storeLogs reads a store.
type storeLogs struct{ store *threadstore.Store }

func (l storeLogs) Threads(ctx context.Context) ([]agent.ThreadLine, error) {
	return agent.Queries{Store: l.store}.Threads(ctx)
}

func (l storeLogs) Records(ctx context.Context, log string) ([][]byte, error) {
	records, err := l.store.Read(ctx, log, 1, 0)
	if errors.Is(err, threadstore.ErrNotFound) {
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("reading %s: %w", log, err)
	}
	return records, nil
}

func (l storeLogs) Close() error { return l.store.Close() }

// nothing is a store that was never begun.
type nothing struct{}

func (nothing) Threads(context.Context) ([]agent.ThreadLine, error) { return nil, nil }
func (nothing) Records(context.Context, string) ([][]byte, error)   { return nil, nil }
func (nothing) Close() error                                        { return nil }

// logName finds the log that somebody means: a thread's id, the id of one of its
// releases or approvals as cards show it, or env:SERVICE/ENVIRONMENT.
func logName(id string) (string, error) {
	id = strings.TrimSpace(id)
	if service, env, ok := agent.ParseEnvironmentLog(id); ok && service != "" && env != "" {
		return id, nil
	}
	if thread, _, _, err := agent.ParseShortID(id); err == nil {
		return string(thread), nil
	}
	if thread, _, _, err := agent.ParseShortID(strings.TrimPrefix(id, "t") + "-1"); err == nil && strings.HasPrefix(id, "t") {
		return string(thread), nil
	}
	return "", &failure{exitUsage, fmt.Errorf("%q is neither a thread's id, such as tk3m9x2q7p4ab (releasebot threads lists them), nor one that a card shows, such as k3m9x2q7p4ab-1", oneLine(id, 60))}
}
