package api

import (
	"net/http"
	"time"

	"github.com/releasebot/releasebot/agent"
)

// environmentRecord is one service in one environment.
type environmentRecord struct {
	ID          string         `json:"id"` // SERVICE/ENVIRONMENT
	Service     string         `json:"service"`
	Environment string         `json:"environment"`
	Running     *runningRecord `json:"running"`          // null: nobody can say for sure
	Holder      string         `json:"holder,omitempty"` // the release that has it now
	HolderSince *time.Time     `json:"holder_since,omitempty"`
	Waiting     []string       `json:"waiting"` // releases that wait for it, the next one first
	Lock        *lockRecord    `json:"lock,omitempty"`
	Last        *outcomeRecord `json:"last,omitempty"` // the last release that changed it, or may have
}

type runningRecord struct {
	Version string    `json:"version"`
	Commit  string    `json:"commit,omitempty"`
	Since   time.Time `json:"since,omitzero"`
	Healthy bool      `json:"healthy"`
}

type lockRecord struct {
	By     string    `json:"by"`
	Reason string    `json:"reason"`
	Until  time.Time `json:"until,omitzero"`
}

type outcomeRecord struct {
	ID      string         `json:"id"` // of the release
	Thread  agent.ThreadID `json:"thread"`
	Action  string         `json:"action"`
	Version string         `json:"version"`
	Commit  string         `json:"commit,omitempty"`
	By      []string       `json:"by"`
	Outcome string         `json:"outcome"`
	Healthy bool           `json:"healthy"`
	Began   time.Time      `json:"began,omitzero"`
	Ended   time.Time      `json:"ended,omitzero"`
}

func (s *Server) environments(w http.ResponseWriter, r *http.Request) error {
	if _, err := parameters(r.URL.RawQuery); err != nil {
		return err
	}
	lines, err := s.cfg.Reader.Environments(r.Context())
	if err != nil {
		return err
	}
	now := s.cfg.Now()
	records := make([]environmentRecord, 0, len(lines))
	for _, l := range lines {
		records = append(records, environmentOf(l, now))
	}
	s.send(w, r, http.StatusOK, map[string]any{"environments": records})
	return nil
}

func environmentOf(l agent.EnvironmentLine, now time.Time) environmentRecord {
	e := environmentRecord{
		ID: l.ID, Service: l.Service, Environment: l.Environment, Holder: l.Holder, HolderSince: l.HolderSince, Waiting: list(l.Waiting),
	}
	if r := l.Running; r.Version != "" {
		e.Running = &runningRecord{Version: r.Version, Commit: r.Commit, Since: r.Since, Healthy: r.Healthy}
	}
	if k := l.Lock; k != nil && (k.Until.IsZero() || now.Before(k.Until)) { // one whose time is over stays in the line until the next event
		e.Lock = &lockRecord{By: k.By, Reason: k.Reason, Until: k.Until}
	}
	if o := l.Last; o != nil {
		e.Last = &outcomeRecord{
			ID: agent.ReleaseID(o.Thread, o.Number), Thread: o.Thread, Action: o.Action, Version: o.Version, Commit: o.Commit,
			By: list(o.By), Outcome: o.Outcome, Healthy: o.Healthy, Began: o.Began, Ended: o.At,
		}
	}
	return e
}
