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

// How many arguments a call has room for at least, so that most others can use it again, and at most, to be kept for that.
const (
	usualArgs = 128
	mostArgs  = 2048 // of a call that is kept
)

// free has a call that nothing points into any more used again.
func (d *Driver) free(c *call) {
	if cap(c.args) > mostArgs {
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
	c := d.applyCall(&op)
	if op.Durable && d.wait > 0 {
		return d.applyDurably(ctx, &op, c)
	}
	v, err := d.run(ctx, c)
	if err != nil {
		return threadstore.Reply{}, err
	}
	return applied(&op, v)
}

func (d *Driver) applyCall(op *threadstore.Op) *call {
	k := d.keys.of(op.Log)
	c := d.newCall(&d.scripts.apply, numKeys(op), numArgs(op))
	c.addKeys(&k, op)
	d.addArgs(c, op)
	return c
}

func numKeys(op *threadstore.Op) int { return 6 + len(op.Index) }
func numArgs(op *threadstore.Op) int { return 16 + 3*len(op.Records) + 4*len(op.Index) }

// addKeys adds the keys that apply.lua is told for op.
func (c *call) addKeys(k *logKeys, op *threadstore.Op) {
	c.add(k.log, k.hash, k.snap, k.lease, k.epoch, k.due)
	for i := range op.Index {
		c.add(k.index(op.Index[i].Index))
	}
}

// addArgs adds the arguments that apply.lua is told for op.
func (d *Driver) addArgs(c *call, op *threadstore.Op) {
	n := len(op.Records)
	after := strconv.FormatInt(op.Expect+int64(n), 10)
	c.add(op.Log, strconv.FormatInt(op.Expect, 10), op.Prev, op.Head, op.Token, held(op.Owner, op.Epoch), millis(op.TTL), op.Acquire, flag(op.Release), due(op.Due))
	if s := op.Snapshot; s != nil {
		c.add(strconv.Itoa(s.Fold), strconv.FormatInt(s.Version, 10))
		c.addBytes(s.Data)
	} else {
		c.add("", "", "")
	}
	c.add(d.keys.tail, after+" "+op.Log, strconv.Itoa(n))
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
	for i := range op.Index {
		e := &op.Index[i]
		if e.Value == nil {
			c.add(e.Index, e.Member, "-", "")
			continue
		}
		c.add(e.Index, e.Member, "=")
		c.addBytes(e.Value)
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

func flag(b bool) string {
	if b {
		return "1"
	}
	return ""
}

func due(d threadstore.Due) string {
	switch {
	case !d.Set:
		return ""
	case d.At.IsZero():
		return "-"
	default:
		return strconv.FormatInt(max(d.At.UnixMilli(), 1), 10)
	}
}

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
