package e2e

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/releasebot/releasebot/internal/e2etest"
	"github.com/releasebot/releasebot/slacklocal"
	"github.com/releasebot/releasebot/threadstore/storetest/redistest"
)

// The people: Alice asks, Bob and Carol are on call, Dan is not, Gus is a guest, Eve was deactivated.
const (
	alice, bob, carol, dan, gus, eve = "U0ALICE", "U0BOB", "U0CAROL", "U0DAN", "U0GUS", "U0EVE"
	releases                         = "C0RELEASES"
)

// patience is how long anything may take that has no time of its own, on a busy
// machine. What is not acknowledged in time Slack sends again after a minute at the latest.
const patience = 2 * time.Minute

// standard is the policy file of most tests. @deploy@ and @health@ are filled in.
const standard = `
version: 1
people:
  oncall: {group: S0ONCALL}
services:
  shop:
    environments:
      staging:
        deploy: {driver: command, start: @deploy@}
      production:
        approval: {required: 1, from: [oncall]}
        deploy: {driver: command, start: @deploy@}
        verify:
          - {name: health, http: {url: "@health@/shop/production", json: {version: "${version}"}}, every: 50ms, within: 500ms}
  backend:
    environments:
      production:
        approval: {required: 1, from: [oncall]}
        deploy: {driver: command, start: @deploy@}
        verify:
          - {name: health, http: {url: "@health@/backend/production", json: {version: "${version}"}}, every: 50ms, within: 500ms}
`

// world is a Slack workspace, a store, a place to deploy to, and bots.
type world struct {
	*testing.T
	slack  *slacklocal.Workspace
	redis  string // its URL; "" for the embedded store
	dir    string
	place  place
	health *health
	policy string // the file
	fleet  *fleet
}

// health is what the checks ask.
type health struct {
	*httptest.Server
	place place
	mu    sync.Mutex
	sick  map[string]bool // "shop v1.4.2": answers 500
}

// fleet is every bot that was started, and every data folder that was used.
type fleet struct {
	bots []*botProcess
	data map[string]bool
}

// sub is the same world, failing a subtest.
func (w *world) sub(t *testing.T) *world {
	same := *w
	same.T = t
	return &same
}

// newWorld makes a world on the embedded store.
func newWorld(t *testing.T, policy string) *world {
	t.Helper()
	return makeWorld(t, policy, "", slacklocal.Config{NoRates: true})
}

// newRedisWorld makes a world on a Redis of its own.
func newRedisWorld(t *testing.T, policy string) *world {
	t.Helper()
	return makeWorld(t, policy, redistest.Start(t), slacklocal.Config{NoRates: true})
}

func makeWorld(t *testing.T, policy, redis string, cfg slacklocal.Config) *world {
	t.Helper()
	w := &world{T: t, dir: t.TempDir(), redis: redis, slack: slacklocal.New(cfg), fleet: &fleet{data: map[string]bool{}}}
	w.place = place(filepath.Join(w.dir, "place"))
	w.must(os.MkdirAll(string(w.place), 0o700))
	w.health = &health{place: w.place, sick: map[string]bool{}}
	w.health.Server = httptest.NewServer(w.health)
	t.Cleanup(w.close)
	_, err := w.slack.Start("127.0.0.1:0")
	w.must(err)
	for id, name := range map[string]string{alice: "alice", bob: "bob", carol: "carol", dan: "dan"} {
		w.slack.AddUser(slacklocal.User{ID: id, Name: name})
	}
	w.slack.AddUser(slacklocal.User{ID: gus, Name: "gus", Guest: true})
	w.slack.AddUser(slacklocal.User{ID: eve, Name: "eve"})
	w.slack.AddChannel(releases, "releases", alice, bob, carol, dan, gus, eve)
	w.slack.AddGroup("S0ONCALL", "oncall", bob, carol)
	w.setPolicy(policy)
	return w
}

// setPolicy writes the policy file that bots booted from now on read.
func (w *world) setPolicy(policy string) {
	w.Helper()
	w.policy = filepath.Join(w.dir, "releasebot.yml")
	filled, err := e2etest.Fill(policy, string(w.place), "@health@", w.health.URL, "@dir@", w.dir)
	w.must(err)
	w.must(os.WriteFile(w.policy, []byte(filled), 0o600))
}

// ServeHTTP answers /SERVICE/ENVIRONMENT with the version that runs, and with 500 where that is sick.
func (h *health) ServeHTTP(rw http.ResponseWriter, r *http.Request) {
	service, env, _ := strings.Cut(strings.Trim(r.URL.Path, "/"), "/")
	version := h.place.running(service, env)
	h.mu.Lock()
	sick := h.sick[service+" "+version]
	h.mu.Unlock()
	if sick || version == "" {
		rw.WriteHeader(http.StatusInternalServerError)
	}
	json.NewEncoder(rw).Encode(map[string]string{"version": version}) //nolint:errcheck,errchkjson // the check sees what is missing
}

// setSick makes a version of a service unhealthy wherever it runs.
func (w *world) setSick(what string, sick bool) {
	w.health.mu.Lock()
	defer w.health.mu.Unlock()
	w.health.sick[what] = sick
}

// order says what is to become of deploys of "SERVICE VERSION".
func (w *world) order(what string, o order) {
	w.Helper()
	all, err := w.place.orders()
	w.must(err)
	all[what] = o
	b, err := json.Marshal(all)
	w.must(err)
	w.must(replace(w.place.path(ordersFile), b))
}

// letGo lets a held deploy that has begun go on.
func (w *world) letGo(e entry) {
	w.Helper()
	w.must(os.WriteFile(w.place.path("go."+e.Key), nil, 0o600))
}

