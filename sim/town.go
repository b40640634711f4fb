package sim

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"sort"
	"sync"
	"time"

	"github.com/releasebot/releasebot/agent"
	"github.com/releasebot/releasebot/policy"
	"github.com/releasebot/releasebot/tools"
	"github.com/releasebot/releasebot/tools/changelog"
	"github.com/releasebot/releasebot/tools/healthcheck"
)

const (
	team   = "T0ACME"
	oncall = "S0ONCALL"
)

// Those who live in the town. Alice asks; bob, carol and dave may approve, as
// policy and group say at the time; the others may not do anything.
var everybody = []string{"U0ALICE", "U0BOB", "U0CAROL", "U0DAVE", "U0MALLORY", "U0GUEST", "U0GONE"}

// variants are the policy files that there have been, by number.
var variants = []string{
	policyText("approval: {required: 1, from: [oncall, dave], expires_after: 90s, remind_after: 20s}", "propose_rollback", "approval: {required: 1, from: [oncall], expires_after: 2m}", true),
	policyText("approval: {required: 2, from: [oncall, dave], expires_after: 2m}", "propose_rollback", "approval: {required: 1, from: [dave], expires_after: 1m}", true),
	policyText("approval: {required: 1, from: [dave, alice], self: true, expires_after: 45s}", "rollback", "", true),
	policyText("approval: {required: 2, from: [oncall, dave], expires_after: 40s}", "rollback", "approval: {required: 2, from: [oncall, dave], expires_after: 3m}", false),
	policyText("approval: {required: 1, from: [oncall], expires_after: 60s}", "page", "approval: {required: 1, from: [oncall], expires_after: 90s}", true),
	policyText("approval: {required: 1, from: [oncall, dave], expires_after: 2m}\n        after: staging", "propose_rollback", "approval: {required: 1, from: [oncall, dave]}\n        "+lunch, true),
	policyText("approval: {required: 1, from: [oncall, dave], expires_after: 2m}\n        "+lunch, "rollback", "approval: {required: 1, from: [oncall], expires_after: 2m}", true),
}

// lunch is a freeze that a world lives through, the end of which some see.
const lunch = `freeze: [{from: "Mon 10:00", until: "Mon 10:02", zone: UTC, reason: lunch}]`

func policyText(shop, onFailure, api string, web bool) string {
	text := fmt.Sprintf(`
version: 1
people:
  oncall: {group: %s}
  dave: {user: U0DAVE}
  alice: {user: U0ALICE}
services:
  shop:
    source: {git: /srv/git/shop.git}
    environments:
      staging:
        deploy: {driver: plain}
        verify: [{name: health, fake: {}, every: 1s, within: 4s}]
      production:
        %s
        on_failure: %s
        deploy: {driver: once}
        verify: [{name: health, fake: {}, passes: 2, every: 1s, within: 6s}]
  api:
    source: {git: /srv/git/api.git}
    environments:
      production:
        %s
        deploy: {driver: plain}
`, oncall, shop, onFailure, api)
	if web {
		text += `
  web:
    environments:
      production:
        approval: {required: 1, from: [oncall, dave], expires_after: 2m}
        deploy: {driver: local}
`
	}
	return text
}

// files are the variants, parsed once for all worlds.
var files = sync.OnceValue(func() []*policy.File {
	none := func(v policy.Value) (json.RawMessage, error) {
		var args struct{}
		return json.RawMessage("{}"), v.Into(&args)
	}
	reg := policy.Registry{
		Drivers: map[string]policy.Decoder{"plain": none, "once": none, "local": none},
		Checks:  map[string]policy.Decoder{"fake": none},
	}
	var list []*policy.File
	for i, text := range variants {
		f, err := policy.Parse(fmt.Sprintf("releasebot-%d.yml", i), []byte(text), reg)
		if err != nil {
			panic(fmt.Sprintf("variant %d of the simulated policy: %v", i, err))
		}
		list = append(list, f)
	}
	return list
})

// town is the people, and what they can change.
type town struct {
	w      *world
	policy int
	groups []groupAt // of oncall, oldest first
	down   bool
	asked  int
}

// groupAt is who was in the group since then.
type groupAt struct {
	since   time.Time
	members []string
}

func newTown(w *world) *town {
	t := &town{w: w, policy: w.rng.IntN(len(variants))}
	t.groups = []groupAt{{w.now, []string{"U0BOB", "U0CAROL"}}}
	return t
}

// members lists everybody who was in the group at some time since then.
func (t *town) members(since time.Time) map[string]bool {
	in := map[string]bool{}
	for i, g := range t.groups {
		if i+1 < len(t.groups) && !t.groups[i+1].since.After(since) {
			continue
		}
		for _, m := range g.members {
			in[m] = true
		}
	}
	return in
}

