package agenttest

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"sync"
	"time"

	"github.com/releasebot/releasebot/agent"
	"github.com/releasebot/releasebot/policy"
	"github.com/releasebot/releasebot/tools"
	"github.com/releasebot/releasebot/tools/changelog"
	"github.com/releasebot/releasebot/tools/healthcheck"
)

// Team is the workspace that everybody belongs to.
const Team = "T0ACME"

// Registry knows the driver "fake" and the check "fake", both without arguments.
func Registry() policy.Registry {
	none := func(v policy.Value) (json.RawMessage, error) {
		var args struct{}
		if err := v.Into(&args); err != nil {
			return nil, err
		}
		return json.RawMessage("{}"), nil
	}
	return policy.Registry{Drivers: map[string]policy.Decoder{"fake": none}, Checks: map[string]policy.Decoder{"fake": none}}
}

// People is a directory in memory. Everybody is a full member unless said otherwise.
type People struct {
	mu      sync.Mutex
	special map[string]policy.Person
	groups  map[string][]string
	down    bool
}

// Set makes somebody special.
func (p *People) Set(who policy.Person) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.special == nil {
		p.special = map[string]policy.Person{}
	}
	p.special[who.ID] = who
}

// SetGroup sets a user group's members.
func (p *People) SetGroup(id string, members ...string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.groups == nil {
		p.groups = map[string][]string{}
	}
	p.groups[id] = members
}

// Down makes the directory fail, or work again.
func (p *People) Down(down bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.down = down
}

var errDown = errors.New("the directory does not answer")

// Person implements agent.Directory.
func (p *People) Person(_ context.Context, id string) (policy.Person, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.down {
		return policy.Person{}, errDown
	}
	if who, ok := p.special[id]; ok {
		return who, nil
	}
	return policy.Person{ID: id, Team: Team}, nil
}

// Group implements agent.Directory.
func (p *People) Group(_ context.Context, id string) (map[string]bool, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.down {
		return nil, errDown
	}
	members := map[string]bool{}
	for _, m := range p.groups[id] {
		members[m] = true
	}
	return members, nil
}

// Health is a check whose verdict is a switch, by version.
type Health struct {
	mu  sync.Mutex
	bad map[string]healthcheck.Verdict
}

// Set makes a version's health what it says.
func (c *Health) Set(version string, v healthcheck.Verdict) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.bad == nil {
		c.bad = map[string]healthcheck.Verdict{}
	}
	c.bad[version] = v
}

// Spec implements healthcheck.Checker.
func (c *Health) Spec() tools.Spec { return tools.Spec{Name: "fake", Effect: tools.Reads} }

// Check implements healthcheck.Checker.
func (c *Health) Check(_ context.Context, call tools.Call) healthcheck.Result {
	c.mu.Lock()
	defer c.mu.Unlock()
	if v, ok := c.bad[call.Version]; ok {
		return healthcheck.Result{Verdict: v, Detail: "status 500, want 200"}
	}
	return healthcheck.Result{Verdict: healthcheck.Healthy, Detail: "status 200"}
}

// Repository is a source in memory: names and what they stand for.
type Repository struct {
	mu      sync.Mutex
	tags    map[string]string
	commits []changelog.Commit
}

// Tag sets or moves a tag.
func (r *Repository) Tag(name, sha string) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.tags == nil {
		r.tags = map[string]string{}
	}
	r.tags[name] = sha
}

// Resolve implements changelog.Source. Without tags a version stands for itself.
func (r *Repository) Resolve(_ context.Context, name string) (changelog.Version, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.tags == nil {
		return changelog.Version{Name: name}, nil
	}
	sha, ok := r.tags[name]
	if !ok {
		return changelog.Version{}, fmt.Errorf("%q: %w", name, changelog.ErrUnknownVersion)
	}
	return changelog.Version{Name: name, SHA: sha, Tag: true}, nil
}

// Commit makes a commit of each of these times: they lie between any two versions.
func (r *Repository) Commit(at ...time.Time) {
	r.mu.Lock()
	defer r.mu.Unlock()
	for _, t := range at {
		r.commits = append(r.commits, changelog.Commit{SHA: fmt.Sprintf("%040x", len(r.commits)+1), Author: "Alice", Title: "Work", At: t})
	}
}

// Between implements changelog.Source.
func (r *Repository) Between(_ context.Context, _, _ string, limit int) (changelog.Changes, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	return changelog.Changes{Commits: slices.Clone(r.commits[:min(limit, len(r.commits))]), Total: len(r.commits)}, nil
}

// Pager keeps whom it paged.
type Pager struct {
	mu   sync.Mutex
	sent []string
}

// Page implements agent.Pager.
func (p *Pager) Page(_ context.Context, _ *agent.State, r *agent.ReleaseState, people []string) (agent.PageSent, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	for _, who := range people {
		p.sent = append(p.sent, fmt.Sprintf("%s: %s of %s %s", who, r.Outcome, r.Service, r.Plan.Version))
	}
	return agent.PageSent{About: r.Outcome, Reached: people}, nil
}

// Sent lists the pages, in order.
func (p *Pager) Sent() []string {
	p.mu.Lock()
	defer p.mu.Unlock()
	return append([]string(nil), p.sent...)
}

// Blind is a view that shows nothing and is always in step.
type Blind struct{}

// Show implements agent.Viewer.
func (Blind) Show(*agent.State, int64, func() bool) agent.Shown { return agent.Settled }

// Quiet implements agent.Foreseer.
func (Blind) Quiet(*agent.State) bool { return true }

// Forget implements agent.Viewer.
func (Blind) Forget(agent.ThreadID) {}

// Clock is a clock that stands still until it is moved.
type Clock struct {
	mu sync.Mutex
	t  time.Time
}

// NewClock returns a clock that shows t.
func NewClock(t time.Time) *Clock { return &Clock{t: t} }

// Now returns what the clock shows.
func (c *Clock) Now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.t
}

// Move moves the clock by d.
func (c *Clock) Move(d time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.t = c.t.Add(d)
}
