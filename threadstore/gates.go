package threadstore

import (
	"context"
	"sync"
)

// gates line up the facts that this process wants in one log, once two of them
// have collided: each then goes in at its first try, instead of every one
// fetching the new head after every other. A log without a collision has none.
type gates struct {
	mu   sync.Mutex
	open map[string]*gate
}

type gate struct {
	turn    chan struct{} // holds one token while somebody is inside
	waiting int
}

// enter waits for its turn at log. If only is set and nobody is lined up there, it does not line up either.
func (g *gates) enter(ctx context.Context, log string, only bool) (leave func(), err error) {
	g.mu.Lock()
	at := g.open[log]
	if at == nil {
		if only {
			g.mu.Unlock()
			return nil, nil
		}
		if g.open == nil {
			g.open = make(map[string]*gate)
		}
		at = &gate{turn: make(chan struct{}, 1)}
		g.open[log] = at
	}
	at.waiting++
	g.mu.Unlock()

	select {
	case at.turn <- struct{}{}:
		return func() { <-at.turn; g.left(log, at) }, nil
	case <-ctx.Done():
		g.left(log, at)
		return nil, ctx.Err()
	}
}

func (g *gates) left(log string, at *gate) {
	g.mu.Lock()
	defer g.mu.Unlock()
	if at.waiting--; at.waiting == 0 {
		delete(g.open, log)
	}
}
