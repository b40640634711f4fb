package rules_test

import (
	"context"
	"strings"
	"sync"
	"testing"

	"github.com/releasebot/releasebot/agent"
	"github.com/releasebot/releasebot/agent/planner/rules"
)

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

func one(name string, envs ...string) agent.Catalog {
	return agent.Catalog{Services: []agent.CatalogService{{Name: name, Environments: envs}}}
}

func plan(t *testing.T, in agent.PlanInput) agent.Intent {
	t.Helper()
	got, err := shared().Plan(context.Background(), in)
	if err != nil {
		t.Fatalf("Plan(%q): %v", in.Words, err)
	}
	if got.Planner != rules.Name {
		t.Errorf("Planner = %q, want %q", got.Planner, rules.Name)
	}
	return got.Intent
}

// short writes what a test compares: kind service environment version.
func short(i agent.Intent) string {
	return strings.Join(strings.Fields(strings.Join([]string{string(i.Kind), i.Service, i.Environment, i.Version, i.ID}, " ")), " ")
}

// An alias of the policy file is a name that people write; the intent has the
// service's own.
func TestAliases(t *testing.T) {
	cat := catalog()
	for i, s := range cat.Services {
		switch s.Name {
		case "checkout-api":
			cat.Services[i].Aliases = []string{"checkout", "Kasse"}
		case "web":
			cat.Services[i].Aliases = []string{"front-end"}
		}
	}
	tests := []struct{ say, want string }{
		{"deploy checkout 1.4.2 to prod", "deploy checkout-api production 1.4.2"},
		{"bitte kasse 1.4.2 auf staging ausrollen", "deploy checkout-api staging 1.4.2"},
		{"deploy the front end 1.4.2 to staging", "deploy web staging 1.4.2"},
		{"deploy frontend 1.4.2 to staging", "deploy web staging 1.4.2"},
		{"roll back checkout in production", "rollback checkout-api production"},
		{"deploy checkout and checkout-api 1.4.2 to prod", "deploy checkout-api production 1.4.2"},
		{"deploy checkout and shop 1.4.2 to prod", "clarify"},
		{"deploy chekout 1.4.2 to prod", "clarify"},
		{"don't deploy checkout 1.4.2 to prod", "none"},
	}
	for _, tt := range tests {
		if got := plan(t, agent.PlanInput{Words: tt.say, Catalog: cat}); short(got) != tt.want {
			t.Errorf("%q: %s, want %s", tt.say, short(got), tt.want)
		}
	}
	if got := plan(t, agent.PlanInput{Words: "deploy kasse 1.4.2 to prod", Catalog: catalog()}); got.Kind != agent.IntentClarify {
		t.Errorf("without the alias: %s", short(got))
	}
	cmd, err := shared().ParseCommand("deploy checkout 1.4.2 to prod", cat)
	if err != nil || short(cmd.Intent) != tests[0].want {
		t.Errorf("as a command: %s, %v", short(cmd.Intent), err)
	}
}

