package healthcheck

import (
	"encoding/json"
	"fmt"
	"strings"
	"time"

	"github.com/releasebot/releasebot/tools"
)

// Compare says what a check's baseline makes of the numbers before and after a
// deploy: unhealthy where one of them changed by more than is allowed,
// inconclusive where one was not measured at either time, else healthy. It is
// pure; Took is 0.
func Compare(args json.RawMessage, before, after Measurement) Result {
	var a HTTPArgs
	if err := unmarshalArgs(tools.Call{Args: args}, &a); err != nil {
		return Result{Verdict: Inconclusive, Detail: err.Error()}
	}
	if a.Baseline == nil {
		return Result{Verdict: Healthy, Detail: "there is no baseline to compare with"}
	}
	c := comparison{before: before, after: after}
	if a.Baseline.Latency != "" {
		c.latency(a.Baseline.Latency)
	}
	for _, path := range sortedKeys(a.Baseline.JSON) {
		c.number(path, a.Baseline.JSON[path])
	}
	switch {
	case len(c.worse) > 0:
		return Result{Verdict: Unhealthy, Detail: join(c.worse)}
	case len(c.unknown) > 0:
		return Result{Verdict: Inconclusive, Detail: join(c.unknown)}
	}
	return Result{Verdict: Healthy, Detail: join(c.fine)}
}

// comparison gathers what each number says.
type comparison struct {
	before, after        Measurement
	worse, unknown, fine []string
}

func (c *comparison) latency(allowed string) {
	limit, err := parseChange(allowed, true)
	if err != nil {
		c.unknown = append(c.unknown, "latency: "+err.Error())
		return
	}
	for _, m := range []struct {
		Measurement
		when string
	}{{c.before, "before"}, {c.after, "after"}} {
		if m.Latency <= 0 {
			c.unknown = append(c.unknown, fmt.Sprintf("the latency was not measured %s the deploy%s", m.when, because(m.Problem)))
			return
		}
	}
	was, is := time.Duration(c.before.Latency), time.Duration(c.after.Latency)
	said := fmt.Sprintf("latency %s, was %s", rounded(is), rounded(was))
	noise := limit.unit == '%' && is-was < latencyNoise
	c.add(said, limit, noise || limit.allows(float64(was), float64(is)))
}

func (c *comparison) number(path, allowed string) {
	shown := clean(path)
	limit, err := parseChange(allowed, false)
	if err != nil {
		c.unknown = append(c.unknown, shown+": "+err.Error())
		return
	}
	for _, m := range []struct {
		Measurement
		when string
	}{{c.before, "before"}, {c.after, "after"}} {
		if _, ok := m.JSON[path]; !ok {
			why := m.Missing[path]
			if why == "" {
				why = m.Problem
			}
			c.unknown = append(c.unknown, fmt.Sprintf("%s was not measured %s the deploy%s", shown, m.when, because(why)))
			return
		}
	}
	was, is := c.before.JSON[path], c.after.JSON[path]
	c.add(fmt.Sprintf("%s %s, was %s", shown, number(is), number(was)), limit, limit.allows(was, is))
}

func (c *comparison) add(said string, limit change, fine bool) {
	said = fmt.Sprintf("%s (%s allowed)", said, limit)
	if fine {
		c.fine = append(c.fine, said)
	} else {
		c.worse = append(c.worse, said)
	}
}

func because(why string) string {
	if why == "" {
		return ""
	}
	return ": " + clean(why)
}

// rounded shows a latency with no more digits than say something.
func rounded(d time.Duration) time.Duration {
	if d < 10*time.Millisecond {
		return d.Round(10 * time.Microsecond)
	}
	return d.Round(time.Millisecond)
}

// join makes one line of what is said, of a long list its beginning.
func join(said []string) string { return tools.Cut(strings.Join(said, "; "), 4*maxSeen) }
