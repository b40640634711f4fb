package main

import (
	"context"
	"fmt"
	"log/slog"
	"time"

	"github.com/releasebot/releasebot/agent"
	"github.com/releasebot/releasebot/agent/planner/openai"
	"github.com/releasebot/releasebot/agent/planner/rules"
)

// newPlanner returns the planner of that name. The model's has the rules inside
// it: they are asked first, and answer where the model does not.
func newPlanner(kind string, s settings, plain *rules.Planner, observe func(openai.Call)) (agent.Planner, error) {
	if kind == plannerRules {
		return plain, nil
	}
	if !s.openaiKey.IsSet() && !s.openaiURL.IsSet() {
		return nil, fmt.Errorf("the planner openai needs OPENAI_API_KEY, or OPENAI_BASE_URL for an endpoint that takes no key")
	}
	model := or(s.openaiModel, openai.DefaultModel)
	return openai.New(openai.Config{
		Price: s.prices[model],
		Key:   s.openaiKey.Reveal(), BaseURL: s.openaiURL.Reveal(), Model: model, Rules: plain, AlwaysAsk: s.plannerAlways, Observe: observe,
	})
}

// logCalls writes down what each call of a model cost. What failed is an event of the thread too.
func logCalls(log *slog.Logger) func(openai.Call) {
	return func(c openai.Call) {
		level := slog.LevelDebug
		if c.Failure != "" {
			level = slog.LevelWarn
		}
		cost := "not known: RELEASEBOT_MODEL_PRICES has no price of it"
		if c.Tokens.Cost > 0 {
			cost = c.Tokens.Cost.String()
		}
		log.Log(context.Background(), level, "the model was asked", "model", c.Model, "took", c.Took.Round(time.Millisecond),
			"tokens_in", c.Tokens.In, "tokens_cached", c.Tokens.Cached, "tokens_out", c.Tokens.Out, "cost", cost, "failure", string(c.Failure))
	}
}

// plannerGrace is how long after the order to stop the model may still take.
// By then no thread is stepped any more, so that nobody is told of a failure
// that was none: the words are read again after the next start.
const plannerGrace = time.Second

// mortal is a planner whose calls end with the program. The runner gives a
// call its own time, and waits for it before it hands over.
type mortal struct {
	agent.Planner
	ended context.Context //nolint:containedctx // of the program, not of a call
	end   context.CancelFunc
}

func newMortal(p agent.Planner) *mortal {
	ctx, cancel := context.WithCancel(context.Background()) //nolint:gosec // endWith calls it
	return &mortal{p, ctx, cancel}
}

// Plan asks the planner, unless the program ends first.
func (m *mortal) Plan(ctx context.Context, in agent.PlanInput) (agent.Planned, error) {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	defer context.AfterFunc(m.ended, cancel)() //nolint:contextcheck // whichever of the two ends first
	return m.Planner.Plan(ctx, in)
}

// endWith ends all calls a little after ctx has ended. stop takes that back.
func (m *mortal) endWith(ctx context.Context) (stop func() bool) {
	return context.AfterFunc(ctx, func() { time.AfterFunc(plannerGrace, m.end) })
}

// parseCommand reads what stands behind /release. What is no command becomes the question that says how it is written.
func (a *assembly) parseCommand(text string, cat agent.Catalog) agent.Intent {
	c, err := a.rules.ParseCommand(text, cat)
	if err != nil {
		return agent.Intent{Kind: agent.IntentClarify, Question: &agent.Question{Text: err.Error()}}
	}
	return c.Intent
}
