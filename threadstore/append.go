package threadstore

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/releasebot/releasebot/internal/planted"
)

// Append changes one log, atomically: see [Append] for what, and the package
// comment for when. It returns
//
//   - *[ConflictError] if a decision's Expect is not where the log stands, or only some of its drafts are in already;
//   - [ErrNotFound] if a fact that may not begin a log would;
//   - [ErrStale] if the lease of a decision is not held any more;
//   - [ErrIDReused] if a draft's id is in the log with other content;
//   - [ErrLost] if the log has become shorter than it was, or another;
//   - [ErrNotReplicated], with what was appended, if Durable could not be met;
//   - otherwise an error of the driver, after a few tries: it is not known
//     whether the append was done.
func (s *Store) Append(ctx context.Context, a Append) (Appended, error) {
	if a.Look {
		return Appended{}, errors.New("a look goes with AppendAll")
	}
	if err := check(&a); err != nil {
		return Appended{}, fmt.Errorf("appending to %q: %w", a.Log, err)
	}
	var done Appended
	var err error
	if a.Fact {
		done, err = s.appendFact(ctx, &a)
	} else {
		done, err = s.appendDecision(ctx, &a)
	}
	if err != nil {
		return done, fmt.Errorf("appending to %s: %w", a.Log, err)
	}
	return done, nil
}

// MaxDrafts is how many events, and how many index lines, one append takes.
const MaxDrafts = 1000

func check(a *Append) error {
	switch {
	case a.Log == "":
		return errors.New("no log is named")
	case strings.ContainsRune(a.Log, 0):
		return errors.New("a log's name holds no NUL")
	case a.Expect < 0:
		return fmt.Errorf("expect %d: a version is never negative", a.Expect)
	case a.Despite && !a.Fact:
		return errors.New("only a fact goes in despite a loss")
	case a.Look && (a.Fact || a.Lease != nil || a.Acquire != "" || len(a.Drafts) > 0 || len(a.Index) > 0 || a.Snapshot != nil || a.Due.Set):
		return errors.New("a look changes nothing")
	case a.Exists && !a.Fact:
		return errors.New("only a fact asks whether its log exists: a decision says where it stands")
	case a.Fact && a.Snapshot != nil:
		return errors.New("a fact carries no snapshot")
	case a.Release && (a.Lease == nil || a.Fact):
		return errors.New("there is no lease to release with it: set Lease, on a decision")
	case a.Release && a.Acquire != "":
		return errors.New("a lease can't be released and acquired at once")
	case a.Lease != nil && (a.Lease.Owner == "" || a.Lease.Epoch <= 0):
		return errors.New("its lease was never acquired")
	}
	if len(a.Drafts) > MaxDrafts || len(a.Index) > MaxDrafts {
		return fmt.Errorf("%d drafts and %d index lines are more than the %d that go in at once", len(a.Drafts), len(a.Index), MaxDrafts)
	}
	for i := range a.Index {
		if a.Index[i].Index == "" || strings.ContainsRune(a.Index[i].Index, 0) {
			return fmt.Errorf("%q can't be the name of an index", a.Index[i].Index)
		}
	}
	for i := range a.Drafts {
		if id := a.Drafts[i].ID; id == "" || id[0] == 0 {
			return fmt.Errorf("draft %d has the id %q: one is needed that does not begin with a NUL", i, id)
		}
	}
	return checkTwice(a.Drafts)
}

// few drafts are compared with each other faster than through a map.
const few = 12

func checkTwice(drafts []Draft) error {
	if len(drafts) <= few {
		for i := range drafts {
			for j := range i {
				if drafts[i].ID == drafts[j].ID {
					return fmt.Errorf("two of its drafts have the id %s", drafts[i].ID)
				}
			}
		}
		return nil
	}
	ids := make(map[string]bool, len(drafts))
	for i := range drafts {
		if ids[drafts[i].ID] {
			return fmt.Errorf("two of its drafts have the id %s", drafts[i].ID)
		}
		ids[drafts[i].ID] = true
	}
	return nil
}

