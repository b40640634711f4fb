package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"log/slog"
	"maps"
	"path/filepath"
	"strings"
	"testing"

	"github.com/releasebot/releasebot/agent/planner/openai"
)

const hush = "xoxb-do-not-print-me"

func TestASecretIsPrintedByNothing(t *testing.T) {
	s := newSecret(hush)
	var log bytes.Buffer
	slog.New(slog.NewJSONHandler(&log, nil)).Info("it is", "secret", s, "inside", struct{ S Secret }{s})
	slog.New(slog.NewTextHandler(&log, nil)).Info("it is", "secret", s, "inside", struct{ S Secret }{s})
	encoded, err := json.Marshal(map[string]any{"a": s, "b": &s, "c": []Secret{s}})
	if err != nil {
		t.Fatal(err)
	}
	printed := []string{log.String(), string(encoded)}
	for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%q", "%x", "%X", "%d", "%t", "%p", "%T", "%U", "%w"} {
		printed = append(printed, fmt.Sprintf(verb, s), fmt.Sprintf(verb, &s), fmt.Sprintf(verb, []any{s}), fmt.Sprintf(verb, struct{ S Secret }{s}))
	}
	printed = append(printed, fmt.Sprint(s), fmt.Sprint(settings{botToken: s, redis: redisSettings{url: s}}))
	for _, p := range printed {
		if strings.Contains(p, "do-not-print") || strings.Contains(p, fmt.Sprintf("%x", "do-not-print")) {
			t.Errorf("the secret shows in %q", p)
		}
	}
	if s.Reveal() != hush {
		t.Error("Reveal does not give the secret")
	}
}

func TestNoProblemQuotesASecret(t *testing.T) {
	for _, wrong := range []string{"do-not-print", "xapp-do-not-print", "redis://x:do-not-print@[", "https://u:do-not-print@", "do-not-print\n"} {
		s := newSecret(wrong)
		e := environ{BotToken: s, AppToken: s, RedisURL: s, OpenAIKey: s, OpenAIURL: s, APIToken: s, OTLPEndpoint: s, OTLPTraces: s}
		_, problems := e.settle()
		if len(problems) == 0 {
			t.Errorf("%q is taken for everything", wrong)
		}
		if all := strings.Join(problems, "\n"); strings.Contains(all, "do-not-print") {
			t.Errorf("a problem quotes the value:\n%s", all)
		}
	}
}

func TestEveryProblemIsOneLineThatBeginsWithTheVariable(t *testing.T) {
	e := environ{
		BotToken: newSecret("a\nb"), SlackURL: "a\nb", RedisCluster: "a\nb", Planner: "a\nb", HTTPAddr: "a\nb",
		LogLevel: "a\nb", LogFormat: "a\nb", OTLPProtocol: "a\nb", OTLPTimeout: "a\nb",
	}
	_, problems := e.settle()
	if len(problems) != 9 {
		t.Errorf("%d problems, want 9", len(problems))
	}
	for _, p := range problems {
		name, _, _ := strings.Cut(p, " ")
		if name != strings.ToUpper(name) || strings.Contains(p, "\n") {
			t.Errorf("not one line that begins with a variable: %q", p)
		}
	}
}

func TestDefaults(t *testing.T) {
	t.Setenv("HOME", "/home/ann")
	s, problems := environ{}.settle()
	if len(problems) > 0 {
		t.Fatal(problems)
	}
	if s.config != "releasebot.yml" || s.httpAddr != "127.0.0.1:8080" || s.planner != plannerRules || s.logLevel != slog.LevelInfo || s.logJSON || !s.embedded() {
		t.Errorf("defaults are %+v", s)
	}
	if !strings.HasPrefix(s.data, filepath.FromSlash("/home/ann/")) || filepath.Base(s.data) != "releasebot" {
		t.Errorf("the data folder is %s", s.data)
	}
	if s, _ = (environ{XDGDataHome: "/var/data"}).settle(); s.data != filepath.FromSlash("/var/data/releasebot") {
		t.Errorf("with XDG_DATA_HOME the data folder is %s", s.data)
	}
	if s, _ = (environ{Data: "here"}).settle(); !filepath.IsAbs(s.data) || filepath.Base(s.data) != "here" {
		t.Errorf("a relative RELEASEBOT_DATA becomes %s", s.data)
	}
}

