package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"time"

	"github.com/releasebot/releasebot/agent"
)

// How often old threads are looked for: again soon where a sweep left some.
const (
	sweepEvery = time.Hour
	sweepAgain = 10 * time.Second
)

// retain removes threads that are old, once they were exported, until ctx ends.
func (a *assembly) retain(ctx context.Context) {
	if a.retention <= 0 {
		return
	}
	r := agent.Retention{Store: a.store, Owner: a.owner, Keep: a.retention, Export: exporter{a.export}.thread, Now: time.Now, Log: a.log}
	for {
		n, more, err := r.Sweep(ctx)
		if err != nil && ctx.Err() == nil {
			a.log.Warn("old threads were not removed; tried again in an hour", "removed", n, "err", err)
		} else if n > 0 {
			a.log.Info("old threads were exported and removed", "threads", n, "folder", a.export)
		}
		wait := sweepEvery
		if more && err == nil {
			wait = sweepAgain
		}
		select {
		case <-ctx.Done():
			return
		case <-time.After(wait):
		}
	}
}

// An exporter writes threads into a folder, in one folder for each month.
type exporter struct{ dir string }

// thread writes a thread's events as thread export does. What stands there under
// its name is whole, and on the disk: it is written beside, synced, and renamed.
func (e exporter) thread(_ context.Context, id agent.ThreadID, last time.Time, records [][]byte) (err error) {
	dir := filepath.Join(e.dir, last.UTC().Format("2006-01"))
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return fmt.Errorf("RELEASEBOT_EXPORT: %w", err)
	}
	var b bytes.Buffer
	if err := writeLines(&b, records); err != nil {
		return err
	}
	path := filepath.Join(dir, string(id)+".jsonl")
	f, err := os.CreateTemp(dir, ".export-*")
	if err != nil {
		return fmt.Errorf("RELEASEBOT_EXPORT: %w", err)
	}
	_, err = f.Write(b.Bytes())
	err = errors.Join(err, f.Sync(), f.Close())
	if err == nil {
		err = os.Rename(f.Name(), path)
	}
	if err != nil {
		return fmt.Errorf("writing %s: %w", path, errors.Join(err, os.Remove(f.Name())))
	}
	return errors.Join(syncDir(dir), syncDir(e.dir))
}

// syncDir makes the names in a folder durable.
func syncDir(dir string) error {
	d, err := os.Open(dir) //nolint:gosec // a folder of ours
	if err != nil {
		return fmt.Errorf("syncing %s: %w", dir, err)
	}
	if err := errors.Join(d.Sync(), d.Close()); err != nil {
		return fmt.Errorf("syncing %s: %w", dir, err)
	}
	return nil
}
