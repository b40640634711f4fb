package openai

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/releasebot/releasebot/agent"
	"github.com/releasebot/releasebot/agent/planner/rules"
)

// unclear are words that the rules planner is not sure of, so that the model is asked.
const unclear = "would be lovely to see shop 1.4.2 on prod"

func input(words string) agent.PlanInput {
	return agent.PlanInput{Words: words, Catalog: evalCatalog()}
}

// Each way in which an endpoint fails becomes a compact error of its kind
// beside the rules planner's answer: nobody is left without one.
func TestEveryFailureIsHandled(t *testing.T) {
	long := strings.Repeat("x", 5000)
	tests := []struct {
		name  string
		play  func(f *fakeEndpoint) []answer
		kind  Kind
		calls int
	}{
		{"a refusal", func(*fakeEndpoint) []answer {
			return []answer{completion(map[string]any{"index": 0, "finish_reason": "stop", "message": map[string]any{"role": "assistant", "content": nil, "refusal": "I can't help with that."}})}
		}, KindRefusal, 1},
		{"no choices, with no error", func(*fakeEndpoint) []answer { return []answer{completion()} }, KindEmpty, 1},
		{"a choice without content", func(*fakeEndpoint) []answer { return []answer{says("  ")} }, KindEmpty, 1},
		{"cut off by length", func(*fakeEndpoint) []answer {
			return []answer{completion(map[string]any{"index": 0, "finish_reason": "length", "message": map[string]any{"role": "assistant", "content": `{"intent":{"kind":"dep`}})}
		}, KindCut, 1},
		{"cut off by a filter", func(*fakeEndpoint) []answer {
			return []answer{completion(map[string]any{"index": 0, "finish_reason": "content_filter", "message": map[string]any{"role": "assistant", "content": ""}})}
		}, KindCut, 1},
		{"a page with status 200", func(*fakeEndpoint) []answer { return []answer{page(200, "text/html", "<html>log in</html>")} }, KindNotJSON, 1},
		{"a page that says it is JSON", func(*fakeEndpoint) []answer { return []answer{page(200, "application/json", "<html>log in</html>")} }, KindNotJSON, 1},
		{"half of a JSON text", func(*fakeEndpoint) []answer { return []answer{page(200, "application/json", `{"choices":[{"mess`)} }, KindNotJSON, 1},
		{"a redirect", func(f *fakeEndpoint) []answer {
			return []answer{page(302, "text/html", "", "Location", f.URL+"/elsewhere")}
		}, KindNotJSON, 1},
		{"a body without an end", func(*fakeEndpoint) []answer {
			return []answer{page(200, "application/json", `{"choices":[{"message":{"content":"`+strings.Repeat("a", 2<<20)+`"}}]}`)}
		}, KindNotJSON, 1},
		{"busy, with a long pause", func(*fakeEndpoint) []answer { return []answer{apiError(429, "slow down", "Retry-After", "3600")} }, KindBusy, 1},
		{"busy, without a pause", func(*fakeEndpoint) []answer { return []answer{apiError(429, "slow down")} }, KindBusy, 2},
		{"a server error", func(*fakeEndpoint) []answer { return []answer{apiError(500, "boom")} }, KindServer, 2},
		{"a gateway's page", func(*fakeEndpoint) []answer { return []answer{page(502, "text/html", "<h1>Bad Gateway</h1>")} }, KindServer, 2},
		{"a wrong key that is echoed", func(*fakeEndpoint) []answer {
			return []answer{apiError(401, "Incorrect API key provided: "+testKey+". "+long)}
		}, KindRejected, 1},
		{"an unknown model", func(*fakeEndpoint) []answer { return []answer{apiError(404, "no such model")} }, KindRejected, 1},
		{"no answer", func(f *fakeEndpoint) []answer { return []answer{f.deaf} }, KindTimeout, 1},
		{"half an answer, then nothing", func(f *fakeEndpoint) []answer { return []answer{f.stalls} }, KindTimeout, 1},
		{"half an answer, then closed", func(*fakeEndpoint) []answer { return []answer{cutOff} }, KindUnreachable, 2},
		{"a stream that nobody asked for", func(*fakeEndpoint) []answer {
			return []answer{page(200, "text/event-stream", "data: {\"choices\":[{\"delta\":{\"content\":\"{\"}}]}\n\ndata: [DONE]\n\n")}
		}, KindNotJSON, 1},
		{"an answer of another content type", func(*fakeEndpoint) []answer {
			return []answer{page(200, "text/plain", `{"choices":[{"message":{"content":"{}"},"finish_reason":"stop"}]}`)}
		}, KindNotJSON, 1},
		{"an empty answer", func(*fakeEndpoint) []answer { return []answer{page(200, "application/json", "")} }, KindNotJSON, 1},
		{"a list", func(*fakeEndpoint) []answer { return []answer{page(200, "application/json", "[]")} }, KindNotJSON, 1},
		{"a service that there is not, twice", func(*fakeEndpoint) []answer { return []answer{intent(deployOf("shopp", "production", "1.4.2"))} }, KindInvalid, 2},
		{"a version that nobody said, twice", func(*fakeEndpoint) []answer { return []answer{intent(deployOf("shop", "production", "6.6.6"))} }, KindInvalid, 2},
		{"an id that there is not, twice", func(*fakeEndpoint) []answer { return []answer{intent(map[string]any{"kind": "cancel", "id": "zzz-9"})} }, KindInvalid, 2},
		{"a field too many, twice", func(*fakeEndpoint) []answer { return []answer{intent(map[string]any{"kind": "none", "approve": true})} }, KindInvalid, 2},
		{"fields of other types, twice", func(*fakeEndpoint) []answer {
			return []answer{intent(map[string]any{"kind": "status", "service": 7, "environment": []string{"x"}})}
		}, KindInvalid, 2},
		{"a reply that is much too long, twice", func(*fakeEndpoint) []answer {
			return []answer{says(`{"intent":{"kind":"none"}` + strings.Repeat(" ", maxReply) + `}`)}
		}, KindInvalid, 2},
		{"nonsense, twice", func(*fakeEndpoint) []answer { return []answer{says("certainly! deploying now")} }, KindInvalid, 2},
	}
	want, err := rules.New().Plan(context.Background(), input(unclear))
	if err != nil {
		t.Fatal(err)
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			f := newFake(t)
			f.answers = tt.play(f)
			limit := 2 * time.Minute // that none but what never ends takes, also on a busy machine
			if tt.kind == KindTimeout {
				limit = 4 * time.Second
			}
			p := f.planner(t, func(c *Config) { c.Timeout = limit })
			began := time.Now()
			out, err := p.Plan(context.Background(), input(unclear))
			if took := time.Since(began); took > limit+time.Minute || tt.kind != KindTimeout && took > limit {
				t.Errorf("it took %v", took)
			}
			if err != nil {
				t.Fatalf("Plan: %v", err)
			}
			var failure *Error
			if !errors.As(out.Failure, &failure) {
				t.Fatalf("Failure = %v, want an *Error", out.Failure)
			}
			if tt.kind != "" && failure.Kind != tt.kind {
				t.Errorf("kind %q (%v), want %q", failure.Kind, failure, tt.kind)
			}
			if n := len(f.requests()); tt.calls > 0 && n != tt.calls {
				t.Errorf("%d calls, want %d", n, tt.calls)
			}
			if out.Tokens.Calls != len(f.requests()) {
				t.Errorf("%d calls are reported, %d were made", out.Tokens.Calls, len(f.requests()))
			}
			if out.Intent.Kind != want.Intent.Kind || out.Planner != rules.Name {
				t.Errorf("the answer is %s by %s, want the rules planner's %s", out.Intent.Kind, out.Planner, want.Intent.Kind)
			}
			text := failure.Error()
			if len([]rune(text)) > 239 || strings.ContainsAny(text, "\n\r\x00") {
				t.Errorf("not compact: %q", text)
			}
			noKey(t, text, fmt.Sprintf("%+v %#v", failure, failure), fmt.Sprint(out))
		})
	}
}

