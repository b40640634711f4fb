package openai

import "github.com/releasebot/releasebot/agent"

// A Price is what a model's tokens cost, in trillionths of a US dollar for
// each: 0.25 dollars for a million tokens is 250,000. The zero value is no
// price: what nobody has set is not made up, and only the tokens are counted.
type Price struct {
	In     int64 // sent, and not from the endpoint's cache
	Cached int64 // sent, and from its cache
	Out    int64 // received, thinking included
}

// of is what these tokens cost, rounded to what agent.Money counts.
func (p Price) of(t agent.Tokens) agent.Money {
	sum := int64(t.In-t.Cached)*p.In + int64(t.Cached)*p.Cached + int64(t.Out)*p.Out
	return agent.Money((sum + 500) / 1000)
}
