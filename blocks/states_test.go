package blocks

import (
	"strings"
	"time"

	"github.com/releasebot/releasebot/agent"
	"github.com/releasebot/releasebot/policy"
	"github.com/releasebot/releasebot/tools/changelog"
	"github.com/releasebot/releasebot/tools/ci"
)

// logs are what a thread can look like, each built by folding events.
func logs() map[string]*log {
	return map[string]*log{
		"preparing":           deployShop(),
		"waiting_approval":    proposed(),
		"one_of_two":          proposed().wait(time.Minute).respond(bob, agent.VerbApprove, ""),
		"approved":            approved(),
		"reminded":            proposed().wait(10*time.Minute).bot(1, &agent.ApprovalReminded{ID: proposed().id()}),
		"rejected":            proposed().wait(time.Minute).respond(bob, agent.VerbReject, "deploy the backend first").ended(agent.OutcomeRejected),
		"expired":             expired(),
		"superseded":          superseded(),
		"canceled":            canceled(),
		"refused":             refused(),
		"frozen":              frozen(),
		"glass_broken":        glassBroken(),
		"edited":              edited(),
		"escalated":           escalated(),
		"take_over_asked":     waitingEnvironment().bot(1, &agent.TakeoverRequested{From: "c0", By: bob, Reason: "the fix for the checkout"}),
		"doubt":               doubt(),
		"doubt_checked_again": checkedAgain(),
		"doubt_healthy":       saidHealthy(),
		"no_source":           noSource(),
		"held":                approved().bot(1, &agent.Held{By: bob}),
		"waiting_environment": waitingEnvironment(),
		"void":                voided(false),
		"void_asked_again":    voided(true),
		"deploying":           started().bot(1, &agent.DeployProgress{Key: "k1", Ref: "r", Percent: 40, Text: "copying 12 of 30"}),
		"aborting":            started().bot(1, &agent.CancelRequested{By: bob}),
		"deploy_failed":       deployFailed(),
		"verifying":           deployed(),
		"healthy":             healthy(),
		"unhealthy":           unhealthy().ended(agent.OutcomeUnhealthy),
		"rollback_proposed":   rollbackProposed(false),
		"ci_failed":           ciFailed(),
		"ci_not_known":        ciSaid(&ci.Status{State: ci.Unknown, Why: "the ci command gave no answer: it took longer than 10s"}),
		"left_as_it_is":       rollbackLeft(),
		"rollback_automatic":  rollbackProposed(true),
		"rolled_back":         rolledBack(),
		"unhealthy_paged":     paged(),
		"outcome_unknown":     unknown(),
		"it_didnt":            answered(unknown(), agent.VerbDidnt),
		"verify_only":         verifyOnly(),
		"no_approval_needed":  noApproval(),
		"clarify":             clarified(false),
		"clarify_closed":      clarified(true),
		"answer":              answer(),
		"root_command":        fromOutside("command"),
		"root_api":            fromOutside("api"),
		"lost":                lostEvents(),
		"lost_deploying":      started().shown().bot(0, &agent.LogLost{NoticedBy: agent.NoticedCard, Expected: 31, Found: 14}),
		"set_aside":           approved().shown().bot(0, &agent.SetAside{Error: "runtime error: index out of range [3] with length 2", Where: "agent.(*Runner).lookAgain steps_environment.go:341", Tries: 3}),
		"hostile":             hostile(),
		"long":                long(),
	}
}

func ciSaid(said *ci.Status) *log {
	p := plan142()
	p.CI = said
	l := deployShop().bot(1, facts142(), p)
	return l.bot(1, requested(l, l.id(), "d1"))
}

// ciFailed: it was approved while CI still ran, so approval is asked for again.
func ciFailed() *log {
	p := plan142()
	p.Ordinal, p.CI = 2, &ci.Status{State: ci.Failed, URL: "https://ci.example.com/acme/shop/runs/412"}
	p.Changed = []string{"CI of v1.4.2 now says failed, it said running"}
	l := deployShop().bot(1, facts142(), p)
	return l.bot(1, requested(l, l.id(), "d1"))
}

