package rules

import (
	"fmt"
	"slices"
	"strings"

	"github.com/releasebot/releasebot/agent"
)

// A Command is what follows "/release". Approve and reject are no intents:
// for these Verb, ID and Reason say everything, and Intent is empty.
type Command struct {
	Verb   string // the word itself: deploy, rollback, …, approve, reject, help
	Intent agent.Intent
	ID     string
	Reason string
}

// A CommandError is text that is no command. Its message says what is wrong,
// where, and how the command is written.
type CommandError struct {
	Verb    string // "" where not even that was understood
	Problem string
	Usage   string
}

// Error writes the problem and the usage in two sentences.
func (e *CommandError) Error() string {
	return e.Problem + " Write: /release " + e.Usage
}

// usages lists the commands in the order of the help.
func usages() [][2]string {
	return [][2]string{
		{"deploy", "deploy SERVICE VERSION to ENV"},
		{"rollback", "rollback SERVICE ENV [to VERSION]"},
		{"verify", "verify SERVICE ENV"},
		{"status", "status [SERVICE [ENV]]"},
		{"history", "history SERVICE ENV"},
		{"approvals", "approvals"},
		{"approve", "approve ID"},
		{"reject", "reject ID REASON"},
		{"lock", "lock SERVICE ENV REASON"},
		{"unlock", "unlock SERVICE ENV"},
		{"locks", "locks"},
		{"notify", "notify SERVICE ENV"},
		{"cancel", "cancel ID"},
		{"hold", "hold ID"},
		{"resume", "resume ID"},
		{"why", "why ID"},
		{"help", "help"},
	}
}

// Usage is one line for each command, as help shows them.
func Usage() string {
	var b strings.Builder
	for _, u := range usages() {
		b.WriteString("/release " + u[1] + "\n")
	}
	return b.String()
}

// ParseCommand reads the text after "/release". Nothing at all is help. Names
// may differ from the policy file in case, hyphens and the usual aliases, but
// are not corrected: a command is exact. deploy and rollback may end with
// "and page me if it fails". Errors are of type *CommandError.
func (p *Planner) ParseCommand(text string, cat agent.Catalog) (Command, error) {
	c := parser{p: p, names: p.prepare(cat), text: strings.TrimSpace(clean(whole(text)))}
	c.args = strings.Fields(strings.NewReplacer("`", "", `"`, "").Replace(c.text))
	if len(c.args) == 0 {
		return Command{Verb: "help", Intent: agent.Intent{Kind: agent.IntentHelp}}, nil
	}
	c.verb = strings.ToLower(c.args[0])
	c.args = c.args[1:]
	for _, u := range usages() {
		if u[0] == c.verb {
			c.usage = u[1]
			return c.parse()
		}
	}
	var verbs []string
	for _, u := range usages() {
		verbs = append(verbs, u[0])
	}
	problem := fmt.Sprintf("There is no command “%s”.", shorten(c.verb))
	if sure, _ := near(c.verb, verbs); sure != "" {
		problem += fmt.Sprintf(" Did you mean “%s”?", sure)
	}
	return Command{}, &CommandError{Problem: problem, Usage: "help for all, or one of " + strings.Join(verbs, ", ")}
}

// parser reads one command.
type parser struct {
	p           *Planner
	names       *names
	text        string
	verb, usage string
	args        []string
	page        []string
}

func (c *parser) fail(format string, a ...any) (Command, error) {
	return Command{}, &CommandError{Verb: c.verb, Problem: fmt.Sprintf(format, a...), Usage: c.usage}
}

func (c *parser) done(i agent.Intent) (Command, error) {
	i.Kind = agent.IntentKind(c.verb)
	i.Page = c.page
	return Command{Verb: c.verb, Intent: i, ID: i.ID, Reason: i.Reason}, nil
}

func (c *parser) parse() (Command, error) {
	switch c.verb {
	case "deploy":
		return c.deploy()
	case "rollback":
		return c.rollback()
	case "lock":
		return c.lock()
	case "approve", "reject":
		return c.decision()
	case "cancel", "hold", "resume", "why":
		return c.byID()
	case "approvals", "locks", "help":
		if len(c.args) > 0 && c.verb != "help" {
			return c.fail("“%s” takes nothing after it, but “%s” stands there.", c.verb, shorten(strings.Join(c.args, " ")))
		}
		return c.done(agent.Intent{})
	}
	return c.place()
}

