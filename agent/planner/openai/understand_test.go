package openai

import (
	"context"
	"maps"
	"net/http"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/releasebot/releasebot/agent"
	"github.com/releasebot/releasebot/agent/planner/rules"
)

// exchange is an input that code alone isn't sure of, what an honest model
// makes of it, and what must come of that. A real model may also ask.
type exchange struct {
	name  string
	in    agent.PlanInput
	reply map[string]any
	want  string // kind, service, environment, version
}

func deployOf(service, env, version string) map[string]any {
	return map[string]any{"kind": "deploy", "service": service, "environment": env, "version": version, "page": []string{}}
}

func exchanges() []exchange {
	failed := ended(1, "shop", "production", "1.4.2", "failed", "exit 1: no space left on device")
	rejected := ended(1, "shop", "production", "1.4.2", "rejected", "")
	return []exchange{
		{"a wish in other words", input("would be lovely to see shop 1.4.2 on prod"), deployOf("shop", "production", "1.4.2"), "clarify"},
		{"slang", input("yeet shop 1.4.2 to staging please"), deployOf("shop", "staging", "1.4.2"), "deploy shop staging 1.4.2"},
		{"another language", input("julkaise backend 2.1.0 staging"), deployOf("backend", "staging", "2.1.0"), "clarify"},
		{"a negation", input("better not let shop 1.4.2 near production"), map[string]any{"kind": "none"}, "none"},
		{"a question of what runs", input("whats the story with web in production these days"), map[string]any{"kind": "status", "service": "web", "environment": "production"}, "status web production"},
		{"a condition", input("shop 1.4.2 may go to production as far as CI agrees"), map[string]any{"kind": "clarify", "question": "Shall I deploy it now, whatever CI says?", "missing": "request", "action": "deploy", "service": "shop", "environment": "production", "version": "1.4.2", "options": []string{}, "ask": nil}, "clarify"},
		{"after a failure", with(input("hm. give it one more go?"), func(in *agent.PlanInput) { in.Releases = []agent.ReleaseBrief{failed} }), deployOf("shop", "production", "1.4.2"), "clarify"},
		{"why, after a failure", with(input("so whats up with that one"), func(in *agent.PlanInput) { in.Releases = []agent.ReleaseBrief{failed} }), map[string]any{"kind": "why", "id": "k3f-1", "about": nil}, "why"},
		{"what came since a day", with(input("anything new on shop production since tuesday, pray"), func(in *agent.PlanInput) { in.At, in.Releases = at(30), []agent.ReleaseBrief{failed} }), map[string]any{"kind": "history", "service": "shop", "environment": "production", "about": nil, "since": "Tuesday 2026-11-17"}, "history shop production since 2026-11-17"},
		{"who let it through", with(input("by whose leave did that one go out"), func(in *agent.PlanInput) { in.At, in.Releases = at(30), []agent.ReleaseBrief{failed} }), map[string]any{"kind": "why", "id": "k3f-1", "about": "approvals"}, "why about approvals"},
		{"a reason", with(input("the backend has to follow along here, otherwise it breaks"), func(in *agent.PlanInput) { in.RejectionOf, in.Releases = 1, []agent.ReleaseBrief{rejected} }), map[string]any{"kind": "none"}, "none"},
	}
}

func shortOf(i agent.Intent) string {
	parts := []string{string(i.Kind), i.Service, i.Environment, i.Version}
	if i.About != "" {
		parts = append(parts, "about", string(i.About))
	}
	if i.Since != "" {
		parts = append(parts, "since", i.Since)
	}
	return strings.Join(strings.Fields(strings.Join(parts, " ")), " ")
}

// endpointUnderTest is the real one that OPENAI_BASE_URL names, or nil.
func endpointUnderTest(t *testing.T) *Planner {
	t.Helper()
	base := os.Getenv("OPENAI_BASE_URL")
	if base == "" {
		return nil
	}
	p, err := New(Config{Key: os.Getenv("OPENAI_API_KEY"), BaseURL: base, Model: os.Getenv("OPENAI_MODEL"), Rules: rules.New(), AlwaysAsk: true, Timeout: time.Minute})
	if err != nil {
		t.Fatal(err)
	}
	return p
}

// With an honest model, played by the test's endpoint, or whatever the real one
// is that OPENAI_BASE_URL names:
//
//	OPENAI_BASE_URL=… OPENAI_API_KEY=… OPENAI_MODEL=… go test ./agent/planner/openai -run 'TestUnderstands|TestHostileInputs' -v
func TestUnderstands(t *testing.T) { understands(t) }

