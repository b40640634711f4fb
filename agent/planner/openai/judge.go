package openai

import (
	"slices"
	"strings"

	"github.com/releasebot/releasebot/agent"
)

// judge compares what a model read with what was said, and returns the intent
// that counts. It is where the guarantees of this package are made: whatever
// the reply, it returns a deploy, rollback, unlock, cancel, hold or resume only where
// the person's words ask for just that.
type judge struct {
	in    agent.PlanInput
	words reading
	from  source
	// ruled is what the rules planner made of the same words, by code alone.
	ruled agent.Intent
	// reads asks the rules planner what a text means by itself.
	reads   func(text string) agent.Intent
	echo    func(text string) bool // the text repeats the prompt
	lexicon *lexicon
}

// source is the one thing in the thread that words such as "it" can mean.
type source struct {
	kind                 agent.IntentKind
	service, env         string
	version, id          string
	open                 bool // it is a question that waits, or an open release
	several, fromRelease bool
}

func newJudge(r *reader, in agent.PlanInput, ruled agent.Intent) *judge {
	var ids []string
	for _, rel := range in.Releases {
		ids = addNew(ids, rel.ID, len(in.Releases))
	}
	j := &judge{in: in, ruled: ruled, words: r.read(in.Words, ids), lexicon: r.lexicon}
	j.from = j.source(r)
	return j
}

// source finds it: the open question's intent, else the release that is open or
// newest (of the service that the words name), else what people said before.
func (j *judge) source(r *reader) source {
	if q := j.in.Open; q != nil && q.Partial != nil {
		p := q.Partial
		return source{kind: p.Kind, service: p.Service, env: p.Environment, version: p.Version, id: p.ID, open: true}
	}
	if len(j.in.Releases) > 0 {
		return j.releaseSource()
	}
	var s source
	for _, t := range j.in.Turns {
		if t.From == "person" {
			s.follow(r.read(t.Text, nil), j.in.Catalog)
		}
	}
	return s
}

func (j *judge) releaseSource() source {
	var fit []agent.ReleaseBrief
	for _, rel := range j.in.Releases {
		if rel.Open && j.mentions(rel) {
			fit = append(fit, rel)
		}
	}
	for _, rel := range slices.Backward(j.in.Releases) {
		if len(fit) == 0 && j.mentions(rel) {
			fit = append(fit, rel)
		}
	}
	if len(fit) == 0 {
		return source{}
	}
	last := fit[len(fit)-1]
	s := source{
		kind: agent.IntentKind(last.Action), service: last.Service, env: last.Environment, version: last.Version, id: last.ID,
		open: last.Open, fromRelease: true, several: len(fit) > 1,
	}
	for _, rel := range fit { // what they don't agree on is not known
		if rel.Service != s.service {
			s.service = ""
		}
		if rel.Environment != s.env {
			s.env = ""
		}
		if rel.Version != s.version {
			s.version = ""
		}
	}
	return s
}

// mentions: the words name no service, or this one.
func (j *judge) mentions(rel agent.ReleaseBrief) bool {
	return len(j.words.services) == 0 || slices.Equal(j.words.services, []string{rel.Service})
}

// follow takes in an earlier turn. One that negates or reports adds nothing; another service starts anew.
func (s *source) follow(r reading, c agent.Catalog) {
	if r.veto {
		return
	}
	if len(r.services) > 0 && (len(r.services) > 1 || r.services[0] != s.service) {
		*s = source{}
	}
	one := func(list []string, old string) string {
		switch len(list) {
		case 0:
			return old
		case 1:
			return list[0]
		}
		return ""
	}
	s.service = one(r.services, s.service)
	s.version = one(r.versions, s.version)
	if len(r.envs) > 0 {
		s.env = ""
		if found := environments(environmentsOf(c, s.service), r.envs[0]); len(r.envs) == 1 && len(found) == 1 {
			s.env = found[0]
		}
	}
	for _, k := range [...]agent.IntentKind{agent.IntentDeploy, agent.IntentRollback} {
		if r.asks[k] {
			s.kind = k
		}
	}
}

func environmentsOf(c agent.Catalog, service string) []string {
	for _, s := range c.Services {
		if s.Name == service {
			return s.Environments
		}
	}
	return nil
}

