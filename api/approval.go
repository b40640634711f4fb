package api

import (
	"net/http"
	"time"

	"github.com/releasebot/releasebot/agent"
)

// approvalRecord is an approval that waits for people. Its id is the one that cards show.
type approvalRecord struct {
	ID       string              `json:"id"`
	Thread   agent.ThreadID      `json:"thread"`
	State    agent.ApprovalState `json:"state"`
	Required int                 `json:"required"`
	Approved []string            `json:"approved"` // who has approved so far
	From     []string            `json:"from"`     // who may
	Expires  time.Time           `json:"expires"`
	Plan     releaseRecord       `json:"plan"`
}

func (s *Server) approvals(w http.ResponseWriter, r *http.Request) error {
	if _, err := parameters(r.URL.RawQuery); err != nil {
		return err
	}
	lines, err := s.cfg.Reader.Approvals(r.Context())
	if err != nil {
		return err
	}
	records := make([]approvalRecord, 0, len(lines))
	for _, l := range lines {
		records = append(records, approvalRecord{
			ID: l.ID, Thread: l.Thread, State: l.State, Required: l.Required, Approved: list(l.Approved), From: list(l.From),
			Expires: l.Expires, Plan: releaseOf(l.Plan),
		})
	}
	s.send(w, r, http.StatusOK, map[string]any{"approvals": records})
	return nil
}
