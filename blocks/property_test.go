package blocks

import (
	"encoding/json"
	"strings"
	"testing"
	"time"

	"github.com/slack-go/slack"
	"pgregory.net/rapid"

	"github.com/releasebot/releasebot/agent"
	"github.com/releasebot/releasebot/policy"
	"github.com/releasebot/releasebot/tools/changelog"
	"github.com/releasebot/releasebot/tools/ci"
)

// nasty are pieces of what people, repositories and models could write.
var nasty = []string{
	"<!channel>", "<@U0CEO>", "{U0CEO}", "{S0ONCALL}", "&", "&amp;", "</plan>", "```", "`", "*bold*", "_it_", "~no~", ":white_check_mark:",
	"> quote", "\n", "\x00", "\x1b[31m", "\u202e", "\u200b", "\ufeff", "e\u0301", "🚀", "👩‍👩‍👧", "שלום", "مرحبا", "\xff\xfe", "\u3164", "<!date^1^x|y>", "|", "v1.4.2", " ", "",
}

// written is any text: strings of any runes, nasty pieces, and up to 40,000 characters.
func written() *rapid.Generator[string] {
	return rapid.OneOf(
		rapid.String(),
		rapid.Map(rapid.SliceOfN(rapid.SampledFrom(nasty), 0, 12), func(p []string) string { return strings.Join(p, "") }),
		rapid.Custom(func(t *rapid.T) string {
			piece := rapid.SampledFrom(nasty).Draw(t, "piece")
			return strings.Repeat(piece, rapid.IntRange(0, 40_000/max(1, len(piece))).Draw(t, "times"))
		}),
	)
}

// ids are what may stand where an id is expected.
func ids() *rapid.Generator[string] {
	return rapid.OneOf(rapid.SampledFrom([]string{alice, bob, "U0CARO", "W0DAN", ""}), written())
}

func drawFacts(t *rapid.T) *agent.ReleaseContext {
	s := func(name string) string { return written().Draw(t, name) }
	n := rapid.IntRange(0, 15).Draw(t, "commits")
	f := &agent.ReleaseContext{
		Current: agent.Running{Version: s("current"), Since: start}, Rollback: agent.Running{Version: s("rollback")},
		Problems: rapid.SliceOfN(written(), 0, 3).Draw(t, "problems"),
		Changes: &changelog.Changes{
			Total: n + rapid.IntRange(0, 3).Draw(t, "rest"), Authors: rapid.SliceOfN(written(), 0, 3).Draw(t, "authors"),
			Backward: rapid.Bool().Draw(t, "backward"), Diverged: rapid.Bool().Draw(t, "diverged"),
		},
		Last: &agent.Outcome{Action: s("last action"), Version: s("last version"), Outcome: s("last outcome"), At: start},
	}
	title, sha, author := s("title"), s("sha"), s("author")
	for range n {
		f.Changes.Commits = append(f.Changes.Commits, changelog.Commit{SHA: sha, Author: author, Title: title})
	}
	return f
}

func drawPlan(t *rapid.T, action string) *agent.Plan {
	s := func(name string) string { return written().Draw(t, name) }
	return &agent.Plan{
		Ordinal: 1, Digest: "d1", Key: "k1", Action: action, Service: s("plan service"), Env: s("plan env"), Version: s("plan version"),
		Commit: s("commit"), Glass: s("glass"), Previous: agent.Running{Version: s("previous"), Since: start}, Rollback: s("plan rollback"),
		CI:     rapid.SampledFrom([]*ci.Status{nil, {State: ci.Failed}, {State: ci.State(s("ci")), URL: s("address"), Why: s("ci why")}, {State: ci.Unknown, URL: "https://ci/?a=<b>|c&d=`" + s("query"), Why: s("why not")}}).Draw(t, "ci"),
		Checks: rapid.SliceOfN(written(), 0, 3).Draw(t, "checks"), Changed: rapid.SliceOfN(written(), 0, 3).Draw(t, "changed"),
		OnFailure: rapid.SampledFrom([]policy.OnFailure{policy.ProposeRollback, policy.Rollback, policy.PageOnly}).Draw(t, "on failure"),
	}
}

