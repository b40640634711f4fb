package boltstore

import (
	"context"
	"errors"
	"fmt"
	"sync/atomic"

	bolt "go.etcd.io/bbolt"

	"github.com/releasebot/releasebot/threadstore"
)

// maxBatch bounds what goes into one transaction.
const maxBatch = 256

// A job is one change that waits for the writer.
type job struct {
	// do changes nothing if it returns an error. It reports whether it has changed the file.
	do    func(b *batch) (changed bool, err error)
	taken atomic.Bool // by the writer, or by the caller who has given up
	err   error
	done  chan struct{}
}

// A batch is one transaction and what is to happen with its end.
type batch struct {
	tx        *bolt.Tx
	committed []func()
	failed    []func()
}

// update runs do in the next transaction and returns once that is on the disk.
// If ctx ends first, do was not run at all.
func (d *Driver) update(ctx context.Context, do func(b *batch) (changed bool, err error)) error {
	j := &job{do: do, done: make(chan struct{})}
	select {
	case d.jobs <- j:
	case <-d.quit:
		return threadstore.ErrClosed
	case <-ctx.Done():
		return context.Cause(ctx)
	}
	select {
	case <-j.done:
	case <-ctx.Done():
		if j.taken.CompareAndSwap(false, true) {
			return context.Cause(ctx)
		}
		<-j.done
	}
	return j.err
}

// write is the writer. Open starts it; Close ends it and waits.
func (d *Driver) write() {
	defer close(d.ended)
	jobs := make([]*job, 0, maxBatch)
	for {
		select {
		case <-d.quit:
			return
		case j := <-d.jobs:
			jobs = d.collect(append(jobs[:0], j))
			d.commit(jobs)
		}
	}
}

// collect adds the jobs that wait already; it does not wait for more.
func (d *Driver) collect(jobs []*job) []*job {
	for len(jobs) < maxBatch {
		select {
		case j := <-d.jobs:
			jobs = append(jobs, j)
		default:
			return jobs
		}
	}
	return jobs
}

func (d *Driver) commit(jobs []*job) {
	var b batch
	err := guard(func() error { return d.transact(&b, jobs) })
	ends := b.committed
	if err != nil {
		ends = b.failed
	}
	for _, f := range ends {
		f()
	}
	for _, j := range jobs {
		if err != nil && j.err == nil {
			j.err = err
		}
		close(j.done)
	}
}

func (d *Driver) transact(b *batch, jobs []*job) (err error) {
	b.tx, err = d.db.Begin(true)
	if err != nil {
		return err
	}
	written := false
	defer func() {
		if !written {
			err = errors.Join(err, b.tx.Rollback())
		}
	}()
	changed := false
	for _, j := range jobs {
		if !j.taken.CompareAndSwap(false, true) {
			continue
		}
		c, err := j.do(b)
		if err != nil && c {
			return err // half done: nobody's change may stay
		}
		j.err = err
		changed = changed || c
	}
	if !changed {
		return nil
	}
	written = true // Commit rolls back by itself when it fails
	if err := b.tx.Commit(); err != nil {
		return fmt.Errorf("writing the file: %w", err)
	}
	return nil
}

// view reads, with damage reported as an error.
func (d *Driver) view(ctx context.Context, do func(tx *bolt.Tx) error) error {
	if err := ctx.Err(); err != nil {
		return context.Cause(ctx)
	}
	err := guard(func() error { return d.db.View(do) })
	if errors.Is(err, bolt.ErrDatabaseNotOpen) { //nolint:staticcheck // the same value as errors.ErrDatabaseNotOpen
		return threadstore.ErrClosed
	}
	return err
}
