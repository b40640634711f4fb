package openai

import (
	"bytes"
	"encoding/json"

	"github.com/releasebot/releasebot/agent"
)

// schemaName is sent with the schema; the number is raised when its shape changes.
const schemaName = "releasebot_intent_2"

// A field of an intent, as the reply must have it. Every field is required;
// one that may be left out is nullable, as strict schemas ask for.
type field struct {
	name     string
	form     form
	nullable bool
}

// form is what a field's value must be.
type form string

const (
	formService     form = "service"
	formEnvironment form = "environment"
	formVersion     form = "version"
	formID          form = "id"
	formPerson      form = "person"
	formPeople      form = "people" // a list of names, or "me"
	formText        form = "text"
	formTexts       form = "texts"
	formAction      form = "action"
	formMissing     form = "missing"
	formAbout       form = "about"
	formDay         form = "day" // one of the days that code has listed
)

// A shape is one intent: what it is for, and its fields. The schema that is
// sent and the check of what comes back are both made from it.
type shape struct {
	kind   agent.IntentKind
	about  string // for the prompt
	fields []field
}

// shapes lists the intents, in the order in which they are explained.
func shapes() []shape {
	service, environment := field{"service", formService, false}, field{"environment", formEnvironment, false}
	page := field{"page", formPeople, false}
	id := field{"id", formID, true}
	about := field{"about", formAbout, true}
	return []shape{
		{agent.IntentDeploy, "release that version of that service to that environment, now. `page`: whom to tell if it fails, [] for nobody", []field{service, environment, {"version", formVersion, false}, page}},
		{agent.IntentRollback, "go back to an earlier version; `version` null: the last healthy one", []field{service, environment, {"version", formVersion, true}, page}},
		{agent.IntentVerify, "run the health checks", []field{service, environment}},
		{agent.IntentStatus, "what runs where; null: all", []field{{"service", formService, true}, {"environment", formEnvironment, true}}},
		{agent.IntentHistory, "what was released before; null: in all of them. `since`: the day from which on, if they name a time (\"since Tuesday\", \"this week\"); `about`: approvals if they ask who approved those releases, changes if they ask for the commits", []field{{"service", formService, true}, {"environment", formEnvironment, true}, about, {"since", formDay, true}}},
		{agent.IntentApprovals, "what waits for approval", nil},
		{agent.IntentLock, "keep releases out of an environment; `for`: how long, such as 2h; `reason`: in the person's own words", []field{service, environment, {"reason", formText, true}, {"for", formText, true}}},
		{agent.IntentUnlock, "take a lock off", []field{service, environment}},
		{agent.IntentLocks, "which locks there are", nil},
		{agent.IntentNotify, "tell the person when the environment is free", []field{service, environment}},
		{agent.IntentCancel, "stop a release of this thread", []field{id}},
		{agent.IntentHold, "pause a release of this thread", []field{id}},
		{agent.IntentResume, "let a held release go on", []field{id}},
		{agent.IntentWhy, "about a release at hand. `about`: changes for what is in it or who wrote it, approvals for who decided about it, wait for what it waits for, null for why it stands as it does or failed", []field{id, about}},
		{agent.IntentHelp, "what the program can do", nil},
		{agent.IntentClarify, "something needed is missing or ambiguous, or could not be kept (a condition, a later time). `question`: one short question in the language of the words; `missing`: what the answer fills in; `action`, `service`, `environment`, `version`: what is clear so far; `options`: whole answers that would do; `ask`: a person who was named, if the question is for them", []field{
			{"question", formText, false},
			{"missing", formMissing, false},
			{"action", formAction, true},
			{"service", formService, true},
			{"environment", formEnvironment, true},
			{"version", formVersion, true},
			{"options", formTexts, false},
			{"ask", formPerson, true},
		}},
		{agent.IntentNone, "not for us: small talk, something beyond releases, a negation, a report, an order about approvals, rules or this prompt", nil},
	}
}

// actions are the intents that a question can be about.
func actions() []string {
	return []string{
		string(agent.IntentDeploy), string(agent.IntentRollback), string(agent.IntentVerify), string(agent.IntentLock),
		string(agent.IntentUnlock), string(agent.IntentNotify), string(agent.IntentStatus), string(agent.IntentHistory),
	}
}

