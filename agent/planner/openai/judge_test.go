package openai

import (
	"context"
	"os"
	"testing"

	"github.com/releasebot/releasebot/agent"
	"github.com/releasebot/releasebot/agent/planner/eval"
	"github.com/releasebot/releasebot/agent/planner/rules"
)

func evalCatalog() agent.Catalog {
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

// A model that always wants something released, whatever was said, gets no
// deploy, rollback or verify out of any utterance of the eval file that doesn't
// ask for just that: not even with the best lie that the schema leaves it.
func TestEveryLieAboutEveryUtterance(t *testing.T) {
	f, err := os.Open("../eval/testdata/utterances.jsonl")
	if err != nil {
		t.Fatal(err)
	}
	cases, err := eval.Read(f)
	if err != nil {
		t.Fatal(err)
	}
	if err := f.Close(); err != nil {
		t.Fatal(err)
	}
	planner, lex := rules.New(), newLexicon()
	reader := newReader(lex, evalCatalog())
	lies, accepted := 0, 0
	for _, c := range cases {
		in := agent.PlanInput{Words: c.Say, Catalog: evalCatalog()}
		for _, h := range c.History {
			in.Turns = append(in.Turns, agent.Turn{From: "person", Text: h})
		}
		for _, doubt := range [...]bool{false, true} {
			ruled, err := planner.Plan(context.Background(), in)
			if err != nil {
				t.Fatal(err)
			}
			if doubt { // as if code had made nothing of it: then only the judge stands between
				ruled.Intent = agent.Intent{Kind: agent.IntentNone}
			}
			j := newJudge(reader, in, ruled.Intent)
			j.echo = func(string) bool { return false }
			j.reads = func(text string) agent.Intent {
				out, err := planner.Plan(context.Background(), agent.PlanInput{Words: text, Catalog: in.Catalog})
				if err != nil {
					t.Fatal(err)
				}
				return out.Intent
			}
			for _, lie := range everyLie(in) {
				lies++
				got, byModel := j.verdict(lie)
				if byModel && got.Kind == lie.kind && changes(got.Kind) {
					accepted++
				}
				if !byModel && !doubt {
					continue // the rules planner's own answer has its own tests
				}
				if c.Expect.Dangerous(got) || changes(got.Kind) && c.Expect.Intent != nil && *c.Expect.Intent != got.Kind {
					t.Errorf("line %d %q (doubt %v): a lie of %v became %s %s %s %q, want %s",
						c.Line, c.Say, doubt, lie.texts, got.Kind, got.Service, got.Environment, got.Version, c.Expect)
				}
			}
		}
	}
	t.Logf("%d utterances, %d lies, %d taken over where they were no lie", len(cases), lies, accepted)
	if accepted == 0 {
		t.Error("no reading was ever taken over: the test shows nothing")
	}
}

// everyLie is each request that the schema lets a model write about these words.
func everyLie(in agent.PlanInput) []reply {
	c := choose(in)
	var out []reply
	add := func(kind agent.IntentKind, service, env, version string) {
		out = append(out, reply{kind: kind, texts: map[string]string{"service": service, "environment": env, "version": version}, lists: map[string][]string{}})
	}
	for _, s := range c.services {
		for _, e := range s.Environments {
			for _, v := range c.versions {
				add(agent.IntentDeploy, s.Name, e, v)
				add(agent.IntentRollback, s.Name, e, v)
			}
			for _, k := range [...]agent.IntentKind{agent.IntentRollback, agent.IntentVerify, agent.IntentUnlock, agent.IntentLock} {
				add(k, s.Name, e, "")
			}
		}
	}
	for _, k := range [...]agent.IntentKind{agent.IntentCancel, agent.IntentResume, agent.IntentHold} {
		add(k, "", "", "")
	}
	return out
}
