package sim

import (
	"context"
	"encoding/json"
	"errors"
	"time"

	"github.com/releasebot/releasebot/agent"
	"github.com/releasebot/releasebot/sim/memstore"
	"github.com/releasebot/releasebot/threadstore"
)

// link is a process's connection to the store.
type link struct {
	*memstore.Driver
	p *proc
}

var (
	errBefore = errors.New("connection refused")
	errAfter  = errors.New("connection lost before the reply")
)

// calls does one call with what can happen to it.
func (l *link) calls(what string, do func() error) error {
	w := l.p.w
	if l.p.unordered {
		return do()
	}
	w.at(l.p, "before "+what)
	if w.silenced > 0 && !w.calm {
		w.count("outage")
		return errBefore
	}
	if w.hits(Outage, 0.01, "store fails before") {
		return errBefore
	}
	if err := do(); err != nil {
		return err
	}
	w.at(l.p, "after "+what)
	if w.hits(Outage, 0.015, "store's reply lost") {
		return errAfter
	}
	return nil
}

// Apply implements threadstore.Driver.
func (l *link) Apply(ctx context.Context, op threadstore.Op) (r threadstore.Reply, err error) {
	op = l.dated(op)
	err = l.calls("append", func() error {
		l.p.w.writer = l.p
		r, err = l.Driver.Apply(ctx, op)
		l.p.w.writer = nil
		return err
	})
	if err != nil {
		return threadstore.Reply{}, err
	}
	return r, nil
}

// dated makes snapshots of an older program: of another fold, which knew less.
func (l *link) dated(op threadstore.Op) threadstore.Op {
	if !l.p.older || op.Snapshot == nil {
		return op
	}
	var state map[string]json.RawMessage
	if err := json.Unmarshal(op.Snapshot.Data, &state); err != nil {
		return op
	}
	for _, newer := range []string{"decisions", "words", "questions", "queue"} {
		delete(state, newer)
	}
	data, err := json.Marshal(state)
	if err != nil {
		return op
	}
	l.p.w.count("snapshot of an older program")
	op.Snapshot = &threadstore.Snapshot{Version: op.Snapshot.Version, Fold: agent.FoldVersion - 1, Data: data}
	return op
}

// Load implements threadstore.Driver.
func (l *link) Load(ctx context.Context, log string, fold int) (out threadstore.Loaded, err error) {
	err = l.calls("load", func() error {
		out, err = l.Driver.Load(ctx, log, fold)
		return err
	})
	return out, err
}

// Read implements threadstore.Driver.
func (l *link) Read(ctx context.Context, log string, seq int64, limit int) (out [][]byte, err error) {
	err = l.calls("read", func() error {
		out, err = l.Driver.Read(ctx, log, seq, limit)
		return err
	})
	return out, err
}

// Acquire implements threadstore.Driver.
func (l *link) Acquire(ctx context.Context, log, owner string, ttl time.Duration) (epoch int64, holder string, err error) {
	err = l.calls("acquire", func() error {
		epoch, holder, err = l.Driver.Acquire(ctx, log, owner, ttl)
		return err
	})
	if err != nil {
		return 0, "", err
	}
	return epoch, holder, nil
}

// Wake implements threadstore.Driver.
func (l *link) Wake(ctx context.Context, log string, at time.Time) error {
	return l.calls("wake", func() error { return l.Driver.Wake(ctx, log, at) })
}

// SetAlias implements threadstore.Driver.
func (l *link) SetAlias(ctx context.Context, alias, log string) (bound string, err error) {
	err = l.calls("alias", func() error {
		bound, err = l.Driver.SetAlias(ctx, alias, log)
		return err
	})
	return bound, err
}

// Resolve implements threadstore.Driver.
func (l *link) Resolve(ctx context.Context, alias string) (log string, err error) {
	err = l.calls("resolve", func() error {
		log, err = l.Driver.Resolve(ctx, alias)
		return err
	})
	return log, err
}
