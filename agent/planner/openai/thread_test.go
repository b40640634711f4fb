package openai

import (
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/releasebot/releasebot/agent"
	"github.com/releasebot/releasebot/agent/agenttest"
	"github.com/releasebot/releasebot/agent/planner/rules"
	"github.com/releasebot/releasebot/policy"
	"github.com/releasebot/releasebot/sim/memstore"
	"github.com/releasebot/releasebot/threadstore"
	"github.com/releasebot/releasebot/tools/changelog"
	"github.com/releasebot/releasebot/tools/deploy"
	"github.com/releasebot/releasebot/tools/healthcheck"
)

const threadPolicy = `
version: 1
services:
  shop:
    environments:
      staging:
        deploy: {driver: fake}
      production:
        approval: {required: 1, from: [U0BOB]}
        deploy: {driver: fake}
`

// thread is one thread in a world of its own, run by the real runner.
type thread struct {
	t       *testing.T
	id      agent.ThreadID
	clock   *agenttest.Clock
	store   *threadstore.Store
	runner  *agent.Runner
	service *agent.Service
	woken   chan struct{}
	facts   int
}

func newThread(t *testing.T, planner agent.Planner, slow bool) *thread {
	t.Helper()
	f, err := policy.Parse("releasebot.yml", []byte(threadPolicy), agenttest.Registry())
	if err != nil {
		t.Fatal(err)
	}
	th := &thread{t: t, id: agent.SlackThreadID(agenttest.Team, "C0RELEASES", "1"), clock: agenttest.NewClock(at(0)), woken: make(chan struct{}, 1)}
	th.store = threadstore.New(memstore.New(memstore.Options{Now: th.clock.Now}), threadstore.Options{Now: th.clock.Now})
	th.runner = agent.NewRunner(agent.Config{
		Store: th.store, Owner: "one", RunnerID: "one", Policy: func() *policy.File { return f }, Planner: planner, Slow: slow, Quick: rules.New(),
		People: &agenttest.People{}, Pager: &agenttest.Pager{}, Viewer: agenttest.Blind{},
		Sources:   func(*policy.Source) (changelog.Source, error) { return &agenttest.Repository{}, nil },
		Deployers: map[string]deploy.Driver{"fake": &agenttest.Deployer{}},
		Checkers:  map[string]healthcheck.Checker{"fake": &agenttest.Health{}},
		Now:       th.clock.Now,
	})
	e := agent.NewEngine(th.runner)
	e.Drive(func(agent.ThreadID) { th.wake() })
	th.service = agent.NewService(e)
	return th
}

// wake says that something has come from beside the steps.
func (th *thread) wake() {
	select {
	case th.woken <- struct{}{}:
	default:
	}
}

// take puts a fact into the log.
func (th *thread) take(who string, p agent.Payload) {
	th.t.Helper()
	th.facts++
	f := agent.Fact{ID: fmt.Sprintf("fact/%d", th.facts), Thread: th.id, Actor: agent.SlackActor(agenttest.Team, who), Data: p}
	if _, err := th.service.Take(th.t.Context(), f); err != nil {
		th.t.Fatal(err)
	}
}

func (th *thread) says(who, text string) {
	th.t.Helper()
	if th.facts == 0 {
		th.take(who, &agent.Trigger{Source: "mention", Text: text, Slack: &agent.Place{Team: agenttest.Team, Channel: "C0RELEASES", TS: "1"}})
		return
	}
	th.take(who, &agent.Message{Text: text})
}

func (th *thread) clicks(who string, verb agent.Verb, target, reason string) {
	th.t.Helper()
	th.take(who, &agent.DecisionReceived{Verb: verb, Target: target, Reason: reason, Via: "button"})
}

// settle steps the thread until it waits.
func (th *thread) settle() {
	th.t.Helper()
	for range 200 {
		p, err := th.runner.Step(th.t.Context(), th.id, th.clock.Now())
		if err != nil {
			th.t.Fatal(err)
		}
		switch {
		case p.Did != agent.StepWait:
		case p.Next.IsZero() || p.Next.Sub(th.clock.Now()) > time.Minute:
			return
		default:
			th.clock.Move(max(p.Next.Sub(th.clock.Now()), time.Millisecond))
		}
	}
}

