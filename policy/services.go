package policy

import (
	"slices"
	"strings"
)

func (p *parser) services(v Value, f *File) {
	before := len(p.errs)
	for _, e := range v.names("a service") {
		f.Services[e.name] = p.service(e)
		f.Order = append(f.Order, e.name)
	}
	if len(f.Services) == 0 && len(p.errs) == before {
		v.failKey("`services` is required: name at least one service")
	}
	p.oneMeaning(f)
}

func (p *parser) service(e entry) *Service {
	s := &Service{Name: e.name, Environments: map[string]*Environment{}}
	p.positions[place{service: e.name}] = p.position(e.value.key)
	m, ok := e.value.mapping()
	if !ok {
		return s
	}
	m.only("aliases", "channel", "source", "environments")
	if v, ok := m.get("aliases"); ok {
		s.Aliases = p.aliases(v, e.name)
	}
	if v, ok := m.get("channel"); ok {
		if id, ok := v.plain(); ok && !channelPattern.MatchString(id) {
			v.fail("`channel` must be the Slack id of a channel, such as `C012AB3CD`, not %s", v.describe())
		} else {
			s.Channel = id
		}
	}
	if v, ok := m.get("source"); ok {
		s.Source = p.source(v)
	}
	v, ok := m.get("environments")
	if !ok {
		e.value.failKey("service `%s` has no `environments`: name at least one", e.name)
		return s
	}
	p.environments(v, s)
	return s
}

func (p *parser) source(v Value) *Source {
	m, ok := v.mapping()
	if !ok {
		return nil
	}
	m.only("git", "github", "ci")
	git, hasGit := m.get("git")
	github, hasGitHub := m.get("github")
	s := &Source{}
	switch {
	case hasGit && hasGitHub:
		github.failKey("`git` and `github` exclude each other: a source is one repository")
	case hasGit:
		// A path that begins with a dash would be an option of git.
		if s.Git, ok = git.plain(); ok && (s.Git == "" || strings.HasPrefix(s.Git, "-")) {
			git.fail("`git` must be the path or URL of a repository, not %s", git.describe())
		}
	case hasGitHub:
		if s.GitHub, ok = github.plain(); ok && !githubPattern.MatchString(s.GitHub) {
			github.fail("`github` must be a repository such as `acme/shop`, not %s", github.describe())
		}
	default:
		v.failKey("`source` needs `git: PATH-OR-URL` or `github: OWNER/NAME`")
	}
	if v, ok := m.get("ci"); ok {
		s.CI = v.ci()
	}
	return s
}

// ciPlaceholders are what is known of a release when CI is asked.
var ciPlaceholders = []string{"version", "sha", "environment", "service"}

// ci reads the command that says what CI made of a commit.
func (v Value) ci() []string {
	items, ok := v.list()
	if !ok {
		return nil
	}
	argv := make([]string, 0, len(items))
	for _, item := range items {
		arg, ok := item.filled()
		argv = append(argv, arg)
		if !ok {
			continue
		}
		for _, name := range Placeholders() {
			if strings.Contains(arg, "${"+name+"}") && !slices.Contains(ciPlaceholders, name) {
				item.fail("`${%s}` is not known yet when CI is asked; known are ${%s}", name, strings.Join(ciPlaceholders, "}, ${"))
			}
		}
		if strings.ContainsRune(arg, 0) {
			item.fail("`ci` can't pass a NUL character to a program")
		}
		if len(argv) == 1 && strings.TrimSpace(arg) == "" {
			item.fail("`ci` names no program: its first element is one")
		}
	}
	if len(argv) == 0 {
		v.fail("`ci` names no program: write a list whose first element is one, such as `[\"./ci.sh\", \"${sha}\"]`, or leave it out")
	}
	return argv
}

func (p *parser) environments(v Value, s *Service) {
	before := len(p.errs)
	entries := v.names("an environment")
	names := make([]string, len(entries))
	for i, e := range entries {
		names[i] = e.name
	}
	for _, e := range entries {
		s.Environments[e.name] = p.environment(e, s, names)
		s.Order = append(s.Order, e.name)
	}
	if len(entries) == 0 && len(p.errs) == before {
		v.failKey("service `%s` has no environments: name at least one", s.Name)
	}
	p.cycles(s)
}

// cycles refuses orders that no version could ever follow.
func (p *parser) cycles(s *Service) {
	done := map[string]bool{}
	for _, first := range s.Order {
		var path []string
		for name := first; name != "" && !done[name]; name = s.Environments[name].After {
			if i := slices.Index(path, name); i >= 0 {
				loop := append(slices.Clone(path[i:]), name)
				at := p.positions[place{s.Name, name, "after"}]
				p.at(at.Line, at.Column, "`after` goes round in a circle: %s", strings.Join(loop, " after "))
				break
			}
			path = append(path, name)
		}
		for _, name := range path {
			done[name] = true
		}
	}
}
