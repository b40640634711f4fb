package slacklocal_test

import (
	"context"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/slack-go/slack"
	"github.com/slack-go/slack/socketmode"

	"github.com/releasebot/releasebot/internal/leaktest"
	"github.com/releasebot/releasebot/slacklocal"
)

func TestMain(m *testing.M) { leaktest.Main(m) }

// patience is how long anything may take on a busy machine; what is waited for mostly comes at once.
const patience = 2 * time.Minute

// clock is a clock that moves when told.
type clock struct {
	mu sync.Mutex
	at time.Time
}

func newClock() *clock { return &clock{at: time.Unix(1_800_000_000, 0)} }

func (c *clock) now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.at
}

func (c *clock) move(d time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.at = c.at.Add(d)
}

// house is a workspace with ann, bob and cat, channel C0REL and a client.
type house struct {
	*slacklocal.Workspace
	t      *testing.T
	base   string
	http   *http.Client
	client *slack.Client

	app     *app               // the last that listens
	command slack.SlashCommand // the last that nextCommand returned
}

func newHouse(t *testing.T, cfg slacklocal.Config) *house {
	t.Helper()
	ws := slacklocal.New(cfg)
	base, err := ws.Start("127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	tr := &http.Transport{}
	t.Cleanup(func() {
		ws.Close()
		tr.CloseIdleConnections()
	})
	ws.AddUser(slacklocal.User{ID: "U0ANN", Name: "ann", RealName: "Ann Lee"})
	ws.AddUser(slacklocal.User{ID: "U0BOB", Name: "bob"})
	ws.AddUser(slacklocal.User{ID: "U0CAT", Name: "cat"})
	ws.AddChannel("C0REL", "releases", "U0ANN", "U0BOB")
	ws.AddGroup("S0ONCALL", "oncall", "U0BOB")
	h := &house{Workspace: ws, t: t, base: base, http: &http.Client{Transport: tr, Timeout: patience}}
	h.client = slack.New("xoxb-1", slack.OptionAppLevelToken("xapp-1"),
		slack.OptionAPIURL(base+"/slack/api/"), slack.OptionHTTPClient(h.http))
	return h
}

func (h *house) ctx() context.Context {
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	h.t.Cleanup(cancel)
	return ctx
}

func (h *house) wait(what string, cond func() bool) {
	h.t.Helper()
	if err := h.WaitFor(h.ctx(), cond); err != nil {
		h.t.Fatalf("%s: %v", what, err)
	}
}

// app is a slack-go Socket Mode client that acknowledges what it gets and keeps it.
type app struct {
	*socketmode.Client
	events chan socketmode.Event
}

// listen opens one socket. handle says the ack's payload; a nil handle acks all
// with nothing. handle returning false leaves an envelope unacknowledged.
func (h *house) listen(handle func(socketmode.Event) (payload any, ack bool)) *app {
	h.t.Helper()
	want := h.Connected() + 1
	a := &app{Client: socketmode.New(h.client), events: make(chan socketmode.Event, 1000)}
	ctx, cancel := context.WithCancel(context.Background())
	var wg sync.WaitGroup
	wg.Go(func() { _ = a.RunContext(ctx) })
	wg.Go(func() {
		for {
			select {
			case <-ctx.Done():
				return
			case e := <-a.Events:
				a.events <- e
				if e.Request == nil || e.Request.EnvelopeID == "" {
					continue
				}
				var payload any
				ack := true
				if handle != nil {
					payload, ack = handle(e)
				}
				if !ack {
					continue
				}
				var err error
				if payload == nil {
					err = a.AckCtx(ctx, e.Request.EnvelopeID, nil)
				} else {
					err = a.AckCtx(ctx, e.Request.EnvelopeID, payload)
				}
				if err != nil && ctx.Err() == nil {
					h.t.Logf("ack: %v", err)
				}
			}
		}
	})
	h.t.Cleanup(func() {
		cancel()
		wg.Wait()
	})
	h.app = a
	h.wait("socket", func() bool { return h.Connected() >= want })
	return a
}

// next returns the next event of a type.
func (h *house) next(a *app, kind socketmode.EventType) socketmode.Event {
	h.t.Helper()
	deadline := time.After(patience)
	for {
		select {
		case e := <-a.events:
			if e.Type == kind {
				return e
			}
		case <-deadline:
			h.t.Fatalf("no %s event came", kind)
		}
	}
}

func (h *house) nextCommand() slack.SlashCommand {
	h.t.Helper()
	h.command = h.next(h.app, socketmode.EventTypeSlashCommand).Data.(slack.SlashCommand)
	return h.command
}

func section(text string) slack.Block {
	return slack.NewSectionBlock(slack.NewTextBlockObject(slack.MarkdownType, text, false, false), nil, nil)
}

func button(action, text, value string) *slack.ButtonBlockElement {
	return slack.NewButtonBlockElement(action, value, slack.NewTextBlockObject(slack.PlainTextType, text, false, false))
}

func wantErr(t *testing.T, err error, code string) {
	t.Helper()
	if err == nil || !strings.Contains(err.Error(), code) {
		t.Fatalf("got error %v, want %s", err, code)
	}
}
