package api_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"
	"testing/synctest"

	"github.com/releasebot/releasebot/api"
)

// store is a Pinger that answers with ping.
type store struct{ ping func(context.Context) error }

func (s store) Ping(ctx context.Context) error { return s.ping(ctx) }

func reasons(t *testing.T, h http.Handler, path string) (int, []string) {
	t.Helper()
	rec := do(h, local(http.MethodGet, path))
	if rec.Code != http.StatusOK {
		wantError(t, rec, http.StatusServiceUnavailable, api.CodeNotReady, "not ready: ")
	}
	var body struct{ Reasons []string }
	if err := json.Unmarshal(rec.Body.Bytes(), &body); err != nil {
		t.Fatal(err)
	}
	return rec.Code, body.Reasons
}

// Ready is who can be sent work; alive is who answers at all.
func TestReady(t *testing.T) {
	w := newWorld(t)
	var notReady error
	h := w.serve(func(c *api.Config) { c.Ready = func(context.Context) error { return notReady } })
	if code, _ := reasons(t, h, "/readyz"); code != http.StatusOK {
		t.Fatalf("ready: %d", code)
	}
	notReady = errors.Join(errors.New("no Slack socket is live"), fmt.Errorf("policy: %w", errors.New("another revision is current")))
	code, why := reasons(t, h, "/readyz")
	if want := []string{"no Slack socket is live", "policy: another revision is current"}; code != http.StatusServiceUnavailable || !slices.Equal(why, want) {
		t.Errorf("%d %q, want 503 %q", code, why, want)
	}
	notReady = nil
	if err := w.store.Close(); err != nil {
		t.Fatal(err)
	}
	code, why = reasons(t, h, "/readyz")
	if code != http.StatusServiceUnavailable || !slices.Equal(why, []string{"the store does not answer"}) {
		t.Errorf("with a closed store: %d %q", code, why)
	}
	if code, _ := reasons(t, h, "/livez"); code != http.StatusOK {
		t.Errorf("the store is away, and so the process is not alive: %d", code)
	}
}

// A store that hangs makes the probe say no in its own time, and takes none from the other question.
func TestReadyWithAStoreThatHangs(t *testing.T) {
	w := newWorld(t)
	synctest.Test(t, func(t *testing.T) {
		hangs := store{func(ctx context.Context) error { <-ctx.Done(); return ctx.Err() }}
		h := w.serve(func(c *api.Config) {
			c.Store = hangs
			c.Ready = func(ctx context.Context) error { return ctx.Err() }
		})
		if code, why := reasons(t, h, "/readyz"); code != http.StatusServiceUnavailable || !slices.Equal(why, []string{"the store does not answer"}) {
			t.Errorf("%d %q", code, why)
		}
	})
}

// What a store's error says is for the log: anybody may ask a probe.
func TestReadyTellsNoAddresses(t *testing.T) {
	w := newWorld(t)
	h := w.serve(func(c *api.Config) {
		c.Store = store{func(context.Context) error { return errors.New("dial tcp 10.9.8.7:6379: refused") }}
	})
	if rec := do(h, local(http.MethodGet, "/readyz")); strings.Contains(rec.Body.String(), "10.9") {
		t.Errorf("%s", rec.Body)
	}
}
