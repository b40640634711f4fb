package agent_test

import (
	"context"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/releasebot/releasebot/agent"
	"github.com/releasebot/releasebot/agent/agenttest"
	"github.com/releasebot/releasebot/agent/planner/rules"
	"github.com/releasebot/releasebot/policy"
	"github.com/releasebot/releasebot/tools/changelog"
	"github.com/releasebot/releasebot/tools/deploy"
	"github.com/releasebot/releasebot/tools/healthcheck"
)

// gated is a slow planner: words with "pray" in them get no answer before the
// test gives it, all others what the rules planner makes of them, after they
// were asked about.
type gated struct {
	rules  *rules.Planner
	asked  chan agent.PlanInput
	answer chan agent.Intent
	then   func(asked int) // called while a model that was asked so often thinks, where it is set
	woken  chan struct{}   // something has come from beside the steps
}

// Plan implements agent.Planner.
func (g *gated) Plan(ctx context.Context, in agent.PlanInput) (agent.Planned, error) {
	if !strings.Contains(in.Words, "pray") {
		return g.rules.Plan(ctx, in)
	}
	g.asked <- in // there is room
	if g.then != nil {
		g.then(len(g.asked))
	}
	g.wake()
	select {
	case i := <-g.answer:
		return agent.Planned{Intent: i, Planner: "model"}, nil
	case <-ctx.Done():
		return agent.Planned{}, ctx.Err()
	}
}

func (g *gated) wake() {
	select {
	case g.woken <- struct{}{}:
	default:
	}
}

// slowly is a world whose planner is slow.
func slowly(t *testing.T, limit time.Duration) (*scenario, *gated) {
	t.Helper()
	s, _ := newWorld(t)
	g := &gated{rules: rules.New(), asked: make(chan agent.PlanInput, 100), answer: make(chan agent.Intent, 100), woken: make(chan struct{}, 1)}
	s.runner = agent.NewRunner(agent.Config{
		Store: s.store, Owner: "slow", RunnerID: "slow", Policy: func() *policy.File { return s.policy },
		Planner: g, Slow: true, Quick: rules.New(), PlannerLimit: limit, People: s.people, Pager: s.pager, Viewer: agenttest.Blind{},
		Sources:   func(*policy.Source) (changelog.Source, error) { return s.repo, nil },
		Deployers: map[string]deploy.Driver{"fake": s.deployer},
		Checkers:  map[string]healthcheck.Checker{"fake": s.health},
		Now:       s.clock.Now,
	})
	e := agent.NewEngine(s.runner)
	e.Drive(func(agent.ThreadID) { g.wake() })
	s.service = agent.NewService(e)
	return s, g
}

// until steps the thread, again whenever something has come, until done says so.
func (g *gated) until(s *scenario, id agent.ThreadID, what string, done func(*agent.State) bool) {
	s.t.Helper()
	late := time.After(2 * time.Minute)
	for {
		s.steps(id)
		if done(s.state(id)) {
			return
		}
		select {
		case <-g.woken:
		case <-late:
			s.t.Fatalf("%s: it never came to that; the log:\n%s", what, s.news())
		}
	}
}

func (s *scenario) says(id agent.ThreadID, who, text string) {
	s.t.Helper()
	s.serial++
	s.take(agent.Fact{ID: "slack/m" + string(rune('a'+s.serial)), Thread: id, Actor: agent.SlackActor(agenttest.Team, who), Data: &agent.Message{Text: text}})
}

func outcomes(st *agent.State) []string {
	var out []string
	for _, r := range st.Releases {
		out = append(out, r.Version+" "+r.Word())
	}
	return out
}

// However long a model thinks, a click, "stop" and a running release don't wait for it.
func TestNothingWaitsForASlowModel(t *testing.T) {
	s, g := slowly(t, time.Hour)
	id := s.asks("A", "deploy shop v1.0.0 to production")
	g.until(s, id, "it asks for approval", func(st *agent.State) bool { return slices.Equal(outcomes(st), []string{"v1.0.0 waiting for approval"}) })
	s.says(id, "U0ALICE", "what became of the thing, pray")
	g.until(s, id, "the model is asked", func(*agent.State) bool { return len(g.asked) == 1 })

	s.decides(id, "U0BOB", agent.VerbApprove, agent.ReleaseID(id, 1))
	g.until(s, id, "the click counts and the release ends", func(st *agent.State) bool { return slices.Equal(outcomes(st), []string{"v1.0.0 done"}) })

	s.says(id, "U0CAROL", "deploy shop v1.1.0 to production")
	s.steps(id)
	if got := outcomes(s.state(id)); len(got) != 1 {
		t.Errorf("newer words were read before older ones: %q", got)
	}
	g.answer <- agent.Intent{Kind: agent.IntentStatus}
	g.until(s, id, "then they are read", func(st *agent.State) bool {
		return slices.Equal(outcomes(st), []string{"v1.0.0 done", "v1.1.0 waiting for approval"})
	})

	s.says(id, "U0ALICE", "and the next thing, pray")
	g.until(s, id, "the model is asked again", func(*agent.State) bool { return len(g.asked) == 2 })
	s.says(id, "U0CAROL", "stop")
	g.until(s, id, "stop acts", func(st *agent.State) bool {
		return slices.Equal(outcomes(st), []string{"v1.0.0 done", "v1.1.0 canceled"})
	})
	g.answer <- agent.Intent{Kind: agent.IntentStatus}
	g.until(s, id, "what others said is still answered", func(st *agent.State) bool { return len(st.Words) == 0 && len(st.Answers) > 0 })
	s.runner.Wait()
	s.holds()
}

