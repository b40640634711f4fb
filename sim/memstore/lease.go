package memstore

import (
	"context"
	"time"

	"github.com/releasebot/releasebot/threadstore"
)

func (d *Driver) held(name string) (lease, bool) {
	h, ok := d.leases[name]
	if !ok || !d.opts.Now().Before(h.until) {
		return lease{}, false
	}
	return h, true
}

// Holder says who holds a log's lease now; "" if nobody does.
func (d *Driver) Holder(name string) string {
	d.mu.Lock()
	defer d.mu.Unlock()
	h, _ := d.held(name)
	return h.owner
}

// lease does what an op that went in asks of the lease. It is safe to do again.
func (d *Driver) lease(op *threadstore.Op) int64 {
	switch {
	case op.Acquire != "":
		e, _ := d.acquire(op.Log, op.Acquire, op.TTL)
		return e
	case op.Release:
		d.release(op.Log, op.Owner, op.Epoch)
	case op.Owner != "":
		if d.renew(op.Log, op.Owner, op.Epoch, op.TTL) {
			return op.Epoch
		}
	}
	return 0
}

func (d *Driver) acquire(name, owner string, ttl time.Duration) (int64, string) {
	h, held := d.held(name)
	if held && h.owner != owner {
		return 0, h.owner
	}
	if !held {
		e := d.epochs[name]
		e.epoch++
		d.epochs[name] = e
		h = lease{owner: owner, epoch: e.epoch}
	}
	h.until = d.opts.Now().Add(ttl)
	d.leases[name] = h
	return h.epoch, owner
}

func (d *Driver) renew(name, owner string, epoch int64, ttl time.Duration) bool {
	h, held := d.held(name)
	if !held || h.owner != owner || h.epoch != epoch {
		return false
	}
	h.until = d.opts.Now().Add(ttl)
	d.leases[name] = h
	return true
}

func (d *Driver) release(name, owner string, epoch int64) bool {
	h, held := d.held(name)
	if !held || h.owner != owner || h.epoch != epoch {
		return false
	}
	delete(d.leases, name)
	return true
}

// Acquire implements threadstore.Driver.
func (d *Driver) Acquire(ctx context.Context, name, owner string, ttl time.Duration) (int64, string, error) {
	end, err := d.begin(ctx)
	if err != nil {
		return 0, "", err
	}
	defer end()
	epoch, holder := d.acquire(name, owner, ttl)
	return epoch, holder, nil
}

// Renew implements threadstore.Driver.
func (d *Driver) Renew(ctx context.Context, name, owner string, epoch int64, ttl time.Duration) (bool, error) {
	end, err := d.begin(ctx)
	if err != nil {
		return false, err
	}
	defer end()
	return d.renew(name, owner, epoch, ttl), nil
}

// Release implements threadstore.Driver.
func (d *Driver) Release(ctx context.Context, name, owner string, epoch int64) (bool, error) {
	end, err := d.begin(ctx)
	if err != nil {
		return false, err
	}
	defer end()
	return d.release(name, owner, epoch), nil
}