// lostEvents: a failover came back with a shorter log, while one release waited for its approval and another had been claimed.
func lostEvents() *log {
	return proposed().shown().bot(0, &agent.LogLost{NoticedBy: "version", Expected: 19, ExpectedHead: "h", Found: 5, FoundHead: "g"})
}

func expired() *log {
	return proposed().wait(time.Hour).bot(1, &agent.ApprovalExpired{ID: proposed().id()}, &agent.Done{Outcome: agent.OutcomeExpired})
}

func superseded() *log {
	l := proposed().ask("deploy shop v1.4.3 to production", agent.Intent{
		Kind: agent.IntentDeploy, Service: "shop", Environment: "production", Version: "v1.4.3",
	})
	return l.bot(1, &agent.ApprovalSuperseded{ID: l.id(), By: 2}, &agent.Done{Outcome: agent.OutcomeSuperseded})
}

func canceled() *log {
	return proposed().bot(1, &agent.CancelRequested{By: alice}, &agent.Canceled{By: alice, Detail: "nothing was started"}, &agent.Done{Outcome: agent.OutcomeCanceled})
}

func refused() *log {
	return deployShop().bot(1, &agent.PolicyRefused{
		Rule: "after", Reason: "v1.4.2 was never healthy in staging.", Remedy: "Deploy it to staging first.", Line: "releasebot.yml:31",
	}, &agent.Done{Outcome: agent.OutcomeRefused})
}

func frozen() *log {
	return deployShop().bot(1, facts142(), &agent.PolicyRefused{
		Rule: "freeze", Reason: "production is frozen: weekend, until Monday 08:00 Europe/Berlin.",
		Remedy: "Wait until then, or have somebody who may approve there break the glass.", Line: "releasebot.yml:41",
	}, &agent.Done{Outcome: agent.OutcomeRefused})
}

func glassBroken() *log {
	l := frozen()
	l.add(person(bob), 1, &agent.GlassBroken{By: bob, Reason: "checkout is down for everybody"})
	p := plan142()
	p.Glass, p.Why = "{U0BOB}: checkout is down for everybody", "{U0BOB} broke the glass of a freeze (checkout is down for everybody); another approver has to agree."
	l.bot(2, facts142(), p)
	req := requested(l, agent.ApprovalID(l.s.ID, 2, 1), "d1")
	req.Required, req.Why = 1, p.Why
	return l.bot(2, req)
}

// edited: an approver wanted another version, so the first card is superseded.
func edited() *log {
	l := proposed()
	l.add(person(bob), 0, &agent.DecisionReceived{Verb: agent.VerbEdit, Target: l.id(), Via: "button", Edit: &agent.Edit{Version: "v1.4.3"}})
	l.add(person(bob), 1, &agent.PlannerDecision{Of: l.s.Version, Planner: "button", Intent: agent.Intent{
		Kind: agent.IntentDeploy, Service: "shop", Environment: "production", Version: "v1.4.3",
	}})
	p := plan142()
	p.Version, p.Commit, p.Digest, p.Key = "v1.4.3", "c0ffee12c0ffee12", "d4", "k4"
	l.bot(2, facts142(), p)
	l.bot(2, requested(l, agent.ApprovalID(l.s.ID, 2, 1), "d4"))
	return l.bot(1, &agent.ApprovalSuperseded{ID: l.id(), By: 2}, &agent.Done{Outcome: agent.OutcomeSuperseded})
}

func escalated() *log {
	l := deployShop().bot(1, facts142(), plan142())
	req := requested(l, l.id(), "d1")
	req.EscalateTo = []policy.Subject{{Name: "caro", User: "U0CARO"}}
	l.bot(1, req, &agent.ApprovalReminded{ID: l.id()}, &agent.ApprovalReminded{ID: l.id(), Directly: []string{bob, alice}})
	return l.wait(50*time.Minute).bot(1, &agent.ApprovalEscalated{ID: l.id(), To: req.EscalateTo, People: []string{"U0CARO"}})
}

