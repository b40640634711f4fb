package api_test

import (
	"context"
	"net/http"
	"runtime"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/releasebot/releasebot/agent"
	"github.com/releasebot/releasebot/agent/agenttest"
	"github.com/releasebot/releasebot/tools/healthcheck"
)

// sample returns the value of one line of /metrics; -1 where there is none.
func sample(t *testing.T, h http.Handler, name string) float64 {
	t.Helper()
	for _, l := range scrape(t, h) {
		if value, ok := strings.CutPrefix(l, name+" "); ok {
			v, err := strconv.ParseFloat(value, 64)
			if err != nil {
				t.Fatalf("%s: %v", l, err)
			}
			return v
		}
	}
	return -1
}

// How long people took to decide is known by what they decided.
func TestTimeToDecide(t *testing.T) {
	w := newWorld(t)
	h := w.serve(nil)
	id := w.say("deploy shop v1.0.0 to production")
	w.advance(10 * time.Minute)
	w.press(id, "U0BOB", agent.VerbApprove, "")
	w.say("deploy shop v1.1.0 to production")
	w.advance(61 * time.Minute)
	wantLines(t, h, `releasebot_approval_seconds_count{outcome="approved"} 1`, `releasebot_approval_seconds_count{outcome="expired"} 1`)
	if got := sample(t, h, `releasebot_approval_seconds_sum{outcome="approved"}`); got < 600 || got > 660 {
		t.Errorf("a decision after ten minutes counts as %v s", got)
	}
}

// DORA's four: a release that went wrong in production, and the one that mended it.
func TestDelivery(t *testing.T) {
	w := newWorld(t)
	h := w.serve(nil)
	w.health.Set("v2.0.0", healthcheck.Unhealthy)
	release := func(version string) {
		id := w.say("deploy shop " + version + " to production")
		w.press(id, "U0BOB", agent.VerbApprove, "")
	}
	release("v1.0.0")
	wantLines(t, h, `!releasebot_restore_seconds_count{environment="production",service="shop"} 1`)
	release("v2.0.0")
	w.advance(2 * time.Minute) // its check may fail for a minute
	w.advance(30 * time.Minute)
	release("v3.0.0")
	release("v4.0.0")
	wantLines(t, h,
		`releasebot_releases_total{action="deploy",environment="production",outcome="done",service="shop"} 3`,
		`releasebot_releases_total{action="deploy",environment="production",outcome="unhealthy",service="shop"} 1`,
		`releasebot_deploy_seconds_count{environment="production",service="shop"} 4`,
		`releasebot_restore_seconds_count{environment="production",service="shop"} 1`)
	if got := sample(t, h, `releasebot_restore_seconds_sum{environment="production",service="shop"}`); got < 1800 || got > 2400 {
		t.Errorf("restored after half an hour, which counts as %v s", got)
	}
}

// The way of each listed commit to production is measured from when it was made.
func TestLeadTime(t *testing.T) {
	w := newWorld(t)
	h := w.serve(nil)
	now := w.clock.Now()
	w.repo.Tag("v1.0.0", strings.Repeat("a", 40))
	w.repo.Tag("v1.1.0", strings.Repeat("b", 40))
	w.press(w.say("deploy shop v1.0.0 to production"), "U0BOB", agent.VerbApprove, "")
	w.repo.Commit(now.Add(-2*time.Hour), now.Add(-3*time.Hour))
	w.press(w.say("deploy shop v1.1.0 to production"), "U0BOB", agent.VerbApprove, "")
	wantLines(t, h, `releasebot_lead_time_seconds_count{environment="production",service="shop"} 2`)
	if got := sample(t, h, `releasebot_lead_time_seconds_sum{environment="production",service="shop"}`); got < 5*3600 || got > 5*3600+600 {
		t.Errorf("two and three hours on their way count as %v s together", got)
	}
}

// Steps are counted by kind, and the wait for the first of them is measured.
func TestStepsAndPickup(t *testing.T) {
	w := newWorld(t)
	h := w.serve(nil)
	ctx, cancel := context.WithCancel(t.Context())
	ended := make(chan struct{})
	go func() { defer close(ended); w.engine.Run(ctx) }()
	defer func() { cancel(); <-ended }()
	for !w.engine.Running() {
		runtime.Gosched()
	}
	id := agent.SlackThreadID(agenttest.Team, "C0RELEASES", "1700000000.000001")
	if _, err := w.service.Take(ctx, agent.Fact{ID: "fact/1", Thread: id, Actor: agent.SlackActor(agenttest.Team, "U0ALICE"), Data: &agent.Trigger{
		Source: "mention", Text: "deploy shop v1.0.0 to staging", Slack: &agent.Place{Team: agenttest.Team, Channel: "C0RELEASES", TS: "1700000000.000001"},
	}}); err != nil {
		t.Fatal(err)
	}
	for deadline := time.Now().Add(2 * time.Minute); sample(t, h, `releasebot_step_seconds_count{kind="start"}`) < 1; {
		if time.Now().After(deadline) {
			t.Fatalf("no step of a deploy is counted:\n%s", strings.Join(scrape(t, h), "\n"))
		}
	}
	if got := sample(t, h, "releasebot_pickup_seconds_count"); got < 1 {
		t.Errorf("nothing was taken up: %v", got)
	}
}
