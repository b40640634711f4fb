package healthcheck

import (
	"context"
	"encoding/json"
	"fmt"
	"math"
	"slices"
	"time"

	"github.com/releasebot/releasebot/tools"
)

// A Measurer is a Checker that can measure what its arguments' baseline
// compares. Measure looks as Check does, and as often as the baseline asks. Its
// Result is that of Check for those looks, the first that was not healthy
// before the others: before a deploy it may well be unhealthy, because the
// version that is expected doesn't run yet, and the Measurement good all the
// same. An error is in both, and never keeps a deploy from going on by itself.
type Measurer interface {
	Measure(ctx context.Context, c tools.Call) (Measurement, Result)
}

// Measurement is what a service's numbers were at one time. Its JSON is stored
// in events. The zero value was never made.
type Measurement struct {
	Latency Duration           `json:"latency,omitempty"` // the median; 0 = not measured
	JSON    map[string]float64 `json:"json,omitempty"`    // by path
	Missing map[string]string  `json:"missing,omitempty"` // by path: why there is no number
	Problem string             `json:"problem,omitempty"` // why nothing could be measured
}

// Measure makes the looks that the baseline asks for.
func (h *httpChecker) Measure(ctx context.Context, c tools.Call) (Measurement, Result) {
	start := time.Now()
	var args HTTPArgs
	if err := unmarshalArgs(c, &args); err != nil {
		return Measurement{Problem: err.Error()}, h.cfg.result(Inconclusive, err.Error(), start)
	}
	if args.Baseline == nil {
		verdict, detail := h.look(ctx, c, args, time.Now()).judged()
		return Measurement{Problem: "no baseline is asked for"}, h.cfg.result(verdict, detail, start)
	}
	var seen []answer
	for range max(args.Baseline.Looks, 1) {
		a := h.look(ctx, c, args, time.Now())
		seen = append(seen, a)
		if !a.whole {
			break
		}
	}
	said := seen[0]
	if i := slices.IndexFunc(seen, func(a answer) bool { return a.verdict != Healthy }); i >= 0 {
		said = seen[i]
	}
	verdict, detail := said.judged()
	return h.cfg.measured(args.Baseline, seen), h.cfg.result(verdict, detail, start)
}

// measured reads the numbers out of the answers: the latency is their median,
// the others stand in the last.
func (cfg Config) measured(b *Baseline, seen []answer) Measurement {
	last := seen[len(seen)-1]
	if !last.whole {
		return Measurement{Problem: cfg.Masker.Mask(last.detail)}
	}
	var m Measurement
	if b.Latency != "" {
		m.Latency = Duration(median(seen))
	}
	for _, path := range sortedKeys(b.JSON) {
		n, missing := cfg.numberAt(last, path)
		switch {
		case missing == "" && m.JSON == nil:
			m.JSON = map[string]float64{path: n}
		case missing == "":
			m.JSON[path] = n
		case m.Missing == nil:
			m.Missing = map[string]string{path: cfg.Masker.Mask(missing)}
		default:
			m.Missing[path] = cfg.Masker.Mask(missing)
		}
	}
	return m
}

// median of an even number of looks is the faster of the two in the middle.
func median(seen []answer) time.Duration {
	took := make([]time.Duration, len(seen))
	for i, a := range seen {
		took[i] = a.took
	}
	slices.Sort(took)
	return took[(len(took)-1)/2]
}

// numberAt finds the number at a path of an answer's body, or says why there is none.
func (cfg Config) numberAt(a answer, path string) (n float64, missing string) {
	if a.bodyProblem != "" {
		return 0, a.bodyProblem
	}
	steps, err := splitPath(path)
	if err != nil {
		return 0, err.Error()
	}
	v, ok := lookUp(a.body, steps)
	if !ok {
		return 0, "it is missing"
	}
	text, isNumber := v.(json.Number)
	if !isNumber {
		shown, err := printed(v)
		if err != nil {
			return 0, "it can't be printed"
		}
		return 0, "it is " + cfg.quote(shown) + ", which is no number"
	}
	if n, err = text.Float64(); err != nil || math.IsInf(n, 0) {
		return 0, fmt.Sprintf("%s is too large a number", cfg.quote(text.String()))
	}
	return n, ""
}
