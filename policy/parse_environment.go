package policy

import (
	"slices"
	"time"

	"go.yaml.in/yaml/v4"
)

// What stands where the file says nothing.
const (
	defaultTimeout = Duration(30 * time.Minute)
	defaultExpiry  = Duration(24 * time.Hour)
	defaultEvery   = Duration(2 * time.Second)
	defaultWithin  = Duration(time.Minute)
)

func (p *parser) environment(e entry, s *Service, siblings []string) *Environment {
	env := &Environment{
		Service: s.Name, Name: e.name, Channel: s.Channel, Source: s.Source,
		OnFailure: ProposeRollback, Approval: Approval{ExpiresAfter: defaultExpiry},
	}
	p.positions[place{service: s.Name, env: e.name}] = p.position(e.value.key)
	m, ok := e.value.mapping()
	if !ok {
		return env
	}
	p.remember(env, "", m)
	m.only("after", "requesters", "approval", "freeze", "deploy", "verify", "on_failure", "page", "notify")
	if v, ok := m.get("after"); ok {
		env.After = p.after(v, e.name, siblings)
	}
	if v, ok := m.get("requesters"); ok {
		env.Requesters = p.subjects(v)
		p.notEmpty(v, "every full member of the workspace may ask")
	}
	if v, ok := m.get("approval"); ok {
		before := len(p.errs)
		if p.approval(v, env); len(p.errs) == before {
			p.askable(v, env)
		}
	}
	if v, ok := m.get("freeze"); ok {
		p.freeze(v, env)
	}
	if v, ok := m.get("deploy"); ok {
		env.Deploy = p.deploy(v)
	} else {
		e.value.failKey("environment `%s` has no `deploy`: say how it is deployed", e.name)
	}
	if v, ok := m.get("verify"); ok {
		env.Verify = p.checks(v)
	}
	if v, ok := m.get("on_failure"); ok {
		env.OnFailure = OnFailure(v.oneOf([]string{string(ProposeRollback), string(Rollback), string(PageOnly)}))
	}
	if v, ok := m.get("page"); ok {
		env.Page = p.subjects(v)
		p.notEmpty(v, "a page reaches the requester")
	}
	if v, ok := m.get("notify"); ok {
		env.Notify = p.notify(v)
	}
	return env
}

// remember keeps where each key of an environment, or of a section of it, stands.
func (p *parser) remember(env *Environment, section string, m mapping) {
	for _, e := range m.entries {
		rule := e.name
		if section != "" {
			rule = section + "." + e.name
		}
		p.positions[place{env.Service, env.Name, rule}] = p.position(e.value.key)
	}
}

// notEmpty refuses an empty list where leaving the key out means something else
// than nobody: it would read as its opposite.
func (p *parser) notEmpty(v Value, without string) {
	if v.node.Kind == yaml.SequenceNode && len(v.node.Content) == 0 {
		v.fail("`%s` is empty: name somebody, or leave the key out (then %s)", v.label, without)
	}
}

// notify reads whom a release is told to besides: a list of words, or one.
func (p *parser) notify(v Value) (words []string) {
	items := []Value{v}
	if v.node.Kind != yaml.ScalarNode {
		items, _ = v.list()
		p.notEmpty(v, "nobody else is told")
	}
	for _, item := range items {
		word := item.oneOf([]string{NotifyAuthors})
		if word != "" && slices.Contains(words, word) {
			item.fail("`%s` stands twice in `notify`", word)
			continue
		}
		if word != "" {
			words = append(words, word)
		}
	}
	return words
}

func (p *parser) after(v Value, name string, siblings []string) string {
	after, ok := v.plain()
	switch {
	case !ok:
		return ""
	case after == name:
		v.fail("`%s` can't come after itself", name)
		return ""
	case !slices.Contains(siblings, after):
		others := slices.DeleteFunc(slices.Clone(siblings), func(s string) bool { return s == name })
		v.fail("`after` must name an environment of the same service, and `%s` is none%s", after, p.didYouMean(after, others))
		return ""
	}
	return after
}

