package redisstore

import (
	"context"
	"sync"
	"sync/atomic"

	"github.com/redis/go-redis/v9"

	"github.com/releasebot/releasebot/threadstore"
)

const (
	// maxLanes is how many round trips are under way at once before commands wait for each other: the fewer,
	// the more go out together, and the less each costs on either side.
	maxLanes = 2
	// maxTogether bounds one pipeline.
	maxTogether = 64
)

// lanes carry commands to Redis. While a lane is free a command goes by itself,
// on its caller's goroutine; else it waits, and goes together with all that wait
// then. Round trips, not Redis, are what costs when many append at once.
type lanes struct {
	c redis.UniversalClient

	mu      sync.Mutex
	busy    int
	waiting []*ride
	closed  bool
	drivers sync.WaitGroup // goroutines that carry others' commands
}

// A ride is one command that waits.
type ride struct {
	cmd   *redis.Cmd
	taken atomic.Bool // by a lane, or by a caller who has given up
	done  chan struct{}
}

func newLanes(c redis.UniversalClient) *lanes { return &lanes{c: c} }

func (l *lanes) process(ctx context.Context, cmd *redis.Cmd) error {
	l.mu.Lock()
	if l.closed {
		l.mu.Unlock()
		return threadstore.ErrClosed
	}
	if l.busy < maxLanes {
		l.busy++
		l.mu.Unlock()
		err := l.c.Process(ctx, cmd)
		l.leave() //nolint:contextcheck // what is carried then is others', whose calls may outlive this one
		return err
	}
	r := &ride{cmd: cmd, done: make(chan struct{})}
	l.waiting = append(l.waiting, r)
	l.mu.Unlock()

	select {
	case <-r.done:
		return cmd.Err()
	case <-ctx.Done():
		// Once sent it can't be taken back, and its effect is not known.
		r.taken.Store(true)
		return context.Cause(ctx)
	}
}

// leave hands the lane to those who wait, if any do.
func (l *lanes) leave() {
	if rides := l.next(); rides != nil {
		l.drivers.Go(func() {
			for ; rides != nil; rides = l.next() {
				l.carry(rides)
			}
		})
	}
}

// next takes those who wait, or gives the lane up.
func (l *lanes) next() []*ride {
	l.mu.Lock()
	defer l.mu.Unlock()
	if len(l.waiting) == 0 {
		l.busy--
		return nil
	}
	n := min(len(l.waiting), maxTogether)
	rides := l.waiting[:n:n]
	l.waiting = l.waiting[n:]
	return rides
}

func (l *lanes) carry(rides []*ride) {
	// Not any one caller's context: the client's own time-outs bound it.
	ctx := context.Background()
	pipe := l.c.Pipeline()
	for _, r := range rides {
		if r.taken.CompareAndSwap(false, true) {
			pipe.Process(ctx, r.cmd) //nolint:errcheck,gosec // only queues
		}
	}
	pipe.Exec(ctx) //nolint:errcheck,gosec // each command has its own error
	for _, r := range rides {
		close(r.done)
	}
}

// close refuses new commands and waits for those on their way.
func (l *lanes) close() {
	l.mu.Lock()
	l.closed = true
	l.mu.Unlock()
	l.drivers.Wait()
}
