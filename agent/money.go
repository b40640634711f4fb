package agent

import (
	"fmt"
	"strings"
)

// Money is what a model's calls cost, in billionths of a US dollar. 0: no price
// is set, so it is not known.
type Money int64

// String writes it in dollars, with two digits that count: $0.0012.
func (m Money) String() string {
	switch {
	case m <= 0:
		return "$0.00"
	case m < 1000:
		return "less than $0.000001"
	}
	s := fmt.Sprintf("%.6f", float64(m)/1e9)
	whole, part, _ := strings.Cut(s, ".")
	lead := len(part) - len(strings.TrimLeft(part, "0"))
	keep := 2
	if whole == "0" {
		keep = min(max(keep, lead+2), len(part))
	}
	return fmt.Sprintf("$%.*f", keep, float64(m)/1e9)
}
