package bot

import (
	"context"
	"math/rand/v2"
	"net/http"
	"time"

	"github.com/releasebot/releasebot/agent"
)

// Outside is how a bot reaches everything but the agent. The zero value is the
// real world; a simulation puts in its own, and Config.Now.
type Outside struct {
	HTTP   Doer                                               // to Slack; defaults to a client that keeps its connections
	People agent.Directory                                    // defaults to Slack's answers, kept for seconds
	Sleep  func(ctx context.Context, d time.Duration) error   // ends with ctx, and then returns its error
	Jitter func(most time.Duration) (somewhere time.Duration) // spreads replicas, guards nothing
}

// Doer makes an HTTP call, as http.Client does.
type Doer interface {
	Do(req *http.Request) (*http.Response, error)
}

func (o Outside) withDefaults(limit time.Duration) Outside {
	if o.HTTP == nil {
		o.HTTP = newClient(limit)
	}
	if o.Sleep == nil {
		o.Sleep = sleep
	}
	if o.Jitter == nil {
		o.Jitter = func(most time.Duration) time.Duration { return rand.N(most) } //nolint:gosec // guards nothing
	}
	return o
}
