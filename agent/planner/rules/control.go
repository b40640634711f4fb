package rules

import (
	"slices"
	"strings"

	"github.com/releasebot/releasebot/agent"
)

// lead is the message's first word that says something, and where it stands.
func (m *message) lead() (item, int) {
	skip := small().with(setOf(clsReq, clsShow, clsThen, clsAnd))
	for i, it := range m.items {
		if skip.has(it.cls) || it.cls == clsMention && i == 0 {
			continue
		}
		if it.cls == clsAux && i > 0 && (points(m.items[i-1].key) || m.items[i-1].cls == clsLink) {
			return item{}, len(m.items) // "this was a mistake" asks nothing, nor does "https://… is merged"
		}
		return it, i
	}
	return item{}, len(m.items)
}

// points: words that a statement begins with.
func points(k string) bool {
	switch k {
	case "this", "that", "these", "those", "here", "there":
		return true
	}
	return false
}

// around are words that may stand beside cancel, hold, resume: they name what
// is meant, and add nothing.
func around() set {
	return slots().with(small()).with(setOf(clsNoun, clsPron, clsIn, clsTo, clsOf, clsFor, clsPast2, clsServiceWord, clsEnvWord, clsVersionWord, clsReq, clsAnd,
		clsTicket, clsNumber, clsSame, clsPlural, clsPending, clsThen, clsDeploy, clsRollback, clsGerund, clsCorr, clsInstead, clsOut, clsSubj, clsMention, clsUnknown))
}

// control reads cancel, hold, resume, why and help.
func (p *Planner) control(m *message, th thread) (agent.Intent, bool) {
	it, at := m.lead()
	rest := m.items[min(at+1, len(m.items)):]
	kind, ok := controlOf(it.cls)
	if !ok {
		return p.lateControl(m, th, it)
	}
	switch kind {
	case agent.IntentWhy:
		return m.why(rest, th), true
	case agent.IntentHelp:
		return m.help(it, rest)
	}
	if m.set.meets(setOf(clsNeg, clsHypo)) {
		return none(), true
	}
	set := classesOf(rest)
	id := m.id(rest, th)
	if set.meets(setOf(clsCond, clsTime, clsDuration, clsFailWhen)) {
		if kind == agent.IntentCancel || set.has(clsUnknown) && !m.ours(rest) && !set.has(clsCond) {
			return none(), true
		}
		return ask(agent.Intent{}, "request", "I can't wait for a time or a condition. I can hold the release now, until somebody says resume.", "hold"), true
	}
	if kind == agent.IntentHold && th.last != nil && len(m.segs) > 1 && m.segs[1].set.meets(slots()) && m.segs[0].set.within(small().with(setOf(clsHold))) {
		again := *th.last
		var f filling
		f.fillFrom(th.last, true)
		var by filling
		by.take(rest)
		f.override(by)
		f.toVersion = true
		options := []string{"hold"}
		if i := m.finish(again.Kind, f, agent.Intent{Page: again.Page}); i.Kind == again.Kind {
			options = append(options, Say(i))
		}
		return ask(agent.Intent{}, "request", "Shall I hold the release, or change it?", options...), true
	}
	if f, ok := m.undoes(); ok && kind == agent.IntentCancel {
		return m.finish(agent.IntentRollback, f, agent.Intent{}), true
	}
	if len(rest) > 0 && m.laterOrder(rest) {
		if kind == agent.IntentHold || it.key == "never mind" || it.key == "nevermind" || it.key == "nvm" || it.key == "stop" || it.key == "forget it" {
			if i, ok := p.afterStop(m, it, th); ok {
				return i, true
			}
		}
		return ask(agent.Intent{}, "request", "That is more than one thing. One at a time, please: "+string(kind)+" first?", string(kind)), true
	}
	allowed := around().with(setOf(controlClasses()...))
	if !set.within(allowed) || set.has(clsUnknown) && id == "" || set.has(clsUnknown) && unknowns(rest) > 1 {
		if kind == agent.IntentResume || set.has(clsName) || set.meets(slots()) {
			return ask(agent.Intent{}, "request", "Do you want me to "+string(kind)+" a release?", string(kind)), true
		}
		return none(), true
	}
	return m.target(kind, rest, id, th), true
}

func controlClasses() []class { return []class{clsCancel, clsHold, clsResume} }

func controlOf(c class) (agent.IntentKind, bool) {
	switch c {
	case clsCancel:
		return agent.IntentCancel, true
	case clsHold:
		return agent.IntentHold, true
	case clsResume:
		return agent.IntentResume, true
	case clsWhy:
		return agent.IntentWhy, true
	case clsHelp:
		return agent.IntentHelp, true
	}
	return "", false
}

