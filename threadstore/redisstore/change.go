package redisstore

import (
	"context"
	"encoding/json"
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/releasebot/releasebot/threadstore"
)

// Acquire takes the lease of a log. See [threadstore.Driver].
func (d *Driver) Acquire(ctx context.Context, log, owner string, ttl time.Duration) (epoch int64, holder string, err error) {
	k := d.keys.of(log)
	c := d.newCall(&d.scripts.acquire, 3, 2)
	c.add(k.lease, k.epoch, k.hash, owner, millis(ttl))
	v, err := d.run(ctx, c)
	if err != nil {
		return 0, "", err
	}
	a, ok := v.([]any)
	if !ok || len(a) != 2 {
		return 0, "", fmt.Errorf("%w: %v", errAnswer, v)
	}
	epoch, _ = a[0].(int64)
	holder, _ = a[1].(string)
	return epoch, holder, nil
}

// Renew prolongs a lease that is held. See [threadstore.Driver].
func (d *Driver) Renew(ctx context.Context, log, owner string, epoch int64, ttl time.Duration) (bool, error) {
	c := d.newCall(&d.scripts.renew, 1, 2)
	c.add(d.keys.of(log).lease, held(owner, epoch), millis(ttl))
	return d.yes(ctx, c)
}

// Release gives a lease back. See [threadstore.Driver].
func (d *Driver) Release(ctx context.Context, log, owner string, epoch int64) (bool, error) {
	c := d.newCall(&d.scripts.release, 1, 1)
	c.add(d.keys.of(log).lease, held(owner, epoch))
	return d.yes(ctx, c)
}

// Wake makes a log due sooner. See [threadstore.Driver].
func (d *Driver) Wake(ctx context.Context, log string, at time.Time) error {
	k := d.keys.of(log)
	c := d.newCall(&d.scripts.wake, 2, 2)
	c.add(k.log, k.due, log, strconv.FormatInt(max(at.UnixMilli(), 1), 10))
	ok, err := d.yes(ctx, c)
	if err == nil && !ok {
		err = threadstore.ErrNotFound
	}
	return err
}

// yes runs a script that returns 1 or 0.
func (d *Driver) yes(ctx context.Context, c *call) (bool, error) {
	v, err := d.run(ctx, c)
	if err != nil {
		return false, err
	}
	n, ok := v.(int64)
	if !ok {
		return false, fmt.Errorf("%w: %v", errAnswer, v)
	}
	return n == 1, nil
}

// SetAlias binds an alias, once. See [threadstore.Driver].
func (d *Driver) SetAlias(ctx context.Context, alias, log string) (string, error) {
	key := d.keys.alias(alias)
	pipe := d.c.Pipeline()
	pipe.SetNX(ctx, key, log, 0)
	bound := pipe.Get(ctx, key)
	if _, err := pipe.Exec(ctx); err != nil {
		return "", wrap(err)
	}
	return bound.Val(), nil
}

// DeclarePolicy makes rev the current revision. See [threadstore.Driver].
func (d *Driver) DeclarePolicy(ctx context.Context, rev threadstore.PolicyRevision) error {
	v, err := json.Marshal(rev)
	if err != nil {
		return fmt.Errorf("encoding the revision: %w", err)
	}
	return wrap(d.c.HSet(ctx, d.keys.meta, "policy", v).Err())
}

// Copy makes a log out of records; it may be in another shard than where they come from. See [threadstore.Driver].
func (d *Driver) Copy(ctx context.Context, _ string, _ int64, dst string, records []threadstore.Record, head string) error {
	k := d.keys.of(dst)
	c := d.newCall(&d.scripts.copy, 2, 2+3*len(records))
	c.add(k.log, k.hash, head, strconv.Itoa(len(records)))
	for i := range records {
		c.add(records[i].ID, known(int64(i)+1, "", records[i].Sum))
		c.addBytes(records[i].Data)
	}
	made, err := d.yes(ctx, c)
	if err == nil && !made {
		err = fmt.Errorf("%s exists: %w", dst, threadstore.ErrConflict)
	}
	return err
}

// Prune deletes a log that nothing waits on. See [threadstore.Driver].
func (d *Driver) Prune(ctx context.Context, log string, version int64) error {
	k := d.keys.of(log)
	// The lines are read first because a script must be told its keys. None
	// can be added unseen: a log that is written to is not pruned at this version.
	fields, err := d.c.HKeys(ctx, k.hash).Result()
	if err != nil {
		return wrap(err)
	}
	var indexes, members []string
	for _, f := range fields {
		if line, ok := strings.CutPrefix(f, "\x00x"); ok {
			index, member, _ := strings.Cut(line, "\x00")
			indexes, members = append(indexes, k.index(index)), append(members, member)
		}
	}
	c := d.newCall(&d.scripts.prune, 6+len(indexes), 2+len(members))
	c.add(k.log, k.hash, k.snap, k.lease, k.epoch, k.due)
	c.add(indexes...)
	c.add(log, strconv.FormatInt(version, 10))
	c.add(members...)
	v, err := d.run(ctx, c)
	if err != nil {
		return err
	}
	a, ok := v.([]any)
	if !ok || len(a) != 3 {
		return fmt.Errorf("%w: %v", errAnswer, v)
	}
	switch code, _ := a[0].(int64); code {
	case 1:
		at, _ := a[1].(int64)
		head, _ := a[2].(string)
		return &threadstore.ConflictError{Log: log, Version: at, Head: head}
	case 2:
		return threadstore.ErrPending
	default:
		return nil
	}
}
