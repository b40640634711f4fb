package rules

import (
	"slices"
	"strings"
)

// An item is one or several tokens that mean one thing.
type item struct {
	cls     class
	text    string   // as written
	key     string   // as the lexicon knows it
	val     string   // the service, environment as written, version or person that it names; of a clsName: the service it is the short name of
	options []string // names that an unsure one could be
	sep     rune     // for clsSep
	start   int      // byte offsets in the cleaned text
	end     int
	quoted  bool
	line    bool
}

// resolver turns tokens into items. It lives for one message.
type resolver struct {
	lex    *lexicon
	names  *names
	toks   []token
	out    []item
	acted  bool // an action word was seen
	paging bool // a word was seen after which people are named
	slips  map[string]item
}

// actions are the classes after which a word is rather a name than a verb.
func actions() set {
	return setOf(clsDeploy, clsLight, clsStart, clsRollback, clsVerify, clsCheck, clsStatus, clsHistory, clsLock, clsUnlock, clsCancel, clsHold, clsResume, clsTell, clsOther, clsAux, clsWh)
}

// resolve reads each place with the longest thing that stands there: a name
// of the catalog, a phrase of the lexicon, a version by its shape, and only
// then a misspelling.
func resolve(lex *lexicon, n *names, toks []token) []item {
	r := &resolver{lex: lex, names: n, toks: expand(lex, n, toks), out: make([]item, 0, len(toks))}
	acts := actions()
	for i := 0; i < len(r.toks); {
		it, used := r.at(i)
		if used > 0 {
			it.start, it.end = r.toks[i].start, r.toks[i+used-1].end
			it.quoted, it.line = r.toks[i].quoted, r.toks[i].line
			r.acted = r.acted || acts.has(it.cls)
			r.paging = r.paging || it.cls == clsPage || it.cls == clsTell || it.cls == clsLet
			r.out = append(r.out, it)
			r.implied(it)
		}
		i += max(used, 1)
	}
	quotations(r.out)
	return r.out
}

// implied adds what a phrase says without naming it: "go live" names a place,
// and whoever stands after "cc" is only to be informed.
func (r *resolver) implied(it item) {
	switch {
	case it.cls == clsDeploy && (strings.HasPrefix(it.key, "go live") || strings.HasPrefix(it.key, "live ")):
		if known, _ := r.names.isEnvironment("live"); known {
			r.out = append(r.out, item{cls: clsEnv, text: "live", val: "live", start: it.start, end: it.end})
		}
	case (it.cls == clsMention || it.cls == clsPerson) && r.copied():
		r.out[len(r.out)-1].cls = clsEmoji
	}
}

// copied: before the newest item stands "cc", maybe with other people between.
func (r *resolver) copied() bool {
	for k := len(r.out) - 2; k >= 0; k-- {
		switch {
		case r.out[k].key == "cc" || r.out[k].key == "fyi":
			return true
		case r.out[k].cls == clsSep && (r.out[k].sep == ',' || r.out[k].sep == ':'), r.out[k].cls == clsAnd, r.out[k].cls == clsEmoji:
			continue
		}
		return false
	}
	return false
}

// at reads what starts at token i, and how many tokens it takes.
// Nought means that the token says nothing.
func (r *resolver) at(i int) (item, int) {
	t := r.toks[i]
	if !t.isWord() {
		return sign(t)
	}
	if strings.Trim(t.text, "-_./+#:='*~@$%^\\") == "" {
		return item{cls: clsSep, sep: '-'}, 1
	}
	name, used := r.name(i)
	phrase, words := r.phrase(i)
	if phrase.cls == clsBecause && words == 2 {
		if known, _ := r.names.isEnvironment(r.toks[i+1].text); known { // "to test" is a place here
			phrase, words = item{cls: clsTo, text: t.text, key: t.key}, 1
		}
	}
	switch {
	case used > 0 && (words == 0 || used > words || used == words && r.ratherName(i, used, name, phrase)):
		return name, used
	case words > 0 && phrase.cls == clsDuty && r.personal(i):
		who, _ := r.person(i)
		return who, words
	case words > 0:
		if phrase.key == "build" && len(r.out) > 0 && r.out[len(r.out)-1].cls == clsVersion {
			phrase.cls = clsVersionWord // "the 1.4.2 build"
		}
		return phrase, words
	}
	if p, n := r.person(i); n > 0 {
		return p, n
	}
	if it, ok := r.shaped(i); ok {
		return it, 1
	}
	return r.unknown(t), 1
}

