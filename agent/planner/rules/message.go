package rules

// A segment is a part of a message that says one thing: what stands between
// two punctuation marks or conjunctions, or begins with a word that opens a
// clause ("because", "if", "page me").
type segment struct {
	items    []item
	set      set
	question bool // it ends with a question mark
	comma    bool // only a comma stands before it
	and      bool // "and", "or", "then" stand before it
	colon    bool // a colon stands after it
	begins   bool // a sentence ends before it
	corr     bool // a correction stands before it: what it says replaces
}

// A message is the words of one turn, resolved and cut into segments.
type message struct {
	text     string // cleaned
	items    []item
	segs     []segment
	set      set // classes of all items
	question bool
	orders   bool // it gives orders about approvals or policy
	names    *names
	lex      *lexicon
	tongue   language // in which it asks back
}

func (p *Planner) read(words string, n *names) *message {
	m := &message{text: clean(words), names: n, lex: p.lexicon}
	m.tongue = m.spoken(p.tells)
	m.items = resolve(p.lexicon, n, lex(m.text))
	called(m.items)
	besides(m.items)
	nouns(m.items)
	m.items = provenance(m.items)
	m.items = retracts(m.items)
	m.items = m.contrast(m.items)
	m.segs = p.grammar.mergePages(cutSegments(m.items))
	for _, s := range m.segs {
		m.set = m.set.with(s.set)
		m.question = m.question || s.question
		m.orders = m.orders || dodges(s.items)
	}
	return m
}

// slots are the classes that fill in a release.
func slots() set { return setOf(clsService, clsEnv, clsVersion, clsName) }

// small are words that may stand anywhere in an order and change nothing.
func small() set {
	return setOf(clsPlease, clsFiller, clsChat, clsEmoji, clsLink, clsYes, clsArt, clsSep)
}

// nouns turns action words into nouns where they stand as such: "the release",
// "cancel the deploy", "deploy status".
func nouns(items []item) {
	before := setOf(clsArt, clsPast2, clsVague, clsCancel, clsHold, clsResume, clsWhy, clsStatus, clsHistory, clsOf, clsStart, clsPending, clsUnlock, clsLock, clsApprove, clsApprovals, clsFor, clsSame, clsWhen)
	after := setOf(clsStatus, clsHistory, clsApprovals, clsLockNoun, clsAux, clsStative)
	for i := range items {
		if items[i].cls != clsDeploy && items[i].cls != clsRollback {
			continue
		}
		switch {
		case i > 0 && before.has(items[i-1].cls) && !(items[i-1].cls == clsArt && i > 1 && items[i-2].cls == clsVersion):
			items[i].cls = clsNoun
		case i > 1 && items[i-1].cls == clsFirst && items[i-2].cls == clsArt:
			items[i].cls = clsNoun // "my first deploy of …"
		case i+1 < len(items) && after.has(items[i+1].cls):
			items[i].cls = clsNoun
		case i+2 < len(items) && items[i+1].cls == clsSep && items[i+1].sep == '/' && after.has(items[i+2].cls):
			items[i].cls = clsNoun
		}
	}
}

// actionNoun: the item is "deploy", "release", "rollback" and the like as a noun.
func (m *message) actionNoun(it item) (class, bool) {
	if it.cls != clsNoun {
		return clsUnknown, false
	}
	if it.key == "deployment" || it.key == "deploiement de" {
		return clsDeploy, true
	}
	c := m.lex.phrases[it.key]
	return c, c == clsDeploy || c == clsRollback
}

// contrast takes out what is named only to be excluded: "1.4.3, not 1.4.2",
// "to staging instead of production". That needs another of its kind.
func (m *message) contrast(items []item) []item {
	s := setOf(clsService, clsEnv, clsVersion)
	for i := range items {
		if items[i].cls != clsNeg {
			continue
		}
		j := i + 1
		if (items[i].key == "dont" || items[i].key == "do not") && j < len(items) && items[j].key == "touch" {
			j++ // "don't touch production"
		} else if !excluding(items[i].key) {
			continue
		}
		for j < len(items) && (items[j].cls == clsTo || items[j].cls == clsIn || items[j].cls == clsArt) {
			j++
		}
		if j < len(items) && s.has(items[j].cls) && j+1 < len(items) && items[j+1].cls == clsAgainst && sondern(items[j+1].key) && another(items[j+2:], items[j]) {
			items[j+1].cls, items[j+1].key = clsCorr, "rather" // "not 1.4.2 but 1.4.3"
			return append(append([]item{}, items[:i]...), items[j+1:]...)
		}
		if j >= len(items) || !s.has(items[j].cls) || !closes(items, j+1) || !another(items[:i], items[j]) && !another(items[j+1:], items[j]) {
			continue
		}
		return append(append([]item{}, items[:i]...), items[j+1:]...)
	}
	return items
}

