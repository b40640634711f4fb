package api_test

import (
	"context"
	"errors"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/releasebot/releasebot/agent"
	"github.com/releasebot/releasebot/agent/agenttest"
	"github.com/releasebot/releasebot/api"
	"github.com/releasebot/releasebot/threadstore"
)

type object = map[string]any

func objects(t *testing.T, o object, key string) []object {
	t.Helper()
	items, ok := o[key].([]any)
	if !ok {
		t.Fatalf("%q is no list in %v", key, o)
	}
	out := make([]object, len(items))
	for i, x := range items {
		if out[i], ok = x.(object); !ok || out[i]["id"] == "" {
			t.Fatalf("%s[%d] is no record with an id: %v", key, i, x)
		}
	}
	return out
}

// Empty lists are lists, and every environment of the policy file is there.
func TestNothingYet(t *testing.T) {
	h := newWorld(t).serve(nil)
	for path, key := range map[string]string{"/v1/threads": "threads", "/v1/approvals": "approvals"} {
		if list := objects(t, get[object](t, h, path), key); len(list) != 0 {
			t.Errorf("%s: %v", path, list)
		}
	}
	var ids []string
	for _, e := range objects(t, get[object](t, h, "/v1/environments"), "environments") {
		ids = append(ids, e["id"].(string))
		if running, there := e["running"]; running != nil || !there {
			t.Errorf("%s: running %v (there: %v), want null", e["id"], running, there)
		}
	}
	if got := strings.Join(ids, " "); got != "shop/staging shop/production shop/vault" {
		t.Errorf("environments %q", got)
	}
}

// A release on its way shows the same in all four places, and afterwards how it ended.
func TestARelease(t *testing.T) {
	w := newWorld(t)
	w.repo.Tag("v1.4.2", "0123456789abcdef0123456789abcdef01234567")
	h := w.serve(nil)
	id := w.say("deploy shop v1.4.2 to production")
	short := agent.ReleaseID(id, 1)

	approvals := objects(t, get[object](t, h, "/v1/approvals"), "approvals")
	if len(approvals) != 1 {
		t.Fatalf("approvals: %v", approvals)
	}
	a := approvals[0]
	plan := a["plan"].(object)
	if a["id"] != short || a["thread"] != string(id) || a["state"] != "pending" || a["required"] != 1.0 {
		t.Errorf("approval %v", a)
	}
	if plan["id"] != short || plan["action"] != "deploy" || plan["service"] != "shop" || plan["environment"] != "production" || plan["version"] != "v1.4.2" {
		t.Errorf("plan %v", plan)
	}
	if by := plan["by"].([]any); len(by) != 1 || by[0] != "U0ALICE" {
		t.Errorf("plan by %v", by)
	}

	one := get[object](t, h, "/v1/threads/"+string(id))
	slack := one["slack"].(object)
	if one["id"] != string(id) || one["state"] != "waiting" || slack["team"] != agenttest.Team || slack["channel"] != "C0RELEASES" || slack["ts"] == "" {
		t.Errorf("thread %v", one)
	}
	rel := objects(t, one, "releases")[0]
	if rel["state"] != "waiting for approval" || rel["commit"] != "0123456789abcdef0123456789abcdef01234567" || rel["digest"] == nil {
		t.Errorf("release %v", rel)
	}
	events := objects(t, one, "events")
	for i, e := range events {
		if e["seq"] != float64(i+1) || e["type"] == "" || e["data"] == nil {
			t.Errorf("event %d: %v", i+1, e)
		}
	}
	if events[0]["type"] != "trigger" || events[len(events)-1]["type"] != "approval_requested" {
		t.Errorf("events from %v to %v", events[0]["type"], events[len(events)-1]["type"])
	}

	w.press(id, "U0BOB", agent.VerbApprove, "")
	if list := objects(t, get[object](t, h, "/v1/approvals"), "approvals"); len(list) != 0 {
		t.Errorf("approvals after the click: %v", list)
	}
	threads := objects(t, get[object](t, h, "/v1/threads?state=done"), "threads")
	if len(threads) != 1 || threads[0]["id"] != string(id) || threads[0]["events"] != nil || objects(t, threads[0], "releases")[0]["state"] != "done" {
		t.Errorf("threads that are done: %v", threads)
	}
	if list := objects(t, get[object](t, h, "/v1/threads?state=waiting"), "threads"); len(list) != 0 {
		t.Errorf("threads that wait: %v", list)
	}
	env := objects(t, get[object](t, h, "/v1/environments"), "environments")[1]
	running, last := env["running"].(object), env["last"].(object)
	if running["version"] != "v1.4.2" || running["healthy"] != true || last["id"] != short || last["outcome"] != "done" {
		t.Errorf("environment %v", env)
	}
}

