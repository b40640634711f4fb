package slacklocal

import (
	"maps"
	"slices"
	"time"
)

// Call is one Web API call, or one post to a response_url (Method "response_url").
type Call struct {
	Method string
	Args   map[string]any // without the token; of a form as text
	At     time.Time
	Result string // "ok", Slack's error code, "ratelimited", or the fault that it met
}

// Calls returns every call so far, the oldest first; with names, only theirs.
func (ws *Workspace) Calls(methods ...string) []Call {
	ws.mu.Lock()
	defer ws.mu.Unlock()
	var out []Call
	for _, c := range ws.calls {
		if len(methods) == 0 || slices.Contains(methods, c.Method) {
			out = append(out, c)
		}
	}
	return out
}

func (ws *Workspace) logCall(name string, a args, result string) {
	ws.mu.Lock()
	defer ws.mu.Unlock()
	ws.record(name, a, result)
}

// record logs a call. ws.mu is held.
func (ws *Workspace) record(name string, a args, result string) {
	ws.cfg.Logger.Debug("slacklocal: call", "method", name, "result", result)
	ws.calls = append(ws.calls, Call{Method: name, Args: maps.Clone(a.values), At: ws.now(), Result: result})
	ws.change(Change{Kind: Called, Text: name})
}
