package rules

// A role is what a segment is for.
type role uint8

// The roles. Those from roleNeg on are reasons not to act.
const (
	roleEmpty     role = iota // greetings, thanks, "please"
	roleMarker                // "no wait", "actually": what follows corrects
	rolePage                  // whom to page if it fails
	roleTail                  // "tell me when it is done", "and verify it": done anyway
	roleReason                // why
	roleAction                // an order, every word of it understood
	roleSlots                 // names and versions only
	roleStatement             // a fact told on the way: "tests are green"
	roleNeg
	roleHypo
	roleReport // somebody did it, or is doing it
	roleCond
	roleTime
	roleModal
	roleSaid // somebody else's words
	roleQuoted
	roleLimit // "without …", "only …", "but …"
	roleOther // another action: lock, delete, approve …
	roleUnknown
)

// grammar holds the sets that the roles are told by. It is made once.
type grammar struct {
	empty, action, slots, slotLike, marker set
	notStatement, statement                set
	label, ticket                          set
	tail, failure, freedom                 set
	meant, plea                            set // what small talk doesn't hold; what a bare request for help does
}

func newGrammar() grammar {
	sl, sm := slots(), small()
	around := setOf(clsTo, clsIn, clsFrom, clsOf, clsFor, clsNoun, clsVersionWord, clsEnvWord, clsServiceWord,
		clsPron, clsFirst, clsSame, clsThen, clsVague, clsMany, clsInstead, clsTicket)
	return grammar{
		label:    sm.with(setOf(clsVersionWord, clsEnvWord, clsServiceWord, clsNoun)), // "version:" before its value, "(the hotfix)"
		ticket:   sm.with(setOf(clsTicket, clsNoun, clsFor, clsOf, clsShow, clsIn)),
		empty:    sm.with(setOf(clsOut, clsReq, clsTicket, clsMention, clsThen)),
		slots:    sl,
		marker:   sm.with(setOf(clsNo, clsCorr, clsHold, clsSubj, clsInstead)),
		slotLike: sl.with(sm).with(around).with(setOf(clsCorr)),
		action: sl.with(sm).with(around).with(setOf(clsDeploy, clsLight, clsStart, clsWant, clsRollback, clsBack, clsOut, clsReq,
			clsPast2, clsCorr)),
		statement: setOf(clsStative, clsBad, clsDone, clsFail, clsPast, clsHealthy, clsFree, clsAux),
		notStatement: setOf(clsDeploy, clsRollback, clsLight, clsStart, clsCond, clsTime, clsModal, clsHypo, clsSaid, clsQuoted, clsOdd,
			clsApprove, clsApprovals, clsAgainst, clsOther, clsFreeze, clsLock, clsUnlock, clsCancel, clsHold, clsGerund, clsReq, clsMention,
			clsWh, clsWhen, clsWho, clsPage, clsTell, clsPending, clsNo, clsOr),
		plea: sm.with(setOf(clsReq, clsStart, clsLight, clsPron, clsFor, clsMe, clsOut, clsSubj)),
		meant: sl.with(setOf(clsDeploy, clsRollback, clsVerify, clsStart, clsWant, clsGerund, clsOther, clsNeg, clsCond, clsHypo, clsInject, clsSaid, clsQuoted, clsOdd, clsApprove,
			clsApprovals, clsFreeze, clsLock, clsUnlock, clsCancel, clsHold, clsResume, clsAgainst, clsModal, clsPage, clsCorr, clsVague, clsMany)),
		tail: sm.with(setOf(clsTell, clsPage, clsMe, clsCond, clsDone, clsPron, clsNoun, clsAux, clsHealthy, clsDeploy, clsPast, clsLet, clsKnow,
			clsSubj, clsThen, clsHow, clsStatus, clsOut, clsService, clsEnv, clsVersion, clsTo, clsIn, clsFor, clsBefore, clsStative, clsBack)),
		failure: sm.with(setOf(clsDuty, clsTell, clsPage, clsMe, clsPerson, clsCond, clsFailWhen, clsFail, clsBad, clsPron, clsNoun, clsChecks, clsAux, clsDeploy,
			clsRollback, clsLet, clsKnow, clsMany, clsHealthy, clsSubj, clsOut, clsService, clsEnv, clsVersion, clsTo, clsIn, clsFor, clsOf, clsAnd, clsOr, clsVersionWord,
			clsVerify, clsCheck, clsNeg, clsStative, clsAux, clsModal, clsThen, clsInstead, clsServiceWord, clsDone, clsPast, clsBack, clsGerund, clsFirst, clsEnvWord, clsLight)),
		freedom: sm.with(setOf(clsTell, clsPage, clsMe, clsCond, clsFree, clsPron, clsNoun, clsAux, clsService, clsEnv, clsLet, clsKnow, clsTo, clsIn, clsFor, clsOf,
			clsEnvWord, clsServiceWord, clsReq, clsUnlock, clsLocked, clsLock, clsLockNoun, clsNeg, clsModal, clsName, clsDeploy, clsHealthy, clsStative, clsSubj, clsOut, clsShow)),
	}
}

