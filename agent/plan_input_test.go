package agent_test

import (
	"slices"
	"testing"

	"github.com/releasebot/releasebot/agent"
)

// Words are read with what was said before them, not with themselves or with what came after.
func TestPlanInputHasOnlyWhatCameBefore(t *testing.T) {
	say := func(seq int64, from, text string) agent.Turn { return agent.Turn{From: from, Text: text, Seq: seq} }
	s := &agent.State{
		Words: []agent.Words{{Seq: 5, Text: "yes"}, {Seq: 6, Text: "retry", Click: true}, {Seq: 7, Text: "yes"}},
		Turns: []agent.Turn{say(1, "person", "deploy shop"), say(3, "bot", "Which version?"), say(5, "person", "yes"), say(7, "person", "yes")},
	}
	for i, want := range map[int][]agent.Turn{0: s.Turns[:2], 2: s.Turns[:3]} {
		if got := s.PlanInput(s.Words[i], agent.Catalog{}).Turns; !slices.Equal(got, want) {
			t.Errorf("words %d are read with %v, want %v", s.Words[i].Seq, got, want)
		}
	}
}

// A release's brief says what went wrong, and whether that was put right since.
func TestPlanInputSaysWhatWentWrong(t *testing.T) {
	bad := &agent.ReleaseState{N: 1, ID: "a-1", Service: "shop", Env: "production", Stage: agent.StageEnded, Outcome: agent.OutcomeFailed, Detail: "exit 1"}
	good := &agent.ReleaseState{N: 2, ID: "a-2", Service: "shop", Env: "production", Stage: agent.StageEnded, Outcome: agent.OutcomeDone}
	other := &agent.ReleaseState{N: 2, ID: "a-2", Service: "shop", Env: "staging", Stage: agent.StageEnded, Outcome: agent.OutcomeDone}
	for name, tt := range map[string]struct {
		later  []*agent.ReleaseState
		solved bool
	}{"nothing since": {nil, false}, "elsewhere": {[]*agent.ReleaseState{other}, false}, "put right": {[]*agent.ReleaseState{good}, true}} {
		s := &agent.State{Releases: append([]*agent.ReleaseState{bad}, tt.later...)}
		got := s.PlanInput(agent.Words{}, agent.Catalog{}).Releases[0]
		if got.Detail != "exit 1" || got.Solved != tt.solved || got.State != agent.OutcomeFailed {
			t.Errorf("%s: %+v", name, got)
		}
	}
}
