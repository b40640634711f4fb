package openai

import (
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/releasebot/releasebot/agent"
)

const (
	maxOptions  = 5
	maxQuestion = 300 // characters
)

// say writes an intent as the words that the rules planner reads it from.
func say(i agent.Intent) string {
	var parts []string
	add := func(words ...string) {
		if !slices.Contains(words, "") {
			parts = append(parts, words...)
		}
	}
	switch i.Kind {
	case agent.IntentDeploy:
		add("deploy")
		add(i.Service)
		add(i.Version)
		add("to", i.Environment)
	case agent.IntentRollback:
		add("roll back")
		add(i.Service)
		add("in", i.Environment)
		add("to", i.Version)
	case agent.IntentNotify:
		add("tell me when", i.Service, i.Environment, "is free")
	case agent.IntentCancel, agent.IntentHold, agent.IntentResume, agent.IntentWhy:
		add(string(i.Kind))
		add(i.ID)
	case agent.IntentVerify, agent.IntentLock, agent.IntentUnlock, agent.IntentStatus, agent.IntentHistory:
		add(string(i.Kind))
		add(i.Service)
		add("in", i.Environment)
	case agent.IntentApprovals, agent.IntentLocks, agent.IntentHelp, agent.IntentClarify, agent.IntentNone:
		add(string(i.Kind))
	}
	if len(i.Page) > 0 {
		add("and page " + strings.Join(i.Page, " and ") + " if it fails")
	}
	return strings.Join(parts, " ")
}

func clarify(q agent.Question) agent.Intent {
	return agent.Intent{Kind: agent.IntentClarify, Question: &q}
}

func (j *judge) unclear() agent.Intent {
	return clarify(agent.Question{Text: j.say(notSure), Missing: "request"})
}

// alone is the answer where the model gave none: the rules planner's. Where that
// takes words for nothing that it is not sure about, their speaker is asked.
func (j *judge) alone() agent.Intent {
	if j.ruled.Kind == agent.IntentNone && !j.sure() && !j.in.Aside && j.in.RejectionOf == 0 {
		return j.unclear()
	}
	return j.ruled
}

// confirm asks whether a whole request was meant. The option is one that the
// rules planner reads as just that request, or there is none.
func (j *judge) confirm(i agent.Intent) (agent.Intent, bool) {
	words := say(i)
	if got := j.reads(words); !same(got, i) {
		return j.unclear(), false
	}
	return clarify(agent.Question{Text: j.say(doYouMean, words), Options: []string{words}, Missing: "request"}), true
}

// ruledOrAsk: a part of the reading was not said, or the words speak against
// it. What the rules planner made of them counts; if that is nothing, and the
// words do ask for something of the kind, the person is asked for what is missing.
func (j *judge) ruledOrAsk(i agent.Intent) (agent.Intent, bool) {
	if j.ruled.Kind == agent.IntentClarify || j.words.veto || j.in.RejectionOf > 0 || !j.words.asks[i.Kind] {
		return j.ruled, false
	}
	return j.missing(i), true
}

// missing asks for the first part of a reading that was not said.
func (j *judge) missing(i agent.Intent) agent.Intent {
	p := agent.Intent{Kind: i.Kind, Page: slices.Clone(j.words.paged)}
	switch i.Kind {
	case agent.IntentCancel, agent.IntentHold, agent.IntentResume:
		var options []string
		for _, r := range j.in.Releases {
			if r.Open {
				options = addNew(options, string(i.Kind)+" "+r.ID, maxOptions)
			}
		}
		return clarify(agent.Question{Text: j.say(whichRelease, string(i.Kind)), Options: options, Missing: "id", Partial: &p})
	case agent.IntentDeploy, agent.IntentRollback, agent.IntentVerify, agent.IntentLock, agent.IntentUnlock, agent.IntentNotify, agent.IntentStatus, agent.IntentHistory,
		agent.IntentApprovals, agent.IntentLocks, agent.IntentWhy, agent.IntentHelp, agent.IntentClarify, agent.IntentNone:
	}
	if !j.meantService(i.Service) {
		var options []string
		for _, s := range j.in.Catalog.Services {
			options = addNew(options, s.Name, maxOptions)
		}
		return clarify(agent.Question{Text: j.say(whichService), Options: options, Missing: "service", Partial: &p})
	}
	p.Service = i.Service
	if !j.meantEnvironment(i.Service, i.Environment) {
		var options []string
		for _, e := range environmentsOf(j.in.Catalog, i.Service) {
			options = addNew(options, e, maxOptions)
		}
		if i.Kind == agent.IntentDeploy && j.meantVersion(i) {
			p.Version = i.Version
		}
		return clarify(agent.Question{Text: j.say(whichEnvironment, i.Service), Options: options, Missing: "environment", Partial: &p})
	}
	p.Environment = i.Environment
	if !j.meantVersion(i) {
		q := agent.Question{Text: j.say(whichVersion), Missing: "version", Partial: &p}
		if len(j.words.versions) > 1 {
			q.Text, q.Options = j.say(oneVersion), slices.Clone(j.words.versions[:min(len(j.words.versions), maxOptions)])
		}
		return clarify(q)
	}
	confirmed, _ := j.confirm(i)
	return confirmed
}

