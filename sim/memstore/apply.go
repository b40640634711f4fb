package memstore

import (
	"context"
	"maps"
	"slices"

	"github.com/releasebot/releasebot/threadstore"
)

// Apply implements threadstore.Driver.
func (d *Driver) Apply(ctx context.Context, op threadstore.Op) (threadstore.Reply, error) {
	end, err := d.begin(ctx)
	if err != nil {
		return threadstore.Reply{}, err
	}
	defer end()
	l := d.logs[op.Log]
	if l == nil {
		l = &log{}
	}
	if l.recognise(&op) {
		r := threadstore.Reply{Outcome: threadstore.OutcomeOK, Version: op.Expect + int64(len(op.Records)), Head: op.Head}
		r.Epoch = d.lease(&op)
		return r, nil
	}
	holder, held := d.held(op.Log)
	if op.Owner != "" && (!held || holder.owner != op.Owner || holder.epoch != op.Epoch) {
		return threadstore.Reply{Outcome: threadstore.OutcomeStale, Version: l.version(), Head: l.head}, nil
	}
	if refused := d.refuse(l, &op); refused != nil {
		return *refused, nil
	}
	d.put(&op)
	r := threadstore.Reply{Outcome: threadstore.OutcomeOK, Version: d.logs[op.Log].version(), Head: op.Head}
	r.Epoch = d.lease(&op)
	if len(op.Records) > 0 {
		d.tell(threadstore.Note{Log: op.Log, Version: r.Version})
		if d.opts.Committed != nil {
			d.opts.Committed(op, holder.owner)
		}
	}
	return r, nil
}

// recognise reports whether an earlier try of this op went in.
func (l *log) recognise(op *threadstore.Op) bool {
	if op.Token == "" {
		return false
	}
	if len(op.Records) == 0 {
		return l.token == op.Token
	}
	return l.tokens[op.Expect+1] == op.Token
}

func (d *Driver) refuse(l *log, op *threadstore.Op) *threadstore.Reply {
	r := threadstore.Reply{Outcome: threadstore.OutcomeConflict, Version: l.version(), Head: l.head, Pruned: d.epochs[op.Log].pruned}
	for i := range op.Records {
		if k, ok := l.ids[op.Records[i].ID]; ok {
			if r.Known == nil {
				r.Outcome, r.Known = threadstore.OutcomeDuplicate, map[string]threadstore.Known{}
			}
			r.Known[op.Records[i].ID] = k
		}
	}
	if r.Known == nil && l.version() == op.Expect && l.head == op.Prev {
		return nil
	}
	return &r
}

// put writes everything but the lease.
func (d *Driver) put(op *threadstore.Op) {
	l := d.log(op.Log)
	d.remember(op, l)
	if len(op.Records) == 0 {
		l.token = op.Token
	} else {
		l.tokens[l.version()+1] = op.Token
		l.head = op.Head
	}
	for _, r := range op.Records {
		l.records = append(l.records, r)
		l.ids[r.ID] = threadstore.Known{Seq: l.version(), Sum: r.Sum}
	}
	if op.Snapshot != nil {
		l.snap = nil
		if s := *op.Snapshot; len(s.Data) > 0 {
			l.snap = &s
		}
	}
	if op.Due.Set {
		l.due = 0
		if !op.Due.At.IsZero() {
			l.due = op.Due.At.UnixMilli()
		}
	}
	for _, e := range op.Index {
		k := lineKey{e.Index, e.Member}
		if e.Value == nil {
			delete(d.lines, k)
			continue
		}
		d.lines[k] = line{op.Log, e.Value}
	}
}

// remember keeps what op is about to change.
func (d *Driver) remember(op *threadstore.Op, l *log) {
	if d.opts.Undo == 0 {
		return
	}
	before := *l
	before.records = slices.Clip(l.records)
	lines := map[lineKey]line{}
	for _, e := range op.Index {
		k := lineKey{e.Index, e.Member}
		lines[k] = d.lines[k]
	}
	n := l.version()
	d.undoable(func() {
		ids, tokens := maps.Clone(l.ids), maps.Clone(l.tokens)
		maps.DeleteFunc(ids, func(_ string, k threadstore.Known) bool { return k.Seq > n })
		maps.DeleteFunc(tokens, func(at int64, _ string) bool { return at > n })
		*l = before
		l.ids, l.tokens = ids, tokens
		for k, v := range lines {
			if v.log == "" {
				delete(d.lines, k)
				continue
			}
			d.lines[k] = v
		}
		if len(l.records) == 0 && l.token == "" {
			delete(d.logs, op.Log)
		}
	})
}

func (d *Driver) undoable(f func()) {
	if d.opts.Undo == 0 {
		return
	}
	d.undo = append(d.undo, f)
	if over := len(d.undo) - d.opts.Undo; over > 0 {
		d.undo = d.undo[over:]
	}
}

// Failover takes the last n changes back, as a failover to a replica does that
// has not heard of them, and ends every lease; epochs stay. It returns how many it took back.
func (d *Driver) Failover(n int) int {
	d.mu.Lock()
	defer d.mu.Unlock()
	n = min(n, len(d.undo))
	for i := range n {
		d.undo[len(d.undo)-1-i]()
	}
	d.undo = nil
	clear(d.leases)
	return n
}

// Truncate takes the last event of a log away. Tests show with it that loss is noticed.
func (d *Driver) Truncate(name string, head string) {
	d.mu.Lock()
	defer d.mu.Unlock()
	l := d.logs[name]
	n := len(l.records) - 1
	delete(l.ids, l.records[n].ID)
	delete(l.tokens, int64(n)+1)
	l.records, l.head, l.snap = l.records[:n:n], head, nil
}
