package rules

import "github.com/releasebot/releasebot/agent"

// What is said in a thread about the request that stands there, and can't be
// kept: a time, a condition, a version that isn't one.

// follows asks back where the words put off what was asked for in the thread:
// "actually do it tonight at 11pm", "only once the migration has finished".
func (m *message) follows(th thread, w role) (agent.Intent, bool) {
	if th.last == nil || !th.pending() || m.question || len(m.items) > 16 || m.set.meets(setOf(clsChat, clsSocial, clsHypo, clsQuoted, clsSaid)) {
		return agent.Intent{}, false
	}
	switch {
	case w == roleCond && m.dependsOn():
	case w == roleTime && m.puts():
	default:
		return agent.Intent{}, false
	}
	return ask(agent.Intent{}, "request", "I can't wait for a time or a condition, so the request stands as it was. Shall I hold it until somebody says resume, or cancel it?", "hold", "cancel"), true
}

// pending: some release may still be changed.
func (th *thread) pending() bool {
	for _, r := range th.releases {
		if r.Open {
			return true
		}
	}
	return len(th.releases) == 0
}

// dependsOn: nothing but a condition, of something's being done or well, and
// maybe a name.
func (m *message) dependsOn() bool {
	for _, it := range m.items {
		switch {
		case small().has(it.cls), slots().has(it.cls), setOf(clsTo, clsIn).has(it.cls), setOf(clsCorr, clsAgainst, clsAnd, clsThen, clsPron).has(it.cls), it.key == "only":
			continue
		case it.cls == clsCond:
			return m.set.meets(setOf(clsDone, clsStative, clsHealthy, clsFree, clsApprove, clsChecks, clsPast))
		}
		return false
	}
	return false
}

// puts: nothing but a time, and a word that points to what was asked for.
func (m *message) puts() bool {
	closed := small().with(setOf(clsCorr, clsAgainst, clsThen, clsPron, clsTime, clsDuration, clsNumber, clsIn, clsTo, clsOf, clsFor, clsLight, clsInstead))
	return m.set.within(closed) && m.set.meets(setOf(clsCorr, clsAgainst, clsPron, clsYes, clsPlease, clsLight, clsInstead))
}

// newestOne answers "which version?" with a version that can't be looked up
// later: the question is asked again, with the reason.
func (m *message) newestOne(th thread) (agent.Intent, bool) {
	q := th.open
	if q == nil || q.Missing != "version" || q.Partial == nil || !m.set.has(clsVague) || len(m.items) > 8 || unknowns(m.items) > 1 ||
		m.set.meets(slots().with(setOf(clsNeg, clsHypo, clsPast, clsGerund, clsChat, clsSaid))) {
		return agent.Intent{}, false
	}
	var f filling
	f.take(m.items)
	f.fillFrom(q.Partial, true)
	return m.finish(q.Partial.Kind, f, agent.Intent{Page: q.Partial.Page}), true
}
