package agent_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/releasebot/releasebot/agent"
	"github.com/releasebot/releasebot/agent/agenttest"
)

// conversation is a thread in which people have talked for n events: every
// other one a question and its answer, which have been shown, and in the end a
// release that waits for its approval.
func conversation(n int) []*agent.Event {
	at := time.Date(2026, 11, 22, 10, 0, 0, 0, time.UTC)
	var events []*agent.Event
	add := func(release int, actor agent.Actor, p agent.Payload) {
		events = append(events, &agent.Event{
			ID: fmt.Sprint(len(events) + 1), Seq: int64(len(events)) + 1, At: at, Actor: actor, Release: release, Data: p,
		})
	}
	alice := agent.SlackActor(agenttest.Team, "U0ALICE")
	add(0, alice, &agent.Trigger{Source: "mention", Text: "status of shop", Slack: &agent.Place{Channel: "C0", TS: "1.1"}})
	for len(events) < n-4 {
		seq := int64(len(events))
		add(0, agent.Bot, &agent.PlannerDecision{Of: seq, Intent: agent.Intent{Kind: agent.IntentStatus, Service: "shop"}, Planner: "rules"})
		add(0, agent.Bot, &agent.Answered{Of: seq + 1, Kind: "status", Title: "Status of shop", Lines: []string{"shop in production: v1.4.2 since 22 Nov 10:00 UTC, healthy"}})
		add(0, agent.Bot, &agent.Posted{Views: []agent.PostedView{{Key: agent.ViewAnswer(seq + 2), Channel: "C0", TS: "1.2", Final: true}}})
		add(0, alice, &agent.Message{Text: "and what is the status of shop now?"})
	}
	seq := int64(len(events))
	add(0, agent.Bot, &agent.PlannerDecision{Of: seq, Intent: agent.Intent{Kind: agent.IntentDeploy, Service: "shop", Environment: "production", Version: "v1.4.3"}, Planner: "rules"})
	add(1, agent.Bot, &agent.ReleaseContext{})
	add(1, agent.Bot, &agent.Plan{Ordinal: 1, Digest: "d", Action: "deploy", Service: "shop", Env: "production", Version: "v1.4.3", Policy: []byte("{}")})
	add(1, agent.Bot, &agent.ApprovalRequested{ID: "a-1", Digest: "d", Required: 1, Expires: at.Add(time.Hour)})
	return events
}

// BenchmarkFold reads a log back: decoding and folding it from the start, as a
// process does that has no snapshot of it.
func BenchmarkFold(b *testing.B) {
	for _, n := range []int{10, 100, 1000} {
		b.Run(fmt.Sprint(n), func(b *testing.B) {
			var records [][]byte
			for _, e := range conversation(n) {
				r, err := agent.Encode(e)
				if err != nil {
					b.Fatal(err)
				}
				records = append(records, r)
			}
			b.ReportAllocs()
			for b.Loop() {
				s := agent.NewState("tabcdefghjkmn")
				for _, r := range records {
					e, err := agent.Decode(r)
					if err != nil {
						b.Fatal(err)
					}
					s.Reduce(e)
				}
			}
		})
	}
}

// BenchmarkDecide is one decision on a thread with a release that waits, after
// few events and after many: what a step costs must not grow with the log.
func BenchmarkDecide(b *testing.B) {
	for _, n := range []int{10, 1000} {
		b.Run(fmt.Sprint(n), func(b *testing.B) {
			s := agent.Fold(agent.NewState("tabcdefghjkmn"), conversation(n))
			now := s.Now.Add(time.Minute)
			b.ReportAllocs()
			for b.Loop() {
				agent.Decide(s, now)
			}
		})
	}
}