// Names of a catalog may be words of the language, contain each other, or
// differ in spelling only. What isn't sure is asked.
func TestNamesThatAreWords(t *testing.T) {
	tests := []struct {
		name string
		cat  agent.Catalog
		say  string
		want string
	}{
		{"a service called release", one("release", "production"), "release release 1.2.3 to production", "deploy release production 1.2.3"},
		{"a service called release", one("release", "production"), "deploy release 1.2.3 to production", "deploy release production 1.2.3"},
		{"a service called status", one("status", "production"), "deploy status 1.2.3 to production", "deploy status production 1.2.3"},
		{"a service that holds an environment's name", one("staging-proxy", "staging", "production"), "deploy staging-proxy 1.2.3 to production", "deploy staging-proxy production 1.2.3"},
		{"the same in two words", one("staging-proxy", "staging", "production"), "deploy staging proxy 1.2.3 to production", "deploy staging-proxy production 1.2.3"},
		{"a service that holds an alias", one("prod-tools", "staging"), "deploy prod-tools 1.2.3 to staging", "deploy prod-tools staging 1.2.3"},
		{"an environment called test", one("shop", "test", "production"), "deploy shop 1.2.3 to test", "deploy shop test 1.2.3"},
		{"an environment called canary", one("shop", "canary", "production"), "deploy shop 1.2.3 to canary", "deploy shop canary 1.2.3"},
		{"qa is not test", one("shop", "test", "production"), "deploy shop 1.2.3 to qa", "clarify"},
		{"two environments an alias could mean", one("shop", "live", "production"), "deploy shop 1.2.3 to prod", "clarify"},
		{"one of two, spelt out", one("shop", "live", "production"), "deploy shop 1.2.3 to live", "deploy shop live 1.2.3"},
		{"prod where only prod-eu and prod-us are", one("shop", "prod-eu", "prod-us"), "deploy shop 1.2.3 to prod", "clarify"},
		{"prod-eu in full", one("shop", "prod-eu", "prod-us"), "deploy shop 1.2.3 to prod-eu", "deploy shop prod-eu 1.2.3"},
		{"prod-eu in two words", one("shop", "prod-eu", "prod-us"), "deploy shop 1.2.3 to prod eu", "deploy shop prod-eu 1.2.3"},
		{"prod is not preprod", one("shop", "preprod"), "deploy shop 1.2.3 to prod", "clarify"},
		{"capital letters in the policy file", one("Shop", "Production"), "deploy shop 1.2.3 to prod", "deploy Shop Production 1.2.3"},
		{"a dot in a name", one("shop.eu", "production"), "deploy shop.eu 1.2.3 to production", "deploy shop.eu production 1.2.3"},
		{"a number in a name", one("shop2", "production"), "deploy shop2 1.2.3 to production", "deploy shop2 production 1.2.3"},
		{"another number", one("shop2", "production"), "deploy shop3 1.2.3 to production", "clarify"},
		{"names that begin alike", agent.Catalog{Services: []agent.CatalogService{{Name: "api", Environments: []string{"production"}}, {Name: "api-gateway", Environments: []string{"production"}}}}, "deploy api gateway 1.2.3 to production", "deploy api-gateway production 1.2.3"},
		{"names that differ in a hyphen", agent.Catalog{Services: []agent.CatalogService{{Name: "check-out", Environments: []string{"production"}}, {Name: "checkout", Environments: []string{"production"}}}}, "deploy checkout 1.2.3 to production", "deploy checkout production 1.2.3"},
		{"neither of them", agent.Catalog{Services: []agent.CatalogService{{Name: "check-out", Environments: []string{"production"}}, {Name: "checkout", Environments: []string{"production"}}}}, "deploy check_out 1.2.3 to production", "clarify"},
		{"a slip between two names", agent.Catalog{Services: []agent.CatalogService{{Name: "billing-a", Environments: []string{"production"}}, {Name: "billing-b", Environments: []string{"production"}}}}, "deploy billing-c 1.2.3 to production", "clarify"},
		{"the only environment is still asked for", one("shop", "production"), "deploy shop 1.2.3", "clarify"},
		{"the only service is still asked for", one("shop", "production"), "deploy 1.2.3 to production", "clarify"},
		{"no services at all", agent.Catalog{}, "deploy shop 1.2.3 to production", "clarify"},
		{"a person called will", agent.Catalog{Services: catalog().Services, People: []string{"will"}}, "will you deploy shop 1.2.3 to prod", "deploy shop production 1.2.3"},
		{"a look-alike letter", catalog(), "deploy shоp 1.2.3 to production", "clarify"},
		{"a look-alike in the environment", catalog(), "deploy shop 1.2.3 to prоduction", "clarify"},
		{"an accent in the name", catalog(), "deploy shóp 1.2.3 to production", "clarify"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if got := short(plan(t, agent.PlanInput{Words: tt.say, Catalog: tt.cat})); got != tt.want {
				t.Errorf("%q: got %q, want %q", tt.say, got, tt.want)
			}
		})
	}
}

