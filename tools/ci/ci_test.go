package ci_test

import (
	"context"
	"errors"
	"strings"
	"testing"

	"github.com/releasebot/releasebot/tools"
	"github.com/releasebot/releasebot/tools/ci"
)

// prints is a command that prints this, whatever it is asked.
type prints string

func (p prints) Ask(context.Context, tools.Call, []string) (string, error) { return string(p), nil }

type fails struct{ err error }

func (f fails) Ask(context.Context, tools.Call, []string) (string, error) { return "", f.err }

// TestAsk: what the command prints is read strictly; anything else is "unknown", and why.
func TestAsk(t *testing.T) {
	for printed, want := range map[string]ci.Status{
		`{"state":"passed"}`: {State: ci.Passed},
		`{"state":"failed","url":"https://ci.example.com/run/7?tab=log"}` + "\n": {State: ci.Failed, URL: "https://ci.example.com/run/7?tab=log"},
		`{"state":"running","url":"http://ci:8080/run/7","since":"noon"}`:        {State: ci.Running, URL: "http://ci:8080/run/7"},
		`{"state":"none"}`:                                                       {State: ci.None},
		`{"state":"unknown"}`:                                                    {State: ci.Unknown, Why: "the ci command says that it doesn't know"},
		`{"state":"passed","url":"javascript:alert(1)"}`:                         {State: ci.Passed},
		`{"state":"passed","url":"https://user:secret@ci.example/7"}`:            {State: ci.Passed, URL: "https://ci.example/7"},
		`{"state":"passed","url":"https://ci/` + strings.Repeat("x", 600) + `"}`: {State: ci.Passed},
		`{"state":"passed","url":"not an address"}`:                              {State: ci.Passed},
	} {
		if got := ci.Ask(t.Context(), prints(printed), tools.Call{}, nil); got != want {
			t.Errorf("%s: %+v, want %+v", printed, got, want)
		}
	}
	for printed, why := range map[string]string{
		``:                  "printed no JSON",
		`green`:             `printed no JSON but "green"`,
		`{"state":"green"}`: `says "green", which is none of passed, failed, running, none, unknown`,
		`{"state":7}`:       "printed no JSON",
		`{}`:                `says ""`,
	} {
		if got := ci.Ask(t.Context(), prints(printed), tools.Call{}, nil); got.State != ci.Unknown || !strings.Contains(got.Why, why) {
			t.Errorf("%s: %+v, want unknown, because it %s", printed, got, why)
		}
	}
	got := ci.Ask(t.Context(), fails{errors.New("it took longer than 10s")}, tools.Call{}, nil)
	if got.State != ci.Unknown || !strings.Contains(got.Why, "it took longer than 10s") {
		t.Errorf("a command that fails: %+v", got)
	}
}
