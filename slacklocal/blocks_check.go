package slacklocal

import (
	"encoding/json"
	"fmt"
	"sort"
	"unicode/utf8"
)

// checker collects what is wrong with blocks, each with the JSON pointer that Slack
// names it by.
type checker struct {
	surface       surface
	problems      []string
	blockIDs      map[string]bool
	actionIDs     map[string]bool // of the block under way
	markdownTotal int
	textTotal     int
	tables        int
	inputs        bool
}

func pointer(at string, i int) string { return fmt.Sprintf("%s/%d", at, i) }

func newChecker(on surface) *checker {
	return &checker{surface: on, blockIDs: map[string]bool{}}
}

func (c *checker) say(at, format string, args ...any) {
	c.problems = append(c.problems, fmt.Sprintf(format, args...)+" [json-pointer:"+at+"]")
}

// readBlocks decodes the blocks of a call: a JSON array of objects, nothing else.
func readBlocks(a args) ([]Block, error) {
	var list []json.RawMessage
	if !a.json("blocks", &list) || list == nil {
		return nil, fail("invalid_blocks_format")
	}
	blocks := []Block{}
	for _, raw := range list {
		var b Block
		if err := json.Unmarshal(raw, &b); err != nil || b == nil {
			return nil, fail("invalid_blocks_format")
		}
		blocks = append(blocks, b)
	}
	return blocks, nil
}

// checkMessage checks the blocks of a message.
func checkMessage(blocks []Block) error {
	c := newChecker(onMessage)
	c.blocks(blocks, "/blocks", maxMessageBlocks)
	switch {
	case len(c.problems) > 0:
		return &apiError{code: "invalid_blocks", messages: c.problems}
	case c.markdownTotal > maxMarkdown || c.textTotal > maxTotalText:
		return fail("msg_blocks_too_long")
	}
	return nil
}

// checkView checks a modal or home tab.
func checkView(v map[string]any, kind string) error {
	c := newChecker(surface(kind))
	if got := str(v, "type"); got != kind {
		c.say("/view/type", "must be %s", kind)
	}
	c.known(v, "type title submit close blocks private_metadata callback_id external_id clear_on_close notify_on_close submit_disabled", "/view")
	list, ok := v["blocks"].([]any)
	if !ok {
		c.say("/view", "missing required field: blocks")
	}
	var blocks []Block
	for i, e := range list {
		b, ok := e.(map[string]any)
		if !ok {
			c.say(pointer("/view/blocks", i), "must be an object")
			continue
		}
		blocks = append(blocks, b)
	}
	c.blocks(blocks, "/view/blocks", maxViewBlocks)
	if kind == "modal" {
		c.plain(v, "title", "/view", maxViewWords, true)
		c.plain(v, "submit", "/view", maxViewWords, false)
		c.plain(v, "close", "/view", maxViewWords, false)
		if c.inputs && v["submit"] == nil {
			c.say("/view", "missing required field: submit, where there is an input block")
		}
	}
	c.short(v, "private_metadata", "/view", 0, maxPrivate)
	c.short(v, "callback_id", "/view", 0, maxID)
	c.short(v, "external_id", "/view", 0, maxID)
	if len(c.problems) > 0 {
		return &apiError{code: "invalid_arguments", messages: c.problems}
	}
	return nil
}

func (c *checker) blocks(blocks []Block, at string, most int) {
	if len(blocks) > most {
		c.say(at, "no more than %d items allowed", most)
	}
	for i, b := range blocks {
		here := pointer(at, i)
		rule, ok := blockRules[b.Type()]
		switch {
		case b.Type() == "":
			c.say(here, "missing required field: type")
			continue
		case !ok || !listed(rule.on, string(c.surface)):
			c.say(here+"/type", "unsupported type: %s", b.Type())
			continue
		}
		c.known(b, "type block_id "+rule.fields, here)
		c.short(b, "block_id", here, 0, maxID)
		if id := b.ID(); id != "" {
			if c.blockIDs[id] {
				c.say(here+"/block_id", "block_id %q already exists", id)
			}
			c.blockIDs[id] = true
		}
		c.actionIDs = map[string]bool{}
		rule.check(c, b, here)
	}
	if c.tables > maxTables {
		c.say(at, "only_one_table_allowed")
	}
}

