package bot_test

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/releasebot/releasebot/bot"
)

// BenchmarkMention is a mention from its sending to its first post, everything durable in bbolt.
func BenchmarkMention(b *testing.B) {
	h := openHouse(b, cfgFast())
	var acks []time.Duration
	h.boot(func(c *bot.Config) {
		c.AckSeconds = func(_ string, took time.Duration) { h.logs.mu.Lock(); acks = append(acks, took); h.logs.mu.Unlock() }
	})
	i := 0
	for b.Loop() {
		i++
		channel := fmt.Sprintf("C0%d", i)
		h.AddChannel(channel, channel, ann)
		ts := h.Post(ann, channel, "@releasebot deploy shop v1.4.2 to production", "")
		h.wait("a card", func() bool { return len(h.Thread(channel, ts)) > 1 })
	}
	h.logs.mu.Lock()
	defer h.logs.mu.Unlock()
	slices.Sort(acks)
	b.ReportMetric(float64(acks[len(acks)/2].Microseconds()), "ack-p50-µs")
}