// sign reads a token that is no word.
func sign(t token) (item, int) {
	switch t.sep {
	case sepQuote:
		return item{}, 0
	case sepArrow:
		return item{cls: clsTo, text: "to", key: "to"}, 1
	case sepBack:
		return item{cls: clsOdd, text: "<-", key: "<-"}, 1
	case sepEmoji:
		return item{cls: emojiClass(t.text), text: t.text}, 1
	case sepOdd, '<', '>', '[', ']', '{', '}':
		return item{cls: clsOdd, text: string(t.sep)}, 1
	case markMention:
		return item{cls: clsMention, text: "a person"}, 1
	case markLink:
		return item{cls: clsLink}, 1
	case markBroadcast:
		return item{cls: clsEmoji}, 1
	}
	return item{cls: clsSep, sep: t.sep}, 1
}

func emojiClass(s string) class {
	switch s {
	case "👍", "✅", "☑", "✔", ":+1:", ":thumbsup:", ":white_check_mark:", ":heavy_check_mark:", ":ok_hand:", "👌", ":approved:":
		return clsApprove
	case "👎", "❌", "🚫", "⛔", "🛑", "✋", ":x:", ":-1:", ":thumbsdown:", ":no_entry:", ":octagonal_sign:", ":stop:", ":no_entry_sign:", ":hand:":
		return clsNeg
	}
	return clsEmoji
}

// name reads a service or an environment at token i, in up to as many words as
// the longest name has parts.
func (r *resolver) name(i int) (item, int) {
	for l := min(r.names.longest, len(r.toks)-i); l >= 1; l-- {
		if l > 1 && !r.known(i, l) {
			continue
		}
		span, segs, ok := r.span(i, l)
		if !ok {
			continue
		}
		services := r.spelled(r.names.services, span, segs, l)
		envs := r.spelled(r.names.envs, span, segs, l)
		if l == 1 && len(envs) == 0 {
			known, usual := r.names.isEnvironment(span)
			if !known && usual && r.purpose() {
				return item{cls: clsFiller, text: span, key: "a purpose"}, 1 // "for the demo"
			}
			if known || usual {
				envs = []string{span}
			}
		}
		switch {
		case len(services) == 0 && len(envs) == 0:
			continue
		case len(services) > 1:
			return item{cls: clsName, text: span, options: services}, l
		case len(services) == 1 && (len(envs) == 0 || !r.placed()):
			return item{cls: clsService, text: span, val: services[0]}, l
		default:
			return item{cls: clsEnv, text: span, val: span}, l
		}
	}
	return item{}, 0
}

// purpose: the word before is "for", maybe with an article.
func (r *resolver) purpose() bool {
	for _, v := range slices.Backward(r.out) {
		switch v.cls {
		case clsArt:
			continue
		case clsFor:
			return true
		}
		return false
	}
	return false
}

// placed says whether the word before is one that a place follows.
func (r *resolver) placed() bool {
	for _, v := range slices.Backward(r.out) {
		switch v.cls {
		case clsArt:
			continue
		case clsTo, clsIn, clsFrom, clsEnvWord:
			return true
		}
		return false
	}
	return false
}

// ratherName decides where a word is both a name and a word of the lexicon, as
// with a service called "release" or an environment called "test".
func (r *resolver) ratherName(i, used int, name, phrase item) bool {
	if setOf(clsTo, clsIn, clsFrom, clsOf, clsFor, clsAnd, clsOr, clsNeg, clsCond, clsArt, clsPron).has(phrase.cls) {
		return false
	}
	if r.placed() {
		return true
	}
	if name.cls == clsEnv {
		return r.acted
	}
	next := i + used
	if next < len(r.toks) && r.toks[next].isWord() && shapeOf(r.toks[next].text) != notVersion {
		return true
	}
	return r.acted
}

// phrase reads the longest phrase of the lexicon at token i.
func (r *resolver) phrase(i int) (item, int) {
	t := r.toks[i]
	if it, n := r.phraseOf(i, t.key); n > 0 {
		return it, n
	}
	if strings.Contains(t.key, "-") { // roll-back, go-live
		k := strings.ReplaceAll(t.key, "-", " ")
		if c, ok := r.lex.phrases[k]; ok {
			return item{cls: c, text: t.text, key: k}, 1
		}
	}
	return item{}, 0
}