func excluding(k string) bool {
	switch k {
	case "not", "instead of", "nicht", "pas", "nao":
		return true
	}
	return false
}

func sondern(k string) bool { return but(k) || k == "sondern" || k == "sino" }

// closes: after an exclusion the clause must end or go on with a place or a
// small word; "not shop deploys" excludes nothing.
func closes(items []item, j int) bool {
	if j >= len(items) {
		return true
	}
	return setOf(clsSep, clsTo, clsIn, clsPlease, clsAnd, clsFiller, clsPage, clsEmoji, clsChat).has(items[j].cls)
}

func another(items []item, it item) bool {
	for _, o := range items {
		if o.cls == it.cls && o.val != it.val {
			return true
		}
	}
	return false
}

// cutSegments cuts items into segments.
func cutSegments(items []item) []segment {
	c := cutter{items: items}
	c.start(false, false)
	for i := range items {
		c.add(i)
	}
	c.flush()
	return c.segs
}

// cutter builds segments one item at a time.
type cutter struct {
	items []item
	segs  []segment
	cur   segment
}

func (c *cutter) start(comma, and bool) { c.cur = segment{comma: comma, and: and} }

func (c *cutter) flush() {
	if len(c.cur.items) > 0 {
		c.segs = append(c.segs, c.cur)
	}
	c.cur = segment{}
}

func (c *cutter) cut(comma, and bool) {
	comma = comma || len(c.cur.items) == 0 && c.cur.comma
	begins := len(c.cur.items) == 0 && c.cur.begins
	c.flush()
	c.start(comma, and)
	c.cur.begins = begins
}

func (c *cutter) put(it item) {
	c.cur.items = append(c.cur.items, it)
	c.cur.set = c.cur.set.with(setOf(it.cls))
}

// add reads item i: a sign ends the segment, some words begin one.
func (c *cutter) add(i int) {
	it := c.items[i]
	switch it.cls {
	case clsSep:
		c.sep(i, it)
	case clsAnd, clsOr:
		if c.names(i) {
			return
		}
		c.cut(false, true)
		if it.cls == clsOr && !c.alternative(i) {
			c.put(it) // "or so", "or whatever"
		}
	case clsThen:
		c.cut(false, true)
		c.put(it)
	case clsBecause, clsCorr, clsAgainst:
		c.cut(false, false)
		c.put(it)
	case clsNo:
		c.no(i, it)
	case clsCond, clsFailWhen:
		if !c.keepsCondition() {
			c.cut(false, false)
		}
		c.put(it)
	case clsFiller:
		if it.key == "so" && i+1 < len(c.items) && setOf(clsPlease, clsReq, clsDeploy, clsRollback).has(c.items[i+1].cls) {
			c.cut(false, false) // "it is merged so please deploy …"
		} else if it.key == "so" && len(c.segs)+len(c.cur.items) > 0 && enables(c.items[i+1:]) {
			c.cut(c.cur.comma, false)
			it.cls = clsBecause // "… so design can have a look"
		}
		c.put(it)
	case clsReq, clsEmoji:
		if len(c.cur.items) > 0 && c.cur.items[0].cls == clsSocial {
			c.cut(false, false) // "hope you had a nice weekend 🙂 can you …"
		}
		c.put(it)
	case clsFail:
		if n := len(c.cur.items); n > 0 && mistaken(it.key) && setOf(clsCancel, clsHold).has(c.cur.items[n-1].cls) {
			c.cut(false, false) // "stop thats the wrong env"
		}
		c.put(it)
	case clsPage, clsTell, clsLet:
		if !c.keepsCondition() && c.opensPage() {
			c.cut(false, false)
		}
		c.put(it)
	default:
		c.put(it)
	}
}

