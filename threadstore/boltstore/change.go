package boltstore

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"time"

	bolt "go.etcd.io/bbolt"

	"github.com/releasebot/releasebot/threadstore"
)

// Wake makes a log due sooner. See [threadstore.Driver].
func (d *Driver) Wake(ctx context.Context, log string, at time.Time) error {
	return d.update(ctx, func(b *batch) (bool, error) {
		logs := b.tx.Bucket(bucketLogs)
		s, err := decodeLog(logs.Get([]byte(log)))
		if err != nil {
			return false, err
		}
		if s.version == 0 {
			return false, threadstore.ErrNotFound
		}
		ms := max(millis(at), 1)
		if s.due != 0 && s.due <= ms {
			return false, nil
		}
		if err := setDue(b.tx, log, &s, ms); err != nil {
			return true, err
		}
		return true, logs.Put([]byte(log), s.encode())
	})
}

// SetAlias binds an alias, once. See [threadstore.Driver].
func (d *Driver) SetAlias(ctx context.Context, alias, log string) (bound string, err error) {
	err = d.update(ctx, func(b *batch) (bool, error) {
		aliases := b.tx.Bucket(bucketAliases)
		if v := aliases.Get([]byte(alias)); v != nil {
			bound = string(v)
			return false, nil
		}
		bound = log
		return true, aliases.Put([]byte(alias), []byte(log))
	})
	return bound, err
}

// DeclarePolicy makes rev the current revision. See [threadstore.Driver].
func (d *Driver) DeclarePolicy(ctx context.Context, rev threadstore.PolicyRevision) error {
	v, err := json.Marshal(rev)
	if err != nil {
		return fmt.Errorf("encoding the revision: %w", err)
	}
	return d.update(ctx, func(b *batch) (bool, error) {
		return true, b.tx.Bucket(bucketMeta).Put(keyPolicy, v)
	})
}

// Copy makes a log out of another's beginning. See [threadstore.Driver].
func (d *Driver) Copy(ctx context.Context, _ string, _ int64, dst string, records []threadstore.Record, head string) error {
	return d.update(ctx, func(b *batch) (bool, error) {
		logs := b.tx.Bucket(bucketLogs)
		s, err := decodeLog(logs.Get([]byte(dst)))
		if err != nil {
			return false, err
		}
		if s.version > 0 {
			return false, &threadstore.ConflictError{Log: dst, Version: s.version, Head: s.head}
		}
		for i := range records {
			if err := putRecord(b.tx, dst, int64(i)+1, &records[i], ""); err != nil {
				return true, err
			}
		}
		s.version, s.head = int64(len(records)), head
		return true, logs.Put([]byte(dst), s.encode())
	})
}

// Prune deletes a log that nothing waits on. See [threadstore.Driver].
func (d *Driver) Prune(ctx context.Context, log string, version int64) error {
	return d.update(ctx, func(b *batch) (bool, error) {
		logs, epochs := b.tx.Bucket(bucketLogs), b.tx.Bucket(bucketEpochs)
		s, err := decodeLog(logs.Get([]byte(log)))
		if err != nil {
			return false, err
		}
		if s.version != version || version == 0 {
			return false, &threadstore.ConflictError{Log: log, Version: s.version, Head: s.head}
		}
		if _, leased := d.leases.current(log); leased || s.due != 0 {
			return false, threadstore.ErrPending
		}
		e, err := decodeEpoch(epochs.Get([]byte(log)))
		if err != nil {
			return false, err
		}
		e.pruned = max(e.pruned, version)
		if err := epochs.Put([]byte(log), e.encode()); err != nil {
			return true, err
		}
		return true, erase(b.tx, log)
	})
}

// erase deletes all that the file holds of a log but its epoch.
func erase(tx *bolt.Tx, log string) error {
	prefix := under(log, 0)
	lines := tx.Bucket(bucketLines)
	for _, own := range keysUnder(tx.Bucket(bucketOwns), prefix) {
		if err := lines.Delete(own[len(prefix):]); err != nil {
			return err
		}
	}
	for _, name := range [][]byte{bucketOwns, bucketEvents, bucketIDs} {
		b := tx.Bucket(name)
		for _, k := range keysUnder(b, prefix) {
			if err := b.Delete(k); err != nil {
				return err
			}
		}
	}
	if err := tx.Bucket(bucketSnaps).Delete([]byte(log)); err != nil {
		return err
	}
	return tx.Bucket(bucketLogs).Delete([]byte(log))
}

// keysUnder collects first, because a cursor loses its place when its bucket is changed.
func keysUnder(b *bolt.Bucket, prefix []byte) (keys [][]byte) {
	c := b.Cursor()
	for k, _ := c.Seek(prefix); bytes.HasPrefix(k, prefix); k, _ = c.Next() {
		keys = append(keys, bytes.Clone(k))
	}
	return keys
}
