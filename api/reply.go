package api

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"strconv"

	"github.com/releasebot/releasebot/agent"
	"github.com/releasebot/releasebot/threadstore"
)

// Codes of errors.
const (
	CodeBadRequest   = "bad_request"
	CodeUnauthorized = "unauthorized"
	CodeForbidden    = "forbidden"
	CodeNotFound     = "not_found"
	CodeMethod       = "method_not_allowed"
	CodeTooLarge     = "too_large"
	CodeUnavailable  = "unavailable"
	CodeNotReady     = "not_ready"
	CodeInternal     = "internal"
)

// A problem is an error that the caller is told as it stands.
type problem struct {
	status  int
	code    string
	message string
}

func (p *problem) Error() string { return p.message }

func badRequest(format string, args ...any) *problem {
	return &problem{http.StatusBadRequest, CodeBadRequest, fmt.Sprintf(format, args...)}
}

type errorBody struct {
	Error struct {
		Code    string `json:"code"`
		Message string `json:"message"`
	} `json:"error"`
	Reasons []string `json:"reasons,omitempty"`
}

// tell answers with an error. What is no problem of the caller's goes to the
// log in full, and to the caller in general words: it may name hosts and files.
func (s *Server) tell(w http.ResponseWriter, r *http.Request, err error) {
	var p *problem
	if !errors.As(err, &p) {
		if errors.Is(r.Context().Err(), context.Canceled) { // the caller has gone
			return
		}
		s.cfg.Log.Error("a request was not answered", "path", r.URL.Path, "err", err)
		p = failure(err)
	}
	var body errorBody
	body.Error.Code, body.Error.Message = p.code, p.message
	s.send(w, r, p.status, body)
}

// failure says of an error of ours what the caller may know.
func failure(err error) *problem {
	if errors.Is(err, agent.ErrMalformed) || errors.Is(err, threadstore.ErrLost) {
		return &problem{http.StatusInternalServerError, CodeInternal, "the store holds something that can't be read; the log says what"}
	}
	return &problem{http.StatusServiceUnavailable, CodeUnavailable, "the store does not answer; try again"}
}

// send answers with a record. It is encoded before anything is sent, so that an
// answer is whole or an error.
func (s *Server) send(w http.ResponseWriter, r *http.Request, status int, record any) {
	var b bytes.Buffer
	enc := json.NewEncoder(&b)
	enc.SetEscapeHTML(false)
	if err := enc.Encode(record); err != nil {
		s.cfg.Log.Error("an answer could not be written as JSON", "path", r.URL.Path, "err", err)
		http.Error(w, `{"error":{"code":"`+CodeInternal+`","message":"the answer could not be written"}}`, http.StatusInternalServerError)
		return
	}
	w.Header().Set("Content-Type", "application/json; charset=utf-8")
	w.Header().Set("Content-Length", strconv.Itoa(b.Len()))
	w.WriteHeader(status)
	if _, err := w.Write(b.Bytes()); err != nil {
		s.cfg.Log.Debug("a caller went away", "path", r.URL.Path, "err", err)
	}
}

// clip shortens what a caller wrote, for quoting it.
func clip(s string) string {
	const most = 80
	if r := []rune(s); len(r) > most {
		s = string(r[:most]) + "…"
	}
	return strconv.Quote(s)
}
