package api

import (
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"time"

	"github.com/releasebot/releasebot/agent"
)

// threadRecord is a thread as the API shows it.
type threadRecord struct {
	ID       agent.ThreadID    `json:"id"`
	State    string            `json:"state"`
	Title    string            `json:"title"`
	Began    time.Time         `json:"began"`
	Updated  time.Time         `json:"updated"`
	Slack    *slackRecord      `json:"slack,omitempty"`
	Releases []releaseRecord   `json:"releases"`
	Events   []json.RawMessage `json:"events,omitempty"` // as they stand in the log; of one thread alone
}

type slackRecord struct {
	Team    string `json:"team"`
	Channel string `json:"channel"`
	TS      string `json:"ts"`
}

// releaseRecord is a release. The last five are of one thread alone.
type releaseRecord struct {
	ID      string    `json:"id"`
	Action  string    `json:"action"`
	Service string    `json:"service"`
	Env     string    `json:"environment"`
	Version string    `json:"version"`
	State   string    `json:"state"`
	By      []string  `json:"by"`
	Commit  string    `json:"commit,omitempty"`
	Digest  string    `json:"digest,omitempty"`
	Detail  string    `json:"detail,omitempty"`
	Asked   time.Time `json:"asked,omitzero"`
	Ended   time.Time `json:"ended,omitzero"`
}

func (s *Server) threads(w http.ResponseWriter, r *http.Request) error {
	state, all, err := stateFilter(r.URL.RawQuery)
	if err != nil {
		return err
	}
	lines, err := s.cfg.Reader.Threads(r.Context())
	if err != nil {
		return err
	}
	list := make([]threadRecord, 0, len(lines))
	for _, l := range lines {
		if all || l.State == state {
			list = append(list, threadOf(l))
		}
	}
	s.send(w, r, http.StatusOK, map[string]any{"threads": list})
	return nil
}

func (s *Server) thread(w http.ResponseWriter, r *http.Request) error {
	if _, err := parameters(r.URL.RawQuery); err != nil {
		return err
	}
	id := agent.ThreadID(r.PathValue("id"))
	missing := &problem{http.StatusNotFound, CodeNotFound, fmt.Sprintf("there is no thread %s", clip(string(id)))}
	if !isThread(id) {
		return missing
	}
	state, err := s.cfg.Reader.Thread(r.Context(), id)
	if errors.Is(err, agent.ErrNoThread) {
		return missing
	}
	if err != nil {
		return err
	}
	events, err := s.cfg.Reader.Events(r.Context(), id, 1)
	if err != nil {
		return err
	}
	record := threadOf(state.Line())
	record.Releases = record.Releases[:0]
	for _, rel := range state.Releases {
		record.Releases = append(record.Releases, wholeRelease(rel))
	}
	for _, e := range events {
		if e.Seq > state.Version { // came between the two reads: the state doesn't know it
			break
		}
		b, err := agent.Encode(e)
		if err != nil {
			return err
		}
		record.Events = append(record.Events, b)
	}
	s.send(w, r, http.StatusOK, record)
	return nil
}

// isThread keeps the names of other logs, such as those of environments, from
// being read as threads.
func isThread(id agent.ThreadID) bool {
	rest, ok := strings.CutPrefix(string(id), "t")
	return ok && len(rest) == 12 && strings.Trim(rest, "abcdefghijklmnopqrstuvwxyz0123456789") == ""
}

func threadOf(l agent.ThreadLine) threadRecord {
	t := threadRecord{
		ID: l.ID, State: l.State, Title: l.Title, Began: l.Began, Updated: l.Updated, Releases: make([]releaseRecord, 0, len(l.Releases)),
	}
	if p := l.Slack; p != nil && p.Channel != "" && p.TS != "" { // without a ts it is still to be posted
		t.Slack = &slackRecord{Team: p.Team, Channel: p.Channel, TS: p.TS}
	}
	for _, r := range l.Releases {
		t.Releases = append(t.Releases, releaseOf(r))
	}
	return t
}

func releaseOf(l agent.ReleaseLine) releaseRecord {
	return releaseRecord{
		ID: l.ID, Action: l.Action, Service: l.Service, Env: l.Env, Version: l.Version, State: l.State, By: list(l.By),
	}
}

func wholeRelease(rel *agent.ReleaseState) releaseRecord {
	r := releaseOf(rel.Line())
	r.Detail, r.Asked, r.Ended = rel.Detail, rel.Asked, rel.Ended
	if p := rel.Plan; p != nil {
		r.Commit, r.Digest = p.Commit, p.Digest
	}
	return r
}

// list writes no names as an empty list, not as null.
func list(names []string) []string {
	if names == nil {
		return []string{}
	}
	return names
}
