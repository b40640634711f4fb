package api

import (
	"context"
	"fmt"
	"net/http"
)

type statusBody struct {
	Status string `json:"status"`
}

// live answers for the process alone: restarting it would not bring a store back.
func (s *Server) live(w http.ResponseWriter, r *http.Request) error {
	s.send(w, r, http.StatusOK, statusBody{"ok"})
	return nil
}

// ready answers whether this process should be sent work.
func (s *Server) ready(w http.ResponseWriter, r *http.Request) error {
	var reasons []string
	if err := within(r.Context(), s.cfg.Store.Ping); err != nil {
		s.cfg.Log.Warn("not ready: the store does not answer", "err", err)
		reasons = append(reasons, "the store does not answer")
	}
	reasons = append(reasons, separate(within(r.Context(), s.cfg.Ready))...)
	if len(reasons) == 0 {
		s.send(w, r, http.StatusOK, statusBody{"ok"})
		return nil
	}
	body := errorBody{Reasons: reasons}
	body.Error.Code, body.Error.Message = CodeNotReady, fmt.Sprintf("not ready: %s", reasons[0])
	if more := len(reasons) - 1; more > 0 {
		body.Error.Message += fmt.Sprintf(", and %d more", more)
	}
	s.send(w, r, http.StatusServiceUnavailable, body)
	return nil
}

// within gives each question a time of its own: a store that hangs is no reason to find the rest wanting.
func within(ctx context.Context, ask func(context.Context) error) error {
	ctx, cancel := context.WithTimeout(ctx, probeLimit)
	defer cancel()
	return ask(ctx)
}

// separate takes joined errors apart.
func separate(err error) []string {
	if err == nil {
		return nil
	}
	joined, ok := err.(interface{ Unwrap() []error }) //nolint:errorlint // only errors.Join's own layer is taken apart
	if !ok {
		return []string{err.Error()}
	}
	var texts []string
	for _, e := range joined.Unwrap() {
		texts = append(texts, separate(e)...)
	}
	return texts
}
