package rules_test

import (
	"strings"
	"testing"

	"github.com/releasebot/releasebot/agent"
)

func services(names ...string) agent.Catalog {
	var c agent.Catalog
	for _, n := range names {
		c.Services = append(c.Services, agent.CatalogService{Name: n, Environments: []string{"staging", "production"}})
	}
	return c
}

// A part of one service's name stands for it where the object of a request stands.
func TestShortNames(t *testing.T) {
	cat := services("checkout-api", "shop", "web-frontend")
	for say, want := range map[string]string{
		"deploy checkout 1.4.2 to prod":                                          "deploy checkout-api production 1.4.2",
		"ship the checkout service 1.4.2 to staging":                             "deploy checkout-api staging 1.4.2",
		"checkout: 1.4.2 → prod":                                                 "deploy checkout-api production 1.4.2",
		"checkout 1.4.2 prod":                                                    "deploy checkout-api production 1.4.2",
		"deploy 1.4.2 of the frontend to staging":                                "deploy web-frontend staging 1.4.2",
		"roll back checkout in prod":                                             "rollback checkout-api production",
		"bitte Checkout 1.4.2 auf staging ausrollen":                             "deploy checkout-api staging 1.4.2",
		"peux-tu déployer le frontend 11.5.0 en staging stp":                     "deploy web-frontend staging 11.5.0",
		"faz deploy do checkout 3.9.0 em staging por favor":                      "deploy checkout-api staging 3.9.0",
		"deploy checkout to prod":                                                "clarify",
		"lock checkout in staging because of a load test":                        "lock checkout-api staging",
		"status of the frontend in prod":                                         "status web-frontend production",
		"roll back, checkout is broken":                                          "clarify",
		"the checkout button is gone, roll back":                                 "clarify",
		"roll back the checkout button in prod":                                  "clarify",
		"deploy the checkout fix 1.4.2 to prod":                                  "clarify",
		"deploy the fix for checkout 1.4.2 to prod":                              "clarify",
		"please checkout 1.4.2 and deploy it to prod":                            "clarify",
		"deploy shop 1.4.2 to prod once checkout is fine":                        "clarify",
		"roll back shop in prod, checkout is broken":                             "rollback shop production",
		"deploy checkout and shop 1.4.2 to prod":                                 "clarify",
		"deploy checkout and frontend 1.4.2 to prod":                             "clarify",
		"deploy chekout 1.4.2 to prod":                                           "clarify",
		"don't deploy checkout 1.4.2 to prod":                                    "none",
		"deploy checkout 1.4.2 to prod?":                                         "clarify",
		"we deployed checkout 1.4.2 to prod yesterday":                           "none",
		"should we deploy checkout 1.4.2 to prod?":                               "none",
		"deploy api 1.4.2 to prod":                                               "clarify",
		"deploy web 1.4.2 to prod":                                               "clarify",
		"please deploy the frontend 1.4.2 to prod, and page me if it goes wrong": "deploy web-frontend production 1.4.2",
	} {
		if got := short(plan(t, agent.PlanInput{Words: say, Catalog: cat})); got != want {
			t.Errorf("%q: %s, want %s", say, got, want)
		}
	}
}

// What stands in two names, says nothing, or is another word stands for none.
func TestWhatIsNoShortName(t *testing.T) {
	for name, cat := range map[string]agent.Catalog{
		"two services have it":     services("checkout-api", "checkout-web"),
		"another service's alias":  {Services: []agent.CatalogService{{Name: "checkout-api", Environments: []string{"production"}}, {Name: "shop", Aliases: []string{"checkout-page"}, Environments: []string{"production"}}}},
		"half a segment":           services("checkouts-api"),
		"it is only a spelling":    services("check-out-api"),
		"a misspelt other service": services("checkout-api", "chekout"),
	} {
		if got := plan(t, agent.PlanInput{Words: "deploy checkout 1.4.2 to production", Catalog: cat}); got.Kind == agent.IntentDeploy && got.Service == "checkout-api" {
			t.Errorf("%s: %s", name, short(got))
		}
	}
	for _, part := range []string{"api", "app", "worker", "server", "prod", "live", "staging", "core", "mobile", "v2", "db"} {
		if got := plan(t, agent.PlanInput{Words: "deploy " + part + " 1.4.2 to production", Catalog: services("billing-"+part, "shop")}); got.Kind == agent.IntentDeploy {
			t.Errorf("%q: %s", part, short(got))
		}
	}
}

// The answer to "which service?" may be the short name; a command asks for the whole one.
func TestWhereShortNamesAreTaken(t *testing.T) {
	cat := services("checkout-api", "shop")
	open := plan(t, agent.PlanInput{Words: "deploy 1.4.2 to prod", Catalog: cat}).Question
	if got := short(plan(t, agent.PlanInput{Words: "the checkout service please", Catalog: cat, Open: open})); got != "deploy checkout-api production 1.4.2" {
		t.Errorf("the answer: %s", got)
	}
	if got := short(plan(t, agent.PlanInput{Words: "checkout is broken", Catalog: cat, Open: open})); strings.HasPrefix(got, "deploy") {
		t.Errorf("no answer: %s", got)
	}
	if _, err := shared().ParseCommand("deploy checkout 1.4.2 to prod", cat); err == nil || !strings.Contains(err.Error(), "Did you mean checkout-api?") {
		t.Errorf("the command: %v", err)
	}
}
