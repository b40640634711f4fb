package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"time"

	"github.com/releasebot/releasebot/agent"
	"github.com/releasebot/releasebot/agent/planner/rules"
	"github.com/releasebot/releasebot/cmd/releasebot/internal/sample"
	"github.com/releasebot/releasebot/internal/freeport"
	"github.com/releasebot/releasebot/slacklocal"
	"github.com/releasebot/releasebot/threadstore"
)

// Who and what stands on the stage.
const (
	alice, bob, carol = "U0ALICE", "U0BOB", "U0CAROL"
	oncall            = "S0ONCALL"
	channel           = "C0RELEASES"
	staging           = "staging"
	production        = "production"
	byHand            = "by hand" // key of what was there before
)

// stage is everything that the demo runs: the sample service and its repository,
// the local workspace, and the whole product against them. All its files are in
// dir, and all its processes end with it.
type stage struct {
	dir   string
	world sample.World
	slack *slacklocal.Workspace
	store *threadstore.Store
	keep  bool         // keep dir
	notes bytes.Buffer // what the product warns of; to be read once the product has ended
	undo  []func() error
}

// openStage builds a stage on which only the product is missing: see openProduct.
// Whoever gets one closes it, also where there is an error.
func openStage(ctx context.Context, faults []sample.Fault, step time.Duration) (*stage, error) {
	s := &stage{}
	dir, err := os.MkdirTemp("", "releasebot-demo-")
	if err != nil {
		return s, fmt.Errorf("making a folder for the demo: %w", err)
	}
	s.dir = dir
	s.undo = append(s.undo, s.removeFiles)
	if err := makeRepository(ctx, filepath.Join(dir, "shop.git"), time.Now()); err != nil {
		return s, err
	}
	if err := s.openWorld(ctx, faults, step); err != nil {
		return s, err
	}
	return s, s.openSlack() //nolint:contextcheck // the workspace is closed by undo, not by the end of the opening
}

func (s *stage) removeFiles() error {
	if s.keep {
		return nil
	}
	return os.RemoveAll(s.dir)
}

// openWorld makes the sample service, and has v1.4.1 run in both environments:
// somebody brought it there by hand, long ago.
func (s *stage) openWorld(ctx context.Context, faults []sample.Fault, step time.Duration) error {
	cfg := sample.Config{Service: "shop", Environments: map[string]string{}, Faults: faults}
	for _, env := range []string{staging, production} {
		addr, err := freeport.Address()
		if err != nil {
			return err
		}
		cfg.Environments[env] = addr
	}
	world, let, err := sample.New(s.dir, cfg)
	if err != nil {
		return err
	}
	s.world = world
	s.undo = append(s.undo, func() error { //nolint:contextcheck // it runs when ctx has ended
		ctx, cancel := context.WithTimeout(context.Background(), 20*time.Second)
		defer cancel()
		return errors.Join(let(), world.Gone(ctx), waitForChildren(ctx))
	})
	self, err := sampleServer()
	if err != nil {
		return err
	}
	for _, env := range []string{staging, production} {
		r := sample.Release{Key: byHand, Action: "deploy", Version: "v1.4.1", Environment: env}
		if err := world.Deploy(ctx, r, self, &bytes.Buffer{}); err != nil {
			return fmt.Errorf("starting shop v1.4.1 in %s: %w", env, err)
		}
	}
	cfg.Step = step
	return world.Configure(cfg)
}

// waitForChildren waits until every process that this one started has ended. The
// supervisors of deploys are such; nothing else waits for them, since they may outlive a bot.
func waitForChildren(ctx context.Context) error {
	for {
		pid, err := syscall.Wait4(-1, nil, syscall.WNOHANG, nil)
		switch {
		case errors.Is(err, syscall.ECHILD):
			return nil
		case err != nil && !errors.Is(err, syscall.EINTR):
			return fmt.Errorf("waiting for the demo's processes: %w", err)
		case pid > 0:
			continue
		}
		select {
		case <-ctx.Done():
			return errors.New("a deploy that the demo started still runs")
		case <-time.After(10 * time.Millisecond):
		}
	}
}