// A question says what is missing, what it could be, and what was understood.
func TestQuestions(t *testing.T) {
	tests := []struct {
		say, missing, partial string
		options               []string
	}{
		{"deploy shop 1.4.2", "environment", "deploy shop 1.4.2", []string{"deploy shop 1.4.2 to staging", "deploy shop 1.4.2 to production", "deploy shop 1.4.2 to dev"}},
		{"deploy shop to prod", "version", "deploy shop production", nil},
		{"deploy 1.4.2 to qa", "service", "deploy qa 1.4.2", []string{"deploy checkout-api 1.4.2 to qa"}},
		{"deploy shop", "environment", "deploy shop", []string{"staging", "production", "dev"}},
		{"roll back web", "environment", "rollback web", []string{"roll back web in staging", "roll back web in production"}},
		{"deploy shop 1.4.2 or 1.4.3 to prod", "version", "deploy shop production", []string{"deploy shop 1.4.2 to production", "deploy shop 1.4.3 to production"}},
		{"deploy shop 1.4.2 to staging and prod", "environment", "deploy shop 1.4.2", []string{"deploy shop 1.4.2 to staging", "deploy shop 1.4.2 to production"}},
		{"deploy chekout 3.0.0 to prod", "service", "deploy production 3.0.0", []string{"deploy checkout-api 3.0.0 to production"}},
		{"deploy shop 1.4.2 to prod tonight", "request", "", []string{"deploy shop 1.4.2 to production"}},
		{"lock shop", "environment", "lock shop", []string{"lock shop in staging", "lock shop in production", "lock shop in dev"}},
	}
	for _, tt := range tests {
		t.Run(tt.say, func(t *testing.T) {
			i := plan(t, agent.PlanInput{Words: tt.say, Catalog: catalog()})
			if i.Kind != agent.IntentClarify || i.Question == nil {
				t.Fatalf("got %s, want a question", short(i))
			}
			q := i.Question
			if q.Text == "" {
				t.Error("the question has no text")
			}
			if q.Missing != tt.missing {
				t.Errorf("Missing = %q, want %q", q.Missing, tt.missing)
			}
			if strings.Join(q.Options, "|") != strings.Join(tt.options, "|") {
				t.Errorf("Options = %q, want %q", q.Options, tt.options)
			}
			partial := ""
			if q.Partial != nil {
				partial = short(*q.Partial)
			}
			if partial != tt.partial {
				t.Errorf("Partial = %q, want %q", partial, tt.partial)
			}
		})
	}
}

// Each option is an answer that would do: said back, it is no question again.
func TestOptionsAreAnswers(t *testing.T) {
	for _, say := range []string{
		"deploy shop 1.4.2", "roll back web", "deploy 1.4.2 to qa", "deploy shop 1.4.2 or 1.4.3 to prod", "deploy chekout 3.0.0 to prod",
		"deploy shop 1.4.2 to prod tonight", "roll back shop 1.4.2 in prod", "can I deploy shop 1.4.2 to prod?", "lock shop", "unlock web", "verify backend",
		"deploy shop 1.4.2 and page bob if it fails", "tell me when shop is free",
	} {
		first := plan(t, agent.PlanInput{Words: say, Catalog: catalog()})
		if first.Kind != agent.IntentClarify || len(first.Question.Options) == 0 {
			t.Errorf("%q: got %s, want a question with options", say, short(first))
			continue
		}
		for _, o := range first.Question.Options {
			i := plan(t, agent.PlanInput{Words: o, Catalog: catalog(), Open: first.Question})
			if i.Kind == agent.IntentClarify || i.Kind == agent.IntentNone {
				t.Errorf("%q offers %q, which comes to %s", say, o, short(i))
			}
		}
	}
}