// role tells what a segment is for. first: it is the message's first segment.
func (g *grammar) role(m *message, s *segment, first bool) role {
	st := s.set
	if first && len(s.items) > 0 && s.items[0].cls == clsMention {
		st = classesOf(s.items[1:]) // the mention that called us
	}
	switch {
	case st.within(g.empty), st.within(g.label), st.has(clsTicket) && st.within(g.ticket):
		return roleEmpty
	case st.within(g.marker) && st.meets(setOf(clsNo, clsCorr, clsHold)):
		return roleMarker
	}
	if st.has(clsReq) && st.meets(setOf(clsStart, clsLight)) && st.within(g.plea) {
		return roleEmpty // "can you do this for me?"
	}
	if s.items[0].cls == clsSocial && !st.meets(g.meant) && (!st.meets(setOf(clsTime, clsDuration)) || st.has(clsAux)) {
		return roleEmpty // "hope you had a nice weekend"
	}
	if r, ok := g.clause(s); ok {
		return r
	}
	action := m.actionOf(s)
	if action != clsUnknown && g.closed(m, s, st) {
		return roleAction
	}
	if action == clsUnknown && (g.swaps(s) || g.repeatsIt(s)) {
		return roleSlots
	}
	if hesitates(s) {
		return roleModal
	}
	if action == clsUnknown && st.within(g.slotLike) && st.meets(setOf(clsService, clsEnv, clsVersion, clsName, clsVague, clsSame)) {
		return roleSlots
	}
	if action == clsUnknown && st.meets(g.statement) && !st.meets(g.notStatement) && (leadOf(s) != clsAux || s.items[0].cls == clsLink || !first && !s.question && st.meets(setOf(clsBad, clsFail))) {
		if st.has(clsNeg) && (!m.set.meets(setOf(clsRollback, clsBack)) || !denies(s)) {
			return roleNeg
		}
		if foretells(s) {
			return roleTime // "CI will be green"
		}
		return roleStatement
	}
	if action == clsUnknown && failedThen(s) && !st.less(setOf(clsTime, clsDuration)).meets(g.notStatement.with(setOf(clsNeg))) {
		return roleStatement
	}
	if leadOf(s) == clsCond {
		return roleCond // "if nobody objects" is no negation
	}
	return g.trouble(st)
}

// denies: the "not" belongs to a fact ("it is not working", "web doesn't
// respond"), which is a good reason to roll back, and not to an order.
func denies(s *segment) bool {
	for i, it := range s.items {
		if it.cls != clsNeg {
			continue
		}
		switch it.key {
		case "isnt", "arent", "doesnt", "wasnt", "werent", "hasnt", "cant", "cannot", "wont":
			if i == 0 {
				return false
			}
		case "not", "no longer":
			if i == 0 || s.items[i-1].cls != clsAux {
				return false
			}
		default:
			return false
		}
	}
	return true
}

// clause reads segments that are told by how they begin.
func (g *grammar) clause(s *segment) (role, bool) {
	switch lead := leadOf(s); {
	case lead == clsBecause && s.set.meets(setOf(clsTime, clsDuration)):
		return roleTime, true // "because customers are waiting at 5pm": whose time is it?
	case s.set.has(clsStative) && s.set.meets(setOf(clsFirst, clsBefore)) && wishes(s), lead == clsBecause && s.set.has(clsFirst) && purposes(s):
		return roleCond, true // "design wants to have a look first", "so alice can check it first"
	case lead == clsBecause && s.set.has(clsBefore) && s.set.meets(setOf(clsDeploy, clsRollback, clsNoun)):
		return roleCond, true // "so that QA can look before you deploy"
	case lead == clsBecause:
		return roleReason, true
	case s.set.meets(setOf(clsPage, clsTell)) && (lead == clsPage || lead == clsTell || lead == clsLet || lead == clsCond || lead == clsFailWhen):
		return rolePage, true
	case lead == clsLet && s.set.has(clsKnow):
		return rolePage, true
	case lead == clsStart && s.set.has(clsChecks) && s.set.within(small().with(setOf(clsStart, clsChecks, clsVerify, clsThen, clsReq, clsPron, clsNoun))):
		return roleTail, true // "then run the health checks"
	case (lead == clsSubj || lead == clsNeg) && suffers(s):
		return roleReason, true // "customers can't log in"
	case (lead == clsVerify || lead == clsCheck) && !s.set.meets(setOf(clsNeg, clsTime, clsDeploy, clsRollback)):
		if s.set.meets(setOf(clsService, clsEnv, clsVersion)) {
			return roleOther, true
		}
		return roleTail, true
	}
	return roleEmpty, false
}

