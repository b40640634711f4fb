package bot_test

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/releasebot/releasebot/agent"
	"github.com/releasebot/releasebot/agent/agenttest"
	"github.com/releasebot/releasebot/agent/planner/rules"
	"github.com/releasebot/releasebot/bot"
	"github.com/releasebot/releasebot/internal/leaktest"
	"github.com/releasebot/releasebot/policy"
	"github.com/releasebot/releasebot/slacklocal"
	"github.com/releasebot/releasebot/threadstore"
	"github.com/releasebot/releasebot/threadstore/boltstore"
	"github.com/releasebot/releasebot/tools/changelog"
	"github.com/releasebot/releasebot/tools/deploy"
	"github.com/releasebot/releasebot/tools/healthcheck"
)

// TestMain lets more tests run at once than there are processors: they wait rather than compute.
func TestMain(m *testing.M) {
	flag.Parse()
	if err := flag.Set("test.parallel", "8"); err != nil {
		panic(err)
	}
	leaktest.Main(m)
}

const policyFile = `
version: 1
people:
  oncall: {group: S0ONCALL}
services:
  shop:
    environments:
      staging:
        deploy: {driver: fake}
      production:
        approval: {required: 1, from: [oncall]}
        deploy: {driver: fake}
        verify:
          - {name: health, fake: {}, within: 200ms, every: 50ms}
  backend:
    environments:
      production:
        approval: {required: 1, from: [oncall]}
        deploy: {driver: fake}
`

// patience is how long anything may take on a busy machine; what is waited for mostly comes at once.
const patience = 2 * time.Minute

// The people: Ann asks, Bob and Cat are on call, Gus is a guest.
const (
	ann, bob, cat, gus = "U0ANN", "U0BOB", "U0CAT", "U0GUS"
	releases           = "C0REL"
)

// house is a workspace, a store, and what is deployed to.
type house struct {
	*slacklocal.Workspace
	t        testing.TB
	store    *threadstore.Store
	driver   *holdable
	deployer *agenttest.Deployer
	health   *agenttest.Health
	policy   *policy.File
	logs     *logs
}

// holdable is a driver that can be made to fail, as a store that is away.
type holdable struct {
	threadstore.Driver
	mu   sync.Mutex
	away bool
	gate chan struct{}
	no   int // appends refused
}

func (d *holdable) refusals() int {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.no
}

var errAway = errors.New("the store is away")

func (d *holdable) setAway(away bool) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.away = away
}

// hold makes appends wait until the returned function is called.
func (d *holdable) hold() (release func()) {
	d.mu.Lock()
	defer d.mu.Unlock()
	gate := make(chan struct{})
	d.gate = gate
	return func() {
		d.mu.Lock()
		d.gate = nil
		d.mu.Unlock()
		close(gate)
	}
}

func (d *holdable) Apply(ctx context.Context, op threadstore.Op) (threadstore.Reply, error) {
	d.mu.Lock()
	away, gate := d.away, d.gate
	if away {
		d.no++
	}
	d.mu.Unlock()
	if gate != nil {
		select {
		case <-gate:
		case <-ctx.Done():
			return threadstore.Reply{}, ctx.Err()
		}
	}
	if away {
		return threadstore.Reply{}, errAway
	}
	return d.Driver.Apply(ctx, op)
}

func newHouse(t *testing.T, cfg slacklocal.Config) *house {
	t.Helper()
	t.Parallel()
	return openHouse(t, cfg)
}

func openHouse(t testing.TB, cfg slacklocal.Config) *house {
	t.Helper()
	ws := slacklocal.New(cfg)
	if _, err := ws.Start("127.0.0.1:0"); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(ws.Close)
	for id, name := range map[string]string{ann: "ann", bob: "bob", cat: "cat"} {
		ws.AddUser(slacklocal.User{ID: id, Name: name})
	}
	ws.AddUser(slacklocal.User{ID: gus, Name: "gus", Guest: true})
	ws.AddChannel(releases, "releases", ann, bob, cat, gus)
	ws.AddGroup("S0ONCALL", "oncall", bob, cat)
	d, err := boltstore.Open(filepath.Join(t.TempDir(), "threads.db"))
	if err != nil {
		t.Fatal(err)
	}
	h := &house{Workspace: ws, t: t, driver: &holdable{Driver: d}, deployer: &agenttest.Deployer{Once: true}, health: &agenttest.Health{}, logs: &logs{}}
	h.store = threadstore.New(h.driver, threadstore.Options{})
	t.Cleanup(func() {
		if err := h.store.Close(); err != nil {
			t.Error(err)
		}
	})
	if h.policy, err = policy.Parse("releasebot.yml", []byte(policyFile), agenttest.Registry()); err != nil {
		t.Fatal(err)
	}
	return h
}

