package agent_test

import (
	"encoding/json"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/releasebot/releasebot/agent"
)

// every has an event of each type that this program writes.
func every() []agent.Payload {
	return []agent.Payload{
		&agent.Trigger{Source: "mention", Text: "deploy", Slack: &agent.Place{Team: "T1", Channel: "C1", TS: "1.2"}},
		&agent.Message{Text: "yes", Aside: true},
		&agent.PlannerDecision{Of: 1, Intent: agent.Intent{Kind: agent.IntentDeploy}, Planner: "rules"},
		&agent.ReleaseContext{Again: true, Digest: "d"},
		&agent.Plan{Ordinal: 1, Digest: "d", Policy: json.RawMessage(`{"a":1}`)},
		&agent.PolicyRefused{Rule: "after"},
		&agent.ApprovalRequested{ID: "a-1", Required: 1, Expires: time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)},
		&agent.ApprovalReminded{ID: "a-1"},
		&agent.DecisionReceived{Verb: agent.VerbApprove, Target: "a-1"},
		&agent.DecisionRefused{Of: 3, Rule: "guest"},
		&agent.ApprovalResponse{ID: "a-1", Person: "U1", Decision: agent.VerbApprove},
		&agent.ApprovalExpired{ID: "a-1"},
		&agent.ApprovalSuperseded{ID: "a-1", By: 2},
		&agent.HumanInputRequested{ID: "q", Kind: agent.InputClarify},
		&agent.HumanInputResponse{ID: "q", Choice: agent.VerbRan},
		&agent.LockRequested{Claim: "c", Env: "env:shop/production"},
		&agent.LockAcquired{Claim: "c", Fence: 3},
		&agent.LockReleased{Claim: "c"},
		&agent.DeployStarted{Key: "k", Epoch: 2, Fence: 3, Owner: "o"},
		&agent.DeployProgress{Key: "k", Percent: 40},
		&agent.DeployResult{Key: "k", Outcome: agent.Deployed},
		&agent.VerifyStarted{Try: 1, Checks: []string{"health"}},
		&agent.PostDeployCheckResult{Verdict: "healthy", Checks: []agent.CheckResult{{Name: "h", Took: time.Second}}},
		&agent.RollbackProposed{Of: 1, To: agent.Running{Version: "v1"}},
		&agent.PageSent{About: "unhealthy", Reached: []string{"U1"}},
		&agent.ErrorEvent{Tool: "context", Message: "no answer"},
		&agent.TimerSet{ID: "t", Why: "waits"},
		&agent.Summary{Upto: 3, Text: "…"},
		&agent.Answered{Of: 2, Kind: "status", Title: "Status", Lines: []string{"a"}},
		&agent.Posted{Views: []agent.PostedView{{Key: "root", Channel: "C1", TS: "1.2"}}},
		&agent.Held{Of: 1, By: "U1"},
		&agent.Resumed{Of: 1, By: "U1"},
		&agent.CancelRequested{Of: 1, By: "U1"},
		&agent.Canceled{By: "U1"},
		&agent.Done{Outcome: "done", Head: "h"},
		&agent.LeftAsIs{Of: 1, By: "U1"},
		&agent.Claim{Claim: "c", Thread: "t1", Number: 1},
		&agent.Release{Claim: "c", Outcome: agent.Outcome{Outcome: "done"}},
		&agent.Takeover{Claim: "c", From: "b"},
		&agent.HumanLock{By: "U1", Reason: "sale"},
		&agent.HumanUnlock{By: "U1"},
		&agent.Observed{Version: "v1"},
		&agent.ApprovalEscalated{ID: "a-1", People: []string{"U1"}},
		&agent.GlassBroken{Of: 1, By: "U1", Reason: "sale"},
		&agent.TakeoverRequested{Of: 1, From: "b", By: "U1", Reason: "sale"},
		&agent.WatchSet{ID: "w", Kind: agent.WatchFree, Env: "env:shop/production", By: "U1"},
		&agent.WatchLooked{ID: "w", To: "U1", Text: "free", Ended: true},
		&agent.Told{About: "held", To: []string{"U1"}, Text: "still held"},
	}
}

