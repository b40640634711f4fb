package main

import (
	"context"
	"runtime/debug"
	"runtime/metrics"
	"time"
)

const (
	// restEvery is how often it is looked whether the process is at rest: it is while it allocates less than restMost meanwhile.
	restEvery = 5 * time.Second
	restMost  = 2 << 20
	// worthwhile is how much has to have been allocated since memory was given back last.
	worthwhile = 16 << 20
)

// bursts tells when one is over. Go keeps the memory that a burst needed, twice
// what is in use and more; a process at rest may as well give it back.
type bursts struct {
	seen, freed uint64 // bytes allocated in all, at the last look and when memory was given back last
}

// over reports whether a burst is over, given the bytes allocated in all so far.
func (s *bursts) over(allocated uint64) bool {
	since := allocated - s.seen
	s.seen = allocated
	if since >= restMost || allocated-s.freed < worthwhile {
		return false
	}
	s.freed = allocated
	return true
}

// giveBackMemory gives memory back whenever the process comes to rest, until ctx ends.
func giveBackMemory(ctx context.Context) {
	var s bursts
	allocated := []metrics.Sample{{Name: "/gc/heap/allocs:bytes"}}
	tick := time.NewTicker(restEvery)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
		metrics.Read(allocated)
		if s.over(allocated[0].Value.Uint64()) {
			debug.FreeOSMemory()
		}
	}
}
