package rules

import (
	"fmt"
	"slices"
	"strings"

	"github.com/releasebot/releasebot/agent"
)

// maxOptions is how many answers a question offers at most.
const maxOptions = 5

func none() agent.Intent { return agent.Intent{Kind: agent.IntentNone} }

// ask makes a question of what was understood.
func ask(partial agent.Intent, missing, text string, options ...string) agent.Intent {
	if len(options) > maxOptions {
		options = options[:maxOptions]
	}
	q := &agent.Question{Text: text, Options: options, Missing: missing}
	if partial.Kind != "" {
		p := partial
		p.Question = nil
		q.Partial = &p
	}
	return agent.Intent{Kind: agent.IntentClarify, Question: q}
}

// Say writes an intent as the words that the planner reads it from. It is what
// the options of a question are made of.
func Say(i agent.Intent) string {
	var b strings.Builder
	switch i.Kind {
	case agent.IntentRollback:
		join(&b, "roll back", i.Service)
		in(&b, "in", i.Environment)
		in(&b, "to", i.Version)
	case agent.IntentDeploy:
		join(&b, "deploy", i.Service, i.Version)
		in(&b, "to", i.Environment)
	case agent.IntentNotify:
		join(&b, "tell me when", i.Service, i.Environment, "is free")
	case agent.IntentLock, agent.IntentUnlock, agent.IntentVerify, agent.IntentStatus, agent.IntentHistory:
		join(&b, string(i.Kind), i.Service)
		in(&b, "in", i.Environment)
	default:
		join(&b, string(i.Kind), i.ID)
	}
	if len(i.Page) > 0 {
		b.WriteString(" and page " + strings.Join(i.Page, " and ") + " if it fails")
	}
	return b.String()
}

func join(b *strings.Builder, words ...string) {
	for _, w := range words {
		if w == "" {
			continue
		}
		if b.Len() > 0 {
			b.WriteByte(' ')
		}
		b.WriteString(w)
	}
}

func in(b *strings.Builder, prep, what string) {
	if what != "" {
		join(b, prep, what)
	}
}

// finish turns what was named into an intent, or into a question for what is
// missing, unknown, or named more than once. It is the only maker of deploy,
// rollback and verify intents.
func (m *message) finish(kind agent.IntentKind, f filling, extra agent.Intent) agent.Intent {
	i := extra
	i.Kind = kind
	if len(f.services) > 1 {
		return ask(agent.Intent{}, "service", m.asked(oneAtATime, m.listed(f.services)), m.each(kind, f, f.services)...)
	}
	if len(f.services) == 1 {
		i.Service = f.services[0]
	}
	envs, q := m.placesOf(&i, f)
	if q != nil {
		return *q
	}
	if len(envs) > 1 {
		if len(f.versions) == 1 {
			i.Version = f.versions[0]
		}
		return ask(i, "environment", m.asked(oneAtATime, m.listed(envs)), with(i, envs, setEnvironment)...)
	}
	if len(envs) == 1 {
		i.Environment = envs[0]
	}
	if q := m.versionOf(&i, f); q != nil {
		return *q
	}
	return m.complete(i, f)
}

// each offers one whole request for each service, where that is clear.
func (m *message) each(kind agent.IntentKind, f filling, services []string) []string {
	var out []string
	for _, s := range services {
		i := agent.Intent{Kind: kind, Service: s}
		if len(f.envs) == 1 {
			if e := m.names.environment(f.envs[0], s); len(e) == 1 {
				i.Environment = e[0]
			}
		}
		out = append(out, Say(i))
	}
	return out
}

// placesOf resolves the environments that were written, for the service.
func (m *message) placesOf(i *agent.Intent, f filling) ([]string, *agent.Intent) {
	var out []string
	for _, w := range f.envs {
		found := m.names.environment(w, i.Service)
		switch {
		case len(found) == 1:
			out = addNew(out, found[0])
		case len(found) > 1 && i.Service == "":
			out = addNew(out, w) // which one it is, the service will tell
		case len(found) > 1:
			q := ask(*i, "environment", fmt.Sprintf("“%s” could be %s. Which one?", w, list(found)), with(*i, found, setEnvironment)...)
			return nil, &q
		default:
			have := m.names.environments(i.Service)
			text := m.asked(noSuchEnvironment, i.Service, w, m.listed(have))
			if i.Service == "" {
				text = fmt.Sprintf("No service has an environment “%s”. There is %s. Which one?", w, list(have))
			}
			q := ask(*i, "environment", text, with(m.versioned(*i, f), have, setEnvironment)...)
			return nil, &q
		}
	}
	return out, nil
}

func (m *message) versioned(i agent.Intent, f filling) agent.Intent {
	if len(f.versions) == 1 {
		i.Version = f.versions[0]
	}
	return i
}

