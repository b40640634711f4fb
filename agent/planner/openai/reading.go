package openai

import (
	"maps"
	"slices"
	"strings"
	"unicode"

	"github.com/releasebot/releasebot/agent"
)

// A reading is what code can tell of some words: which names and versions
// stand in them, what they ask for, and whether anything is left over.
type reading struct {
	services []string
	envs     []string // as written: an environment's name, or a usual word for one
	versions []string
	ids      []string
	people   []string // "me", or names
	paged    []string // whom to page, where the words say so

	asks     map[agent.IntentKind]bool
	again    bool // "again", "retry"
	refers   bool // "it", "the same", "too"
	first    bool // "first", "before"
	veto     bool // it negates, reports, or is about rules
	question bool // it has a question mark
	unknown  int  // words and signs that code can't account for
	toward   map[string]bool
	compound bool // the action may be a noun: "production deploy", "update on shop"
}

// reader reads words against the names of a catalog.
type reader struct {
	lexicon  *lexicon
	services map[string]string // plain form → name, "" where two names share it
	envs     map[string]bool   // plain forms of names and of usual words for them
	people   map[string]string
	longest  int
}

func newReader(l *lexicon, c agent.Catalog) *reader {
	r := &reader{
		lexicon: l, services: map[string]string{}, envs: map[string]bool{}, people: map[string]string{}, longest: max(3, l.longest),
	}
	put := func(m map[string]string, spelled, name string) {
		p := plain(spelled)
		if had, ok := m[p]; ok && had != name {
			name = ""
		}
		m[p] = name
	}
	for _, s := range c.Services {
		put(r.services, s.Name, s.Name)
		for _, a := range s.Aliases {
			put(r.services, a, s.Name)
		}
		for _, e := range s.Environments {
			r.envs[plain(e)] = true
		}
	}
	for _, p := range c.People {
		put(r.people, p, p)
	}
	return r
}

// plain is the form under which spellings of a name are one: lower case,
// without hyphens, underscores and spaces. Look-alikes of other alphabets stay different.
func plain(s string) string {
	return strings.Map(func(r rune) rune {
		if r == '-' || r == '_' || r == ' ' {
			return -1
		}
		return unicode.ToLower(r)
	}, s)
}

// group is the usual environment that a plain word means, "" if it means none.
func group(p string) string {
	switch p {
	case "production", "prod", "prd", "live", "produktion", "producción", "produccion", "produção", "producao", "produzione", "productie":
		return "production"
	case "staging", "stage", "stg", "stag":
		return "staging"
	case "development", "dev", "devel", "entwicklung", "desarrollo", "desenvolvimento", "sviluppo":
		return "development"
	case "test", "testing", "tst":
		return "test"
	}
	return ""
}

// environments finds what a written environment is for a service.
func environments(have []string, written string) []string {
	p := plain(written)
	var same, alike []string
	for _, e := range have {
		switch {
		case e == written:
			return []string{e}
		case plain(e) == p:
			same = append(same, e)
		case group(p) != "" && group(plain(e)) == group(p):
			alike = append(alike, e)
		}
	}
	if len(same) > 0 {
		return same
	}
	return alike
}

// tokens cuts words into what can be looked up; a sign that no request needs is a token of its own.
func (r *reader) tokens(text string) []string {
	text = visible(text)
	text = r.lexicon.mention.ReplaceAllString(text, " <@> ")
	text = r.lexicon.quoted.ReplaceAllString(text, " $1 ")
	text = strings.NewReplacer("→", " -> ", "’", "'", "?", " ? ").Replace(text)
	var out []string
	for _, w := range strings.FieldsFunc(text, func(c rune) bool { return unicode.IsSpace(c) || strings.ContainsRune(",;:!()=@", c) }) {
		if w = strings.TrimRight(strings.Trim(w, "*"), "."); w == "" || w == "-" || w == "–" || w == "—" {
			continue
		}
		out = append(out, w)
	}
	return out
}

// read reads words. IDs are those of the thread's releases.
func (r *reader) read(text string, ids []string) reading {
	got := reading{asks: map[agent.IntentKind]bool{}, toward: map[string]bool{}}
	list := r.tokens(text)
	list = r.pageClause(list, &got)
	named, to, number, noun := false, false, false, false
	for i := 0; i < len(list); {
		before := maps.Clone(got.asks)
		n, m := r.at(list[i:], ids, number, &got)
		if noun && len(got.asks) > len(before) { // "the release", "that lock"
			got.asks, m = before, tokenOther
		}
		switch m {
		case tokenName:
			named = true
		case tokenVersion:
			got.toward[list[i]] = got.toward[list[i]] || to
			named = true
		case tokenOther, tokenAction, tokenNumber:
		}
		phrase := strings.ToLower(strings.Join(list[i:i+n], " "))
		if len(got.asks) > len(before) && (named && !strings.HasSuffix(phrase, "en") || nounBefore(list[i+n:])) {
			got.compound = true
		}
		meant := r.lexicon.words[phrase]
		noun = meant == wordNoun || meant == wordRefer
		to = meant == wordTo || to && number
		number = m == tokenNumber
		i += n
	}
	return got
}

// nounBefore: an action in front of such a word is a noun: "update on shop".
func nounBefore(rest []string) bool {
	return len(rest) > 0 && slices.Contains([]string{"on", "of", "for", "in", "about"}, strings.ToLower(rest[0]))
}