// begun waits until the n-th deploy has begun, and returns it.
func (w *world) begun(n int) entry {
	w.Helper()
	var begun []entry
	w.until(fmt.Sprintf("deploy %d of the ledger", n), func() bool {
		begun = w.begins()
		return len(begun) >= n
	})
	return begun[n-1]
}

func (w *world) begins() []entry {
	w.Helper()
	begun, err := e2etest.Ledger(w.place.path(ledgerFile)).Begins()
	w.must(err)
	return begun
}

// wantLedger compares all that was really started, in order.
func (w *world) wantLedger(want ...string) {
	w.Helper()
	var got []string
	for _, e := range w.begins() {
		got = append(got, e.String())
	}
	if strings.Join(got, "\n") != strings.Join(want, "\n") {
		w.Fatalf("started: %q, want %q\n%s", got, want, w.show())
	}
}

func (w *world) must(err error) {
	w.Helper()
	if err != nil {
		w.Fatal(err)
	}
}

// wait waits until something holds in the workspace.
func (w *world) wait(what string, cond func() bool) { w.Helper(); w.waitFor(patience, what, cond) }

func (w *world) waitFor(limit time.Duration, what string, cond func() bool) {
	w.Helper()
	ctx, cancel := context.WithTimeout(w.Context(), limit)
	defer cancel()
	if err := w.slack.WaitFor(ctx, cond); err != nil {
		w.Fatalf("%s: it does not come within %s\n%s", what, limit, w.show())
	}
}

// until waits for something that no change of the workspace announces.
func (w *world) until(what string, cond func() bool) { w.Helper(); w.untilFor(patience, what, cond) }

func (w *world) untilFor(limit time.Duration, what string, cond func() bool) {
	w.Helper()
	ctx, cancel := context.WithTimeout(w.Context(), limit)
	defer cancel()
	if !poll(ctx, cond) {
		w.Fatalf("%s: it does not come within %s\n%s", what, limit, w.show())
	}
}

// poll looks at cond until it holds, or ctx ends.
func poll(ctx context.Context, cond func() bool) bool {
	return e2etest.Poll(ctx, 10*time.Millisecond, cond)
}

// show is everything that can be seen, for a failure's message.
func (w *world) show() string {
	var b strings.Builder
	seen := map[string]bool{}
	for _, c := range w.slack.Channels() {
		for _, m := range w.slack.Messages(c.ID) {
			if root := c.ID + m.Thread(); !seen[root] {
				seen[root] = true
				fmt.Fprintf(&b, "--- %s %s\n%s\n", c.ID, m.Thread(), clip(w.slack.RenderThread(c.ID, m.Thread()), 6000))
			}
		}
	}
	for _, u := range w.slack.Users() {
		for _, m := range w.slack.Ephemerals(u.ID) {
			fmt.Fprintf(&b, "--- only %s: %s\n", u.Name, clip(m.Text, 300))
		}
	}
	if list, err := w.place.ledger(); err == nil {
		for _, e := range list {
			fmt.Fprintf(&b, "--- ledger: %s %s (%s)\n", e.What, e, e.Key)
		}
	}
	for _, p := range w.fleet.bots {
		fmt.Fprintf(&b, "--- bot %s:\n%s\n", p.name, p.log.Last(6000))
	}
	return b.String()
}

func clip(s string, n int) string {
	if len(s) > n {
		return s[:n] + "…"
	}
	return s
}

// close ends whatever the world has started: bots, deploys, supervisors.
func (w *world) close() {
	for _, p := range w.fleet.bots {
		p.end()
	}
	if err := os.WriteFile(w.place.path(overFile), nil, 0o600); err != nil {
		w.Error(err)
	}
	w.endDeploys()
	for dir := range w.fleet.data {
		w.endSupervisors(dir)
	}
	w.health.Close()
	w.slack.Close()
}

// endDeploys waits until no deploy lives, and kills those that do not end.
func (w *world) endDeploys() {
	if w.freed(w.place.path(aliveFile)) {
		return
	}
	list, err := w.place.ledger()
	if err != nil {
		w.Error(err)
	}
	ended := map[int]bool{}
	for _, e := range list {
		ended[e.PID] = e.What == "end"
	}
	for pid, gone := range ended {
		if !gone {
			syscall.Kill(pid, syscall.SIGKILL) //nolint:errcheck,gosec // may have ended
		}
	}
	if !w.freed(w.place.path(aliveFile)) {
		w.Error("a deploy could not be ended")
	}
}

// endSupervisors waits until no supervisor of a data folder lives, and kills those that do not end.
func (w *world) endSupervisors(data string) {
	for _, r := range runFolders(data) {
		lock := filepath.Join(r, "lock")
		if w.freed(lock) {
			continue
		}
		if pid := pidIn(filepath.Join(r, "started.json"), "supervisor"); pid > 0 {
			syscall.Kill(pid, syscall.SIGKILL) //nolint:errcheck,gosec // may have ended
		}
		if !w.freed(lock) {
			w.Errorf("the supervisor of %s could not be ended", r)
		}
	}
}

// freed waits until nobody holds a lock on the file, for a while.
func (w *world) freed(path string) bool {
	f, err := os.OpenFile(path, os.O_RDWR|os.O_CREATE, 0o600)
	if err != nil {
		w.Error(err)
		return true
	}
	defer f.Close() //nolint:errcheck // nothing was written
	ctx, cancel := context.WithTimeout(context.Background(), patience/4)
	defer cancel()
	return poll(ctx, func() bool { return syscall.Flock(int(f.Fd()), syscall.LOCK_EX|syscall.LOCK_NB) == nil })
}