// TestCodec: what is written is read back, byte for byte and field for field.
func TestCodec(t *testing.T) {
	for i, p := range every() {
		e := &agent.Event{
			ID: "id \"quoted\" \u2028", Seq: int64(i) + 1, At: time.Date(2026, 11, 22, 10, 0, 0, 123000000, time.UTC), Actor: "slack:T1/U1",
			OnBehalfOf: "slack:T1/U2", Cause: "7", Release: 2, Trace: "0af7651916cd43dd8448eb211c80319c", Prev: "prev", Data: p,
		}
		b, err := agent.Encode(e)
		if err != nil {
			t.Fatal(err)
		}
		got, err := agent.Decode(b)
		if err != nil {
			t.Fatalf("%s: %v\n%s", e.Type(), err, b)
		}
		if diff := cmp.Diff(e, got); diff != "" {
			t.Errorf("%s: %s", e.Type(), diff)
		}
		if agent.Describe(got) == "" {
			t.Errorf("%s says nothing of itself", e.Type())
		}
		if prev, err := agent.PrevOf(b); err != nil || prev != "prev" {
			t.Errorf("%s: the hash of the one before is %q, %v", e.Type(), prev, err)
		}
	}
}

// TestForeignIsKept: a type or version of a newer program survives being read and written.
func TestForeignIsKept(t *testing.T) {
	for _, b := range []string{
		`{"id":"x","seq":1,"type":"prophecy","v":1,"at":"2026-11-22T10:00:00Z","actor":"bot","prev":"","data":{"of":[1,2]}}`,
		`{"id":"x","seq":1,"type":"done","v":9,"at":"2026-11-22T10:00:00Z","actor":"bot","prev":"","data":{"outcome":{"new":"shape"}}}`,
	} {
		e, err := agent.Decode([]byte(b))
		if err != nil {
			t.Fatal(err)
		}
		if _, ok := e.Data.(*agent.Foreign); !ok {
			t.Fatalf("%T; want it kept as foreign", e.Data)
		}
		again, err := agent.Encode(e)
		if err != nil || string(again) != b {
			t.Errorf("written again it is\n%s\nwant\n%s (%v)", again, b, err)
		}
	}
}

// FuzzDecode: no bytes make Decode, Reduce, Decide or Describe fail other than by an error.
func FuzzDecode(f *testing.F) {
	for i, p := range every() {
		b, err := agent.Encode(&agent.Event{ID: "x", Seq: int64(i) + 1, At: time.Unix(1790000000, 0), Actor: agent.Bot, Release: 1, Data: p})
		if err != nil {
			f.Fatal(err)
		}
		f.Add(b)
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		e, err := agent.Decode(b)
		if err != nil {
			return
		}
		s := agent.NewState("tabcdefghjkmn")
		s.Reduce(&agent.Event{ID: "0", Seq: 1, At: e.At, Actor: "slack:T1/U1", Data: &agent.Trigger{Source: "mention", Text: "deploy"}})
		s.Reduce(&agent.Event{ID: "1", Seq: 2, At: e.At, Actor: agent.Bot, Data: &agent.PlannerDecision{Of: 1, Intent: agent.Intent{Kind: agent.IntentDeploy}}})
		s.Reduce(e)
		s.Reduce(e)
		agent.Decide(s, e.At)
		agent.Describe(e)
		_ = s.Status()
		env := agent.NewEnvironment("shop", "production")
		env.Reduce(e)
		env.Reduce(e)
		if _, err := agent.Encode(e); err != nil {
			t.Errorf("what was read can't be written: %v", err)
		}
	})
}

// TestShortID: ids as cards show them, and what is none.
func TestShortID(t *testing.T) {
	id := agent.SlackThreadID("T1", "C1", "1.2")
	for _, short := range []string{agent.ReleaseID(id, 3), "`" + agent.ReleaseID(id, 3) + "`", agent.ApprovalID(id, 3, 2)} {
		thread, n, _, err := agent.ParseShortID(short)
		if err != nil || thread != id || n != 3 {
			t.Errorf("%q is release %d of %s, %v; want 3 of %s", short, n, thread, err, id)
		}
	}
	for _, bad := range []string{"", "x", "abc-1", string(id), agent.ReleaseID(id, 0), "abcdefghjkmn-1.x", "abcdefghjkm!-1"} {
		if _, _, _, err := agent.ParseShortID(bad); err == nil {
			t.Errorf("%q was taken for an id", bad)
		}
	}
}
