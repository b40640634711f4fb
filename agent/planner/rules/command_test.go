package rules_test

import (
	"errors"
	"strings"
	"testing"

	"github.com/releasebot/releasebot/agent/planner/rules"
)

func TestCommands(t *testing.T) {
	p := rules.New()
	for text, want := range map[string]string{
		"":                                "help",
		"help":                            "help",
		"deploy shop 1.4.2 to production": "deploy shop production 1.4.2",
		"deploy shop 1.4.2 to prod":       "deploy shop production 1.4.2",
		"deploy shop nightly-7 prod":      "deploy shop production nightly-7",
		"deploy shop@1.4.2 to prod":       "deploy shop production 1.4.2",
		"deploy `shop` `1.4.2` to prod":   "deploy shop production 1.4.2",
		"Deploy Checkout_API 3.0.0 to qa": "deploy checkout-api qa 3.0.0",
		"rollback shop production":        "rollback shop production",
		"rollback shop prod to 1.4.1":     "rollback shop production 1.4.1",
		"verify shop staging":             "verify shop staging",
		"status":                          "status",
		"status shop":                     "status shop",
		"status shop in prod":             "status shop production",
		"history web prod":                "history web production",
		"approvals":                       "approvals",
		"unlock web prod":                 "unlock web production",
		"locks":                           "locks",
		"notify web prod":                 "notify web production",
		"cancel r7k2":                     "cancel r7k2",
		"hold r7k2":                       "hold r7k2",
		"resume #r7k2":                    "resume r7k2",
		"why r7k2":                        "why r7k2",
	} {
		c, err := p.ParseCommand(text, catalog())
		if err != nil {
			t.Errorf("%q: %v", text, err)
			continue
		}
		if got := short(c.Intent); got != want {
			t.Errorf("%q: got %q, want %q", text, got, want)
		}
	}
}

func TestCommandsWithMore(t *testing.T) {
	p := rules.New()
	c, err := p.ParseCommand("deploy shop 1.4.2 to prod and page me and bob if it fails", catalog())
	if err != nil || strings.Join(c.Intent.Page, " ") != "me bob" {
		t.Errorf("page: got %+v, %v", c.Intent, err)
	}
	c, err = p.ParseCommand("lock shop prod for 2h database migration", catalog())
	if err != nil || short(c.Intent) != "lock shop production" || c.Intent.For != "2h" || c.Intent.Reason != "database migration" {
		t.Errorf("lock: got %+v, %v", c.Intent, err)
	}
	c, err = p.ParseCommand("approve r7k2", catalog())
	if err != nil || c.Verb != "approve" || c.ID != "r7k2" || c.Intent.Kind != "" {
		t.Errorf("approve: got %+v, %v", c, err)
	}
	c, err = p.ParseCommand("reject r7k2 deploy the backend first", catalog())
	if err != nil || c.Verb != "reject" || c.ID != "r7k2" || c.Reason != "deploy the backend first" {
		t.Errorf("reject: got %+v, %v", c, err)
	}
}

// An error names what is wrong and shows how the command is written.
func TestCommandErrors(t *testing.T) {
	p := rules.New()
	for text, want := range map[string]string{
		"deplyo shop 1.4.2 to prod":                 "Did you mean “deploy”",
		"frobnicate":                                "no command “frobnicate”",
		"deploy":                                    "service is missing",
		"deploy shop":                               "version of shop is missing",
		"deploy shop 1.4.2":                         "environment is missing; shop has staging, production and dev",
		"deploy shop to prod":                       "version is missing before “to”",
		"deploy shpo 1.4.2 to prod":                 "Did you mean shop?",
		"deploy shop 1.4.2 to qa":                   "shop has no environment “qa”",
		"deploy shop latest to prod":                "“latest” is no version",
		"deploy shop 1.4.2 to prod tonight":         "can't keep “tonight”",
		"deploy shop 1.4.2 to prod and delete it":   "can't keep “and delete it”",
		"deploy shop 1.4.2 to prod page carol if x": "can't keep",
		"rollback shop":                             "environment is missing",
		"rollback shop prod 1.4.1":                  "a version stands after “to”",
		"rollback shop prod to":                     "One version belongs after “to”",
		"verify shop":                               "environment is missing",
		"lock shop prod":                            "reason is missing",
		"approve":                                   "id is missing",
		"approve r7k2 please":                       "an id and nothing else",
		"reject r7k2":                               "reason of the rejection is missing",
		"cancel <!channel>":                         "id is missing",
		"why r7k2 now":                              "one word too many",
		"locks shop":                                "takes nothing after it",
	} {
		_, err := p.ParseCommand(text, catalog())
		var ce *rules.CommandError
		if !errors.As(err, &ce) {
			t.Errorf("%q: got error %v, want a *CommandError", text, err)
			continue
		}
		if !strings.Contains(ce.Error(), want) || !strings.Contains(ce.Error(), "Write: /release ") {
			t.Errorf("%q: got %q, want %q and the usage", text, ce.Error(), want)
		}
	}
}

func TestUsageNamesEveryCommand(t *testing.T) {
	if n := strings.Count(rules.Usage(), "\n"); n != 17 {
		t.Errorf("the usage has %d lines, want one for each of 17 commands", n)
	}
}
