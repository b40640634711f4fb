package redisstore

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/redis/go-redis/v9"

	"github.com/releasebot/releasebot/threadstore"
)

// A call is a script with its keys and arguments, as they go over the wire.
// Strings go as pointers into text, which spares the client an allocation for each.
type call struct {
	script *script
	args   []any
	text   []string
}

// newCall makes room for all the arguments there will be: text must not grow once it is pointed into.
func (d *Driver) newCall(s *script, numKeys, numArgs int) *call {
	n := numKeys + numArgs
	c, _ := d.calls.Get().(*call)
	if c == nil || cap(c.args) < n+3 || cap(c.text) < n+1 {
		c = &call{args: make([]any, 0, max(n+3, usualArgs)), text: make([]string, 0, max(n+1, usualArgs))}
	}
	c.script = s
	c.args = append(c.args, "evalsha", &s.hash)
	c.add(strconv.Itoa(numKeys))
	return c
}

// setKeys says that what was added so far are the keys.
func (c *call) setKeys() { c.text[0] = strconv.Itoa(len(c.text) - 1) }

// How many arguments a call has room for at least, so that most others can use it again, and at most, to be kept for that.
const (
	usualArgs = 128
	keptArgs  = 2048
)

// free has a call that nothing points into any more used again.
func (d *Driver) free(c *call) {
	if cap(c.args) > keptArgs {
		return
	}
	clear(c.args)
	clear(c.text)
	c.args, c.text = c.args[:0], c.text[:0]
	d.calls.Put(c)
}

func (c *call) add(texts ...string) {
	for _, t := range texts {
		c.text = append(c.text, t)
		c.args = append(c.args, &c.text[len(c.text)-1])
	}
}

func (c *call) addBytes(b []byte) { c.args = append(c.args, b) }

// key is the first of its keys, all of which are in one place.
func (c *call) key() string {
	if key, ok := c.args[3].(*string); ok {
		return *key
	}
	return ""
}

// inFull is the same call with the script's text, for a server that doesn't know its hash.
func (c *call) inFull() []any {
	return append([]any{"eval", &c.script.source}, c.args[2:]...)
}

// Apply does op, or nothing. See [threadstore.Driver].
func (d *Driver) Apply(ctx context.Context, op threadstore.Op) (threadstore.Reply, error) {
	c := d.applyCall([]threadstore.Op{op})
	if op.Durable && d.wait > 0 {
		return d.applyDurably(ctx, &op, c)
	}
	v, err := d.run(ctx, c)
	if err != nil {
		return threadstore.Reply{}, err
	}
	return applied(&op, v)
}

// applyCall is a call of apply.lua for ops: see there for what it is told.
func (d *Driver) applyCall(ops []threadstore.Op) *call {
	keys, args := 0, 1
	for i := range ops {
		keys, args = keys+mostKeys(&ops[i]), args+mostArgs(&ops[i])
	}
	c := d.newCall(&d.scripts.apply, keys, args)
	for i := range ops {
		c.addKeys(d.keys, &ops[i])
	}
	c.setKeys()
	c.add(d.keys.tail)
	for i := range ops {
		c.addArgs(&ops[i])
	}
	return c
}

// How many keys and arguments an op can have.
func mostKeys(op *threadstore.Op) int { return 6 + len(op.Index) }
func mostArgs(op *threadstore.Op) int { return 16 + 3*len(op.Records) + 4*len(op.Index) }

// addKeys adds the keys that apply.lua is told for op.
func (c *call) addKeys(keys *keyring, op *threadstore.Op) {
	k := keys.of(op.Log)
	c.add(k.log, k.hash, k.epoch)
	if op.Owner != "" || op.Acquire != "" {
		c.add(k.lease)
	}
	if op.Due.Set {
		c.add(k.due)
	}
	if op.Snapshot != nil {
		c.add(k.snap)
	}
	for i := range op.Index {
		c.add(k.index(op.Index[i].Index))
	}
}

// flags are an op's, as apply.lua reads them.
func flags(op *threadstore.Op) string {
	f := [4]byte{'-', '-', '-', '-'}
	if op.Owner != "" {
		f[0], f[1] = 'h', 'p'
	}
	switch {
	case op.Acquire != "":
		f[1] = 't'
	case op.Owner != "" && op.Release:
		f[1] = 'g'
	}
	if op.Due.Set {
		f[2] = 's'
		if op.Due.At.IsZero() {
			f[2] = 'n'
		}
	}
	if op.Snapshot != nil {
		f[3] = 's'
		if len(op.Snapshot.Data) == 0 {
			f[3] = 'n'
		}
	}
	return string(f[:])
}

// addArgs adds the arguments that apply.lua is told for op.
func (c *call) addArgs(op *threadstore.Op) {
	n, f := len(op.Records), flags(op)
	c.add(f, strconv.FormatInt(op.Expect, 10), op.Prev, op.Head, strconv.Itoa(n), strconv.Itoa(len(op.Index)))
	if f[0] == 'h' {
		c.add(held(op.Owner, op.Epoch))
	}
	switch f[1] {
	case 't':
		c.add(op.Acquire, millis(op.TTL))
	case 'p':
		c.add(millis(op.TTL))
	}
	switch f[2] {
	case 's':
		c.add(op.Log, strconv.FormatInt(max(op.Due.At.UnixMilli(), 1), 10))
	case 'n':
		c.add(op.Log)
	}
	if f[3] == 's' {
		c.add(strconv.Itoa(op.Snapshot.Fold), strconv.FormatInt(op.Snapshot.Version, 10))
		c.addBytes(op.Snapshot.Data)
	}
	if n == 0 {
		c.add(op.Token)
	} else {
		c.addRecords(op)
	}
	for i := range op.Index {
		e := &op.Index[i]
		if e.Value == nil {
			c.add(e.Index, e.Member, "-")
			continue
		}
		c.add(e.Index, e.Member, "=")
		c.addBytes(e.Value)
	}
}

