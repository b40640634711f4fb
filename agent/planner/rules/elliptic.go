package rules

import (
	"fmt"

	"github.com/releasebot/releasebot/agent"
)

// withoutAction reads a message in which no order was understood: names
// alone, a correction, an order with a word too many, or nothing for us.
func (p *Planner) withoutAction(m *message, o order, th thread) agent.Intent {
	w := o.worst()
	if w != roleEmpty {
		if i, ok := m.follows(th, w); ok {
			return i
		}
		return p.broken(m, o, w)
	}
	if m.notice() {
		return none()
	}
	if o.fill.empty() && !o.fill.same {
		if len(o.page) > 0 && th.last != nil {
			again := *th.last
			again.Page = o.page
			return ask(agent.Intent{}, "request", "Whom to page is part of a request. Shall I ask for it anew?", Say(again))
		}
		if th.last == nil && th.topic == nil && th.open == nil && m.asksForSomething() {
			return ask(agent.Intent{}, "request", "Do what? For example: deploy SERVICE VERSION to ENVIRONMENT.")
		}
		return none()
	}
	if m.question && !o.asks || o.unsure {
		return p.bare(m, o, th)
	}
	if i, ok := p.continued(m, o, th); ok {
		return i
	}
	if m.set.has(clsChat) && o.fill.kinds() < 2 && th.open == nil {
		return none() // "nice work on 1.4.2"
	}
	// "shop 1.4.2 to prod", "shop 1.4.2 prod please": a direction or a request, and everything named;
	// or nothing but that, as the first words: "shop 1.4.2 prod".
	f := o.fill
	told := (f.to && directed(m) || m.set.has(clsPlease) || o.asks) && f.triple() && len(f.unclear) == 0 && f.vague == "" && f.many == "" && (!m.question || o.asks) && !o.pageUnclear && !o.dangling && !m.set.has(clsFrom)
	if told && !m.celebrates() && (o.asks || !m.titled()) || m.bareRequest(o) && th.last == nil && th.open == nil {
		return m.finish(agent.IntentDeploy, f, agent.Intent{Page: o.page})
	}
	return p.bare(m, o, th)
}

// titled: the names belong to a noun, as in a title: "my first deploy of …".
func (m *message) titled() bool {
	for i, it := range m.items {
		if _, ok := m.actionNoun(it); ok && i > 0 && (m.items[i-1].cls == clsArt || m.items[i-1].cls == clsFirst) {
			return true
		}
	}
	return false
}

// directed: "to" (not "in") stands before the environment.
func directed(m *message) bool {
	for _, s := range m.segs {
		for i, it := range s.items {
			if it.cls == clsEnv && !(it.quoted && s.items[0].quoted) && before(s.items, i) == clsTo {
				return true
			}
		}
	}
	return false
}

// continued reads "make it 1.4.3", "no, prod", "and now production".
func (p *Planner) continued(m *message, o order, th thread) (agent.Intent, bool) {
	base := th.last
	if th.open != nil && th.open.Partial != nil {
		base = th.open.Partial
	} else if th.many {
		base = nil
	}
	if base == nil || base.Kind != agent.IntentDeploy && base.Kind != agent.IntentRollback && !o.corrects {
		return agent.Intent{}, false
	}
	if o.fill.many != "" || o.pageUnclear || len(o.fill.unclear) > 0 {
		return agent.Intent{}, false
	}
	f := filling{to: true}
	f.fillFrom(base, true)
	switch {
	case o.corrects:
		f.override(o.fill)
	case (o.goesOn || o.fill.same) && (base.Kind == agent.IntentDeploy || base.Kind == agent.IntentRollback && base.Version == "") && len(o.fill.versions) == 0 && len(o.fill.services) == 0 && len(o.fill.envs) == 1 && o.fill.vague == "":
		f.envs = o.fill.envs
	case base.Kind == agent.IntentRollback && base.Version == "" && !m.question && o.fill.toVersion && len(o.fill.versions) == 1 && o.fill.kinds() == 1 && o.fill.vague == "":
		f.versions = o.fill.versions // "roll back shop in prod", "to 1.4.1"
	case o.goesOn && m.setsVersion() && base.Kind == agent.IntentDeploy && len(o.fill.versions) == 1 && o.fill.kinds() == 1 && o.fill.vague == "":
		f.versions = o.fill.versions
	default:
		return agent.Intent{}, false
	}
	extra := agent.Intent{Page: base.Page, Before: base.Before}
	if len(o.page) > 0 {
		extra.Page = o.page
	}
	f.toVersion = len(f.versions) > 0
	return m.finish(base.Kind, f, extra), true
}

// setsVersion: "the version should be 1.4.4".
func (m *message) setsVersion() bool {
	for _, it := range m.items {
		switch it.key {
		case "version should be", "the version should be", "version is", "the version is":
			return true
		}
	}
	return false
}

// bare asks what to do with names alone.
func (p *Planner) bare(m *message, o order, th thread) agent.Intent {
	f := o.fill
	if th.last != nil && !th.many {
		f.fillFrom(th.last, true)
	}
	d := m.finish(agent.IntentDeploy, f, agent.Intent{Page: o.page})
	if d.Kind == agent.IntentDeploy {
		return ask(agent.Intent{}, "request", "What shall I do with that?", Say(d))
	}
	return ask(agent.Intent{}, "request", "What shall I do with that? For example: deploy SERVICE VERSION to ENVIRONMENT, status of SERVICE, or help.")
}

