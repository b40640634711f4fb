package boltstore

import (
	"bytes"
	"context"
	"encoding/binary"
	"encoding/json"
	"time"

	bolt "go.etcd.io/bbolt"

	"github.com/releasebot/releasebot/threadstore"
)

// Load reads a log after its snapshot, or from the start. See [threadstore.Driver].
func (d *Driver) Load(ctx context.Context, log string, fold int) (threadstore.Loaded, error) {
	l := threadstore.Loaded{Log: log}
	err := d.view(ctx, func(tx *bolt.Tx) error {
		s, err := decodeLog(tx.Bucket(bucketLogs).Get([]byte(log)))
		if err != nil {
			return err
		}
		l.Version, l.Head = s.version, s.head
		if s.due != 0 {
			l.DueAt = time.UnixMilli(s.due)
		}
		e, err := decodeEpoch(tx.Bucket(bucketEpochs).Get([]byte(log)))
		if err != nil {
			return err
		}
		l.Pruned = e.pruned
		if l.Snapshot, err = snapshot(tx, log, fold, s.version); err != nil {
			return err
		}
		from := int64(1)
		if l.Snapshot != nil {
			from = l.Snapshot.Version + 1
		}
		l.Records = events(tx, log, from, s.version)
		return nil
	})
	return l, err
}

// snapshot returns the one of this fold that the log, at version, has.
func snapshot(tx *bolt.Tx, log string, fold int, version int64) (*threadstore.Snapshot, error) {
	b := tx.Bucket(bucketSnaps).Get([]byte(log))
	if b == nil {
		return nil, nil
	}
	r := reader{b: b}
	if int(r.varint()) != fold && r.err == nil {
		return nil, nil
	}
	s, err := decodeSnapshot(b)
	if err != nil || s.Version > version {
		return nil, err
	}
	return s, nil
}

// events returns those from one place to another, both included. What bbolt hands out ends with its transaction.
func events(tx *bolt.Tx, log string, from, to int64) [][]byte {
	if from > to {
		return nil
	}
	records := make([][]byte, 0, to-from+1)
	last := eventKey(log, to)
	c := tx.Bucket(bucketEvents).Cursor()
	for k, v := c.Seek(eventKey(log, from)); k != nil && bytes.Compare(k, last) <= 0; k, v = c.Next() {
		records = append(records, bytes.Clone(v))
	}
	return records
}

// Read returns events from a place on. See [threadstore.Driver].
func (d *Driver) Read(ctx context.Context, log string, seq int64, limit int) (records [][]byte, err error) {
	err = d.view(ctx, func(tx *bolt.Tx) error {
		s, err := decodeLog(tx.Bucket(bucketLogs).Get([]byte(log)))
		if err != nil {
			return err
		}
		to := s.version
		if limit > 0 {
			to = min(to, seq+int64(limit)-1)
		}
		records = events(tx, log, seq, to)
		return nil
	})
	return records, err
}

// Records returns events with what they are known by. See [threadstore.Driver].
func (d *Driver) Records(ctx context.Context, log string, n int64) (records []threadstore.Record, err error) {
	err = d.view(ctx, func(tx *bolt.Tx) error {
		s, err := decodeLog(tx.Bucket(bucketLogs).Get([]byte(log)))
		if err != nil {
			return err
		}
		if n <= 0 || n > s.version {
			n = s.version
		}
		records = make([]threadstore.Record, n)
		for i, data := range events(tx, log, 1, n) {
			records[i].Data = data
		}
		prefix := under(log, 0)
		c := tx.Bucket(bucketIDs).Cursor()
		for k, v := c.Seek(prefix); bytes.HasPrefix(k, prefix); k, v = c.Next() {
			id, err := decodeID(v)
			if err != nil {
				return err
			}
			if id.Seq <= n {
				records[id.Seq-1].ID, records[id.Seq-1].Sum = string(k[len(prefix):]), id.Sum
			}
		}
		return nil
	})
	return records, err
}

// Due lists what is due. See [threadstore.Driver].
func (d *Driver) Due(ctx context.Context, now time.Time, limit int) (due []threadstore.DueLog, err error) {
	err = d.view(ctx, func(tx *bolt.Tx) error {
		c := tx.Bucket(bucketDue).Cursor()
		for k, _ := c.First(); k != nil && len(due) < limit; k, _ = c.Next() {
			at := int64(binary.BigEndian.Uint64(k)) //nolint:gosec // written by dueKey
			if at > now.UnixMilli() {
				return nil
			}
			due = append(due, threadstore.DueLog{Log: string(k[8:]), At: time.UnixMilli(at)})
		}
		return nil
	})
	return due, err
}

// Index lists a named index. See [threadstore.Driver].
func (d *Driver) Index(ctx context.Context, name string) (entries []threadstore.IndexEntry, err error) {
	err = d.view(ctx, func(tx *bolt.Tx) error {
		prefix := under(name, 0)
		c := tx.Bucket(bucketLines).Cursor()
		for k, v := c.Seek(prefix); bytes.HasPrefix(k, prefix); k, v = c.Next() {
			entries = append(entries, threadstore.IndexEntry{Index: name, Member: string(k[len(prefix):]), Value: append([]byte{}, v...)})
		}
		return nil
	})
	return entries, err
}

// Resolve returns what an alias is bound to. See [threadstore.Driver].
func (d *Driver) Resolve(ctx context.Context, alias string) (log string, err error) {
	err = d.view(ctx, func(tx *bolt.Tx) error {
		log = string(tx.Bucket(bucketAliases).Get([]byte(alias)))
		return nil
	})
	return log, err
}

// Policy returns the current revision. See [threadstore.Driver].
func (d *Driver) Policy(ctx context.Context) (rev threadstore.PolicyRevision, err error) {
	err = d.view(ctx, func(tx *bolt.Tx) error {
		b := tx.Bucket(bucketMeta).Get(keyPolicy)
		if b == nil {
			return nil
		}
		return json.Unmarshal(b, &rev)
	})
	return rev, err
}

// Ping answers if the file is open. See [threadstore.Driver].
func (d *Driver) Ping(ctx context.Context) error {
	return d.view(ctx, func(*bolt.Tx) error { return nil })
}