func understands(t *testing.T) {
	t.Helper()
	real := endpointUnderTest(t)
	for _, c := range exchanges() {
		t.Run(c.name, func(t *testing.T) {
			p := real
			if p == nil {
				p = newFake(t, intent(c.reply)).planner(t, func(cfg *Config) { cfg.AlwaysAsk = true })
			}
			out, err := p.Plan(context.Background(), c.in)
			if err != nil {
				t.Fatal(err)
			}
			if out.Failure != nil {
				t.Fatalf("the endpoint: %v", out.Failure)
			}
			got := shortOf(out.Intent)
			if got != c.want && !(real != nil && (out.Intent.Kind == agent.IntentClarify || !changes(out.Intent.Kind))) {
				t.Errorf("%q: %s, want %s (%+v)", c.in.Words, got, c.want, out.Intent.Question)
			}
			if !strings.HasPrefix(out.Prompt, PromptVersion+":") || out.Tokens.Calls == 0 {
				t.Errorf("prompt %q, tokens %+v", out.Prompt, out.Tokens)
			}
			t.Logf("%s -> %s by %s, %+v", c.in.Words, got, out.Planner, out.Tokens)
		})
	}
}

// Every hostile input, sent to the real endpoint; without one it is skipped,
// for the played one has tests of its own.
func TestHostileInputsAtARealEndpoint(t *testing.T) {
	p := endpointUnderTest(t)
	if p == nil {
		t.Skip("OPENAI_BASE_URL is not set: no real endpoint to ask")
	}
	hostile(t, p)
}

// TestTheLaneOfARealEndpoint runs what a real endpoint would be measured with
// against a stand-in that reads its request as a model does: only from the
// messages. It is honest about the conversations of this file, and says none to
// all else. So the lane itself works on the day that somebody has an endpoint.
func TestTheLaneOfARealEndpoint(t *testing.T) {
	if os.Getenv("OPENAI_BASE_URL") != "" {
		t.Skip("OPENAI_BASE_URL is set: the real one is asked")
	}
	replies := map[string]string{}
	for _, e := range exchanges() {
		replies[data(e.in.Words)] = intentJSON(e.reply)
	}
	f := newFake(t)
	f.answers = []answer{func(w http.ResponseWriter, r *http.Request) {
		asked := f.requests()
		_, words, _ := strings.Cut(asked[len(asked)-1].Messages[1].Content, "\n<words>\n")
		words, _, _ = strings.Cut(words, "\n</words>")
		reply, ok := replies[words]
		if !ok {
			reply = intentJSON(map[string]any{"kind": "none"})
		}
		says(reply)(w, r)
	}}
	t.Setenv("OPENAI_BASE_URL", f.URL+"/v1")
	t.Setenv("OPENAI_MODEL", "stand-in")
	t.Setenv("OPENAI_API_KEY", "")
	t.Run("understands", func(t *testing.T) { understands(t) })
	t.Run("hostile", func(t *testing.T) { hostile(t, endpointUnderTest(t)) })
	if n := len(f.requests()); n < len(exchanges())+len(attacks())-10 {
		t.Errorf("%d requests came, for %d inputs", n, len(exchanges())+len(attacks()))
	}
}

func hostile(t *testing.T, p *Planner) {
	t.Helper()
	for _, a := range attacks() {
		t.Run(a.name, func(t *testing.T) {
			ruled, err := p.cfg.Rules.Plan(context.Background(), a.in)
			if err != nil {
				t.Fatal(err)
			}
			out, err := p.Plan(context.Background(), a.in)
			if err != nil {
				t.Fatal(err)
			}
			outside(t, a, ruled.Intent, out.Intent, "(the real model's)")
		})
	}
}

// A plain request, a command's words and small talk cost no call; a setting turns that off.
func TestOneCallAtMost(t *testing.T) {
	for _, say := range []string{"deploy shop 1.4.2 to prod", "roll back shop in production", "verify web in staging", "status", "what runs on shop production?", "thanks!", "lunch?", "help"} {
		f := newFake(t, intent(map[string]any{"kind": "none"}))
		ruled, err := rules.New().Plan(context.Background(), input(say))
		if err != nil {
			t.Fatal(err)
		}
		out, err := f.planner(t).Plan(context.Background(), input(say))
		if err != nil {
			t.Fatal(err)
		}
		if len(f.requests()) != 0 || out.Planner != rules.Name || shortOf(out.Intent) != shortOf(ruled.Intent) || out.Tokens != (agent.Tokens{}) {
			t.Errorf("%q: %d calls, %+v", say, len(f.requests()), out)
		}
		if _, err := f.planner(t, func(c *Config) { c.AlwaysAsk = true }).Plan(context.Background(), input(say)); err != nil {
			t.Fatal(err)
		}
		if len(f.requests()) != 1 {
			t.Errorf("%q with AlwaysAsk: %d calls, want 1", say, len(f.requests()))
		}
	}
	f := newFake(t, intent(map[string]any{"kind": "none"}))
	out, err := f.planner(t).Plan(context.Background(), input(unclear))
	if err != nil {
		t.Fatal(err)
	}
	if len(f.requests()) != 1 || out.Tokens != (agent.Tokens{Calls: 1, In: 900, Cached: 512, Out: 30}) {
		t.Errorf("%d calls, tokens %+v; want one call, counted", len(f.requests()), out.Tokens)
	}
}

