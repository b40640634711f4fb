package rules

import (
	"strings"

	"github.com/releasebot/releasebot/agent"
)

// asking reads questions, and the short forms of them: "shop status",
// "approvals", "history of shop in production". They change nothing, so the
// words around may be any; but a question about something else is not ours.
func (p *Planner) asking(m *message, th thread) (agent.Intent, bool) {
	it, _ := m.lead()
	questions := setOf(clsWh, clsWho, clsWhen, clsHow, clsAux)
	interrogative := questions.has(it.cls)
	modal := it.cls == clsModal
	shown := len(m.items) > 0 && m.shows()
	if !interrogative && !modal && !shown && p.leadsWithOrder(m) {
		return agent.Intent{}, false
	}
	if q, ok := m.asksBehind(); ok && !interrogative && !modal && !shown {
		it, interrogative = q, true
	}
	if m.question && it.cls == clsNeg && forbids(it.key) {
		return none(), true // "nobody deploys to prod, understood?"
	}
	if !interrogative && !modal && !shown && m.question && th.last == nil && m.set.within(slots().with(small()).less(setOf(clsName, clsChat, clsYes))) && m.set.has(clsService) && m.set.has(clsVersion) && m.set.has(clsEnv) {
		return agent.Intent{}, false // "shop 1.4.2 prod?" may ask for either
	}
	if m.question && !interrogative && !shown && m.ponders() {
		return p.guess(m, "Do you ask me to?"), true
	}
	if m.set.meets(setOf(clsHypo)) && (interrogative || m.question) {
		return none(), true
	}
	if (interrogative || m.question) && (m.business() || m.asksOfQuote()) {
		return none(), true
	}
	if it.cls == clsFreeze && m.set.meets(slots()) && !m.set.has(clsNeg) {
		return ask(agent.Intent{}, "request", "A freeze stands in the policy file. I can lock an environment: lock SERVICE in ENVIRONMENT because REASON."), true
	}
	if !interrogative && !shown && m.question && (th.last != nil || th.open != nil) && m.set.within(slots().with(small()).with(setOf(clsTo, clsIn, clsNo, clsCorr, clsVersionWord))) && m.set.meets(slots()) {
		return agent.Intent{}, false // "staging?" in a thread about a release: release asks back
	}
	if !interrogative && !modal && !shown && m.question && m.set.within(slots().with(small()).with(setOf(clsTo, clsVersionWord))) && m.set.has(clsService) && m.set.has(clsVersion) && m.set.has(clsEnv) && m.set.has(clsTo) {
		return agent.Intent{}, false // "shop 1.4.2 to prod?": release asks back
	}
	switch {
	case it.cls == clsAux && m.whether():
		return none(), true
	case it.cls == clsHow && (it.key == "how about" || it.key == "what about") && m.set.meets(setOf(clsDeploy, clsRollback, clsGerund)) && m.set.meets(slots()):
		return p.guess(m, "Do you ask me to?"), true
	case shown && m.whether() && !m.set.meets(setOf(clsWh, clsHow, clsWhen, clsWho, clsHelp)): // "remind me to deploy …"
		return agent.Intent{}, false
	}
	if modal && (m.question || m.inverted()) {
		return p.mayI(m, th, it)
	}
	if interrogative || shown || m.question && !m.set.meets(setOf(clsReq, clsPlease, clsWant)) {
		if i, ok := p.question(m, th, it); ok {
			return i, true
		}
		if interrogative && m.offTopic() {
			return none(), true
		}
		return agent.Intent{}, false
	}
	if m.set.meets(setOf(clsNeg, clsCond, clsSaid, clsModal, clsPage)) {
		return agent.Intent{}, false
	}
	return p.noun(m, th)
}

// shows: "show me", "list" stands before what is asked for.
func (m *message) shows() bool {
	skip := small().with(setOf(clsReq))
	for _, it := range m.items {
		if it.cls == clsShow {
			return true
		}
		if !skip.has(it.cls) {
			return false
		}
	}
	return false
}

// asksBehind: names alone stand before the question: "shop prod, what's running".
func (m *message) asksBehind() (item, bool) {
	before := slots().with(small()).with(setOf(clsIn, clsServiceWord, clsEnvWord, clsVersionWord, clsFor, clsOf))
	named := false
	for i, it := range m.items {
		switch {
		case before.has(it.cls):
			named = named || it.cls == clsService || it.cls == clsEnv
		case setOf(clsWh, clsHow, clsWhen, clsWho).has(it.cls):
			return it, named && !classesOf(m.items[i:]).meets(setOf(clsDeploy, clsRollback, clsLight, clsModal, clsNeg, clsCond))
		default:
			return item{}, false
		}
	}
	return item{}, false
}

