package slacklocal

import (
	"fmt"
	"math"
	"time"
)

// rateError is an answer with status 429.
type rateError struct{ after int }

func (e *rateError) Error() string { return "ratelimited" }

// bucket is a token bucket on the workspace's clock.
type bucket struct {
	left float64
	at   time.Time
}

// take takes one token and returns 0, or returns the seconds to wait for one.
func (b *bucket) take(now time.Time, size, perSecond float64) int {
	if b.at.IsZero() {
		b.left = size
	} else if passed := now.Sub(b.at).Seconds(); passed > 0 {
		b.left = math.Min(size, b.left+passed*perSecond)
	}
	b.at = now
	if b.left >= 1 {
		b.left--
		return 0
	}
	return max(1, int(math.Ceil((1-b.left)/perSecond)))
}

// perMinute are Slack's tiers; https://docs.slack.dev/apis/web-api/rate-limits.
var perMinute = map[int]float64{1: 1, 2: 20, 3: 50, 4: 100}

// spend counts a call against its rates. A refused call costs nothing.
func (ws *Workspace) spend(name string, m method, a args) error {
	if ws.cfg.NoRates {
		return nil
	}
	key, size, rate := name, 0.0, 0.0
	switch {
	case name == "chat.postMessage":
		key, size, rate = fmt.Sprintf("%s %s", name, a.str("channel")), float64(ws.cfg.PostBurst), 1
	case m.tier > 0:
		size, rate = perMinute[m.tier], perMinute[m.tier]/60
	default:
		return nil
	}
	b := ws.rates[key]
	if b == nil {
		b = &bucket{}
		ws.rates[key] = b
	}
	if after := b.take(ws.now(), size, rate); after > 0 {
		return &rateError{after: after}
	}
	return nil
}
