package bot

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"sync"
	"sync/atomic"
	"time"

	"github.com/releasebot/releasebot/agent"
	"github.com/releasebot/releasebot/blocks"
)

// Config configures a Bot. Token and AppToken are required.
type Config struct {
	Token    string // xoxb-…
	AppToken string // xapp-…
	// APIURL is the Web API's base, with or without a trailing slash. Defaults to Slack's.
	APIURL string
	// Sockets is how many links are kept open. Slack allows an app ten in all, and
	// a rollout has twice as many for a while. Defaults to 2.
	Sockets int

	// Parse reads what stands behind /release as an intent: of clarify, with the
	// question, where something is missing. approve, reject, and cancel, hold and
	// resume with an id, are read here. Defaults to leaving the words to the planner.
	Parse func(text string, cat agent.Catalog) agent.Intent
	// Channel is where releases of a service asked for outside Slack are shown, "" for nowhere. Defaults to nowhere.
	Channel func(service string) string

	// PostEvery is the pace of posts in one channel, after PostBurst at once; EditEvery that of edits of one
	// message. Default to 1 s, 4 and 1 s; below 0: no limit.
	PostEvery, EditEvery time.Duration
	PostBurst            int

	// CallLimit is how long one call to Slack may take. Defaults to 10 s.
	CallLimit time.Duration

	Now func() time.Time // defaults to time.Now
	Log *slog.Logger     // defaults to none

	Outside Outside // defaults to the real world

	// AckSeconds is told how long each acknowledged envelope took, and of which kind it was. Defaults to nothing.
	AckSeconds func(kind string, took time.Duration)
	// SlackError is told of each call that failed, with Slack's code or a word of ours. Defaults to nothing.
	SlackError func(method, code string)
}

func (c Config) withDefaults() Config {
	if c.Sockets <= 0 {
		c.Sockets = 2
	}
	if c.PostEvery == 0 {
		c.PostEvery = time.Second
	}
	if c.EditEvery == 0 {
		c.EditEvery = time.Second
	}
	if c.PostBurst <= 0 {
		c.PostBurst = 4
	}
	if c.CallLimit <= 0 {
		c.CallLimit = 10 * time.Second
	}
	if c.Now == nil {
		c.Now = time.Now
	}
	if c.Log == nil {
		c.Log = slog.New(slog.DiscardHandler)
	}
	c.Outside = c.Outside.withDefaults(c.CallLimit)
	return c
}

// Bot is one process' connection to one Slack workspace. It is the agent's
// Viewer, Directory and Pager, so it is made before the Runner; Attach gives it
// what it needs of the agent, and Run runs it.
type Bot struct {
	cfg    Config
	api    *api
	people agent.Directory
	out    *outbox
	homes  *homes
	links  links
	intake intake
	missed missed
	fatal  chan error // the first is what Run returns

	identity atomic.Pointer[identity]
	service  atomic.Pointer[agent.Service]
	runner   atomic.Pointer[agent.Runner]
}

// identity is who the bot is.
type identity struct{ team, user, bot string }

var (
	_ agent.Foreseer  = (*Bot)(nil)
	_ agent.Patient   = (*Bot)(nil)
	_ agent.Directory = (*Bot)(nil)
	_ agent.Pager     = (*Bot)(nil)
)

// New returns a Bot. It talks to nobody before Run, but for what the Directory and the Pager are asked.
func New(cfg Config) (*Bot, error) {
	if cfg.Token == "" || cfg.AppToken == "" {
		return nil, errors.New("bot: a bot token (xoxb-…) and an app token (xapp-…) are needed")
	}
	cfg = cfg.withDefaults()
	b := &Bot{cfg: cfg, api: newAPI(cfg), fatal: make(chan error, 1)}
	if b.people = cfg.Outside.People; b.people == nil {
		b.people = newDirectory(b)
	}
	b.out = newOutbox(b)
	b.homes = newHomes(b)
	b.links.init(b)
	b.intake.init(b)
	b.missed.init(b)
	return b, nil
}