// until settles the thread again and again, whenever something has come from beside, until done says so.
func (th *thread) until(what string, done func(*agent.State) bool) {
	th.t.Helper()
	late := time.After(2 * time.Minute)
	for {
		th.settle()
		if done(th.state()) {
			return
		}
		select {
		case <-th.woken:
		case <-late:
			th.t.Fatalf("it never came to that: %s", what)
		}
	}
}

func (th *thread) events() []*agent.Event {
	th.t.Helper()
	events, err := agent.ReadEvents(th.t.Context(), th.store, string(th.id), 1)
	if err != nil {
		th.t.Fatal(err)
	}
	return events
}

func (th *thread) state() *agent.State { return agent.Fold(agent.NewState(th.id), th.events()) }

func catalogOfThread() agent.Catalog {
	return agent.Catalog{Services: []agent.CatalogService{{Name: "shop", Environments: []string{"staging", "production"}}}}
}

// TestAThousandMessages: a thread of a thousand messages stays in its budget at
// every one of them, and what is sent last still says who asked for what, what
// was decided by whom, and what is open.
func TestAThousandMessages(t *testing.T) {
	th := newThread(t, rules.New(), false)
	th.says("U0ALICE", "lock shop production because the data base moves")
	th.settle()
	th.says("U0ALICE", "unlock shop production")
	th.settle()
	th.says("U0CAROL", "deploy shop 0.9.0 to production")
	th.settle()
	th.clicks("U0BOB", agent.VerbReject, agent.ReleaseID(th.id, 1), "it leaks")
	th.settle()
	for n := range 995 {
		who := []string{"U0ALICE", "U0CAROL", "U0DAVE"}[n%3]
		switch {
		case n%90 == 7:
			th.says(who, fmt.Sprintf("deploy shop 1.%d.0 to staging", n))
		case n%90 == 8:
			th.says(who, fmt.Sprintf("my notes on 1.%d.0 say that it needs the new cache", n))
		default:
			th.says(who, "lunch? "+strings.Repeat("the weather is nice today, and the coffee too. ", 8))
		}
		th.settle()
	}
	th.says("U0DAVE", "deploy shop 2.0.0 to production")
	th.settle()
	th.says("U0DAVE", "deploy shop to staging")
	th.settle()

	st, events := th.state(), th.events()
	summaries := 0
	for _, e := range events {
		if _, ok := e.Data.(*agent.Summary); ok {
			summaries++
		}
	}
	if summaries < 40 || summaries > 60 {
		t.Errorf("%d summaries of 1,000 messages: one for about every twenty is what was meant", summaries)
	}
	if n := st.Past.Messages + persons(st.Turns); n != th.facts { // the reason of a rejection is words too
		t.Errorf("%d messages are remembered or counted, %d were written", n, th.facts)
	}
	words := agent.Words{Seq: st.Version + 1, Text: "so, that one too, whatever it was called", At: th.clock.Now()}
	req, err := Render(st.PlanInput(words, catalogOfThread()), Options{})
	if err != nil {
		t.Fatal(err)
	}
	if req.Tokens > DefaultBudget {
		t.Errorf("%d tokens", req.Tokens)
	}
	for what, needed := range map[string]string{
		"the words":                         words.Text,
		"the open question":                 `"missing":"version","so_far":{"kind":"deploy","service":"shop","environment":"staging"`,
		"the open release, and who asked":   `"version":"2.0.0","state":"waiting for approval","asked_by":"U0DAVE"`,
		"what was rejected, by whom":        `"decided":"rejected by U0BOB","detail":"it leaks"`,
		"who asked for the rejected one":    `"version":"0.9.0","state":"rejected","asked_by":"U0CAROL"`,
		"a request that made no release":    `{"asked_by":"U0ALICE","request":"lock shop to production because the data base moves"}`,
		"a fact that came up long ago":      `my notes on 1.908.0 say`,
		"how much was left out":             `earlier messages are left out`,
		"the newest words, and whose":       `{"from":"person","by":"U0DAVE","text":"deploy shop to staging"}`,
		"the newest release of the staging": `"version":"1.907.0","state":"done"`,
	} {
		if !strings.Contains(req.Messages[1].Content, needed) {
			t.Errorf("%s is not there: %s", what, needed)
		}
	}
	if t.Failed() {
		t.Log(req.Messages[1].Content)
	}
	everyPrompt(t, th.id, events)
	if _, diffs := agent.Replay(th.id, events); len(diffs) > 0 {
		t.Errorf("replayed: %v", diffs)
	}
}

