package boltstore

import (
	"context"

	bolt "go.etcd.io/bbolt"

	"github.com/releasebot/releasebot/threadstore"
)

// Apply does op, or nothing. See [threadstore.Driver].
func (d *Driver) Apply(ctx context.Context, op threadstore.Op) (threadstore.Reply, error) {
	var reply threadstore.Reply
	err := d.update(ctx, func(b *batch) (bool, error) {
		a := apply{d: d, b: b, op: &op}
		changed, err := a.run()
		reply = a.reply
		return changed, err
	})
	if err != nil {
		return threadstore.Reply{}, err
	}
	return reply, nil
}

// An apply is one Op within a transaction.
type apply struct {
	d     *Driver
	b     *batch
	op    *threadstore.Op
	log   logState
	reply threadstore.Reply
}

// run checks everything before it changes anything. After an error, changed
// says whether something was written that has to be rolled back.
func (a *apply) run() (changed bool, err error) {
	a.log, err = decodeLog(a.b.tx.Bucket(bucketLogs).Get([]byte(a.op.Log)))
	if err != nil {
		return false, err
	}
	a.reply.Version, a.reply.Head = a.log.version, a.log.head
	own, err := a.recognise()
	if err != nil {
		return false, err
	}
	if own {
		a.reply = threadstore.Reply{Outcome: threadstore.OutcomeOK, Version: a.op.Expect + int64(len(a.op.Records)), Head: a.op.Head}
		return a.lease()
	}
	if a.op.Owner != "" && !a.held() {
		a.reply.Outcome = threadstore.OutcomeStale
		return false, nil
	}
	if a.reply.Known != nil || a.log.version != a.op.Expect || a.log.head != a.op.Prev {
		return false, a.refuse()
	}
	if err := a.put(); err != nil {
		return true, err
	}
	if _, err := a.lease(); err != nil {
		return true, err
	}
	if note := (threadstore.Note{Log: a.op.Log, Version: a.log.version}); len(a.op.Records) > 0 {
		a.b.committed = append(a.b.committed, func() { a.d.tails.tell(note) })
	}
	return true, nil
}

// recognise finds out whether an earlier try of this op went in, and which ids are in anyhow.
func (a *apply) recognise() (own bool, err error) {
	if len(a.op.Records) == 0 {
		return a.op.Token != "" && a.log.token == a.op.Token, nil
	}
	ids := a.b.tx.Bucket(bucketIDs)
	for i := range a.op.Records {
		v := ids.Get(idKey(a.op.Log, a.op.Records[i].ID))
		if v == nil {
			continue
		}
		k, err := decodeID(v)
		if err != nil {
			return false, err
		}
		if i == 0 && a.op.Token != "" && k.token == a.op.Token && k.Seq == a.op.Expect+1 {
			return true, nil
		}
		if a.reply.Known == nil {
			a.reply.Known = make(map[string]threadstore.Known)
		}
		a.reply.Known[a.op.Records[i].ID] = k.Known
	}
	return false, nil
}

func (a *apply) refuse() error {
	a.reply.Outcome = threadstore.OutcomeConflict
	if a.reply.Known != nil {
		a.reply.Outcome = threadstore.OutcomeDuplicate
	}
	e, err := decodeEpoch(a.b.tx.Bucket(bucketEpochs).Get([]byte(a.op.Log)))
	a.reply.Pruned = e.pruned
	return err
}

func (a *apply) held() bool {
	h, ok := a.d.leases.current(a.op.Log)
	return ok && h.owner == a.op.Owner && h.epoch == a.op.Epoch
}