// lateControl: "the deploy, cancel it", "ok stop", "shop prod: hold", and
// "stop deploying" while something is open.
func (p *Planner) lateControl(m *message, th thread, lead item) (agent.Intent, bool) {
	if lead.cls == clsNeg && strings.HasPrefix(lead.key, "stop ") && th.last != nil && classesOf(m.items).within(around().with(setOf(clsNeg))) && !m.set.has(clsUnknown) {
		return m.target(agent.IntentCancel, m.items, "", th), true
	}
	if lead.cls == clsNo || lead.cls == clsCorr {
		for i := range m.segs {
			c := leadOf(&m.segs[i])
			if c == clsCorr {
				if k := leadOfControl(&m.segs[i]); k == clsCancel {
					c = k // "no no stop"
				}
			}
			if c == clsNo || c == clsCorr || c == clsUnknown && m.segs[i].set.within(small()) {
				continue
			}
			if c == clsCancel && m.set.within(around().with(setOf(clsNo, clsCorr, clsCancel))) && !m.set.has(clsUnknown) {
				return m.target(agent.IntentCancel, m.items, "", th), true
			}
			break
		}
		if m.scraps() {
			return m.target(agent.IntentCancel, nil, "", th), true
		}
		return agent.Intent{}, false
	}
	if m.set.meets(setOf(clsDeploy, clsRollback, clsNeg, clsCond, clsTime, clsAux, clsWh)) {
		return agent.Intent{}, false
	}
	for _, c := range controlClasses() {
		allowed := around().with(setOf(c))
		switch c {
		case clsResume:
			allowed = allowed.with(setOf(clsModal)) // "you can continue"
		case clsHold:
			allowed = allowed.with(setOf(clsLight)) // "put it on hold"
		}
		if !m.set.has(c) || !m.set.within(allowed) || m.set.has(clsUnknown) {
			continue
		}
		kind, _ := controlOf(c)
		return m.target(kind, m.items, "", th), true
	}
	return agent.Intent{}, false
}

// scraps: "scratch that" alone takes back what was said.
func (m *message) scraps() bool {
	found := false
	for _, it := range m.items {
		switch {
		case it.key == "scratch that" || it.key == "strike that":
			found = true
		case !small().has(it.cls) && it.cls != clsNo && it.cls != clsPron:
			return false
		}
	}
	return found
}

// laterOrder: after "cancel that" another order follows.
func (m *message) laterOrder(rest []item) bool {
	full := false
	for i := range m.segs {
		s := &m.segs[i]
		if i == 0 {
			continue
		}
		switch leadOf(s) {
		case clsDeploy, clsRollback, clsLight, clsVerify, clsLock, clsUnlock, clsStart:
			full = true
		case clsCorr:
			full = full || s.set.meets(setOf(clsDeploy, clsRollback))
		}
	}
	set := classesOf(rest)
	return full || len(m.segs) > 1 && set.meets(setOf(clsDeploy)) && set.has(clsVersion)
}

// afterStop: "wait, make it 1.4.3" and "never mind, deploy shop 1.4.3 to prod
// instead" correct; what follows must be a whole order.
func (p *Planner) afterStop(m *message, it item, th thread) (agent.Intent, bool) {
	if it.key == "stop" || th.last != nil || th.open != nil {
		return agent.Intent{}, false
	}
	tail := *m
	tail.segs = m.segs[1:]
	i := p.release(&tail, thread{})
	return i, i.Kind == agent.IntentDeploy || i.Kind == agent.IntentRollback
}

// target names the release that is meant, where the thread's releases tell.
func (m *message) target(kind agent.IntentKind, rest []item, id string, th thread) agent.Intent {
	i := agent.Intent{Kind: kind, ID: id}
	var f filling
	f.take(rest)
	if len(f.services) == 1 {
		i.Service = f.services[0]
	}
	if len(f.envs) == 1 {
		if e := m.names.environment(f.envs[0], i.Service); len(e) == 1 {
			i.Environment = e[0]
		}
	}
	if len(f.versions) == 1 {
		i.Version = f.versions[0]
	}
	if len(f.services) > 1 || len(f.envs) > 1 {
		return ask(agent.Intent{Kind: kind}, "id", "You named several. Which one shall I "+string(kind)+"?")
	}
	if id != "" {
		return i
	}
	var fit []agent.ReleaseBrief
	for _, r := range th.releases {
		if r.Open && (i.Service == "" || r.Service == i.Service) && (i.Environment == "" || r.Environment == i.Environment) && (i.Version == "" || r.Version == i.Version) {
			fit = append(fit, r)
		}
	}
	switch {
	case len(fit) == 1:
		i.ID = fit[0].ID
	case len(fit) > 1:
		var options []string
		for _, r := range fit {
			options = append(options, string(kind)+" "+r.ID)
		}
		return ask(agent.Intent{Kind: kind}, "id", "Several releases are open in this thread. Which one shall I "+string(kind)+"?", options...)
	}
	return i
}

