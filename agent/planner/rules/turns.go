package rules

import (
	"strings"

	"github.com/releasebot/releasebot/agent"
)

// How people go on in a thread: once more, another version instead, what they
// forgot to say, and what went wrong.

// remembers turns "forgot to mention" into small talk, beside the answer to a
// question. Anywhere else it is a word too many.
func (m *message) remembers() {
	if !m.set.has(clsForgot) {
		return
	}
	for i := range m.segs {
		s := &m.segs[i]
		for k := range s.items {
			if s.items[k].cls == clsForgot {
				s.items[k].cls = clsChat
			}
		}
		s.set = classesOf(s.items)
	}
}

// swaps: "1.4.3 instead", "take 1.4.3 instead": what is named takes
// the place of what was asked for.
func (g *grammar) swaps(s *segment) bool {
	lead := leadOf(s)
	if !s.set.has(clsInstead) || !s.set.meets(setOf(clsVersion, clsEnv)) {
		return false
	}
	return s.set.within(g.slotLike) || s.set.has(clsVersion) && (lead == clsStart || lead == clsLight) && s.set.within(g.slotLike.with(setOf(clsStart, clsLight)))
}

// repeatsIt: "do the same for staging".
func (g *grammar) repeatsIt(s *segment) bool {
	return s.set.has(clsSame) && leadOf(s) == clsStart && s.set.within(g.slotLike.with(setOf(clsStart)))
}

// onceMore: "again please", and nothing else.
func (m *message) onceMore() bool {
	found := false
	for _, it := range m.items {
		switch {
		case it.cls == clsFiller && repeats(it.key):
			found = true
		case it.cls != clsPlease && it.cls != clsSep && it.cls != clsMention && it.cls != clsAnd && it.cls != clsArt:
			return false
		}
	}
	return found && !m.question
}

// repeat is what was asked last in the thread, once more. A bare "again" may be a sigh.
func (m *message) repeat(th thread) (agent.Intent, bool) {
	switch {
	case m.set.has(clsPlease):
	case th.last == nil:
		return ask(agent.Intent{}, "request", "Do what again? For example: deploy SERVICE VERSION to ENVIRONMENT."), true
	default:
		return ask(agent.Intent{}, "request", "Shall I ask for it anew?", Say(*th.last)), true
	}
	if t := th.topic; t != nil {
		switch t.Kind {
		case agent.IntentStatus, agent.IntentHistory, agent.IntentVerify:
			return *t, true
		}
	}
	if th.last != nil && th.last.Kind == agent.IntentRollback {
		return ask(agent.Intent{}, "request", "Back to which version shall I go? For example: roll back SERVICE in ENVIRONMENT to VERSION."), true
	}
	return agent.Intent{}, false
}

// mistaken: the words say that something is the wrong one.
func mistaken(k string) bool {
	for w := range strings.FieldsSeq(k) {
		switch w {
		case "wrong", "falsche", "falscher", "falsches", "falschen", "falsch", "mauvais", "mauvaise", "equivocado", "equivocada", "incorrecto", "incorrecta", "errado", "errada", "sbagliato", "sbagliata", "verkeerd", "verkeerde", "incorrect", "pas":
			return true
		}
	}
	return false
}

// panics: "no no", before a "stop".
func panics(k string) bool {
	switch k {
	case "no no", "oh no", "ah no", "ugh", "oh wait", "wait no", "no wait", "oops", "whoops", "actually":
		return true
	}
	return false
}

// stalls: the words ask of a release why it goes no further.
func stalls(items []item) bool {
	for _, it := range items {
		switch it.key {
		case "refused", "declined", "delayed", "stalled", "turned", "skipped", "paused", "ignored", "wartet", "hangt", "dauert", "abgelehnt", "blockiert", "stockt", "klemmt", "verzogert", "attend", "attends", "bloque", "bloquee", "traine", "refuse", "refusee", "rejete", "rejetee",
			"esperando", "tarda", "tardando", "parado", "parada", "rechazado", "rechazada", "detenido", "detenida", "demora", "demorando", "recusado", "recusada", "rejeitado", "rejeitada", "travado", "attesa", "aspettando", "fermo", "ferma", "bloccato", "bloccata", "rifiutato", "rifiutata",
			"wacht", "duurt", "geweigerd", "afgewezen", "vastgelopen":
			return true
		}
	}
	return false
}

// asksOfThis: "does this take so long", "was that turned down".
func asksOfThis(items []item) bool {
	return len(items) > 1 && items[0].cls == clsAux && (points(items[1].key) || items[1].cls == clsPron) && unknowns(items) < 2
}

// undoes: "cancel the last deploy of shop in prod, rollback please" is one order:
// what was deployed last can't be cancelled any more, and how it is undone is said.
func (m *message) undoes() (filling, bool) {
	var f filling
	if len(m.segs) < 2 || !m.segs[0].set.has(clsPast2) || !m.segs[0].set.has(clsNoun) || !m.segs[0].set.has(clsService) || m.question {
		return f, false
	}
	back := false
	for i := range m.segs {
		s := &m.segs[i]
		switch {
		case i == 0:
			if !s.set.within(slots().with(small()).with(setOf(clsCancel, clsPast2, clsNoun, clsOf, clsIn, clsTo, clsFor, clsReq))) {
				return f, false
			}
			f.take(s.items)
			f.past = false
		case s.set.has(clsRollback) && s.set.within(small().with(setOf(clsRollback, clsReq, clsPron, clsThen))):
			back = true
		case !s.set.within(small()):
			return f, false
		}
	}
	return f, back
}

