package openai

import (
	"context"
	"testing"

	"github.com/releasebot/releasebot/agent"
)

// A call costs what its tokens cost, cached ones less; a repair is paid for too;
// without a price nothing is made up.
func TestWhatACallCosts(t *testing.T) {
	price := Price{In: 250_000, Cached: 25_000, Out: 2_000_000} // 0.25, 0.025 and 2 dollars for a million
	each := agent.Money((388*250 + 512*25 + 30*2000))           // of the played endpoint: 900 in, of them 512 cached, 30 out
	for name, tt := range map[string]struct {
		price   Price
		answers []answer
		want    agent.Money
	}{
		"one call":           {price, []answer{intent(map[string]any{"kind": "none"})}, each},
		"with a repair":      {price, []answer{says("nonsense"), intent(map[string]any{"kind": "none"})}, 2 * each},
		"a refusal costs":    {price, []answer{completion(map[string]any{"index": 0, "finish_reason": "stop", "message": map[string]any{"role": "assistant", "refusal": "no"}})}, each},
		"no answer, no cost": {price, []answer{apiError(401, "no")}, 0},
		"no price":           {Price{}, []answer{intent(map[string]any{"kind": "none"})}, 0},
	} {
		f := newFake(t, tt.answers...)
		var seen agent.Money
		p := f.planner(t, func(c *Config) { c.Price, c.Observe = tt.price, func(call Call) { seen += call.Tokens.Cost } })
		out, err := p.Plan(context.Background(), input(unclear))
		if err != nil {
			t.Fatal(err)
		}
		if out.Tokens.Cost != tt.want || seen != tt.want {
			t.Errorf("%s: %s, and observed %s; want %s", name, out.Tokens.Cost, seen, tt.want)
		}
	}
}

// An endpoint that reports nonsense about tokens makes no money.
func TestUsageIsBelievedWithinReason(t *testing.T) {
	for _, tt := range []struct{ in, cached, out, wantIn, wantCached, wantOut int64 }{
		{900, 512, 30, 900, 512, 30}, {-5, -1, -2, 0, 0, 0}, {10, 900, 1, 10, 10, 1}, {1 << 62, 0, 1 << 62, maxUsage, 0, maxUsage},
	} {
		got := usage(tt.in, tt.cached, tt.out)
		if want := (agent.Tokens{In: int(tt.wantIn), Cached: int(tt.wantCached), Out: int(tt.wantOut)}); got != want {
			t.Errorf("%+v: %+v", tt, got)
		}
	}
}