// id finds the short id that was named: one of the thread's releases, or a
// word that can be nothing else.
func (m *message) id(items []item, th thread) string {
	for _, it := range items {
		w := strings.TrimLeft(it.text, "#")
		for _, r := range th.releases {
			if r.ID != "" && strings.EqualFold(w, r.ID) {
				return r.ID
			}
		}
		if it.cls != clsUnknown && it.cls != clsVersion && it.cls != clsTicket {
			continue
		}
		if idShape(w) && (it.cls == clsUnknown || !strings.Contains(w, ".")) {
			return w
		}
	}
	return ""
}

// idShape: letters and digits, both, as cards show them.
func idShape(w string) bool {
	if len(w) < 3 || len(w) > 16 || !asciiWord(w) {
		return false
	}
	num, letter := false, false
	for k := 0; k < len(w); k++ {
		switch {
		case isDigit(w[k]):
			num = true
		case isLetter(w[k]):
			letter = true
		case w[k] != '-':
			return false
		}
	}
	return num && letter
}

// unknowns counts the words that are not understood.
func unknowns(items []item) int {
	n := 0
	for _, it := range items {
		if it.cls == clsUnknown {
			n++
		}
	}
	return n
}

// ours: something among the words belongs to releases.
func (m *message) ours(items []item) bool {
	return classesOf(items).meets(setOf(clsService, clsEnv, clsVersion, clsName, clsNoun, clsDeploy, clsRollback, clsPlural, clsPast, clsGerund, clsApprovals, clsApprove,
		clsLock, clsLocked, clsLockNoun, clsChecks, clsPron, clsPending, clsFreeze, clsHold, clsCancel, clsStatus, clsVersionWord, clsEnvWord, clsVerify, clsHistory))
}

// why answers "why …" about a release; about anything else it is not ours.
func (m *message) why(rest []item, th thread) agent.Intent {
	if id := m.id(rest, th); id != "" {
		return agent.Intent{Kind: agent.IntentWhy, ID: id}
	}
	set := classesOf(rest)
	if m.ours(rest) || stalls(rest) || asksOfThis(rest) && th.last != nil || asksOfIt(rest) || len(rest) > 1 && points(rest[0].key) && rest[1].cls == clsAux || set.within(small().with(setOf(clsAux, clsNeg))) || set.within(small().with(setOf(clsAux, clsNeg, clsFail, clsBad, clsDone, clsStative, clsGerund))) {
		if set.has(clsUnknown) && unknowns(rest) > 2 {
			return none()
		}
		i := m.target(agent.IntentWhy, rest, "", thread{})
		if i.Kind == agent.IntentWhy {
			return i
		}
		return agent.Intent{Kind: agent.IntentWhy}
	}
	return none()
}

// asksOfIt: "is it", "did it".
func asksOfIt(items []item) bool {
	for _, it := range items {
		if it.cls == clsAux && strings.HasSuffix(it.key, " it") {
			return true
		}
	}
	return false
}

// help: "help", "what can you do", "how do I deploy". "help me deploy shop …"
// goes on as an order, "how do I bake bread" is not ours.
func (m *message) help(it item, rest []item) (agent.Intent, bool) {
	set := classesOf(rest)
	if strings.HasPrefix(it.key, "help") && set.meets(setOf(clsDeploy, clsRollback)) && set.has(clsService) {
		return ask(agent.Intent{}, "request", "Say it as an order and I will: deploy SERVICE VERSION to ENVIRONMENT."), true
	}
	if len(rest) == 0 || m.ours(rest) || set.meets(setOf(clsLock, clsUnlock, clsCancel, clsHold, clsResume, clsVerify, clsApprove)) {
		return agent.Intent{Kind: agent.IntentHelp}, true
	}
	if set.has(clsUnknown) && !slices.Contains([]string{"help", "commands", "usage", "hilfe", "aide", "ayuda", "ajuda", "what can you do"}, it.key) {
		return none(), true
	}
	if set.has(clsUnknown) {
		return none(), true
	}
	return agent.Intent{Kind: agent.IntentHelp}, true
}
