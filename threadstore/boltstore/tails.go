package boltstore

import (
	"context"
	"sync"

	"github.com/releasebot/releasebot/threadstore"
)

// tailRoom is how many notes a reader may be behind before it misses some.
const tailRoom = 256

// tails hand notes to the readers in this process.
type tails struct {
	mu     sync.Mutex
	closed bool
	subs   map[chan threadstore.Note]struct{}
}

// tell never waits for a reader.
func (t *tails) tell(n threadstore.Note) {
	t.mu.Lock()
	defer t.mu.Unlock()
	for c := range t.subs {
		select {
		case c <- n:
		default:
		}
	}
}

func (t *tails) end(c chan threadstore.Note) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if _, ok := t.subs[c]; ok {
		delete(t.subs, c)
		close(c)
	}
}

func (t *tails) close() {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.closed = true
	for c := range t.subs {
		delete(t.subs, c)
		close(c)
	}
}

// Tail delivers notes until ctx ends or the driver is closed. See [threadstore.Driver].
func (d *Driver) Tail(ctx context.Context) (<-chan threadstore.Note, error) {
	t := &d.tails
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.closed {
		return nil, threadstore.ErrClosed
	}
	c := make(chan threadstore.Note, tailRoom)
	if t.subs == nil {
		t.subs = make(map[chan threadstore.Note]struct{})
	}
	t.subs[c] = struct{}{}
	context.AfterFunc(ctx, func() { t.end(c) })
	return c, nil
}
