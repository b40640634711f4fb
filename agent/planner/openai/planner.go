package openai

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"sync"
	"time"

	"github.com/releasebot/releasebot/agent"
)

// Defaults of a Config.
const (
	DefaultBaseURL = "https://api.openai.com/v1"
	DefaultModel   = "gpt-5.4-mini"
	DefaultTimeout = 20 * time.Second
)

// Config says which endpoint is asked, and when.
type Config struct {
	Key        string       // sent as a bearer token; needed for DefaultBaseURL, may be "" for others
	BaseURL    string       // with the version: https://host/v1. Defaults to DefaultBaseURL
	Model      string       // Defaults to DefaultModel
	HTTPClient *http.Client // its transport and cookies are used; redirects are never followed. Defaults to a plain one
	// Rules is the planner that is asked first, and whose answer counts when the model has none. Required.
	Rules agent.Planner
	// Timeout bounds everything that is done for one set of words. Defaults to 20 s.
	Timeout time.Duration
	// Budget is how many tokens one call may send. Defaults to 8,000.
	Budget int
	// Price of the model's tokens. The zero value: it is not known, and no cost is counted.
	Price Price
	// AlwaysAsk: the model is asked even where Rules is sure. If the two don't agree on a request that changes something, the person is asked.
	AlwaysAsk bool
	// Observe is told of each call, from the goroutine that made it; nil: nobody is.
	Observe func(Call)
}

// A Call is one call of the model, for metrics.
type Call struct {
	Model   string
	Took    time.Duration
	Tokens  agent.Tokens
	Failure Kind // "" if it was answered
}

// Planner is the model planner. It may be used by any number of goroutines.
type Planner struct {
	cfg      Config
	endpoint endpoint
	lexicon  *lexicon
	rest     rest
}

var _ agent.Planner = (*Planner)(nil)

// New checks a Config and returns its planner. It calls nobody.
func New(cfg Config) (*Planner, error) {
	if cfg.Rules == nil {
		return nil, errors.New("openai: Config.Rules is needed: the planner that is asked first")
	}
	if cfg.BaseURL == "" {
		cfg.BaseURL = DefaultBaseURL
	}
	u, err := url.Parse(cfg.BaseURL)
	if err != nil || u.Host == "" || u.Scheme != "http" && u.Scheme != "https" {
		return nil, errors.New("openai: the base URL must look like https://host/v1")
	}
	if u.User != nil || u.RawQuery != "" || u.Fragment != "" {
		return nil, errors.New("openai: the base URL must hold no user, query or fragment: the key goes into OPENAI_API_KEY")
	}
	if cfg.Key == "" && cfg.BaseURL == DefaultBaseURL {
		return nil, errors.New("openai: a key is needed for " + DefaultBaseURL)
	}
	if cfg.Model == "" {
		cfg.Model = DefaultModel
	}
	if cfg.Timeout <= 0 {
		cfg.Timeout = DefaultTimeout
	}
	if cfg.Budget <= 0 {
		cfg.Budget = DefaultBudget
	}
	return &Planner{cfg: cfg, endpoint: newEndpoint(cfg), lexicon: newLexicon()}, nil
}

// Plan turns words into an intent. If the model gives no answer that can be
// used, the rules planner's is returned with Planned.Failure set to an *Error;
// where that is not sure of anything, it is a question.
// The only errors are the rules planner's, and the context's when it was canceled.
func (p *Planner) Plan(ctx context.Context, in agent.PlanInput) (agent.Planned, error) {
	ruled, err := p.cfg.Rules.Plan(ctx, in)
	if err != nil {
		return agent.Planned{}, err
	}
	reader := newReader(p.lexicon, in.Catalog)
	j := newJudge(reader, in, ruled.Intent)
	if !p.cfg.AlwaysAsk && j.sure() {
		return ruled, nil
	}
	req, err := Render(in, Options{Budget: p.cfg.Budget})
	if errors.Is(err, ErrTooLong) {
		ruled.Intent, ruled.Failure = j.alone(), &Error{Kind: KindTooLong}
		return ruled, nil
	}
	if err != nil {
		return agent.Planned{}, err
	}
	within, cancel := context.WithTimeout(ctx, p.cfg.Timeout)
	defer cancel()
	answer, cost, failure := p.ask(within, req)
	if errors.Is(ctx.Err(), context.Canceled) {
		return agent.Planned{}, fmt.Errorf("asking the model: %w", ctx.Err())
	}
	ruled.Tokens, ruled.Prompt = cost, req.Version
	if failure != nil {
		ruled.Intent, ruled.Failure = j.alone(), failure
		return ruled, nil
	}
	j.reads, j.echo = p.reads(within, in.Catalog), req.echo
	intent, model := j.verdict(answer)
	out := agent.Planned{Intent: intent, Planner: p.cfg.Model, Prompt: req.Version, Tokens: cost}
	if !model {
		out.Planner = ruled.Planner
	}
	return out, nil
}