// place reads verify, status, history, unlock and notify.
func (c *parser) place() (Command, error) {
	args := slices.DeleteFunc(slices.Clone(c.args), isPreposition)
	least := 2
	if c.verb == "status" {
		least = 0
	}
	if len(args) < least {
		return c.missing(args)
	}
	if len(args) > 2 {
		return c.fail("“%s” is one word too many.", shorten(args[2]))
	}
	i, err := c.target(args)
	if err != nil {
		return Command{}, err
	}
	return c.done(i)
}

func isPreposition(w string) bool {
	switch strings.ToLower(w) {
	case "to", "in", "on", "from", "->":
		return true
	}
	return false
}

func (c *parser) missing(args []string) (Command, error) {
	if len(args) == 0 {
		return c.fail("The service is missing; there is %s.", list(c.names.list))
	}
	s, err := c.service(args[0])
	if err != nil {
		return Command{}, err
	}
	return c.fail("The environment is missing; %s has %s.", s, list(c.names.environments(s)))
}

// target reads SERVICE and ENV.
func (c *parser) target(args []string) (agent.Intent, error) {
	var i agent.Intent
	var err error
	if len(args) > 0 {
		if i.Service, err = c.service(args[0]); err != nil {
			return i, err
		}
	}
	if len(args) > 1 {
		i.Environment, err = c.environment(args[1], i.Service)
	}
	return i, err
}

func (c *parser) service(w string) (string, error) {
	found := exact(c.names.services, w)
	if len(found) == 1 {
		return found[0], nil
	}
	problem := fmt.Sprintf("There is no service “%s”; there is %s.", shorten(w), list(c.names.list))
	if _, options := near(w, c.names.list); len(options) > 0 {
		problem = fmt.Sprintf("There is no service “%s”. Did you mean %s?", shorten(w), list(options))
	}
	return "", &CommandError{Verb: c.verb, Problem: problem, Usage: c.usage}
}

func (c *parser) environment(w, service string) (string, error) {
	found := c.names.environment(w, service)
	if len(found) == 1 {
		return found[0], nil
	}
	problem := fmt.Sprintf("%s has no environment “%s”; it has %s.", service, shorten(w), list(c.names.environments(service)))
	if len(found) > 1 {
		problem = fmt.Sprintf("“%s” could be %s.", shorten(w), list(found))
	}
	return "", &CommandError{Verb: c.verb, Problem: problem, Usage: c.usage}
}

// version reads a version: any one word, but none that moves.
func (c *parser) version(w string) (string, error) {
	problem := ""
	switch {
	case c.p.lexicon.phrases[key(w)] == clsVague:
		problem = fmt.Sprintf("“%s” is no version: it means another one tomorrow. Name a tag or a commit.", shorten(w))
	case len(w) > 200:
		problem = "The version is longer than 200 characters."
	case isPreposition(w):
		problem = fmt.Sprintf("The version is missing before “%s”.", w)
	case len(exact(c.names.services, w)) > 0:
		problem = fmt.Sprintf("“%s” is a service; where it stands the version should be.", shorten(w))
	}
	if problem != "" {
		return "", &CommandError{Verb: c.verb, Problem: problem, Usage: c.usage}
	}
	return w, nil
}

// paging takes "and page … if it fails" off the end of the words.
func (c *parser) paging() error {
	at := slices.IndexFunc(c.args, func(w string) bool {
		k := strings.ToLower(strings.Trim(w, ",;"))
		return k == "and" || k == "page" || k == "ping" || k == "wake"
	})
	if at < 0 {
		return nil
	}
	tail := strings.Join(c.args[at:], " ")
	m := c.p.read(tail, c.names)
	for i := range m.segs {
		s := &m.segs[i]
		if s.set.within(small()) {
			continue
		}
		kind, who := c.p.grammar.page(s)
		if kind != pageFailure || !s.set.meets(setOf(clsPage, clsTell, clsLet)) {
			return &CommandError{Verb: c.verb, Problem: fmt.Sprintf("I can't keep “%s”: only “and page me if it fails”, or names of the policy file's people, may stand there.", shorten(tail)), Usage: c.usage}
		}
		for _, w := range who {
			c.page = addNew(c.page, w)
		}
	}
	c.args = c.args[:at]
	if n := len(c.args); n > 0 {
		c.args[n-1] = strings.TrimRight(c.args[n-1], ",;")
	}
	return nil
}