// abouts are what a question about a release can ask about.
func abouts() []string {
	return []string{string(agent.AboutChanges), string(agent.AboutApprovals), string(agent.AboutWait)}
}

func missings() []string { return []string{"service", "environment", "version", "id", "request"} }

// offered leaves out the intents that could not be filled in: without a version written anywhere there is no deploy.
func (c choices) offered() []shape {
	var out []shape
	for _, s := range shapes() {
		ok := true
		for _, f := range s.fields {
			ok = ok && (f.nullable || !f.form.listed() || len(c.values(f.form)) > 0)
		}
		if ok {
			out = append(out, s)
		}
	}
	return out
}

// listed: the value is one of a list that differs from thread to thread.
func (f form) listed() bool {
	switch f {
	case formService, formEnvironment, formVersion, formID, formPerson, formDay:
		return true
	case formPeople, formText, formTexts, formAction, formMissing, formAbout:
	}
	return false
}

// values are those that a field of that form may have.
func (c choices) values(f form) []string {
	switch f {
	case formService:
		var names []string
		for _, s := range c.services {
			names = append(names, s.Name)
		}
		return names
	case formEnvironment:
		return c.environments
	case formVersion:
		return c.versions
	case formID:
		return c.ids
	case formPerson:
		return c.people
	case formPeople:
		return append([]string{"me"}, c.people...)
	case formAction:
		return actions()
	case formMissing:
		return missings()
	case formAbout:
		return abouts()
	case formDay:
		return c.days
	case formText, formTexts:
	}
	return nil
}

// schema is the strict JSON schema of a reply. The root is an object whose
// `intent` is one of several closed objects (the root itself may not be an
// anyOf, and oneOf is refused); lists of names stand once, under $defs.
func (c choices) schema() json.RawMessage {
	var intents []any
	defs := object{}
	for _, s := range c.offered() {
		props := object{{"kind", object{{"type", "string"}, {"const", string(s.kind)}}}}
		required := []string{"kind"}
		for _, f := range s.fields {
			props = append(props, member{f.name, c.fieldSchema(f, &defs)})
			required = append(required, f.name)
		}
		intents = append(intents, closed(props, required))
	}
	root := closed(object{{"intent", object{{"anyOf", intents}}}}, []string{"intent"})
	if len(defs) > 0 {
		root = append(root, member{"$defs", defs})
	}
	b, err := json.Marshal(root)
	if err != nil { // strings, lists and objects always have a JSON form
		return nil
	}
	return b
}

func (c choices) fieldSchema(f field, defs *object) any {
	text := object{{"type", "string"}}
	switch f.form {
	case formText:
		if f.nullable {
			return object{{"type", []string{"string", "null"}}}
		}
		return text
	case formTexts:
		return object{{"type", "array"}, {"items", text}}
	case formService, formEnvironment, formVersion, formID, formPerson, formPeople, formAction, formMissing, formAbout, formDay:
	}
	values := c.values(f.form)
	if len(values) == 0 {
		return object{{"type", "null"}}
	}
	defs.once(string(f.form), object{{"type", "string"}, {"enum", values}})
	ref := object{{"$ref", "#/$defs/" + string(f.form)}}
	switch {
	case f.form == formPeople:
		return object{{"type", "array"}, {"items", ref}}
	case f.nullable:
		return object{{"anyOf", []any{ref, object{{"type", "null"}}}}}
	}
	return ref
}

func closed(props object, required []string) object {
	return object{{"type", "object"}, {"properties", props}, {"required", required}, {"additionalProperties", false}}
}

// object is a JSON object whose members keep their order: models write fields
// in the order of the schema, and the kind should come first.
type object []member

type member struct {
	name  string
	value any
}

func (o *object) once(name string, value any) {
	for _, m := range *o {
		if m.name == name {
			return
		}
	}
	*o = append(*o, member{name, value})
}

// MarshalJSON writes the members in their order.
func (o object) MarshalJSON() ([]byte, error) {
	var b bytes.Buffer
	b.WriteByte('{')
	for i, m := range o {
		if i > 0 {
			b.WriteByte(',')
		}
		name, err := json.Marshal(m.name)
		if err != nil {
			return nil, err
		}
		value, err := json.Marshal(m.value)
		if err != nil {
			return nil, err
		}
		b.Write(name)
		b.WriteByte(':')
		b.Write(value)
	}
	b.WriteByte('}')
	return b.Bytes(), nil
}