func TestNobodyListens(t *testing.T) {
	f := newFake(t, says("{}"))
	p := f.planner(t)
	f.Close()
	out, err := p.Plan(context.Background(), input(unclear))
	if err != nil {
		t.Fatal(err)
	}
	var failure *Error
	if !errors.As(out.Failure, &failure) || failure.Kind != KindUnreachable {
		t.Errorf("Failure = %v, want %s", out.Failure, KindUnreachable)
	}
	if strings.Contains(failure.Error(), "127.0.0.1") {
		t.Errorf("an address in %q", failure)
	}
}

// An endpoint whose certificate nobody vouches for gets no word, and the error says which kind it is.
func TestACertificateOfNobody(t *testing.T) {
	f := newFake(t, says("{}"))
	secure := httptest.NewUnstartedServer(f)
	secure.Config.ErrorLog = log.New(io.Discard, "", 0)
	secure.StartTLS()
	t.Cleanup(secure.Close)
	out, err := f.planner(t, func(c *Config) { c.BaseURL, c.HTTPClient = secure.URL+"/v1", nil }).Plan(context.Background(), input(unclear))
	if err != nil {
		t.Fatal(err)
	}
	var failure *Error
	if !errors.As(out.Failure, &failure) || failure.Kind != KindUnreachable || !strings.Contains(failure.Detail, "certificate") {
		t.Errorf("Failure = %v", out.Failure)
	}
	if len(f.requests()) != 0 {
		t.Error("it was asked nevertheless")
	}
}