func person(id string) policy.Person {
	return policy.Person{ID: id, Team: team, Guest: id == "U0GUEST", Deleted: id == "U0GONE"}
}

// directory is a process's way to the people.
type directory struct {
	t *town
	p *proc
}

var errDirectory = errors.New("the directory does not answer")

// Person implements agent.Directory.
func (d directory) Person(_ context.Context, id string) (policy.Person, error) {
	d.p.w.at(d.p, "before directory")
	if d.t.down && !d.p.w.calm || d.p.w.hits(People, 0.03, "directory fails") {
		return policy.Person{}, errDirectory
	}
	return person(id), nil
}

// Group implements agent.Directory.
func (d directory) Group(_ context.Context, id string) (map[string]bool, error) {
	if d.t.down && !d.p.w.calm || id != oncall {
		return nil, errDirectory
	}
	return d.t.members(d.p.w.now), nil
}

// pager tells people directly; nobody minds being told twice.
type pager struct{ p *proc }

// Page implements agent.Pager.
func (p pager) Page(_ context.Context, _ *agent.State, r *agent.ReleaseState, people []string) (agent.PageSent, error) {
	p.p.w.at(p.p, "before page")
	if p.p.w.hits(Slack, 0.1, "page fails") {
		return agent.PageSent{}, errNoReply
	}
	p.p.w.at(p.p, "after page")
	return agent.PageSent{About: r.Outcome, Reached: people}, nil
}

// checkup is a health check. Some versions are ill for good, some for a while.
// It draws nothing, because checks run beside each other.
type checkup struct{ w *world }

// Spec implements healthcheck.Checker.
func (checkup) Spec() tools.Spec { return tools.Spec{Name: "fake", Effect: tools.Reads} }

// Check implements healthcheck.Checker.
func (c checkup) Check(_ context.Context, call tools.Call) healthcheck.Result {
	ill := call.Version == versions[3] || call.Version == versions[1] && c.w.now.Second()%7 < 3
	if ill && c.w.cfg.Seed%3 > 0 {
		return healthcheck.Result{Verdict: healthcheck.Unhealthy, Detail: "status 500"}
	}
	return healthcheck.Result{Verdict: healthcheck.Healthy, Detail: "status 200"}
}

var versions = []string{"v1.0.0", "v1.1.0", "v1.2.0", "v2.0.0"}

// repository is where versions resolve to commits.
type repository struct {
	w    *world
	tags map[string][]tagAt // oldest first
}

// tagAt is a tag's commit since then.
type tagAt struct {
	since  time.Time
	commit string
}

func newRepository(w *world) *repository {
	r := &repository{w: w, tags: map[string][]tagAt{}}
	for _, v := range versions {
		r.move(v)
	}
	return r
}

func (r *repository) move(tag string) {
	n := len(r.tags[tag])
	r.tags[tag] = append(r.tags[tag], tagAt{r.w.now, fmt.Sprintf("%sc0ffee%04d", tag[1:2], n)})
}

// was reports whether the tag stood at this commit at some time since then.
func (r *repository) was(tag, commit string, since time.Time) bool {
	list := r.tags[tag]
	for i, t := range list {
		if t.commit == commit && (i+1 == len(list) || list[i+1].since.After(since) || list[i+1].since.Equal(since)) {
			return true
		}
	}
	return false
}

// Resolve implements changelog.Source.
func (r *repository) Resolve(_ context.Context, name string) (changelog.Version, error) {
	if r.w.hits(Deployer, 0.02, "repository fails") {
		return changelog.Version{}, errNoReply
	}
	list := r.tags[name]
	if len(list) == 0 {
		if slices.ContainsFunc(versions, func(v string) bool {
			return slices.ContainsFunc(r.tags[v], func(t tagAt) bool { return t.commit == name })
		}) {
			return changelog.Version{Name: name, SHA: name}, nil
		}
		return changelog.Version{}, fmt.Errorf("%q: %w", name, changelog.ErrUnknownVersion)
	}
	return changelog.Version{Name: name, SHA: list[len(list)-1].commit, Tag: true}, nil
}

// Between implements changelog.Source.
func (r *repository) Between(context.Context, string, string, int) (changelog.Changes, error) {
	return changelog.Changes{}, nil
}

func sortedRuns(runs map[string]*run) []string {
	keys := make([]string, 0, len(runs))
	for k := range runs {
		keys = append(keys, k)
	}
	sort.Strings(keys)
	return keys
}
