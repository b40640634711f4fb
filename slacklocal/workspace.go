package slacklocal

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"sync"
	"time"
)

// Config configures a workspace. The zero value is usable.
type Config struct {
	// Now is the workspace's clock. Defaults to time.Now.
	Now func() time.Time
	// Logger receives one debug line per call and delivery, without contents and
	// tokens. Defaults to none.
	Logger *slog.Logger
	// URL is the address at which people and clients reach the handler, including
	// the prefix it is mounted at and without /slack. Defaults to what the last
	// request was sent to.
	URL string

	// Identity of team and app. Default to T0LOCAL, "local", A0APP, U0BOT, B0BOT
	// and "releasebot".
	TeamID, TeamDomain, AppID, BotUserID, BotID, BotName string

	// Scopes are what the bot token was granted; a method that needs another one
	// answers missing_scope. Defaults to ManifestScopes.
	Scopes []string

	// NoRates switches rate limits off, for load tests and for clocks that stand still.
	NoRates bool
	// PostBurst is how many messages may be posted to one channel at once before
	// the rate of one a second holds. Defaults to 5.
	PostBurst int

	// AckWithin is how long the app may take to acknowledge. Defaults to 3 s.
	AckWithin time.Duration
	// TriggerWithin is how long a trigger_id is good. Defaults to 3 s.
	TriggerWithin time.Duration
	// Retries are the waits before an event that was not acknowledged is sent
	// again. Defaults to at once, 1 minute, 5 minutes, as Slack does.
	Retries []time.Duration
	// PingEvery is the interval of websocket pings, in real time. Defaults to 10 s.
	PingEvery time.Duration
	// MentionLast delivers the message event of a mention before its app_mention.
	// Slack promises no order.
	MentionLast bool
}

func (c Config) withDefaults() Config {
	if c.Now == nil {
		c.Now = time.Now
	}
	if c.Logger == nil {
		c.Logger = slog.New(slog.DiscardHandler)
	}
	for _, f := range []struct {
		field *string
		value string
	}{
		{&c.TeamID, "T0LOCAL"},
		{&c.TeamDomain, "local"},
		{&c.AppID, "A0APP"},
		{&c.BotUserID, "U0BOT"},
		{&c.BotID, "B0BOT"},
		{&c.BotName, "releasebot"},
	} {
		if *f.field == "" {
			*f.field = f.value
		}
	}
	if c.Scopes == nil {
		c.Scopes = ManifestScopes()
	}
	if c.PostBurst == 0 {
		c.PostBurst = 5
	}
	if c.AckWithin == 0 {
		c.AckWithin = 3 * time.Second
	}
	if c.TriggerWithin == 0 {
		c.TriggerWithin = 3 * time.Second
	}
	if c.Retries == nil {
		c.Retries = []time.Duration{0, time.Minute, 5 * time.Minute}
	}
	if c.PingEvery == 0 {
		c.PingEvery = 10 * time.Second
	}
	return c
}

// Workspace is one Slack workspace with one app. Make it with New.
type Workspace struct {
	cfg Config

	mu      sync.Mutex
	base    string // the address clients use, learnt from their requests
	seq     int    // numbers ids: events, envelopes, triggers, views
	lastTS  int64  // microseconds of the youngest message ts
	changed chan struct{}
	subs    map[*Subscription]struct{}
	closed  bool

	users    map[string]*User
	channels map[string]*channel
	groups   map[string]*Group

	ephemerals []*Message
	pings      []Ping
	statuses   map[string]status

	views     map[string]*View
	stacks    map[string][]*View // open modals by user, the topmost last
	homes     map[string]*View
	triggers  map[string]*trigger
	responses map[string]*responseURL

	tickets    map[string]bool
	sockets    []*socket
	nextSocket int
	deliveries []*delivery          // in the order sent, for the log
	envelopes  map[string]*delivery // the same by envelope id
	inFlight   map[string]*delivery // by envelope id, until acked or given up
	flying     []*delivery          // the same in the order sent, and some that were acked
	waiting    []*delivery          // to be sent again when due
	held       []*delivery
	acks       []Ack

	faults faults
	rates  map[string]*bucket
	calls  []Call

	kick chan struct{} // wakes the retry loop
	done chan struct{} // closed by Close
	wg   sync.WaitGroup

	server *http.Server
}

