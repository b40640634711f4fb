package chaos

import (
	"strconv"
	"sync"

	"github.com/releasebot/releasebot/agent"
)

// teller shows answers at once, and says that they were shown for the last time, as Slack's viewer does.
type teller struct {
	runner *agent.Runner
	mu     sync.Mutex
	told   map[string]bool
}

// Show implements agent.Viewer.
func (v *teller) Show(s *agent.State, _ int64, _ func() bool) agent.Shown {
	v.mu.Lock()
	defer v.mu.Unlock()
	var views []agent.PostedView
	for _, a := range s.Answers {
		key := string(s.ID) + "/" + agent.ViewAnswer(a.Seq)
		if !v.told[key] {
			v.told[key] = true
			views = append(views, agent.PostedView{Key: agent.ViewAnswer(a.Seq), Channel: releases, TS: strconv.FormatInt(a.Seq, 10), Final: true})
		}
	}
	if len(views) > 0 {
		v.runner.Posted(s.ID, views)
	}
	if len(s.Answers) > 0 {
		return agent.Behind
	}
	return agent.Settled
}

// Forget implements agent.Viewer.
func (v *teller) Forget(agent.ThreadID) {}
