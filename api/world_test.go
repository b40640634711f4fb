package api_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/releasebot/releasebot/agent"
	"github.com/releasebot/releasebot/agent/agenttest"
	"github.com/releasebot/releasebot/agent/planner/rules"
	"github.com/releasebot/releasebot/api"
	"github.com/releasebot/releasebot/policy"
	"github.com/releasebot/releasebot/threadstore"
	"github.com/releasebot/releasebot/threadstore/boltstore"
	"github.com/releasebot/releasebot/tools/changelog"
	"github.com/releasebot/releasebot/tools/deploy"
	"github.com/releasebot/releasebot/tools/healthcheck"
)

const policyText = `
version: 1
people:
  bob: {user: U0BOB}
  carol: {user: U0CAROL}
services:
  shop:
    environments:
      staging:
        deploy: {driver: fake}
      production:
        approval: {required: 1, from: [bob, carol], expires_after: 1h}
        deploy: {driver: fake}
        verify:
          - {name: health, fake: {}}
      vault:
        approval: {required: 2, from: [bob, carol], expires_after: 1h}
        deploy: {driver: fake}
`

// world is a real agent on a real store in which time stands still, and its API.
type world struct {
	t        *testing.T
	clock    *agenttest.Clock
	store    *threadstore.Store
	deployer *agenttest.Deployer
	repo     *agenttest.Repository
	health   *agenttest.Health
	runner   *agent.Runner
	engine   *agent.Engine
	service  *agent.Service
	metrics  *api.Metrics
	threads  []agent.ThreadID
	serial   int
}

func newWorld(t *testing.T) *world {
	t.Helper()
	d, err := boltstore.Open(filepath.Join(t.TempDir(), "threads.db"))
	if err != nil {
		t.Fatal(err)
	}
	file, err := policy.Parse("releasebot.yml", []byte(policyText), agenttest.Registry())
	if err != nil {
		t.Fatal(err)
	}
	w := &world{
		t: t, clock: agenttest.NewClock(time.Date(2026, 11, 23, 10, 0, 0, 0, time.UTC)), deployer: &agenttest.Deployer{},
		repo: &agenttest.Repository{}, health: &agenttest.Health{}, metrics: api.NewMetrics(),
	}
	w.store = threadstore.New(d, threadstore.Options{Now: w.clock.Now})
	t.Cleanup(func() {
		if err := w.store.Close(); err != nil && !errors.Is(err, threadstore.ErrClosed) {
			t.Error(err)
		}
	})
	w.runner = agent.NewRunner(agent.Config{
		Store: w.store, Owner: "one", RunnerID: "one", Policy: func() *policy.File { return file },
		Planner: rules.New(), People: &agenttest.People{}, Pager: &agenttest.Pager{}, Viewer: agenttest.Blind{},
		Sources:   func(*policy.Source) (changelog.Source, error) { return w.repo, nil },
		Deployers: map[string]deploy.Driver{"fake": w.deployer},
		Checkers:  map[string]healthcheck.Checker{"fake": w.health},
		Now:       w.clock.Now, Observe: w.metrics.Observe, Meter: w.metrics,
	})
	w.engine = agent.NewEngine(w.runner)
	w.service = agent.NewService(w.engine)
	return w
}

// say starts a thread, and lets it run until it waits.
func (w *world) say(text string) agent.ThreadID {
	w.t.Helper()
	ts := fmt.Sprintf("1700000000.%06d", len(w.threads))
	id := agent.SlackThreadID(agenttest.Team, "C0RELEASES", ts)
	w.threads = append(w.threads, id)
	w.take(id, agent.SlackActor(agenttest.Team, "U0ALICE"), &agent.Trigger{
		Source: "mention", Text: text, Slack: &agent.Place{Team: agenttest.Team, Channel: "C0RELEASES", TS: ts},
	})
	return id
}

// reply says something more in a thread.
func (w *world) reply(id agent.ThreadID, text string) {
	w.t.Helper()
	w.take(id, agent.SlackActor(agenttest.Team, "U0ALICE"), &agent.Message{Text: text})
}