func TestAnswers(t *testing.T) {
	ask := func(say string) *agent.Question {
		return plan(t, agent.PlanInput{Words: say, Catalog: catalog()}).Question
	}
	tests := []struct{ asked, say, want string }{
		{"deploy shop 1.4.2", "production", "deploy shop production 1.4.2"},
		{"deploy shop 1.4.2", "the second one", "deploy shop production 1.4.2"},
		{"deploy shop 1.4.2", "2", "deploy shop production 1.4.2"},
		{"deploy shop 1.4.2", "the last one please", "deploy shop dev 1.4.2"},
		{"deploy shop 1.4.2", "7", "none"},
		{"deploy shop 1.4.2", "yes", "clarify"},
		{"deploy shop 1.4.2", "no", "none"},
		{"deploy shop 1.4.2", "cancel", "cancel"},
		{"deploy shop 1.4.2", "prod please", "deploy shop production 1.4.2"},
		{"deploy shop 1.4.2", "prod when CI is green", "clarify"},
		{"deploy shop 1.4.2", "not prod", "none"},
		{"deploy shop to prod", "1.4.2", "deploy shop production 1.4.2"},
		{"deploy shop to prod", "backend 2.1.0", "clarify"},
		{"deploy shop to prod", "latest", "clarify"},
		{"deploy shop 1.4.2 to prod tonight", "yes", "deploy shop production 1.4.2"},
		{"deploy shop 1.4.2 to prod tonight", "1.4.3", "clarify"},
		{"deploy chekout 3.0.0 to prod", "yes", "deploy checkout-api production 3.0.0"},
		{"roll back shop", "prod", "rollback shop production"},
		{"roll back shop 1.4.2 in prod", "the first", "rollback shop production 1.4.2"},
		{"roll back shop 1.4.2 in prod", "the second", "rollback shop production"},
		{"lock shop", "prod", "lock shop production"},
		{"verify shop", "staging", "verify shop staging"},
		{"deploy shop 1.4.2", "roll back web in staging", "rollback web staging"},
	}
	for _, tt := range tests {
		t.Run(tt.asked+" / "+tt.say, func(t *testing.T) {
			got := plan(t, agent.PlanInput{Words: tt.say, Catalog: catalog(), Open: ask(tt.asked)})
			if short(got) != tt.want {
				t.Errorf("got %q, want %q", short(got), tt.want)
			}
		})
	}
	t.Run("ask bob", func(t *testing.T) {
		got := plan(t, agent.PlanInput{Words: "ask bob", Catalog: catalog(), Open: ask("deploy shop to prod")})
		if got.Kind != agent.IntentClarify || got.Question.Ask != "bob" || got.Question.Missing != "version" {
			t.Errorf("got %+v, want the same question, to bob", got.Question)
		}
	})
}

// The reason of a rejection is an order only if it says what goes first.
func TestRejectionReasons(t *testing.T) {
	releases := []agent.ReleaseBrief{{N: 1, ID: "r1a2", Action: "deploy", Service: "shop", Environment: "production", Version: "1.4.2", State: "rejected"}}
	tests := []struct {
		say, want, partial string
	}{
		{"deploy the backend first", "clarify", "deploy backend production"},
		{"ship backend 2.1.0 first", "deploy backend production 2.1.0", ""},
		{"backend 2.1.0 has to go first", "deploy backend production 2.1.0", ""},
		{"deploy backend 2.1.0 to staging before this", "deploy backend staging 2.1.0", ""},
		{"please deploy backend 2.1.0 before shop", "deploy backend production 2.1.0", ""},
		{"not now", "none", ""},
		{"too risky on a friday", "none", ""},
		{"wrong version", "none", ""},
		{"the backend is broken", "none", ""},
		{"deploy backend 2.1.0", "none", ""},
		{"don't deploy the backend first", "none", ""},
		{"deploy shop first", "none", ""},
		{"roll back backend first", "none", ""},
		{"approve it yourself first", "none", ""},
	}
	for _, tt := range tests {
		t.Run(tt.say, func(t *testing.T) {
			i := plan(t, agent.PlanInput{Words: tt.say, Catalog: catalog(), Releases: releases, RejectionOf: 1})
			if short(i) != tt.want {
				t.Fatalf("got %q, want %q", short(i), tt.want)
			}
			switch {
			case i.Kind == agent.IntentDeploy && i.Before != 1:
				t.Errorf("Before = %d, want 1", i.Before)
			case tt.partial != "":
				if p := i.Question.Partial; p == nil || short(*p) != tt.partial || p.Before != 1 {
					t.Errorf("Partial = %+v, want %q before 1", p, tt.partial)
				}
				next := plan(t, agent.PlanInput{Words: "2.1.0", Catalog: catalog(), Releases: releases, Open: i.Question})
				if short(next) != "deploy backend production 2.1.0" || next.Before != 1 {
					t.Errorf("the version makes %q before %d", short(next), next.Before)
				}
			}
		})
	}
}