func doubt() *log {
	l := deployed().wait(time.Minute).bot(1, &agent.PostDeployCheckResult{Verdict: "inconclusive", Checks: []agent.CheckResult{
		{Name: "health", Verdict: "healthy", Looks: 3, Took: 4 * time.Second},
		{Name: "smoke", Verdict: "inconclusive", Detail: "p95 412ms, before 180ms; it takes 200 requests to tell, there were 31", Looks: 30, Took: time.Minute},
	}})
	return l.bot(1, &agent.HumanInputRequested{
		ID: agent.DoubtQuestionID(l.s.Release(1)), Kind: agent.InputHealthy, To: []policy.Subject{{Name: "oncall", Group: oncall}, {Name: "bob", User: bob}},
		Question: agent.Question{Text: "Is shop v1.4.2 healthy in production? The checks could not tell."},
	})
}

// shown has every view posted that stands now.
func (l *log) shown() *log {
	var posted []agent.PostedView
	for _, v := range Thread(l.s, Options{}) {
		posted = append(posted, agent.PostedView{Key: v.Key, Channel: "C0REL", TS: "7.7", Final: v.Final})
	}
	return l.bot(0, &agent.Posted{Views: posted})
}

func (l *log) says(question string, v agent.Verb) *log {
	return l.bot(0, &agent.HumanInputResponse{ID: question, Person: bob, Choice: v})
}

func saidHealthy() *log {
	l := doubt()
	l.says(agent.DoubtQuestionID(l.s.Release(1)), agent.VerbHealthy)
	return l.bot(1, &agent.PostDeployCheckResult{Verdict: "healthy", By: bob, Checks: l.s.Release(1).Verify.Results}).ended(agent.OutcomeDone)
}

// checkedAgain: the question stands in Slack, and was answered and forgotten before its card was edited.
func checkedAgain() *log {
	l := doubt().shown()
	l.says(agent.DoubtQuestionID(l.s.Release(1)), agent.VerbRecheck)
	return l.bot(1, &agent.VerifyStarted{Try: 2, Checks: []string{"health", "smoke"}})
}

// noSource: the service's policy names no repository, so nothing is known of commits.
func noSource() *log {
	l := deployShop()
	f, p := facts142(), plan142()
	f.Version, f.Changes, p.Commit = changelog.Version{Name: "v1.4.2"}, &changelog.Changes{}, ""
	p.CI = nil
	l.bot(1, f, p)
	return l.bot(1, requested(l, l.id(), "d1"))
}

func waitingEnvironment() *log {
	return approved().bot(1, &agent.LockRequested{Claim: "c1", Env: "env:shop/production"},
		&agent.TimerSet{ID: "t", Why: "{U0CARO} deploys v1.4.9 there, since 14:00"})
}

func voided(again bool) *log {
	l := claimed()
	f := facts142()
	f.Again, f.Digest = true, "d2"
	changed := []string{"the tag v1.4.2 moved from abc1234 to def5678", "production runs v1.4.0 now, not v1.4.1"}
	f.Version.SHA = "def5678def567890abc1234def567890abc1234d"
	l.bot(1, f, &agent.ApprovalSuperseded{ID: l.id(), Changed: changed})
	if !again {
		return l
	}
	p := plan142()
	p.Ordinal, p.Digest, p.Key, p.Changed, p.Commit = 2, "d2", "k2", changed, f.Version.SHA
	fresh := facts142()
	fresh.Version = f.Version
	l.bot(1, &agent.LockReleased{Claim: "c1"}, fresh, p)
	return l.bot(1, requested(l, agent.ApprovalID(l.s.ID, 1, 2), "d2"))
}

func deployFailed() *log {
	return started().wait(12*time.Second).bot(1, &agent.DeployResult{
		Key: "k1", Outcome: agent.DeployFailed, Detail: "exit status 3", Log: []string{
			"copying shop v1.4.2", "checking <config> & secrets", "error: no space left on device ``` *bold*",
		},
	}).ended(agent.OutcomeFailed)
}

