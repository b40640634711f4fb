package chaos

import (
	"context"
	"encoding/json"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/releasebot/releasebot/agent"
	"github.com/releasebot/releasebot/agent/agenttest"
	"github.com/releasebot/releasebot/internal/e2etest"
	"github.com/releasebot/releasebot/policy"
	"github.com/releasebot/releasebot/threadstore"
	"github.com/releasebot/releasebot/threadstore/redisstore"
	"github.com/releasebot/releasebot/threadstore/storetest/redistest"
	"github.com/releasebot/releasebot/tools/changelog"
	"github.com/releasebot/releasebot/tools/deploy"
	"github.com/releasebot/releasebot/tools/healthcheck"
)

// storeBehind opens the store that a Sentinel watches, as a process of its own would.
func storeBehind(t *testing.T, w *redistest.Watch, waits int) *threadstore.Store {
	t.Helper()
	var d *redisstore.Driver
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	var err error
	if !poll(ctx, func() bool {
		d, err = redisstore.Open(ctx, redisstore.Config{URL: w.URL(), SentinelMaster: redistest.MasterName, WaitReplicas: waits})
		return err == nil
	}) {
		t.Fatal(err)
	}
	s := threadstore.New(d, threadstore.Options{})
	t.Cleanup(func() {
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	})
	return s
}

type noted struct {
	Seq  int64  `json:"seq"`
	ID   string `json:"id"`
	Prev string `json:"prev"`
}

func note(id string) threadstore.Draft {
	return threadstore.Draft{ID: id, Sum: id, Encode: func(seq int64, prev string) ([]byte, error) { return json.Marshal(noted{seq, id, prev}) }}
}

func prevOf(data []byte) (string, error) {
	var n noted
	err := json.Unmarshal(data, &n)
	return n.Prev, err
}

// eventually gives a store the time that its client needs to find the new master.
func eventually(t *testing.T, do func() error) error {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	var err error
	poll(ctx, func() bool {
		err = do()
		return err == nil || errors.Is(err, threadstore.ErrLost) || errors.Is(err, threadstore.ErrConflict)
	})
	return err
}

// A failover to a replica that never saw two acknowledged events: whoever saw
// them, or is told of them, is refused; also after the log has grown again; and
// a copy taken before shows by its head that it is another log.
func TestFailoverIsNoticedByTheStore(t *testing.T) {
	optIn(t, "RELEASEBOT_CLUSTER")
	w := redistest.Sentinel(t)
	s := storeBehind(t, w, 0)
	add := func(s *threadstore.Store, ids ...string) (threadstore.Appended, error) {
		var drafts []threadstore.Draft
		for _, id := range ids {
			drafts = append(drafts, note(id))
		}
		return s.Append(t.Context(), threadstore.Append{Log: "log", Fact: true, Drafts: drafts})
	}
	if _, err := add(s, "a", "b", "c"); err != nil {
		t.Fatal(err)
	}
	var before threadstore.Appended
	var copied [][]byte
	w.Lose(func() {
		var err error
		if before, err = add(s, "d", "e"); err != nil || before.Version != 5 {
			t.Fatalf("on the old master: %+v, %v", before, err)
		}
		if copied, err = s.Read(t.Context(), "log", 1, 0); err != nil {
			t.Fatal(err)
		}
	})

	if err := eventually(t, func() error { _, err := s.Load(t.Context(), "log", 1); return err }); !errors.Is(err, threadstore.ErrLost) {
		t.Errorf("loading a log that is shorter: %v, want %v", err, threadstore.ErrLost)
	}
	for name, a := range map[string]threadstore.Append{
		"a decision":              {Log: "log", Expect: 5, Drafts: []threadstore.Draft{note("f")}},
		"a fact":                  {Log: "log", Fact: true, Drafts: []threadstore.Draft{note("f")}},
		"a decision about timing": {Log: "log", Expect: 5, Due: threadstore.DueNever()},
	} {
		if _, err := s.Append(t.Context(), a); !errors.Is(err, threadstore.ErrLost) {
			t.Errorf("%s by the process that saw them: %v, want %v", name, err, threadstore.ErrLost)
		}
	}
	other := storeBehind(t, w, 0) // has seen nothing, and is told
	if _, err := other.Append(t.Context(), threadstore.Append{Log: "log", Expect: 5, Drafts: []threadstore.Draft{note("f")}}); !errors.Is(err, threadstore.ErrLost) {
		t.Errorf("a decision at a version that is gone, by another process: %v, want %v", err, threadstore.ErrLost)
	}

	fresh := storeBehind(t, w, 0)
	after, err := add(fresh, "x", "y")
	if err != nil || after.Version != before.Version || after.Head == before.Head {
		t.Fatalf("the log grown again: %+v, %v, want version %d and another head", after, err, before.Version)
	}
	if _, err := s.Append(t.Context(), threadstore.Append{Log: "log", Expect: 5, Drafts: []threadstore.Draft{note("f")}}); !errors.Is(err, threadstore.ErrLost) {
		t.Errorf("a decision on a log of the same length with another head: %v, want %v", err, threadstore.ErrLost)
	}

	// The chain: an event of the lost end does not fit onto what stands there now.
	now, err := fresh.Read(t.Context(), "log", 1, 0)
	if err != nil {
		t.Fatal(err)
	}
	if head, err := fresh.Verify(now, prevOf); err != nil || head == before.Head {
		t.Errorf("the chain that stands there now: head %s, %v; it is whole, and another than %s", head, err, before.Head)
	}
	var broken *threadstore.ChainError
	if _, err := fresh.Verify(append(now[:4:4], copied[4]), prevOf); !errors.As(err, &broken) || broken.Seq != 5 {
		t.Errorf("an event of the lost end after one that replaced it: %v, want a broken chain at 5", err)
	}
}