func (r *resolver) phraseOf(i int, first string) (item, int) {
	most, ok := r.lex.starts[first]
	if !ok {
		return item{}, 0
	}
	best, words := item{}, 0
	if c, ok := r.lex.phrases[first]; ok {
		best, words = item{cls: c, text: r.toks[i].text, key: first}, 1
	}
	var buf [96]byte // most phrases that begin so are none: they are looked up without making a string
	k, end := append(buf[:0], first...), 0
	for l := 2; l <= most && i+l <= len(r.toks) && r.toks[i+l-1].isWord(); l++ {
		k = append(append(k, ' '), r.toks[i+l-1].key...)
		if c, ok := r.lex.phrases[string(k)]; ok {
			best.cls, words, end = c, l, len(k)
		}
	}
	if words > 1 {
		best.key = string(k[:end])
		best.text = best.key
	}
	return best, words
}

// personal: a name from the policy's people stands here.
func (r *resolver) personal(i int) bool {
	_, n := r.person(i)
	return n > 0
}

// person reads a name from the policy's people; "on call" is oncall.
func (r *resolver) person(i int) (item, int) {
	for l := min(2, len(r.toks)-i); l >= 1; l-- {
		span, _, ok := r.span(i, l)
		if !ok || l == 2 && r.toks[i].key != "on" {
			continue
		}
		if found := exact(r.names.people, span); len(found) == 1 {
			return item{cls: clsPerson, text: span, val: found[0]}, l
		}
	}
	return item{}, 0
}

// unknown is the last resort: a misspelt name, a misspelt word, or nothing that we know.
func (r *resolver) unknown(t token) item {
	if it, ok := r.slips[t.key]; ok {
		it.text = t.text
		return it
	}
	it := r.slip(t)
	if len(r.toks) > 64 { // long texts repeat themselves
		if r.slips == nil {
			r.slips = map[string]item{}
		}
		r.slips[t.key] = it
	}
	return it
}

func (r *resolver) slip(t token) item {
	service, services := near(t.text, r.names.list)
	if len(services) == 0 {
		if part, _ := near(t.text, r.names.parts); part != "" {
			services = []string{r.names.short[part]} // "chekout" is offered as checkout-api
		}
	}
	env, envs := near(t.text, r.places())
	lexical := r.lex.slip(t.key)
	switch {
	case service != "" && len(envs) == 0 && lexical == "":
		return item{cls: clsService, text: t.text, val: service}
	case env != "" && len(services) == 0 && lexical == "":
		return item{cls: clsEnv, text: t.text, val: env}
	case lexical != "" && len(services) == 0 && len(envs) == 0:
		return item{cls: r.lex.phrases[lexical], text: t.text, key: lexical}
	case len(services) > 0 && (!r.placed() || r.out[len(r.out)-1].key == "von"):
		short := ""
		if len(services) == 1 && lexical == "" && len(envs) == 0 {
			short = r.names.short[strings.ToLower(t.text)]
		}
		return item{cls: clsName, text: t.text, key: t.key, val: short, options: services}
	}
	return item{cls: clsUnknown, text: t.text, key: t.key}
}

// places are the environments and the usual words for them that may be misspelt.
func (r *resolver) places() []string {
	out := slices.Clone(r.names.envList)
	for _, w := range [...]string{"production", "staging", "development"} {
		if known, _ := r.names.isEnvironment(w); known && !slices.Contains(out, w) {
			out = append(out, w)
		}
	}
	return out
}

// quotations marks what is somebody's quoted words: a quotation that holds
// more than names and versions.
func quotations(items []item) {
	plain := setOf(clsService, clsEnv, clsVersion, clsNoun, clsVersionWord, clsTo, clsIn, clsOf, clsName, clsNumber, clsArt, clsSep, clsEnvWord, clsServiceWord, clsAnd)
	for i := 0; i < len(items); {
		if !items[i].quoted {
			i++
			continue
		}
		j, ok := i, true
		for ; j < len(items) && items[j].quoted; j++ {
			ok = ok && plain.has(items[j].cls) && !items[j].line
		}
		for k := i; k < j && !ok; k++ {
			items[k].cls = clsQuoted
		}
		i = j
	}
}