func rollbackProposed(auto bool) *log {
	l := unhealthy().bot(1, &agent.LockReleased{Claim: "c1"})
	l.bot(0, &agent.RollbackProposed{Of: 1, To: ranBefore(), Automatic: auto}).bot(1, &agent.Done{Outcome: agent.OutcomeUnhealthy})
	f, p := facts142(), plan142()
	f.Version = changelog.Version{Name: "v1.4.1", SHA: "1111111122222222"}
	f.Current = agent.Running{Version: "v1.4.2", Since: l.at}
	f.Changes.Backward, f.Changes.Total, f.Changes.Commits = true, 3, commits(3)
	f.Last = &agent.Outcome{Action: "deploy", Version: "v1.4.2", Outcome: agent.OutcomeUnhealthy, Ran: true, At: l.at}
	p.Action, p.Version, p.Commit, p.Previous, p.Digest, p.Key = "rollback", "v1.4.1", "1111111122222222", f.Current, "d3", "k3"
	p.CI = nil
	if auto {
		p.Covered = l.id()
		return l.bot(2, f, p)
	}
	l.bot(2, f, p)
	return l.bot(2, requested(l, agent.ApprovalID(l.s.ID, 2, 1), "d3"))
}

func rolledBack() *log {
	return rollbackProposed(true).bot(2, &agent.LockRequested{Claim: "c2"}, &agent.LockAcquired{Claim: "c2", Fence: 5},
		&agent.ReleaseContext{Again: true, Digest: "d3"}, &agent.DeployStarted{Key: "k3"}, &agent.DeployResult{Key: "k3", Outcome: agent.Deployed},
		&agent.VerifyStarted{Try: 1, Checks: []string{"health"}}, &agent.PostDeployCheckResult{Verdict: "healthy"},
		&agent.LockReleased{Claim: "c2"}, &agent.Done{Outcome: agent.OutcomeRolledBack})
}

func paged() *log {
	l := deployShop()
	p := plan142()
	p.Rollback = ""
	l.bot(1, facts142(), p)
	l.bot(1, requested(l, l.id(), "d1"))
	l.respond(bob, agent.VerbApprove, "").respond("U0CARO", agent.VerbApprove, "")
	f := facts142()
	f.Again, f.Digest = true, "d1"
	l.bot(1, &agent.LockRequested{Claim: "c1"}, &agent.LockAcquired{Claim: "c1"}, f, &agent.DeployStarted{Key: "k1"},
		&agent.DeployResult{Key: "k1", Outcome: agent.Deployed}, &agent.VerifyStarted{Try: 1, Checks: []string{"health"}},
		&agent.PostDeployCheckResult{Verdict: "unhealthy"}, &agent.LockReleased{Claim: "c1"})
	return l.bot(1, &agent.PageSent{About: "unhealthy", Reached: []string{alice}, Missed: []string{"bob: deactivated"}}, &agent.Done{Outcome: agent.OutcomeUnhealthy})
}

// rollbackLeft: the failure is left as it is, and the rollback withdrawn.
func rollbackLeft() *log {
	l := rollbackProposed(false).wait(4 * time.Minute)
	l.add(person(alice), 1, &agent.LeftAsIs{By: alice})
	return l.bot(2, &agent.Canceled{By: alice, Detail: "The failure of shop v1.4.2 is left as it is."}, &agent.Done{Outcome: agent.OutcomeCanceled})
}

func unknown() *log {
	l := started().wait(time.Minute).bot(1, &agent.DeployResult{Key: "k1", Outcome: agent.DeployUnknown, Detail: "status: exit status 1"})
	return l.bot(1, &agent.HumanInputRequested{
		ID: agent.UnknownQuestionID(l.s.Release(1)), Kind: agent.InputDidItRun, To: []policy.Subject{{Group: oncall}},
		Question: agent.Question{Text: "Did the deploy of shop v1.4.2 to production run? It was started, and its deployer can't tell."},
	})
}

func answered(l *log, v agent.Verb) *log {
	return l.bot(0, &agent.HumanInputResponse{ID: agent.UnknownQuestionID(l.s.Release(1)), Person: bob, Choice: v}).
		bot(1, &agent.DeployResult{Key: "k1", Outcome: agent.DeployNotBegun, By: bob}).ended(agent.OutcomeFailed)
}

func verifyOnly() *log {
	l := newLog().ask("check shop in production", agent.Intent{Kind: agent.IntentVerify, Service: "shop", Environment: "production"})
	p := plan142()
	p.Action = "verify"
	return l.bot(1, facts142(), p, &agent.VerifyStarted{Try: 1, Checks: []string{"health"}},
		&agent.PostDeployCheckResult{Verdict: "inconclusive", Checks: []agent.CheckResult{{Name: "health", Verdict: "inconclusive", Detail: "no answer"}}},
		&agent.Done{Outcome: agent.OutcomeInconclusive})
}

