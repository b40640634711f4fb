package deploy

import (
	"context"
	"errors"
	"fmt"
	"os"
	"syscall"
	"time"
)

// Prune removes output and particulars of runs that finished longer than
// olderThan ago, and returns how many. What remains of them is the result, a
// few bytes: a key stays spent for ever.
func (d *Command) Prune(ctx context.Context, olderThan time.Duration) (int, error) {
	entries, err := os.ReadDir(d.runs)
	if err != nil {
		return 0, fmt.Errorf("pruning runs: %w", err)
	}
	before := d.now().Add(-olderThan)
	pruned := 0
	var errs []error
	for _, e := range entries {
		if ctx.Err() != nil {
			return pruned, errors.Join(append(errs, context.Cause(ctx))...)
		}
		did, err := run{dir: d.runs + "/" + e.Name()}.prune(before)
		if err != nil {
			errs = append(errs, fmt.Errorf("pruning run %s: %w", e.Name(), err))
		}
		if did {
			pruned++
		}
	}
	return pruned, errors.Join(errs...)
}

// prune empties the folder if its run finished before a time.
func (r run) prune(before time.Time) (bool, error) {
	var res result
	there, err := r.read(resultFile, &res)
	if err != nil || !there || !res.Finished.Before(before) {
		return false, err
	}
	lock, err := r.openLock()
	if err != nil {
		return false, err
	}
	defer closeQuietly(lock)
	if free, err := tryLock(lock, syscall.LOCK_EX); err != nil || !free {
		return false, err
	}
	entries, err := os.ReadDir(r.dir)
	if err != nil {
		return false, err
	}
	did := false
	for _, e := range entries {
		if e.Name() == lockFile || e.Name() == resultFile {
			continue
		}
		if err := removeIfThere(r.path(e.Name())); err != nil {
			return did, err
		}
		did = true
	}
	return did, nil
}