// verdict returns the intent that counts, and whether it is the model's reading.
func (j *judge) verdict(r reply) (agent.Intent, bool) {
	i := r.intent()
	if decided(j.ruled.Kind) && changes(j.ruled.Kind) {
		return j.overrule(i)
	}
	switch i.Kind {
	case agent.IntentNone:
		return agent.Intent{Kind: agent.IntentNone}, true
	case agent.IntentClarify:
		return j.question(r)
	case agent.IntentStatus, agent.IntentHistory, agent.IntentApprovals, agent.IntentLocks, agent.IntentWhy, agent.IntentHelp:
		if j.in.RejectionOf > 0 {
			return j.ruled, false
		}
		return i, true
	case agent.IntentDeploy, agent.IntentRollback, agent.IntentVerify, agent.IntentLock, agent.IntentUnlock, agent.IntentNotify,
		agent.IntentCancel, agent.IntentHold, agent.IntentResume:
		return j.changing(i)
	}
	return j.ruled, false
}

// overrule: code was sure of a request that changes something. If the model
// reads it otherwise the person is asked; neither counts alone.
func (j *judge) overrule(i agent.Intent) (agent.Intent, bool) {
	if same(j.ruled, i) {
		return j.ruled, true
	}
	return j.confirm(j.ruled)
}

func same(a, b agent.Intent) bool {
	return a.Kind == b.Kind && a.Service == b.Service && a.Environment == b.Environment && a.Version == b.Version && (b.ID == "" || a.ID == b.ID)
}

// decided: an intent that is an answer and not a doubt.
func decided(k agent.IntentKind) bool {
	return k != agent.IntentClarify && k != agent.IntentNone && k != ""
}

// changes: what it asks for does something, rather than tell something.
func changes(k agent.IntentKind) bool {
	switch k {
	case agent.IntentDeploy, agent.IntentRollback, agent.IntentVerify, agent.IntentLock, agent.IntentUnlock, agent.IntentNotify,
		agent.IntentCancel, agent.IntentHold, agent.IntentResume:
		return true
	case agent.IntentStatus, agent.IntentHistory, agent.IntentApprovals, agent.IntentLocks, agent.IntentWhy, agent.IntentHelp,
		agent.IntentClarify, agent.IntentNone:
	}
	return false
}

// changing judges a reading that would change something.
func (j *judge) changing(i agent.Intent) (agent.Intent, bool) {
	if j.words.veto || !j.meant(&i) {
		return j.ruledOrAsk(i)
	}
	if j.asked(i) && j.accounted(i.Kind) {
		return i, true
	}
	if j.in.RejectionOf > 0 {
		return j.ruled, false
	}
	if j.ruled.Kind == agent.IntentClarify && j.ruled.Question != nil && (j.ruled.Question.Partial != nil || len(j.ruled.Question.Options) > 0) {
		return j.ruled, false
	}
	return j.confirm(i)
}

// meant: every part of the reading was said, or stands in the thread's source.
// It takes out of i what may be left out and was not said: a page, a reason.
func (j *judge) meant(i *agent.Intent) bool {
	i.Page = slices.Clone(j.words.paged)
	switch i.Kind {
	case agent.IntentCancel, agent.IntentHold, agent.IntentResume:
		return j.meantRelease(i)
	case agent.IntentLock:
		if i.Reason != "" && !strings.Contains(folded(j.in.Words), folded(i.Reason)) {
			i.Reason = ""
		}
		if i.For != "" && !slices.Contains(strings.Fields(j.in.Words), i.For) {
			return false
		}
	case agent.IntentDeploy, agent.IntentRollback, agent.IntentVerify, agent.IntentUnlock, agent.IntentNotify, agent.IntentStatus, agent.IntentHistory,
		agent.IntentApprovals, agent.IntentLocks, agent.IntentWhy, agent.IntentHelp, agent.IntentClarify, agent.IntentNone:
	}
	return j.meantService(i.Service) && j.meantEnvironment(i.Service, i.Environment) && j.meantVersion(*i) && j.inOrder(i)
}

func folded(s string) string { return strings.ToLower(strings.Join(strings.Fields(visible(s)), " ")) }

func (j *judge) meantService(service string) bool {
	if service == "" {
		return false
	}
	if len(j.words.services) > 0 {
		return slices.Equal(j.words.services, []string{service})
	}
	return j.refers() && j.from.service == service
}

// refers: what the words leave out is what the thread is about: they say "it",
// or a question waits for an answer.
func (j *judge) refers() bool { return j.words.refers || j.in.Open != nil && j.in.Open.Partial != nil }