// node is one running bot.
type node struct {
	*bot.Bot
	h       *house
	service *agent.Service
	stop    func()
	ended   chan struct{} // closed when Run has returned
	err     error         // what Run returned
}

// boot starts a bot and waits until it is ready.
func (h *house) boot(change ...func(*bot.Config)) *node {
	h.t.Helper()
	n := h.start(change...)
	h.until("two links", func() bool { return h.Connected() >= 2 && n.Ready() == nil })
	return n
}

// start starts a bot.
func (h *house) start(change ...func(*bot.Config)) *node {
	h.t.Helper()
	cfg := bot.Config{
		Token: "xoxb-secret", AppToken: "xapp-secret", APIURL: strings.TrimSuffix(h.APIURL(), "/"),
		PostEvery: -1, EditEvery: 20 * time.Millisecond, Log: h.logs.logger(),
	}
	for _, c := range change {
		c(&cfg)
	}
	b, err := bot.New(cfg)
	if err != nil {
		h.t.Fatal(err)
	}
	n := &node{Bot: b, h: h, ended: make(chan struct{})}
	h.logs.mu.Lock()
	h.logs.nodes++
	owner := fmt.Sprintf("node-%d", h.logs.nodes)
	h.logs.mu.Unlock()
	runner := agent.NewRunner(agent.Config{
		Store: h.store, Owner: owner, RunnerID: "one", Policy: func() *policy.File { return h.policy },
		Planner: rules.New(), People: b, Pager: b, Viewer: b,
		Sources:   func(*policy.Source) (changelog.Source, error) { return changelog.None{}, nil },
		Deployers: map[string]deploy.Driver{"fake": h.deployer},
		Checkers:  map[string]healthcheck.Checker{"fake": h.health},
		Log:       h.logs.logger(),
	})
	engine := agent.NewEngine(runner)
	n.service = agent.NewService(engine)
	b.Attach(n.service, runner)
	ctx, cancel := context.WithCancel(context.Background())
	var wg sync.WaitGroup
	wg.Go(func() { engine.Run(ctx) })
	wg.Go(func() {
		defer close(n.ended)
		n.err = b.Run(ctx)
	})
	n.stop = func() {
		cancel()
		wg.Wait()
	}
	h.t.Cleanup(n.stop)
	return n
}

func (h *house) ctx() context.Context {
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	h.t.Cleanup(cancel)
	return ctx
}

// wait waits until something holds in the workspace.
func (h *house) wait(what string, cond func() bool) {
	h.t.Helper()
	if err := h.WaitFor(h.ctx(), cond); err != nil {
		h.t.Fatalf("%s: %v\n%s", what, err, h.show())
	}
}

// until waits for something that no change of the workspace announces.
func (h *house) until(what string, cond func() bool) {
	h.t.Helper()
	ctx := h.ctx()
	tick := time.NewTicker(5 * time.Millisecond)
	defer tick.Stop()
	for !cond() {
		select {
		case <-ctx.Done():
			h.t.Fatalf("%s: it does not come\n%s", what, h.show())
		case <-tick.C:
		}
	}
}

// show is everything that stands in the workspace, for a failure's message.
func (h *house) show() string {
	var b strings.Builder
	for _, c := range h.Channels() {
		for _, m := range h.Messages(c.ID) {
			fmt.Fprintf(&b, "%s %s %s: %s\n", c.ID, m.TS, m.User, m.Text)
		}
	}
	for _, u := range []string{ann, bob, cat, gus} {
		for _, m := range h.Ephemerals(u) {
			fmt.Fprintf(&b, "only %s: %s\n", u, m.Text)
		}
	}
	return b.String() + h.logs.String()
}

