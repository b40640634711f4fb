package threadstore

import (
	"context"
	crand "crypto/rand"
	"encoding/base64"
	"errors"
	"fmt"
	"math/rand/v2"
	"time"
)

// Options configure a Store. The zero value is a good one.
type Options struct {
	// Now is the clock that leases are trusted by. Defaults to time.Now.
	Now func() time.Time
	// HMACKey makes the hash chain one that only holders of the key can write. Defaults to none.
	HMACKey []byte
	// LeaseMargin is how long before its end a lease is no longer trusted, at most half of it. Defaults to 1 s.
	LeaseMargin time.Duration
	// Token makes the names of appends: unique within a log, short, of letters, digits, "-" and "_". Defaults to random ones.
	Token func() string
	// Places is of how many logs the last version is remembered. Defaults to 16,384.
	Places int
	// Sleep waits before another try after a driver's error. Defaults to about d, in real time; another one is for
	// simulations, in which only what was slept counts as time that the store was away.
	Sleep func(ctx context.Context, d time.Duration) error
}

// A Store keeps logs on a driver. It is safe for concurrent use.
type Store struct {
	d      Driver
	chain  Chain
	now    func() time.Time
	margin time.Duration
	token  func() string
	sleep  func(ctx context.Context, d time.Duration) error
	places *places
	gates  gates
}

// New returns a Store on d. Closing it closes d.
func New(d Driver, opts Options) *Store {
	s := &Store{d: d, chain: Chain{Key: opts.HMACKey}, now: opts.Now, margin: opts.LeaseMargin, token: opts.Token, sleep: opts.Sleep}
	if s.now == nil {
		s.now = time.Now
	}
	if s.margin <= 0 {
		s.margin = time.Second
	}
	if s.token == nil {
		s.token = randomToken
	}
	if opts.Places <= 0 {
		opts.Places = 16384
	}
	s.places = newPlaces(opts.Places)
	return s
}

// randomToken is short, because it is kept with every append. It tells apart only
// tries that put the same event, with the same content, in the same place.
func randomToken() string {
	var b [6]byte
	crand.Read(b[:]) //nolint:errcheck // documented never to fail
	return base64.RawURLEncoding.EncodeToString(b[:])
}

// Chain returns the chain that events of this store are hashed with.
func (s *Store) Chain() Chain { return s.chain }

// Hash returns the hash of an event's stored bytes. See [Chain.Hash].
func (s *Store) Hash(data []byte) string { return s.chain.Hash(data) }

// Verify checks the chain of a whole log and returns its head. See [Chain.Verify].
func (s *Store) Verify(records [][]byte, prevOf func(data []byte) (string, error)) (head string, err error) {
	return s.chain.Verify(records, prevOf)
}

// Load reads a log: its snapshot, if one was made by this version of the fold,
// and the events after it. It returns ErrNotFound for a log without events, and
// ErrLost if the log was longer, or another, when this process last saw it.
func (s *Store) Load(ctx context.Context, log string, fold int) (Loaded, error) {
	before, _ := s.places.get(log)
	var l Loaded
	err := s.retry(ctx, func() (err error) {
		l, err = s.d.Load(ctx, log, fold)
		return err
	})
	if err != nil {
		return Loaded{}, fmt.Errorf("loading %s: %w", log, err)
	}
	if err := s.noticeLoss(log, before, place{l.Version, l.Head}, l.Pruned); err != nil {
		return Loaded{}, fmt.Errorf("loading %s: %w", log, err)
	}
	if l.Version == 0 {
		return Loaded{}, fmt.Errorf("loading %s: %w", log, ErrNotFound)
	}
	return l, nil
}

// noticeLoss compares where a log stands with where it stood before the
// question was asked (later answers may overtake), and remembers it.
func (s *Store) noticeLoss(log string, before, now place, pruned int64) error {
	shrunk := now.version < before.version
	other := now.version == before.version && before.head != "" && now.head != before.head
	if shrunk || other {
		if pruned < before.version {
			lost := &LostError{Log: log, By: NoticedVersion, Version: before.version, Head: before.head, NowVersion: now.version, NowHead: now.head}
			if other {
				lost.By = NoticedHead
			}
			return lost
		}
		s.places.forget(log)
	}
	if now.version > 0 {
		s.places.seen(log, now)
	}
	return nil
}

