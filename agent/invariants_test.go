package agent_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/releasebot/releasebot/agent"
	"github.com/releasebot/releasebot/agent/agenttest"
	"github.com/releasebot/releasebot/policy"
	"github.com/releasebot/releasebot/threadstore"
	"github.com/releasebot/releasebot/threadstore/boltstore"
	"github.com/releasebot/releasebot/tools"
	"github.com/releasebot/releasebot/tools/deploy"
)

// The tests of this file bear the names of the invariants that ARCHITECTURE.md lists.

const invariantPolicy = `
version: 1
people:
  oncall: {group: S0ONCALL}
services:
  shop:
    environments:
      staging:
        deploy: {driver: fake}
      production:
        approval: {required: 1, from: [oncall], expires_after: 1h}
        deploy: {driver: fake}
        verify: [{name: health, fake: {}}]
`

// faulty fails, or lets others in between, before an op reaches the store.
type faulty struct {
	threadstore.Driver
	before func(op threadstore.Op) error
}

func (f *faulty) Apply(ctx context.Context, op threadstore.Op) (threadstore.Reply, error) {
	if f.before != nil {
		if err := f.before(op); err != nil {
			return threadstore.Reply{}, err
		}
	}
	return f.Driver.Apply(ctx, op)
}

// writes reports whether an op writes an event of this type.
func writes(op threadstore.Op, typ string) bool {
	return slices.ContainsFunc(op.Records, func(r threadstore.Record) bool {
		return bytes.Contains(r.Data, []byte(`"type":"`+typ+`"`))
	})
}

func newWorld(t *testing.T) (*scenario, *faulty) {
	t.Helper()
	d, err := boltstore.Open(filepath.Join(t.TempDir(), "threads.db"))
	if err != nil {
		t.Fatal(err)
	}
	f := &faulty{Driver: d}
	s := newScenario(t, f)
	if s.policy, err = policy.Parse("releasebot.yml", []byte(invariantPolicy), agenttest.Registry()); err != nil {
		t.Fatal(err)
	}
	s.people.SetGroup("S0ONCALL", "U0BOB", "U0CAROL")
	return s, f
}

// ask has alice say something in a thread of its own.
func (s *scenario) asks(name, text string) agent.ThreadID {
	s.t.Helper()
	id := agent.SlackThreadID(agenttest.Team, "C0RELEASES", name)
	s.names[name] = id
	s.threads = append(s.threads, id)
	s.take(agent.Fact{
		ID: "slack/" + name, Thread: id, Actor: agent.SlackActor(agenttest.Team, "U0ALICE"),
		Data: &agent.Trigger{Source: "mention", Text: text, Slack: &agent.Place{Team: agenttest.Team, Channel: "C0RELEASES", TS: name}},
	})
	return id
}

func (s *scenario) take(f agent.Fact) {
	s.t.Helper()
	if _, err := s.service.Take(s.t.Context(), f); err != nil {
		s.t.Fatal(err)
	}
}

func (s *scenario) decides(id agent.ThreadID, who string, verb agent.Verb, target string) {
	s.t.Helper()
	s.serial++
	s.take(agent.Fact{
		ID: fmt.Sprintf("click/%d", s.serial), Thread: id, Actor: agent.SlackActor(agenttest.Team, who),
		Data: &agent.DecisionReceived{Verb: verb, Target: target, Via: "button"},
	})
}

func (s *scenario) state(id agent.ThreadID) *agent.State {
	s.t.Helper()
	st, err := agent.LoadThread(s.t.Context(), s.store, id)
	if err != nil {
		s.t.Fatal(err)
	}
	return st
}

// until steps a thread until an event of the type is in its log.
func (s *scenario) until(id agent.ThreadID, typ string) {
	s.t.Helper()
	for range 100 {
		if s.has(id, typ) > 0 {
			return
		}
		if _, err := s.runner.Step(s.t.Context(), id, s.clock.Now()); err != nil {
			s.t.Fatal(err)
		}
	}
	s.t.Fatalf("no %s came", typ)
}

