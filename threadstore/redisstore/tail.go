package redisstore

import (
	"context"
	"strconv"
	"strings"

	"github.com/redis/go-redis/v9"

	"github.com/releasebot/releasebot/threadstore"
)

// tailRoom is how many notes a reader may be behind before it misses some.
const tailRoom = 256

// Tail delivers notes until ctx ends or the driver is closed. See [threadstore.Driver].
// Notes that are published while the subscription reconnects are missed.
func (d *Driver) Tail(ctx context.Context) (<-chan threadstore.Note, error) {
	if d.closing.Err() != nil {
		return nil, threadstore.ErrClosed
	}
	sub := d.c.Subscribe(ctx, d.keys.tail)
	if _, err := sub.Receive(ctx); err != nil {
		if cerr := sub.Close(); cerr != nil {
			return nil, wrap(cerr)
		}
		return nil, wrap(err)
	}
	notes := make(chan threadstore.Note, tailRoom)
	d.tails.Go(func() {
		defer close(notes)
		defer sub.Close() //nolint:errcheck // nothing follows from it
		d.follow(ctx, sub.Channel(), notes)
	})
	return notes, nil
}

func (d *Driver) follow(ctx context.Context, from <-chan *redis.Message, to chan<- threadstore.Note) {
	for {
		select {
		case <-ctx.Done():
			return
		case <-d.closing.Done():
			return
		case m, ok := <-from:
			if !ok {
				return
			}
			version, log, _ := strings.Cut(m.Payload, " ")
			at, err := strconv.ParseInt(version, 10, 64)
			if err != nil {
				continue // not ours
			}
			select {
			case to <- threadstore.Note{Log: log, Version: at}:
			default: // a slow reader misses it
			}
		}
	}
}
