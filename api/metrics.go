package api

import (
	"log/slog"
	"net/http"
	"strings"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"
	"github.com/prometheus/client_golang/prometheus/promhttp"

	"github.com/releasebot/releasebot/agent"
)

// Metrics counts what this process does. Its methods are safe for concurrent
// use, and never block.
type Metrics struct {
	registry  *prometheus.Registry
	events    *prometheus.CounterVec
	approvals *prometheus.CounterVec
	deploys   *prometheus.CounterVec
	planner   *prometheus.CounterVec
	calls     *prometheus.CounterVec
	tokens    *prometheus.CounterVec
	cost      prometheus.Counter
	errors    *prometheus.CounterVec
	lost      *prometheus.CounterVec
	aside     prometheus.Counter
	ack       prometheus.Histogram
	delivery  delivery
}

// NewMetrics returns metrics on a registry of their own.
func NewMetrics() *Metrics {
	counter := func(name, help string, labels ...string) *prometheus.CounterVec {
		return prometheus.NewCounterVec(prometheus.CounterOpts{Name: "releasebot_" + name, Help: help}, labels)
	}
	m := &Metrics{
		registry:  prometheus.NewRegistry(),
		events:    counter("events_total", "Events of threads that this process made durable, by type.", "type"),
		approvals: counter("approvals_total", "Approvals by how they ended: approved, rejected, expired, superseded or canceled. One that was given and became void afterwards counts under both.", "outcome"),
		deploys:   counter("deploys_total", "Starts of deploys and rollbacks by what became of them. One that was settled by a person counts under \"outcome unknown\" too.", "service", "environment", "outcome"),
		planner:   counter("planner_calls_total", "Words that a planner was asked about, by planner; \"error\" where it gave no answer.", "planner"),
		calls:     counter("planner_model_calls_total", "Calls of a model's endpoint, those that failed too, by the planner whose answer counted in the end.", "planner"),
		tokens:    counter("planner_tokens_total", "Tokens of a model's calls: sent (in), of these from the endpoint's cache (cached), received (out).", "kind"),
		cost: prometheus.NewCounter(prometheus.CounterOpts{
			Name: "releasebot_planner_cost_dollars_total", Help: "What a model's calls cost, by the prices in RELEASEBOT_MODEL_PRICES; 0 while the model has none.",
		}),
		errors: counter("slack_errors_total", "Calls of Slack's Web API that failed, by method and by Slack's error.", "method", "error"),
		lost:   counter("threads_lost_total", "Threads and environments of which this process noticed that events have been lost, by how it was noticed.", "noticed_by"),
		aside:  prometheus.NewCounter(prometheus.CounterOpts{Name: "releasebot_threads_set_aside_total", Help: "Times that a thread was set aside because the program failed at it."}),
		ack: prometheus.NewHistogram(prometheus.HistogramOpts{
			Name: "releasebot_slack_ack_seconds",
			Help: "Time from an envelope's arrival to its acknowledgement. Slack waits for three seconds.",
			Buckets: []float64{
				.001, .0025, .005, .01, .025, .05, .1, .25, .5, 1, 2, 3, 5,
			},
		}),
	}
	m.registry.MustRegister(m.events, m.approvals, m.deploys, m.planner, m.calls, m.tokens, m.cost, m.errors, m.lost, m.aside, m.ack,
		collectors.NewGoCollector(), collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}))
	m.delivery = newDelivery(m.registry)
	for _, outcome := range approvalOutcomes() { // a rate needs a zero to rise from
		m.approvals.WithLabelValues(outcome)
	}
	for _, by := range []string{"version", "head", "chain", agent.NoticedCard, agent.NoticedDeployer, agent.NoticedEnvironment} {
		m.lost.WithLabelValues(by)
	}
	for _, kind := range []string{"in", "cached", "out"} {
		m.tokens.WithLabelValues(kind)
	}
	return m
}

// Ack records how long an envelope from Slack waited for its acknowledgement.
func (m *Metrics) Ack(d time.Duration) { m.ack.Observe(d.Seconds()) }

// SlackError records a failed call of the Web API: the method, such as
// "chat.update", and Slack's error, such as "channel_not_found". Any other text than
// such names is counted as "other", so that the number of series stays small.
func (m *Metrics) SlackError(method, code string) {
	m.errors.WithLabelValues(label(method), label(code)).Inc()
}

// label lets only through what looks like a name, of a method, an error or a model.
func label(s string) string {
	const most = 60
	notOfNames := func(c rune) bool {
		return !strings.ContainsRune("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._-/:", c)
	}
	if s == "" || len(s) > most || strings.ContainsFunc(s, notOfNames) {
		return "other"
	}
	return s
}

// count adds the number of threads by state.
func (m *Metrics) count(threads ThreadReader, now func() time.Time) error {
	return m.registry.Register(newCensus(threads, now))
}

// metrics answers with all metrics. What can't be collected is left out, and
// said in the log; the rest is still worth having.
func (s *Server) metrics() endpoint {
	h := promhttp.HandlerFor(s.cfg.Metrics.registry, promhttp.HandlerOpts{
		ErrorHandling: promhttp.ContinueOnError,
		ErrorLog:      slog.NewLogLogger(s.cfg.Log.Handler(), slog.LevelWarn),
	})
	return func(w http.ResponseWriter, r *http.Request) error {
		h.ServeHTTP(w, r)
		return nil
	}
}