// question makes a question of a model's. What an answer would complete is kept
// only as far as it was said, and where an answer could start something the
// text is written here: a person who answers must not be misled about what.
func (j *judge) question(r reply) (agent.Intent, bool) {
	if j.in.RejectionOf > 0 {
		return j.ruled, false
	}
	if j.ruled.Kind == agent.IntentClarify && j.ruled.Question != nil && j.ruled.Question.Partial != nil {
		return j.ruled, false // by code, with what was understood
	}
	kind := agent.IntentKind(r.texts["action"])
	i := r.intent()
	i.Kind = kind
	if changes(kind) && j.words.asks[kind] && !j.words.veto && (j.meantService(i.Service) || r.texts["missing"] == "service") && r.texts["missing"] != "request" {
		return j.missing(i), true
	}
	text := visible(strings.Join(strings.Fields(r.texts["question"]), " "))
	options := j.options(r.lists["options"])
	if !j.showable(text) || len(options) == 1 {
		if j.ruled.Kind == agent.IntentClarify {
			return j.ruled, false
		}
		text, options = j.say(sayItAnother), nil
	}
	q := agent.Question{Text: text, Options: options, Missing: "request"}
	if who := r.texts["ask"]; who != "" && slices.Contains(j.words.people, who) {
		q.Ask = who
	}
	return clarify(q), true
}

// options keeps those that read as a whole request about what was named, or
// about a release of this thread: what could be done after one that failed.
func (j *judge) options(list []string) []string {
	var out []string
	for _, o := range list {
		i := j.reads(o)
		if len(o) > 200 || !decided(i.Kind) || len(i.Page) > 0 {
			continue
		}
		if j.named(i) || j.atHand(i) {
			out = addNew(out, say(i), maxOptions)
		}
	}
	return out
}

// named: the words name the service and the version, if there are any.
func (j *judge) named(i agent.Intent) bool {
	version := i.Version == "" || slices.Contains(j.words.versions, i.Version) || j.sourceFor(i.Service) && j.from.version == i.Version
	return version && (i.Service == "" || !changes(i.Kind) || j.meantService(i.Service))
}

// atHand: it is the target of one of the thread's releases, and a version that this release knows of.
func (j *judge) atHand(i agent.Intent) bool {
	return slices.ContainsFunc(j.in.Releases, func(r agent.ReleaseBrief) bool {
		return r.Service == i.Service && r.Environment == i.Environment && (i.Version == "" || i.Version == r.Version || i.Version == r.Back)
	})
}

// showable: a model's sentence may be shown as a question. It is one question,
// without links, mentions, commands, code or anything about approvals, and not
// a piece of the prompt.
func (j *judge) showable(text string) bool {
	if text == "" || utf8.RuneCountInString(text) > maxQuestion || !strings.ContainsAny(text, "?？؟;") {
		return false
	}
	low := strings.ToLower(text)
	for _, bad := range [...]string{"<", ">", "`", "@", "://", "www.", "/release", "approv", "password", "token", "secret", "key", "sk-", "prompt", "freigab", "genehmig", "everyone", "lgtm"} {
		if strings.Contains(low, bad) {
			return false
		}
	}
	if j.lexicon.host.MatchString(low) {
		return false
	}
	return !j.echo(text)
}