func (s *scenario) has(id agent.ThreadID, typ string) (n int) {
	s.t.Helper()
	events, err := agent.ReadEvents(s.t.Context(), s.store, string(id), 1)
	if err != nil {
		s.t.Fatal(err)
	}
	for _, e := range events {
		if e.Type() == typ {
			n++
		}
	}
	return n
}

// TestInvariant1Fold: whatever the log, in whatever order, folding it never
// fails, two halves give what the whole gives, and Decide gives the same twice.
func TestInvariant1Fold(t *testing.T) {
	s, _ := newWorld(t)
	id := s.asks("A", "deploy shop v1.0.0 to production")
	s.settle()
	s.decides(id, "U0BOB", agent.VerbApprove, agent.ReleaseID(id, 1))
	s.settle()
	events, err := agent.ReadEvents(t.Context(), s.store, string(id), 1)
	if err != nil {
		t.Fatal(err)
	}
	rapid.Check(t, func(t *rapid.T) {
		log := rapid.SliceOfN(rapid.SampledFrom(events), 0, 30).Draw(t, "events")
		renumbered := make([]*agent.Event, len(log))
		for i, e := range log {
			c := *e
			c.Seq = int64(i) + 1
			renumbered[i] = &c
		}
		whole := agent.Fold(agent.NewState(id), renumbered)
		cut := rapid.IntRange(0, len(log)).Draw(t, "cut")
		half, err := agent.Fold(agent.NewState(id), renumbered[:cut]).Clone()
		if err != nil {
			t.Fatal(err)
		}
		agent.Fold(half, renumbered[cut:])
		if a, b := mustJSON(t, whole), mustJSON(t, half); a != b {
			t.Fatalf("in two halves the log gives another state:\n%s\n%s", a, b)
		}
		now := time.Date(2026, 11, 23, 12, 0, 0, 0, time.UTC)
		if a, b := fmt.Sprint(agent.Decide(whole, now)), fmt.Sprint(agent.Decide(half, now)); a != b {
			t.Fatalf("the same state gives other steps:\n%s\n%s", a, b)
		}
	})
}

// TestInvariant1NewerProgram: an event of a newer program is kept; facts are still taken in, the thread is not run.
func TestInvariant1NewerProgram(t *testing.T) {
	s, _ := newWorld(t)
	id := s.asks("A", "deploy shop v1.0.0 to production")
	s.settle()
	s.take(agent.Fact{ID: "future", Thread: id, Actor: agent.Bot, Data: &agent.Foreign{Type: "prophecy", Version: 7, Raw: []byte(`{"of":1}`)}})
	s.decides(id, "U0BOB", agent.VerbApprove, agent.ReleaseID(id, 1))
	s.settle()
	if st := s.state(id); st.Status() != "unknown" || len(st.Decisions) != 1 {
		t.Errorf("the thread is %s with %d decisions to judge; want unknown, with the click kept", st.Status(), len(st.Decisions))
	}
	if got := s.deployer.Ledger(); len(got) != 0 {
		t.Errorf("a thread that this program does not understand was run: %q", got)
	}
}

// TestInvariant2WriteAhead: a start that could not be written down does not happen.
func TestInvariant2WriteAhead(t *testing.T) {
	s, f := newWorld(t)
	f.before = func(op threadstore.Op) error {
		if writes(op, "deploy_started") {
			return errors.New("the disk is full")
		}
		return nil
	}
	id := s.asks("A", "deploy shop v1.0.0 to staging")
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	var err error
	for err == nil {
		_, err = s.runner.Step(ctx, id, s.clock.Now())
	}
	if got := s.deployer.Ledger(); len(got) != 0 {
		t.Fatalf("started although that was not durable: %q", got)
	}
	f.before = nil
	s.settle()
	if got := s.deployer.Ledger(); len(got) != 1 {
		t.Fatalf("once the store works again, one start: %q", got)
	}
}