// broken reads a message with words in the way and no clean order.
func (p *Planner) broken(m *message, o order, w role) agent.Intent {
	deploys := m.set.meets(setOf(clsDeploy, clsRollback))
	named := m.set.meets(setOf(clsService, clsEnv, clsVersion, clsName))
	leads := p.leadsWithOrder(m)
	if !o.asks && (m.notice() || m.intends() || m.perfect()) || m.recalls() || m.everyday() {
		return none()
	}
	switch w {
	case roleNeg, roleHypo:
		return none()
	case roleReport:
		if o.asks && (named && (deploys || m.set.has(clsGerund)) || leads) && m.set.meets(setOf(clsReq, clsPlease)) {
			return p.guess(m, p.notUnderstood(m, o))
		}
		if leads && m.set.has(clsFrom) && !m.tells() && !m.set.meets(setOf(clsSubj, clsAux)) { // "deploy shop from yesterday to prod"
			return p.guess(m, p.notUnderstood(m, o))
		}
		return none()
	case roleCond, roleTime:
		if deploys && (named || leads) || leads || p.bareRelease(m) {
			return p.guess(m, "I can't wait for a time or a condition. Say it again then, or shall I do it now?")
		}
		return none()
	case roleQuoted, roleSaid, roleModal:
		if m.question && w == roleQuoted || m.documents() || w == roleModal && (m.wasAbout() || m.reports() || m.othersPlan()) {
			return none()
		}
		if named && (deploys || m.set.meets(setOf(clsLight, clsPast, clsEnv))) && m.wants() || w == roleQuoted && p.quotesOrder(m) {
			return p.guess(m, "I can't tell whether that is your own request. Shall I?")
		}
		return none()
	case roleLimit, roleOther, roleUnknown:
		if leads || deploys && named || m.wholeRelease() || m.unknownRelease() {
			return p.guess(m, p.notUnderstood(m, o))
		}
	}
	return none()
}

// wasAbout: "I was going to deploy", "we are about to": what somebody else does.
func (m *message) wasAbout() bool {
	for _, it := range m.items {
		if it.cls == clsModal && announces(it.key) {
			return true
		}
	}
	if !m.set.has(clsSubj) {
		return false
	}
	for _, it := range m.items {
		switch it.key {
		case "was", "were", "about to", "going to", "gonna", "planning":
			return true
		}
	}
	return false
}

// reports: "we have deployed", "they shipped": somebody did it.
func (m *message) reports() bool {
	for i, it := range m.items {
		if it.cls != clsPast || !doneVerb(it.key) || i == 0 {
			continue
		}
		b := m.items[i-1]
		if b.cls == clsAux && i > 1 {
			b = m.items[i-2]
		}
		if b.cls == clsSubj && !m.set.meets(setOf(clsReq, clsWant, clsPlease)) {
			return true
		}
	}
	return false
}

// announces: the words say what their speaker is going to do himself.
func announces(k string) bool {
	switch k {
	case "im going to", "were going to", "we are going to", "i am going to", "im gonna", "im about to", "i plan to", "we plan to":
		return true
	}
	return false
}

// wholeRelease: a service, a version and an environment are named, if with a verb
// that we don't know.
func (m *message) wholeRelease() bool {
	if len(m.segs) > 0 && leadOf(&m.segs[0]) == clsOther {
		return false // "delete shop 1.4.2 from prod" is nothing to offer a deploy for
	}
	return m.set.has(clsService) && m.set.has(clsVersion) && m.set.has(clsEnv)
}

// wants: somebody wants, needs or may do something.
func (m *message) wants() bool {
	return m.set.meets(setOf(clsDeploy, clsRollback, clsModal, clsSaid, clsWant))
}

// quotesOrder: the quotation itself names a service.
func (p *Planner) quotesOrder(m *message) bool {
	for _, it := range m.items {
		if it.cls == clsQuoted && len(m.names.services[plainName(it.text)]) > 0 {
			return true
		}
	}
	return false
}

// leadsWithOrder: some segment begins with a verb of ours.
func (p *Planner) leadsWithOrder(m *message) bool {
	for i := range m.segs {
		s := &m.segs[i]
		switch leadOf(s) {
		case clsDeploy, clsRollback:
			return true
		case clsLight, clsWant, clsStart:
			if s.set.meets(setOf(clsService, clsVersion, clsEnv)) {
				return true
			}
		}
	}
	return false
}

// guess offers the order that the names would make, where they make one;
// nothing is done unless somebody takes it.
func (p *Planner) guess(m *message, text string) agent.Intent {
	var f filling
	action := clsUnknown
	for i := range m.segs {
		f.take(m.segs[i].items)
		if a := m.actionOf(&m.segs[i]); a != clsUnknown && action == clsUnknown {
			action = a
		}
	}
	if action == clsUnknown {
		action = clsDeploy
	}
	i := m.finish(kindOf(action), f, agent.Intent{})
	if i.Kind != agent.IntentClarify {
		return ask(agent.Intent{}, "request", text, Say(i))
	}
	if place := m.unknownPlace(); place != "" && len(f.envs) == 0 {
		service := ""
		if len(f.services) == 1 {
			service = f.services[0]
		}
		have := m.names.environments(service)
		return ask(agent.Intent{}, "environment", fmt.Sprintf("I know no environment “%s”. There is %s.", place, list(have)), i.Question.Options...)
	}
	q := *i.Question
	q.Text = text + " " + q.Text
	q.Partial = nil
	return agent.Intent{Kind: agent.IntentClarify, Question: &q}
}

// unknownPlace is the unknown word that stands where an environment would.
func (m *message) unknownPlace() string {
	for i, it := range m.items {
		if it.cls == clsUnknown && i > 0 {
			if b := before(m.items, i); b == clsTo || b == clsIn {
				return it.text
			}
		}
	}
	return ""
}
