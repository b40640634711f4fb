package healthcheck

import (
	"encoding/json"
	"fmt"
	"math"
	"strconv"
	"strings"
	"time"
)

// defaultLooks is how many looks a latency is the median of: one by itself says
// more of the moment than of the version.
const defaultLooks = 3

// maxLooks bounds one measurement.
const maxLooks = 10

// latencyNoise is the difference in latency that a share never counts: +20% of
// 2ms is the weather.
const latencyNoise = 10 * time.Millisecond

// Baseline says by how much numbers may change from before a deploy to after
// it. A change is a sign, a number and perhaps a unit: +20% (may rise by so
// much, and fall as it likes), -30% (may fall by so much), ±5 (either), +0 (may
// not rise), and for the latency also +50ms.
type Baseline struct {
	Latency string            `json:"latency,omitempty"`
	JSON    map[string]string `json:"json,omitempty"` // path → allowed change
	Looks   int               `json:"looks"`          // the latency is the median of so many looks
}

// rawBaseline is a Baseline as it is written.
type rawBaseline struct {
	Latency *string           `json:"latency"`
	JSON    map[string]string `json:"json"`
	Looks   *int              `json:"looks"`
}

// HasBaseline tells whether the arguments of a check, of whatever kind, ask for
// a comparison with what was measured before the deploy.
func HasBaseline(args json.RawMessage) bool {
	var has struct {
		Baseline *json.RawMessage `json:"baseline"`
	}
	return json.Unmarshal(args, &has) == nil && has.Baseline != nil
}

// baseline checks what a file says about a comparison.
func (p *problems) baseline(raw *rawBaseline, method string) *Baseline {
	if raw == nil {
		return nil
	}
	b := &Baseline{Looks: 1}
	if raw.Latency == nil && len(raw.JSON) == 0 {
		p.add("baseline", "nothing to compare: give `latency`, or paths of numbers under `json`")
	}
	if raw.Latency != nil {
		b.Looks = defaultLooks
		b.Latency = p.change("baseline.latency", *raw.Latency, true)
	}
	if raw.Looks != nil {
		b.Looks = *raw.Looks
		switch {
		case b.Looks < 1 || b.Looks > maxLooks:
			p.add("baseline.looks", "%d is not from 1 to %d", b.Looks, maxLooks)
		case raw.Latency == nil && b.Looks > 1:
			p.add("baseline.looks", "only a latency is measured by several looks, and none is compared")
		}
	}
	if len(raw.JSON) > 0 && method == "HEAD" {
		p.add("baseline.json", "an answer to HEAD has no body to compare")
	}
	for _, path := range sortedKeys(raw.JSON) {
		key := "baseline.json." + path
		if _, err := splitPath(path); err != nil {
			p.add(key, "%v", err)
		}
		if placeholder.MatchString(path) {
			p.add(key, "a path can't hold a placeholder")
		}
		if b.JSON == nil {
			b.JSON = map[string]string{}
		}
		b.JSON[path] = p.change(key, raw.JSON[path], false)
	}
	return b
}

// change checks an allowed change and returns it in its canonical form.
func (p *problems) change(key, text string, latency bool) string {
	c, err := parseChange(text, latency)
	if err != nil {
		p.add(key, "%v", err)
		return ""
	}
	return c.String()
}

// change is an allowed change.
type change struct {
	up, down bool    // which way is limited
	by       float64 // a share in percent, nanoseconds, or plain
	unit     byte    // '%', 't' for a time, 0
}

// parseChange reads a change as Baseline describes it.
func parseChange(text string, latency bool) (change, error) {
	rest := strings.Join(strings.Fields(text), "")
	var c change
	for _, sign := range []struct {
		text     string
		up, down bool
	}{{"+/-", true, true}, {"+-", true, true}, {"±", true, true}, {"+", true, false}, {"-", false, true}} {
		if after, ok := strings.CutPrefix(rest, sign.text); ok {
			rest, c.up, c.down = after, sign.up, sign.down
			break
		}
	}
	if !c.up && !c.down {
		return change{}, fmt.Errorf("%q has no sign: +20%% lets it rise by so much, -20%% lets it fall, ±20%% both", text)
	}
	if number, ok := strings.CutSuffix(rest, "%"); ok {
		rest, c.unit = number, '%'
	} else if latency {
		c.unit = 't'
	}
	if c.unit == 't' {
		d, err := time.ParseDuration(rest)
		if err != nil || rest == "" || rest[0] < '0' || rest[0] > '9' {
			return change{}, fmt.Errorf("%q is no change of a latency: write it as +20%% or +50ms", text)
		}
		c.by = float64(d)
	} else {
		n, err := strconv.ParseFloat(rest, 64)
		if err != nil || math.IsInf(n, 0) || math.IsNaN(n) || rest[0] < '0' || rest[0] > '9' || strings.ContainsAny(rest, "xXpP_") {
			return change{}, fmt.Errorf("%q is no change: write it as +20%%, -30%%, ±5 or +0", text)
		}
		c.by = n
	}
	switch {
	case latency && c.down:
		return change{}, fmt.Errorf("%q limits how far the latency falls, which is no harm: write it as +20%% or +50ms", text)
	case c.unit == '%' && !c.up && c.by >= 100:
		return change{}, fmt.Errorf("%q lets it fall to nothing, so it could never be exceeded", text)
	}
	return c, nil
}

// String writes the change in its canonical form.
func (c change) String() string {
	sign := "±"
	switch {
	case !c.down:
		sign = "+"
	case !c.up:
		sign = "-"
	}
	switch c.unit {
	case 't':
		return sign + time.Duration(c.by).String()
	case '%':
		return sign + number(c.by) + "%"
	}
	return sign + number(c.by)
}

// allows tells whether a number may have gone from before to after. Of nothing,
// every share is nothing.
func (c change) allows(before, after float64) bool {
	limit := c.by
	if c.unit == '%' {
		limit = math.Abs(before) * c.by / 100
	}
	// 1.1 and 10 % more are 1.21, whatever floating point makes of it.
	limit += 1e-9 * math.Max(math.Abs(before), math.Abs(after))
	if c.up && after-before > limit || c.down && before-after > limit {
		return false
	}
	return true
}

// number writes a number for people: in full as long as that is short.
func number(n float64) string {
	if math.Abs(n) < 1e15 && (n == 0 || math.Abs(n) >= 1e-6) {
		return strconv.FormatFloat(n, 'f', -1, 64)
	}
	return strconv.FormatFloat(n, 'g', -1, 64)
}
