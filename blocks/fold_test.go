package blocks

import (
	"encoding/json"
	"fmt"
	"time"

	"github.com/releasebot/releasebot/agent"
	"github.com/releasebot/releasebot/policy"
	"github.com/releasebot/releasebot/tools/changelog"
	"github.com/releasebot/releasebot/tools/ci"
)

const (
	alice  = "U0ALICE"
	bob    = "U0BOB"
	oncall = "S0ONCALL"
)

var start = time.Date(2026, 11, 20, 14, 0, 0, 0, time.UTC)

// A log builds a state the only way there is: by folding events.
type log struct {
	s  *agent.State
	at time.Time
}

func newLog() *log {
	return &log{s: agent.NewState("tk3m9x2q7p4ab"), at: start}
}

// wait lets time pass before the next event.
func (l *log) wait(d time.Duration) *log { l.at = l.at.Add(d); return l }

// add folds events of one release in, one second apart, made by an actor.
func (l *log) add(actor agent.Actor, release int, data ...agent.Payload) *log {
	for _, d := range data {
		l.at = l.at.Add(time.Second)
		seq := l.s.Version + 1
		l.s.Reduce(&agent.Event{ID: fmt.Sprint("e", seq), Seq: seq, At: l.at, Actor: actor, Release: release, Data: d})
	}
	return l
}

func (l *log) bot(release int, data ...agent.Payload) *log { return l.add(agent.Bot, release, data...) }

func person(id string) agent.Actor { return agent.SlackActor("T0ACME", id) }

// ask starts the thread, or goes on with it, and turns the words into an intent.
func (l *log) ask(text string, in agent.Intent) *log {
	if l.s.Version == 0 {
		l.add(person(alice), 0, &agent.Trigger{Source: "mention", Text: text, Slack: &agent.Place{Team: "T0ACME", Channel: "C0REL", TS: "1.2"}})
	} else {
		l.add(person(alice), 0, &agent.Message{Text: text})
	}
	return l.understood(in)
}

func (l *log) understood(in agent.Intent) *log {
	return l.bot(0, &agent.PlannerDecision{Of: l.s.Version, Intent: in, Planner: "rules"})
}

func deployShop() *log {
	return newLog().ask("deploy shop v1.4.2 to production", agent.Intent{
		Kind: agent.IntentDeploy, Service: "shop", Environment: "production", Version: "v1.4.2",
	})
}

func commits(n int) []changelog.Commit {
	titles := []string{
		"checkout: keep the basket over a reload", "api: time out slow carriers", "fix: rounding of VAT", "docs: how to run it", "search: drop the old index",
		"basket: count each item once", "ci: cache modules", "payments: log the provider's answer", "mail: one footer for all", "checkout: say why a card is refused",
	}
	authors := []string{"Ann Lee", "Bo Ek", "Chi Ono"}
	list := make([]changelog.Commit, n)
	for i := range list {
		list[i] = changelog.Commit{SHA: fmt.Sprintf("%08x%032x", 0xabc12345+i*791913, i), Author: authors[i%3], Title: titles[i%len(titles)], At: start}
	}
	return list
}

func ranBefore() agent.Running {
	return agent.Running{Version: "v1.4.1", Commit: "1111111122222222", Since: start.Add(-72 * time.Hour), Healthy: true}
}

func facts142() *agent.ReleaseContext {
	return &agent.ReleaseContext{
		Version: changelog.Version{Name: "v1.4.2", SHA: "abc1234def567890abc1234def567890abc1234d", Tag: true},
		Current: ranBefore(), Replaces: ranBefore(), Rollback: ranBefore(),
		Changes: &changelog.Changes{Commits: commits(12), Total: 14, Authors: []string{"Ann Lee", "Bo Ek", "Chi Ono"}},
		Last: &agent.Outcome{
			Action: "deploy", Version: "v1.4.1", By: []string{bob}, Outcome: agent.OutcomeDone, Ran: true, Healthy: true, Known: true, At: start.Add(-72 * time.Hour),
		},
	}
}

