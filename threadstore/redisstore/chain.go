package redisstore

import (
	"context"
	"fmt"

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
	v, err := d.run(ctx, d.applyCall(ops))
	if err != nil {
		return nil, err
	}
	answers, ok := v.([]any)
	if len(ops) == 1 { // its answer comes bare
		answers, ok = []any{v}, true
	}
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