func orAny(service string) string {
	if service == "" {
		return "No service"
	}
	return service
}

// versionOf fills the version in, or asks for it.
func (m *message) versionOf(i *agent.Intent, f filling) *agent.Intent {
	if i.Kind == agent.IntentVerify {
		return nil // what runs is verified, whatever was named
	}
	switch {
	case len(f.versions) > 1:
		q := ask(*i, "version", m.asked(oneVersion, m.listed(f.versions)), with(*i, f.versions, setVersion)...)
		return &q
	case f.vague != "" && (i.Kind == agent.IntentDeploy || len(f.versions) == 0 && f.vague != "stable version"):
		q := ask(*i, "version", fmt.Sprintf("“%s” is no version that I can look up later. Which version exactly%s? A tag or a commit, please.", f.vague, forTarget(*i)))
		return &q
	case len(f.versions) == 1 && f.past: // "the version previous to 1.4.2"
		q := ask(*i, "version", fmt.Sprintf("Do you mean %s itself, or another version near it? Which one exactly?", f.versions[0]), with(*i, f.versions, setVersion)...)
		return &q
	case len(f.versions) == 1 && i.Kind == agent.IntentRollback && !f.toVersion:
		v := f.versions[0]
		back := *i
		back.Version = v
		q := ask(*i, "version", fmt.Sprintf("Shall I go back to %s, or away from it to the last healthy version?", v), Say(back), Say(*i))
		return &q
	case len(f.versions) == 1:
		i.Version = f.versions[0]
	}
	return nil
}

func forTarget(i agent.Intent) string {
	switch {
	case i.Service != "" && i.Environment != "":
		return " of " + i.Service + " shall go to " + i.Environment
	case i.Service != "":
		return " of " + i.Service
	}
	return ""
}

// complete asks for what is still missing.
func (m *message) complete(i agent.Intent, f filling) agent.Intent {
	if i.Service == "" {
		return m.askService(i, f)
	}
	if len(f.unclear) > 0 {
		return ask(i, "service", fmt.Sprintf("I know no “%s”. Did you mean %s?", f.unclear[0].text, i.Service), Say(i))
	}
	if i.Environment == "" {
		return m.askEnvironment(i)
	}
	if i.Kind == agent.IntentDeploy && i.Version == "" {
		return ask(i, "version", m.asked(whichVersion, i.Service, i.Environment))
	}
	return i
}

func (m *message) askEnvironment(i agent.Intent) agent.Intent {
	have := m.names.environments(i.Service)
	text := m.asked(whichEnvironmentTo, i.Service, m.listed(have))
	if i.Kind != agent.IntentDeploy {
		text = m.asked(whichEnvironmentIn, i.Service, m.listed(have))
	}
	if i.Kind == agent.IntentDeploy && i.Version == "" {
		return ask(i, "environment", m.asked(whichVersionEnvironment, i.Service, m.listed(have)), have...)
	}
	return ask(i, "environment", text, with(i, have, setEnvironment)...)
}

func (m *message) askService(i agent.Intent, f filling) agent.Intent {
	candidates, text := m.names.list, m.asked(whichService, m.listed(m.names.list))
	if len(f.unclear) > 0 {
		candidates = f.unclear[0].options
		text = fmt.Sprintf("I know no service “%s”. Did you mean %s?", f.unclear[0].text, list(candidates))
	}
	if len(m.names.list) == 0 {
		return ask(i, "service", "There are no services in the policy file yet.")
	}
	var fit []string
	for _, s := range candidates {
		if i.Environment == "" || slices.Contains(m.names.environments(s), i.Environment) {
			fit = append(fit, s)
		}
	}
	if i.Environment == "" || i.Kind == agent.IntentDeploy && i.Version == "" {
		return ask(i, "service", text, fit...)
	}
	return ask(i, "service", text, with(i, fit, func(i *agent.Intent, s string) { i.Service = s })...)
}

func setEnvironment(i *agent.Intent, s string) { i.Environment = s }
func setVersion(i *agent.Intent, s string)     { i.Version = s }

// with says the intent once for each value; where it wouldn't be whole even
// then, the values alone.
func with(i agent.Intent, values []string, put func(*agent.Intent, string)) []string {
	out := make([]string, 0, len(values))
	for _, v := range values {
		whole := i
		put(&whole, v)
		if whole.Service == "" || whole.Environment == "" || whole.Kind == agent.IntentDeploy && whole.Version == "" {
			out = append(out, v)
			continue
		}
		out = append(out, Say(whole))
	}
	return out
}

// list writes names as a person would.
func list(names []string) string {
	switch len(names) {
	case 0:
		return "nothing"
	case 1:
		return names[0]
	}
	if len(names) > 8 {
		return strings.Join(names[:8], ", ") + " and others"
	}
	return strings.Join(names[:len(names)-1], ", ") + " and " + names[len(names)-1]
}