// drawEvent is anything that can stand in the log of a release, at any place.
func drawEvent(t *rapid.T, l *log) agent.Payload {
	s := func(name string) string { return written().Draw(t, name) }
	who := func() string { return ids().Draw(t, "person") }
	r := l.s.Release(1)
	approvalID := l.id()
	if r.Approval != nil {
		approvalID = r.Approval.ID
	}
	digest := rapid.SampledFrom([]string{"d1", "d1", "d2"}).Draw(t, "digest")
	makers := []func() agent.Payload{
		func() agent.Payload { return drawFacts(t) },
		func() agent.Payload { f := drawFacts(t); f.Again, f.Digest = true, digest; return f },
		func() agent.Payload { return drawPlan(t, r.Action) },
		func() agent.Payload {
			return &agent.PolicyRefused{Rule: rapid.SampledFrom([]string{"freeze", "after"}).Draw(t, "rule"), Reason: s("reason"), Remedy: s("remedy"), Line: s("line")}
		},
		func() agent.Payload {
			return &agent.ApprovalRequested{
				ID: agent.ApprovalID(l.s.ID, 1, r.Plans), Digest: digest, Required: rapid.IntRange(0, 3).Draw(t, "required"), Why: s("why"), Expires: l.at.Add(time.Hour),
				From: []policy.Subject{{Name: s("name"), User: who()}, {Group: who()}},
			}
		},
		func() agent.Payload { return &agent.ApprovalReminded{ID: approvalID} },
		func() agent.Payload {
			return &agent.ApprovalResponse{
				ID: approvalID, Person: who(), Decision: rapid.SampledFrom([]agent.Verb{agent.VerbApprove, agent.VerbReject}).Draw(t, "verb"),
				Reason: s("reason"), Digest: digest,
			}
		},
		func() agent.Payload { return &agent.ApprovalExpired{ID: approvalID} },
		func() agent.Payload {
			return &agent.ApprovalSuperseded{By: rapid.IntRange(0, 2).Draw(t, "by"), Changed: []string{s("changed")}}
		},
		func() agent.Payload { return &agent.LockRequested{Claim: "c"} },
		func() agent.Payload { return &agent.TimerSet{Why: s("waits")} },
		func() agent.Payload { return &agent.LockAcquired{Claim: "c", Fence: 1} },
		func() agent.Payload { return &agent.LockReleased{Claim: "c"} },
		func() agent.Payload { return &agent.DeployStarted{Key: "k1"} },
		func() agent.Payload {
			return &agent.DeployProgress{Key: "k1", Percent: rapid.IntRange(-1, 200).Draw(t, "percent"), Text: s("progress")}
		},
		func() agent.Payload {
			return &agent.DeployResult{
				Key: "k1", Outcome: rapid.SampledFrom([]agent.DeployOutcome{agent.Deployed, agent.DeployFailed, agent.DeployUnknown, agent.DeployNotBegun}).Draw(t, "outcome"),
				Detail: s("detail"), Log: rapid.SliceOfN(written(), 0, 5).Draw(t, "log"), By: who(),
			}
		},
		func() agent.Payload { return &agent.VerifyStarted{Try: 1, Checks: []string{s("check")}} },
		func() agent.Payload {
			return &agent.PostDeployCheckResult{
				Verdict: rapid.SampledFrom([]string{"healthy", "unhealthy", "inconclusive", "<b>"}).Draw(t, "verdict"),
				Checks:  []agent.CheckResult{{Name: s("check"), Verdict: s("check verdict"), Detail: s("detail"), Took: time.Second}},
			}
		},
		func() agent.Payload { return &agent.RollbackProposed{Of: 1, To: agent.Running{Version: s("to")}} },
		func() agent.Payload { return &agent.PageSent{Reached: []string{who()}, Missed: []string{s("missed")}} },
		func() agent.Payload { return &agent.Held{By: who()} },
		func() agent.Payload { return &agent.Resumed{By: who()} },
		func() agent.Payload { return &agent.CancelRequested{By: who()} },
		func() agent.Payload { return &agent.Canceled{By: who(), Detail: s("detail")} },
		func() agent.Payload { return &agent.Done{Outcome: agent.OutcomeFailed} },
		func() agent.Payload { return &agent.GlassBroken{By: who(), Reason: s("cause")} },
		func() agent.Payload { return &agent.LeftAsIs{By: who()} },
		func() agent.Payload { return &agent.TakeoverRequested{By: who(), Reason: s("cause")} },
		func() agent.Payload { return &agent.ApprovalEscalated{ID: approvalID, People: []string{who()}} },
		func() agent.Payload { return &agent.Told{About: "held", To: []string{who()}, Text: s("told")} },
		func() agent.Payload {
			return &agent.HumanInputResponse{ID: agent.DoubtQuestionID(r), Person: who(), Choice: agent.Verb(s("choice"))}
		},
		func() agent.Payload {
			return &agent.HumanInputRequested{ID: agent.DoubtQuestionID(r), Kind: agent.InputHealthy, Question: agent.Question{Text: s("question")}, To: []policy.Subject{{User: who()}}}
		},
		func() agent.Payload {
			return &agent.Posted{Views: []agent.PostedView{{Key: agent.ViewQuestion(agent.DoubtQuestionID(r)), Channel: "C0REL", TS: "1.9"}}}
		},
		func() agent.Payload { return &agent.ErrorEvent{Tool: s("tool"), Message: s("message")} },
		func() agent.Payload {
			return &agent.HumanInputRequested{
				ID: s("question id"), Kind: rapid.SampledFrom([]agent.InputKind{agent.InputClarify, agent.InputDidItRun, agent.InputHealthy}).Draw(t, "kind"),
				Question: agent.Question{Text: s("question"), Options: rapid.SliceOfN(written(), 0, 3).Draw(t, "options")}, To: []policy.Subject{{User: who()}},
			}
		},
		func() agent.Payload {
			return &agent.Answered{Title: s("title"), Lines: rapid.SliceOfN(written(), 0, 80).Draw(t, "lines")}
		},
	}
	return rapid.SampledFrom(makers).Draw(t, "event")()
}

