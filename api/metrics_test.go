package api_test

import (
	"errors"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/releasebot/releasebot/agent"
	"github.com/releasebot/releasebot/api"
	"github.com/releasebot/releasebot/policy"
	"github.com/releasebot/releasebot/tools"
	"github.com/releasebot/releasebot/tools/deploy"
)

// scrape returns the lines of /metrics.
func scrape(t *testing.T, h http.Handler) []string {
	t.Helper()
	rec := do(h, local(http.MethodGet, "/metrics"))
	if rec.Code != http.StatusOK || !strings.HasPrefix(rec.Header().Get("Content-Type"), "text/plain") {
		t.Fatalf("%d %q", rec.Code, rec.Header().Get("Content-Type"))
	}
	return strings.Split(rec.Body.String(), "\n")
}

// wantLines checks that samples are there as written; one that begins with "!" must not be.
func wantLines(t *testing.T, h http.Handler, want ...string) {
	t.Helper()
	have := map[string]bool{}
	var ours []string
	for _, l := range scrape(t, h) {
		have[l] = true
		if strings.HasPrefix(l, "releasebot_") {
			ours = append(ours, l)
		}
	}
	for _, l := range want {
		absent := strings.HasPrefix(l, "!")
		if have[strings.TrimPrefix(l, "!")] == absent {
			t.Errorf("wrong: %s\nin\n%s", l, strings.Join(ours, "\n"))
			return
		}
	}
}

// Before anything has happened the counts that are known stand at zero.
func TestMetricsAtFirst(t *testing.T) {
	h := newWorld(t).serve(nil)
	wantLines(t, h,
		`releasebot_approvals_total{outcome="approved"} 0`, `releasebot_approvals_total{outcome="expired"} 0`,
		`releasebot_threads{state="open"} 0`, `releasebot_threads{state="unknown"} 0`, `releasebot_slack_ack_seconds_count 0`)
	for _, l := range scrape(t, h) {
		name, _, _ := strings.Cut(strings.TrimPrefix(strings.TrimPrefix(l, "# HELP "), "# TYPE "), "_")
		if l != "" && name != "releasebot" && name != "go" && name != "process" {
			t.Errorf("a name that is not ours: %s", l)
		}
	}
}

// Each way an approval can end is counted once, and as what it is.
func TestApprovalsByOutcome(t *testing.T) {
	for outcome, play := range map[string]func(w *world){
		"approved": func(w *world) {
			id := w.say("deploy shop v1.0.0 to production")
			w.press(id, "U0BOB", agent.VerbApprove, "")
			w.press(id, "U0BOB", agent.VerbApprove, "")
			w.press(id, "U0CAROL", agent.VerbReject, "late")
		},
		"rejected": func(w *world) {
			id := w.say("deploy shop v1.0.0 to production")
			w.press(id, "U0BOB", agent.VerbReject, "not today")
			w.press(id, "U0CAROL", agent.VerbReject, "nor tomorrow")
		},
		"expired": func(w *world) {
			w.say("deploy shop v1.0.0 to production")
			w.advance(61 * time.Minute)
		},
		"canceled": func(w *world) {
			id := w.say("deploy shop v1.0.0 to production")
			w.press(id, "U0ALICE", agent.VerbCancel, "")
		},
		"superseded": func(w *world) {
			id := w.say("deploy shop v1.0.0 to production")
			w.reply(id, "deploy shop v1.1.0 to production")
		},
		"none": func(w *world) { // nobody was asked
			w.say("deploy shop v1.0.0 to staging")
		},
		"two of two": func(w *world) {
			id := w.say("deploy shop v1.0.0 to vault")
			w.press(id, "U0BOB", agent.VerbApprove, "")
			w.press(id, "U0CAROL", agent.VerbApprove, "")
		},
	} {
		t.Run(outcome, func(t *testing.T) {
			w := newWorld(t)
			play(w)
			var want []string
			for _, o := range []string{"approved", "rejected", "expired", "superseded", "canceled"} {
				n := " 0"
				if o == outcome || o == "approved" && outcome == "two of two" {
					n = " 1"
				}
				want = append(want, `releasebot_approvals_total{outcome="`+o+`"}`+n)
			}
			wantLines(t, w.serve(nil), want...)
		})
	}
}

