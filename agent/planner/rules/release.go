package rules

import (
	"fmt"
	"strings"

	"github.com/releasebot/releasebot/agent"
)

// thread is what earlier words and releases say that "it" or "make it 1.4.3"
// could mean.
type thread struct {
	last     *agent.Intent   // the thread's newest deploy or rollback
	many     bool            // several are open, so "it" is unclear
	topic    *agent.Intent   // what was asked or done last: its kind, service and environment
	open     *agent.Question // the question that waits for an answer
	releases []agent.ReleaseBrief
	rejected *agent.ReleaseBrief // the release whose rejection is explained
}

// kindOf names the intent that an action class asks for.
func kindOf(action class) agent.IntentKind {
	if action == clsRollback {
		return agent.IntentRollback
	}
	return agent.IntentDeploy
}

// order is what the segments of a message add up to.
type order struct {
	action      class
	actions     int // different ones
	fill        filling
	facts       filling // named in statements on the way
	bad         bool    // a statement says that something is broken
	page        []string
	pageUnclear bool
	roles       []role
	corrects    bool // the message corrects what was said before it
	goesOn      bool // "now", "also", "next": it goes on from what was said
	again       bool // "again", "once more"
	promotes    bool // "promote", which says where something goes next
	there       bool // "there": where it was before
	dangling    bool // a correction was announced and didn't come
	asks        bool // "please", "can you"
	unsure      bool // "tests are green?"
	narrated    bool // sentences before the request were passed over
}

// order adds the segments up.
func (p *Planner) order(m *message) order {
	var o order
	corr, named := false, false
	reason := false
	concluded := concludes(m.segs)
	told := p.grammar.background(m)
	for i := range m.segs {
		s := &m.segs[i]
		r := p.grammar.role(m, s, i == 0)
		switch {
		case i < len(told) && told[i] == roleSaid:
			r = roleSaid
		case i < len(told) && told[i] == roleReason && r >= roleNeg:
			r = roleReason
			o.narrated = true
		case r >= roleNeg && i < concluded && premise(s, i > 0 && s.and && (o.roles[i-1] == roleReason || o.roles[i-1] == roleStatement)),
			r == roleReport && named && leadOf(s) == clsGerund && s.set.meets(setOf(clsStative, clsBad)) && premise(s, false):
			r = roleReason
		case r == roleTime && i > 0 && (o.roles[i-1] == roleStatement || o.roles[i-1] == roleReason) && since(s):
			r = roleReason
		case r == roleUnknown && i > 0 && i == len(m.segs)-1 && signed(&m.segs[i-1], s):
			r = roleEmpty
		}
		if reason && s.comma && (r == roleUnknown || r == roleStatement || r == roleReport) {
			r = roleReason
		}
		if r == roleStatement && named && verdict(s) && !(o.action == clsRollback && s.set.meets(setOf(clsBad, clsFail))) {
			r = roleReport // "deploy shop 1.4.2 to prod: done" tells, and asks for nothing
		}
		// A reason goes on to the end of its sentence once the order is known.
		reason = r == roleReason && named
		o.roles = append(o.roles, r)
		o.asks = o.asks || s.set.has(clsPlease) || requests(s)
		switch r {
		case roleMarker:
			corr, o.dangling = true, true
		case roleEmpty:
			corr = corr || sorry(s)
			o.goesOn = o.goesOn || goesOn(s)
		case roleReason:
			o.facts.take(s.items)
		case rolePage:
			o.addPage(p, s)
		case roleStatement:
			o.unsure = o.unsure || s.question
			o.facts.take(s.items)
			o.bad = o.bad || s.set.meets(setOf(clsBad, clsFail))
		case roleAction, roleSlots:
			o.addOrder(m, s, r, corr || s.set.has(clsCorr) || p.grammar.swaps(s) || r == roleSlots && named && sorry(s), named)
			named, corr, o.dangling = true, false, false
		}
	}
	return o
}

// requests: "can you", "I want to"; but "would you deploy it?" may ask for an opinion.
func requests(s *segment) bool {
	for _, it := range s.items {
		if it.cls == clsWant && (strings.HasPrefix(it.key, "may ") || strings.HasPrefix(it.key, "can ") || strings.HasPrefix(it.key, "could ")) {
			return true // "may I ask for a rollback of shop in prod?"
		}
		if it.cls == clsReq && it.key != "would you" && it.key != "would u" {
			return true
		}
	}
	return false
}

