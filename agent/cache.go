package agent

import (
	"container/list"
	"sync"
)

// cache remembers what was folded last, of the logs looked at last. What it
// returns is a place to go on from, never an answer: whoever uses it reads the
// log from that place on, or appends at it and is told if it has moved.
// The values in it are not changed any more.
type cache[T any] struct {
	size  int
	mu    sync.Mutex
	order *list.List // of *entry, the one used last first
	byKey map[string]*list.Element
}

type entry[T any] struct {
	key   string
	value *T
}

func newCache[T any](size int) *cache[T] {
	return &cache[T]{size: size, order: list.New(), byKey: map[string]*list.Element{}}
}

func (c *cache[T]) get(key string) *T {
	c.mu.Lock()
	defer c.mu.Unlock()
	el := c.byKey[key]
	if el == nil {
		return nil
	}
	c.order.MoveToFront(el)
	return el.Value.(*entry[T]).value
}

// take returns a value that the caller may change: it is in the cache no more.
func (c *cache[T]) take(key string) *T {
	c.mu.Lock()
	defer c.mu.Unlock()
	el := c.byKey[key]
	if el == nil {
		return nil
	}
	c.order.Remove(el)
	delete(c.byKey, key)
	return el.Value.(*entry[T]).value
}

func (c *cache[T]) put(key string, value *T) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if el := c.byKey[key]; el != nil {
		el.Value.(*entry[T]).value = value
		c.order.MoveToFront(el)
		return
	}
	c.byKey[key] = c.order.PushFront(&entry[T]{key, value})
	if c.order.Len() > c.size {
		last := c.order.Back()
		c.order.Remove(last)
		delete(c.byKey, last.Value.(*entry[T]).key)
	}
}

func (c *cache[T]) drop(key string) { c.take(key) }