// Requests are taken in the order in which they were made, though the older one
// took a model longer: else it would replace the newer one.
func TestAnswersDoNotCross(t *testing.T) {
	s, g := slowly(t, time.Hour)
	id := s.asks("A", "we could see v1.0.0 of shop in production, pray")
	g.until(s, id, "the model is asked", func(*agent.State) bool { return len(g.asked) == 1 })
	s.says(id, "U0ALICE", "deploy shop v1.1.0 to production")
	s.steps(id)
	g.answer <- agent.Intent{Kind: agent.IntentDeploy, Service: "shop", Environment: "production", Version: "v1.0.0"}
	want := []string{"v1.0.0 superseded", "v1.1.0 waiting for approval"}
	g.until(s, id, "the newer one stands", func(st *agent.State) bool { return slices.Equal(outcomes(st), want) })
	s.runner.Wait()
	s.holds()
}

// "stop" takes back what its speaker has said right before and nobody has read
// yet; a late answer to that changes nothing.
func TestStopTakesUnreadWordsBack(t *testing.T) {
	s, g := slowly(t, time.Hour)
	id := s.asks("A", "could we see v1.0.0 of shop in production, pray")
	g.until(s, id, "the model is asked", func(*agent.State) bool { return len(g.asked) == 1 })
	s.says(id, "U0ALICE", "stop")
	g.until(s, id, "it is stopped", func(st *agent.State) bool {
		return len(st.Words) == 0 && len(st.Answers) == 1 && st.Answers[0].Data.Title == "Stopped"
	})
	g.answer <- agent.Intent{Kind: agent.IntentDeploy, Service: "shop", Environment: "production", Version: "v1.0.0"}
	s.runner.Wait()
	s.steps(id)
	if got := outcomes(s.state(id)); len(got) > 0 {
		t.Errorf("released after the stop: %q", got)
	}
	s.holds()
}

// Words behind a model that never answers are answered too: the first after its
// limit, all others within twice of it.
func TestWordsBehindAHangingModel(t *testing.T) {
	const limit = 500 * time.Millisecond
	s, g := slowly(t, limit)
	g.then = func(asked int) {
		if asked == 2 { // the second one waits: the clock of the world goes on with it
			s.clock.Move(2 * limit)
		}
	}
	id := s.asks("A", "first thing, pray")
	for _, text := range []string{"second thing, pray", "third thing, pray", "fourth thing, pray", "deploy shop v1.0.0 to production"} {
		s.says(id, "U0ALICE", text)
	}
	g.until(s, id, "all is answered", func(st *agent.State) bool { return len(st.Words) == 0 && len(st.Releases) == 1 })
	s.runner.Wait()
	if n := len(g.asked); n != 2 {
		t.Errorf("the model was asked %d times, want 2: for what came after there was no time left", n)
	}
	s.holds()
}

// A planner that fails in its own way is a question, at the latest when its limit is over.
func TestAHangingModelIsAQuestion(t *testing.T) {
	s, g := slowly(t, 50*time.Millisecond)
	id := s.asks("A", "the thing, pray")
	g.until(s, id, "the person is asked", func(st *agent.State) bool { return st.OpenQuestion() != nil })
	s.runner.Wait()
	events, err := agent.ReadEvents(s.t.Context(), s.store, string(id), 1)
	if err != nil {
		t.Fatal(err)
	}
	if !slices.ContainsFunc(events, func(e *agent.Event) bool {
		d, ok := e.Data.(*agent.ErrorEvent)
		return ok && d.Tool == "planner" && strings.HasPrefix(d.Message, "no answer in time")
	}) {
		t.Error("the log has no error of the planner")
	}
}

// After twenty questions in a row that led nowhere a model is not asked any
// more; what is said plainly is taken all the same, and ends the row.
func TestTwentyQuestionsAreEnough(t *testing.T) {
	s, g := slowly(t, time.Hour)
	id := s.asks("A", "the first thing, pray")
	ask := agent.Intent{Kind: agent.IntentClarify, Question: &agent.Question{Text: "Which thing?"}}
	for n := range agent.PlannerMax {
		if n > 0 {
			s.says(id, "U0ALICE", "another thing, pray")
		}
		g.until(s, id, "the model is asked", func(*agent.State) bool { return len(g.asked) == n+1 })
		g.answer <- ask
		g.until(s, id, "it asks back", func(st *agent.State) bool { return len(st.Words) == 0 })
		s.says(id, "U0BOB", "lunch?") // talk in between neither counts nor ends it
		g.until(s, id, "that is none", func(st *agent.State) bool { return len(st.Words) == 0 })
	}
	s.says(id, "U0ALICE", "deploy shop, pray")
	s.steps(id)
	q := s.state(id).OpenQuestion()
	if q == nil || !strings.HasPrefix(q.Question.Text, "I have been at this for a while") || len(g.asked) != agent.PlannerMax {
		t.Fatalf("asked %d times; the question is %+v", len(g.asked), q)
	}
	s.says(id, "U0ALICE", "deploy shop v1.0.0 to production")
	g.until(s, id, "plain words are taken", func(st *agent.State) bool { return len(st.Releases) == 1 })
	if n := s.state(id).PlannerRun; n != 0 {
		t.Errorf("the row goes on at %d", n)
	}
	s.runner.Wait()
	s.holds()
}
