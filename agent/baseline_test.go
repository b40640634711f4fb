package agent_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/releasebot/releasebot/agent"
	"github.com/releasebot/releasebot/agent/agenttest"
	"github.com/releasebot/releasebot/policy"
	"github.com/releasebot/releasebot/tools"
	"github.com/releasebot/releasebot/tools/deploy"
	"github.com/releasebot/releasebot/tools/healthcheck"
)

// TestBaseline: the same number before the deploy and after it, with the change
// that policy allows; a number that isn't there is no pass, but a question to a person.
func TestBaseline(t *testing.T) {
	for _, tc := range []struct {
		name   string
		after  string // what the service answers once it is deployed
		word   string
		detail string
	}{
		{"as before", `{"errors": 2}`, "done", ""},
		{"better", `{"errors": 0}`, "done", ""},
		{"worse", `{"errors": 3}`, "unhealthy", "errors"},
		{"missing", `{"other": 3}`, "inconclusive", "errors"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			var body atomic.Value
			body.Store(`{"errors": 2}`)
			srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
				fmt.Fprint(w, body.Load())
			}))
			defer srv.Close()
			s, _ := newWorld(t)
			reg := agenttest.Registry()
			reg.Checks["http"] = policy.Adapt(healthcheck.DecodeHTTP)
			y := strings.Replace(invariantPolicy, "{name: health, fake: {}}",
				`{name: errors, http: {url: "`+srv.URL+`", baseline: {json: {errors: "+0"}}}, within: 4s}`, 1)
			f, err := policy.Parse("releasebot.yml", []byte(y), reg)
			if err != nil {
				t.Fatal(err)
			}
			s.policy = f
			s.runner.Checkers = healthcheck.New(healthcheck.Config{})
			s.deployer.Outcome = func(tools.Call) deploy.State {
				body.Store(tc.after)
				return deploy.Succeeded
			}
			id := s.asks("A", "deploy shop v1.0.0 to production")
			s.settle()
			s.decides(id, "U0BOB", agent.VerbApprove, agent.ReleaseID(id, 1))
			s.settle()
			for range 5 {
				s.clock.Move(2 * time.Second)
				s.settle()
			}
			rel := s.state(id).Release(1)
			if rel.Word() != tc.word {
				b, _ := json.Marshal(rel.Verify)
				t.Fatalf("the release is %s; want %s (%s)", rel.Word(), tc.word, b)
			}
			if d := rel.Verify.Results[0].Detail; !strings.Contains(d, tc.detail) {
				t.Errorf("it says %q; that should name %q", d, tc.detail)
			}
			s.holds()
		})
	}
}
