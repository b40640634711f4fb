package main

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"sync"
	"sync/atomic"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/releasebot/releasebot/agent"
	"github.com/releasebot/releasebot/agent/planner/rules"
	"github.com/releasebot/releasebot/api"
	"github.com/releasebot/releasebot/bot"
	"github.com/releasebot/releasebot/policy"
	"github.com/releasebot/releasebot/threadstore"
	"github.com/releasebot/releasebot/tools"
	"github.com/releasebot/releasebot/tools/changelog"
	"github.com/releasebot/releasebot/tools/deploy"
	"github.com/releasebot/releasebot/tools/healthcheck"
)

// parts are what an assembly is made of. All are required unless they say otherwise.
type parts struct {
	store   *threadstore.Store
	policy  *policy.File
	path    string // of the policy file, which is looked at again and again; empty: only once
	planner agent.Planner
	rules   *rules.Planner // reads what needs no model; its words take a megabyte and more, so there is one
	slow    bool           // the planner asks a model: beside the other steps
	data    string         // the data folder
	// botToken, appToken and slackURL are the way to Slack; slackURL may be empty.
	botToken, appToken Secret
	slackURL           string
	// retention is how long finished threads are kept, 0 for ever; export is the folder that they go to first.
	retention time.Duration
	export    string
	log       *slog.Logger
	// observe is told of every durable event, beside the metrics. It must not block. Defaults to nothing.
	observe func(agent.ThreadID, *agent.State, *agent.Event)
}

// assembly is the whole product in one process, without the listeners of serve.
type assembly struct {
	parts
	live    atomic.Pointer[policy.File] // the policy in force
	owner   string
	bot     *bot.Bot
	engine  *agent.Engine
	service *agent.Service
	api     *api.Server
	command *deploy.Command
	words   *mortal // the planner
	revise  reviser
}

// assemble puts the parts together. Nothing runs, and nobody is talked to, before run.
func assemble(p parts) (*assembly, error) {
	a := &assembly{parts: p, owner: newOwner(), words: newMortal(p.planner)}
	a.live.Store(p.policy)
	tokens, err := api.TokensOf(p.policy, os.LookupEnv)
	if err != nil {
		return nil, fmt.Errorf("the API's tokens: %w", err)
	}
	withheld, secrets := a.secrets()
	if a.command, err = deploy.NewCommand(deploy.CommandConfig{Dir: p.policy.Dir, Data: p.data, Withhold: withheld, Secrets: secrets}); err != nil {
		return nil, fmt.Errorf("the command driver: %w", err)
	}
	metrics := api.NewMetrics()
	if a.bot, err = a.newBot(metrics); err != nil {
		return nil, err
	}
	sources := &sources{dir: p.policy.Dir, cache: filepath.Join(p.data, "git")}
	runner := agent.NewRunner(agent.Config{
		Store: p.store, Owner: a.owner, RunnerID: a.command.Runner(), Policy: a.live.Load, Planner: a.words, Slow: p.slow, Quick: a.rules,
		People: a.bot, Pager: a.bot, Viewer: a.bot, Sources: sources.open, CI: a.command,
		Deployers: map[string]deploy.Driver{"command": a.command},
		Checkers: healthcheck.New(healthcheck.Config{
			Dir: p.policy.Dir, Env: os.Environ(), Withhold: withheld, Masker: tools.NewMasker(os.Environ(), secrets...), Proxy: http.ProxyFromEnvironment,
		}),
		Log: p.log, Observe: a.observing(metrics), Meter: metrics,
	})
	a.engine = agent.NewEngine(runner)
	a.service = agent.NewService(a.engine)
	a.bot.Attach(a.service, runner)
	a.revise = reviser{store: p.store, engine: a.engine, revision: p.policy.Revision, by: a.owner, log: p.log}
	if p.path != "" {
		a.revise.reload = &reloader{path: p.path, current: &a.live, log: p.log}
	}
	a.api, err = api.New(api.Config{Reader: a.service, Store: p.store, Ready: a.ready, Tokens: tokens, Metrics: metrics, Log: p.log})
	if err != nil {
		return nil, fmt.Errorf("the API: %w", err)
	}
	return a, nil
}