// ponders: "maybe deploy shop 1.4.2 to prod?": a proposal, which is asked back.
func (m *message) ponders() bool {
	if !m.set.meets(slots()) {
		return false
	}
	maybe := 0
	for i := range m.segs {
		s := &m.segs[i]
		if hesitates(s) {
			continue
		}
		for _, it := range s.items {
			switch {
			case it.cls == clsNeg:
				return false
			case it.cls == clsModal && !perhaps(it.key):
				return false
			case it.cls == clsModal && m.actionOf(s) != clsUnknown:
				maybe++
			}
		}
	}
	return maybe > 0
}

func perhaps(k string) bool {
	switch k {
	case "maybe", "perhaps", "vielleicht", "peut-etre", "quizas", "quiza", "tal vez", "a lo mejor", "talvez", "forse", "misschien", "possibly":
		return true
	}
	return false
}

// hesitates: "not sure", "not sure about the version" puts what was said in
// doubt, and doesn't take it back.
func hesitates(s *segment) bool {
	not := -1
	for i, it := range s.items {
		if it.cls == clsNeg && it.key == "not" {
			not = i
		}
	}
	if not < 0 || not+1 >= len(s.items) || s.set.meets(setOf(clsDeploy, clsRollback, clsModal, clsCond, clsService)) {
		return false
	}
	switch s.items[not+1].key {
	case "sure", "certain", "100", "positive", "quite":
		return true
	}
	return false
}

// asksForSomething: "do it", where nothing is there that it could mean.
func (m *message) asksForSomething() bool {
	for _, it := range m.items {
		switch it.key {
		case "do it", "please do", "yes do it", "ok do it":
			return m.set.within(small())
		}
	}
	return false
}

// runsQuoted reads "please run `deploy shop 1.4.2 to prod`": the quotation is
// the order, because nothing else is said than to carry it out.
func (p *Planner) runsQuoted(m *message) (agent.Intent, bool) {
	if !m.set.has(clsQuoted) || !m.set.has(clsStart) || !m.set.meets(setOf(clsPlease, clsReq)) || m.question && !m.set.has(clsReq) ||
		!m.set.within(small().with(setOf(clsQuoted, clsStart, clsReq, clsMention))) {
		return agent.Intent{}, false
	}
	from, to := -1, -1
	for i, it := range m.items {
		switch {
		case it.cls == clsQuoted && it.line:
			return agent.Intent{}, false
		case it.cls == clsQuoted && from < 0:
			from = i
		case it.cls == clsQuoted && to != i-1 && from != i-1:
			return agent.Intent{}, false
		case it.cls == clsStart && from >= 0:
			return agent.Intent{}, false
		}
		if it.cls == clsQuoted {
			to = i
		}
	}
	i := p.release(p.read(m.text[m.items[from].start:m.items[to].end], m.names), thread{})
	return i, i.Kind == agent.IntentDeploy || i.Kind == agent.IntentRollback
}

// retracts takes out an order that is only named to be replaced: "don't deploy
// 4.8.1, deploy billing 4.8.2 to staging instead", "not shop 1.5.0 but shop 1.5.1".
func retracts(items []item) []item {
	plain := slots().with(small()).with(setOf(clsTo, clsIn, clsOf, clsVersionWord, clsEnvWord, clsServiceWord)).less(setOf(clsSep))
	k := 0
	for k < len(items) && (small().has(items[k].cls) || items[k].cls == clsMention) {
		k++
	}
	if k >= len(items) || items[k].cls != clsNeg || !excluding(items[k].key) && items[k].key != "dont" && items[k].key != "do not" {
		return items
	}
	ordered := false
	for j := k + 1; j < len(items); j++ {
		switch it := items[j]; {
		case j == k+1 && setOf(clsDeploy, clsRollback, clsLight).has(it.cls):
			ordered = true
		case plain.has(it.cls):
		case it.cls == clsAgainst && sondern(it.key), it.cls == clsSep && (it.sep == ',' || it.sep == ';' || it.sep == '.') && ordered:
			rest := classesOf(items[j+1:])
			if ordered && !(rest.has(clsInstead) && rest.meets(setOf(clsDeploy, clsRollback, clsLight))) || !ordered && it.cls == clsSep || rest.has(clsNeg) {
				return items
			}
			for _, o := range items[k+1 : j] {
				if setOf(clsService, clsEnv, clsVersion).has(o.cls) && another(items[j+1:], o) {
					out := append(append([]item{}, items[:k]...), items[j:]...)
					if !ordered {
						out[k].cls, out[k].key = clsCorr, "rather"
					}
					return out
				}
			}
			return items
		default:
			return items
		}
	}
	return items
}

// onlyThere: "to staging only" says no more than "to staging".
func onlyThere(items []item, i int) bool {
	switch items[i].key {
	case "only", "nur", "seulement", "uniquement", "solo", "solamente", "somente", "apenas", "alleen", "soltanto":
	default:
		return false
	}
	if !classesOf(items).has(clsTo) {
		return false
	}
	if i > 0 && items[i-1].cls == clsEnv {
		return i+1 == len(items) || items[i+1].cls == clsSep || items[i+1].cls == clsPlease
	}
	return i+1 < len(items) && items[i+1].cls == clsTo && next(items, i+1) == clsEnv
}

// freezes: "freeze shop prod" as an order is a lock. The freeze of the policy
// file is nobody's to order.
func freezes(items []item, i int) bool {
	if items[i].key != "freeze" && items[i].key != "unfreeze" || i+1 >= len(items) {
		return false
	}
	for _, it := range items[:i] {
		if !small().has(it.cls) && it.cls != clsReq && it.cls != clsMention {
			return false
		}
	}
	rest := classesOf(items[i+1:])
	return setOf(clsService, clsEnv, clsArt).has(items[i+1].cls) && rest.has(clsService) && rest.has(clsEnv) && !rest.meets(setOf(clsDeploy, clsRollback, clsNeg))
}
