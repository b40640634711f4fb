package main

import (
	"math"
	"strconv"
	"strings"

	"github.com/releasebot/releasebot/agent/planner/openai"
)

// prices reads what the tokens of models cost: MODEL=IN/CACHED/OUT, several
// with commas between them, in US dollars for a million tokens.
func (p *problems) prices(name, v string) map[string]openai.Price {
	out := map[string]openai.Price{}
	for entry := range strings.SplitSeq(v, ",") {
		if entry = strings.TrimSpace(entry); entry == "" {
			continue
		}
		model, list, _ := strings.Cut(entry, "=")
		model = strings.TrimSpace(model)
		parts := strings.Split(list, "/")
		price, ok := openai.Price{}, len(parts) == 3 && model != ""
		for i := 0; ok && i < len(parts); i++ {
			n, err := strconv.ParseFloat(strings.TrimSpace(parts[i]), 64)
			ok = err == nil && n >= 0 && n <= 100_000 // NaN is neither
			*[...]*int64{&price.In, &price.Cached, &price.Out}[i] = int64(math.Round(n * 1e6))
		}
		if _, twice := out[model]; !ok || twice {
			p.add(name, "is %q; it has to be MODEL=IN/CACHED/OUT, each model once, in dollars for a million tokens, such as %s=0.25/0.025/2, with commas between several", entry, openai.DefaultModel)
			return nil
		}
		out[model] = price
	}
	return out
}
