package rules

import (
	"slices"

	"github.com/releasebot/releasebot/agent"
)

// apart finds the one clause of a message that cancels, holds, resumes, locks or
// unlocks, where people say why before or after it: "my manager agreed, please
// resume", "cancel that, wrong version". What it returns is that clause alone.
// It finds none where anything else could be asked for, or where what stands
// around could be somebody else's words, a negation, a condition or a time.
func (p *Planner) apart(m *message) (*message, bool) {
	at, kind := -1, clsUnknown
	for i := range m.segs {
		s := &m.segs[i]
		c := leadOfControl(s)
		if m.actionOf(s) != clsUnknown && c != clsHelp && c != clsWhy || s.question && !s.set.meets(setOf(clsReq, clsPlease, clsHelp, clsWhy)) {
			return nil, false
		}
		if c != clsUnknown {
			if at >= 0 {
				return nil, false
			}
			at, kind = i, c
		}
	}
	if (kind == clsLock || kind == clsUnlock) && m.namedBefore(at) {
		return nil, false
	}
	if at < 0 || len(m.segs) == 1 || m.segs[at].set.has(clsNeg) || !p.around(m, at, kind) {
		return nil, false
	}
	return m.only(at, kind == clsLock), true
}

// namedBefore: names alone stand before a clause that has none: "shop prod: lock it".
func (m *message) namedBefore(at int) bool {
	named := false
	for i := range m.segs[:at] {
		named = named || m.segs[i].set.meets(slots())
		if !m.segs[i].set.within(around().less(setOf(clsUnknown))) {
			return false
		}
	}
	return named && !m.segs[at].set.meets(slots())
}

// leadOfControl is the class of the verb that begins a clause, if it is one of
// these; "you can resume" and "put that on hold" count.
func leadOfControl(s *segment) class {
	skip := small().with(setOf(clsReq, clsThen, clsMention, clsLight, clsPron))
	allowed, puts := false, false
	for _, it := range s.items {
		puts = puts || it.cls == clsLight
		switch {
		case it.cls == clsIn && puts:
		case (it.cls == clsNo || it.cls == clsCorr && panics(it.key)) && s.set.meets(setOf(clsCancel, clsHold)):
		case it.cls == clsHelp, it.cls == clsWhy:
			return it.cls
		case it.cls == clsModal && (it.key == "you can" || it.key == "you may"):
			allowed = true
		case it.cls == clsCancel, it.cls == clsHold, it.cls == clsLock:
			if allowed {
				return clsUnknown
			}
			return it.cls
		case it.cls == clsResume, it.cls == clsUnlock:
			return it.cls
		case !skip.has(it.cls):
			return clsUnknown
		}
	}
	return clsUnknown
}

// around says whether the other clauses only tell why.
func (p *Planner) around(m *message, at int, kind class) bool {
	never := setOf(clsDeploy, clsRollback, clsStart, clsWant, clsHypo, clsInject, clsQuoted, clsOdd, clsPage, clsTell, clsVerify, clsCond, clsFailWhen, clsCorr, clsOther, clsApprove)
	ends := kind == clsCancel || kind == clsHold || kind == clsHelp || kind == clsWhy // whatever is told beside these does no harm
	if kind != clsLock && kind != clsUnlock {
		never = never.with(slots())
	}
	harmless := setOf(clsPage, clsTell, clsVerify, clsOther, clsApprove)
	for i := range m.segs {
		s := &m.segs[i]
		if i == at || i > at && kind == clsLock {
			continue
		}
		first := i == 0
		switch r := p.grammar.role(m, s, first); {
		case r == roleEmpty, r == roleReason, r == roleMarker && i < at:
			continue
		case i > at && s.and:
			return false // "stop it with the jokes"
		case ends && i > at && !s.set.meets(never.less(harmless)) && !negates(s) && (!s.set.has(clsNeg) || len(s.items) > 1):
			continue
		case s.set.meets(never) && r != roleStatement, s.set.meets(setOf(clsHypo, clsInject, clsQuoted)):
			return false
		case s.set.has(clsSaid) && !agreed(s), s.set.has(clsModal) && i < at:
			return false
		case s.set.has(clsNeg) && (i < at && r != roleStatement || len(s.items) < 2 || negates(s)):
			return false
		case s.set.meets(setOf(clsTime, clsDuration)) && i > at:
			return false
		case (kind == clsResume || kind == clsUnlock) && i > at && unknowns(s.items) > 3:
			return false
		}
	}
	return true
}

// negates: the clause begins with its "not", so that it may take the order back;
// "not needed anymore" doesn't.
func negates(s *segment) bool {
	for i, it := range s.items {
		if it.cls == clsNeg {
			return i == 0 && it.key != "not" && it.key != "no longer"
		}
	}
	return false
}

// agreed: somebody gave their consent, and nobody's order is told.
func agreed(s *segment) bool {
	for _, it := range s.items {
		if it.cls == clsSaid && it.key != "agreed" && it.key != "decided" && it.key != "agrees" && it.key != "confirmed" {
			return false
		}
	}
	return true
}