// put writes everything but the lease.
func (a *apply) put() error {
	if err := a.putRecords(); err != nil {
		return err
	}
	if s := a.op.Snapshot; s != nil && len(s.Data) == 0 {
		if err := a.b.tx.Bucket(bucketSnaps).Delete([]byte(a.op.Log)); err != nil {
			return err
		}
	} else if s != nil {
		if err := a.b.tx.Bucket(bucketSnaps).Put([]byte(a.op.Log), encodeSnapshot(s)); err != nil {
			return err
		}
	}
	if a.op.Due.Set {
		if err := setDue(a.b.tx, a.op.Log, &a.log, millis(a.op.Due.At)); err != nil {
			return err
		}
	}
	for i := range a.op.Index {
		if err := putLine(a.b.tx, a.op.Log, &a.op.Index[i]); err != nil {
			return err
		}
	}
	a.reply.Version, a.reply.Head = a.log.version, a.log.head
	return a.b.tx.Bucket(bucketLogs).Put([]byte(a.op.Log), a.log.encode())
}

func (a *apply) putRecords() error {
	if len(a.op.Records) == 0 {
		a.log.token = a.op.Token
		return nil
	}
	token := a.op.Token
	for i := range a.op.Records {
		a.log.version++
		if err := putRecord(a.b.tx, a.op.Log, a.log.version, &a.op.Records[i], token); err != nil {
			return err
		}
		token = ""
	}
	a.log.head = a.op.Head
	return nil
}

func putRecord(tx *bolt.Tx, log string, seq int64, r *threadstore.Record, token string) error {
	if err := tx.Bucket(bucketEvents).Put(eventKey(log, seq), r.Data); err != nil {
		return err
	}
	k := knownID{Known: threadstore.Known{Seq: seq, Sum: r.Sum}, token: token}
	return tx.Bucket(bucketIDs).Put(idKey(log, r.ID), k.encode())
}

// setDue moves a log within the due bucket; the caller writes the state.
func setDue(tx *bolt.Tx, log string, s *logState, ms int64) error {
	due := tx.Bucket(bucketDue)
	if s.due != 0 {
		if err := due.Delete(dueKey(s.due, log)); err != nil {
			return err
		}
	}
	s.due = ms
	if ms == 0 {
		return nil
	}
	return due.Put(dueKey(ms, log), nil)
}

func putLine(tx *bolt.Tx, log string, e *threadstore.IndexEntry) error {
	line := lineKey(e.Index, e.Member)
	lines, owns := tx.Bucket(bucketLines), tx.Bucket(bucketOwns)
	if e.Value == nil {
		if err := lines.Delete(line); err != nil {
			return err
		}
		return owns.Delete(ownKey(log, line))
	}
	if err := lines.Put(line, e.Value); err != nil {
		return err
	}
	return owns.Put(ownKey(log, line), nil)
}

// lease does what the op asks of the lease. It is safe to do again for an op that went in earlier.
func (a *apply) lease() (changed bool, err error) {
	switch {
	case a.op.Acquire != "":
		a.reply.Epoch, _, changed, err = a.d.acquire(a.b, a.op.Log, a.op.Acquire, a.op.TTL)
		return changed, err
	case a.op.Release:
		log, owner, epoch := a.op.Log, a.op.Owner, a.op.Epoch
		a.b.committed = append(a.b.committed, func() { a.d.leases.drop(log, owner, epoch) })
	case a.op.Owner != "":
		a.reply.Epoch = a.d.leases.holds(a.op.Log, a.op.Owner, a.op.Epoch, a.op.TTL)
	}
	return false, nil
}

var _ threadstore.Chainer = (*Driver)(nil)

// ApplyAll does ops one after another, in one transaction. See [threadstore.Chainer].
func (d *Driver) ApplyAll(ctx context.Context, ops []threadstore.Op) ([]threadstore.Reply, error) {
	var replies []threadstore.Reply
	err := d.update(ctx, func(b *batch) (changed bool, err error) {
		for i := range ops {
			a := apply{d: d, b: b, op: &ops[i]}
			c, err := a.run()
			changed = changed || c
			if err != nil {
				return changed, err
			}
			replies = append(replies, a.reply)
			if a.reply.Outcome != threadstore.OutcomeOK {
				break
			}
		}
		return changed, nil
	})
	if err != nil {
		return nil, err
	}
	return replies, nil
}
