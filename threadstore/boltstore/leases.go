package boltstore

import (
	"context"
	"sync"
	"time"
)

// leases are who holds what, in this process: there is no other (see the package comment).
type leases struct {
	mu   sync.Mutex
	held map[string]holding
}

type holding struct {
	owner string
	epoch int64
	until time.Time
}

// current returns the lease of a log that has not run out.
func (l *leases) current(log string) (holding, bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	h, ok := l.held[log]
	if !ok || !time.Now().Before(h.until) {
		return holding{}, false
	}
	return h, true
}

// holds tells whether owner has the lease under epoch (0: under any), and prolongs it if so. It returns the epoch, or 0.
func (l *leases) holds(log, owner string, epoch int64, ttl time.Duration) int64 {
	l.mu.Lock()
	defer l.mu.Unlock()
	h, ok := l.held[log]
	now := time.Now()
	if !ok || h.owner != owner || (epoch != 0 && h.epoch != epoch) || !now.Before(h.until) {
		return 0
	}
	h.until = now.Add(ttl)
	l.held[log] = h
	return h.epoch
}

func (l *leases) take(log, owner string, epoch int64, ttl time.Duration) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.held == nil {
		l.held = make(map[string]holding)
	}
	l.held[log] = holding{owner: owner, epoch: epoch, until: time.Now().Add(ttl)}
}

func (l *leases) drop(log, owner string, epoch int64) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	h, ok := l.held[log]
	if !ok || h.owner != owner || h.epoch != epoch {
		return false
	}
	delete(l.held, log)
	return time.Now().Before(h.until)
}

// Acquire takes the lease of a log. See [threadstore.Driver].
func (d *Driver) Acquire(ctx context.Context, log, owner string, ttl time.Duration) (epoch int64, holder string, err error) {
	err = d.update(ctx, func(b *batch) (changed bool, err error) {
		epoch, holder, changed, err = d.acquire(b, log, owner, ttl)
		return changed, err
	})
	if err != nil {
		return 0, "", err
	}
	return epoch, holder, nil
}

// acquire runs in the writer, so that of two owners one comes first.
func (d *Driver) acquire(b *batch, log, owner string, ttl time.Duration) (epoch int64, holder string, changed bool, err error) {
	if h, ok := d.leases.current(log); ok {
		if h.owner != owner {
			return 0, h.owner, false, nil
		}
		return d.leases.holds(log, owner, h.epoch, ttl), owner, false, nil
	}
	epochs := b.tx.Bucket(bucketEpochs)
	e, err := decodeEpoch(epochs.Get([]byte(log)))
	if err != nil {
		return 0, "", false, err
	}
	e.epoch++
	if err := epochs.Put([]byte(log), e.encode()); err != nil {
		return 0, "", true, err
	}
	d.leases.take(log, owner, e.epoch, ttl)
	b.failed = append(b.failed, func() { d.leases.drop(log, owner, e.epoch) })
	return e.epoch, owner, true, nil
}

// Renew prolongs a lease that is held. See [threadstore.Driver].
func (d *Driver) Renew(_ context.Context, log, owner string, epoch int64, ttl time.Duration) (bool, error) {
	return epoch > 0 && d.leases.holds(log, owner, epoch, ttl) == epoch, nil
}

// Release gives a lease back. See [threadstore.Driver].
func (d *Driver) Release(_ context.Context, log, owner string, epoch int64) (bool, error) {
	return d.leases.drop(log, owner, epoch), nil
}