// openSlack starts the local workspace and fills it with people.
func (s *stage) openSlack() error {
	s.slack = slacklocal.New(slacklocal.Config{})
	s.undo = append(s.undo, func() error { s.slack.Close(); return nil })
	if _, err := s.slack.Start("127.0.0.1:0"); err != nil {
		return err
	}
	for id, name := range map[string]string{alice: "alice", bob: "bob", carol: "carol"} {
		s.slack.AddUser(slacklocal.User{ID: id, Name: name})
	}
	s.slack.AddGroup(oncall, "oncall", bob)
	s.slack.AddChannel(channel, "releases", alice, bob, carol)
	return nil
}

// openProduct starts the product as serve does: only the tokens, the store's
// place and Slack's address differ. observe is told of every event that became durable.
func (s *stage) openProduct(ctx context.Context, observe func(agent.ThreadID, *agent.State, *agent.Event)) error {
	path, err := s.writePolicy()
	if err != nil {
		return err
	}
	plain := rules.New()
	p := parts{
		data: filepath.Join(s.dir, "data"), planner: plain, rules: plain, observe: observe,
		botToken: newSecret("xoxb-demo"), appToken: newSecret("xapp-demo"), slackURL: s.slack.APIURL(),
		log: slog.New(slog.NewTextHandler(&s.notes, &slog.HandlerOptions{Level: slog.LevelWarn})),
	}
	if p.policy, err = loadPolicy(path); err != nil {
		return fmt.Errorf("the demo's policy file: %w", err)
	}
	if err := os.MkdirAll(p.data, 0o700); err != nil {
		return fmt.Errorf("making the demo's data folder: %w", err)
	}
	if s.store, err = openFile(filepath.Join(p.data, storeFile), threadstore.Options{}); err != nil {
		return err
	}
	p.store = s.store
	s.undo = append(s.undo, s.store.Close)
	a, err := assemble(p)
	if err != nil {
		return err
	}
	ctx, cancel := context.WithCancel(ctx)
	var running sync.WaitGroup
	var ended error
	running.Go(func() { ended = a.run(ctx, nil) })
	s.undo = append(s.undo, func() error {
		cancel()
		running.Wait()
		return ended
	})
	return s.awaitConnection(ctx)
}

// awaitConnection waits until the bot hears what people say.
func (s *stage) awaitConnection(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, 30*time.Second)
	defer cancel()
	if err := s.slack.WaitFor(ctx, func() bool { return s.slack.Connected() > 0 }); err != nil {
		return fmt.Errorf("the bot does not connect to the local Slack: %w", err)
	}
	return nil
}

// demoPolicy is the policy file; what stands in capitals is filled in. The commands run in its folder.
const demoPolicy = `version: 1

people:
  oncall: {group: S0ONCALL}

services:
  shop:
    channel: C0RELEASES
    source: {git: shop.git}
    environments:
      staging:
        deploy: &shop
          driver: command
          start: [SELF, sample, deploy, "${environment}", "${version}"]
          current: [SELF, sample, current, "${environment}"]
        verify:
          - {name: health, http: {url: "http://STAGING/healthz", json: {version: "${version}"}}, passes: 3, every: 300ms, within: 10s}
      production:
        approval: {required: 1, from: [oncall]}
        deploy: *shop
        verify:
          - {name: health, http: {url: "http://PRODUCTION/healthz", json: {version: "${version}"}}, passes: 3, every: 300ms, within: 5s}
`

func (s *stage) writePolicy() (string, error) {
	self, err := os.Executable()
	if err != nil {
		return "", fmt.Errorf("looking for this program: %w", err)
	}
	quoted, err := json.Marshal(self) // YAML reads what JSON writes
	if err != nil {
		return "", err
	}
	cfg, err := s.world.Config()
	if err != nil {
		return "", err
	}
	text := strings.NewReplacer("SELF", string(quoted), "STAGING", cfg.Environments[staging], "PRODUCTION", cfg.Environments[production]).Replace(demoPolicy)
	path := filepath.Join(s.dir, "releasebot.yml")
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		return "", fmt.Errorf("writing the demo's policy file: %w", err)
	}
	return path, nil
}

// close takes everything down again, the last first.
func (s *stage) close() error {
	var errs []error
	for len(s.undo) > 0 {
		last := len(s.undo) - 1
		errs = append(errs, s.undo[last]())
		s.undo = s.undo[:last]
	}
	return errors.Join(errs...)
}