const onePolicy = `
version: 1
people:
  oncall: {group: S0ONCALL}
services:
  shop:
    environments:
      production:
        approval: {required: 1, from: [oncall]}
        deploy: {driver: command, start: @deploy@}
`

func (w *town) wantEffects(want int) {
	w.Helper()
	list, err := w.ledger.Read()
	w.must(err)
	n := 0
	for _, e := range list {
		if e.What == e2etest.Begin {
			n++
		}
	}
	if n != want {
		w.Errorf("%d deploys in the ledger, want %d: %v", n, want, list)
	}
}

// With a replica required, a start that only the master has is not made; once
// the replica follows again, a new plan is.
func TestFailoverShortOfReplicasNothingStarts(t *testing.T) {
	optIn(t, "RELEASEBOT_CLUSTER")
	w := redistest.Sentinel(t)
	store := storeBehind(t, w, 1)
	file, err := policy.Parse("releasebot.yml", []byte("version: 1\nservices: {shop: {environments: {staging: {deploy: {driver: fake}}}}}\n"), agenttest.Registry())
	if err != nil {
		t.Fatal(err)
	}
	deployer := &agenttest.Deployer{Once: true}
	runner := agent.NewRunner(agent.Config{
		Store: store, Owner: "test", RunnerID: "test", Policy: func() *policy.File { return file }, People: &agenttest.People{}, Pager: &agenttest.Pager{}, Viewer: agenttest.Blind{},
		Sources:   func(*policy.Source) (changelog.Source, error) { return changelog.None{}, nil },
		Deployers: map[string]deploy.Driver{"fake": deployer}, Checkers: map[string]healthcheck.Checker{"fake": &agenttest.Health{}},
	})
	engine := agent.NewEngine(runner)
	engine.Drive(func(agent.ThreadID) {})
	service := agent.NewService(engine)
	release := func(ts string) *agent.ReleaseState {
		id := agent.SlackThreadID(agenttest.Team, releases, ts)
		if _, err := service.Take(t.Context(), agent.Fact{
			ID: "slack/" + ts, Thread: id, Actor: agent.SlackActor(agenttest.Team, alice),
			Data: &agent.Trigger{
				Source: "command", Text: "deploy", Slack: &agent.Place{Team: agenttest.Team, Channel: releases, TS: ts},
				Intent: &agent.Intent{Kind: agent.IntentDeploy, Service: "shop", Environment: "staging", Version: "v" + ts},
			},
		}); err != nil {
			t.Fatal(err)
		}
		var s *agent.State
		for until := time.Now().Add(patience); time.Now().Before(until); {
			if _, err := runner.Step(t.Context(), id, time.Now()); err != nil {
				t.Fatal(err)
			}
			if s, err = agent.LoadThread(t.Context(), store, id); err != nil {
				t.Fatal(err)
			}
			if rel := s.Release(1); rel != nil && rel.Stage == agent.StageEnded {
				return rel
			}
		}
		t.Fatalf("release %s does not end: %+v", ts, s)
		return nil
	}
	if rel := release("1"); rel.Outcome != agent.OutcomeDone || len(deployer.Ledger()) != 1 {
		t.Fatalf("with its replica: %s, %v", rel.Outcome, deployer.Ledger())
	}
	w.Replica.Freeze()
	rel := release("2")
	w.Replica.Thaw()
	if rel.Outcome == agent.OutcomeDone || len(deployer.Ledger()) != 1 {
		t.Errorf("short of its replica: %s, started %v; want nothing started", rel.Outcome, deployer.Ledger())
	}
	if rel.Deploy == nil || !strings.Contains(rel.Deploy.Detail, "Too few replicas") {
		t.Errorf("it does not say why: %+v", rel.Deploy)
	}
	if rel := release("3"); rel.Outcome != agent.OutcomeDone || len(deployer.Ledger()) != 2 {
		t.Errorf("with the replica back: %s, %v", rel.Outcome, deployer.Ledger())
	}
}
