package bot

import "time"

// pace keeps Slack's rates: posts of a channel in a bucket of their own, and
// whatever Slack said about coming back, by method and channel.
type pace struct {
	every  time.Duration // between two posts of a channel; below 0: no limit
	burst  int
	posts  map[string]*bucket
	pauses map[string]time.Time
}

// bucket is how many posts a channel has left.
type bucket struct {
	left float64
	at   time.Time
}

func newPace(every time.Duration, burst int) pace {
	return pace{every: every, burst: burst, posts: map[string]*bucket{}, pauses: map[string]time.Time{}}
}

// ready returns when a call may be made; a post that may be made now is counted.
func (p *pace) ready(method, channel string, now time.Time) time.Time {
	if until := p.paused(method, channel, now); !until.IsZero() {
		return until
	}
	if method != "chat.postMessage" || p.every < 0 {
		return now
	}
	b := p.bucket(channel, now)
	if b.left < 1 {
		return now.Add(time.Duration((1 - b.left) * float64(p.every)))
	}
	b.left--
	return now
}

// turn returns when a post may be made that so many others go before.
func (p *pace) turn(channel string, ahead int, now time.Time) time.Time {
	at := now
	if until := p.paused("chat.postMessage", channel, now); !until.IsZero() {
		at = until
	}
	if short := float64(ahead+1) - p.bucket(channel, now).left; short > 0 {
		if came := now.Add(time.Duration(short * float64(p.every))); came.After(at) {
			at = came
		}
	}
	return at
}

// paused returns until when Slack said to come back; zero: it did not, or that has passed.
func (p *pace) paused(method, channel string, now time.Time) time.Time {
	key := method + " " + channel
	until, ok := p.pauses[key]
	if ok && !now.Before(until) {
		delete(p.pauses, key)
		return time.Time{}
	}
	return until
}

// bucket returns what a channel has left now.
func (p *pace) bucket(channel string, now time.Time) *bucket {
	b := p.posts[channel]
	if b == nil {
		p.sweep(now)
		b = &bucket{left: float64(p.burst), at: now}
		p.posts[channel] = b
	}
	b.fill(now, p)
	return b
}

func (b *bucket) fill(now time.Time, p *pace) {
	if passed := now.Sub(b.at); passed > 0 {
		b.left = min(float64(p.burst), b.left+float64(passed)/float64(p.every))
		b.at = now
	}
}

// hold: Slack said to come back later.
func (p *pace) hold(method, channel string, until time.Time) {
	key := method + " " + channel
	if until.After(p.pauses[key]) {
		p.pauses[key] = until
	}
}

// sweep forgets channels that have been quiet for long enough to be full again.
func (p *pace) sweep(now time.Time) {
	if len(p.posts) < rememberMost {
		return
	}
	for channel, b := range p.posts {
		if b.fill(now, p); b.left >= float64(p.burst) {
			delete(p.posts, channel)
		}
	}
}