// inverted: "should we", "can I": a question without its mark.
func (m *message) inverted() bool {
	for i, it := range m.items {
		if it.cls != clsModal {
			continue
		}
		if mayBe(it.key) {
			return true
		}
		return i+1 < len(m.items) && m.items[i+1].cls == clsSubj
	}
	return false
}

// asks: the message begins as a question, and gives no orders.
func (m *message) asks() bool {
	it, _ := m.lead()
	return setOf(clsWhy, clsWh, clsWho, clsWhen, clsHow, clsAux).has(it.cls) && !m.set.meets(setOf(clsDeploy, clsRollback))
}

// isPassive: "could … be deployed".
func (m *message) isPassive() bool {
	for i, it := range m.items {
		if it.cls == clsModal {
			return passive(m.items[i+1:]) && !m.set.has(clsNeg)
		}
	}
	return false
}

// whether: the question is whether to do something: "is it time to deploy …?"
func (m *message) whether() bool {
	for i, it := range m.items {
		if (it.cls == clsDeploy || it.cls == clsRollback) && i > 0 && (m.items[i-1].cls == clsTo || m.items[i-1].key == "time to") {
			return true
		}
	}
	return false
}

// mayBe: words that ask for leave, or politely for the thing itself.
func mayBe(k string) bool {
	switch k {
	case "can we", "can i", "may i", "could i", "could we", "may we", "can someone", "can anyone", "could someone", "could anyone", "can somebody",
		"would it be possible to", "is it possible to", "would it be ok to", "would it be okay to", "is it ok to", "is it okay to", "are you able to",
		"would it be possible", "is it possible", "is it fine to":
		return true
	}
	return false
}

// mayI reads "should we …?", an opinion, and "can I …?", which may be a request.
func (p *Planner) mayI(m *message, th thread, it item) (agent.Intent, bool) {
	deploys := false
	for i := range m.segs {
		deploys = deploys || m.actionOf(&m.segs[i]) != clsUnknown
	}
	switch {
	case (it.key == "could" || it.key == "can") && m.set.meets(slots()) && m.isPassive(): // "could shop 1.4.2 be deployed to prod?"
		return p.guess(m, "Do you ask me to?"), true
	case mayBe(it.key):
		deploys = deploys || m.set.meets(setOf(clsPast, clsGerund))
		if deploys && m.set.meets(slots()) && !m.set.has(clsNeg) {
			return p.guess(m, "Do you ask me to?"), true
		}
		if th.last != nil && !th.many && m.set.has(clsCorr) && m.set.meets(slots()) && !m.set.has(clsNeg) {
			o := p.order(m)
			o.fill.take(m.items)
			return p.bare(m, o, th), true // "can we use 1.4.3 instead?"
		}
		return none(), true
	case it.key == "will" || it.key == "would" || it.key == "might":
		if i, ok := p.question(m, th, item{cls: clsAux, key: it.key}); ok {
			return i, true
		}
	}
	return none(), true
}

// noun reads requests without a verb: "status", "shop history production".
func (p *Planner) noun(m *message, th thread) (agent.Intent, bool) {
	st := m.set
	calm := !st.has(clsDeploy) && !st.has(clsRollback) && !st.has(clsUnknown)
	switch {
	case st.has(clsApprovals) && !st.meets(setOf(clsSubj, clsPast)) && calm:
		return agent.Intent{Kind: agent.IntentApprovals}, true
	case st.has(clsPending) && st.within(around().with(setOf(clsShow, clsPending, clsApprove))) && calm && (st.has(clsApprove) || st.has(clsPlural)):
		return agent.Intent{Kind: agent.IntentApprovals}, true
	case st.has(clsLockNoun) && !st.meets(setOf(clsLock, clsUnlock)) && calm:
		return agent.Intent{Kind: agent.IntentLocks}, true
	case st.has(clsStatus) && calm && !st.meets(setOf(clsOther)):
		return m.reading(agent.IntentStatus, th), true
	case st.has(clsHistory) && calm && !st.meets(setOf(clsOther)), st.has(clsPast2) && st.has(clsPlural) && calm:
		return m.reading(agent.IntentHistory, th), true
	}
	return agent.Intent{}, false
}

