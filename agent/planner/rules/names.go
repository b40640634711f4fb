package rules

import (
	"maps"
	"slices"
	"strings"

	"github.com/releasebot/releasebot/agent"
)

// names is the catalog, prepared for looking words up in it.
type names struct {
	catalog  agent.Catalog
	services map[string][]string // plain form → names written that way
	aliases  map[string]string   // plain form → an alias as the policy file has it
	envs     map[string][]string // plain form → environments of any service
	people   map[string][]string
	short    map[string]string // part of one service's name → that service, see [names.shortNames]
	parts    []string          // the keys of short, in order
	list     []string          // service names in order
	envList  []string          // environment names of all services, each once, in order
	longest  int               // segments of the longest name
	widest   int               // bytes of the widest name, hyphens and all
}

// prepare returns the names of a catalog: those prepared last, if it is the same
// one. Catalogs are not changed; one at the same place in memory is the same.
func (p *Planner) prepare(cat agent.Catalog) *names {
	if n := p.last.Load(); n != nil && same(n.catalog.Services, cat.Services) && same(n.catalog.People, cat.People) {
		return n
	}
	n := newNames(cat)
	p.last.Store(n)
	return n
}

func same[T any](a, b []T) bool { return len(a) == len(b) && (len(a) == 0 || &a[0] == &b[0]) }

func newNames(cat agent.Catalog) *names {
	n := &names{
		catalog:  cat,
		services: make(map[string][]string, len(cat.Services)),
		aliases:  map[string]string{},
		envs:     make(map[string][]string, 8),
		people:   make(map[string][]string, len(cat.People)),
		longest:  1,
	}
	for _, s := range cat.Services {
		n.list = append(n.list, s.Name)
		n.add(n.services, s.Name, s.Name)
		for _, alias := range s.Aliases {
			n.add(n.services, alias, s.Name)
			n.aliases[plainName(alias)] = alias
		}
		for _, e := range s.Environments {
			if !slices.Contains(n.envList, e) {
				n.envList = append(n.envList, e)
				n.add(n.envs, e, e)
			}
		}
	}
	for _, p := range cat.People {
		n.add(n.people, p, p)
	}
	n.short = n.shortNames()
	n.parts = slices.Sorted(maps.Keys(n.short))
	return n
}

// add has a spelling mean a name, which is often spelled just so.
func (n *names) add(m map[string][]string, spelled, name string) {
	p := plainName(spelled)
	if !slices.Contains(m[p], name) {
		m[p] = append(m[p], name)
	}
	n.widest = max(n.widest, len(spelled))
	if parts := segments(spelled); parts > 1 {
		n.longest = max(n.longest, parts+1) // a word of it may be written as two
	}
}

// plainName is the form under which spellings of a name are the same: lower
// case, without hyphens, underscores and spaces. Accents and letters of other
// alphabets stay, so that a look-alike is another name.
func plainName(s string) string {
	ok := true
	for i := 0; i < len(s) && ok; i++ {
		c := s[i]
		ok = c != '-' && c != '_' && c != ' ' && (c < 'A' || c > 'Z')
	}
	if ok {
		return s
	}
	return strings.Map(func(r rune) rune {
		switch {
		case r == '-' || r == '_' || r == ' ':
			return -1
		case r >= 'A' && r <= 'Z':
			return r + 'a' - 'A'
		}
		return r
	}, s)
}

// appendPlain appends the plain form of s, see [plainName].
func appendPlain(to []byte, s string) []byte {
	for i := 0; i < len(s); i++ {
		switch c := s[i]; {
		case c == '-' || c == '_' || c == ' ':
		case c >= 'A' && c <= 'Z':
			to = append(to, c+'a'-'A')
		default:
			to = append(to, c)
		}
	}
	return to
}

// segments counts the parts of a name that hyphens, underscores and spaces divide.
func segments(s string) int {
	n := 1
	for i := 0; i < len(s); i++ {
		if s[i] == '-' || s[i] == '_' || s[i] == ' ' {
			n++
		}
	}
	return n
}

// exact returns the names that a spelling stands for: the one written just so,
// or all that differ from it in case and hyphens only.
func exact(m map[string][]string, spelled string) []string {
	found := m[plainName(spelled)]
	for _, f := range found {
		if f == spelled {
			return []string{f}
		}
	}
	return found
}

// environments returns those of a service, or of all where none is known.
func (n *names) environments(service string) []string {
	if service == "" {
		return n.envList
	}
	for _, s := range n.catalog.Services {
		if s.Name == service {
			return s.Environments
		}
	}
	return nil
}

// environment finds what a written environment is for a service (for any, if
// ""). It returns no name where there is none, and all where there are several.
func (n *names) environment(written, service string) []string {
	have := n.environments(service)
	p := plainName(written)
	var found []string
	for _, e := range have {
		if e == written {
			return []string{e}
		}
		if plainName(e) == p {
			found = append(found, e)
		}
	}
	if len(found) > 0 {
		return found
	}
	group := envGroup(p)
	if group == "" {
		return nil
	}
	for _, e := range have {
		if envGroup(plainName(e)) == group {
			found = append(found, e)
		}
	}
	return found
}

// isEnvironment says whether a word names an environment of any service, or is
// a usual word for one that no service has ("qa").
func (n *names) isEnvironment(word string) (known, usual bool) {
	p := plainName(word)
	if len(n.envs[p]) > 0 {
		return true, true
	}
	group := envGroup(p)
	if group == "" {
		return false, false
	}
	for _, e := range n.envList {
		if envGroup(plainName(e)) == group {
			return true, true
		}
	}
	return false, true
}