func (c *cutter) sep(i int, it item) {
	switch it.sep {
	case ',':
		if !c.names(i) {
			c.cut(true, false)
		}
	case '?':
		c.cur.question = len(c.cur.items) > 0
		if len(c.cur.items) == 0 && len(c.segs) > 0 {
			c.segs[len(c.segs)-1].question = true
		}
		c.cut(false, false)
	case ':':
		c.cur.colon = true
		c.cut(true, false)
	case '-', '—', '–', '(', ')', '|':
		c.cut(true, false)
	default:
		c.cut(false, false)
		c.cur.begins = it.sep == '.' || it.sep == '!' || it.sep == '\n'
	}
}

// names: inside "page me, alice and bob" the signs divide names, not clauses.
func (c *cutter) names(i int) bool {
	if !c.leads(clsPage, clsTell, clsLet) && !(c.leads(clsCond, clsFailWhen) && c.cur.set.meets(setOf(clsPage, clsTell))) || i+1 >= len(c.items) || i == 0 {
		return false
	}
	k := i + 1
	for k < len(c.items) && (c.items[k].cls == clsAnd || c.items[k].cls == clsArt) {
		k++
	}
	who := setOf(clsPerson, clsMe, clsMention, clsDuty)
	return k < len(c.items) && who.has(c.items[k].cls) && who.has(c.items[i-1].cls)
}

// alternative: after "or" another name follows.
func (c *cutter) alternative(i int) bool {
	skip := setOf(clsTo, clsIn, clsArt, clsVersionWord, clsEnvWord, clsServiceWord)
	for k := i + 1; k < len(c.items); k++ {
		if !skip.has(c.items[k].cls) {
			return slots().has(c.items[k].cls)
		}
	}
	return false
}

// leads: the segment's first word that is not a small one is of such a class.
func (c *cutter) leads(classes ...class) bool {
	skip, want := small(), setOf(classes...)
	for _, it := range c.cur.items {
		if want.has(it.cls) {
			return true
		}
		if !skip.has(it.cls) && it.cls != clsReq {
			return false
		}
	}
	return false
}

// keepsCondition: in "page me if it fails" and "tell me when it is free" the
// condition belongs to what stands before it, and in "if it fails page me" to
// what stands after it.
func (c *cutter) keepsCondition() bool {
	if c.leads(clsPage, clsTell, clsLet) {
		return true
	}
	if c.leads(clsCond, clsFailWhen) && c.cur.set.meets(setOf(clsFail, clsBad, clsFailWhen)) {
		return true
	}
	return false
}

// opensPage: something that stands on its own was said before.
func (c *cutter) opensPage() bool {
	return c.cur.set.meets(setOf(clsDeploy, clsLight, clsRollback, clsVerify, clsService, clsEnv, clsVersion, clsFail))
}

// no reads "no": a correction before a name or at a clause's end, else a negation.
func (c *cutter) no(i int, it item) {
	j := i + 1
	if j >= len(c.items) || c.items[j].cls == clsSep || setOf(clsCorr, clsHold, clsTo, clsPlease).has(c.items[j].cls) {
		c.cut(false, false)
		c.put(it)
		c.cut(false, false)
		return
	}
	for k := j; k < len(c.items) && c.items[k].cls != clsSep; k++ {
		if !slots().with(small()).with(setOf(clsTo, clsIn, clsOf, clsVersionWord, clsEnvWord, clsServiceWord)).has(c.items[k].cls) {
			it.cls = clsNeg
			c.put(it)
			return
		}
	}
	c.cut(false, false)
	c.put(it)
	c.cut(false, false)
}

// enables: what follows "so" says what somebody can do then, and no more.
func enables(items []item) bool {
	never := setOf(clsDeploy, clsRollback, clsLight, clsNeg, clsCond, clsFailWhen, clsTime, clsDuration, clsBefore, clsHold, clsCancel, clsReq, clsPlease, clsApprove, clsOther, clsOr)
	for i, it := range items {
		switch {
		case it.cls == clsSep, it.cls == clsAnd, never.has(it.cls):
			return false
		case it.key == "can" || it.key == "could":
			return i > 0 && !classesOf(items[i:clauseEnd(items, i)]).meets(never)
		}
	}
	return false
}

// clauseEnd is where the clause around item i ends.
func clauseEnd(items []item, i int) int {
	for i < len(items) && items[i].cls != clsSep {
		i++
	}
	return i
}