// everyPrompt renders what a model would have been sent for each message: in budget, and the same from
// a log that is folded in two halves.
func everyPrompt(t *testing.T, id agent.ThreadID, events []*agent.Event) {
	t.Helper()
	s := agent.NewState(id)
	for i, e := range events {
		s.Reduce(e)
		if len(s.Words) == 0 || i%29 != 0 && i != len(events)-1 {
			continue
		}
		w := s.Words[0]
		req, err := Render(s.PlanInput(w, catalogOfThread()), Options{})
		if err != nil || req.Tokens > DefaultBudget {
			t.Fatalf("event %d: %d tokens, %v", e.Seq, req.Tokens, err)
		}
		half := agent.Fold(agent.NewState(id), events[:i/2])
		kept, err := half.Clone()
		if err != nil {
			t.Fatal(err)
		}
		again, err := Render(agent.Fold(kept, events[i/2:i+1]).PlanInput(w, catalogOfThread()), Options{})
		if err != nil || again.Version != req.Version {
			t.Fatalf("event %d: folded in halves %s is sent, and not %s (%v)", e.Seq, again.Version, req.Version, err)
		}
	}
}

// TestAHangingEndpointHoldsNothingUp: while the endpoint hangs, a click and
// "stop" act at once, also where the model is asked about everything, and the
// speaker is answered within the planner's limit.
func TestAHangingEndpointHoldsNothingUp(t *testing.T) {
	for _, always := range []bool{false, true} {
		t.Run(fmt.Sprintf("always ask %v", always), func(t *testing.T) {
			t.Parallel()
			f := newFake(t)
			limit := 10 * time.Second // ample for all that is not to wait for it, also on a busy machine
			th := newThread(t, f.planner(t, func(c *Config) { c.Timeout, c.AlwaysAsk = limit, always }), true)
			f.answers = []answer{func(w http.ResponseWriter, r *http.Request) {
				th.wake()
				f.deaf(w, r)
			}}
			words := func(st *agent.State) []string {
				var out []string
				for _, r := range st.Releases {
					out = append(out, r.Version+" "+r.Word())
				}
				return out
			}
			th.take("U0ALICE", &agent.Trigger{
				Source: "command", Text: "deploy shop 1.0.0 to production", Slack: &agent.Place{Team: agenttest.Team, Channel: "C0RELEASES", TS: "1"},
				Intent: &agent.Intent{Kind: agent.IntentDeploy, Service: "shop", Environment: "production", Version: "1.0.0"},
			})
			th.until("a command makes a release", func(st *agent.State) bool {
				return slices.Equal(words(st), []string{"1.0.0 waiting for approval"})
			})
			th.says("U0CAROL", "it would be lovely to see shop 3.0.0 on production")
			began := time.Now()
			th.until("the model is asked", func(*agent.State) bool { return len(f.requests()) == 1 })
			th.clicks("U0BOB", agent.VerbApprove, agent.ReleaseID(th.id, 1), "")
			th.until("the click counts", func(st *agent.State) bool { return slices.Equal(words(st), []string{"1.0.0 done"}) })
			th.take("U0ALICE", &agent.Message{
				Text: "deploy shop 1.1.0 to production", Intent: &agent.Intent{Kind: agent.IntentDeploy, Service: "shop", Environment: "production", Version: "1.1.0"},
			})
			th.until("commands are taken", func(st *agent.State) bool { return len(st.Releases) == 2 })
			th.says("U0ALICE", "stop")
			th.until("stop acts", func(st *agent.State) bool { return slices.Equal(words(st), []string{"1.0.0 done", "1.1.0 canceled"}) })
			if took := time.Since(began); took > limit {
				t.Errorf("all that took %v, and waited for the model", took)
			}
			th.until("the person is asked", func(st *agent.State) bool { return st.OpenQuestion() != nil && len(st.Words) == 0 })
			if took := time.Since(began); took > limit+time.Minute {
				t.Errorf("the answer took %v", took)
			}
			th.runner.Wait()
			if !slices.ContainsFunc(th.events(), func(e *agent.Event) bool {
				d, ok := e.Data.(*agent.ErrorEvent)
				return ok && strings.Contains(d.Message, "no answer in time")
			}) {
				t.Error("the log does not say that the model gave no answer")
			}
		})
	}
}
