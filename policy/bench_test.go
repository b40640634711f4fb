package policy_test

import (
	"testing"

	"github.com/releasebot/releasebot/policy"
)

// BenchmarkLoad reads, checks and resolves the example of the contract.
func BenchmarkLoad(b *testing.B) {
	reg := testRegistry()
	b.ReportAllocs()
	for b.Loop() {
		if _, err := policy.Load("testdata/good/contract.yml", reg); err != nil {
			b.Fatal(err)
		}
	}
}

// BenchmarkMayApprove judges one click by somebody of a group.
func BenchmarkMayApprove(b *testing.B) {
	env := production(nil)
	groups := directory(map[string][]string{"S0ONCALL": {"U0CAROL"}})
	b.ReportAllocs()
	for b.Loop() {
		if !policy.MayApprove(env, policy.Person{ID: "U0CAROL"}, []string{"U0BOB"}, groups).Allowed {
			b.Fatal("refused")
		}
	}
}

// BenchmarkFrozen asks of two zones, one of which is frozen.
func BenchmarkFrozen(b *testing.B) {
	env := frozenBy(weekend("Europe/Berlin"), policy.Window{Days: []string{"2026-12-24", "2026-12-31"}, Zone: "America/New_York"})
	now := moment(b, "2026-11-07T12:00:00Z")
	b.ReportAllocs()
	for b.Loop() {
		if v, _ := policy.Frozen(env, "deploy", now); v.Allowed {
			b.Fatal("not frozen")
		}
	}
}