// replies are the bot's messages in a thread.
func (h *house) replies(ts string) []slacklocal.Message {
	var list []slacklocal.Message
	for _, m := range h.Thread(releases, ts) {
		if m.BotID != "" {
			list = append(list, m)
		}
	}
	return list
}

// view finds the bot's messages of a thread by their view's key.
func (h *house) view(ts, prefix string) []slacklocal.Message {
	var list []slacklocal.Message
	for _, m := range h.replies(ts) {
		if m.Metadata == nil {
			continue
		}
		if key, _ := m.Metadata.EventPayload["view"].(string); strings.HasPrefix(key, prefix) {
			list = append(list, m)
		}
	}
	return list
}

// buttons are the names of a message's buttons.
func buttons(m slacklocal.Message) string {
	var names []string
	for _, b := range m.Buttons() {
		names = append(names, b.Text)
	}
	return strings.Join(names, ", ")
}

// card waits for the approval card of a thread, with live buttons, and returns it.
func (h *house) card(ts string) slacklocal.Message {
	h.t.Helper()
	var m slacklocal.Message
	h.wait("an approval card with buttons", func() bool {
		list := h.view(ts, "approval/")
		if len(list) == 0 {
			return false
		}
		m = list[0]
		return strings.HasPrefix(buttons(m), "Approve, Reject")
	})
	return m
}

// ended waits until the release card of a thread says so.
func (h *house) says(ts, view, words string) slacklocal.Message {
	h.t.Helper()
	var m slacklocal.Message
	h.wait(view+" saying "+words, func() bool {
		list := h.view(ts, view)
		if len(list) == 0 {
			return false
		}
		m = list[len(list)-1]
		return strings.Contains(m.Text, words)
	})
	return m
}

// propose mentions the bot with a production deploy and waits for its card.
func (h *house) propose(version string) (ts string, card slacklocal.Message) {
	h.t.Helper()
	ts = h.Post(ann, releases, "@releasebot deploy shop "+version+" to production", "")
	return ts, h.card(ts)
}

func (h *house) click(user, ts, button string) {
	h.t.Helper()
	if err := h.Click(user, releases, ts, button); err != nil {
		h.t.Fatal(err)
	}
}

// told waits until somebody was told something alone.
func (h *house) told(user, words string) {
	h.t.Helper()
	h.wait(user+" being told "+words, func() bool {
		for _, m := range h.Ephemerals(user) {
			if strings.Contains(m.Text, words) {
				return true
			}
		}
		return false
	})
}

// events are the types in a thread's log.
func (h *house) events(n *node, id agent.ThreadID, typ string) int {
	h.t.Helper()
	events, err := n.service.Events(h.ctx(), id, 1)
	if err != nil {
		h.t.Fatal(err)
	}
	count := 0
	for _, e := range events {
		if e.Type() == typ {
			count++
		}
	}
	return count
}

func (h *house) thread(ts string) agent.ThreadID {
	return agent.SlackThreadID(h.Identity().TeamID, releases, ts)
}

func (h *house) wantLedger(want ...string) {
	h.t.Helper()
	if got := h.deployer.Ledger(); fmt.Sprint(got) != fmt.Sprint(want) {
		h.t.Fatalf("the deployer did %q, want %q\n%s", got, want, h.show())
	}
}

// cfgFast is a workspace without rates, for tests that are not about them.
func cfgFast() slacklocal.Config { return slacklocal.Config{NoRates: true} }

// addServices adds many services to the policy file.
func (h *house) addServices(n int) {
	h.t.Helper()
	var b strings.Builder
	b.WriteString(policyFile)
	for i := range n {
		fmt.Fprintf(&b, "  service-%04d:\n    environments:\n      production:\n        deploy: {driver: fake}\n", i)
	}
	var err error
	if h.policy, err = policy.Parse("releasebot.yml", []byte(b.String()), agenttest.Registry()); err != nil {
		h.t.Fatal(err)
	}
}
