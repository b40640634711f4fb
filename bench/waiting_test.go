package bench

import (
	"fmt"
	"os"
	"strconv"
	"testing"
	"time"

	"github.com/releasebot/releasebot/agent"
	"github.com/releasebot/releasebot/agent/agenttest"
	"github.com/releasebot/releasebot/agent/planner/rules"
	"github.com/releasebot/releasebot/policy"
	"github.com/releasebot/releasebot/threadstore"
	"github.com/releasebot/releasebot/threadstore/redisstore"
	"github.com/releasebot/releasebot/threadstore/storetest/redistest"
	"github.com/releasebot/releasebot/tools/changelog"
)

const waitingPolicy = `version: 1
services:
  shop:
    environments:
      production:
        approval: {required: 1, from: [U0BOB]}
        deploy: {driver: fake}
`

// TestWaiting puts threads that wait for an approval into a Redis, WAITING of
// them (20) in REDIS_URL's, else in one of its own. peers.sh then starts a
// serve on it and looks at what waiting costs.
func TestWaiting(t *testing.T) {
	url, n, fill := os.Getenv("REDIS_URL"), 20, os.Getenv("WAITING")
	if fill == "" || url == "" {
		url = redistest.Start(t)
	} else if _, err := fmt.Sscan(fill, &n); err != nil {
		t.Fatalf("WAITING: %v", err)
	}
	d, err := redisstore.Open(t.Context(), redisstore.Config{URL: url})
	if err != nil {
		t.Fatal(err)
	}
	store := threadstore.New(d, threadstore.Options{})
	t.Cleanup(func() { _ = store.Close() })
	f, err := policy.Parse("waiting.yml", []byte(waitingPolicy), agenttest.Registry())
	if err != nil {
		t.Fatal(err)
	}
	runner := agent.NewRunner(agent.Config{
		Store: store, Owner: "fill", RunnerID: "fill", Policy: func() *policy.File { return f }, Planner: rules.New(),
		People: &agenttest.People{}, Pager: &agenttest.Pager{}, Viewer: agenttest.Blind{},
		Sources: func(*policy.Source) (changelog.Source, error) { return changelog.None{}, nil },
	})
	engine := agent.NewEngine(runner)
	engine.Drive(func(agent.ThreadID) {})
	service := agent.NewService(engine)
	for i := range n {
		place := agent.Place{Team: agenttest.Team, Channel: "C" + strconv.Itoa(i), TS: "1.1"}
		id := agent.SlackThreadID(place.Team, place.Channel, place.TS)
		_, err := service.Take(t.Context(), agent.Fact{
			ID: "m", Thread: id, Actor: agent.SlackActor(place.Team, "U0ALICE"),
			Data: &agent.Trigger{Source: "mention", Text: "deploy shop v1.4.2 to production", Slack: &place},
		})
		if err != nil {
			t.Fatal(err)
		}
		for idle := false; !idle; {
			p, err := runner.Step(t.Context(), id, time.Now())
			if err != nil {
				t.Fatal(err)
			}
			idle = p.Idle
		}
	}
	waiting, err := agent.Queries{Store: store, Policy: func() *policy.File { return f }}.Approvals(t.Context())
	if err != nil || len(waiting) < n {
		t.Fatalf("%d threads wait, want %d: %v", len(waiting), n, err)
	}
	if fill == "" {
		return
	}
	fmt.Printf("{\"peer\":\"ours-waiting\",\"what\":\"threads\",\"threads\":%d}\n", len(waiting)) //nolint:forbidigo // peers.sh reads it
}