// TestWhateverIsWritten: any text in any field, any order of events: Slack would
// take each view, nothing in it pings or pretends, and nothing decided has buttons.
func TestWhateverIsWritten(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		l := newLog()
		source := rapid.SampledFrom([]string{"mention", "command", "api"}).Draw(t, "source")
		l.add(agent.Actor(rapid.SampledFrom([]string{"slack:T0ACME/U0ALICE", "token:ci<>", "schedule:`x`", "local", "bot"}).Draw(t, "actor")), 0,
			&agent.Trigger{Source: source, Text: written().Draw(t, "words")})
		l.understood(agent.Intent{
			Kind:    rapid.SampledFrom([]agent.IntentKind{agent.IntentDeploy, agent.IntentRollback, agent.IntentVerify}).Draw(t, "kind"),
			Service: written().Draw(t, "service"), Environment: written().Draw(t, "environment"), Version: written().Draw(t, "version"),
		})
		if rapid.Bool().Draw(t, "planned") { // half of them begin further on, so that the later stages are reached
			l.bot(1, drawFacts(t), drawPlan(t, l.s.Release(1).Action))
			l.bot(1, &agent.ApprovalRequested{ID: l.id(), Digest: "d1", Required: rapid.IntRange(0, 2).Draw(t, "required"), Expires: l.at.Add(time.Hour)})
		}
		if rapid.Bool().Draw(t, "started") {
			l.bot(1, &agent.ApprovalResponse{ID: l.id(), Person: bob, Decision: agent.VerbApprove, Digest: "d1"}, &agent.LockRequested{Claim: "c"},
				&agent.LockAcquired{Claim: "c"}, &agent.ReleaseContext{Again: true, Digest: "d1"}, &agent.DeployStarted{Key: "k1"})
		}
		for range rapid.IntRange(0, 8).Draw(t, "events") {
			l.bot(1, drawEvent(t, l))
		}
		checkState(t, l.s)
	})
}