// tokenKind is what a token turned out to be.
type tokenKind int

const (
	tokenOther tokenKind = iota
	tokenName
	tokenVersion
	tokenAction
	tokenNumber // "version", "build"
)

// at reads the phrase that begins at list[0] into got: the longest that means
// something. It returns how many tokens it took.
func (r *reader) at(list []string, ids []string, number bool, got *reading) (int, tokenKind) {
	for n := min(r.longest, len(list)); n > 0; n-- {
		raw := strings.Join(list[:n], " ")
		if k, ok := r.name(raw, n, ids, number, got); ok {
			return n, k
		}
		if k, ok := r.word(strings.ToLower(raw), got); ok {
			return n, k
		}
	}
	if n := r.divided(list[0], ids, got); n {
		return 1, tokenName
	}
	got.unknown++
	return 1, tokenOther
}

// name reads a name, a version or an id.
func (r *reader) name(raw string, n int, ids []string, number bool, got *reading) (tokenKind, bool) {
	p := plain(raw)
	if s, ok := r.services[p]; ok && n <= 3 {
		if s == "" {
			got.unknown++
		}
		got.services = addNew(got.services, s, maxServices)
		return tokenName, true
	}
	if n > 1 && !r.envs[p] {
		return tokenOther, false
	}
	if r.envs[p] || group(p) != "" {
		got.envs = addNew(got.envs, raw, maxServices)
		return tokenName, true
	}
	if slices.Contains(ids, raw) {
		got.ids = addNew(got.ids, raw, maxIDs)
		return tokenName, true
	}
	if who, ok := r.people[p]; ok && who != "" {
		got.people = addNew(got.people, who, maxPeople)
		got.unknown++ // a name outside of "page alice if it fails" is somebody spoken to or of
		return tokenOther, true
	}
	if versionShape(raw) && (number || !allDigits(raw) || len(raw) >= 7) {
		got.versions = addNew(got.versions, raw, maxVersions)
		if r.holdsName(raw) {
			got.unknown++
		}
		return tokenVersion, true
	}
	return tokenOther, false
}

// holdsName: "web-3.2.0" may be a tag, or a service and a version.
func (r *reader) holdsName(version string) bool {
	for _, part := range strings.FieldsFunc(version, func(c rune) bool { return strings.ContainsRune("-_/+", c) }) {
		p := plain(part)
		if _, service := r.services[p]; service || r.envs[p] || group(p) != "" {
			return true
		}
	}
	return false
}

// word reads a word of the lexicon.
func (r *reader) word(low string, got *reading) (tokenKind, bool) {
	if low == "?" {
		got.question = true
		return tokenOther, true
	}
	kind, acts := r.lexicon.actions[low]
	m, known := r.lexicon.words[low]
	switch {
	case acts && m == wordVeto:
		got.veto = true
	case acts:
		got.asks[kind] = true
		if m == wordNumber || low == "release" {
			return tokenNumber, true
		}
		return tokenAction, true
	case !known && strings.HasSuffix(low, "n't"):
		got.veto = true
	case !known:
		return tokenOther, false
	case m == wordVeto:
		got.veto = true
	case m == wordAgain:
		got.again, got.refers = true, true
	case m == wordRefer:
		got.refers = true
	case m == wordFirst:
		got.first = true
	case m == wordNumber:
		return tokenNumber, true
	}
	return tokenOther, true
}

// divided reads "shop/production".
func (r *reader) divided(w string, ids []string, got *reading) bool {
	parts := strings.Split(w, "/")
	if len(parts) < 2 || len(parts) > 3 {
		return false
	}
	var inner reading
	inner.asks, inner.toward = map[agent.IntentKind]bool{}, map[string]bool{}
	for _, p := range parts {
		if _, ok := r.name(p, 1, ids, false, &inner); !ok {
			return false
		}
	}
	for _, s := range inner.services {
		got.services = addNew(got.services, s, maxServices)
	}
	for _, e := range inner.envs {
		got.envs = addNew(got.envs, e, maxServices)
	}
	for _, v := range inner.versions {
		got.versions = addNew(got.versions, v, maxVersions)
	}
	got.unknown += inner.unknown
	return true
}

// pageClause takes "and page me if it fails" off the end, if that is all it says.
func (r *reader) pageClause(list []string, got *reading) []string {
	begin := len(list)
	for begin > 0 {
		w := strings.ToLower(list[begin-1])
		if _, person := r.people[plain(w)]; !person && !r.lexicon.pages[w] {
			break
		}
		begin--
	}
	for begin < len(list) { // it begins with "and" or with the verb
		if w := strings.ToLower(list[begin]); r.lexicon.pagers[w] {
			break
		}
		begin++
	}
	fails := false
	var who []string
	for _, w := range list[begin:] {
		low := strings.ToLower(w)
		fails = fails || r.lexicon.fails[low]
		switch name := r.people[plain(w)]; {
		case low == "me":
			who = addNew(who, "me", maxPeople)
		case name != "":
			who = addNew(who, name, maxPeople)
		}
	}
	if !fails || len(who) == 0 {
		return list
	}
	got.paged = who
	if begin > 0 && strings.EqualFold(list[begin-1], "and") {
		begin--
	}
	return list[:begin]
}

func allDigits(s string) bool {
	return strings.Trim(s, "0123456789") == ""
}
