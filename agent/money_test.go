package agent_test

import (
	"testing"

	"github.com/releasebot/releasebot/agent"
)

func TestMoney(t *testing.T) {
	for m, want := range map[agent.Money]string{
		0: "$0.00", 1: "less than $0.000001", 1_000: "$0.000001", 123_456: "$0.00012", 1_234_567: "$0.0012",
		12_345_678: "$0.012", 129_000_000: "$0.13", 1_000_000_000: "$1.00", 12_345_678_901: "$12.35",
	} {
		if got := m.String(); got != want {
			t.Errorf("%d is %s, want %s", int64(m), got, want)
		}
	}
}