// Witness compares the log with what somebody has seen of it: that it stood at
// version, with that head ("": not known). It returns a *[LostError] if the log
// does not bear that out, and nil where it does, or where it was pruned since.
func (s *Store) Witness(ctx context.Context, log string, version int64, head string) error {
	if version < 1 {
		return nil
	}
	records, err := s.Read(ctx, log, version, 1)
	if err != nil && !errors.Is(err, ErrNotFound) {
		return err
	}
	if len(records) > 0 && (head == "" || s.chain.Follows(head, records[0])) {
		return nil
	}
	var now Loaded
	if err := s.retry(ctx, func() (err error) {
		now, err = s.d.Load(ctx, log, 0)
		return err
	}); err != nil {
		return fmt.Errorf("loading %s: %w", log, err)
	}
	if now.Pruned >= version {
		return nil
	}
	return &LostError{Log: log, By: NoticedVersion, Version: version, Head: head, NowVersion: now.Version, NowHead: now.Head}
}

// Read returns up to limit events of a log from place seq on (the first is 1); limit 0: all. Past the end there are none.
func (s *Store) Read(ctx context.Context, log string, seq int64, limit int) (records [][]byte, err error) {
	err = s.retry(ctx, func() (err error) {
		records, err = s.d.Read(ctx, log, max(seq, 1), limit)
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("reading %s: %w", log, err)
	}
	return records, nil
}

// Due lists the logs that want to be looked at by now, oldest first, at most limit (0: 1000).
func (s *Store) Due(ctx context.Context, now time.Time, limit int) (due []DueLog, err error) {
	if limit <= 0 {
		limit = 1000
	}
	err = s.retry(ctx, func() (err error) {
		due, err = s.d.Due(ctx, now, limit)
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("listing what is due: %w", err)
	}
	return due, nil
}

// Wake makes a log due at the time given, unless it is due sooner. ErrNotFound: there is no such log.
func (s *Store) Wake(ctx context.Context, log string, at time.Time) error {
	if err := s.retry(ctx, func() error { return s.d.Wake(ctx, log, at) }); err != nil {
		return fmt.Errorf("waking %s: %w", log, err)
	}
	return nil
}

// Index lists a named index, in no order.
func (s *Store) Index(ctx context.Context, name string) (entries []IndexEntry, err error) {
	err = s.retry(ctx, func() (err error) {
		entries, err = s.d.Index(ctx, name)
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("listing index %s: %w", name, err)
	}
	return entries, nil
}

// SetAlias binds alias to log unless it is bound, and returns the log it is bound to then: the first wins, for ever.
func (s *Store) SetAlias(ctx context.Context, alias, log string) (bound string, err error) {
	err = s.retry(ctx, func() (err error) {
		bound, err = s.d.SetAlias(ctx, alias, log)
		return err
	})
	if err != nil {
		return "", fmt.Errorf("binding alias %s: %w", alias, err)
	}
	return bound, nil
}

// Resolve returns the log that alias is bound to, or ErrNotFound.
func (s *Store) Resolve(ctx context.Context, alias string) (log string, err error) {
	err = s.retry(ctx, func() (err error) {
		log, err = s.d.Resolve(ctx, alias)
		return err
	})
	if err == nil && log == "" {
		err = ErrNotFound
	}
	if err != nil {
		return "", fmt.Errorf("resolving alias %s: %w", alias, err)
	}
	return log, nil
}

// Copy makes the log dst out of the first n events of src (n ≤ 0: all), byte for
// byte. ErrConflict: dst exists. ErrNotFound: src has not that many events.
func (s *Store) Copy(ctx context.Context, src string, n int64, dst string) error {
	records, err := s.records(ctx, src, n)
	if err != nil {
		return fmt.Errorf("copying %s to %s: %w", src, dst, err)
	}
	n = int64(len(records))
	head := s.chain.Hash(records[n-1].Data)
	// Not tried again after an error: a second try could not tell its own copy from another's.
	if err := s.d.Copy(ctx, src, n, dst, records, head); err != nil {
		return fmt.Errorf("copying %s to %s: %w", src, dst, err)
	}
	s.places.seen(dst, place{n, head})
	return nil
}

func (s *Store) records(ctx context.Context, log string, n int64) (records []Record, err error) {
	err = s.retry(ctx, func() (err error) {
		records, err = s.d.Records(ctx, log, n)
		return err
	})
	if err != nil {
		return nil, err
	}
	if len(records) == 0 || int64(len(records)) < n {
		return nil, fmt.Errorf("%w with %d events: it has %d", ErrNotFound, max(n, 1), len(records))
	}
	return records, nil
}

// Prune deletes a finished log that stands at version, with its snapshot and
// index lines. ErrConflict: it stands elsewhere. ErrPending: it is due or leased.
// What is left is its epoch, and that it was pruned; aliases stay bound.
func (s *Store) Prune(ctx context.Context, log string, version int64) error {
	if err := s.d.Prune(ctx, log, version); err != nil {
		return fmt.Errorf("pruning %s: %w", log, err)
	}
	s.places.forget(log)
	return nil
}

// Policy returns the policy revision that is current; the zero one before any was declared.
func (s *Store) Policy(ctx context.Context) (rev PolicyRevision, err error) {
	err = s.retry(ctx, func() (err error) {
		rev, err = s.d.Policy(ctx)
		return err
	})
	if err != nil {
		return PolicyRevision{}, fmt.Errorf("reading the policy revision: %w", err)
	}
	return rev, nil
}

// DeclarePolicy makes rev the current policy revision for every replica.
func (s *Store) DeclarePolicy(ctx context.Context, rev PolicyRevision) error {
	if err := s.retry(ctx, func() error { return s.d.DeclarePolicy(ctx, rev) }); err != nil {
		return fmt.Errorf("declaring the policy revision: %w", err)
	}
	return nil
}

// Tail delivers a note for every append, by any process, until ctx ends; then the channel is closed.
// A reader that is too slow misses notes.
func (s *Store) Tail(ctx context.Context) (<-chan Note, error) {
	notes, err := s.d.Tail(ctx)
	if err != nil {
		return nil, fmt.Errorf("following the store: %w", err)
	}
	return notes, nil
}

// Ping answers, once and without trying again, whether the store can be reached.
func (s *Store) Ping(ctx context.Context) error { return s.d.Ping(ctx) }

// Close closes the driver, after waiting for what it is doing.
func (s *Store) Close() error { return s.d.Close() }

// How long a driver's error is met with another try: at least minTries, and until giveUpAfter.
const (
	minTries    = 3
	giveUpAfter = 2 * time.Second
	firstPause  = 20 * time.Millisecond
	longPause   = 500 * time.Millisecond
)

// final are the errors that are answers: no further try changes them.
var final = []error{ErrClosed, ErrConflict, ErrStale, ErrPending, ErrNotFound, ErrLost}

// retry calls try, which must be safe to do twice, until it answers, ctx ends, or the store has been away for too long.
func (s *Store) retry(ctx context.Context, try func() error) error {
	err := try()
	if err == nil {
		return nil
	}
	start, slept, pause := time.Now(), time.Duration(0), firstPause
	for tries := 1; ; tries++ {
		for _, f := range final {
			if errors.Is(err, f) {
				return err
			}
		}
		away := slept
		if s.sleep == nil {
			away = time.Since(start)
		}
		if tries >= minTries && away >= giveUpAfter {
			return fmt.Errorf("no answer in %d tries: %w", tries, err)
		}
		if cause := s.pause(ctx, pause); cause != nil {
			return fmt.Errorf("%w (last answer: %w)", cause, err)
		}
		slept += pause
		pause = min(2*pause, longPause)
		if err = try(); err == nil {
			return nil
		}
	}
}

// pause waits for about d, with jitter, so that replicas do not come back all at once. It returns why ctx has ended.
func (s *Store) pause(ctx context.Context, d time.Duration) error {
	if s.sleep != nil {
		return s.sleep(ctx, d)
	}
	wait := time.NewTimer(d/2 + rand.N(d)) //nolint:gosec // not a secret
	defer wait.Stop()
	select {
	case <-ctx.Done():
		return context.Cause(ctx)
	case <-wait.C:
		return nil
	}
}