// Words that mean "the release" look at the thread's releases.
func TestReleasesOfTheThread(t *testing.T) {
	shop := agent.ReleaseBrief{N: 1, ID: "r7k2", Action: "deploy", Service: "shop", Environment: "production", Version: "1.4.2", State: "waiting for approval", Open: true}
	backend := agent.ReleaseBrief{N: 2, ID: "q3m9", Action: "deploy", Service: "backend", Environment: "production", Version: "2.1.0", State: "held", Open: true}
	closed := shop
	closed.Open = false
	tests := []struct {
		name     string
		releases []agent.ReleaseBrief
		say      string
		want     string
	}{
		{"one open", []agent.ReleaseBrief{shop}, "cancel", "cancel r7k2"},
		{"two open", []agent.ReleaseBrief{shop, backend}, "cancel", "clarify"},
		{"two open, one named", []agent.ReleaseBrief{shop, backend}, "cancel the backend release", "cancel backend q3m9"},
		{"two open, id named", []agent.ReleaseBrief{shop, backend}, "hold r7k2", "hold r7k2"},
		{"one open, one closed", []agent.ReleaseBrief{closed, backend}, "stop", "cancel q3m9"},
		{"a correction", []agent.ReleaseBrief{shop}, "make it 1.4.3", "deploy shop production 1.4.3"},
		{"a correction of two", []agent.ReleaseBrief{shop, backend}, "make it 1.4.3", "clarify"},
		{"it", []agent.ReleaseBrief{closed}, "roll it back", "rollback shop production"},
		{"the words of an approval", []agent.ReleaseBrief{shop}, "approve it", "none"},
		{"and its abbreviation", []agent.ReleaseBrief{shop}, "lgtm, ship it", "none"},
		{"another id", []agent.ReleaseBrief{shop}, "why q9z8?", "why q9z8"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if got := short(plan(t, agent.PlanInput{Words: tt.say, Catalog: catalog(), Releases: tt.releases})); got != tt.want {
				t.Errorf("%q: got %q, want %q", tt.say, got, tt.want)
			}
		})
	}
}

// One planner serves many goroutines, and always says the same.
func TestConcurrentAndDeterministic(t *testing.T) {
	p := rules.New()
	in := agent.PlanInput{Words: "deploy checkout api 3.0.0 to prod and page me if it fails", Catalog: catalog()}
	var wg sync.WaitGroup
	for range 8 {
		wg.Go(func() {
			for range 50 {
				got, err := p.Plan(context.Background(), in)
				if err != nil || short(got.Intent) != "deploy checkout-api production 3.0.0" {
					t.Errorf("got %q, %v", short(got.Intent), err)
					return
				}
			}
		})
	}
	wg.Wait()
}

func TestStopped(t *testing.T) {
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	if _, err := rules.New().Plan(ctx, agent.PlanInput{Words: "status", Catalog: catalog()}); err == nil {
		t.Error("a planner that was told to stop gave an answer")
	}
}
