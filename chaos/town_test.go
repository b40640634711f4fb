package chaos

import (
	"context"
	"fmt"
	"maps"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/releasebot/releasebot/agent"
	"github.com/releasebot/releasebot/internal/e2etest"
	"github.com/releasebot/releasebot/slacklocal"
)

// The people: Alice asks, Bob and Carol are on call.
const (
	alice, bob, carol = "U0ALICE", "U0BOB", "U0CAROL"
	releases          = "C0RELEASES"
)

// patience is how long anything may take that has no time of its own: the machine may be busy.
const patience = 3 * time.Minute

// needed is how many approvals a production has. A staging has none.
func needed(service, environment string) int {
	switch {
	case environment != "production":
		return 0
	case strings.HasPrefix(service, "bank"):
		return 2
	}
	return 1
}

// kinds are the kinds of services. There are several of each: releases that
// queue up for one environment void each other's approvals, so that many in few
// environments want to be approved many times.
var kinds = map[string]string{
	// Deploys that can be asked after from anywhere.
	"shop": `
    environments:
      staging: {deploy: {driver: command, start: @deploy@, status: @status@}}
      production:
        approval: {required: 1, from: [oncall]}
        deploy: {driver: command, start: @deploy@, status: @status@}
        verify: [{name: health, http: {url: "@health@"}, every: 50ms, within: 10s}]
`,
	// Deploys of which only the data folder knows.
	"backend": `
    environments:
      staging: {deploy: {driver: command, start: @deploy@}}
      production:
        approval: {required: 1, from: [oncall]}
        deploy: {driver: command, start: @deploy@}
`,
	"bank": `
    environments:
      staging: {deploy: {driver: command, start: @deploy@}}
      production:
        approval: {required: 2, from: [oncall]}
        deploy: {driver: command, start: @deploy@}
        verify: [{name: health, http: {url: "@health@"}, every: 50ms, within: 10s}]
`,
}

// services are the names of all services, in order.
func services() (names []string) {
	for _, kind := range slices.Sorted(maps.Keys(kinds)) {
		for i := range 8 {
			names = append(names, fmt.Sprintf("%s%d", kind, i))
		}
	}
	return names
}

// policyFile has them all.
func policyFile() string {
	var b strings.Builder
	b.WriteString("version: 1\npeople:\n  oncall: {group: S0ONCALL}\nservices:\n")
	for _, name := range services() {
		fmt.Fprintf(&b, "  %s:%s", name, kinds[strings.TrimRight(name, "0123456789")])
	}
	return b.String()
}

// town is a Slack workspace, its people, a ledger, and where the program finds its store.
type town struct {
	*testing.T
	program string // what replicas and reading commands run
	slack   *slacklocal.Workspace
	dir     string
	ledger  ledger
	policy  string   // the file
	store   []string // settings that name the store, for reading commands
}

func newTown(t *testing.T, policy string) *town {
	t.Helper()
	// Slack tries again after a minute and five; here sooner, because the test is short.
	cfg := slacklocal.Config{NoRates: true, Retries: []time.Duration{0, 2 * time.Second, 4 * time.Second, 8 * time.Second, 16 * time.Second}}
	w := &town{T: t, program: program, dir: t.TempDir(), slack: slacklocal.New(cfg)}
	t.Cleanup(w.slack.Close)
	w.ledger = ledger{e2etest.Ledger(filepath.Join(w.dir, "ledger"))}
	health := httptest.NewServer(http.HandlerFunc(func(rw http.ResponseWriter, _ *http.Request) { rw.WriteHeader(http.StatusOK) }))
	t.Cleanup(health.Close)
	_, err := w.slack.Start("127.0.0.1:0")
	w.must(err)
	for id, name := range map[string]string{alice: "alice", bob: "bob", carol: "carol"} {
		w.slack.AddUser(slacklocal.User{ID: id, Name: name})
	}
	w.slack.AddChannel(releases, "releases", alice, bob, carol)
	w.slack.AddGroup("S0ONCALL", "oncall", bob, carol)

	w.policy = filepath.Join(w.dir, "releasebot.yml")
	filled, err := e2etest.Fill(policy, string(w.ledger.Ledger), "@health@", health.URL)
	w.must(err)
	w.must(os.WriteFile(w.policy, []byte(filled), 0o600))
	return w
}

func (w *town) must(err error) {
	w.Helper()
	if err != nil {
		w.Fatal(err)
	}
}

// environ is what a process of the program is started with.
func (w *town) environ(data string, more ...string) []string {
	return e2etest.Settings(w.dir, filepath.Join(w.dir, data), w.policy, w.slack.APIURL(), more...)
}

// releasebot runs a reading command, and returns what it prints.
func (w *town) releasebot(args ...string) (string, error) {
	ctx, cancel := context.WithTimeout(w.Context(), patience)
	defer cancel()
	return e2etest.Run(ctx, w.program, w.dir, w.environ("reader", w.store...), args...)
}

// thread is the agent's thread of a Slack thread.
func (w *town) thread(ts string) agent.ThreadID {
	return agent.SlackThreadID(w.slack.Identity().TeamID, releases, ts)
}

// log is a thread's log, as `releasebot thread export` writes it.
func (w *town) log(id agent.ThreadID) ([]*agent.Event, error) {
	out, err := w.releasebot("thread", "export", string(id))
	if err != nil {
		return nil, err
	}
	return e2etest.Events(out)
}

// until waits for a condition, and fails with what more says.
func (w *town) until(limit time.Duration, what string, cond func() bool, more func() string) {
	w.Helper()
	ctx, cancel := context.WithTimeout(w.Context(), limit)
	defer cancel()
	if !poll(ctx, cond) {
		w.Fatalf("%s: it does not come within %s (load %s)\n%s", what, limit, load(), more())
	}
}

// poll looks at cond until it holds, or ctx ends.
func poll(ctx context.Context, cond func() bool) bool {
	return e2etest.Poll(ctx, 20*time.Millisecond, cond)
}

// pause waits for a time, or for the end of ctx.
func pause(ctx context.Context, d time.Duration) {
	select {
	case <-ctx.Done():
	case <-time.After(d):
	}
}

func viewKey(m slacklocal.Message) string {
	if m.Metadata == nil {
		return ""
	}
	key, _ := m.Metadata.EventPayload["view"].(string)
	return key
}

// buttons are the names of a message's buttons.
func buttons(m slacklocal.Message) string {
	var names []string
	for _, b := range m.Buttons() {
		names = append(names, b.Text)
	}
	return strings.Join(names, ", ")
}

// live: a card that can be decided from.
func live(m slacklocal.Message) bool { return strings.HasPrefix(buttons(m), "Approve, Reject") }
