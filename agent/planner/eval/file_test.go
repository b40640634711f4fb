package eval_test

import (
	"context"
	"encoding/json"
	"errors"
	"strings"
	"testing"

	"github.com/releasebot/releasebot/agent"
	"github.com/releasebot/releasebot/agent/planner/eval"
)

func TestReadNamesTheLine(t *testing.T) {
	good := `{"say": "status", "expect": {"intent": "status"}}`
	for text, want := range map[string]string{
		good + "\n{bad":        "line 2: invalid character",
		"\n\n" + `{"say": ""}`: "line 3: “say” is missing",
		`{"say": "x"}`:         "line 1: “expect” names no field",
		`{"say": "x", "expect": {"intent": "launch"}}`:   `line 1: there is no intent "launch"`,
		`{"say": "x", "expect": {"enviroment": "prod"}}`: `unknown field "enviroment"`,
		`{"say": "x", "expects": {"intent": "none"}}`:    `unknown field "expects"`,
		good + " " + good:                                            "line 1: more than one JSON value",
		good + "\n" + strings.Repeat("x", 1<<21):                     "line 2: longer than",
		`{"say": 5, "expect": {"intent": "none"}}`:                   "line 1: json",
		`{"say": "x", "history": "y", "expect": {"intent": "none"}}`: "line 1: json",
	} {
		if _, err := eval.Read(strings.NewReader(text)); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%.60q: got %v, want %q", text, err, want)
		}
	}
	cases, err := eval.Read(strings.NewReader("// a remark\n\n" + good + "\n"))
	if err != nil || len(cases) != 1 || cases[0].Line != 3 {
		t.Errorf("got %+v, %v; want one case of line 3", cases, err)
	}
}

// scripted answers with what it was told to for the words it is given.
type scripted map[string]agent.Intent

func (s scripted) Plan(_ context.Context, in agent.PlanInput) (agent.Planned, error) {
	i, ok := s[in.Words]
	if !ok {
		return agent.Planned{}, errors.New("the endpoint is away")
	}
	return agent.Planned{Intent: i, Planner: "scripted"}, nil
}

func TestReport(t *testing.T) {
	cases, err := eval.Read(strings.NewReader(`
{"say": "right", "expect": {"intent": "deploy", "service": "shop"}}
{"say": "asked", "expect": {"intent": "deploy", "service": "shop"}}
{"say": "wrong place", "expect": {"intent": "deploy", "environment": "staging"}}
{"say": "unasked", "expect": {"intent": "none"}}
{"say": "error", "expect": {"intent": "status"}}
{"say": "other field", "expect": {"intent": "status", "service": "web"}}
{"say": "not compared", "expect": {"intent": "status"}}
`))
	if err != nil {
		t.Fatal(err)
	}
	r := eval.Run(context.Background(), scripted{
		"right":        {Kind: agent.IntentDeploy, Service: "shop", Environment: "production", Version: "1.4.2"},
		"asked":        {Kind: agent.IntentClarify, Question: &agent.Question{Text: "Where?"}},
		"wrong place":  {Kind: agent.IntentDeploy, Environment: "production"},
		"unasked":      {Kind: agent.IntentRollback, Service: "shop", Environment: "production"},
		"other field":  {Kind: agent.IntentStatus, Service: "shop"},
		"not compared": {Kind: agent.IntentStatus, Service: "shop"},
	}, agent.Catalog{}, cases)
	if r.Total != 7 || r.Correct != 2 || r.Dangerous != 2 || len(r.Misses) != 5 {
		t.Errorf("total %d correct %d dangerous %d misses %d, want 7 2 2 5", r.Total, r.Correct, r.Dangerous, len(r.Misses))
	}
	var b strings.Builder
	if err := r.Text(&b); err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{"2 of 7 right (28.6 %), 2 dangerous", "deploy taken for clarify", "none taken for rollback", "status: the planner gave an error", "status with another field wrong", "the endpoint is away"} {
		if !strings.Contains(b.String(), want) {
			t.Errorf("the text has no %q:\n%s", want, b.String())
		}
	}
	if first := strings.Index(b.String(), "DANGEROUS"); first < 0 || first > strings.Index(b.String(), "miss (line") {
		t.Error("the dangerous misses don't come first")
	}
	raw, err := json.Marshal(r)
	if err != nil {
		t.Fatal(err)
	}
	var back struct {
		Total, Correct int
		Misses         []struct {
			Say    string
			Expect map[string]any
			Got    map[string]any
		}
	}
	if err := json.Unmarshal(raw, &back); err != nil {
		t.Fatal(err)
	}
	if back.Total != 7 || back.Correct != 2 || len(back.Misses) != 5 || back.Misses[0].Expect["intent"] != "deploy" || back.Misses[0].Got["intent"] != "clarify" {
		t.Errorf("as JSON: %s", raw)
	}
}