func (o *order) addPage(p *Planner, s *segment) {
	kind, who := p.grammar.page(s)
	switch kind {
	case pageFailure:
		for _, w := range who {
			o.page = addNew(o.page, w)
		}
	case pageUnclear, pageFree:
		o.pageUnclear = true
	}
}

func (o *order) addOrder(m *message, s *segment, r role, corr, named bool) {
	var f filling
	f.take(s.items)
	o.goesOn = o.goesOn || goesOn(s) && !named
	o.there = o.there || s.there()
	for _, it := range s.items {
		o.again = o.again || repeats(it.key)
		o.promotes = o.promotes || it.key == "promote"
	}
	if r == roleAction {
		a := m.actionOf(s)
		switch {
		case corr && named && len(f.services) > 0, corr && named && a != o.action:
			o.fill, o.action, o.actions = filling{}, a, 1
		case o.action == clsUnknown:
			o.action, o.actions = a, 1
		case o.action == a && f.pron && len(f.services)+len(f.versions) == 0 && len(o.fill.envs) == 0: // "take 1.4.2 of shop and bring it to prod"
		case o.action != a, !f.empty() && !o.fill.empty() && s.and:
			o.actions++
		}
	}
	if !corr {
		o.fill.merge(f)
		return
	}
	if !named {
		o.corrects = true
	}
	o.fill.override(f)
}

// merge adds what another segment names.
func (f *filling) merge(g filling) {
	for _, s := range g.services {
		f.services = addNew(f.services, s)
	}
	for _, e := range g.envs {
		f.envs = addNew(f.envs, e)
	}
	for _, v := range g.versions {
		f.versions = addNew(f.versions, v)
	}
	f.unclear = append(f.unclear, g.unclear...)
	f.toVersion = f.toVersion || g.toVersion
	f.to, f.same, f.pron, f.past = f.to || g.to, f.same || g.same, f.pron || g.pron, f.past || g.past
	if g.vague != "" {
		f.vague = g.vague
	}
	if g.many != "" {
		f.many = g.many
	}
	if g.fromEnv != "" {
		f.fromEnv = g.fromEnv
	}
	if g.fromVersion != "" {
		f.fromVersion = g.fromVersion
	}
}

// worst is the gravest reason not to act, or roleEmpty.
func (o *order) worst() role {
	w := roleEmpty
	for _, r := range o.roles {
		if r >= roleNeg && (w == roleEmpty || r < w) {
			w = r
		}
	}
	return w
}

// release reads a message as an order to deploy or roll back.
func (p *Planner) release(m *message, th thread) agent.Intent {
	o := p.order(m)
	if o.action == clsUnknown {
		return p.withoutAction(m, o, th)
	}
	if w := o.worst(); w != roleEmpty || o.actions > 1 || o.dangling || o.pageUnclear {
		return p.refuse(m, o, th, w)
	}
	if m.question && !o.asks || o.unsure {
		return p.doubt(m, o, th, "Shall I? You asked rather than told me.")
	}
	if o.fill.many != "" {
		return p.doubt(m, o, th, fmt.Sprintf("I release one service to one environment at a time, so “%s” is too much for one request. Which service, which version, to which environment?", o.fill.many))
	}
	p.fillIn(&o, th)
	return m.finish(kindOf(o.action), o.fill, agent.Intent{Page: o.page})
}

// fillIn completes an order from facts told on the way, from the question that
// waits, and, where a word points there, from the thread.
func (p *Planner) fillIn(o *order, th thread) {
	f := &o.fill
	if f.pron || o.bad {
		p.fromFacts(o)
	}
	if th.open != nil && th.open.Partial != nil && th.open.Partial.Kind == kindOf(o.action) && agrees(f, th.open.Partial) {
		f.fillFrom(th.open.Partial, true)
		return
	}
	if o.there && len(f.envs) == 0 && !th.many && th.topic != nil && (len(f.services) == 0 || f.services[0] == th.topic.Service) {
		f.services = []string{th.topic.Service}
		if th.topic.Environment != "" {
			f.envs = []string{th.topic.Environment}
		}
		if th.topic.Service == "" {
			f.services = nil
		}
	}
	if th.many {
		return
	}
	if th.last == nil {
		o.fromTopic(th.topic)
		return
	}
	points := f.pron || f.same || o.goesOn || o.corrects
	if o.action == clsDeploy && (o.again && f.pron || o.promotes && f.kinds() == 1 && len(f.envs) == 1 && f.vague == "" && len(f.unclear) == 0) {
		f.fillFrom(th.last, true) // "deploy it again", "promote to prod"
		return
	}
	switch {
	case o.action == clsRollback && (points || f.empty() || f.toVersion && f.kinds() == 1 && len(f.unclear) == 0):
		if len(f.services) == 0 || f.services[0] == th.last.Service {
			v, vague, to := f.versions, f.vague, f.toVersion
			f.fillFrom(th.last, true)
			f.versions, f.vague, f.toVersion = v, vague, to
		}
	case o.action == clsDeploy && points:
		f.fillFrom(th.last, o.corrects)
	}
}