// Half a quorum has approved nothing yet.
func TestHalfAQuorum(t *testing.T) {
	w := newWorld(t)
	id := w.say("deploy shop v1.0.0 to vault")
	w.press(id, "U0BOB", agent.VerbApprove, "")
	wantLines(t, w.serve(nil), `releasebot_approvals_total{outcome="approved"} 0`, `releasebot_events_total{type="approval_response"} 1`)
}

// An approval that was given and whose plan has changed since was both.
func TestApprovedThenVoid(t *testing.T) {
	w := newWorld(t)
	w.repo.Tag("v1.0.0", strings.Repeat("a", 40))
	id := w.say("deploy shop v1.0.0 to production")
	w.repo.Tag("v1.0.0", strings.Repeat("b", 40))
	w.press(id, "U0BOB", agent.VerbApprove, "")
	wantLines(t, w.serve(nil), `releasebot_approvals_total{outcome="approved"} 1`, `releasebot_approvals_total{outcome="superseded"} 1`)
}

// Deploys are counted by where and how they ended.
func TestDeploysByOutcome(t *testing.T) {
	w := newWorld(t)
	w.deployer.Outcome = func(c tools.Call) deploy.State {
		if c.Version == "v2.0.0" {
			return deploy.Failed
		}
		return deploy.Succeeded
	}
	w.say("deploy shop v1.0.0 to staging")
	w.say("deploy shop v1.1.0 to staging")
	w.say("deploy shop v2.0.0 to staging")
	wantLines(t, w.serve(nil),
		`releasebot_deploys_total{environment="staging",outcome="deployed",service="shop"} 2`,
		`releasebot_deploys_total{environment="staging",outcome="failed",service="shop"} 1`,
		`releasebot_planner_calls_total{planner="rules"} 3`,
		`releasebot_threads{state="done"} 2`, `releasebot_threads{state="waiting"} 1`) // the last has its rollback proposed
}

// The outcome of another start than the release's own is not its outcome.
func TestOutcomeOfAnotherStart(t *testing.T) {
	w := newWorld(t)
	s := &agent.State{Releases: []*agent.ReleaseState{{N: 1, Service: "shop", Env: "staging", Deploy: &agent.DeployRun{Key: "rb-2"}}}}
	for _, key := range []string{"rb-1", "rb-2"} {
		w.metrics.Observe("t", s, &agent.Event{Release: 1, Data: &agent.DeployResult{Key: key, Outcome: agent.Deployed}})
	}
	wantLines(t, w.serve(nil), `releasebot_deploys_total{environment="staging",outcome="deployed",service="shop"} 1`)
}

// What a command or button says needs no planner, and counts as no call of one.
func TestPlannerCalls(t *testing.T) {
	m := api.NewMetrics()
	for _, name := range []string{"rules", "openai/gpt-5", "command", "button", "sequel", "limit", "fallback"} {
		m.Observe("t1", nil, &agent.Event{ID: name, Data: &agent.PlannerDecision{Planner: name}})
	}
	m.Observe("t1", nil, &agent.Event{ID: "e", Data: &agent.ErrorEvent{Tool: "planner"}})
	m.Observe("t1", nil, &agent.Event{ID: "c", Data: &agent.ErrorEvent{Tool: "changelog"}})
	m.Observe("t1", nil, &agent.Event{ID: "f", Data: &agent.Foreign{Type: "tomorrow"}})
	w := newWorld(t)
	h := w.serve(func(c *api.Config) { c.Metrics = m })
	wantLines(t, h, `releasebot_planner_calls_total{planner="rules"} 1`, `releasebot_planner_calls_total{planner="openai/gpt-5"} 1`,
		`releasebot_planner_calls_total{planner="error"} 1`, `!releasebot_planner_calls_total{planner="command"} 1`,
		`releasebot_events_total{type="foreign"} 1`)
	for _, l := range scrape(t, h) {
		for _, name := range []string{"command", "button", "sequel", "limit", "fallback"} {
			if strings.Contains(l, `planner="`+name+`"`) {
				t.Errorf("counted as a planner's call: %s", l)
			}
		}
	}
}

