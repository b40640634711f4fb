package policy

import (
	"maps"
	"path/filepath"
	"regexp"
	"slices"
	"strings"

	"go.yaml.in/yaml/v4"
)

// namePattern is what services, environments and people may be called: names
// that need no quoting in a command, a URL or a key.
var namePattern = regexp.MustCompile(`^[A-Za-z0-9][A-Za-z0-9._-]{0,62}$`)

var (
	userPattern    = regexp.MustCompile(`^[UW][A-Z0-9]{2,30}$`)
	groupPattern   = regexp.MustCompile(`^S[A-Z0-9]{2,30}$`)
	channelPattern = regexp.MustCompile(`^[CG][A-Z0-9]{2,30}$`)
	githubPattern  = regexp.MustCompile(`^[A-Za-z0-9][A-Za-z0-9-]{0,38}/[A-Za-z0-9._-]{1,100}$`)
)

// file reads the whole file. What it returns is only worth something while
// p.errs is empty.
func (p *parser) file(src []byte) *File {
	f := &File{Path: p.name, Dir: filepath.Dir(p.name), Services: map[string]*Service{}, People: map[string]Subject{}}
	root := p.document(src)
	if root == nil {
		return f
	}
	v := p.value("the file", nil, root)
	if root.Kind != yaml.MappingNode {
		v.fail("a policy file is a mapping that begins with `version: 1`, not %s", v.describe())
		return f
	}
	m, _ := v.mapping()
	m.only("version", "people", "services", "api")
	p.version(m)
	if v, ok := m.get("people"); ok {
		p.readPeople(v, f.People)
	}
	f.authors = p.authors
	p.people, p.names = f.People, slices.Sorted(maps.Keys(f.People))
	if v, ok := m.get("services"); ok {
		p.services(v, f)
	} else {
		p.at(1, 1, "`services` is required: name at least one service")
	}
	if v, ok := m.get("api"); ok {
		f.API = p.api(v)
	}
	return f
}

func (p *parser) version(m mapping) {
	v, ok := m.get("version")
	if !ok {
		p.at(1, 1, "`version` is required: write `version: 1`")
		return
	}
	if v.node.ShortTag() != "!!int" {
		v.fail("`version` must be the number 1, not %s", v.describe())
		return
	}
	if n, ok := v.integer(0); ok && n != 1 {
		v.fail("version %d of the policy file is not known to this program: write `version: 1`", n)
	}
}

// names reads a mapping of named things and refuses names that are no names,
// and two that differ only by case.
func (v Value) names(what string) []entry {
	m, ok := v.mapping()
	if !ok {
		return nil
	}
	good := m.entries[:0:0]
	seen := map[string]string{}
	for _, e := range m.entries {
		if !namePattern.MatchString(e.name) {
			e.value.failKey("`%s` can't be the name of %s: a name is 1 to 63 letters, digits, `.`, `_` and `-`, and begins with a letter or digit", e.name, what)
			continue
		}
		folded := strings.ToLower(e.name)
		if other, twice := seen[folded]; twice {
			e.value.failKey("`%s` and `%s` differ only by case", e.name, other)
			continue
		}
		seen[folded] = e.name
		good = append(good, e)
	}
	return good
}

// api reads the tokens of the HTTP API.
func (p *parser) api(v Value) (api API) {
	m, ok := v.mapping()
	if !ok {
		return api
	}
	m.only("tokens")
	v, ok = m.get("tokens")
	if !ok {
		return api
	}
	items, _ := v.list()
	lines := map[string]int{}
	for _, item := range items {
		token, ok := p.token(item)
		if !ok {
			continue
		}
		if line, twice := lines[token.Env]; twice {
			item.fail("the token in `%s` stands twice, first in line %d", token.Env, line)
			continue
		}
		lines[token.Env] = item.Position().Line
		api.Tokens = append(api.Tokens, token)
	}
	return api
}

var envPattern = regexp.MustCompile(`^[A-Za-z_][A-Za-z0-9_]*$`)

func (p *parser) token(v Value) (Token, bool) {
	v.label = "tokens"
	m, ok := v.mapping()
	if !ok {
		return Token{}, false
	}
	m.only("env", "role", "person")
	var token Token
	if env, ok := m.get("env"); !ok {
		v.fail("`env` is required: the environment variable that holds the token")
	} else if token.Env, ok = env.plain(); ok && !envPattern.MatchString(token.Env) {
		env.fail("`env` must be the name of an environment variable, never the token itself")
		token.Env = ""
	}
	var roles []string
	for _, r := range Roles() {
		roles = append(roles, string(r))
	}
	if role, ok := m.get("role"); !ok {
		v.fail("`role` is required: viewer, requester, approver or admin")
	} else {
		token.Role = Role(role.oneOf(roles))
	}
	if person, ok := m.get("person"); ok {
		token.Person = p.human(person)
	} else if token.Role == RoleApprover || token.Role == RoleAdmin {
		v.fail("`person` is required for the role %s: an approval names the person who gave it", token.Role)
	}
	return token, token.Env != ""
}

// oneOf reads one of some words; "" stands for a reported error.
func (v Value) oneOf(words []string) string {
	s, ok := v.text()
	if !ok {
		return ""
	}
	if slices.Contains(words, s) {
		return s
	}
	v.fail("`%s` can't be `%s`%s", v.label, s, v.p.didYouMean(s, words))
	return ""
}