// press clicks a button of the thread's first release.
func (w *world) press(id agent.ThreadID, user string, verb agent.Verb, reason string) {
	w.t.Helper()
	w.take(id, agent.SlackActor(agenttest.Team, user), &agent.DecisionReceived{
		Verb: verb, Target: agent.ReleaseID(id, 1), Reason: reason, Via: "button",
	})
}

func (w *world) take(id agent.ThreadID, who agent.Actor, p agent.Payload) {
	w.t.Helper()
	w.serial++
	if _, err := w.service.Take(w.t.Context(), agent.Fact{ID: fmt.Sprintf("fact/%d", w.serial), Thread: id, Actor: who, Data: p}); err != nil {
		w.t.Fatal(err)
	}
	w.settle()
}

// advance moves the clock, and lets all threads do what is due then.
func (w *world) advance(by time.Duration) {
	w.t.Helper()
	w.clock.Move(by)
	w.settle()
}

func (w *world) settle() {
	w.t.Helper()
	for range 20 {
		did := false
		for _, id := range w.threads {
			did = w.steps(id) || did
		}
		if !did {
			return
		}
	}
	w.t.Fatal("the threads keep each other busy")
}

func (w *world) steps(id agent.ThreadID) (did bool) {
	w.t.Helper()
	for n := range 300 {
		p, err := w.runner.Step(w.t.Context(), id, w.clock.Now())
		if err != nil {
			w.t.Fatal(err)
		}
		if p.Did == agent.StepWait {
			return n > 0
		}
	}
	w.t.Fatalf("%s does not come to rest", id)
	return false
}

// serve makes the API of this world. change may alter its configuration.
func (w *world) serve(change func(*api.Config)) http.Handler {
	w.t.Helper()
	cfg := api.Config{Reader: w.service, Store: w.store, Metrics: w.metrics, Now: w.clock.Now}
	if change != nil {
		change(&cfg)
	}
	s, err := api.New(cfg)
	if err != nil {
		w.t.Fatal(err)
	}
	return s.Handler()
}

// local is a request as curl on this machine makes it.
func local(method, target string) *http.Request {
	r := httptest.NewRequest(method, target, nil)
	r.Host, r.RemoteAddr = "127.0.0.1:8080", "127.0.0.1:50000"
	return r
}

func do(h http.Handler, r *http.Request) *httptest.ResponseRecorder {
	rec := httptest.NewRecorder()
	h.ServeHTTP(rec, r)
	return rec
}

// get returns the record that a local GET is answered with.
func get[T any](t *testing.T, h http.Handler, target string) T {
	t.Helper()
	rec := do(h, local(http.MethodGet, target))
	if rec.Code != http.StatusOK {
		t.Fatalf("GET %s: %d %s", target, rec.Code, rec.Body)
	}
	if ct := rec.Header().Get("Content-Type"); ct != "application/json; charset=utf-8" {
		t.Errorf("GET %s: Content-Type %q", target, ct)
	}
	var v T
	if err := json.Unmarshal(rec.Body.Bytes(), &v); err != nil {
		t.Fatalf("GET %s: %v in %s", target, err, rec.Body)
	}
	return v
}

// wantError checks that an answer is this error, in the API's own form.
func wantError(t *testing.T, rec *httptest.ResponseRecorder, status int, code, part string) {
	t.Helper()
	var body struct {
		Error struct{ Code, Message string }
	}
	if err := json.Unmarshal(rec.Body.Bytes(), &body); err != nil {
		t.Errorf("the answer is no JSON: %d %q", rec.Code, rec.Body)
		return
	}
	if rec.Code != status || body.Error.Code != code || !strings.Contains(body.Error.Message, part) {
		t.Errorf("got %d %s %q, want %d %s with %q in it", rec.Code, body.Error.Code, body.Error.Message, status, code, part)
	}
}

func token(t *testing.T, name string, role policy.Role, secret string) api.Token {
	t.Helper()
	tok, err := api.NewToken(name, role, secret)
	if err != nil {
		t.Fatal(err)
	}
	return tok
}