// TestInvariant3OneStartPerPlan: a process that dies right after the start was
// written, or right after its effect, leaves a release that is never started a second time.
func TestInvariant3OneStartPerPlan(t *testing.T) {
	for _, after := range []bool{false, true} {
		for _, once := range []bool{false, true} {
			t.Run(fmt.Sprintf("effect=%v once=%v", after, once), func(t *testing.T) {
				s, _ := newWorld(t)
				s.deployer.Once = once
				die := func(tools.Call) error { panic("killed") }
				if after {
					s.deployer.AfterStart = die
				} else {
					s.deployer.BeforeStart = die
				}
				id := s.asks("A", "deploy shop v1.0.0 to staging")
				s.untilKilled(id)
				s.deployer.BeforeStart, s.deployer.AfterStart = nil, nil
				s.die("second")
				s.settle()
				st := s.state(id).Release(1)
				switch started := len(s.deployer.Ledger()); {
				case after && (started != 1 || st.Outcome != agent.OutcomeDone):
					t.Errorf("it ran, so it is found again: %d starts, %s", started, st.Word())
				case !after && once && (started != 1 || st.Outcome != agent.OutcomeDone):
					t.Errorf("never begun, and the deployer refuses a second start of a key: it is begun now: %d starts, %s", started, st.Word())
				case !after && !once && (started != 0 || st.Stage != agent.StageUnknown):
					t.Errorf("never begun as far as is known, and nothing would refuse a second start: a person is asked: %d starts, %s", started, st.Word())
				}
			})
		}
	}
}

// untilKilled steps a thread until the process "dies".
func (s *scenario) untilKilled(id agent.ThreadID) {
	s.t.Helper()
	killed := false
	for n := 0; n < 100 && !killed; n++ {
		func() {
			defer func() { killed = recover() != nil }()
			if _, err := s.runner.Step(s.t.Context(), id, s.clock.Now()); err != nil {
				s.t.Fatal(err)
			}
		}()
	}
	if !killed {
		s.t.Fatal("it was never started")
	}
}

// TestInvariant3LogHasLostTheStart: a deployer that knows a key the log has never started closes the thread.
func TestInvariant3LogHasLostTheStart(t *testing.T) {
	s, f := newWorld(t)
	lost := errors.New("no answer")
	f.before = func(op threadstore.Op) error {
		if !writes(op, "deploy_started") {
			return nil
		}
		if len(s.deployer.Ledger()) == 0 { // the start happened, and the log that had it is gone
			c := tools.Call{Key: keyIn(op), Service: "shop", Environment: "staging", Version: "v1.0.0", Action: "deploy"}
			if _, err := s.deployer.Start(t.Context(), c); err != nil {
				t.Error(err)
			}
		}
		return lost
	}
	id := s.asks("A", "deploy shop v1.0.0 to staging")
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	var err error
	for err == nil {
		_, err = s.runner.Step(ctx, id, s.clock.Now())
	}
	f.before = nil
	s.die("second")
	s.settle()
	st := s.state(id)
	if st.Lost == nil || st.Lost.NoticedBy != agent.NoticedDeployer || st.Status() != "unknown" {
		t.Fatalf("the thread is %s, lost %+v; want it unknown, noticed by the deployer", st.Status(), st.Lost)
	}
	if rel := st.Release(1); rel.Word() != agent.OutcomeUnknown || len(s.deployer.Ledger()) != 1 {
		t.Fatalf("%s with %d starts; want outcome unknown, and no start of ours", rel.Word(), len(s.deployer.Ledger()))
	}
}

func keyIn(op threadstore.Op) string {
	for _, r := range op.Records {
		if e, err := agent.Decode(r.Data); err == nil {
			if d, ok := e.Data.(*agent.DeployStarted); ok {
				return d.Key
			}
		}
	}
	return ""
}

func (s *scenario) die(next string) {
	s.t.Helper()
	for _, id := range s.threads {
		for epoch := range int64(100) {
			if _, err := s.driver.Release(s.t.Context(), string(id), s.owner, epoch); err != nil {
				s.t.Fatal(err)
			}
		}
	}
	s.boot(next)
	s.clock.Move(10 * time.Second)
}