func checkState(t tester, s *agent.State) {
	t.Helper()
	keys := map[string]bool{}
	for _, v := range Thread(s, Options{BotUser: "U0BOT"}) {
		if keys[v.Key] || v.Key == "" {
			t.Errorf("the key %q stands twice", v.Key)
		}
		keys[v.Key] = true
		checkView(t, v)
		checkButtons(t, s, v)
	}
	for _, n := range s.Notes {
		checkView(t, Note(n, Options{}))
	}
}

// checkButtons: no live buttons on anything that is decided.
func checkButtons(t tester, s *agent.State, v View) {
	t.Helper()
	for _, b := range buttonsOf(v) {
		if _, _, ok := Button(slack.BlockAction{ActionID: b.ActionID, Value: b.Value}); !ok && !strings.HasPrefix(v.Key, "question/") {
			t.Errorf("%s: the button %s can't be read back", v.Key, b.ActionID)
		}
		r := s.Release(1)
		switch agent.Verb(b.ActionID) {
		case agent.VerbApprove, agent.VerbReject, agent.VerbEdit:
			open := false
			for _, r := range s.Releases {
				open = open || r.Approval != nil && r.Approval.State == agent.ApprovalPending && v.Key == agent.ViewApproval(r.Approval.ID) && b.Value == r.Approval.ID
			}
			if !open || v.Final {
				t.Errorf("%s has live buttons, and is decided", v.Key)
			}
		case agent.VerbAbort:
			if v.Key == agent.ViewRelease(1) && (r.Outcome != "" || r.Cancel != "" || r.Stage == agent.StageEnded) {
				t.Errorf("%s can be aborted, at stage %s", v.Key, r.Stage)
			}
		case agent.VerbRollback, agent.VerbRetry:
			if v.Key == agent.ViewRelease(1) && (r.Stage != agent.StageEnded || r.Left != nil) {
				t.Errorf("%s has %s, at stage %s", v.Key, b.ActionID, r.Stage)
			}
		case agent.VerbLeave:
			if v.Key == agent.ViewRelease(1) && (v.Final || !s.MayLeave(r)) {
				t.Errorf("%s can be left as it is, and something was decided about it", v.Key)
			}
		case agent.VerbGlass:
			if v.Key == agent.ViewRelease(1) && (r.Stage != agent.StageEnded || r.Refused == nil || r.Refused.Rule != "freeze" || len(s.Releases) > 1 && s.Releases[1].Of == 1) {
				t.Errorf("%s can break the glass, at stage %s", v.Key, r.Stage)
			}
		case agent.VerbTakeover:
			if v.Key == agent.ViewRelease(1) && (r.Stage != agent.StageClaim || r.Waits == "" || r.Takeover != nil || r.Cancel != "") {
				t.Errorf("%s can take over, at stage %s", v.Key, r.Stage)
			}
		case agent.VerbRan, agent.VerbDidnt, agent.VerbStop, agent.VerbHealthy, agent.VerbRecheck, agent.VerbUnwell:
			q := s.Question(strings.TrimPrefix(v.Key, "question/"))
			if v.Final || q == nil || q.Answer != nil {
				t.Errorf("%s is answered, and has buttons", v.Key)
			}
		}
	}
}

func buttonsOf(v View) []*slack.ButtonBlockElement {
	var list []*slack.ButtonBlockElement
	for _, b := range v.Blocks {
		if a, ok := b.(*slack.ActionBlock); ok {
			for _, e := range a.Elements.ElementSet {
				list = append(list, e.(*slack.ButtonBlockElement))
			}
		}
	}
	return list
}

// TestTheSameStateGivesTheSameViews, also after the state has been through its snapshot.
func TestTheSameStateGivesTheSameViews(t *testing.T) {
	for name, l := range logs() {
		copied, err := l.s.Clone()
		if err != nil {
			t.Fatal(err)
		}
		a, b := Thread(l.s, Options{}), Thread(copied, Options{})
		x, _ := json.Marshal(a)
		y, _ := json.Marshal(b)
		if string(x) != string(y) {
			t.Errorf("%s: two renders differ", name)
		}
	}
}