// agrees: nothing that was named contradicts what the question was about.
func agrees(f *filling, i *agent.Intent) bool {
	return len(f.services) == 0 || i.Service == "" || len(f.services) == 1 && f.services[0] == i.Service
}

// refuse answers an order with something in it that keeps us from acting.
func (p *Planner) refuse(m *message, o order, th thread, w role) agent.Intent {
	switch w {
	case roleNeg:
		if m.negatesAll(o) {
			return none()
		}
		return p.doubt(m, o, th, "I read both an order and a “not”. What shall I do?")
	case roleHypo:
		return none()
	case roleQuoted, roleSaid:
		return p.doubt(m, o, th, "That reads like somebody else's words. Shall I?")
	case roleCond:
		return p.doubt(m, o, th, "I can't wait for a condition. Say it again once it holds, or shall I do it now?")
	case roleTime:
		return p.doubt(m, o, th, "I can't wait for a time. Say it again then, or shall I do it now?")
	case roleLimit, roleOther, roleUnknown, roleModal, roleReport:
		if o.fill.empty() && len(o.roles) > 0 && o.roles[0] != roleAction {
			return none() // a stray "deploy" among words about something else
		}
		return p.doubt(m, o, th, p.notUnderstood(m, o))
	}
	switch {
	case o.pageUnclear:
		return p.doubt(m, o, th, "I can page people of the policy file if the release fails. Whom, and shall I go on?")
	case o.dangling && m.endsInNo():
		return none() // "deploy … to prod? no"
	case o.dangling:
		return p.doubt(m, o, th, "You stopped yourself. What shall I do?")
	}
	return p.doubt(m, o, th, "That is more than one order. One at a time, please: which one first?")
}

// endsInNo: the last segment takes everything back.
func (m *message) endsInNo() bool {
	return len(m.segs) > 0 && m.segs[len(m.segs)-1].set.has(clsNo)
}

// negatesAll: the "not" stands before the order, or the order has no more to it.
func (m *message) negatesAll(o order) bool {
	for i, r := range o.roles {
		switch r {
		case roleNeg:
			return !m.segs[i].set.meets(setOf(clsDeploy, clsRollback))
		case roleAction:
			later := o.roles[i+1:]
			// "deploy … actually don't"
			for k, l := range later {
				if l == roleNeg && len(m.segs[i+1+k].items) <= 3 {
					return true
				}
			}
			return false
		}
	}
	return false
}

// notUnderstood names the words that kept us from acting.
func (p *Planner) notUnderstood(m *message, o order) string {
	for i, r := range o.roles {
		if r >= roleNeg {
			return fmt.Sprintf("I don't know what to make of “%s”. Shall I do the rest?", shorten(m.words(i)))
		}
	}
	return "I am not sure what you want. Shall I?"
}

// words returns a segment as it was written.
func (m *message) words(i int) string {
	it := m.segs[i].items
	if len(it) == 0 || it[len(it)-1].end < it[0].start {
		return ""
	}
	return strings.TrimSpace(m.text[it[0].start:it[len(it)-1].end])
}

func shorten(s string) string {
	const most = 80
	r := []rune(strings.Join(strings.Fields(s), " "))
	if len(r) > most {
		return string(r[:most]) + "…"
	}
	return string(r)
}

// doubt asks whether the order is meant, and offers it as plainly as it can be
// said. Where it isn't whole, the question is for what is missing.
func (p *Planner) doubt(m *message, o order, th thread, text string) agent.Intent {
	if o.action == clsUnknown {
		return ask(agent.Intent{}, "request", text)
	}
	p.fillIn(&o, th)
	i := m.finish(kindOf(o.action), o.fill, agent.Intent{Page: o.page})
	if i.Kind != agent.IntentClarify {
		return ask(agent.Intent{}, "request", text, Say(i))
	}
	q := *i.Question
	q.Text = text + " " + q.Text
	q.Partial = nil // an answer of one word must not complete what was doubtful
	return agent.Intent{Kind: agent.IntentClarify, Question: &q}
}