func (j *judge) meantEnvironment(service, env string) bool {
	have := environmentsOf(j.in.Catalog, service)
	if !slices.Contains(have, env) {
		return false
	}
	if len(j.words.envs) > 0 {
		for _, w := range j.words.envs {
			if found := environments(have, w); len(found) != 1 || found[0] != env {
				return false
			}
		}
		return true
	}
	return j.sourceFor(service) && j.from.env == env
}

// sourceFor: the thread's source is about that service.
func (j *judge) sourceFor(service string) bool {
	return j.refers() && j.from.service == service && service != ""
}

func (j *judge) meantVersion(i agent.Intent) bool {
	switch i.Kind {
	case agent.IntentDeploy:
		if len(j.words.versions) > 0 {
			return slices.Equal(j.words.versions, []string{i.Version})
		}
		if len(j.words.services)+len(j.words.envs) == 0 && j.from.fromRelease && j.from.open {
			return false // it is on its way already
		}
		return i.Version != "" && j.sourceFor(i.Service) && j.from.version == i.Version
	case agent.IntentRollback:
		if len(j.words.versions) == 0 {
			return i.Version == ""
		}
		return slices.Equal(j.words.versions, []string{i.Version}) && j.words.toward[i.Version]
	case agent.IntentVerify, agent.IntentLock, agent.IntentUnlock, agent.IntentNotify, agent.IntentStatus, agent.IntentHistory, agent.IntentApprovals,
		agent.IntentLocks, agent.IntentCancel, agent.IntentHold, agent.IntentResume, agent.IntentWhy, agent.IntentHelp, agent.IntentClarify, agent.IntentNone:
	}
	return true
}

// inOrder: in the reason of a rejection only "first deploy that one" is a request.
func (j *judge) inOrder(i *agent.Intent) bool {
	if j.in.RejectionOf == 0 {
		return true
	}
	for _, r := range j.in.Releases {
		if r.N == j.in.RejectionOf && r.Service == i.Service && r.Environment == i.Environment {
			return false // it can't go before itself
		}
	}
	i.Before = j.in.RejectionOf
	return i.Kind == agent.IntentDeploy && j.words.first && len(j.words.services) == 1 && len(j.words.versions) == 1
}

// meantRelease: the release is named, or the only one that could be meant.
func (j *judge) meantRelease(i *agent.Intent) bool {
	if len(j.words.ids) > 0 {
		return slices.Equal(j.words.ids, []string{i.ID})
	}
	var open []agent.ReleaseBrief
	for _, r := range j.in.Releases {
		if r.Open && j.mentions(r) {
			open = append(open, r)
		}
	}
	if len(open) != 1 || i.ID != "" && i.ID != open[0].ID {
		return false
	}
	i.ID = open[0].ID
	for _, w := range j.words.envs {
		if found := environments(environmentsOf(j.in.Catalog, open[0].Service), w); len(found) != 1 || found[0] != open[0].Environment {
			return false
		}
	}
	return len(j.words.versions) == 0 || slices.Equal(j.words.versions, []string{open[0].Version})
}

// asked: the words ask for that, and for nothing else that changes something.
func (j *judge) asked(i agent.Intent) bool {
	asks := map[agent.IntentKind]bool{}
	for k := range j.words.asks {
		asks[k] = true
	}
	if i.Kind == agent.IntentRollback { // "roll it back and put 1.4.1 in": one direction
		delete(asks, agent.IntentDeploy)
	}
	if len(asks) == 1 && asks[i.Kind] {
		return true
	}
	return len(asks) == 0 && j.words.again && j.from.fromRelease && !j.from.open && j.from.kind == i.Kind
}

// accounted: code knows what each word does there. Where the step is one that
// only protects or looks, a reason in free words may stand beside it.
func (j *judge) accounted(k agent.IntentKind) bool {
	switch k {
	case agent.IntentVerify, agent.IntentNotify, agent.IntentLock:
		return !j.words.question || k == agent.IntentVerify
	case agent.IntentDeploy, agent.IntentRollback, agent.IntentUnlock, agent.IntentCancel, agent.IntentHold, agent.IntentResume, agent.IntentStatus,
		agent.IntentHistory, agent.IntentApprovals, agent.IntentLocks, agent.IntentWhy, agent.IntentHelp, agent.IntentClarify, agent.IntentNone:
	}
	w := j.words
	return w.unknown == 0 && !w.question && !w.compound && (!w.first || j.in.RejectionOf > 0)
}
