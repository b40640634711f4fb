package threadstore

import "sync"

// A place is where a log stands: its length and the hash of its last event.
type place struct {
	version int64
	head    string
}

// places remembers where logs were last seen to stand, in two generations: when
// the young one is full it becomes the old one. Between half and all of the size
// most recently used are known at any time.
type places struct {
	mu         sync.Mutex
	half       int
	young, old map[string]place
}

func newPlaces(size int) *places {
	return &places{half: max(size/2, 1), young: make(map[string]place)}
}

func (p *places) get(log string) (place, bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	at, ok := p.young[log]
	if !ok {
		if at, ok = p.old[log]; ok {
			p.put(log, at)
		}
	}
	return at, ok
}

// seen notes where a log stands unless it is known to stand further on already.
func (p *places) seen(log string, at place) {
	p.mu.Lock()
	defer p.mu.Unlock()
	known, ok := p.young[log]
	if !ok {
		known, ok = p.old[log]
	}
	if !ok || known.version <= at.version {
		p.put(log, at)
	}
}

// forget drops what is known of a log, after it was deleted on purpose.
func (p *places) forget(log string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	delete(p.young, log)
	delete(p.old, log)
}

func (p *places) put(log string, at place) {
	if _, ok := p.young[log]; !ok && len(p.young) >= p.half {
		p.young, p.old = make(map[string]place, p.half), p.young
	}
	p.young[log] = at
}
