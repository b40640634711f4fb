package policy

import (
	"regexp"
	"strings"
)

// aliasPattern leaves out what people could mean as a version: 7, 1.4, v2.
var aliasPattern = regexp.MustCompile(`^([A-UW-Za-uw-z]|[Vv]([^0-9]|$))`)

// An alias is a name that people use for a service in words and commands. It
// stands in no plan, key or log: there a service has its one name.
type alias struct {
	name    string
	service string
	at      Value
}

// aliases reads the other names of a service. Whether they mean one service
// only can be said when all are read: see oneMeaning.
func (p *parser) aliases(v Value, service string) []string {
	items, _ := v.list()
	var names []string
	for _, item := range items {
		item.label = "aliases"
		name, ok := item.plain()
		if !ok {
			continue
		}
		if !namePattern.MatchString(name) {
			item.fail("`%s` can't be an alias: a name is 1 to 63 letters, digits, `.`, `_` and `-`, and begins with a letter or digit", name)
			continue
		}
		if !aliasPattern.MatchString(name) {
			item.fail("`%s` can't be an alias: it could be a version; begin it with a letter, and not with `v` and a digit", name)
			continue
		}
		names = append(names, name)
		p.called = append(p.called, alias{name, service, item})
	}
	return names
}

// oneMeaning refuses aliases that could mean something else too: another
// service, or an environment. Case, hyphens and underscores make no difference
// in what people write, so they make none here.
func (p *parser) oneMeaning(f *File) {
	services, environments := map[string]string{}, map[string]string{}
	for _, name := range f.Order {
		services[asWritten(name)] = name
		for _, env := range f.Services[name].Order {
			environments[asWritten(env)] = env
		}
	}
	first := map[string]alias{}
	for _, a := range p.called {
		key := asWritten(a.name)
		if other, taken := services[key]; taken {
			a.at.fail("`%s` is the name of the service `%s`: an alias is a further name, and of one service only", a.name, other)
			continue
		}
		if env, taken := environments[key]; taken {
			a.at.fail("`%s` is an environment (`%s`): an alias can't be one too", a.name, env)
			continue
		}
		if other, twice := first[key]; twice {
			a.at.fail("`%s` stands for `%s` already, in line %d: an alias means one service only, and stands once", a.name, other.service, other.at.Position().Line)
			continue
		}
		first[key] = a
	}
}

// asWritten is a name without what people leave out: capitals, hyphens and underscores.
func asWritten(name string) string {
	return strings.NewReplacer("-", "", "_", "").Replace(strings.ToLower(name))
}