func (p *parser) approval(v Value, env *Environment) {
	m, ok := v.mapping()
	if !ok {
		return
	}
	p.remember(env, "approval", m)
	m.only("required", "from", "self", "remind_after", "expires_after", "escalate_to", "escalate_after")
	a, before := &env.Approval, len(p.errs)
	if v, ok := m.get("required"); ok {
		a.Required, _ = v.integer(0)
	}
	if v, ok := m.get("from"); ok {
		a.From = p.subjects(v)
	}
	if v, ok := m.get("self"); ok {
		a.Self, _ = v.boolean()
	}
	if v, ok := m.get("remind_after"); ok {
		a.RemindAfter, _ = v.duration()
	}
	if v, ok := m.get("expires_after"); ok {
		a.ExpiresAfter, _ = v.duration()
	}
	if v, ok := m.get("escalate_to"); ok {
		a.EscalateTo = p.subjects(v)
		p.notEmpty(v, "nobody else is told")
	}
	if v, ok := m.get("escalate_after"); ok {
		a.EscalateAfter, _ = v.duration()
	}
	if len(p.errs) > before {
		return
	}
	p.possible(v, m, *a)
	p.escalation(m, a)
}

// escalation fills in when others are told, halfway between the reminder and
// the expiry, and refuses a time at which it could help nobody.
func (p *parser) escalation(m mapping, a *Approval) {
	after, hasAfter := m.get("escalate_after")
	switch {
	case hasAfter && len(a.EscalateTo) == 0:
		after.failKey("`escalate_after` needs `escalate_to`: name who is told then")
	case hasAfter && a.EscalateAfter >= a.ExpiresAfter:
		after.fail("`escalate_after` (%s) must be shorter than `expires_after` (%s): nobody could decide any more", a.EscalateAfter, a.ExpiresAfter)
	case hasAfter && a.EscalateAfter < a.RemindAfter:
		after.fail("`escalate_after` (%s) must not be shorter than `remind_after` (%s): those who may approve are reminded first", a.EscalateAfter, a.RemindAfter)
	case !hasAfter && len(a.EscalateTo) > 0:
		a.EscalateAfter = a.RemindAfter + (a.ExpiresAfter-a.RemindAfter)/2
	}
}

// askable refuses a policy in which everybody who may ask is also needed to
// approve, so that nothing could ever be approved. Where a group is named, that
// can't be known from the file.
func (p *parser) askable(v Value, env *Environment) {
	a := env.Approval
	isGroup := func(s Subject) bool { return s.Group != "" }
	if a.Required == 0 || a.Self || len(env.Requesters) == 0 || slices.ContainsFunc(a.From, isGroup) {
		return
	}
	for _, r := range env.Requesters {
		others := len(a.From)
		if slices.ContainsFunc(a.From, func(s Subject) bool { return s.User == r.User }) {
			others--
		}
		if isGroup(r) || others >= a.Required {
			return
		}
	}
	v.failKey("nobody may approve what they asked for, so that nothing %s asks for could ever be approved: name more people under `from`, or set `self: true`", Names(env.Requesters))
}

// possible refuses an approval that could never be given, and a reminder that
// could never come.
func (p *parser) possible(v Value, m mapping, a Approval) {
	users, groups := 0, 0
	for _, s := range a.From {
		if s.Group != "" {
			groups++
		} else {
			users++
		}
	}
	required, _ := m.get("required")
	from, hasFrom := m.get("from")
	switch {
	case a.Required > 0 && len(a.From) == 0 && hasFrom:
		from.failKey("`from` is empty, and %d must approve: name who may", a.Required)
	case a.Required > 0 && len(a.From) == 0:
		v.failKey("`from` is required where `required` is %d: name who may approve", a.Required)
	case groups == 0 && a.Required > users && users > 0:
		required.fail("`required` is %d, and `from` has only %d: it could never be approved", a.Required, users)
	}
	if remind, ok := m.get("remind_after"); ok && a.RemindAfter >= a.ExpiresAfter {
		remind.fail("`remind_after` (%s) must be shorter than `expires_after` (%s): no reminder would ever come", a.RemindAfter, a.ExpiresAfter)
	}
}