// What is asked when every part was said but not every word is understood is a
// whole request, and "yes" to it is one that the rules planner takes.
func TestAConfirmedReadingIsARequest(t *testing.T) {
	f := newFake(t, intent(deployOf("shop", "production", "1.4.2")))
	p := f.planner(t)
	in := input(unclear)
	out, err := p.Plan(context.Background(), in)
	if err != nil || out.Intent.Question == nil {
		t.Fatalf("%+v, %v", out, err)
	}
	then := agent.PlanInput{Words: "yes", Catalog: in.Catalog, Open: out.Intent.Question, Turns: []agent.Turn{{From: "person", Text: in.Words}, {From: "bot", Text: out.Intent.Question.Text}}}
	out, err = p.Plan(context.Background(), then)
	if err != nil {
		t.Fatal(err)
	}
	if shortOf(out.Intent) != "deploy shop production 1.4.2" {
		t.Errorf("yes became %s", shortOf(out.Intent))
	}
}

// A model reads other names of a service, and its answer by the service's own
// name is what the person meant.
func TestAliasesAreNames(t *testing.T) {
	f := newFake(t, intent(deployOf("shop", "production", "1.4.2")))
	in := input("store 1.4.2, could you perhaps get it onto prod")
	in.Catalog.Services = slices.Clone(in.Catalog.Services)
	for i, s := range in.Catalog.Services {
		if s.Name == "shop" {
			in.Catalog.Services[i].Aliases = []string{"store"}
		}
	}
	out, err := f.planner(t, func(c *Config) { c.AlwaysAsk = true }).Plan(context.Background(), in)
	if err != nil {
		t.Fatal(err)
	}
	if i := out.Intent; i.Service != "shop" && (i.Question == nil || i.Question.Partial.Service != "shop") {
		t.Errorf("%+v %+v", i, i.Question)
	}
	req, err := Render(in, Options{})
	if err != nil {
		t.Fatal(err)
	}
	if sent := req.Messages[len(req.Messages)-1].Content; !strings.Contains(sent, `{"service":"shop","also called":["store"],`) {
		t.Errorf("the model is not told:\n%s", sent)
	}
}

// Code that is sure and a model that reads otherwise: neither counts alone.
func TestTheModelDoesNotOverrule(t *testing.T) {
	for name, reply := range map[string]map[string]any{
		"another environment": deployOf("shop", "staging", "1.4.2"), "nothing": {"kind": "none"}, "a stop": {"kind": "cancel", "id": nil},
	} {
		f := newFake(t, intent(reply))
		out, err := f.planner(t, func(c *Config) { c.AlwaysAsk = true }).Plan(context.Background(), input("deploy shop 1.4.2 to prod"))
		if err != nil {
			t.Fatal(err)
		}
		if out.Intent.Kind != agent.IntentClarify || len(out.Intent.Question.Options) != 1 || out.Intent.Question.Options[0] != "deploy shop 1.4.2 to production" {
			t.Errorf("%s: %+v %+v", name, out.Intent, out.Intent.Question)
		}
	}
}

// A model's own question is shown where nothing could be started by answering
// it, in the language it was asked in.
func TestAModelsQuestion(t *testing.T) {
	ask := func(text string, more map[string]any) agent.Intent {
		t.Helper()
		m := map[string]any{"kind": "clarify", "question": text, "missing": "request", "action": nil, "service": nil, "environment": nil, "version": nil, "options": []string{}, "ask": nil}
		maps.Copy(m, more)
		out, err := newFake(t, intent(m)).planner(t).Plan(context.Background(), input("vorrei qualcosa per shop, alice"))
		if err != nil {
			t.Fatal(err)
		}
		if out.Intent.Kind != agent.IntentClarify {
			t.Fatalf("%+v", out.Intent)
		}
		return out.Intent
	}
	if got := ask("Che cosa desideri per shop?", map[string]any{"ask": "alice"}); got.Question.Text != "Che cosa desideri per shop?" || got.Question.Ask != "alice" {
		t.Errorf("%+v", got.Question)
	}
	if got := ask("Che cosa desideri?", map[string]any{"ask": "bob"}); got.Question.Ask != "" {
		t.Errorf("%s was not named, and is asked", got.Question.Ask)
	}
	if got := ask("No question at all", nil); got.Question.Text == "No question at all" {
		t.Error("a sentence that is no question is shown")
	}
}

