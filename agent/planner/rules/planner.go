package rules

import (
	"context"
	"sync/atomic"

	"github.com/releasebot/releasebot/agent"
)

// Name is what Planned.Planner says of this planner's answers.
const Name = "rules"

// Bounds on what is read of a thread: the newest turns, and of each no more
// than a person would write. They keep one call short whatever the thread holds.
const (
	maxTurns     = 20
	maxTurnBytes = 4000
	maxWords     = 8 << 10
)

// Planner is the offline planner. It keeps nothing of what it is asked between
// calls, and may be used by any number of goroutines at once.
type Planner struct {
	lexicon *lexicon
	grammar grammar
	parts   map[string]part
	tells   map[string]language
	last    atomic.Pointer[names] // of the catalog that it was given last
}

var _ agent.Planner = (*Planner)(nil)

// New returns a planner. It needs nothing.
func New() *Planner {
	return &Planner{lexicon: newLexicon(), grammar: newGrammar(), parts: parts(), tells: tells()}
}

// Plan turns words into an intent. The same input gives the same answer. The
// only error is the context's: a planner that was told to stop says so.
func (p *Planner) Plan(ctx context.Context, in agent.PlanInput) (agent.Planned, error) {
	if err := ctx.Err(); err != nil {
		return agent.Planned{}, err
	}
	n := p.prepare(in.Catalog)
	th := p.thread(n, in)
	m := p.read(whole(in.Words), n)
	i := p.about(m, th, in, p.interpretRead(m, th))
	return agent.Planned{Intent: i, Planner: Name}, nil
}

// whole cuts what is longer than anybody's request. What was cut off could say
// "don't": a sign that can't be read keeps the rest from being acted on.
func whole(s string) string {
	if len(s) > maxWords {
		return s[:maxWords] + "\n¤"
	}
	return s
}

// thread folds earlier turns into what the newest words can refer to.
func (p *Planner) thread(n *names, in agent.PlanInput) thread {
	var th thread
	turns := in.Turns
	if len(turns) > maxTurns {
		turns = turns[len(turns)-maxTurns:]
	}
	for _, t := range turns {
		if t.From == "bot" || len(t.Text) > maxTurnBytes {
			continue
		}
		m := p.read(t.Text, n)
		if p.asksBack(m, &th) {
			continue
		}
		i := p.interpretRead(m, th)
		th.follow(i)
		if i.Kind == agent.IntentNone && th.last != nil && m.namesOther(th.last.Service) {
			th.last = nil // the talk went on to another service, so "it" is unclear
		}
	}
	th.releases = in.Releases
	if in.RejectionOf > 0 {
		th.rejected = &agent.ReleaseBrief{N: in.RejectionOf}
	}
	th.settle(in)
	return th
}

// follow takes in what one turn came to.
func (th *thread) follow(i agent.Intent) {
	switch i.Kind {
	case agent.IntentDeploy, agent.IntentRollback, agent.IntentVerify, agent.IntentStatus, agent.IntentHistory,
		agent.IntentLock, agent.IntentUnlock, agent.IntentNotify:
		topic := agent.Intent{Kind: i.Kind, Service: i.Service, Environment: i.Environment}
		th.topic = &topic
	}
	switch i.Kind {
	case agent.IntentDeploy, agent.IntentRollback:
		last := i
		th.last, th.open = &last, nil
	case agent.IntentClarify:
		th.open = i.Question
	case agent.IntentCancel:
		th.last, th.open = nil, nil
	case agent.IntentNone:
	default:
		th.open = nil
	}
}

// settle lets what the log says overrule what the turns seemed to say.
func (th *thread) settle(in agent.PlanInput) {
	switch {
	case in.Open != nil:
		th.open = in.Open
	case len(in.Releases) > 0:
		th.open = nil
	}
	if len(in.Releases) == 0 {
		return
	}
	newest := in.Releases[len(in.Releases)-1]
	open := 0
	for _, r := range in.Releases {
		if r.Open {
			newest = r
			open++
		}
		if r.N == in.RejectionOf && r.N > 0 {
			rejected := r
			th.rejected = &rejected
		}
	}
	kind := agent.IntentDeploy
	if newest.Action == string(agent.IntentRollback) {
		kind = agent.IntentRollback
	}
	th.many = open > 1
	th.last = &agent.Intent{Kind: kind, Service: newest.Service, Environment: newest.Environment, Version: newest.Version}
}

// namesOther: some service is named that isn't this one.
func (m *message) namesOther(service string) bool {
	for _, it := range m.items {
		if it.cls == clsService && it.val != service {
			return true
		}
	}
	return false
}

// interpretRead reads one turn. The order of the frames matters: what can't be
// an order is tried first.
func (p *Planner) interpretRead(m *message, th thread) agent.Intent {
	if len(m.items) == 0 {
		return none()
	}
	if th.rejected != nil {
		return p.rejection(m, th)
	}
	if m.set.has(clsInject) || m.orders && !m.asks() {
		return none()
	}
	if m.console() {
		return none()
	}
	if q, ok := p.runsQuoted(m); ok {
		return q
	}
	if part, ok := p.apart(m); ok {
		m = part
	}
	frames := [...]func(*message, thread) (agent.Intent, bool){
		p.answer, p.topical, p.again, p.control, p.locking, p.notifying, p.asking, p.verifying,
	}
	for _, f := range frames {
		if i, ok := f(m, th); ok {
			return i
		}
	}
	i := p.release(m, th)
	if i.Kind == agent.IntentNone && th.open != nil && len(th.open.Options) > 0 && m.picks() {
		return agent.Intent{Kind: agent.IntentClarify, Question: th.open}
	}
	if i.Kind == agent.IntentNone {
		if q, ok := m.newestOne(th); ok {
			return q
		}
	}
	if i.Kind == agent.IntentNone && th.open != nil && m.set.meets(slots()) && !m.set.meets(setOf(clsNeg, clsHypo, clsPast, clsGerund, clsChat)) {
		// It names what was asked for, but not so that it could be used.
		return agent.Intent{Kind: agent.IntentClarify, Question: th.open}
	}
	return i
}