func noApproval() *log {
	l := deployShop().bot(1, facts142(), plan142())
	return l.bot(1, &agent.ApprovalRequested{ID: l.id(), Digest: "d1", Expires: l.at.Add(time.Hour)})
}

func clarified(closed bool) *log {
	l := newLog().ask("ship it", agent.Intent{Kind: agent.IntentClarify})
	l.at = l.at.Add(time.Second)
	seq := l.s.Version
	l.s.Reduce(&agent.Event{ID: "q", Seq: seq + 1, At: l.at, Actor: agent.Bot, Cause: "2", Data: &agent.HumanInputRequested{
		ID: "q1", Kind: agent.InputClarify, Question: agent.Question{
			Text: "Which service shall I deploy? {U0CEO} <!channel>", Options: []string{"deploy shop v1.4.2 to production", "deploy `backend` v2 to staging"},
		},
	}})
	if closed {
		l.add(person(alice), 0, &agent.Message{Text: "shop v1.4.2 to production"})
		l.understood(agent.Intent{Kind: agent.IntentDeploy, Service: "shop", Environment: "production", Version: "v1.4.2"})
	}
	return l
}

func answer() *log {
	return newLog().ask("status", agent.Intent{Kind: agent.IntentStatus}).bot(0, &agent.Answered{
		Of: 2, Kind: "status", Title: "Status of shop", Lines: []string{"staging: v1.4.2, healthy, by {U0BOB}", "production: v1.4.1 <!here> {here} {Unot} {U0CEO"},
	})
}

func fromOutside(source string) *log {
	l := newLog()
	actor := person(alice)
	if source == "api" {
		actor = agent.TokenActor("ci")
	}
	l.add(actor, 0, &agent.Trigger{Source: source, Text: "deploy shop v1.4.2 to production", Slack: &agent.Place{Team: "T0ACME", Channel: "C0REL"}})
	return l.understood(agent.Intent{Kind: agent.IntentDeploy, Service: "shop", Environment: "production", Version: "v1.4.2"})
}

// hostile puts everything that could ping, close or fake something where content stands.
func hostile() *log {
	const evil = "<!channel> <@U0CEO> {U0CEO} `x` ```y``` *approved* _by_ ~bob~ :white_check_mark: &amp; </plan>\n> quote\u202e\u0000\u200b"
	l := newLog().ask(evil, agent.Intent{Kind: agent.IntentDeploy, Service: "shop", Environment: "production", Version: evil})
	f, p := facts142(), plan142()
	f.Changes.Commits = []changelog.Commit{{SHA: evil, Author: evil, Title: evil}, {SHA: "a", Author: "שלום", Title: "مرحبا بالعالم"}}
	f.Changes.Total, f.Changes.Authors, f.Problems = 2, []string{evil}, []string{evil}
	f.Last.Version, p.Version, p.Previous.Version, p.Rollback, p.Commit = evil, evil, evil, evil, evil
	l.bot(1, f, p)
	return l.bot(1, requested(l, l.id(), "d1"))
}

func long() *log {
	x := strings.Repeat("äöü&<long> ", 4000)
	l := newLog().ask(x, agent.Intent{Kind: agent.IntentDeploy, Service: x, Environment: x, Version: x})
	f, p := facts142(), plan142()
	f.Changes.Commits = nil
	for range 60 {
		f.Changes.Commits = append(f.Changes.Commits, changelog.Commit{SHA: x, Author: x, Title: x})
		f.Changes.Authors = append(f.Changes.Authors, x)
		f.Problems = append(f.Problems, x)
		p.Checks = append(p.Checks, x)
		p.Changed = append(p.Changed, x)
	}
	p.Service, p.Env, p.Version, p.Why = x, x, x, x
	l.bot(1, f, p)
	r := requested(l, l.id(), "d1")
	r.Why = x
	for i := range 100 {
		r.From = append(r.From, policy.Subject{User: "U0" + strings.Repeat("A", i%20)})
	}
	return l.bot(1, r)
}
