package api

import (
	"context"
	"slices"
	"sync"
	"time"

	"github.com/prometheus/client_golang/prometheus"
)

// censusAge is how old the count of threads may be, so that scrapes by several
// servers don't read a long index each.
const censusAge = 10 * time.Second

// census counts threads by state, when it is asked and not more often than every ten seconds.
type census struct {
	threads ThreadReader
	now     func() time.Time
	desc    *prometheus.Desc

	mu     sync.Mutex // also: one reads the index, the others wait for it
	at     time.Time
	counts map[string]int
}

func newCensus(threads ThreadReader, now func() time.Time) *census {
	return &census{
		threads: threads, now: now,
		desc: prometheus.NewDesc("releasebot_threads", "Threads in the store by state, at most ten seconds ago.", []string{"state"}, nil),
	}
}

// Describe tells the registry what Collect gives.
func (c *census) Describe(ch chan<- *prometheus.Desc) { ch <- c.desc }

// Collect gives one gauge for each state, zeros too.
func (c *census) Collect(ch chan<- prometheus.Metric) {
	counts, err := c.count()
	if err != nil {
		ch <- prometheus.NewInvalidMetric(c.desc, err)
		return
	}
	for _, state := range threadStates() {
		ch <- prometheus.MustNewConstMetric(c.desc, prometheus.GaugeValue, float64(counts[state]), state)
	}
}

// count returns a map that nobody changes any more. A failure is not kept: the next one to ask tries again.
func (c *census) count() (map[string]int, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	now := c.now()
	if c.counts != nil && now.Sub(c.at) < censusAge && !now.Before(c.at) {
		return c.counts, nil
	}
	ctx, cancel := context.WithTimeout(context.Background(), probeLimit) // a registry hands no context on
	defer cancel()
	lines, err := c.threads.Threads(ctx)
	if err != nil {
		return nil, err
	}
	counts := map[string]int{}
	for _, l := range lines {
		state := l.State
		if !slices.Contains(threadStates(), state) {
			state = "unknown" // a newer program's
		}
		counts[state]++
	}
	c.at, c.counts = now, counts
	return counts, nil
}