func TestGoodValuesAreTaken(t *testing.T) {
	good := []environ{
		{RedisURL: newSecret("redis://127.0.0.1")},
		{RedisURL: newSecret("rediss://u:p@h:1/2?addr=h:2")},
		{RedisURL: newSecret("unix:///run/redis.sock")},
		{RedisURL: newSecret("redis://h"), RedisCluster: "TRUE"},
		{RedisURL: newSecret("redis://h"), RedisMaster: "m"},
		{SlackURL: "http://127.0.0.1:1/slack/api/"},
		{HTTPAddr: "off"},
		{HTTPAddr: ":0"},
		{HTTPAddr: "[::1]:80"},
		{Planner: "Rules"},
		{Planner: "openai", OpenAIKey: newSecret("sk-1")},
		{Planner: "openai", OpenAIURL: newSecret("http://127.0.0.1:11434/v1"), OpenAIModel: "qwen3:4b"},
		{PlannerAlways: "true"},
		{LogLevel: "DEBUG"},
		{LogFormat: "json"},
		{BotToken: newSecret("xoxb-1-2"), AppToken: newSecret("xapp-1-A")},
		{OTLPTimeout: "10000", OTLPProtocol: "grpc"},
	}
	for _, e := range good {
		if _, problems := e.settle(); len(problems) > 0 {
			t.Errorf("%v: refused", problems)
		}
	}
}

func TestWhoReadsTheWords(t *testing.T) {
	key, local, theirs := newSecret("sk-1"), newSecret("http://127.0.0.1:1/v1"), newSecret("https://api.openai.com/v1/")
	for _, c := range []struct {
		name  string
		e     environ
		want  string
		wrong string // the variable that is to blame
	}{
		{"nothing is set", environ{}, plannerRules, ""},
		{"a key", environ{OpenAIKey: key}, plannerOpenAI, ""},
		{"an endpoint without a key", environ{OpenAIURL: local}, plannerOpenAI, ""},
		{"rules in spite of a key", environ{OpenAIKey: key, Planner: "rules"}, plannerRules, ""},
		{"openai with nothing to ask", environ{Planner: "openai"}, plannerOpenAI, "RELEASEBOT_PLANNER"},
		{"OpenAI's own without a key", environ{OpenAIURL: theirs}, plannerOpenAI, "OPENAI_API_KEY"},
		{"which the rules don't need", environ{OpenAIURL: theirs, Planner: "rules"}, plannerRules, ""},
		{"a password in the address", environ{OpenAIURL: newSecret("http://u:p@h/v1")}, plannerOpenAI, "OPENAI_BASE_URL"},
		{"a model of two words", environ{OpenAIKey: key, OpenAIModel: "gpt 5"}, plannerOpenAI, "OPENAI_MODEL"},
		{"a price", environ{Prices: "gpt-5=0.25/0.025/2, other = 1/1/1"}, plannerRules, ""},
		{"a price of nobody", environ{Prices: "0.25/0.025/2"}, plannerRules, "RELEASEBOT_MODEL_PRICES"},
		{"half a price", environ{Prices: "gpt-5=0.25/2"}, plannerRules, "RELEASEBOT_MODEL_PRICES"},
		{"a price that is no number", environ{Prices: "gpt-5=cheap/0/0"}, plannerRules, "RELEASEBOT_MODEL_PRICES"},
		{"a price below nothing", environ{Prices: "gpt-5=-1/0/0"}, plannerRules, "RELEASEBOT_MODEL_PRICES"},
		{"two prices of one model", environ{Prices: "gpt-5=1/1/1,gpt-5=2/2/2"}, plannerRules, "RELEASEBOT_MODEL_PRICES"},
		{"neither yes nor no", environ{PlannerAlways: "maybe"}, plannerRules, "RELEASEBOT_PLANNER_ALWAYS_ASK"},
	} {
		s, problems := c.e.settle()
		if s.planner != c.want {
			t.Errorf("%s: %s reads the words, want %s", c.name, s.planner, c.want)
		}
		switch {
		case c.wrong == "" && len(problems) > 0:
			t.Errorf("%s: refused: %v", c.name, problems)
		case c.wrong != "" && (len(problems) != 1 || !strings.HasPrefix(problems[0], c.wrong+" ")):
			t.Errorf("%s: got %q, want one problem with %s", c.name, problems, c.wrong)
		}
	}
}

func TestPricesAreExact(t *testing.T) {
	s, problems := environ{Prices: "gpt-5.4-mini=0.75/0.075/4.5,llama=0/0/0.0375"}.settle()
	if len(problems) > 0 {
		t.Fatal(problems)
	}
	want := map[string]openai.Price{"gpt-5.4-mini": {In: 750_000, Cached: 75_000, Out: 4_500_000}, "llama": {Out: 37_500}}
	if !maps.Equal(s.prices, want) {
		t.Errorf("%v, want %v", s.prices, want)
	}
}
