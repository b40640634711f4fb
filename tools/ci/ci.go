package ci

import (
	"context"
	"encoding/json"
	"fmt"
	"net/url"
	"strings"

	"github.com/releasebot/releasebot/tools"
)

// State is CI's word for a commit.
type State string

// What CI can say. None: it has nothing about this commit.
const (
	Passed  State = "passed"
	Failed  State = "failed"
	Running State = "running"
	None    State = "none"
	Unknown State = "unknown"
)

// Status is what CI said of a commit, and where to read on.
type Status struct {
	State State  `json:"state"`
	URL   string `json:"url,omitempty"` // http or https
	Why   string `json:"why,omitempty"` // of Unknown: why it is not known
}

// An Asker runs a command that only looks, with its placeholders filled in,
// and returns what it prints. Its errors are fit to be shown.
type Asker interface {
	Ask(ctx context.Context, c tools.Call, argv []string) (string, error)
}

// Ask asks the command what CI says of the call's commit.
func Ask(ctx context.Context, by Asker, c tools.Call, argv []string) Status {
	out, err := by.Ask(ctx, c, argv)
	if err != nil {
		return unknown("the ci command gave no answer: " + err.Error())
	}
	var told struct {
		State State  `json:"state"`
		URL   string `json:"url"`
	}
	if err := json.Unmarshal([]byte(out), &told); err != nil {
		return unknown(fmt.Sprintf("the ci command printed no JSON but %q", tools.Cut(tools.Plain(strings.TrimSpace(out)), 80)))
	}
	s := Status{State: told.State}
	switch told.State {
	case Passed, Failed, Running, None:
	case Unknown:
		s.Why = "the ci command says that it doesn't know"
	default:
		return unknown(fmt.Sprintf("the ci command says %q, which is none of passed, failed, running, none, unknown", tools.Cut(tools.Plain(string(told.State)), 40)))
	}
	s.URL = address(told.URL)
	return s
}

func unknown(why string) Status { return Status{State: Unknown, Why: tools.Cut(why, 240)} }

// maxURL is how long an address may be that is shown.
const maxURL = 500

// address is an address that a card can link to, "" if it can't be one. A
// password in it is nobody's to see.
func address(s string) string {
	u, err := url.Parse(s)
	if err != nil || u.Scheme != "http" && u.Scheme != "https" || u.Host == "" {
		return ""
	}
	u.User = nil
	if s = u.String(); len(s) > maxURL {
		return ""
	}
	return s
}
