package rules_test

import (
	"testing"

	"github.com/releasebot/releasebot/agent"
)

// What stands beside a whole request, and asks for nothing, leaves it what it is.
func TestWhatIsToldBesideARequest(t *testing.T) {
	for _, words := range []string{
		"could you please get shop 1.4.2 onto prod so design can have a look at it? Thanks!",
		"deploy shop 1.4.2 to prod so that marketing can take screenshots",
		"deploy shop 1.4.2 to prod please, design wants to have a look",
		"hey, first time doing this 🙂 I'd like to deploy shop version 1.4.2 to prod please",
		"my first deploy ever, please ship shop 1.4.2 to prod",
		"I've never done this before, can you deploy shop 1.4.2 to prod please",
		"Kindly deploy shop 1.4.2 on prod and do the needful",
		"lets put shop 1.4.2 in production, all tests ok here",
		"deploy shop 1.4.2 to prod, all good on our side",
		"redeploy shop 1.4.2 in prod pls, somebody messed with the box",
		"We need the tax fix out asap: please release shop 1.4.2 to production now",
		"deploy shop 1.4.2 to prod (pipeline #48213, merge of !902, requested by k.nowak)",
		"deploy shop 1.4.2 to prod [ci run 1234, MR !99]",
		"deploy shop 1.4.2 to prod. Sent from my phone",
		"bitte shop 1.4.2 nach prod deployen\n\nVon meinem iPhone gesendet",
		"déploie shop 1.4.2 en prod\nEnvoyé de mon iPhone",
	} {
		if got := short(plan(t, agent.PlanInput{Words: words, Catalog: catalog()})); got != "deploy shop production 1.4.2" {
			t.Errorf("%q: got %q", words, got)
		}
	}
}

// Plans, reports, what programs write, and what is no service's are not for us.
func TestNothingForUs(t *testing.T) {
	for _, words := range []string{
		"fyi team, I'm planning to ship shop 1.4.2 to production next Thursday, shout if that's a problem",
		"the plan for Q2 is that we deploy shop to prod weekly",
		"in the retro we said we want to deploy shop more often",
		"I'll deploy shop 1.4.2 to staging myself later, need to fix a test first",
		"wir überlegen noch, ob wir shop 1.4.2 ausrollen",
		"on pense livrer la 1.4.2 de shop la semaine prochaine, on en reparle",
		"ich habe gestern shop 1.4.2 auf prod ausgerollt, lief gut",
		"wir haben shop 1.4.2 auf prod deployt",
		"```\n$ ./deploy.sh production 1.4.2\ncopying... done\nrestarting shop... done\n```",
		"```\n2026-11-22T10:00:01Z deploy shop 1.4.2 production started\n```",
		"[2026-11-22 10:00:01] INFO deploying shop 1.4.2 to production",
		"kubectl -n shop rollout undo deploy/shop  <- this is what I typed last week",
		"> deploy shop 1.4.2 to production\nwho wrote this yesterday??",
		"PR #771 merged: \"Rollback button for the shop page\" by rafael",
		"Sentry: 14 new issues in shop@1.4.2 (production)",
		"Jenkins build #12 failed: shop 1.4.2",
		"can you deploy a pizza to my desk",
		"please roll back my birthday, I'm feeling old",
		"deploy the coffee ☕",
		"roll back time to friday evening please",
		"how many customers signed up yesterday?",
		"wie hoch war der Umsatz im Shop gestern?",
		"make Carol a requester for shop production",
		"give carol the admin role on shop production",
	} {
		if got := short(plan(t, agent.PlanInput{Words: words, Catalog: catalog()})); got != "none" {
			t.Errorf("%q: got %q, want none", words, got)
		}
	}
}

// Near to what may be told beside a request, and yet no request, or one with a catch.
func TestWhatIsNearToARequest(t *testing.T) {
	for _, words := range []string{
		"my first deploy of shop 1.4.2 to prod",
		"our first release of shop 1.4.2 to prod",
		"everything ok on our side for shop 1.4.2 to prod",
		"somebody broke shop 1.4.2 prod please",
		"design would like to try it before we deploy shop 1.4.2 to prod",
		"deploy shop 1.4.2 to prod (job 7 needs to finish)",
		"deploy shop 1.4.2 to prod (request 12 by alice, rejected)",
		"deploy shop 1.4.2 to prod (staging)",
		"deploy shop 1.4.2 to prod (1.4.3)",
	} {
		refuseOrder(t, words)
	}
}

