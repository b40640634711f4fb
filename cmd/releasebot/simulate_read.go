package main

import (
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/releasebot/releasebot/agent"
	"github.com/releasebot/releasebot/policy"
)

// recordedRelease is a release that policy was asked about, and what came of it.
type recordedRelease struct {
	policy.Recorded
	id       string
	was      policy.JudgedAs // allowed, refused or waiting for approval
	required int             // approvals
	rule     string          // what kept it out, where it was not allowed
	reason   string
}

// readReleases reads all releases of all threads that policy was asked about, the oldest first.
func readReleases(c *console, f *policy.File) (list []*recordedRelease, err error) {
	l, err := openLogs(c.ctx, c.settings)
	if err != nil {
		return nil, err
	}
	defer closing(l, &err)
	threads, err := l.Threads(c.ctx)
	if err != nil {
		return nil, err
	}
	envs := &envHistories{logs: l, file: f, read: map[string][]*agent.Event{}}
	for _, t := range threads {
		events, err := readEvents(c.ctx, l, string(t.ID))
		if err != nil {
			return nil, err
		}
		for _, r := range releasesOf(t.ID, events) {
			if r.Healthy, err = envs.healthy(c.ctx, r.Service, r.At); err != nil {
				return nil, err
			}
			list = append(list, r)
		}
	}
	slices.SortStableFunc(list, func(a, b *recordedRelease) int { return a.At.Compare(b.At) })
	return list, nil
}

func readEvents(ctx context.Context, l logs, name string) ([]*agent.Event, error) {
	records, err := l.Records(ctx, name)
	if err != nil {
		return nil, err
	}
	r := read{name: name, records: records}
	if err := r.decode(); err != nil {
		return nil, fmt.Errorf("%s: %w", name, err)
	}
	return r.events, nil
}

// releasesOf lists the releases of a thread that policy was asked about. What it
// was asked is taken down where it was asked: a state forgets what it does not need.
func releasesOf(id agent.ThreadID, events []*agent.Event) []*recordedRelease {
	s := agent.NewState(id)
	asked := map[int]*recordedRelease{}
	for _, e := range events {
		s.Reduce(e)
		rel := s.Release(e.Release)
		if rel == nil {
			continue
		}
		switch d := e.Data.(type) {
		case *agent.Plan:
			asked[rel.N] = planned(rel, d, e.At)
		case *agent.PolicyRefused:
			if byPolicy(d.Rule) {
				asked[rel.N] = refused(rel, d, e.At)
			}
		}
	}
	var list []*recordedRelease
	for _, rel := range s.Releases {
		if r := asked[rel.N]; r != nil {
			r.decided(rel)
			list = append(list, r)
		}
	}
	return list
}

// byPolicy: a refusal for another reason, such as a version that there isn't, or a
// guest, is the same whatever the file says.
func byPolicy(rule string) bool {
	return slices.Contains([]string{policy.RuleRequesters, policy.RuleFreeze, policy.RuleAfter, policy.RuleEnvironment, "service"}, rule)
}

func planned(rel *agent.ReleaseState, p *agent.Plan, at time.Time) *recordedRelease {
	r := recordOf(rel, at)
	r.Version, r.Commit, r.Covered = p.Version, p.Commit, p.Covered != ""
	if env, err := rel.Policy(); err == nil {
		for i := range r.Requesters {
			r.Requesters[i].Passed = env.Requesters
		}
	}
	return r
}

func refused(rel *agent.ReleaseState, d *agent.PolicyRefused, at time.Time) *recordedRelease {
	r := recordOf(rel, at)
	r.was, r.rule, r.reason = policy.JudgedRefused, d.Rule, d.Reason
	r.Version = rel.Version
	if rel.Context != nil && rel.Context.Version.Name != "" {
		r.Version, r.Commit = rel.Context.Version.Name, rel.Context.Version.SHA
	}
	return r
}

func recordOf(rel *agent.ReleaseState, at time.Time) *recordedRelease {
	r := &recordedRelease{id: rel.ID, was: policy.JudgedAllowed, Recorded: policy.Recorded{
		Service: rel.Service, Environment: rel.Env, Action: rel.Action, At: at,
	}}
	for _, human := range rel.By {
		r.Requesters = append(r.Requesters, policy.Witness{ID: human})
	}
	if rel.Glass != nil {
		r.Glass, r.AtLeast = rel.Glass.By, 1
	}
	if rel.Action == "rollback" && len(rel.By) == 0 && rel.Actor == agent.Bot && rel.Auto == "" { // the bot proposed it
		r.AtLeast = 1
	}
	return r
}

// decided adds what people made of it.
func (r *recordedRelease) decided(rel *agent.ReleaseState) {
	a := rel.Approval
	if a == nil || r.was == policy.JudgedRefused {
		return
	}
	for _, p := range a.Approvers {
		r.Approvers = append(r.Approvers, policy.Witness{ID: p.Person, Basis: p.Basis})
	}
	r.required = a.Required
	if a.Required > len(a.Approvers) {
		r.was, r.rule = policy.JudgedShort, policy.RuleRequired
		r.reason = fmt.Sprintf("%d had to approve, and %d did (%s).", a.Required, len(a.Approvers), a.State)
	}
}

// envHistories reads the logs of environments, each once.
type envHistories struct {
	logs logs
	file *policy.File
	read map[string][]*agent.Event
}

// healthy lists what had verified healthy by then in the environments of a service.
func (h *envHistories) healthy(ctx context.Context, service string, by time.Time) (map[string][]policy.Build, error) {
	svc, ok := h.file.Services[service]
	if !ok {
		return nil, nil
	}
	builds := map[string][]policy.Build{}
	for _, name := range svc.Order {
		log := agent.EnvironmentLog(service, name)
		events, ok := h.read[log]
		if !ok {
			var err error
			if events, err = readEvents(ctx, h.logs, log); err != nil {
				return nil, err
			}
			h.read[log] = events
		}
		env := agent.NewEnvironment(service, name)
		for _, e := range events {
			if !e.At.After(by) {
				env.Reduce(e)
			}
		}
		for _, v := range env.Healthy {
			builds[name] = append(builds[name], policy.Build{Version: v.Version, Commit: v.Commit})
		}
	}
	return builds, nil
}
