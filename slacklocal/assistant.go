package slacklocal

import "time"

// statusLife is how long a status stands before it vanishes by itself.
const statusLife = 2 * time.Minute

// status is the line that stands below a thread while the app works.
type status struct {
	text  string
	until time.Time
}

// Status returns what the app's status below a thread says, or "". It vanishes with
// the app's next message there, and after 2 minutes.
func (ws *Workspace) Status(channel, thread string) string {
	ws.mu.Lock()
	defer ws.mu.Unlock()
	s := ws.statuses[channel+" "+thread]
	if !ws.now().Before(s.until) {
		return ""
	}
	return s.text
}

func assistantStatus(ws *Workspace, a args) (map[string]any, error) {
	c, err := ws.postable(a.str("channel_id"))
	if err != nil {
		return nil, err
	}
	if c.find(a.str("thread_ts")) == nil {
		return nil, fail("invalid_thread_ts")
	}
	if len(a.list("loading_messages")) > 10 {
		return nil, fail("invalid_arguments")
	}
	ws.statuses[c.ID+" "+a.str("thread_ts")] = status{text: a.str("status"), until: ws.now().Add(statusLife)}
	ws.change(Change{Kind: StatusSet, Channel: c.ID, Text: a.str("status")})
	return nil, nil
}

func assistantTitle(ws *Workspace, a args) (map[string]any, error) {
	if _, err := ws.postable(a.str("channel_id")); err != nil {
		return nil, err
	}
	return nil, nil
}

func assistantPrompts(ws *Workspace, a args) (map[string]any, error) {
	if _, err := ws.postable(a.str("channel_id")); err != nil {
		return nil, err
	}
	var prompts []struct{ Title, Message string }
	if !a.json("prompts", &prompts) || len(prompts) > 4 {
		return nil, fail("invalid_arguments")
	}
	return nil, nil
}