// Where the rules planner takes words for nothing, but is not sure, a failure of
// the model is a question; nobody is asked about words that mention nobody.
func TestAFailureIsNeverSilence(t *testing.T) {
	for _, aside := range []bool{false, true} {
		in := input("can somebody please look at the shop thing")
		in.Aside = aside
		out, err := newFake(t, apiError(401, "no")).planner(t).Plan(context.Background(), in)
		if err != nil || out.Failure == nil {
			t.Fatalf("%+v, %v", out, err)
		}
		if asks := out.Intent.Kind == agent.IntentClarify; asks == aside {
			t.Errorf("aside %v: the answer is %s", aside, out.Intent.Kind)
		}
	}
}

// A failure that passes by itself is tried once more, and the second answer counts.
func TestOnceMoreAfterAServerError(t *testing.T) {
	f := newFake(t, apiError(503, "overloaded", "Retry-After", "0.2"), intent(map[string]any{"kind": "help"}))
	out, err := f.planner(t).Plan(context.Background(), input(unclear))
	if err != nil {
		t.Fatal(err)
	}
	if out.Intent.Kind != agent.IntentHelp || out.Failure != nil || out.Tokens.Calls != 2 {
		t.Errorf("%+v, want help after two calls", out)
	}
}

// An endpoint that asks for a long pause gets it, and one that fails again and again is left alone.
func TestTheEndpointIsLeftAlone(t *testing.T) {
	for name, tt := range map[string]struct {
		play    answer
		asks    int
		reached int
	}{
		"429 with a long Retry-After": {apiError(429, "later", "Retry-After", "120"), 3, 1},
		"Retry-After as a date":       {apiError(429, "later", "Retry-After", time.Now().Add(time.Hour).UTC().Format(http.TimeFormat)), 3, 1},
		"401 again and again":         {apiError(401, "no"), 6, pauseAfter},
	} {
		t.Run(name, func(t *testing.T) {
			f := newFake(t, tt.play)
			p := f.planner(t)
			var last agent.Planned
			for range tt.asks {
				out, err := p.Plan(context.Background(), input(unclear))
				if err != nil {
					t.Fatal(err)
				}
				last = out
			}
			if n := len(f.requests()); n != tt.reached {
				t.Errorf("%d calls reached the endpoint, want %d", n, tt.reached)
			}
			var failure *Error
			if !errors.As(last.Failure, &failure) || failure.Kind != KindPaused || failure.After <= 0 || last.Tokens.Calls != 0 {
				t.Errorf("the last failure is %v after %d calls, want a pause", last.Failure, last.Tokens.Calls)
			}
		})
	}
}

