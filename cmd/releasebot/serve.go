package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"time"

	"github.com/spf13/cobra"

	"github.com/releasebot/releasebot/agent/planner/rules"
	"github.com/releasebot/releasebot/threadstore"
)

// stopWithin is how long serve has to finish or hand over what is running.
const stopWithin = 9 * time.Second

type serveCommand struct{}

func (s *serveCommand) command(c *console) *cobra.Command {
	return leaf(c, s, "serve", "Run the bot, against Slack.")
}

// Run runs the bot until it is told to stop.
func (*serveCommand) Run(c *console) (err error) {
	s := c.settings
	log := newLogger(c.err, s)
	if err := errors.Join(needTokens(s), s.dataDir()); err != nil {
		return err
	}
	p := parts{path: s.config, data: s.data, botToken: s.botToken, appToken: s.appToken, slackURL: s.slackURL, log: log, rules: rules.New(), slow: s.planner == plannerOpenAI, retention: s.retention, export: s.export}
	if p.planner, err = newPlanner(s.planner, s, p.rules, logCalls(log)); err != nil {
		return err
	}
	if p.policy, err = loadPolicy(s.config); err != nil {
		return err
	}
	warnings, wrong := checkSources(c.ctx, p.policy)
	for _, w := range warnings {
		log.Warn("a repository is not there", "at", w.Position.String(), "what", w.Message)
	}
	if len(wrong) > 0 {
		return wrong
	}
	if s.otlp {
		log.Warn("OTEL_EXPORTER_OTLP_ENDPOINT is set, but this version sends no traces")
	}
	if p.store, err = openStore(c.ctx, s, log); err != nil { // before the address: of two at once, this says what is wrong
		return err
	}
	a, err := assemble(p)
	if err != nil {
		return errors.Join(err, p.store.Close())
	}
	ln, err := listen(c.ctx, s.httpAddr)
	if err != nil {
		return errors.Join(err, p.store.Close())
	}
	log.Info("serving", "version", thisBuild().Version, "policy", p.policy.Revision, "services", len(p.policy.Order),
		"store", storeName(s), "http", httpName(ln), "planner", s.planner, "owner", a.owner)
	return bounded(c.ctx, log, func(ctx context.Context) error { return serve(ctx, s, a, ln, p.store) })
}

// serve runs everything, and closes the store when all has ended.
func serve(ctx context.Context, s settings, a *assembly, ln net.Listener, store *threadstore.Store) error {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	socket := make(chan error, 1)
	if s.embedded() {
		go func() { socket <- serveLogs(ctx, s.data, storeLogs{store}) }()
	} else {
		socket <- nil
	}
	err := a.run(ctx, ln)
	cancel()
	serr := <-socket
	if serr != nil {
		a.log.Warn("the reading commands could not be answered", "err", serr)
	}
	return errors.Join(err, store.Close())
}

// bounded runs do until it returns, but no longer than stopWithin after ctx has ended.
func bounded(ctx context.Context, log *slog.Logger, do func(context.Context) error) error {
	done := make(chan error, 1)
	go func() { done <- do(ctx) }()
	select {
	case err := <-done:
		return err
	case <-ctx.Done():
	}
	log.Info("stopping: no more work is taken, and what is running is finished or handed over")
	select {
	case err := <-done:
		if err == nil {
			log.Info("stopped")
		}
		return err
	case <-time.After(stopWithin):
		return fmt.Errorf("not everything could be handed over within %s; another replica, or the next start, goes on once the leases have ended", stopWithin)
	}
}

func needTokens(s settings) error {
	var missing []error
	if !s.botToken.IsSet() {
		missing = append(missing, errors.New("SLACK_BOT_TOKEN is not set; it has to be the app's bot token, which begins with xoxb- (page \"OAuth & Permissions\" of the app that manifest.yml makes)"))
	}
	if !s.appToken.IsSet() {
		missing = append(missing, errors.New("SLACK_APP_TOKEN is not set; it has to be an app-level token with the scope connections:write, which begins with xapp- (page \"Basic Information\" of the app)"))
	}
	return errors.Join(missing...)
}

// listen opens the API's address before anything runs, so that one in use stops the program.
func listen(ctx context.Context, addr string) (net.Listener, error) {
	if addr == off {
		return nil, nil //nolint:nilnil // nowhere is where it was told to answer
	}
	var cfg net.ListenConfig
	ln, err := cfg.Listen(ctx, "tcp", addr)
	if err != nil {
		return nil, fmt.Errorf("RELEASEBOT_HTTP_ADDR is %s, where nothing can be served (%w); set it to another HOST:PORT, or %s", addr, err, off)
	}
	return ln, nil
}

func httpName(ln net.Listener) string {
	if ln == nil {
		return off
	}
	return ln.Addr().String()
}

func storeName(s settings) string {
	switch {
	case s.embedded():
		return s.storePath()
	case s.redis.cluster:
		return "Redis Cluster"
	case s.redis.master != "":
		return "Redis behind Sentinels"
	}
	return "Redis"
}