// reads asks the rules planner what a text means by itself.
func (p *Planner) reads(ctx context.Context, c agent.Catalog) func(string) agent.Intent {
	return func(text string) agent.Intent {
		out, err := p.cfg.Rules.Plan(ctx, agent.PlanInput{Words: text, Catalog: c})
		if err != nil {
			return agent.Intent{Kind: agent.IntentNone}
		}
		return out.Intent
	}
}

// sure: what code made of the words needs no second reading. That is a whole
// request, or words in which nothing is about releases.
func (j *judge) sure() bool {
	if decided(j.ruled.Kind) {
		return true
	}
	if j.ruled.Kind == agent.IntentClarify || j.in.Open != nil {
		return false
	}
	w := j.words
	return len(w.services)+len(w.envs)+len(w.versions)+len(w.ids)+len(w.asks) == 0 && !w.again && latin(j.in.Words)
}

// ask calls the model until it has a reply that fits the schema: once, and once
// more to repair one that does not, or after a failure that passes by itself.
func (p *Planner) ask(ctx context.Context, req Request) (reply, agent.Tokens, *Error) {
	var cost agent.Tokens
	if left, why := p.rest.left(time.Now()); left > 0 {
		return reply{}, cost, &Error{Kind: KindPaused, After: left, Detail: why}
	}
	content, failure := p.persist(ctx, req, &cost)
	if failure != nil {
		return reply{}, cost, failure
	}
	r, err := req.choices.read(content)
	if err == nil {
		return r, cost, nil
	}
	if content, failure = p.once(ctx, req.repaired(content, err.Error()), &cost); failure != nil {
		return reply{}, cost, failure
	}
	if r, err = req.choices.read(content); err != nil {
		return reply{}, cost, &Error{Kind: KindInvalid, Detail: p.endpoint.clean.clean(err.Error())}
	}
	return r, cost, nil
}

// persist calls once, and once more after a failure that passes by itself, if
// the endpoint asks for no long pause and half of the time is left.
func (p *Planner) persist(ctx context.Context, req Request, cost *agent.Tokens) (string, *Error) {
	content, failure := p.once(ctx, req, cost)
	if failure == nil || !failure.again() || failure.After > shortWait {
		return content, failure
	}
	wait := max(failure.After, firstWait)
	if deadline, ok := ctx.Deadline(); ok && time.Until(deadline) < wait+p.cfg.Timeout/2 {
		return content, failure
	}
	t := time.NewTimer(wait)
	defer t.Stop()
	select {
	case <-ctx.Done():
		return content, failure
	case <-t.C:
	}
	return p.once(ctx, req, cost)
}

// once makes one call and keeps count.
func (p *Planner) once(ctx context.Context, req Request, cost *agent.Tokens) (string, *Error) {
	began := time.Now()
	content, spent, failure := p.endpoint.call(ctx, req)
	*cost = cost.Plus(spent)
	p.rest.note(time.Now(), failure)
	if p.cfg.Observe != nil {
		c := Call{Model: p.cfg.Model, Took: time.Since(began), Tokens: spent}
		if failure != nil {
			c.Failure = failure.Kind
		}
		p.cfg.Observe(c)
	}
	return content, failure
}

// rest remembers until when the endpoint is left alone.
type rest struct {
	mu     sync.Mutex
	until  time.Time
	failed int // in a row
	last   string
}

// left is how long it still is, and after which failure.
func (r *rest) left(now time.Time) (time.Duration, string) {
	r.mu.Lock()
	defer r.mu.Unlock()
	return max(0, r.until.Sub(now)), r.last
}

// note counts. A failure of the answer's content says nothing about the endpoint.
func (r *rest) note(now time.Time, f *Error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if f == nil || f.Kind == KindRefusal || f.Kind == KindCut || f.Kind == KindEmpty {
		r.failed = 0
		return
	}
	r.failed++
	r.last = "it failed last with " + string(f.Kind)
	if f.Status > 0 {
		r.last = fmt.Sprintf("%s, status %d", r.last, f.Status)
	}
	if r.failed >= pauseAfter {
		r.until, r.failed = now.Add(pauseFor), 0
	}
	if f.Kind == KindBusy && f.After > shortWait {
		r.until = now.Add(f.After)
	}
}
