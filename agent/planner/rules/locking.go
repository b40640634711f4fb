package rules

import (
	"strconv"
	"strings"

	"github.com/releasebot/releasebot/agent"
)

// locking reads lock and unlock. A freeze is the policy file's, and no lock.
func (p *Planner) locking(m *message, th thread) (agent.Intent, bool) {
	it, at := m.lead()
	switch it.cls {
	case clsLock:
		return m.lockOrder(agent.IntentLock, at, th), true
	case clsUnlock:
		return m.lockOrder(agent.IntentUnlock, at, th), true
	}
	if !m.set.meets(setOf(clsLock, clsUnlock)) || m.question && !m.set.meets(setOf(clsReq, clsPlease)) ||
		m.set.meets(setOf(clsWho, clsWh, clsWhen, clsAux, clsDeploy, clsRollback, clsPage, clsStatus)) {
		return agent.Intent{}, false
	}
	// "shop production: lock it", "i want to lock shop in production"
	for i, o := range m.items {
		if o.cls != clsLock && o.cls != clsUnlock {
			continue
		}
		if !classesOf(m.items[:i]).within(around().with(setOf(clsWant))) || m.set.has(clsNeg) {
			return none(), true
		}
		kind := agent.IntentLock
		if o.cls == clsUnlock {
			kind = agent.IntentUnlock
		}
		return m.lockOrder(kind, i, th), true
	}
	return agent.Intent{}, false
}

// lockOrder reads what stands around the verb at item v. What follows the
// place, from a comma, a colon or "because" on, is the reason.
func (m *message) lockOrder(kind agent.IntentKind, v int, th thread) agent.Intent {
	head, reason := m.splitReason(v)
	set := classesOf(head)
	if tail := classesOf(m.items[len(head):]); tail.meets(setOf(clsTime, clsCond)) && tail.within(small().with(setOf(clsTime, clsCond, clsNumber, clsDuration, clsTo, clsIn))) {
		set = set.with(setOf(clsTime)) // "lock shop prod, tomorrow" is no reason
	}
	switch {
	case set.has(clsNeg):
		return none()
	case set.meets(setOf(clsHypo, clsSaid, clsQuoted)) || m.question && !m.set.meets(setOf(clsReq, clsPlease)):
		return none()
	}
	i := agent.Intent{Kind: kind, Reason: reason}
	if kind == agent.IntentUnlock {
		i.Reason = ""
	}
	var f filling
	f.take(head)
	if d := duration(head); d != "" && kind == agent.IntentLock {
		i.For = d
	} else if set.meets(setOf(clsTime, clsCond)) {
		return ask(i, "request", "I can lock it now and for a duration (“for 2h”), but not at a time or on a condition.")
	}
	if f.many == "" && !set.meets(slots()) && set.has(clsUnknown) {
		return none()
	}
	if t := th.topic; t != nil && f.empty() && f.many == "" && !set.has(clsUnknown) && (t.Kind == agent.IntentLock || t.Kind == agent.IntentUnlock || f.pron) {
		f.fillFrom(t, true) // "unlock it"
		f.versions = nil
	}
	if f.many != "" || len(f.versions) > 0 {
		return ask(i, "environment", "I "+string(kind)+" one environment at a time. Of which service, and which?")
	}
	return m.finish(kind, f, i)
}

// splitReason divides the items around the verb at v into the order and its reason.
func (m *message) splitReason(v int) (head []item, reason string) {
	filled := classesOf(m.items[:v]).meets(setOf(clsEnv, clsService)) // "shop prod: lock it, …"
	for k := v + 1; k < len(m.items); k++ {
		it := m.items[k]
		filled = filled || it.cls == clsEnv || it.cls == clsService
		open := it.cls == clsBecause || it.cls == clsSep && it.sep != '\n' || it.key == "while" || it.cls == clsFor && !timed(m.items, k) && !placedAfter(m.items, k)
		if !filled || !open {
			continue
		}
		if it.cls == clsSep && it.sep == ',' && k+1 < len(m.items) && (m.items[k+1].cls == clsEnv || m.items[k+1].cls == clsService || m.items[k+1].cls == clsFor || m.items[k+1].cls == clsPlease) {
			continue
		}
		from := it.end
		if it.cls == clsBecause || it.key == "while" {
			from = it.start
		}
		text := m.text[min(from, len(m.text)):]
		if it.cls == clsSep && k+1 < len(m.items) {
			text = m.text[m.items[k+1].start:]
		}
		return m.items[:k], trimReason(text)
	}
	return m.items, ""
}