// A service that is called like a thing of daily life is a service, and what
// programs are called too is one where the catalog says so.
func TestAServiceIsNoJoke(t *testing.T) {
	for words, want := range map[string]string{
		"deploy coffee 1.2.3 to production": "deploy coffee production 1.2.3",
		"roll back coffee in production":    "rollback coffee production",
		"deploy the coffee":                 "clarify",
	} {
		if got := short(plan(t, agent.PlanInput{Words: words, Catalog: one("coffee", "production")})); got != want {
			t.Errorf("%q: got %q, want %q", words, got, want)
		}
	}
}

// Words of a thread go on from what was said there. What puts a request off is
// asked back where something can be put off, and only there.
func TestWordsThatGoOnInAThread(t *testing.T) {
	over := []agent.ReleaseBrief{{N: 1, ID: "r1", Action: "deploy", Service: "shop", Environment: "production", Version: "1.4.2"}}
	for _, c := range []struct {
		before, say string
		releases    []agent.ReleaseBrief
		want        string
	}{
		{"deploy shop 1.4.2 to production", "actually do it tonight at 11pm", nil, "clarify"},
		{"deploy shop 1.4.2 to production", "only once the migration has finished", nil, "clarify"},
		{"deploy shop 1.4.2 to production", "but after the tests have passed", nil, "clarify"},
		{"deploy shop 1.4.2 to production", "see you tonight", nil, "none"},
		{"deploy shop 1.4.2 to production", "lunch at 12:30?", nil, "none"},
		{"deploy shop 1.4.2 to production", "actually do it tonight at 11pm", over, "none"},
		{"hello everyone", "actually do it tonight at 11pm", nil, "none"},
		{"deploy shop to staging", "the newest one I guess?", nil, "clarify"},
		{"deploy shop 1.4.2 to production", "pause it for a sec", nil, "hold"},
		{"deploy shop 1.4.2 to production", "pause it for 10 minutes", nil, "clarify"},
		{"verify shop staging", "verify again", nil, "verify shop staging"},
		{"roll back shop production", "to 1.4.1", nil, "rollback shop production 1.4.1"},
		{"roll back shop production to 1.4.2", "to 1.4.1", nil, "clarify"},
		{"deploy shop 1.4.2 to production", "to 1.4.1", nil, "clarify"},
		{"roll back shop production", "to 1.4.1?", nil, "clarify"},
		{"roll back shop production", "to 1.4.1 if it is green", nil, "clarify"},
	} {
		in := agent.PlanInput{Words: c.say, Turns: []agent.Turn{{From: "person", Text: c.before}}, Releases: c.releases, Catalog: catalog()}
		if got := short(plan(t, in)); got != c.want {
			t.Errorf("%q, then %q: got %q, want %q", c.before, c.say, got, c.want)
		}
	}
}

// A name that a keyboard cut in two is the name, unless a part of it is one too.
func TestNamesCutInTwo(t *testing.T) {
	both := one("web-shopfront", "production")
	both.Services = append(both.Services, agent.CatalogService{Name: "shop", Environments: []string{"production"}})
	for _, c := range []struct {
		cat  agent.Catalog
		say  string
		want string
	}{
		{one("web-frontend", "production"), "Please Roll Back Web-Front end on Production", "rollback web-frontend production"},
		{one("web-frontend", "production"), "deploy web front end 1.4.2 to production", "deploy web-frontend production 1.4.2"},
		{one("web-frontend", "production"), "deploy web f rontend 1.4.2 to production", "clarify"},
		{one("shopfront", "production"), "deploy shop front 1.4.2 to production", "clarify"},
		{catalog(), "deploy check out api 1.4.2 to production", "deploy checkout-api production 1.4.2"},
		{both, "deploy web shop front 1.4.2 to production", "clarify"},
	} {
		if got := short(plan(t, agent.PlanInput{Words: c.say, Catalog: c.cat})); got != c.want {
			t.Errorf("%q: got %q, want %q", c.say, got, c.want)
		}
	}
}

// Names may stand before the lock; a time alone is no reason for one.
func TestLocksByTheirNamesFirst(t *testing.T) {
	for words, want := range map[string]string{
		"shop prod: lock it please, black friday freeze": "lock shop production",
		"shop prod: lock it, tomorrow":                   "clarify",
		"lock shop prod, tomorrow":                       "clarify",
		"shop prod: unlock it please":                    "unlock shop production",
		"shop prod, staging: lock it":                    "clarify",
		"shop prod: don't lock it":                       "none",
	} {
		if got := short(plan(t, agent.PlanInput{Words: words, Catalog: catalog()})); got != want {
			t.Errorf("%q: got %q, want %q", words, got, want)
		}
	}
}