func (c *parser) deploy() (Command, error) {
	if err := c.paging(); err != nil {
		return Command{}, err
	}
	args := c.args
	if len(args) > 0 {
		if parts := divide(c.p.lexicon, c.names, token{text: args[0], key: key(args[0])}); len(parts) == 2 { // shop@1.4.2
			args = append(slices.Clone(parts), args[1:]...)
		}
	}
	if len(args) == 0 {
		return c.fail("The service is missing; there is %s.", list(c.names.list))
	}
	service, err := c.service(args[0])
	if err != nil {
		return Command{}, err
	}
	if len(args) == 1 {
		return c.fail("The version of %s is missing.", service)
	}
	version, err := c.version(args[1])
	if err != nil {
		return Command{}, err
	}
	rest := args[2:]
	if len(rest) > 0 && isPreposition(rest[0]) {
		rest = rest[1:]
	}
	if len(rest) == 0 {
		return c.fail("The environment is missing; %s has %s.", service, list(c.names.environments(service)))
	}
	environment, err := c.environment(rest[0], service)
	if err != nil {
		return Command{}, err
	}
	if len(rest) > 1 {
		return c.fail("I can't keep “%s”: a deploy takes a service, a version and an environment, and starts now.", shorten(strings.Join(rest[1:], " ")))
	}
	return c.done(agent.Intent{Service: service, Version: version, Environment: environment})
}

func (c *parser) rollback() (Command, error) {
	if err := c.paging(); err != nil {
		return Command{}, err
	}
	args := c.args
	version := ""
	if at := slices.IndexFunc(args, func(w string) bool { return strings.EqualFold(w, "to") }); at >= 0 {
		if len(args) != at+2 {
			return c.fail("One version belongs after “to”.")
		}
		v, err := c.version(args[at+1])
		if err != nil {
			return Command{}, err
		}
		version, args = v, args[:at]
	}
	args = slices.DeleteFunc(slices.Clone(args), isPreposition)
	if len(args) < 2 {
		return c.missing(args)
	}
	if len(args) > 2 {
		return c.fail("“%s” is one word too many; a version stands after “to”.", shorten(args[2]))
	}
	i, err := c.target(args)
	if err != nil {
		return Command{}, err
	}
	i.Version = version
	return c.done(i)
}

func (c *parser) lock() (Command, error) {
	args := c.args
	if len(args) > 1 && isPreposition(args[1]) {
		args = append([]string{args[0]}, args[2:]...)
	}
	if len(args) < 2 {
		return c.missing(args)
	}
	i, err := c.target(args[:2])
	if err != nil {
		return Command{}, err
	}
	rest := args[2:]
	if len(rest) > 1 && strings.EqualFold(rest[0], "for") && isDuration(strings.ToLower(rest[1])) {
		i.For, rest = goDuration(strings.ToLower(rest[1])), rest[2:]
	}
	i.Reason = trimReason(strings.Join(rest, " "))
	if i.Reason == "" {
		return c.fail("The reason is missing: others will read it when they have to wait.")
	}
	return c.done(i)
}

// decision reads approve and reject.
func (c *parser) decision() (Command, error) {
	id, err := c.id()
	if err != nil {
		return Command{}, err
	}
	reason := strings.Join(c.args[1:], " ")
	switch {
	case c.verb == "approve" && reason != "":
		return c.fail("“%s” is too much: an approval takes an id and nothing else.", shorten(reason))
	case c.verb == "reject" && reason == "":
		return c.fail("The reason of the rejection is missing.")
	}
	return Command{Verb: c.verb, ID: id, Reason: reason}, nil
}

func (c *parser) byID() (Command, error) {
	id, err := c.id()
	if err != nil {
		return Command{}, err
	}
	if len(c.args) > 1 {
		return c.fail("“%s” is one word too many.", shorten(c.args[1]))
	}
	return c.done(agent.Intent{ID: id})
}

func (c *parser) id() (string, error) {
	if len(c.args) == 0 {
		return "", &CommandError{Verb: c.verb, Problem: "The id is missing: it is the short one that the card shows.", Usage: c.usage}
	}
	id := strings.Trim(c.args[0], "#"+string(markMention)+string(markLink)+string(markBroadcast))
	for k := 0; k < len(id); k++ {
		if !isDigit(id[k]) && !isLetter(id[k]) && id[k] != '-' && id[k] != '_' && id[k] != '.' || len(id) > 64 {
			return "", &CommandError{Verb: c.verb, Problem: fmt.Sprintf("“%s” is no id: it is the short one that the card shows.", shorten(id)), Usage: c.usage}
		}
	}
	if id == "" {
		return "", &CommandError{Verb: c.verb, Problem: "The id is missing: it is the short one that the card shows.", Usage: c.usage}
	}
	return id, nil
}
