package rules

import (
	"slices"
	"strings"

	"github.com/releasebot/releasebot/agent"
)

// answer reads words as the answer to the question that waits: one of its
// options, "yes" where there is one option, a number, or the missing thing.
// Anything else is read as if nothing had been asked.
func (p *Planner) answer(m *message, th thread) (agent.Intent, bool) {
	q := th.open
	if q == nil {
		return agent.Intent{}, false
	}
	if who := m.asksPerson(); who != "" {
		other := *q
		other.Ask = who
		return agent.Intent{Kind: agent.IntentClarify, Question: &other}, true
	}
	for _, o := range q.Options {
		if sameText(m.text, o) {
			return p.option(m, th, o)
		}
	}
	if n, ok := m.choice(len(q.Options)); ok {
		return p.option(m, th, q.Options[n])
	}
	switch {
	case m.set.has(clsYes) && m.set.within(small().with(setOf(clsReq))):
		if len(q.Options) == 1 {
			return p.option(m, th, q.Options[0])
		}
		return agent.Intent{Kind: agent.IntentClarify, Question: q}, true
	case len(q.Options) == 1 && p.affirms(m):
		return p.option(m, th, q.Options[0])
	case m.set.has(clsNo) && m.set.within(small().with(setOf(clsNo))):
		return none(), true
	}
	return p.fills(m, th)
}

// affirms: "go ahead", maybe with a fact: "CI is green, go ahead".
func (p *Planner) affirms(m *message) bool {
	yes := false
	for i := range m.segs {
		s := &m.segs[i]
		switch p.grammar.role(m, s, i == 0) {
		case roleEmpty:
			for _, it := range s.items {
				yes = yes || it.cls == clsFiller && (it.key == "go ahead" || it.key == "go for it" || it.key == "go" || it.key == "now") || it.cls == clsYes
			}
		case roleStatement:
			if s.set.meets(setOf(clsNeg, clsBad, clsFail).with(slots())) || s.question {
				return false
			}
		default:
			return false
		}
	}
	return yes && !m.question
}

// asksPerson: "ask bob" hands the question on.
func (m *message) asksPerson() string {
	who, asks := "", false
	for _, it := range m.items {
		switch {
		case it.key == "ask":
			asks = true
		case it.cls == clsPerson && who == "":
			who = it.val
		case !small().has(it.cls) && it.cls != clsReq:
			return ""
		}
	}
	if !asks {
		return ""
	}
	return who
}

// option reads one of the question's own answers.
func (p *Planner) option(m *message, th thread, words string) (agent.Intent, bool) {
	q := *th.open
	q.Options = nil // so that an option can't lead back to itself
	i := p.interpretRead(p.read(words, m.names), thread{open: &q, releases: th.releases})
	if i.Kind == agent.IntentNone {
		return agent.Intent{}, false
	}
	return i, true
}

// picks: "the tenth one" means to choose, if not how.
func (m *message) picks() bool {
	it := m.items
	return len(it) == 3 && it[0].key == "the" && it[1].cls == clsUnknown && it[2].key == "one"
}

// choice reads "2", "the second one", "option 2", "the last one".
func (m *message) choice(of int) (int, bool) {
	if of == 0 || !m.set.within(small().with(setOf(clsOrdinal, clsNumber, clsNoun, clsPron, clsFirst, clsReq, clsNo, clsPast2))) {
		return 0, false
	}
	found := -1
	for _, it := range m.items {
		n := -1
		switch it.cls {
		case clsOrdinal, clsNumber, clsFirst:
			n = ordinal(it.key, of)
		case clsPast2:
			if it.key == "last" {
				n = of - 1
			}
		default:
			continue
		}
		if n < 0 || n >= of || found >= 0 {
			return 0, false
		}
		found = n
	}
	return found, found >= 0
}

// ordinal counts from nought; -1 is no place.
func ordinal(k string, of int) int {
	for n, words := range [...]string{
		"1 first one erste premier primero primeiro a",
		"2 second two zweite deuxieme segundo b",
		"3 third three",
		"4 fourth",
		"5 fifth",
	} {
		for w := range strings.FieldsSeq(strings.TrimLeft(k, "#")) {
			switch w {
			case "the", "one", "option", "number", "die", "le", "el", "o":
				if k != "option one" && k != "number one" {
					continue
				}
			}
			if hasWord(words, w) {
				return n
			}
		}
	}
	switch {
	case k == "the last one" || k == "last one":
		return of - 1
	case strings.Contains(k, "latter") && of == 2:
		return 1
	case strings.Contains(k, "former") && of == 2:
		return 0
	}
	return -1
}

func hasWord(list, w string) bool {
	return slices.Contains(strings.Fields(list), w)
}

// fills completes the question's partial intent with names alone.
func (p *Planner) fills(m *message, th thread) (agent.Intent, bool) {
	partial := th.open.Partial
	if partial == nil {
		return agent.Intent{}, false
	}
	if th.open.Missing == "id" {
		if id := m.id(m.items, th); id != "" && len(m.segs) == 1 && len(m.items) <= 2 {
			i := *partial
			i.ID = id
			return i, true
		}
	}
	m.remembers()
	m.answersShortly(th.open)
	o := p.order(m)
	if o.action != clsUnknown || o.worst() != roleEmpty || o.fill.empty() || o.pageUnclear || o.dangling || o.unsure || m.question && !o.asks {
		return agent.Intent{}, false
	}
	f := filling{}
	f.fillFrom(partial, true)
	if !o.corrects && contradicts(o.fill, partial, th.open.Missing) {
		return agent.Intent{}, false
	}
	if o.fill.many != "" {
		return agent.Intent{}, false
	}
	f.override(o.fill)
	f.toVersion = true
	extra := *partial
	extra.Service, extra.Environment, extra.Version, extra.Question = "", "", "", nil
	if len(o.page) > 0 {
		extra.Page = o.page
	}
	if partial.Version != "" && len(f.versions) == 0 && len(f.services) == 1 && partial.Service == "" {
		f.versions = []string{partial.Version} // "deploy 1.4.2 to prod" – "shop"
	}
	switch partial.Kind {
	case agent.IntentDeploy, agent.IntentRollback, agent.IntentVerify, agent.IntentLock, agent.IntentUnlock, agent.IntentNotify:
		return m.finish(partial.Kind, f, extra), true
	case agent.IntentStatus, agent.IntentHistory:
		i := agent.Intent{Kind: partial.Kind}
		if len(f.services) == 1 {
			i.Service = f.services[0]
		}
		if len(f.envs) == 1 {
			if e := m.names.environment(f.envs[0], i.Service); len(e) == 1 {
				i.Environment = e[0]
			}
		}
		return i, true
	}
	return agent.Intent{}, false
}

// contradicts: the answer names another thing than the one understood, of a
// kind that wasn't asked for.
func contradicts(f filling, i *agent.Intent, missing string) bool {
	other := func(named []string, had, kind string) bool {
		return missing != kind && had != "" && len(named) > 0 && (len(named) > 1 || named[0] != had)
	}
	if missing == "" || missing == "request" {
		return true
	}
	envs := f.envs
	if len(envs) == 1 && envGroup(plainName(envs[0])) == envGroup(plainName(i.Environment)) && envGroup(plainName(i.Environment)) != "" {
		envs = nil
	}
	return other(f.services, i.Service, "service") || other(envs, i.Environment, "environment") || other(f.versions, i.Version, "version")
}
