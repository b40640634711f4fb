package chaos

import (
	"context"
	"fmt"
	"maps"
	"math/rand/v2"
	"slices"
	"strings"
	"sync"
	"syscall"
	"time"

	"github.com/releasebot/releasebot/slacklocal"
	"github.com/releasebot/releasebot/threadstore/storetest/redistest"
)

// faults break things, each kind on a goroutine of its own, so that they overlap.
type faults struct {
	w        *town
	redis    *redistest.Server
	proxy    *redistest.Proxy
	replicas []*replica
	takes    *takeovers

	mu    sync.Mutex
	count map[string]int
	decks map[string][]int // by goroutine: what it has not done yet in this round
	stops []time.Duration  // from SIGTERM to the end of the process
}

func (f *faults) did(what string) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.count[what]++
}

func (f *faults) String() string {
	f.mu.Lock()
	defer f.mu.Unlock()
	var parts []string
	for _, k := range slices.Sorted(maps.Keys(f.count)) {
		parts = append(parts, fmt.Sprintf("%s %d", k, f.count[k]))
	}
	return strings.Join(parts, ", ")
}

// run breaks things until ctx ends, and returns once all is whole again.
func (f *faults) run(ctx context.Context, seed uint64) {
	var all sync.WaitGroup
	for i, kind := range []func(context.Context, *rand.Rand){f.processes, f.store, f.network, f.slack} {
		all.Go(func() {
			rnd := rand.New(rand.NewPCG(seed, uint64(i))) //nolint:gosec // a test
			for ctx.Err() == nil {
				kind(ctx, rnd)
			}
		})
	}
	all.Wait()
}

// deal chooses among n, each of them once before any comes again: a short run has them all.
func (f *faults) deal(name string, n int, rnd *rand.Rand) (card int) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.decks == nil {
		f.decks = map[string][]int{}
	}
	if len(f.decks[name]) == 0 {
		f.decks[name] = rnd.Perm(n)
	}
	card, f.decks[name] = f.decks[name][0], f.decks[name][1:]
	return card
}

func between(rnd *rand.Rand, from, to time.Duration) time.Duration {
	return from + time.Duration(rnd.Int64N(int64(to-from)))
}

// leaseOver is longer than a lease and its renewal.
const leaseOver = 6 * time.Second

// processes does something to a replica.
func (f *faults) processes(ctx context.Context, rnd *rand.Rand) {
	pause(ctx, between(rnd, time.Second, 4*time.Second))
	if ctx.Err() != nil {
		return
	}
	r := f.replicas[rnd.IntN(len(f.replicas))]
	switch f.deal("processes", 4, rnd) {
	case 0, 1:
		watch := f.takes.before(r.pid())
		r.signal(syscall.SIGKILL)
		f.did("replica SIGKILL")
		watch()
	case 2:
		watch := f.takes.before(r.pid())
		r.signal(syscall.SIGSTOP)
		f.did("replica SIGSTOP")
		watch()
		pause(ctx, between(rnd, leaseOver, 10*time.Second))
		r.signal(syscall.SIGCONT)
	case 3:
		began := time.Now()
		_, ended := r.signal(syscall.SIGTERM)
		f.did("replica SIGTERM")
		select {
		case <-ended:
			f.mu.Lock()
			f.stops = append(f.stops, time.Since(began))
			f.mu.Unlock()
		case <-time.After(patience):
			f.w.Errorf("replica %s does not end within %s of SIGTERM\n%s", r.name, patience, r.log.Last(3000))
			r.signal(syscall.SIGKILL)
		}
	}
}

// store kills and freezes Redis.
func (f *faults) store(ctx context.Context, rnd *rand.Rand) {
	pause(ctx, between(rnd, 5*time.Second, 14*time.Second))
	if ctx.Err() != nil {
		return
	}
	defer f.takes.disturb()()
	if f.deal("store", 2, rnd) == 0 {
		f.redis.Kill()
		f.did("Redis SIGKILL")
		pause(ctx, between(rnd, 0, 3*time.Second))
		f.redis.Restart()
		return
	}
	f.redis.Freeze()
	f.did("Redis SIGSTOP")
	pause(ctx, between(rnd, time.Second, 6*time.Second))
	f.redis.Thaw()
}

// network loses answers of Redis, and breaks connections to it.
func (f *faults) network(ctx context.Context, rnd *rand.Rand) {
	pause(ctx, between(rnd, 3*time.Second, 8*time.Second))
	if ctx.Err() != nil {
		return
	}
	if f.deal("network", 3, rnd) == 0 {
		f.proxy.Cut()
		f.did("connections cut")
		return
	}
	f.did("spell of lost answers")
	f.proxy.Lose(0.05)
	pause(ctx, between(rnd, 2*time.Second, 5*time.Second))
	f.proxy.Lose(0)
}

// slack doubles events, drops a link, and loses an answer of its own.
func (f *faults) slack(ctx context.Context, rnd *rand.Rand) {
	pause(ctx, between(rnd, time.Second, 4*time.Second))
	if ctx.Err() != nil {
		return
	}
	switch open := f.w.slack.Sockets(); f.deal("slack", 4, rnd) {
	case 0:
		f.w.slack.DuplicateEvents(2)
		f.did("Slack event doubled (pairs)")
	case 1:
		if len(open) > 0 {
			f.w.slack.DropSockets(open[rnd.IntN(len(open))].ID)
			f.did("Slack link dropped")
		}
	case 2:
		f.w.slack.Fail("chat.postMessage", 1, slacklocal.LoseReply())
		f.did("Slack answer lost")
	case 3:
		f.w.slack.Fail("chat.update", 1, slacklocal.ServerError(500))
		f.did("Slack 500")
	}
}
