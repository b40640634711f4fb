package rules

import "slices"

// What a "page me …" or "tell me …" segment asks for.
type pageKind uint8

const (
	pageUnclear pageKind = iota // whom, or when, can't be told
	pageFailure                 // page somebody if it fails
	pageTail                    // tell me when it is done: the thread tells anyway
	pageFree                    // tell me when the environment is free
)

// mergePages joins "if it fails" with a "page me" beside it: a comma divides
// them, the meaning doesn't.
func (g *grammar) mergePages(segs []segment) []segment {
	out := segs[:0]
	for i := 0; i < len(segs); i++ {
		s := segs[i]
		if i+1 < len(segs) && g.failing(&s) && pages(&segs[i+1]) || i+1 < len(segs) && pages(&s) && g.failing(&segs[i+1]) {
			next := segs[i+1]
			s.items = append(slices.Clone(s.items), next.items...)
			s.set = s.set.with(next.set)
			s.question = s.question || next.question
			i++
		}
		out = append(out, s)
	}
	return out
}

// failing: "if it fails", "on failure", and nothing else.
func (g *grammar) failing(s *segment) bool {
	lead := leadOf(s)
	return (lead == clsCond || lead == clsFailWhen) && s.set.meets(setOf(clsFail, clsBad, clsFailWhen)) && s.set.within(g.failure) &&
		!s.set.meets(setOf(clsPage, clsTell))
}

func pages(s *segment) bool {
	switch leadOf(s) {
	case clsPage, clsTell:
		return !s.set.meets(setOf(clsCond))
	case clsLet:
		return s.set.has(clsKnow) && !s.set.has(clsCond)
	}
	return false
}

// page reads such a segment. who are the people named: "me", or names from
// the policy.
func (g *grammar) page(s *segment) (kind pageKind, who []string) {
	st := s.set
	for _, it := range s.items {
		switch it.cls {
		case clsMe:
			who = addNew(who, "me")
		case clsPerson:
			who = addNew(who, it.val)
		}
		if it.cls == clsTell && tellsMe(it.key) {
			who = addNew(who, "me")
		}
	}
	conditional := st.meets(setOf(clsCond, clsFailWhen))
	fails := st.meets(setOf(clsFail, clsBad, clsFailWhen)) || st.has(clsNeg) && st.meets(setOf(clsHealthy, clsDone, clsStative))
	switch {
	case st.has(clsFree) && st.within(g.freedom):
		return pageFree, who
	case conditional && fails && st.within(g.failure) && (len(who) > 0 || st.has(clsDuty)):
		return pageFailure, who
	case conditional && st.within(g.tail) && !st.has(clsPerson) && !g.states(s):
		return pageTail, who
	case conditional:
		return pageUnclear, who
	case fails && st.within(g.failure) && (len(who) > 0 || st.has(clsDuty)) && !st.has(clsNeg): // "page me for any failure"
		return pageFailure, who
	case len(who) > 0 && st.has(clsPage) && st.within(small().with(setOf(clsPage, clsMe, clsPerson, clsAnd, clsThen))):
		return pageFailure, who
	case (st.has(clsTell) || st.has(clsLet)) && st.within(g.tail) && !st.has(clsPerson):
		return pageTail, who
	}
	return pageUnclear, who
}

// states: a condition about something other than the end of this release.
func (g *grammar) states(s *segment) bool {
	return !s.set.meets(setOf(clsDone, clsHealthy, clsPast, clsStative, clsOut, clsEnv)) && s.set.has(clsCond)
}

func tellsMe(k string) bool {
	switch k {
	case "tell", "notify", "inform", "message", "dm", "shout", "avisa", "avise", "post here":
		return false
	}
	return true
}