// appendDecision goes in at Expect or not at all.
func (s *Store) appendDecision(ctx context.Context, a *Append) (Appended, error) {
	op := s.newOp(a)
	at, ok := place{}, a.Expect == 0
	if !ok {
		at, ok = s.places.get(a.Log)
		ok = ok && at.version == a.Expect
	}
	if !ok {
		// The head at Expect isn't remembered from the load: ask for it. Most often the log has moved on.
		reply, err := s.probe(ctx, op, a.Drafts)
		if err != nil {
			return Appended{}, err
		}
		at = place{reply.Version, reply.Head}
		if reply.Outcome != OutcomeConflict || at.version != a.Expect {
			return s.refused(a, place{version: a.Expect}, reply)
		}
	}
	if err := s.fill(&op, a, a.Drafts, at); err != nil {
		return Appended{}, err
	}
	reply, asked, err := s.apply(ctx, &op)
	if err != nil {
		return Appended{}, err
	}
	if reply.Outcome == OutcomeOK {
		return s.appended(a, &op, reply, asked, at)
	}
	return s.refused(a, at, reply)
}

// probe asks where the log stands, whether the lease is held and which drafts are in. Nothing can go in.
func (s *Store) probe(ctx context.Context, op Op, drafts []Draft) (Reply, error) {
	ask := Op{Log: op.Log, Expect: -1, Token: op.Token, Owner: op.Owner, Epoch: op.Epoch, TTL: op.TTL, Records: make([]Record, len(drafts))}
	for i := range drafts {
		ask.Records[i] = Record{ID: drafts[i].ID, Sum: drafts[i].Sum}
	}
	reply, _, err := s.apply(ctx, &ask)
	return reply, err
}

// refused says why a decision made at the place at did not go in.
func (s *Store) refused(a *Append, at place, r Reply) (Appended, error) {
	if r.Outcome == OutcomeStale {
		return Appended{}, ErrStale
	}
	if err := s.noticeLoss(a.Log, at, place{r.Version, r.Head}, r.Pruned); err != nil {
		return Appended{}, err
	}
	conflict := &ConflictError{Log: a.Log, Version: r.Version, Head: r.Head}
	if r.Outcome == OutcomeConflict {
		return Appended{}, conflict
	}
	// All drafts in: the decision was made already, by another append. Some: it can't be made any more.
	f := fact{a: a, drafts: a.Drafts}
	if err := f.without(r.Known); err != nil {
		return Appended{}, err
	}
	if len(f.drafts) > 0 {
		return Appended{}, conflict
	}
	return f.whole(Appended{Version: r.Version, Head: r.Head}), nil
}

// appendFact goes in wherever the log stands.
func (s *Store) appendFact(ctx context.Context, a *Append) (Appended, error) {
	leave, err := s.gates.enter(ctx, a.Log, true)
	if err != nil {
		return Appended{}, err
	}
	defer func() {
		if leave != nil {
			leave()
		}
	}()
	f := fact{a: a, op: s.newOp(a), drafts: a.Drafts}
	if a.Despite {
		s.places.forget(a.Log)
	}
	at, _ := s.places.get(a.Log)
	if at.version < a.Expect && !a.Despite || a.Exists && at.version == 0 {
		// The caller has seen more than is remembered here. Guessing could go into a log that has lost it, or begin one.
		reply, err := s.probe(ctx, f.op, nil)
		if err != nil {
			return Appended{}, err
		}
		at = place{reply.Version, reply.Head}
		if err := s.noticeLoss(a.Log, place{version: a.Expect}, at, reply.Pruned); err != nil && !a.Despite {
			return Appended{}, err
		}
	}
	for {
		if a.Exists && at.version == 0 {
			return Appended{}, ErrNotFound
		}
		if err := s.fill(&f.op, a, f.drafts, at); err != nil {
			return Appended{}, err
		}
		reply, asked, err := s.apply(ctx, &f.op)
		if err != nil {
			return Appended{}, err
		}
		if reply.Outcome == OutcomeOK {
			done, err := s.appended(a, &f.op, reply, asked, at)
			return f.whole(done), err
		}
		if err := s.noticeLoss(a.Log, at, place{reply.Version, reply.Head}, reply.Pruned); err != nil && !a.Despite {
			return Appended{}, err
		}
		if reply.Outcome == OutcomeDuplicate {
			if err := f.without(reply.Known); err != nil {
				return Appended{}, err
			}
			if len(f.drafts) == 0 {
				return f.whole(Appended{Version: reply.Version, Head: reply.Head}), nil
			}
		}
		if leave == nil {
			if leave, err = s.gates.enter(ctx, a.Log, false); err != nil {
				return Appended{}, err
			}
		}
		at = place{reply.Version, reply.Head}
		if now, ok := s.places.get(a.Log); ok && now.version > at.version && !a.Despite {
			at = now // moved on while waiting for the turn
		}
		if err := ctx.Err(); err != nil {
			return Appended{}, err
		}
	}
}

// A fact is an append under way: which of its drafts are still to go in, and where the others stand.
type fact struct {
	a      *Append
	op     Op
	drafts []Draft
	known  map[string]Known // nil while all are new
}

