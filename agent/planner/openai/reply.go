package openai

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/releasebot/releasebot/agent"
)

// Bounds on a reply's free text, in characters.
const (
	maxReply    = 16 << 10 // bytes of the whole
	maxText     = 400
	maxTextList = 8
)

// reply is what a model said, checked against the schema and nothing else yet.
type reply struct {
	kind  agent.IntentKind
	texts map[string]string
	lists map[string][]string
}

func (r reply) intent() agent.Intent {
	return agent.Intent{
		Kind: r.kind, Service: r.texts["service"], Environment: r.texts["environment"], Version: r.texts["version"],
		Page: r.lists["page"], ID: r.texts["id"], Reason: r.texts["reason"], For: r.texts["for"],
		About: agent.About(r.texts["about"]), Since: dateOf(r.texts["since"]),
	}
}

// read checks a reply. Its error is one that the model can mend: it says which
// field is wrong and what would be right.
func (c choices) read(content string) (reply, error) {
	if len(content) > maxReply {
		return reply{}, fmt.Errorf("the reply is longer than %d bytes", maxReply)
	}
	if !utf8.ValidString(content) {
		return reply{}, errors.New("the reply is not UTF-8")
	}
	root, err := members([]byte(content))
	if err != nil {
		return reply{}, fmt.Errorf("the reply is not one JSON object: %w", err)
	}
	if err := exactly(root, []string{"intent"}); err != nil {
		return reply{}, err
	}
	body, err := members(root["intent"])
	if err != nil {
		return reply{}, fmt.Errorf("`intent` is not one JSON object: %w", err)
	}
	var kind string
	if err := json.Unmarshal(body["kind"], &kind); err != nil {
		return reply{}, errors.New("`intent.kind` must be a string")
	}
	var kinds []string
	for _, s := range c.offered() {
		if string(s.kind) == kind {
			return c.readShape(s, body)
		}
		kinds = append(kinds, string(s.kind))
	}
	return reply{}, fmt.Errorf("`intent.kind` must be one of %s", strings.Join(kinds, ", "))
}

func (c choices) readShape(s shape, body map[string]json.RawMessage) (reply, error) {
	names := []string{"kind"}
	for _, f := range s.fields {
		names = append(names, f.name)
	}
	if err := exactly(body, names); err != nil {
		return reply{}, fmt.Errorf("an intent of kind %q: %w", s.kind, err)
	}
	r := reply{kind: s.kind, texts: map[string]string{}, lists: map[string][]string{}}
	for _, f := range s.fields {
		if err := c.readField(&r, f, body[f.name]); err != nil {
			return reply{}, err
		}
	}
	return r, c.fits(r)
}

func (c choices) readField(r *reply, f field, raw json.RawMessage) error {
	if bytes.Equal(bytes.TrimSpace(raw), []byte("null")) {
		if !f.nullable {
			return fmt.Errorf("`%s` must not be null", f.name)
		}
		return nil
	}
	switch f.form {
	case formTexts, formPeople:
		var list []string
		if err := json.Unmarshal(raw, &list); err != nil {
			return fmt.Errorf("`%s` must be a list of strings", f.name)
		}
		if len(list) > maxTextList {
			return fmt.Errorf("`%s` has more than %d entries", f.name, maxTextList)
		}
		for _, v := range list {
			if err := c.allowed(f, v); err != nil {
				return err
			}
		}
		r.lists[f.name] = list
		return nil
	case formService, formEnvironment, formVersion, formID, formPerson, formText, formAction, formMissing, formAbout, formDay:
	}
	var v string
	if err := json.Unmarshal(raw, &v); err != nil {
		return fmt.Errorf("`%s` must be a string", f.name)
	}
	if err := c.allowed(f, v); err != nil {
		return err
	}
	r.texts[f.name] = v
	return nil
}

// allowed: a listed value is one of its list, just so; free text is not too long.
func (c choices) allowed(f field, v string) error {
	if f.form == formText || f.form == formTexts {
		if utf8.RuneCountInString(v) > maxText {
			return fmt.Errorf("`%s` is longer than %d characters", f.name, maxText)
		}
		return nil
	}
	values := c.values(f.form)
	if slices.Contains(values, v) {
		return nil
	}
	if len(values) > 12 {
		return fmt.Errorf("`%s` must be one of the values that the schema lists", f.name)
	}
	return fmt.Errorf("`%s` must be one of %s", f.name, strings.Join(values, ", "))
}

// fits checks what a schema can't say: the service has the environment.
func (c choices) fits(r reply) error {
	service, env := r.texts["service"], r.texts["environment"]
	if service == "" || env == "" {
		return nil
	}
	for _, s := range c.services {
		if s.Name == service && !slices.Contains(s.Environments, env) {
			return fmt.Errorf("the service %s has no environment %s; it has %s", service, env, strings.Join(s.Environments, ", "))
		}
	}
	return nil
}

// exactly: these members and no others.
func exactly(got map[string]json.RawMessage, names []string) error {
	for _, n := range names {
		if _, ok := got[n]; !ok {
			return fmt.Errorf("the field `%s` is missing", n)
		}
	}
	if len(got) > len(names) {
		return fmt.Errorf("there are fields other than %s", strings.Join(names, ", "))
	}
	return nil
}

// members reads one JSON object and no more, and refuses a name that comes
// twice: which of the two counts would depend on who reads it.
func members(raw []byte) (map[string]json.RawMessage, error) {
	d := json.NewDecoder(bytes.NewReader(raw))
	open, err := d.Token()
	if err != nil {
		return nil, err
	}
	if open != json.Delim('{') {
		return nil, errors.New("it does not begin with {")
	}
	out := map[string]json.RawMessage{}
	for d.More() {
		name, err := d.Token()
		if err != nil {
			return nil, err
		}
		key, ok := name.(string)
		if !ok {
			return nil, errors.New("a member has no name")
		}
		if _, twice := out[key]; twice {
			return nil, fmt.Errorf("the field `%s` stands there twice", shorten(key, 40))
		}
		var v json.RawMessage
		if err := d.Decode(&v); err != nil {
			return nil, err
		}
		out[key] = v
	}
	if _, err := d.Token(); err != nil {
		return nil, err
	}
	if _, err := d.Token(); !errors.Is(err, io.EOF) {
		return nil, errors.New("something follows after it")
	}
	return out, nil
}