// question reads a question by what it is about.
func (p *Planner) question(m *message, th thread, lead item) (agent.Intent, bool) {
	st := m.set
	past := st.has(clsPast)
	about := st.meets(setOf(clsDeploy, clsRollback, clsPast, clsPlural, clsNoun, clsGerund))
	switch {
	case st.has(clsHelp):
		return agent.Intent{Kind: agent.IntentHelp}, true
	case st.has(clsApprovals), st.has(clsPending) && !st.meets(setOf(clsService, clsPron)) && st.meets(setOf(clsApprove, clsPlural, clsWh, clsAux)) && !st.has(clsUnknown):
		return agent.Intent{Kind: agent.IntentApprovals}, true
	case st.meets(setOf(clsLocked, clsLockNoun)), st.has(clsLock) && lead.cls != clsHow:
		return agent.Intent{Kind: agent.IntentLocks}, true
	case st.has(clsFree) && st.meets(setOf(clsService, clsEnv)) && lead.cls == clsAux:
		return agent.Intent{Kind: agent.IntentLocks}, true
	case st.has(clsHistory):
		return m.topic(agent.IntentHistory, th)
	case st.has(clsPast2) && about, st.has(clsPlural) && (lead.cls == clsWh || m.shows()):
		return m.topic(agent.IntentHistory, th)
	case lead.cls == clsWho && st.meets(setOf(clsModal)):
		return none(), true // who may do what stands in the policy file
	case lead.cls == clsWho && (about || st.has(clsApprove)):
		return m.topic(agent.IntentHistory, th)
	case lead.cls == clsWhen && (about || st.meets(setOf(clsPast2, clsOut)) && st.meets(slots())) && !future(lead.key):
		return m.topic(agent.IntentHistory, th)
	case lead.cls == clsWh && (past || st.has(clsDeploy)) && m.wasDone():
		return m.topic(agent.IntentHistory, th)
	case st.has(clsStatus):
		if st.has(clsUnknown) && !m.ours(m.items) {
			return agent.Intent{}, false
		}
		return m.reading(agent.IntentStatus, th), true
	}
	return m.statusQuestion(th, lead, about)
}

// future: "when will it go out" asks how things stand.
func future(k string) bool { return k == "when will" || k == "when is" }

// wasDone: "what was deployed", "which version got shipped", not "what is deployed".
func (m *message) wasDone() bool {
	for _, it := range m.items {
		switch it.key {
		case "was", "were", "got", "been", "did", "has", "have", "wurde", "a ete", "foi":
			return true
		}
	}
	return false
}

// statusQuestion: is it healthy, what runs there, did it get out.
func (m *message) statusQuestion(th thread, lead item, about bool) (agent.Intent, bool) {
	st := m.set
	states := st.meets(setOf(clsHealthy, clsDone, clsPast, clsStative, clsBad, clsFail, clsFree, clsVersionWord, clsOut, clsChecks, clsDeploy, clsGerund, clsRollback, clsVersion, clsVague, clsStatus, clsEnvWord))
	named := st.meets(setOf(clsService, clsEnv, clsName))
	overall := setOf(clsWh, clsHow, clsAux, clsHealthy, clsIn, clsDone, clsGerund, clsMany, clsVersionWord, clsEnvWord, clsServiceWord, clsPlural, clsOut, clsSubj).with(small())
	switch {
	case lead.cls == clsWho:
		return agent.Intent{}, false
	case st.has(clsHealthy) && st.within(overall) && !addresses(m.items): // "what's running where?"
		return m.topic(agent.IntentStatus, th)
	case named && (states || !st.has(clsUnknown)), named && lead.cls == clsHow && unknowns(m.items) <= 1, named && lead.cls == clsAux && st.has(clsVersion):
		return m.topic(agent.IntentStatus, th)
	case about && !st.has(clsUnknown) && !st.has(clsSubj) && lead.cls != clsHow, about && lead.cls == clsHow && unknowns(m.items) <= 1:
		return m.topic(agent.IntentStatus, th)
	case (st.has(clsPron) || th.last != nil && st.meets(setOf(clsDone, clsHealthy, clsOut, clsPast))) && st.meets(setOf(clsDone, clsHealthy, clsFail, clsBad, clsOut, clsPast)) && !st.has(clsUnknown):
		return m.topic(agent.IntentStatus, th)
	case st.has(clsVersion) && lead.cls == clsAux && !st.has(clsUnknown):
		return m.topic(agent.IntentStatus, th)
	}
	return agent.Intent{}, false
}

// addresses: the question is about the one who is asked.
func addresses(items []item) bool {
	for _, it := range items {
		if it.cls == clsSubj && it.key != "we" {
			return true
		}
	}
	return false
}

// topic is reading, unless the words say that something else is asked.
func (m *message) topic(kind agent.IntentKind, th thread) (agent.Intent, bool) {
	if m.set.meets(setOf(clsHypo)) || m.set.has(clsModal) && kind == agent.IntentStatus && !m.set.meets(setOf(clsWhen)) && m.opinion() {
		return agent.Intent{}, false
	}
	return m.reading(kind, th), true
}

// opinion: "what do you think", "would you".
func (m *message) opinion() bool {
	for _, it := range m.items {
		switch it.key {
		case "should", "think", "do you think", "shall", "thinking", "prefer", "ought to", "would", "consider":
			return true
		}
	}
	return false
}

