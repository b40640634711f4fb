package policy

// readPeople reads the section of names.
func (p *parser) readPeople(v Value, people map[string]Subject) {
	for _, e := range v.names("a person or group") {
		if userPattern.MatchString(e.name) || groupPattern.MatchString(e.name) {
			e.value.failKey("`%s` looks like a Slack id: give people another name", e.name)
			continue
		}
		people[e.name] = p.person(e)
	}
}

// person reads {user: U…} or {group: S…}. A person that is wrong is still known
// by name, so that one mistake is reported once.
func (p *parser) person(e entry) Subject {
	subject := Subject{Name: e.name}
	m, ok := e.value.mapping()
	if !ok {
		return subject
	}
	m.only("user", "group", "git")
	user, hasUser := m.get("user")
	group, hasGroup := m.get("group")
	switch {
	case hasUser && hasGroup:
		group.failKey("`%s` is either a user or a group, not both", e.name)
	case hasUser:
		if id, ok := user.plain(); ok && userPattern.MatchString(id) {
			subject.User = id
		} else if ok {
			user.fail("`user` must be the Slack id of a person, such as `U012AB3CD`, not %s", user.describe())
		}
	case hasGroup:
		if id, ok := group.plain(); ok && groupPattern.MatchString(id) {
			subject.Group = id
		} else if ok {
			group.fail("`group` must be the Slack id of a user group, such as `S012AB3CD`, not %s", group.describe())
		}
	default:
		e.value.failKey("`%s` names nobody: give `user: U…` or `group: S…`", e.name)
	}
	if git, ok := m.get("git"); ok && hasGroup && !hasUser {
		git.failKey("`git` says who wrote a commit, which is a person and no group")
	} else if ok {
		p.gitNames(git, subject)
	}
	return subject
}

// subject reads a name of the section people, or a Slack id.
func (p *parser) subject(v Value) (Subject, bool) {
	name, ok := v.plain()
	if !ok {
		return Subject{}, false
	}
	if s, known := p.people[name]; known {
		return s, true
	}
	switch {
	case userPattern.MatchString(name):
		return Subject{User: name}, true
	case groupPattern.MatchString(name):
		return Subject{Group: name}, true
	}
	v.fail("`%s` is nobody of `people` and no Slack id of a user or group%s", name, p.didYouMean(name, p.names))
	return Subject{}, false
}

// subjects reads a list of people.
func (p *parser) subjects(v Value) (list []Subject) {
	items, _ := v.list()
	seen := map[string]bool{}
	for _, item := range items {
		s, ok := p.subject(item)
		if !ok {
			continue
		}
		if id := s.ID(); id != "" && seen[id] {
			item.fail("%s stands twice in `%s`", s, v.label)
			continue
		}
		seen[s.ID()] = true
		list = append(list, s)
	}
	return list
}

// human reads the name of an entry of people that is one user.
func (p *parser) human(v Value) Subject {
	name, ok := v.plain()
	if !ok {
		return Subject{}
	}
	s, known := p.people[name]
	switch {
	case !known:
		v.fail("`%s` is nobody of `people`%s", name, p.didYouMean(name, p.names))
	case s.Group != "":
		v.fail("`%s` must be one person, and `%s` is a group", v.label, name)
	}
	return s
}