// known refuses fields that Slack does not know.
func (c *checker) known(o map[string]any, fields, at string) {
	for _, k := range sortedKeys(o) {
		if !listed(fields, k) {
			c.say(at, "invalid additional property: %s", k)
		}
	}
}

func sortedKeys(o map[string]any) []string {
	var keys []string
	for k := range o {
		keys = append(keys, k)
	}
	sort.Strings(keys)
	return keys
}

// short checks a field that is a plain string; least above 0 makes it required.
func (c *checker) short(o map[string]any, field, at string, least, most int) {
	v, ok := o[field]
	if !ok || v == nil {
		if least > 0 {
			c.say(at, "missing required field: %s", field)
		}
		return
	}
	s, ok := v.(string)
	if !ok {
		c.say(at+"/"+field, "must provide a string")
		return
	}
	c.length(s, at+"/"+field, least, most)
}

func (c *checker) length(s, at string, least, most int) {
	switch n := utf8.RuneCountInString(s); {
	case n < least:
		c.say(at, "must be more than %d characters", least-1)
	case n > most:
		c.say(at, "must be less than %d characters", most+1)
	}
}

// plain checks a field that is a plain_text object.
func (c *checker) plain(o map[string]any, field, at string, most int, required bool) {
	c.textObject(o, field, at, most, required, "plain_text")
}

// textObject checks a field that is a text object of one of these types. Slack names
// the field first and then what is wrong inside.
func (c *checker) textObject(o map[string]any, field, at string, most int, required bool, types string) {
	v, ok := o[field]
	if !ok || v == nil {
		if required {
			c.say(at, "missing required field: %s", field)
		}
		return
	}
	t, ok := v.(map[string]any)
	here := at + "/" + field
	if !ok {
		c.say(here, "must provide an object")
		return
	}
	c.textAt(t, here, most, types)
}

func (c *checker) textAt(t map[string]any, here string, most int, types string) {
	before := len(c.problems)
	kind := str(t, "type")
	switch {
	case kind == "":
		c.say(here, "missing required field: type")
	case !listed(types, kind):
		c.say(here+"/type", "must be one of: %s", types)
	}
	fields := "type text emoji"
	if kind == "mrkdwn" {
		fields = "type text verbatim"
	}
	c.known(t, fields, here)
	c.short(t, "text", here, 1, most)
	c.textTotal += utf8.RuneCountInString(str(t, "text"))
	if len(c.problems) > before {
		inner := append([]string{}, c.problems[before:]...)
		c.problems = append(c.problems[:before], "failed to match all allowed schemas [json-pointer:"+here+"]")
		c.problems = append(c.problems, inner...)
	}
}

// list returns a required list field, checked for its number of items.
func (c *checker) list(o map[string]any, field, at string, least, most int) []any {
	v, ok := o[field]
	if !ok || v == nil {
		if least > 0 {
			c.say(at, "missing required field: %s", field)
		}
		return nil
	}
	l, ok := v.([]any)
	switch {
	case !ok:
		c.say(at+"/"+field, "must provide an array")
	case len(l) < least:
		c.say(at+"/"+field, "no fewer than %d items allowed", least)
	case len(l) > most:
		c.say(at+"/"+field, "no more than %d items allowed", most)
	}
	return l
}

// each visits the objects of a list and says where one isn't an object.
func (c *checker) each(l []any, at string, visit func(o map[string]any, at string)) {
	for i, v := range l {
		here := pointer(at, i)
		o, ok := v.(map[string]any)
		if !ok {
			c.say(here, "must provide an object")
			continue
		}
		visit(o, here)
	}
}