// suffers: those whom the release is for can't do something.
func suffers(s *segment) bool {
	who, cant := false, false
	for i, it := range s.items {
		switch it.key {
		case "nobody can", "no one can", "noone can", "niemand kann", "personne ne peut", "nadie puede", "ninguem consegue":
			who, cant = i == 0, i == 0
		case "customers", "customer", "users", "people":
			who = true
		case "cant", "cannot":
			cant = true
		}
	}
	return who && cant && !s.set.meets(setOf(clsDeploy, clsRollback, clsLight, clsCond, clsFailWhen, clsTime, clsDuration, clsModal, clsHypo, clsInject, clsQuoted, clsGerund, clsHold, clsCancel, clsAgainst).with(slots()))
}

// closed: every word of the order is understood and belongs there.
func (g *grammar) closed(m *message, s *segment, st set) bool {
	allowed := g.action
	if st.meets(setOf(clsWant, clsLight)) {
		allowed = allowed.with(setOf(clsPast))
	}
	if st.has(clsGerund) && st.meets(setOf(clsReq, clsStart)) {
		allowed = allowed.with(setOf(clsGerund))
	}
	if !st.within(allowed) {
		return false
	}
	for _, it := range s.items {
		if it.cls == clsPast && !doneVerb(it.key) {
			return false
		}
	}
	return !m.heading(s) && !reported(s) && !relative(s) && !m.twisted(s)
}

// trouble names the worst that stands in a segment that can't be acted on.
func (g *grammar) trouble(st set) role {
	for _, t := range [...]struct {
		in set
		r  role
	}{
		{setOf(clsNeg), roleNeg},
		{setOf(clsHypo), roleHypo},
		{setOf(clsQuoted), roleQuoted},
		{setOf(clsSaid), roleSaid},
		{setOf(clsCond, clsFailWhen), roleCond},
		{setOf(clsModal), roleModal},
		{setOf(clsPast, clsGerund), roleReport},
		{setOf(clsTime, clsDuration), roleTime},
		{setOf(clsAgainst), roleLimit},
		{setOf(clsOther, clsApprove, clsFreeze, clsLock, clsUnlock, clsCancel, clsHold, clsVerify, clsResume), roleOther},
	} {
		if st.meets(t.in) {
			return t.r
		}
	}
	return roleUnknown
}

// actionOf finds the deploy or rollback that a segment asks for.
func (m *message) actionOf(s *segment) class {
	st := s.set
	noun := clsUnknown
	var done class
	for _, it := range s.items {
		if c, ok := m.actionNoun(it); ok {
			noun = c
		}
		if (it.cls == clsPast || it.cls == clsGerund) && doneVerb(it.key) {
			done = verbOf(it.key)
			if it.key == "rolling" && st.has(clsBack) {
				done = clsRollback
			}
		}
	}
	kinds := 0
	for _, c := range [...]class{clsService, clsEnv, clsVersion} {
		if st.has(c) {
			kinds++
		}
	}
	helped := st.meets(setOf(clsWant, clsLight, clsStart))
	switch {
	case st.has(clsRollback), st.has(clsLight) && st.has(clsBack):
		return clsRollback
	case st.has(clsBack) && st.has(clsPlease) && st.has(clsService) && st.has(clsVersion) && st.has(clsTo) && !st.has(clsDeploy):
		return clsRollback // "shop prod back to 1.4.1 please"
	case st.has(clsDeploy):
		return clsDeploy
	case helped && noun != clsUnknown:
		return noun
	case done != clsUnknown && st.has(clsPast) && st.meets(setOf(clsWant, clsLight)):
		return done
	case done != clsUnknown && st.has(clsGerund) && st.meets(setOf(clsReq, clsStart)):
		return done
	case st.meets(setOf(clsWant, clsLight)) && kinds >= 2 && (st.has(clsVersion) || st.has(clsVague) || st.has(clsEnv)):
		return clsDeploy
	case st.meets(setOf(clsLight)) && st.has(clsPron) && st.has(clsEnv):
		return clsDeploy
	case noun != clsUnknown && st.has(clsPlease) && kinds >= 1:
		return noun
	}
	return clsUnknown
}

// doneVerb: the word says what was or is being done, not when.
func doneVerb(k string) bool {
	switch k {
	case "yesterday", "ago", "last night", "gestern", "hier", "ayer", "ontem", "just deployed", "went live", "went out":
		return false
	}
	return true
}

func verbOf(k string) class {
	switch k {
	case "rolled back", "reverted", "restored", "downgraded", "rolling back", "reverting", "restoring", "downgrading", "undoing", "zuruckgerollt":
		return clsRollback
	}
	return clsDeploy
}

// leadOf is the class of a segment's first word that says something.
func leadOf(s *segment) class {
	skip := small().with(setOf(clsReq, clsMention, clsThen))
	for _, it := range s.items {
		if !skip.has(it.cls) {
			return it.cls
		}
	}
	return clsUnknown
}

func classesOf(items []item) set {
	var s set
	for _, it := range items {
		s = s.with(setOf(it.cls))
	}
	return s
}