// envGroup returns which usual environment a plain word means, or "".
// Words of different groups never stand for each other: qa is not test.
func envGroup(p string) string {
	switch p {
	case "production", "prod", "prd", "live", "produktion", "producción", "produccion", "produção", "producao", "produzione", "produktiv", "produkcja", "produkcje", "produkcję", "produkcji":
		return "production"
	case "staging", "stage", "stg", "stag":
		return "staging"
	case "development", "dev", "develop", "devel", "entwicklung", "desarrollo", "desenvolvimento":
		return "development"
	case "test", "testing", "tst":
		return "test"
	case "qa", "uat", "canary", "sandbox", "demo", "integration", "acceptance":
		return p
	case "preprod", "preproduction":
		return "preproduction"
	}
	return ""
}

// near finds the names that a misspelt word could stand for. sure is set only
// where the word can't be anything else: one name is within the bound for its
// length and no other is near.
func near(word string, candidates []string) (sure string, options []string) {
	if !asciiWord(word) || len(word) > 64 {
		return "", nil
	}
	w := strings.ToLower(word)
	for _, c := range candidates {
		low := strings.ToLower(c)
		d := distance(w, low, 2)
		switch {
		case d <= 2 && typo(w, low):
			if sure == "" && len(options) == 0 {
				sure = c
			} else {
				sure = ""
			}
			options = append(options, c)
		case d <= 2 && d*3 < len(low), relatedName(w, low):
			sure = ""
			options = append(options, c)
		}
	}
	if len(options) != 1 {
		sure = ""
	}
	return sure, options
}

// relatedName: one is the beginning or a part of the other ("checkout" and
// "checkout-api"). Worth offering, never worth assuming.
func relatedName(w, name string) bool {
	if len(w) < 3 || len(name) < 3 {
		return false
	}
	return strings.HasPrefix(name, w) || strings.HasPrefix(w, name) ||
		slices.Contains(strings.FieldsFunc(name, nameSeparator), w)
}

func nameSeparator(r rune) bool { return r == '-' || r == '_' || r == ' ' }

// typo says whether w is a slip of the fingers for name, part by part. A
// changed digit is never a slip; in a short part only swapped or doubled
// letters are, because chop is not shop and app is not api.
func typo(w, name string) bool {
	a, b := strings.FieldsFunc(w, nameSeparator), strings.FieldsFunc(name, nameSeparator)
	if len(a) != len(b) || len(a) == 0 {
		return false
	}
	for i := range a {
		if a[i] == b[i] {
			continue
		}
		if !partTypo(a[i], b[i]) {
			return false
		}
	}
	return true
}

func partTypo(w, name string) bool {
	if onlyDigits(w) != onlyDigits(name) || len(name) < 4 || len(w) < 4 {
		return false
	}
	if len(name) < 6 {
		return swapped(w, name) || doubled(w, name) || doubled(name, w)
	}
	d := distance(w, name, 2)
	if w[0] != name[0] && !swapped(w, name) {
		return false
	}
	return d == 1 || d == 2 && len(name) >= 9
}

// onlyDigits keeps the digits of a word.
func onlyDigits(s string) string {
	return strings.Map(func(r rune) rune {
		if r >= '0' && r <= '9' {
			return r
		}
		return -1
	}, s)
}

// swapped: w is name with two neighbouring letters exchanged.
func swapped(w, name string) bool {
	if len(w) != len(name) {
		return false
	}
	i := 0
	for i < len(w) && w[i] == name[i] {
		i++
	}
	return i+1 < len(w) && w[i] == name[i+1] && w[i+1] == name[i] && w[i+2:] == name[i+2:]
}

// doubled: w is name with one letter written twice.
func doubled(w, name string) bool {
	if len(w) != len(name)+1 {
		return false
	}
	i := 0
	for i < len(name) && w[i] == name[i] {
		i++
	}
	return i > 0 && w[i] == w[i-1] && w[i+1:] == name[i:]
}

func asciiWord(s string) bool {
	for i := 0; i < len(s); i++ {
		if s[i] >= 0x80 {
			return false
		}
	}
	return s != ""
}

// distance is how many letters must be changed, added, dropped or swapped with
// a neighbour to make b of a; bound+1 where that is more than bound.
func distance(a, b string, bound int) int {
	if len(a)-len(b) > bound || len(b)-len(a) > bound || len(a) > 64 || len(b) > 64 {
		return bound + 1
	}
	var rows [3][65]int
	prev2, prev, cur := &rows[0], &rows[1], &rows[2]
	for j := 0; j <= len(b); j++ {
		prev[j] = j
	}
	for i := 1; i <= len(a); i++ {
		cur[0] = i
		best := i
		for j := 1; j <= len(b); j++ {
			cost := 1
			if a[i-1] == b[j-1] {
				cost = 0
			}
			d := min(prev[j]+1, cur[j-1]+1, prev[j-1]+cost)
			if i > 1 && j > 1 && a[i-1] == b[j-2] && a[i-2] == b[j-1] {
				d = min(d, prev2[j-2]+1)
			}
			cur[j] = d
			best = min(best, d)
		}
		if best > bound {
			return bound + 1
		}
		prev2, prev, cur = prev, cur, prev2
	}
	return prev[len(b)]
}
