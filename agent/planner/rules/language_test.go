package rules_test

import (
	"strings"
	"testing"

	"github.com/releasebot/releasebot/agent"
	"github.com/releasebot/releasebot/agent/planner/rules"
)

// What is missing is asked for in the language of the words; words that could
// be of two languages, or of none, are asked about in English.
func TestAsksInTheLanguageOfTheWords(t *testing.T) {
	in := agent.PlanInput{Catalog: agent.Catalog{Services: []agent.CatalogService{
		{Name: "shop", Environments: []string{"staging", "production"}}, {Name: "web", Environments: []string{"production"}},
	}}}
	planner := rules.New()
	for words, want := range map[string]string{
		"deploy shop to production":                 "Which version of shop shall go to production?",
		"deploy shop 1.4.2":                         "To which environment of shop? It has staging and production.",
		"bitte shop nach production deployen":       "Welche Version von shop soll nach production?",
		"déploie shop sur production s'il te plaît": "Quelle version de shop doit aller en production ?",
		"despliega shop en production por favor":    "¿Qué versión de shop debe ir a production?",
		"implanta o shop na production por favor":   "Qual versão de shop deve ir para production?",
		"bitte rolle shop 1.4.2 jetzt aus":          "In welche Umgebung von shop? Es gibt staging, production.",
	} {
		in.Words = words
		got, err := planner.Plan(t.Context(), in)
		if err != nil {
			t.Fatal(err)
		}
		if q := got.Intent.Question; q == nil || !strings.Contains(q.Text, want) {
			t.Errorf("%q: %s %+v, want %q", words, got.Intent.Kind, q, want)
		}
	}
}