func (a *assembly) newBot(metrics *api.Metrics) (*bot.Bot, error) {
	return bot.New(bot.Config{
		Token: a.botToken.Reveal(), AppToken: a.appToken.Reveal(), APIURL: a.slackURL, Log: a.log, Parse: a.parseCommand,
		Channel: func(service string) string {
			if s, ok := a.live.Load().Services[service]; ok {
				return s.Channel
			}
			return ""
		},
		AckSeconds: func(_ string, took time.Duration) { metrics.Ack(took) },
		SlackError: metrics.SlackError,
	})
}

func (a *assembly) observing(metrics *api.Metrics) func(agent.ThreadID, *agent.State, *agent.Event) {
	if a.observe == nil {
		return metrics.Observe
	}
	return func(id agent.ThreadID, s *agent.State, e *agent.Event) {
		metrics.Observe(id, s, e)
		a.observe(id, s, e)
	}
}

// secrets lists what commands may not see, and what may not be seen in their output.
func (a *assembly) secrets() (names, values []string) {
	values = []string{a.botToken.Reveal(), a.appToken.Reveal()}
	for _, t := range a.policy.API.Tokens {
		names = append(names, t.Env)
		values = append(values, os.Getenv(t.Env))
	}
	return names, values
}

// ready says why no work should be sent here.
func (a *assembly) ready(context.Context) error {
	var paused error
	if why := a.engine.Paused(); why != "" {
		paused = errors.New(why)
	}
	return errors.Join(a.bot.Ready(), paused)
}

// run runs the parts until ctx ends, or one of them can't go on. ln is where the
// API answers; nil for nowhere.
func (a *assembly) run(ctx context.Context, ln net.Listener) error {
	if err := a.revise.declare(ctx); err != nil {
		return err
	}
	g, ctx := errgroup.WithContext(ctx)
	defer a.words.endWith(ctx)()
	if ln != nil {
		g.Go(func() error { return a.api.ServeListener(ctx, ln) })
	}
	g.Go(func() error { a.engine.Run(ctx); return nil })
	g.Go(func() error { return a.bot.Run(ctx) })
	g.Go(func() error { a.revise.watch(ctx); return nil })
	g.Go(func() error { a.tidy(ctx); return nil })
	g.Go(func() error { a.retain(ctx); return nil })
	g.Go(func() error { giveBackMemory(ctx); return nil })
	return g.Wait()
}

// Runs of the command driver keep their output for a month.
const (
	keepRuns  = 30 * 24 * time.Hour
	tidyEvery = 24 * time.Hour
)

// tidy removes what old runs left behind.
func (a *assembly) tidy(ctx context.Context) {
	for {
		if n, err := a.command.Prune(ctx, keepRuns); err != nil && ctx.Err() == nil {
			a.log.Warn("old runs could not be removed", "err", err)
		} else if n > 0 {
			a.log.Info("the output of old runs was removed", "runs", n)
		}
		select {
		case <-ctx.Done():
			return
		case <-time.After(tidyEvery):
		}
	}
}

// newOwner names this process among all that share the store: for people to
// read, and never the same twice.
func newOwner() string {
	host, err := os.Hostname()
	if err != nil {
		host = "unknown"
	}
	return fmt.Sprintf("%s/%d/%s", host, os.Getpid(), rand.Text()[:8])
}

// sources opens each repository once.
type sources struct {
	dir, cache string
	mu         sync.Mutex
	opened     map[string]changelog.Source
}

func (s *sources) open(where *policy.Source) (changelog.Source, error) {
	if where == nil {
		return changelog.None{}, nil
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if src, ok := s.opened[where.Location()]; ok {
		return src, nil
	}
	src, err := changelog.Open(changelog.Config{Git: where.Location(), Dir: s.dir, Cache: s.cache, Env: os.Environ()})
	if err != nil {
		return nil, err
	}
	if s.opened == nil {
		s.opened = map[string]changelog.Source{}
	}
	s.opened[where.Location()] = src
	return src, nil
}
