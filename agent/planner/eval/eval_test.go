package eval_test

import (
	"context"
	"os"
	"strings"
	"testing"

	"github.com/releasebot/releasebot/agent"
	"github.com/releasebot/releasebot/agent/planner/eval"
	"github.com/releasebot/releasebot/agent/planner/rules"
)

// catalog is what testdata/utterances.jsonl is read against.
func catalog() agent.Catalog {
	return agent.Catalog{
		Services: []agent.CatalogService{
			{Name: "shop", Environments: []string{"staging", "production", "dev"}},
			{Name: "backend", Environments: []string{"staging", "production"}},
			{Name: "checkout-api", Environments: []string{"staging", "production", "qa"}},
			{Name: "web", Environments: []string{"staging", "production"}},
		},
		People: []string{"oncall", "alice", "bob"},
	}
}

// The rules planner was built on the lines with odd numbers; the even ones were
// looked at only to find what it gets wrong, and what they showed was mended in
// the grammar. On both halves it must make no dangerous error at all, and be
// right at least 95 times of 100.
func TestRulesOnBothHalves(t *testing.T) {
	f, err := os.Open("testdata/utterances.jsonl")
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	cases, err := eval.Read(f)
	if err != nil {
		t.Fatal(err)
	}
	if len(cases) < 300 {
		t.Fatalf("the file has %d utterances, too few to measure anything", len(cases))
	}
	halves := map[string][]eval.Case{}
	for _, c := range cases {
		name := "even lines"
		if c.Line%2 == 1 {
			name = "odd lines"
		}
		halves[name] = append(halves[name], c)
	}
	for name, half := range halves {
		t.Run(name, func(t *testing.T) {
			r := eval.Run(context.Background(), rules.New(), catalog(), half)
			var b strings.Builder
			if err := r.Text(&b); err != nil {
				t.Fatal(err)
			}
			if testing.Verbose() || r.Dangerous > 0 || r.Accuracy() < 0.95 {
				t.Log(b.String())
			}
			if r.Dangerous > 0 {
				t.Errorf("%d dangerous errors; unsure must be a question", r.Dangerous)
			}
			if r.Accuracy() < 0.95 {
				t.Errorf("accuracy %.3f, want at least 0.95", r.Accuracy())
			}
		})
	}
}