// After a failure a model may offer what could be done: whole requests about
// the release at hand, and no others.
func TestOffersAfterAFailure(t *testing.T) {
	in := with(input("hmm, now what"), func(in *agent.PlanInput) {
		in.Releases = []agent.ReleaseBrief{ended(1, "shop", "production", "1.4.2", "failed", "exit 1: no space left on device")}
	})
	reply := map[string]any{
		"kind": "clarify", "question": "The disk is full. Shall I try again, or go back?", "missing": "request", "action": nil, "service": nil, "environment": nil, "version": nil, "ask": nil,
		"options": []string{"deploy shop 1.4.2 to production", "roll back shop in production", "deploy shop 6.6.6 to production", "roll back backend in production", "approve it"},
	}
	out, err := newFake(t, intent(reply)).planner(t, func(c *Config) { c.AlwaysAsk = true }).Plan(context.Background(), in)
	if err != nil {
		t.Fatal(err)
	}
	want := []string{"deploy shop 1.4.2 to production", "roll back shop in production"}
	if out.Intent.Question == nil || !slices.Equal(out.Intent.Question.Options, want) {
		t.Errorf("%+v %+v, want the options %q", out.Intent, out.Intent.Question, want)
	}
}

func TestObserve(t *testing.T) {
	var calls []Call
	f := newFake(t, apiError(500, "boom"), intent(map[string]any{"kind": "help"}))
	p := f.planner(t, func(c *Config) { c.Observe = func(call Call) { calls = append(calls, call) } })
	if _, err := p.Plan(context.Background(), input(unclear)); err != nil {
		t.Fatal(err)
	}
	if len(calls) != 2 || calls[0].Failure != KindServer || calls[1].Failure != "" || calls[1].Tokens.In != 900 {
		t.Errorf("%+v", calls)
	}
}

// Code asks back in the language of the words, and "yes" in that language is an answer.
func TestCodeAsksInTheLanguageOfTheWords(t *testing.T) {
	for _, c := range []struct{ say, begins, yes string }{
		{"ship shop 1.4.2 to prod with gusto", "Do you mean: ", "yes"},
		{"es wäre schön, shop 1.4.2 auf production zu sehen, bitte deploy", "Meinst du: ", "ja"},
		{"ce serait bien de voir shop 1.4.2 sur production, déploie", "Voulez-vous dire : ", "oui"},
		{"sería bonito ver shop 1.4.2 en production, despliega por favor el servicio", "¿Quieres decir: ", "yes"},
		{"seria bom ver o shop 1.4.2 em production, implanta isso por favor", "Você quer dizer: ", "sim"},
	} {
		f := newFake(t, intent(deployOf("shop", "production", "1.4.2")))
		p := f.planner(t, func(cfg *Config) { cfg.Rules = doubts{rules.New()} })
		in := input(c.say)
		out, err := p.Plan(context.Background(), in)
		if err != nil || out.Intent.Question == nil || !strings.HasPrefix(out.Intent.Question.Text, c.begins) {
			t.Errorf("%q: %+v %+v, %v", c.say, out.Intent, out.Intent.Question, err)
			continue
		}
		then := agent.PlanInput{Words: c.yes, Catalog: in.Catalog, Open: out.Intent.Question, Turns: []agent.Turn{{From: "person", Text: in.Words}, {From: "bot", Text: out.Intent.Question.Text}}}
		if out, err = rules.New().Plan(context.Background(), then); err != nil || shortOf(out.Intent) != "deploy shop production 1.4.2" {
			t.Errorf("%q became %s, %v", c.yes, shortOf(out.Intent), err)
		}
	}
}

// doubts is a planner that makes nothing of whatever is no plain command.
type doubts struct{ rules *rules.Planner }

// Plan implements agent.Planner.
func (d doubts) Plan(ctx context.Context, in agent.PlanInput) (agent.Planned, error) {
	if strings.HasPrefix(in.Words, "deploy ") {
		return d.rules.Plan(ctx, in)
	}
	return agent.Planned{Intent: agent.Intent{Kind: agent.IntentNone}, Planner: rules.Name}, nil
}

// Each sentence there is in each language, with the same gaps.
func TestSentencesAreWhole(t *testing.T) {
	english := sentencesIn(agent.English)
	for _, l := range []agent.Language{agent.German, agent.French, agent.Spanish, agent.Portuguese} {
		for i, s := range sentencesIn(l) {
			if s == "" || s == english[i] || strings.Count(s, "%s") != strings.Count(english[i], "%s") || strings.Count(s, "`") != strings.Count(english[i], "`") {
				t.Errorf("%s: %q for %q", l, s, english[i])
			}
		}
	}
}
