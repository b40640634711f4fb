package blocks

import (
	"strings"
	"testing"

	"github.com/releasebot/releasebot/agent"
)

// The card says what planned the release and what that cost, as the log has it.
func TestPlanned(t *testing.T) {
	for _, c := range []struct {
		planner string
		tokens  agent.Tokens
		want    string
	}{
		{"", agent.Tokens{}, ""},
		{"rules", agent.Tokens{}, "planned by rules, no model call"},
		{"command", agent.Tokens{}, "asked for by a command, no model call"},
		{"button", agent.Tokens{}, "asked for by a button, no model call"},
		{"sequel", agent.Tokens{}, "follows the release that had to go first, no model call"},
		{"gpt-5", agent.Tokens{Calls: 1, In: 772, Out: 40}, "planned by gpt-5: 1 call, 812 tokens"},
		{"gpt-5", agent.Tokens{Calls: 2, In: 1500, Cached: 1024, Out: 77}, "planned by gpt-5: 2 calls, 1577 tokens (1024 of them cached)"},
		{"gpt-5", agent.Tokens{Calls: 1, In: 772, Out: 40, Cost: 1_230_000}, "planned by gpt-5: 1 call, 812 tokens, $0.0012"},
		{"rules", agent.Tokens{Calls: 2, In: 300}, "planned by rules after 2 model calls, 300 tokens"},
		{"<!channel> *x*", agent.Tokens{Calls: 1}, "planned by &lt;!channel&gt;"},
	} {
		got := planned(&agent.ReleaseState{Planner: c.planner, Tokens: c.tokens})
		if got != c.want && !(strings.ContainsAny(c.planner, "<") && strings.HasPrefix(got, c.want)) {
			t.Errorf("%q %+v: %q, want %q", c.planner, c.tokens, got, c.want)
		}
	}
}
