package rules

import "github.com/releasebot/releasebot/agent"

// rejection reads the reason of a rejection. Only "deploy backend 2.1.0
// first", in one of its forms, is an order: that release goes before the
// rejected one, which is proposed again afterwards. Any other reason is none.
func (p *Planner) rejection(m *message, th thread) agent.Intent {
	if m.set.meets(setOf(clsInject, clsNeg, clsHypo, clsQuoted, clsTime)) || m.question {
		return none()
	}
	if !m.set.meets(setOf(clsFirst, clsBefore)) {
		return none()
	}
	if !m.set.meets(setOf(clsDeploy, clsPast, clsLight, clsWant, clsModal, clsNoun)) && !m.set.has(clsService) {
		return none()
	}
	var f filling
	f.take(m.items)
	if len(f.services) == 0 && len(f.unclear) == 0 || m.set.has(clsRollback) {
		return none()
	}
	allowed := p.grammar.action.with(setOf(clsBefore, clsModal, clsAux, clsPast, clsAnd, clsSubj, clsCond, clsStative))
	if !m.set.within(allowed) {
		return none()
	}
	if len(f.envs) == 0 && th.rejected.Environment != "" {
		f.envs = []string{th.rejected.Environment}
	}
	if len(f.services) == 2 {
		f.services = without(f.services, th.rejected.Service)
	}
	if len(f.services) == 1 && f.services[0] == th.rejected.Service && len(f.envs) == 1 {
		if e := m.names.environment(f.envs[0], f.services[0]); len(e) == 1 && e[0] == th.rejected.Environment {
			return none() // it can't go before itself
		}
	}
	return m.finish(agent.IntentDeploy, f, agent.Intent{Before: th.rejected.N})
}

func without(list []string, s string) []string {
	out := make([]string, 0, len(list))
	for _, l := range list {
		if l != s {
			out = append(out, l)
		}
	}
	return out
}
