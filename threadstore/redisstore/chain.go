package redisstore

import (
	"context"
	"fmt"
	"strconv"

	"github.com/releasebot/releasebot/threadstore"
)

var _ threadstore.Chainer = (*Driver)(nil)

// ApplyAll does ops one after another, in one script. See [threadstore.Chainer].
// On a Cluster their keys are of several nodes, and WAIT needs a connection of its
// own: then each goes by itself.
func (d *Driver) ApplyAll(ctx context.Context, ops []threadstore.Op) ([]threadstore.Reply, error) {
	apart := d.cluster != nil
	for i := range ops {
		apart = apart || ops[i].Durable && d.wait > 0
	}
	if apart {
		return d.applyApart(ctx, ops)
	}
	v, err := d.run(ctx, d.chainCall(ops))
	if err != nil {
		return nil, err
	}
	answers, ok := v.([]any)
	if !ok || len(answers) == 0 || len(answers) > len(ops) {
		return nil, fmt.Errorf("%w: %v", errAnswer, v)
	}
	replies := make([]threadstore.Reply, len(answers))
	for i, a := range answers {
		if replies[i], err = applied(&ops[i], a); err != nil {
			return nil, err
		}
	}
	return replies, nil
}

func (d *Driver) applyApart(ctx context.Context, ops []threadstore.Op) ([]threadstore.Reply, error) {
	replies := make([]threadstore.Reply, 0, len(ops))
	for i := range ops {
		r, err := d.Apply(ctx, ops[i])
		if err != nil {
			return nil, err
		}
		replies = append(replies, r)
		if r.Outcome != threadstore.OutcomeOK || r.Short {
			break
		}
	}
	return replies, nil
}

func (d *Driver) chainCall(ops []threadstore.Op) *call {
	keys, args := 0, 1+2*len(ops)
	for i := range ops {
		keys, args = keys+numKeys(&ops[i]), args+numArgs(&ops[i])
	}
	c := d.newCall(&d.scripts.chain, keys, args)
	for i := range ops {
		k := d.keys.of(ops[i].Log)
		c.addKeys(&k, &ops[i])
	}
	c.add(strconv.Itoa(len(ops)))
	for i := range ops {
		c.add(strconv.Itoa(numKeys(&ops[i])), strconv.Itoa(numArgs(&ops[i])))
	}
	for i := range ops {
		d.addArgs(c, &ops[i])
	}
	return c
}
