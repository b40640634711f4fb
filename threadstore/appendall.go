package threadstore

import (
	"context"
	"fmt"
	"slices"
	"time"
)

// A Chainer is a Driver that can do several ops in one round trip.
type Chainer interface {
	Driver
	// ApplyAll does ops one after another, each as Apply does it, and stops after the
	// first whose Outcome is not OK. It returns a reply for each that it came to. As
	// with Apply, an error means that nothing is known about any of them, and all of
	// them may be given again.
	ApplyAll(ctx context.Context, ops []Op) ([]Reply, error)
}

// AppendAll makes decisions about several logs, one after another: each goes in
// as with Append, once those before it are in, and the first that does not ends
// it. It returns what was done by those that went in, and the error of the one
// that did not. It is not atomic, but where the driver can do it, one round trip.
//
// An Append with Look appends nothing: it asks whether its log still stands at
// Expect, and is refused with a *[ConflictError] if not.
func (s *Store) AppendAll(ctx context.Context, as []Append) ([]Appended, error) {
	c, ok := s.d.(Chainer)
	if !ok || len(as) == 1 {
		return s.oneByOne(ctx, as)
	}
	l := link{s: s, as: as, ops: make([]Op, len(as)), places: make([]place, len(as))}
	if ok, err := l.fill(); err != nil {
		return nil, err
	} else if !ok {
		return s.oneByOne(ctx, as)
	}
	var replies []Reply
	var asked time.Time
	err := s.retry(ctx, func() (err error) {
		asked = s.now()
		replies, err = c.ApplyAll(ctx, l.ops)
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("appending to %s: %w", as[0].Log, err)
	}
	return l.done(replies, asked)
}

// oneByOne is AppendAll with a round trip for each.
func (s *Store) oneByOne(ctx context.Context, as []Append) ([]Appended, error) {
	all := make([]Appended, 0, len(as))
	for i, a := range as {
		if !a.Look {
			done, err := s.Append(ctx, a)
			if err == nil || done.Version > 0 {
				all = append(all, done)
			}
			if err == nil && slices.Contains(done.Fresh, false) && i+1 < len(as) {
				err = madeAlready(&a, done.Version, done.Head)
			}
			if err != nil {
				return all, err
			}
			continue
		}
		reply, err := s.probe(ctx, s.newOp(&a), nil)
		if err != nil {
			return all, fmt.Errorf("looking at %s: %w", a.Log, err)
		}
		done, err := s.looked(&a, reply)
		if err != nil {
			return all, err
		}
		all = append(all, done)
	}
	return all, nil
}

// looked is what a look found.
func (s *Store) looked(a *Append, r Reply) (Appended, error) {
	before, _ := s.places.get(a.Log)
	if err := s.noticeLoss(a.Log, before, place{r.Version, r.Head}, r.Pruned); err != nil {
		return Appended{}, fmt.Errorf("looking at %s: %w", a.Log, err)
	}
	if r.Version != a.Expect {
		return Appended{}, &ConflictError{Log: a.Log, Version: r.Version, Head: r.Head}
	}
	return Appended{Version: r.Version, Head: r.Head}, nil
}

// madeAlready: another append has made the same decision, so what follows from it is not made here.
func madeAlready(a *Append, version int64, head string) error {
	return &ConflictError{Log: a.Log, Version: version, Head: head}
}

// A link is an AppendAll under way.
type link struct {
	s      *Store
	as     []Append
	ops    []Op
	places []place
}

// fill makes the ops. ok is false where a log's place is not known, so that it would have to be asked for.
func (l *link) fill() (ok bool, err error) {
	for i := range l.as {
		a := &l.as[i]
		if err := check(a); err != nil {
			return false, fmt.Errorf("appending to %q: %w", a.Log, err)
		}
		if a.Fact {
			return false, nil
		}
		l.ops[i] = l.s.newOp(a)
		if a.Look {
			l.ops[i].Expect = -1
			continue
		}
		at, known := l.after(i)
		if !known {
			if at, known = l.s.places.get(a.Log); a.Expect == 0 {
				at, known = place{}, true
			}
		}
		if !known || at.version != a.Expect {
			return false, nil
		}
		if err := l.s.fill(&l.ops[i], a, a.Drafts, at); err != nil {
			return false, err
		}
		l.places[i] = at
	}
	return true, nil
}

// after is where the log of the i-th append stands after the one before that has the same log, if there is one.
func (l *link) after(i int) (at place, known bool) {
	for j := i - 1; j >= 0; j-- {
		if b := &l.as[j]; b.Log == l.as[i].Log && !b.Look {
			return place{l.places[j].version + int64(len(b.Drafts)), l.ops[j].Head}, true
		}
	}
	return place{}, false
}

// done reads the replies.
func (l *link) done(replies []Reply, asked time.Time) ([]Appended, error) {
	all := make([]Appended, 0, len(replies))
	for i, r := range replies {
		a := &l.as[i]
		var done Appended
		var err error
		switch {
		case a.Look:
			done, err = l.s.looked(a, r)
		case r.Outcome == OutcomeOK:
			done, err = l.s.appended(a, &l.ops[i], r, asked, l.places[i])
		default:
			done, err = l.s.refused(a, l.places[i], r)
		}
		if err == nil || done.Version > 0 {
			all = append(all, done)
		}
		if err != nil {
			return all, fmt.Errorf("appending to %s: %w", a.Log, err)
		}
		if r.Outcome != OutcomeOK && i+1 < len(l.as) {
			return all, madeAlready(a, r.Version, r.Head)
		}
	}
	return all, nil
}
