package threadstore

import (
	"context"
	"fmt"
	"time"
)

// Acquire takes the lease of a log for owner: a new one, under a higher epoch
// than any before, if it is free or has run out; the one it has, prolonged, if
// owner holds it already. The log need not exist yet. ErrHeld: another has it.
func (s *Store) Acquire(ctx context.Context, log, owner string, ttl time.Duration) (*Lease, error) {
	if owner == "" {
		return nil, fmt.Errorf("leasing %s: the owner has no name", log)
	}
	ttl = ttlOr(ttl, DefaultTTL)
	var epoch int64
	var holder string
	var asked time.Time
	err := s.retry(ctx, func() (err error) {
		asked = s.now()
		epoch, holder, err = s.d.Acquire(ctx, log, owner, ttl)
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("leasing %s: %w", log, err)
	}
	if epoch == 0 {
		return nil, fmt.Errorf("leasing %s: %w, %s", log, ErrHeld, holder)
	}
	return s.lease(log, owner, epoch, asked, ttl), nil
}

// Renew prolongs a lease by its TTL and moves l.Until; whoever shares l between
// goroutines locks it. ErrStale: it is not held any more.
func (s *Store) Renew(ctx context.Context, l *Lease) error {
	ttl := ttlOr(l.TTL, DefaultTTL)
	var held bool
	var asked time.Time
	err := s.retry(ctx, func() (err error) {
		asked = s.now()
		held, err = s.d.Renew(ctx, l.Log, l.Owner, l.Epoch, ttl)
		return err
	})
	if err != nil {
		return fmt.Errorf("renewing the lease of %s: %w", l.Log, err)
	}
	if !held {
		return fmt.Errorf("renewing the lease of %s: %w", l.Log, ErrStale)
	}
	l.Until = asked.Add(ttl - s.marginOf(ttl))
	return nil
}

// Release gives a lease back, so that another may take it at once. ErrStale: it was not held any more.
func (s *Store) Release(ctx context.Context, l *Lease) error {
	tries, held := 0, false
	err := s.retry(ctx, func() (err error) {
		tries++
		held, err = s.d.Release(ctx, l.Log, l.Owner, l.Epoch)
		return err
	})
	if err != nil {
		return fmt.Errorf("releasing %s: %w", l.Log, err)
	}
	// After a lost reply, not held is what the first try has brought about.
	if !held && tries == 1 {
		return fmt.Errorf("releasing %s: %w", l.Log, ErrStale)
	}
	return nil
}

func (s *Store) lease(log, owner string, epoch int64, asked time.Time, ttl time.Duration) *Lease {
	return &Lease{Log: log, Owner: owner, Epoch: epoch, Until: asked.Add(ttl - s.marginOf(ttl)), TTL: ttl}
}

func (s *Store) marginOf(ttl time.Duration) time.Duration { return min(s.margin, ttl/2) }

func ttlOr(ttl, fallback time.Duration) time.Duration {
	if ttl > 0 {
		return ttl
	}
	return fallback
}