// reading makes a status or history intent of what was named; asked in a thread
// without a name, it is about the thread's release.
func (m *message) reading(kind agent.IntentKind, th thread) agent.Intent {
	var f filling
	f.take(m.items)
	if f.fromEnv != "" && len(f.envs) == 0 {
		f.envs = []string{f.fromEnv}
	}
	i := agent.Intent{Kind: kind}
	if f.empty() && th.last != nil && !th.many {
		i.Service, i.Environment = th.last.Service, th.last.Environment
		return i
	}
	if len(f.services) == 0 && len(f.unclear) == 1 && f.unclear[0].val != "" && !m.set.has(clsUnknown) {
		f.services, f.unclear = []string{f.unclear[0].val}, nil // a short name will do where nothing is changed
	}
	if len(f.services) == 0 && len(f.unclear) > 0 {
		return ask(i, "service", "I know no service “"+f.unclear[0].text+"”. Did you mean "+list(f.unclear[0].options)+"?", f.unclear[0].options...)
	}
	if len(f.services) > 1 {
		return ask(i, "service", "One service at a time, please: which one first?", f.services...)
	}
	if len(f.services) == 1 {
		i.Service = f.services[0]
	}
	if len(f.envs) > 0 {
		found := m.names.environment(f.envs[0], i.Service)
		if len(f.envs) > 1 && !m.onePlace(f.envs, i.Service) {
			return i // of all places
		}
		if len(found) != 1 {
			have := m.names.environments(i.Service)
			return ask(i, "environment", orAny(i.Service)+" has no environment “"+f.envs[0]+"”. It has "+list(have)+".", have...)
		}
		i.Environment = found[0]
	}
	return i
}

// onePlace: the words mean one environment ("what is live in production").
func (m *message) onePlace(written []string, service string) bool {
	var all []string
	for _, w := range written {
		for _, e := range m.names.environment(w, service) {
			all = addNew(all, e)
		}
	}
	return len(all) == 1
}

// offTopic: a question in which nothing of ours is asked to be done.
func (m *message) offTopic() bool {
	return !m.set.meets(setOf(clsReq, clsPlease, clsWant)) || !m.set.meets(setOf(clsDeploy, clsRollback)) || !m.set.meets(slots())
}

// verifying reads "verify shop in production", "run the health checks on web
// in staging". Beside a deploy it is no order of its own.
func (p *Planner) verifying(m *message, th thread) (agent.Intent, bool) {
	it, _ := m.lead()
	checks := it.cls == clsVerify || it.cls == clsCheck || it.cls == clsStart && m.set.meets(setOf(clsChecks, clsVerify)) || it.cls == clsChecks && !m.set.meets(setOf(clsDeploy, clsRollback, clsAux))
	if !checks {
		return agent.Intent{}, false
	}
	st := m.set
	switch {
	case st.has(clsNeg):
		return none(), true
	case st.meets(setOf(clsDeploy, clsRollback, clsLight)) && st.meets(slots()):
		return ask(agent.Intent{}, "request", "That is more than one order. One at a time, please: verify first, then ask for the next."), true
	case st.meets(setOf(clsTime, clsCond, clsDuration)):
		if !st.meets(setOf(clsService, clsEnv)) {
			return none(), true
		}
		return ask(agent.Intent{}, "request", "I can't wait for a time or a condition. Say it again then."), true
	case st.meets(setOf(clsHypo, clsSaid, clsQuoted, clsOther)):
		return none(), true
	}
	var f filling
	f.take(m.items)
	if f.many != "" {
		return ask(agent.Intent{Kind: agent.IntentVerify}, "service", "I verify one environment at a time. Of which service, and which?"), true
	}
	if !st.meets(setOf(clsService, clsEnv, clsName)) {
		if st.has(clsUnknown) || it.cls == clsCheck && !m.ours(m.items) && len(m.items) > 1 {
			return none(), true
		}
	}
	if t := th.topic; t != nil && t.Kind == agent.IntentVerify && f.empty() && !st.has(clsUnknown) {
		f.fillFrom(t, true) // "verify again"
	}
	if th.last != nil && !th.many && (f.pron || f.empty()) {
		f.fillFrom(th.last, true)
	}
	if th.open != nil && th.open.Partial != nil && th.open.Partial.Kind == agent.IntentVerify {
		f.fillFrom(th.open.Partial, true)
	}
	return m.finish(agent.IntentVerify, f, agent.Intent{}), true
}

// sameText compares an answer with an option as people type them.
func sameText(a, b string) bool {
	return strings.EqualFold(strings.Trim(strings.Join(strings.Fields(a), " "), " .!?\"'`"), strings.Join(strings.Fields(b), " "))
}

// forbids: the words begin a prohibition.
func forbids(k string) bool {
	switch k {
	case "nobody", "no one", "noone", "no-one", "never", "dont", "do not", "niemand", "personne", "nadie", "ninguem", "nessuno":
		return true
	}
	return false
}