// New makes an empty workspace in which only the app's bot user exists.
// Close it when done.
func New(cfg Config) *Workspace {
	ws := &Workspace{
		cfg:       cfg.withDefaults(),
		changed:   make(chan struct{}),
		subs:      map[*Subscription]struct{}{},
		users:     map[string]*User{},
		channels:  map[string]*channel{},
		groups:    map[string]*Group{},
		statuses:  map[string]status{},
		views:     map[string]*View{},
		stacks:    map[string][]*View{},
		homes:     map[string]*View{},
		triggers:  map[string]*trigger{},
		responses: map[string]*responseURL{},
		tickets:   map[string]bool{},
		inFlight:  map[string]*delivery{},
		envelopes: map[string]*delivery{},
		rates:     map[string]*bucket{},
		kick:      make(chan struct{}, 1),
		done:      make(chan struct{}),
	}
	ws.faults.plans = map[string][]*plan{}
	ws.base = ws.cfg.URL
	ws.users[ws.cfg.BotUserID] = &User{
		ID: ws.cfg.BotUserID, Name: ws.cfg.BotName, RealName: ws.cfg.BotName,
		TeamID: ws.cfg.TeamID, Bot: true,
	}
	ws.wg.Go(ws.retryLoop)
	return ws
}

// Start serves the workspace on addr (a loopback address such as "127.0.0.1:0") and
// returns the address to reach it, such as "http://127.0.0.1:4711". The Slack API
// stands below it at /slack/api/. Close stops serving.
func (ws *Workspace) Start(addr string) (string, error) {
	ln, err := new(net.ListenConfig).Listen(context.Background(), "tcp", addr)
	if err != nil {
		return "", fmt.Errorf("starting the local workspace: %w", err)
	}
	base := "http://" + ln.Addr().String()
	server := &http.Server{Handler: ws.Handler(), ReadHeaderTimeout: 10 * time.Second}
	ws.mu.Lock()
	defer ws.mu.Unlock()
	if ws.closed || ws.server != nil {
		return "", errors.Join(errors.New("starting the local workspace: closed, or started before"), ln.Close())
	}
	ws.server = server
	if ws.cfg.URL == "" {
		ws.base = base
	}
	ws.wg.Go(func() { _ = server.Serve(ln) }) // ends with ErrServerClosed
	return base, nil
}

// Close closes every socket, ends every waiting call and waits for all goroutines
// of the workspace. The workspace can't be used afterwards.
func (ws *Workspace) Close() {
	ws.mu.Lock()
	if ws.closed {
		ws.mu.Unlock()
		return
	}
	ws.closed = true
	close(ws.done)
	for _, s := range ws.sockets {
		s.cut()
	}
	server := ws.server
	ws.change(Change{Kind: Closed})
	ws.mu.Unlock()
	if server != nil {
		_ = server.Close() // nothing to be done about a listener that is gone
	}
	ws.wg.Wait()
}

// Identity of the app and its team.
type Identity struct {
	TeamID, TeamDomain, AppID, BotUserID, BotID, BotName string
}

// Identity returns the ids that the app is known by.
func (ws *Workspace) Identity() Identity {
	c := ws.cfg
	return Identity{c.TeamID, c.TeamDomain, c.AppID, c.BotUserID, c.BotID, c.BotName}
}

// APIURL returns the Web API's base with its trailing slash, once the workspace was
// started, was reached by a client or has a Config.URL.
func (ws *Workspace) APIURL() string {
	ws.mu.Lock()
	defer ws.mu.Unlock()
	return ws.base + "/slack/api/"
}

func (ws *Workspace) now() time.Time { return ws.cfg.Now() }

// nextID returns a new id with the prefix that Slack gives to its kind.
func (ws *Workspace) nextID(prefix string) string {
	ws.seq++
	return fmt.Sprintf("%s0L%07X", prefix, ws.seq)
}

// newTS returns a timestamp in Slack's form that no message has yet.
func (ws *Workspace) newTS() string {
	us := ws.now().UnixMicro()
	if us <= ws.lastTS {
		us = ws.lastTS + 1
	}
	ws.lastTS = us
	return formatTS(us)
}

func formatTS(us int64) string {
	return fmt.Sprintf("%d.%06d", us/1e6, us%1e6)
}