func (c *call) addRecords(op *threadstore.Op) {
	c.add(strconv.FormatInt(op.Expect+int64(len(op.Records)), 10) + " " + op.Log)
	for i := range op.Records {
		c.add(op.Records[i].ID)
	}
	token := op.Token
	for i := range op.Records {
		c.add(known(op.Expect+int64(i)+1, token, op.Records[i].Sum))
		token = ""
	}
	for i := range op.Records {
		c.addBytes(op.Records[i].Data)
	}
}

// held is the value of the lease key while owner holds it under epoch.
func held(owner string, epoch int64) string {
	if owner == "" {
		return ""
	}
	return strconv.FormatInt(epoch, 10) + " " + owner
}

func millis(d time.Duration) string { return strconv.FormatInt(max(d.Milliseconds(), 1), 10) }

// known is what is kept under an id. A token holds no colon; a sum may.
func known(seq int64, token, sum string) string {
	return strconv.FormatInt(seq, 10) + ":" + token + ":" + sum
}

func parseKnown(v string) (threadstore.Known, error) {
	place, rest, ok1 := strings.Cut(v, ":")
	_, sum, ok2 := strings.Cut(rest, ":")
	seq, err := strconv.ParseInt(place, 10, 64)
	if !ok1 || !ok2 || err != nil {
		return threadstore.Known{}, fmt.Errorf("%q is not what is kept under an id", v)
	}
	return threadstore.Known{Seq: seq, Sum: sum}, nil
}

var errAnswer = errors.New("the script's answer can't be read")

// applied reads what apply.lua returned.
func applied(op *threadstore.Op, v any) (threadstore.Reply, error) {
	if epoch, ok := v.(int64); ok {
		if epoch < 0 {
			epoch = op.Epoch
		}
		return threadstore.Reply{Version: op.Expect + int64(len(op.Records)), Head: op.Head, Epoch: epoch}, nil
	}
	a, ok := v.([]any)
	if !ok || len(a) < 4 {
		return threadstore.Reply{}, fmt.Errorf("%w: %v", errAnswer, v)
	}
	code, _ := a[0].(int64)
	r := threadstore.Reply{Outcome: threadstore.Outcome(code)}
	r.Version, _ = a[1].(int64)
	r.Head, _ = a[2].(string)
	r.Pruned, _ = a[3].(int64)
	if r.Outcome != threadstore.OutcomeDuplicate {
		return r, nil
	}
	r.Known = make(map[string]threadstore.Known)
	for i, v := range a[4:] {
		s, ok := v.(string)
		if !ok {
			continue // not known
		}
		k, err := parseKnown(s)
		if err != nil {
			return threadstore.Reply{}, err
		}
		r.Known[op.Records[i].ID] = k
	}
	return r, nil
}

// applyDurably sends the append and WAIT together: WAIT speaks of what its own connection has written.
func (d *Driver) applyDurably(ctx context.Context, op *threadstore.Op, c *call) (threadstore.Reply, error) {
	node := d.c
	if d.cluster != nil {
		master, err := d.cluster.MasterForKey(ctx, d.keys.of(op.Log).log)
		if err != nil {
			return threadstore.Reply{}, wrap(err)
		}
		node = master
	}
	send := func(args []any) (*redis.Cmd, *redis.Cmd, error) {
		pipe := node.Pipeline()
		done := pipe.Do(ctx, args...)
		confirmed := pipe.Do(ctx, "wait", d.wait, waitTimeout.Milliseconds())
		_, err := pipe.Exec(ctx)
		return done, confirmed, err
	}
	done, confirmed, err := send(c.args)
	if redis.HasErrorPrefix(done.Err(), "NOSCRIPT") {
		done, confirmed, err = send(c.inFull())
	}
	if err != nil {
		if d.cluster != nil { // it has moved, or its master is away, and another may be in its place by now
			d.cluster.ReloadState(ctx)
		}
		return threadstore.Reply{}, wrap(err)
	}
	r, err := applied(op, done.Val())
	if err == nil && r.Outcome == threadstore.OutcomeOK {
		replicas, _ := confirmed.Val().(int64)
		r.Short = replicas < int64(d.wait)
	}
	return r, err
}

// run runs a script, by its hash, or in full where the server doesn't know that.
func (d *Driver) run(ctx context.Context, c *call) (any, error) {
	way := d.lanes
	if d.masters != nil {
		way = d.masters.of(ctx, c.key())
	}
	cmd := redis.NewCmd(ctx, c.args...)
	err := way.process(ctx, cmd)
	if err != nil && redis.HasErrorPrefix(err, "NOSCRIPT") {
		cmd = redis.NewCmd(ctx, c.inFull()...)
		err = way.process(ctx, cmd)
	}
	if ctx.Err() == nil { // else it may still be on its way
		d.free(c)
	}
	if err != nil {
		return nil, wrap(err)
	}
	return cmd.Val(), nil
}