func plan142() *agent.Plan {
	return &agent.Plan{
		Ordinal: 1, Digest: "d1", Key: "k1", Action: "deploy", Service: "shop", Env: "production", Version: "v1.4.2",
		Commit: "abc1234def567890abc1234def567890abc1234d", Previous: ranBefore(), Rollback: "v1.4.1",
		CI: &ci.Status{State: ci.Passed, URL: "https://ci.example.com/acme/shop/runs/411"}, Checks: []string{"health", "smoke"},
		Policy: json.RawMessage(`{}`), Revision: "p-1", OnFailure: policy.ProposeRollback, Why: "The policy of production asks for the approval of 2 people.",
	}
}

func requested(l *log, id, digest string) *agent.ApprovalRequested {
	return &agent.ApprovalRequested{
		ID: id, Digest: digest, Required: 2, From: []policy.Subject{{Name: "oncall", Group: oncall}, {Name: "bob", User: bob}},
		Expires: l.at.Add(time.Hour), RemindAt: l.at.Add(10 * time.Minute), Why: "The policy of production asks for the approval of 2 people.",
	}
}

func (l *log) id() string { return agent.ApprovalID(l.s.ID, 1, 1) }

// proposed has facts, a plan, and an approval that waits.
func proposed() *log {
	l := deployShop().bot(1, facts142(), plan142())
	return l.bot(1, requested(l, l.id(), "d1"))
}

func (l *log) respond(who string, verb agent.Verb, reason string) *log {
	l.add(person(who), 0, &agent.DecisionReceived{Verb: verb, Target: l.id(), Via: "button", Reason: reason})
	return l.bot(1, &agent.ApprovalResponse{ID: l.id(), Of: l.s.Version, Person: who, Decision: verb, Reason: reason, Basis: "member of oncall (S0ONCALL)", Digest: "d1"})
}

func approved() *log {
	return proposed().wait(2*time.Minute).respond(bob, agent.VerbApprove, "").wait(time.Minute).respond("U0CARO", agent.VerbApprove, "")
}

func claimed() *log {
	return approved().bot(1, &agent.LockRequested{Claim: "c1", Env: "env:shop/production"}, &agent.LockAcquired{Claim: "c1", Fence: 3})
}

func started() *log {
	f := facts142()
	f.Again, f.Digest = true, "d1"
	return claimed().bot(1, f, &agent.DeployStarted{Key: "k1", Epoch: 1, Fence: 3, Owner: "r1"})
}

func deployed() *log {
	return started().wait(40*time.Second).bot(1, &agent.DeployResult{Key: "k1", Outcome: agent.Deployed},
		&agent.VerifyStarted{Try: 1, Checks: []string{"health", "smoke"}})
}

func (l *log) ended(outcome string) *log {
	return l.bot(1, &agent.LockReleased{Claim: "c1"}, &agent.Done{Outcome: outcome})
}

func healthy() *log {
	return deployed().wait(20*time.Second).bot(1, &agent.PostDeployCheckResult{Verdict: "healthy", Checks: []agent.CheckResult{
		{Name: "health", Verdict: "healthy", Looks: 3, Took: 4 * time.Second}, {Name: "smoke", Verdict: "healthy", Looks: 1, Took: 1500 * time.Millisecond},
	}}).ended(agent.OutcomeDone)
}

func unhealthy() *log {
	return deployed().wait(time.Minute).bot(1, &agent.PostDeployCheckResult{Verdict: "unhealthy", Checks: []agent.CheckResult{
		{Name: "health", Verdict: "unhealthy", Detail: "status 503, wanted 200", Looks: 30, Took: time.Minute}, {Name: "smoke", Verdict: "healthy", Looks: 1, Took: time.Second},
	}})
}