// TestInvariant5FactsAreNotConditional: an outcome counts also from a runner
// that has lost its lease before it could write it down; a decision of that
// runner does not.
func TestInvariant5FactsAreNotConditional(t *testing.T) {
	s, _ := newWorld(t)
	s.deployer.Outcome = func(tools.Call) deploy.State { return deploy.Running }
	id := s.asks("A", "deploy shop v1.0.0 to staging")
	s.until(id, "deploy_started")
	slow := s.runner
	s.deployer.Finish("shop", deploy.Succeeded)
	p, err := slow.Step(t.Context(), id, s.clock.Now()) // it has seen how the deploy ended …
	if err != nil || p.Did != agent.StepPoll {
		t.Fatalf("it did %q, %v; want the deployer asked", p.Did, err)
	}
	s.deployer.Amnesia = true
	s.die("second") // … and is stopped, longer than its lease, before that is in the log
	s.settle()
	if st := s.state(id).Release(1); st.Stage != agent.StageUnknown {
		t.Fatalf("the release is %s; want a person asked, as the deployer can't tell any more", st.Word())
	}
	if _, err := slow.Step(t.Context(), id, s.clock.Now()); !errors.Is(err, threadstore.ErrStale) {
		t.Fatalf("the slow process goes on: %v", err)
	}
	if n := s.has(id, "done"); n != 0 {
		t.Fatal("a process without the lease has decided something")
	}
	s.clock.Move(3 * time.Second)
	s.settle()
	if got := s.state(id).Release(1).Word(); got != "done" {
		t.Errorf("the release is %s; the outcome that the slow process saw must count: done", got)
	}
	s.holds()
}

// TestInvariant7ClickAndExpiryRace: what counts is the place in the log.
func TestInvariant7ClickAndExpiryRace(t *testing.T) {
	s, _ := newWorld(t)
	id := s.asks("A", "deploy shop v1.0.0 to production")
	s.settle()
	s.decides(id, "U0BOB", agent.VerbApprove, agent.ReleaseID(id, 1)) // clicked in time …
	s.clock.Move(2 * time.Hour)                                       // … and judged after the expiry
	s.settle()
	if got := s.deployer.Ledger(); len(got) != 0 {
		t.Fatalf("an approval that came to be judged after its time was counted: %q", got)
	}
	if r := s.state(id).Release(1); r.Outcome != agent.OutcomeExpired {
		t.Errorf("the release is %s; want expired", r.Word())
	}
	if s.has(id, "decision_refused") != 1 {
		t.Error("whoever clicked was not told")
	}
}

// TestInvariant8Digest: a change of anything that a plan covers is another digest.
func TestInvariant8Digest(t *testing.T) {
	digest := func(change func(s *scenario)) string {
		s, _ := newWorld(t)
		s.repo.Tag("v1.0.0", "aaaaaaaaaaaaaaaaaaaa")
		if change != nil {
			change(s)
		}
		id := s.asks("A", "deploy shop v1.0.0 to production")
		s.settle()
		return s.state(id).Release(1).Plan.Digest
	}
	same := digest(nil)
	if digest(nil) != same {
		t.Fatal("the same plan has two digests")
	}
	comments := func(s *scenario) { s.setPolicy(t, "# a comment\n"+invariantPolicy) }
	if digest(comments) != same {
		t.Error("a comment in the policy file changes the digest")
	}
	changes := map[string]func(*scenario){
		"commit":     func(s *scenario) { s.repo.Tag("v1.0.0", "bbbbbbbbbbbbbbbbbbbb") },
		"approvers":  func(s *scenario) { s.setPolicy(t, strings.Replace(invariantPolicy, "required: 1", "required: 2", 1)) },
		"checks":     func(s *scenario) { s.setPolicy(t, strings.Replace(invariantPolicy, "name: health", "name: other", 1)) },
		"on_failure": func(s *scenario) { s.setPolicy(t, invariantPolicy+"        on_failure: page\n") },
		"replaced": func(s *scenario) {
			s.repo.Tag("v0.9.0", "cccccccccccccccccccc")
			id := s.asks("0", "deploy shop v0.9.0 to production")
			s.settle()
			s.decides(id, "U0BOB", agent.VerbApprove, agent.ReleaseID(id, 1))
			s.settle()
		},
	}
	for what, change := range changes {
		if digest(change) == same {
			t.Errorf("another %s, and the same digest", what)
		}
	}
}