// lines is a Reader whose lists are given.
type lines struct {
	api.Reader
	threads      []agent.ThreadLine
	environments []agent.EnvironmentLine
	err          error
	asked        int
}

func (l *lines) Threads(context.Context) ([]agent.ThreadLine, error) {
	l.asked++
	return l.threads, l.err
}

func (l *lines) Environments(context.Context) ([]agent.EnvironmentLine, error) {
	return l.environments, l.err
}

// A lock is shown while it holds, and not from the moment it ends.
func TestLockEnds(t *testing.T) {
	w := newWorld(t)
	until := w.clock.Now().Add(time.Minute)
	line := agent.EnvironmentLine{ID: "shop/staging", Lock: &agent.HumanLock{By: "U0BOB", Reason: "migration", Until: until}}
	h := w.serve(func(c *api.Config) { c.Reader = &lines{environments: []agent.EnvironmentLine{line}} })
	lock := objects(t, get[object](t, h, "/v1/environments"), "environments")[0]["lock"].(object)
	if lock["by"] != "U0BOB" || lock["reason"] != "migration" {
		t.Errorf("lock %v", lock)
	}
	w.clock.Move(time.Minute)
	if env := objects(t, get[object](t, h, "/v1/environments"), "environments")[0]; env["lock"] != nil {
		t.Errorf("the lock has ended, and still shows: %v", env)
	}
}

// A thread that is still to be posted has no place in Slack to show.
func TestNoPlaceYet(t *testing.T) {
	w := newWorld(t)
	h := w.serve(func(c *api.Config) {
		c.Reader = &lines{threads: []agent.ThreadLine{{ID: "taaaaaaaaaaaa", State: "open", Slack: &agent.Place{Channel: "C0RELEASES"}}}}
	})
	if l := objects(t, get[object](t, h, "/v1/threads"), "threads")[0]; l["slack"] != nil {
		t.Errorf("slack %v", l["slack"])
	}
}

// Every list names the states of the contract, and nothing else is taken for one.
func TestQueries(t *testing.T) {
	h := newWorld(t).serve(nil)
	for _, state := range []string{"open", "waiting", "running", "held", "done", "failed", "canceled", "unknown"} {
		get[object](t, h, "/v1/threads?state="+state)
	}
	for target, part := range map[string]string{
		"/v1/threads?state=finished":      `"finished" is no state`,
		"/v1/threads?state=":              `"" is no state`,
		"/v1/threads?state=Done":          `"Done" is no state`,
		"/v1/threads?state=done&state=go": "stands 2 times",
		"/v1/threads?stat=done":           `"stat" is no parameter here; known: state`,
		"/v1/threads?state=%zz":           "can't be read",
		"/v1/threads?state=done;x=1":      "can't be read",
		"/v1/approvals?state=pending":     "there are none",
		"/v1/environments?x":              "there are none",
		"/v1/threads/taaaaaaaaaaaa?x=1":   "there are none",
	} {
		wantError(t, do(h, local(http.MethodGet, target)), http.StatusBadRequest, api.CodeBadRequest, part)
	}
	long := do(h, local(http.MethodGet, "/v1/threads?state="+strings.Repeat("x", 9000)))
	wantError(t, long, http.StatusBadRequest, api.CodeBadRequest, "is no state")
	if long.Body.Len() > 500 {
		t.Errorf("the answer quotes %d bytes", long.Body.Len())
	}
}

