package api

import (
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/releasebot/releasebot/agent"
)

// Bounds of histograms, in seconds.
var (
	stepBounds   = []float64{.0005, .001, .0025, .005, .01, .025, .05, .1, .25, .5, 1, 2.5, 5, 10, 30}
	pickupBounds = []float64{.0005, .001, .0025, .005, .01, .025, .05, .1, .25, .5, 1, 2.5, 5, 10, 30, 60}
	peopleBounds = []float64{15, 60, 300, 900, 1800, 3600, 2 * 3600, 4 * 3600, 8 * 3600, 24 * 3600}
	deployBounds = []float64{1, 5, 15, 30, 60, 120, 300, 600, 1200, 1800, 3600}
	// The bands in which DORA's reports put teams end at an hour, a day, a week, a month and half a year.
	leadBounds = []float64{900, 3600, 4 * 3600, 24 * 3600, 3 * 24 * 3600, 7 * 24 * 3600, 30 * 24 * 3600, 182 * 24 * 3600}
)

// delivery is what Metrics keeps about steps, and about how delivery goes as a
// whole: DORA's four are frequency and failures (releases), lead and restore.
type delivery struct {
	steps    *prometheus.HistogramVec
	pickup   prometheus.Histogram
	decision *prometheus.HistogramVec
	deploy   *prometheus.HistogramVec
	releases *prometheus.CounterVec
	lead     *prometheus.HistogramVec
	restore  *prometheus.HistogramVec
}

func newDelivery(r *prometheus.Registry) delivery {
	histogram := func(name, help string, bounds []float64, labels ...string) *prometheus.HistogramVec {
		return prometheus.NewHistogramVec(prometheus.HistogramOpts{Name: "releasebot_" + name, Help: help, Buckets: bounds}, labels)
	}
	d := delivery{
		steps: histogram("step_seconds", "Time of the steps that this process took, by kind, with their appends.", stepBounds, "kind"),
		pickup: prometheus.NewHistogram(prometheus.HistogramOpts{
			Name: "releasebot_pickup_seconds", Buckets: pickupBounds,
			Help: "Time from when a thread had something to do until its first step here.",
		}),
		decision: histogram("approval_seconds", "Time from asking for an approval until it was decided or ended, by outcome.", peopleBounds, "outcome"),
		deploy:   histogram("deploy_seconds", "Time from the start of a deploy or rollback until its outcome.", deployBounds, "service", "environment"),
		releases: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "releasebot_releases_total",
			Help: "Releases that had an environment, by what they were to do and how they ended there.",
		}, []string{"service", "environment", "action", "outcome"}),
		lead:    histogram("lead_time_seconds", "Time from a commit until it was deployed, for each commit that a deploy's card lists.", leadBounds, "service", "environment"),
		restore: histogram("restore_seconds", "Time from the first release that left an environment other than healthy until the next healthy one.", leadBounds, "service", "environment"),
	}
	r.MustRegister(d.steps, d.pickup, d.decision, d.deploy, d.releases, d.lead, d.restore)
	return d
}

// Stepped, TakenUp and Returned make Metrics an agent.Meter.

// Stepped records a step.
func (m *Metrics) Stepped(kind agent.StepKind, took time.Duration) {
	m.delivery.steps.WithLabelValues(string(kind)).Observe(took.Seconds())
}

// TakenUp records how long a thread had to wait for this process.
func (m *Metrics) TakenUp(after time.Duration) { m.delivery.pickup.Observe(after.Seconds()) }

// Returned records how a release ended in its environment, and how long the
// environment had been other than healthy, where that is over now.
func (m *Metrics) Returned(before, after *agent.Environment) {
	if len(after.History) == 0 {
		return
	}
	o := after.History[0]
	m.delivery.releases.WithLabelValues(after.Service, after.Name, o.Action, o.Outcome).Inc()
	if since := badSince(before); o.Ran && o.Healthy && !since.IsZero() {
		m.delivery.restore.WithLabelValues(after.Service, after.Name).Observe(o.At.Sub(since).Seconds())
	}
}

// badSince is when the first release after the last healthy one ended in the
// environment; zero if it is healthy, or never was anything else as far as its state goes back.
func badSince(env *agent.Environment) (since time.Time) {
	for _, o := range env.History { // newest first
		switch {
		case !o.Ran: // it changed nothing
		case o.Healthy:
			return since
		default:
			since = o.At
		}
	}
	return since
}

// deployed records the time of a deploy, and of its commits on their way.
func (m *Metrics) deployed(rel *agent.ReleaseState, d *agent.DeployResult, at time.Time) {
	m.delivery.deploy.WithLabelValues(rel.Service, rel.Env).Observe(max(at.Sub(rel.Deploy.Began), 0).Seconds())
	if d.Outcome != agent.Deployed || rel.Action != "deploy" || rel.Context == nil || rel.Context.Changes == nil || rel.Context.Changes.Backward {
		return
	}
	lead := m.delivery.lead.WithLabelValues(rel.Service, rel.Env)
	for _, c := range rel.Context.Changes.Commits {
		if !c.At.IsZero() {
			lead.Observe(max(at.Sub(c.At), 0).Seconds())
		}
	}
}