// The whole of it, repair and second try included, ends within the time limit.
func TestTheTimeLimitHoldsForAllOfIt(t *testing.T) {
	f := newFake(t)
	f.answers = []answer{says("nonsense"), f.deaf}
	began := time.Now()
	out, err := f.planner(t, func(c *Config) { c.Timeout = 400 * time.Millisecond }).Plan(context.Background(), input(unclear))
	if err != nil || out.Failure == nil {
		t.Fatalf("%+v, %v", out, err)
	}
	if took := time.Since(began); took > time.Minute {
		t.Errorf("it took %v with a limit of 400ms", took)
	}
}

func TestCanceledFromOutside(t *testing.T) {
	f := newFake(t)
	f.answers = []answer{f.deaf}
	ctx, cancel := context.WithCancel(context.Background())
	stop := time.AfterFunc(50*time.Millisecond, cancel)
	defer stop.Stop()
	if _, err := f.planner(t).Plan(ctx, input(unclear)); !errors.Is(err, context.Canceled) {
		t.Errorf("err = %v, want context.Canceled", err)
	}
}

// One repair: the model is shown what is wrong, and its second reply counts.
func TestOneRepair(t *testing.T) {
	f := newFake(t, says(`{"intent":{"kind":"status","service":"shopp","environment":null}}`), intent(map[string]any{"kind": "status", "service": "shop", "environment": nil}))
	out, err := f.planner(t).Plan(context.Background(), input(unclear))
	if err != nil {
		t.Fatal(err)
	}
	if out.Intent.Kind != agent.IntentStatus || out.Intent.Service != "shop" || out.Tokens.Calls != 2 || out.Tokens.In != 1800 || out.Tokens.Cached != 1024 {
		t.Errorf("%+v", out)
	}
	got := f.requests()
	last := got[1].Messages
	if len(last) != len(got[0].Messages)+2 || last[len(last)-2].Role != "assistant" || !strings.Contains(last[len(last)-1].Content, "`service` must be one of") {
		t.Errorf("the repair shows %v", last[len(last)-2:])
	}
	if string(got[0].ResponseFormat.JSONSchema.Schema) != string(got[1].ResponseFormat.JSONSchema.Schema) {
		t.Error("the schema changed")
	}
}

// A reply that is no JSON at all is repaired the same way.
func TestOneRepairOfNonsense(t *testing.T) {
	f := newFake(t, says("Sure! Here you go:\n```json\n{\"intent\":"), intent(map[string]any{"kind": "help"}))
	out, err := f.planner(t).Plan(context.Background(), input(unclear))
	if err != nil || out.Intent.Kind != agent.IntentHelp || out.Failure != nil || out.Tokens.Calls != 2 {
		t.Errorf("%+v, %v", out, err)
	}
}

// A message that doesn't fit is not cut, and not sent.
func TestTooLongIsNotSent(t *testing.T) {
	f := newFake(t, says("{}"))
	out, err := f.planner(t).Plan(context.Background(), input(strings.Repeat("please look at shop ", 2000)))
	if err != nil {
		t.Fatal(err)
	}
	var failure *Error
	if !errors.As(out.Failure, &failure) || failure.Kind != KindTooLong || len(f.requests()) != 0 {
		t.Errorf("%v after %d calls", out.Failure, len(f.requests()))
	}
}

func TestConfigIsChecked(t *testing.T) {
	ok := Config{Key: "k", Rules: rules.New()}
	for name, change := range map[string]func(*Config){
		"no rules":          func(c *Config) { c.Rules = nil },
		"no key for OpenAI": func(c *Config) { c.Key = "" },
		"no URL":            func(c *Config) { c.BaseURL = "example" },
		"another scheme":    func(c *Config) { c.BaseURL = "ftp://host/v1" },
		"a key in the URL":  func(c *Config) { c.BaseURL = "https://user:" + testKey + "@host/v1" },
		"a key in a query":  func(c *Config) { c.BaseURL = "https://host/v1?key=" + testKey },
	} {
		cfg := ok
		change(&cfg)
		_, err := New(cfg)
		if err == nil {
			t.Errorf("%s: no error", name)
			continue
		}
		noKey(t, err.Error())
	}
	if _, err := New(ok); err != nil {
		t.Error(err)
	}
	if _, err := New(Config{BaseURL: "http://127.0.0.1:11434/v1", Rules: rules.New()}); err != nil {
		t.Errorf("an endpoint without a key: %v", err)
	}
}