// only is the message reduced to segment at, and with rest to what follows it.
func (m *message) only(at int, rest bool) *message {
	first := m.segs[at].items[0]
	n := *m
	n.segs = m.segs[at : at+1]
	if rest {
		n.segs = m.segs[at:]
	}
	n.items = n.segs[0].items
	if rest {
		for i, it := range m.items {
			if it.start == first.start && it.cls == first.cls {
				n.items = m.items[i:]
				break
			}
		}
	}
	n.set, n.question = set{}, false
	for _, s := range n.segs {
		n.set = n.set.with(s.set)
		n.question = n.question || s.question
	}
	for i, it := range n.items { // "you can resume" is leave, and enough
		if it.cls == clsModal && (it.key == "you can" || it.key == "you may") {
			n.items = append(append([]item{}, n.items[:i]...), n.items[i+1:]...)
			break
		}
	}
	return &n
}

// topical reads names alone as going on with what was asked last: "and on
// production?", "the same verification for production please".
func (p *Planner) topical(m *message, th thread) (agent.Intent, bool) {
	t := th.topic
	if t == nil || len(m.items) > 16 {
		return agent.Intent{}, false
	}
	allowed := small().with(setOf(clsService, clsEnv, clsTo, clsIn, clsFor, clsOf, clsAnd, clsSame, clsThen, clsServiceWord, clsEnvWord, clsNoun, clsReq, clsHow, clsWh))
	switch t.Kind {
	case agent.IntentVerify:
		allowed = allowed.with(setOf(clsChecks, clsVerify, clsCheck))
		if m.question && !m.set.meets(setOf(clsPlease, clsReq)) {
			return agent.Intent{}, false
		}
	case agent.IntentStatus, agent.IntentHistory:
	default:
		return agent.Intent{}, false
	}
	var f filling
	f.take(m.items)
	if !m.set.within(allowed) || len(f.services)+len(f.envs) == 0 || len(f.services) > 1 || len(f.envs) > 1 || f.fromEnv != "" {
		return agent.Intent{}, false
	}
	if t.Kind == agent.IntentVerify && !m.set.meets(setOf(clsSame, clsChecks, clsVerify, clsCheck, clsAnd, clsThen)) && !goesOnAnywhere(m) {
		return agent.Intent{}, false
	}
	i := *t
	if len(f.services) == 1 {
		i.Service = f.services[0]
	}
	if len(f.envs) == 1 {
		found := m.names.environment(f.envs[0], i.Service)
		if len(found) != 1 {
			return agent.Intent{}, false
		}
		i.Environment = found[0]
	} else if i.Service != t.Service && len(m.names.environment(i.Environment, i.Service)) != 1 {
		i.Environment = ""
	}
	if i.Kind == agent.IntentVerify && (i.Service == "" || i.Environment == "") {
		return agent.Intent{}, false
	}
	return i, true
}

// again reads "retry": the thread's release once more, if it is over.
func (p *Planner) again(m *message, th thread) (agent.Intent, bool) {
	if m.onceMore() {
		if i, ok := m.repeat(th); ok {
			return i, true
		}
		if th.last == nil {
			return agent.Intent{}, false
		}
	} else if !m.set.has(clsRetry) || m.question && !m.set.meets(setOf(clsReq, clsPlease)) ||
		!m.set.within(small().with(setOf(clsRetry, clsReq, clsPron, clsNoun, clsDeploy, clsRollback, clsPast2))) {
		return agent.Intent{}, false
	}
	last := th.last
	if last == nil || th.many || last.Service == "" || last.Environment == "" || last.Kind == agent.IntentDeploy && last.Version == "" {
		return ask(agent.Intent{}, "request", "Which release shall I try again? For example: deploy SERVICE VERSION to ENVIRONMENT."), true
	}
	for _, r := range th.releases {
		if r.Open {
			return ask(agent.Intent{}, "request", "A release is still open. Shall I ask for it anew?", Say(*last)), true
		}
	}
	return agent.Intent{Kind: last.Kind, Service: last.Service, Environment: last.Environment, Version: last.Version, Page: last.Page}, true
}

func goesOnAnywhere(m *message) bool {
	for i := range m.segs {
		if goesOn(&m.segs[i]) {
			return true
		}
	}
	return false
}

// asksBack: while a question waits, a question is that one in other words (some
// threads are told with the bot's own words in them), and doesn't answer it.
func (p *Planner) asksBack(m *message, th *thread) bool {
	if th.open == nil || !m.question || m.set.has(clsPlease) || p.leadsWithOrder(m) && !m.set.has(clsModal) {
		return false
	}
	offers := false
	for _, it := range m.items {
		switch {
		case it.key == "did you mean", it.key == "do you mean", it.key == "shall", it.key == "should":
			offers = true
		}
	}
	if !offers || len(th.open.Options) == 1 {
		return true
	}
	var f filling
	f.take(m.items)
	if th.open.Partial == nil {
		if i := m.finish(agent.IntentDeploy, f, agent.Intent{}); i.Kind == agent.IntentDeploy && slices.Contains(th.open.Options, Say(i)) {
			q := *th.open
			q.Options = []string{Say(i)}
			th.open = &q
		}
		return true
	}
	if f.many == "" && len(f.services) == 1 && len(f.envs) <= 1 && len(f.versions) <= 1 {
		f.fillFrom(th.open.Partial, true)
		f.toVersion = len(f.versions) > 0
		if i := m.finish(th.open.Partial.Kind, f, agent.Intent{Page: th.open.Partial.Page}); i.Kind == th.open.Partial.Kind {
			q := *th.open
			q.Options = []string{Say(i)}
			th.open = &q
		}
	}
	return true
}