// Calls of a model and its tokens are counted from the log, also where its answer
// did not count; what an endpoint reports that can't be takes nothing away.
func TestPlannerTokens(t *testing.T) {
	m := api.NewMetrics()
	w := newWorld(t)
	h := w.serve(func(c *api.Config) { c.Metrics = m })
	wantLines(t, h, `releasebot_planner_tokens_total{kind="in"} 0`, `releasebot_planner_tokens_total{kind="cached"} 0`, `releasebot_planner_tokens_total{kind="out"} 0`)
	for i, d := range []agent.PlannerDecision{
		{Planner: "gpt-5", Tokens: agent.Tokens{Calls: 1, In: 800, Cached: 512, Out: 40, Cost: 1_500_000}},
		{Planner: "rules", Tokens: agent.Tokens{Calls: 2, In: 100, Cost: 500_000}},
		{Planner: "rules"},
		{Planner: "gpt-5", Tokens: agent.Tokens{Calls: 1, In: -5, Out: 2}},
	} {
		m.Observe("t1", nil, &agent.Event{Seq: int64(i + 1), Data: &d})
	}
	wantLines(t, h, `releasebot_planner_model_calls_total{planner="gpt-5"} 2`, `releasebot_planner_model_calls_total{planner="rules"} 2`,
		`releasebot_planner_calls_total{planner="rules"} 2`,
		`releasebot_planner_tokens_total{kind="in"} 900`, `releasebot_planner_tokens_total{kind="cached"} 512`, `releasebot_planner_tokens_total{kind="out"} 42`,
		`releasebot_planner_cost_dollars_total 0.002`)
}

// What Slack answers can't make series without end, or break the exposition.
func TestSlackMetrics(t *testing.T) {
	w := newWorld(t)
	w.metrics.Ack(20 * time.Millisecond)
	w.metrics.SlackError("chat.update", "message_not_found")
	w.metrics.SlackError("chat.update", "message_not_found")
	w.metrics.SlackError("chat.update", "an error\nwith \"words\" in it")
	w.metrics.SlackError("", strings.Repeat("x", 1000))
	wantLines(t, w.serve(nil),
		`releasebot_slack_ack_seconds_bucket{le="0.01"} 0`, `releasebot_slack_ack_seconds_bucket{le="0.025"} 1`, `releasebot_slack_ack_seconds_count 1`,
		`releasebot_slack_errors_total{error="message_not_found",method="chat.update"} 2`,
		`releasebot_slack_errors_total{error="other",method="chat.update"} 1`,
		`releasebot_slack_errors_total{error="other",method="other"} 1`)
}

// The index is read at most every ten seconds, however often it is scraped, and
// a store that is away costs that one metric only.
func TestCensus(t *testing.T) {
	w := newWorld(t)
	reader := &lines{threads: []agent.ThreadLine{{ID: "t1", State: "done"}, {ID: "t2", State: "done"}, {ID: "t3", State: "dreaming"}}}
	h := w.serve(func(c *api.Config) { c.Reader = reader })
	for range 3 {
		wantLines(t, h, `releasebot_threads{state="done"} 2`, `releasebot_threads{state="unknown"} 1`, `releasebot_threads{state="held"} 0`)
	}
	if reader.asked != 1 {
		t.Errorf("read %d times within ten seconds", reader.asked)
	}
	w.clock.Move(10 * time.Second)
	reader.threads = nil
	wantLines(t, h, `releasebot_threads{state="done"} 0`)
	w.clock.Move(10 * time.Second)
	reader.err = errors.New("away")
	wantLines(t, h, `!releasebot_threads{state="done"} 0`, `releasebot_slack_ack_seconds_count 0`)
	reader.err = nil
	wantLines(t, h, `releasebot_threads{state="done"} 0`)
}

// A Prometheus server with a viewer's token may scrape from anywhere.
func TestScrapeWithToken(t *testing.T) {
	h := newWorld(t).serve(func(c *api.Config) { c.Tokens = []api.Token{token(t, "PROM", policy.RoleViewer, "secret")} })
	r := local(http.MethodGet, "/metrics")
	r.Host, r.RemoteAddr = "10.1.2.3:8080", "10.9.9.9:1"
	r.Header.Set("Authorization", "Bearer secret")
	if rec := do(h, r); rec.Code != http.StatusOK {
		t.Errorf("%d %s", rec.Code, rec.Body)
	}
}