// without takes the drafts that are in the log out of those to go in.
func (f *fact) without(known map[string]Known) error {
	rest := make([]Draft, 0, len(f.drafts))
	for _, d := range f.drafts {
		k, ok := known[d.ID]
		switch {
		case !ok:
			rest = append(rest, d)
		case k.Sum != d.Sum && (d.Sum == "" || !strings.HasPrefix(k.Sum, d.Sum)):
			return fmt.Errorf("%w: %s, event %d", ErrIDReused, d.ID, k.Seq)
		default:
			if f.known == nil {
				f.known = make(map[string]Known, len(known))
			}
			f.known[d.ID] = k
		}
	}
	f.drafts = rest
	return nil
}

// whole lays what was appended out over all drafts, the duplicates among them.
func (f *fact) whole(done Appended) Appended {
	if f.known == nil {
		return done
	}
	seqs, fresh := done.Seqs, done.Fresh
	done.Seqs, done.Fresh = make([]int64, len(f.a.Drafts)), make([]bool, len(f.a.Drafts))
	for i, next := 0, 0; i < len(f.a.Drafts); i++ {
		if k, ok := f.known[f.a.Drafts[i].ID]; ok {
			done.Seqs[i] = k.Seq
			continue
		}
		done.Seqs[i], done.Fresh[i] = seqs[next], fresh[next]
		next++
	}
	return done
}

// newOp is the part of an op that does not depend on its place.
func (s *Store) newOp(a *Append) Op {
	op := Op{Log: a.Log, Token: s.token(), Due: a.Due, Index: a.Index, Acquire: a.Acquire, Durable: a.Durable}
	if a.Lease != nil && !a.Fact && !planted.Is(planted.NoEpochCheck) {
		op.Owner, op.Epoch, op.Release = a.Lease.Owner, a.Lease.Epoch, a.Release
		op.TTL = ttlOr(a.TTL, a.Lease.TTL)
	} else {
		op.TTL = a.TTL
	}
	op.TTL = ttlOr(op.TTL, DefaultTTL)
	return op
}

// fill encodes drafts for the place at, each with the hash of the one before.
func (s *Store) fill(op *Op, a *Append, drafts []Draft, at place) error {
	op.Expect, op.Prev, op.Head = at.version, at.head, at.head
	if cap(op.Records) < len(drafts) {
		op.Records = make([]Record, 0, len(drafts))
	}
	op.Records = op.Records[:0]
	for i := range drafts {
		d := &drafts[i]
		data, err := d.Encode(at.version+int64(i)+1, op.Head)
		if err != nil {
			return fmt.Errorf("encoding %s: %w", d.ID, err)
		}
		op.Head = s.chain.Hash(data)
		op.Records = append(op.Records, Record{ID: d.ID, Sum: d.Sum, Data: data})
	}
	if a.Snapshot == nil {
		return nil
	}
	version := at.version + int64(len(drafts))
	snap, err := a.Snapshot(version, op.Head)
	if err != nil {
		return fmt.Errorf("taking the snapshot at %d: %w", version, err)
	}
	if snap != nil && snap.Version != version {
		return fmt.Errorf("the snapshot is of version %d, not %d", snap.Version, version)
	}
	op.Snapshot = snap
	return nil
}

// apply gives the same op again, under the same token, until the driver answers. It also returns when the answered try began.
func (s *Store) apply(ctx context.Context, op *Op) (reply Reply, asked time.Time, err error) {
	err = s.retry(ctx, func() (err error) {
		asked = s.now()
		reply, err = s.d.Apply(ctx, *op)
		return err
	})
	return reply, asked, err
}

// appended is what an op that went in has done.
func (s *Store) appended(a *Append, op *Op, r Reply, asked time.Time, at place) (Appended, error) {
	n := int64(len(op.Records))
	done := Appended{Version: at.version + n, Head: op.Head, Prev: op.Prev}
	if n > 0 {
		done.Seqs, done.Fresh = make([]int64, n), make([]bool, n)
		for i := range done.Seqs {
			done.Seqs[i], done.Fresh[i] = at.version+int64(i)+1, true
		}
		s.places.seen(a.Log, place{done.Version, done.Head})
	}
	if r.Epoch > 0 {
		owner := op.Owner
		if op.Acquire != "" {
			owner = op.Acquire
		}
		done.Lease = s.lease(a.Log, owner, r.Epoch, asked, op.TTL)
	}
	if r.Short {
		return done, ErrNotReplicated
	}
	return done, nil
}
