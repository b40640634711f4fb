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
