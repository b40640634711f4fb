package agent

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"

	"github.com/releasebot/releasebot/policy"
)

// Difference is a place where today's program would not have written what the log says.
type Difference struct {
	Seq  int64
	Type string
	What string
}

func (d Difference) String() string { return fmt.Sprintf("%d %s: %s", d.Seq, d.Type, d.What) }

// Replay folds a thread's events and runs Decide again at every prefix: each
// event that a step wrote must be one that Decide allows at its place, and each
// plan must have the digest that its facts and policy give. It returns the final
// state and every difference, none for a log that today's program would have
// written.
func Replay(id ThreadID, events []*Event) (*State, []Difference) {
	s := NewState(id)
	var diffs []Difference
	for i, e := range events {
		if e.Seq != int64(i)+1 {
			diffs = append(diffs, Difference{e.Seq, e.Type(), fmt.Sprintf("it stands at place %d", i+1)})
		}
		if what := replayOne(s, e); what != "" {
			diffs = append(diffs, Difference{e.Seq, e.Type(), what})
		}
		s.Reduce(e)
	}
	return s, diffs
}

func replayOne(s *State, e *Event) string {
	kinds := writtenBy(e.Data)
	if len(kinds) == 0 {
		return ""
	}
	if p, ok := e.Data.(*Plan); ok {
		if what := replayPlan(s, e, p); what != "" {
			return what
		}
	}
	steps := Decide(s, e.At)
	for _, st := range steps {
		if slices.Contains(kinds, st.Kind) && matches(e, st) {
			return ""
		}
	}
	return fmt.Sprintf("Decide allows %s here, none of which writes it", kindsOf(steps))
}

func replayPlan(s *State, e *Event, p *Plan) string {
	r := s.Release(e.Release)
	if r == nil || r.Context == nil {
		return "its release has no facts"
	}
	var env policy.Environment
	if err := json.Unmarshal(p.Policy, &env); err != nil {
		return "the policy in it can't be read: " + err.Error()
	}
	canonical, err := env.Canonical()
	if err != nil {
		return err.Error()
	}
	again, err := newPlan(s, r, &env, canonical, p.Revision, r.Context)
	if err != nil {
		return err.Error()
	}
	if again.Digest != p.Digest || again.Key != p.Key {
		return fmt.Sprintf("its facts and policy give the digest %.12s, not %.12s", again.Digest, p.Digest)
	}
	return ""
}

// matches: the step is about the same thing as the event.
func matches(e *Event, st Step) bool {
	switch d := e.Data.(type) {
	case *PlannerDecision:
		return st.Seq == d.Of
	case *DecisionRefused:
		return st.Seq == d.Of || st.Kind == StepClick
	case *ApprovalResponse:
		return st.Seq == d.Of || st.Kind == StepClick || st.Kind == StepJudge && st.Seq == d.Of
	case *HumanInputResponse:
		return st.Seq == d.Of
	case *Held:
		return st.Seq == d.Of
	case *Resumed:
		return st.Seq == d.Of
	case *CancelRequested:
		return st.Seq == d.Of
	case *Answered:
		return st.Seq == d.Of
	case *GlassBroken:
		return st.Seq == d.Of
	case *TakeoverRequested:
		return st.Seq == d.Of
	case *LeftAsIs:
		return st.Seq == d.Of
	case *WatchSet, *WatchLooked:
		return true
	case *HumanInputRequested:
		return d.Kind == InputClarify || st.Release == e.Release
	}
	return st.Release == e.Release
}

func kindsOf(steps []Step) string {
	var names strings.Builder
	for i, st := range steps {
		if i > 0 {
			names.WriteString(", ")
		}
		names.WriteString(string(st.Kind))
	}
	return names.String()
}

// writtenBy lists the steps that write an event. Facts (what came from outside,
// and the outcomes of what was done outside) are written whatever else happens:
// no step is required for them.
func writtenBy(p Payload) []StepKind {
	switch d := p.(type) {
	case *PlannerDecision:
		return []StepKind{StepWords, StepJudge}
	case *ReleaseContext:
		if d.Again {
			return []StepKind{StepLook}
		}
		return []StepKind{StepContext}
	case *Plan:
		return []StepKind{StepPlan}
	case *PolicyRefused:
		return []StepKind{StepPlan, StepContext, StepGiveUp}
	case *ApprovalRequested:
		return []StepKind{StepRequest}
	case *ApprovalReminded:
		return []StepKind{StepRemind}
	case *ApprovalEscalated:
		return []StepKind{StepEscalate}
	case *GlassBroken, *TakeoverRequested, *LeftAsIs:
		return []StepKind{StepJudge}
	case *Summary:
		return []StepKind{StepSummarize}
	case *WatchSet:
		return []StepKind{StepCommand}
	case *WatchLooked:
		return []StepKind{StepWatch}
	case *Told:
		return []StepKind{StepNag, StepAuthors}
	case *ApprovalExpired:
		return []StepKind{StepExpire}
	case *ApprovalSuperseded:
		if d.By > 0 {
			return []StepKind{StepSupersede}
		}
		return []StepKind{StepVoid}
	case *ApprovalResponse:
		return []StepKind{StepJudge, StepClick}
	case *DecisionRefused:
		return []StepKind{StepJudge, StepClick, StepCommand}
	case *HumanInputRequested:
		return []StepKind{StepCommand, StepAsk}
	case *HumanInputResponse:
		return []StepKind{StepJudge}
	case *Held, *Resumed, *CancelRequested:
		return []StepKind{StepJudge, StepCommand}
	case *Answered:
		return []StepKind{StepCommand}
	case *Canceled:
		return []StepKind{StepCancel, StepAcquire}
	case *Done:
		return []StepKind{StepDone}
	}
	return writtenByDeploy(p)
}

func writtenByDeploy(p Payload) []StepKind {
	switch d := p.(type) {
	case *LockRequested:
		return []StepKind{StepClaim}
	case *LockAcquired, *TimerSet:
		return []StepKind{StepAcquire, StepTakeover}
	case *LockReleased:
		return []StepKind{StepReturn}
	case *DeployStarted:
		if d.Again > 0 {
			return []StepKind{StepPoll}
		}
		return []StepKind{StepStart}
	case *VerifyStarted:
		return []StepKind{StepVerify, StepCheck, StepSettle}
	case *PostDeployCheckResult:
		return []StepKind{StepCheck, StepSettle}
	case *RollbackProposed:
		return []StepKind{StepPropose}
	}
	return nil
}