// What is no thread is not found, also where the store has a log of that name.
func TestNotFound(t *testing.T) {
	w := newWorld(t)
	w.say("deploy shop v1.0.0 to staging")
	if _, err := w.store.Load(t.Context(), agent.EnvironmentLog("shop", "staging"), 0); err != nil {
		t.Fatal(err)
	}
	h := w.serve(nil)
	for _, target := range []string{
		"/v1/threads/env:shop%2Fstaging", "/v1/threads/taaaaaaaaaaaa", "/v1/threads/t", "/v1/threads/%00", "/v1/threads/",
		"/v1/threads/TAAAAAAAAAAAA", "/", "/v1", "/v1/", "/v1/nope", "/v1/approvals/", "/v2/threads", "/v1/threads/taaaaaaaaaaaa/events",
	} {
		wantError(t, do(h, local(http.MethodGet, target)), http.StatusNotFound, api.CodeNotFound, "there is no")
	}
}

// Methods that nothing takes are refused with what would be taken.
func TestMethods(t *testing.T) {
	h := newWorld(t).serve(nil)
	for _, path := range []string{"/livez", "/readyz", "/metrics", "/v1/threads", "/v1/threads/taaaaaaaaaaaa", "/v1/approvals", "/v1/environments"} {
		for _, method := range []string{"POST", "PUT", "DELETE", "PATCH", "OPTIONS", "BREW"} {
			rec := do(h, local(method, path))
			wantError(t, rec, http.StatusMethodNotAllowed, api.CodeMethod, "GET, HEAD")
			if allow := rec.Header().Get("Allow"); allow != "GET, HEAD" {
				t.Errorf("%s %s: Allow %q", method, path, allow)
			}
		}
	}
	if rec := do(h, local(http.MethodHead, "/v1/threads")); rec.Code != http.StatusOK {
		t.Errorf("HEAD: %d", rec.Code)
	}
}

// The body of a GET is not looked at, unless it is too long to be meant.
func TestBodies(t *testing.T) {
	h := newWorld(t).serve(nil)
	with := func(n int) *http.Request {
		r := local(http.MethodGet, "/v1/threads")
		body := strings.NewReader(strings.Repeat("x", n))
		r.Body, r.ContentLength = http.NoBody, int64(body.Len())
		return r
	}
	if rec := do(h, with(api.MaxBody)); rec.Code != http.StatusOK {
		t.Errorf("a body of 1 MiB: %d %s", rec.Code, rec.Body)
	}
	wantError(t, do(h, with(api.MaxBody+1)), http.StatusRequestEntityTooLarge, api.CodeTooLarge, "longer than")
}

// A store that doesn't answer is said to be away; what it said stays in the log.
func TestStoreAway(t *testing.T) {
	w := newWorld(t)
	reader := &lines{err: errors.New("dial tcp 10.9.8.7:6379: refused")}
	h := w.serve(func(c *api.Config) { c.Reader = reader })
	rec := do(h, local(http.MethodGet, "/v1/threads"))
	wantError(t, rec, http.StatusServiceUnavailable, api.CodeUnavailable, "does not answer")
	if strings.Contains(rec.Body.String(), "10.9") {
		t.Errorf("the answer tells where the store is: %s", rec.Body)
	}
	reader.err = threadstore.ErrLost
	wantError(t, do(h, local(http.MethodGet, "/v1/threads")), http.StatusInternalServerError, api.CodeInternal, "can't be read")
}

// early is a Reader whose states are older than its events.
type early struct {
	api.Reader
	state *agent.State
}

func (e early) Thread(context.Context, agent.ThreadID) (*agent.State, error) { return e.state, nil }

// A thread's events are those that its state knows, also while it grows.
func TestThreadThatGrows(t *testing.T) {
	w := newWorld(t)
	id := w.say("deploy shop v1.0.0 to production")
	state, err := w.service.Thread(t.Context(), id)
	if err != nil {
		t.Fatal(err)
	}
	version := state.Version
	w.press(id, "U0BOB", agent.VerbApprove, "")
	h := w.serve(func(c *api.Config) { c.Reader = early{w.service, state} })
	if events := objects(t, get[object](t, h, "/v1/threads/"+string(id)), "events"); int64(len(events)) != version {
		t.Errorf("%d events beside the state of version %d", len(events), version)
	}
}