// Attach gives the bot the agent that it serves. It comes before Run.
func (b *Bot) Attach(s *agent.Service, r *agent.Runner) {
	b.service.Store(s)
	b.runner.Store(r)
}

// Run connects to Slack and stays connected until ctx ends, then finishes what
// is under way (a few seconds at most) and returns nil. It returns an error where
// Slack refuses a token or a scope, because waiting would not help.
func (b *Bot) Run(ctx context.Context) error {
	if b.service.Load() == nil || b.runner.Load() == nil {
		return errors.New("bot: Attach comes before Run")
	}
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	defer b.api.close()
	var wg sync.WaitGroup
	defer wg.Wait()
	defer cancel()
	wg.Go(func() { b.out.run(ctx) })
	if err := b.introduce(ctx); err != nil {
		if ctx.Err() != nil {
			return nil
		}
		return err
	}
	wg.Go(func() { b.intake.run(ctx) })
	wg.Go(func() { b.missed.run(ctx) })
	wg.Go(func() { b.homes.run(ctx) })
	wg.Go(func() { b.links.run(ctx) })
	select {
	case <-ctx.Done():
		return nil
	case err := <-b.fatal:
		return err
	}
}

// Ready returns nil while a link to Slack is live: one that has said hello, and was heard of lately.
func (b *Bot) Ready() error { return b.links.ready() }

// Show implements agent.Viewer.
func (b *Bot) Show(s *agent.State, epoch int64, valid func() bool) agent.Shown {
	return b.out.show(s, epoch, valid)
}

// Quiet reports whether Show would send nothing of a state, where that is plain without rendering it.
func (b *Bot) Quiet(s *agent.State) bool { return b.out.quiet(s) }

// Waits implements agent.Patient.
func (b *Bot) Waits(id agent.ThreadID) (until time.Time, ok bool) { return b.out.waits(id) }

// Forget implements agent.Viewer.
func (b *Bot) Forget(id agent.ThreadID) { b.out.forget(id) }

// introduce asks Slack who we are, until it says so.
func (b *Bot) introduce(ctx context.Context) error {
	for tries := 0; ; tries++ {
		_, err := b.who(ctx)
		f := classify(err)
		if f.kind == fine {
			return nil
		}
		if f.kind == badToken {
			return tokenError("bot token (xoxb-…)", f.code, err)
		}
		b.cfg.Log.Warn("Slack does not say who we are; asked again", "err", err)
		if err := b.cfg.Outside.Sleep(ctx, min(b.pause(f, tries), 30*time.Second)); err != nil {
			return err
		}
	}
}

// who is the bot's identity, asked of Slack once.
func (b *Bot) who(ctx context.Context) (identity, error) {
	if me := b.identity.Load(); me != nil {
		return *me, nil
	}
	ctx, cancel := context.WithTimeout(ctx, b.cfg.CallLimit)
	defer cancel()
	r, err := b.api.slack.AuthTestContext(ctx)
	if err != nil {
		return identity{}, b.api.noted("auth.test", err)
	}
	me := identity{team: r.TeamID, user: r.UserID, bot: r.BotID}
	b.identity.Store(&me)
	return me, nil
}

// me is who the bot is; the zero value before Slack has said so.
func (b *Bot) me() identity {
	if me := b.identity.Load(); me != nil {
		return *me
	}
	return identity{}
}

func (b *Bot) options() blocks.Options { return blocks.Options{BotUser: b.me().user} }

func tokenError(which, code string, err error) error {
	remedy := "put in a token of this app, and install the app in the workspace again if it was removed"
	switch code {
	case "missing_scope":
		remedy = "add the scopes of manifest.yml to the app and install it in the workspace again (the app token needs connections:write)"
	case "not_allowed_token_type":
		remedy = "the two tokens may be swapped: xoxb-… is the bot's, xapp-… the app's"
	case "token_expired":
		remedy = "switch token rotation off and install the app again"
	}
	return fmt.Errorf("slack refuses the %s (%s): %s: %w", which, code, remedy, err)
}

// end makes Run return err.
func (b *Bot) end(err error) {
	select {
	case b.fatal <- err:
	default:
	}
}