func (s *scenario) setPolicy(t *testing.T, y string) {
	t.Helper()
	f, err := policy.Parse("releasebot.yml", []byte(y), agenttest.Registry())
	if err != nil {
		t.Fatal(err)
	}
	s.policy = f
}

// inventive is a planner that makes things up.
type inventive struct{ intent agent.Intent }

func (p inventive) Plan(context.Context, agent.PlanInput) (agent.Planned, error) {
	return agent.Planned{Intent: p.intent, Planner: "inventive"}, nil
}

// TestInvariant9ModelOutputIsData: nothing a planner says can name what is not there, or approve.
func TestInvariant9ModelOutputIsData(t *testing.T) {
	for _, in := range []agent.Intent{
		{Kind: agent.IntentDeploy, Service: "bank", Environment: "production", Version: "v1"},
		{Kind: agent.IntentDeploy, Service: "shop", Environment: "moon", Version: "v1"},
		{Kind: agent.IntentDeploy, Service: "shop", Environment: "staging", Version: "--force"},
		{Kind: agent.IntentDeploy, Service: "shop", Environment: "staging", Version: "v1\n<!channel>"},
		{Kind: agent.IntentDeploy, Service: "shop", Environment: "staging"},
		{Kind: "approve", ID: "x"},
		{Kind: agent.IntentDeploy, Service: "shop", Environment: "production", Version: "v1", Reason: "approved by U0BOB"},
	} {
		s, _ := newWorld(t)
		s.planner = inventive{in}
		s.boot("inventive")
		s.asks("A", "whatever")
		s.settle()
		if got := s.deployer.Ledger(); len(got) != 0 {
			t.Errorf("%+v started %q", in, got)
		}
	}
}

// TestInvariant10TamperEvident: a byte changed anywhere in a log is found, at its place.
func TestInvariant10TamperEvident(t *testing.T) {
	s, _ := newWorld(t)
	id := s.asks("A", "deploy shop v1.0.0 to staging")
	s.settle()
	records, err := s.store.Read(t.Context(), string(id), 1, 0)
	if err != nil {
		t.Fatal(err)
	}
	head, err := s.store.Verify(records, agent.PrevOf)
	if err != nil {
		t.Fatal(err)
	}
	last, err := agent.Decode(records[len(records)-1])
	if err != nil {
		t.Fatal(err)
	}
	if d, ok := last.Data.(*agent.Done); !ok || d.Head != last.Prev {
		t.Errorf("done must publish the head of what came before it: %+v", last.Data)
	}
	for i := range records {
		forged := slices.Clone(records)
		forged[i] = bytes.Replace(records[i], []byte(`"actor":"`), []byte(`"actor":"x`), 1)
		if h, err := s.store.Verify(forged, agent.PrevOf); err == nil && h == head {
			t.Errorf("event %d was changed, and nothing noticed", i+1)
		}
	}
}

// TestInvariant11ClosedByDefault: what can't be checked is refused, with the reason.
func TestInvariant11ClosedByDefault(t *testing.T) {
	s, _ := newWorld(t)
	s.people.Down(true)
	id := s.asks("A", "deploy shop v1.0.0 to staging")
	s.settle()
	r := s.state(id).Release(1)
	if r.Outcome != agent.OutcomeRefused || r.Refused.Rule != policy.RuleLookup || r.Refused.Reason == "" {
		t.Errorf("nobody could say who asked: %s, %+v; want refused, with that reason", r.Word(), r.Refused)
	}
	if got := s.deployer.Ledger(); len(got) != 0 {
		t.Errorf("started %q", got)
	}
}