// trimReason takes the joining word off: "because of the migration".
func trimReason(s string) string {
	s = strings.Join(strings.Fields(s), " ")
	for _, p := range [...]string{"because of ", "because ", "due to ", "since ", "reason: ", "reason ", "as ", "for ", "weil ", "wegen "} {
		if len(s) > len(p) && strings.EqualFold(s[:len(p)], p) {
			s = s[len(p):]
			break
		}
	}
	return strings.Trim(s, " .,:;-–—\"'`")
}

// timed: "for" is followed by a duration, maybe after an article.
func timed(items []item, k int) bool {
	if k+1 < len(items) {
		switch items[k+1].cls {
		case clsDuration, clsNumber, clsTime:
			return true
		case clsArt:
			return k+2 < len(items) && (items[k+2].cls == clsTime || items[k+2].cls == clsNumber || items[k+2].cls == clsUnknown && k+3 < len(items) && items[k+3].cls == clsTime)
		case clsFiller:
			return items[k+1].key == "now"
		}
	}
	return false
}

// placedAfter: "lock prod for shop".
func placedAfter(items []item, k int) bool {
	for j := k + 1; j < len(items); j++ {
		switch items[j].cls {
		case clsArt, clsServiceWord:
			continue
		case clsService, clsEnv, clsName:
			return true
		}
		return false
	}
	return false
}

// duration reads "2h", "30 minutes", "an hour" as Go writes durations.
func duration(items []item) string {
	for k, it := range items {
		switch it.cls {
		case clsDuration:
			return goDuration(it.key)
		case clsNumber:
			if k+1 < len(items) && items[k+1].cls == clsTime {
				return unit(it.text, items[k+1].key)
			}
		case clsTime:
			if k > 0 && items[k-1].cls == clsArt {
				if d := unit("1", it.key); d != "" {
					return d
				}
			}
		}
	}
	return ""
}

func unit(n, word string) string {
	switch word {
	case "hour", "hours", "hrs", "stunde", "stunden", "heure", "heures", "hora", "horas":
		return n + "h"
	case "minute", "minutes", "min", "mins":
		return n + "m"
	case "sec", "secs", "seconds":
		return n + "s"
	case "day", "days":
		if len(n) <= 3 {
			h := 0
			for _, c := range n {
				h = h*10 + int(c-'0')
			}
			return strconv.Itoa(h*24) + "h"
		}
	}
	return ""
}

// goDuration turns 2h, 30min, 3d, 1h30m into Go's form.
func goDuration(w string) string {
	n := digits(w)
	switch rest := w[n:]; rest {
	case "min", "mins", "minutes":
		return w[:n] + "m"
	case "hr", "hrs", "hours":
		return w[:n] + "h"
	case "sec":
		return w[:n] + "s"
	case "d", "days":
		return unit(w[:n], "days")
	}
	return w
}

// notifying reads "tell me when production of shop is free".
func (p *Planner) notifying(m *message, th thread) (agent.Intent, bool) {
	var tells *segment
	var others bool
	for i := range m.segs {
		s := &m.segs[i]
		switch {
		case tells == nil && s.set.meets(setOf(clsTell, clsPage, clsLet)) && s.set.meets(setOf(clsFree)):
			tells = s
		case !s.set.within(p.grammar.empty.with(slots()).with(setOf(clsIn, clsFor, clsOf))):
			others = true
		}
	}
	if tells == nil && m.wantsNews() {
		var f filling
		f.take(m.items)
		return m.finish(agent.IntentNotify, f, agent.Intent{}), true
	}
	if tells == nil || others {
		return agent.Intent{}, false
	}
	if kind, who := p.grammar.page(tells); kind != pageFree || len(who) > 1 {
		return agent.Intent{}, false
	}
	if m.refusesNews() {
		return none(), true
	}
	var f filling
	for i := range m.segs {
		f.take(m.segs[i].items)
	}
	return m.finish(agent.IntentNotify, f, agent.Intent{}), true
}

// wantsNews: "notify shop prod", as the command has it.
func (m *message) wantsNews() bool {
	it, _ := m.lead()
	return it.key == "notify" && m.set.meets(setOf(clsService, clsEnv)) && !m.question &&
		m.set.within(small().with(setOf(clsTell, clsMe, clsService, clsEnv, clsIn, clsFor, clsOf, clsServiceWord, clsEnvWord, clsReq, clsMention)))
}

// refusesNews: "don't tell me when …", which is not "when it is not locked".
func (m *message) refusesNews() bool {
	for _, it := range m.items {
		switch it.cls {
		case clsNeg:
			return true
		case clsTell, clsPage, clsLet:
			return false
		}
	}
	return false
}
