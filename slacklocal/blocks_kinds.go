package slacklocal

import (
	"unicode/utf8"
)

func (c *checker) nothing(map[string]any, string) {}

const anyText = "mrkdwn plain_text"

func (c *checker) section(b map[string]any, at string) {
	if b["text"] == nil && b["fields"] == nil {
		c.say(at, "missing required field: text or fields")
	}
	c.textObject(b, "text", at, maxText, false, anyText)
	if b["fields"] != nil {
		c.each(c.list(b, "fields", at, 1, maxFields), at+"/fields", func(o map[string]any, here string) {
			c.textAt(o, here, maxField, anyText)
		})
	}
	if e := object(b, "accessory"); e != nil {
		c.element(e, at+"/accessory", "section")
	}
}

func (c *checker) header(b map[string]any, at string) {
	c.plain(b, "text", at, maxHeader, true)
}

func (c *checker) image(b map[string]any, at string) {
	c.picture(b, at)
	c.plain(b, "title", at, maxAlt, false)
}

func (c *checker) imageElement(e map[string]any, at string) { c.picture(e, at) }

func (c *checker) picture(o map[string]any, at string) {
	if o["slack_file"] == nil {
		c.short(o, "image_url", at, 1, maxURL)
	}
	c.short(o, "alt_text", at, 1, maxAlt)
}

func (c *checker) actions(b map[string]any, at string) { c.actionsOf(b, at, "actions", maxActions) }

func (c *checker) actionsOf(b map[string]any, at, parent string, most int) {
	c.each(c.list(b, "elements", at, 1, most), at+"/elements", func(o map[string]any, here string) {
		c.element(o, here, parent)
	})
}

func (c *checker) contextActions(b map[string]any, at string) {
	c.actionsOf(b, at, "context_actions", 5)
}

func (c *checker) context(b map[string]any, at string) {
	c.each(c.list(b, "elements", at, 1, maxContext), at+"/elements", func(o map[string]any, here string) {
		if listed(anyText, str(o, "type")) {
			c.textAt(o, here, maxText, anyText)
			return
		}
		c.element(o, here, "context")
	})
}

func (c *checker) input(b map[string]any, at string) {
	c.inputs = true
	c.plain(b, "label", at, maxLabel, true)
	c.plain(b, "hint", at, maxLabel, false)
	e := object(b, "element")
	if e == nil {
		c.say(at, "missing required field: element")
		return
	}
	c.element(e, at+"/element", "input")
}

func (c *checker) markdown(b map[string]any, at string) {
	c.short(b, "text", at, 1, 1<<30)
	c.markdownTotal += utf8.RuneCountInString(str(b, "text"))
}

func (c *checker) table(b map[string]any, at string) {
	c.tables++
	for i, row := range c.list(b, "rows", at, 1, maxTableRows) {
		cells, ok := row.([]any)
		here := pointer(at+"/rows", i)
		switch {
		case !ok:
			c.say(here, "must provide an array")
		case len(cells) > maxTableCells:
			c.say(here, "no more than %d items allowed", maxTableCells)
		}
		c.each(cells, here, func(o map[string]any, cell string) {
			switch str(o, "type") {
			case "raw_text":
				c.short(o, "text", cell, 1, maxText)
				c.textTotal += utf8.RuneCountInString(str(o, "text"))
			case "rich_text":
				c.richText(o, cell)
			default:
				c.say(cell+"/type", "unsupported type: %s", str(o, "type"))
			}
		})
	}
	c.list(b, "column_settings", at, 0, maxTableCells)
}

// richText checks the outer form and what counts: sections, lists, quotes and
// preformatted text, with text in them that isn't empty.
func (c *checker) richText(b map[string]any, at string) {
	c.each(c.list(b, "elements", at, 1, 1<<20), at+"/elements", c.richPart)
}

func (c *checker) richPart(o map[string]any, at string) {
	switch kind := str(o, "type"); kind {
	case "rich_text_section", "rich_text_preformatted", "rich_text_quote", "rich_text_list":
		c.each(c.list(o, "elements", at, 0, 1<<20), at+"/elements", c.richPart)
	case "text":
		c.short(o, "text", at, 1, 1<<30)
		c.textTotal += utf8.RuneCountInString(str(o, "text"))
	case "link":
		c.short(o, "url", at, 1, maxURL)
		c.textTotal += utf8.RuneCountInString(str(o, "text"))
	case "user", "usergroup", "broadcast", "channel", "emoji", "date", "color", "team":
	default:
		c.say(at+"/type", "unsupported type: %s", kind)
	}
}

// element checks one element by its type and the block it stands in.
func (c *checker) element(e map[string]any, at, parent string) {
	kind := str(e, "type")
	rule, ok := elementRules[kind]
	switch {
	case kind == "":
		c.say(at, "missing required field: type")
		return
	case !ok || !listed(rule.in, parent):
		c.say(at+"/type", "unsupported type: %s", kind)
		return
	}
	fields := "type " + rule.fields
	if kind != "image" {
		fields += " action_id"
		c.short(e, "action_id", at, 0, maxID)
		if id := str(e, "action_id"); id != "" {
			if c.actionIDs[id] {
				c.say(at+"/action_id", "action_id %q already exists", id)
			}
			c.actionIDs[id] = true
		}
	}
	c.known(e, fields, at)
	c.confirm(e, at)
	rule.check(c, e, at)
}

func (c *checker) button(e map[string]any, at string) {
	c.plain(e, "text", at, maxButtonText, true)
	c.short(e, "value", at, 0, maxValue)
	c.short(e, "url", at, 0, maxURL)
	c.short(e, "accessibility_label", at, 0, maxButtonText)
	c.style(e, at)
}

func (c *checker) style(o map[string]any, at string) {
	if s, ok := o["style"]; ok && s != "primary" && s != "danger" {
		c.say(at+"/style", "must be one of: primary danger")
	}
}

func (c *checker) confirm(e map[string]any, at string) {
	v, ok := e["confirm"]
	if !ok {
		return
	}
	at += "/confirm"
	d, ok := v.(map[string]any)
	if !ok {
		c.say(at, "must provide an object")
		return
	}
	c.known(d, "title text confirm deny style", at)
	c.plain(d, "title", at, maxConfirmTitle, true)
	c.textObject(d, "text", at, maxConfirmText, true, anyText)
	c.plain(d, "confirm", at, maxConfirmButton, true)
	c.plain(d, "deny", at, maxConfirmButton, true)
	c.style(d, at)
}

func (c *checker) selectMenu(e map[string]any, at string) {
	c.plain(e, "placeholder", at, maxPlaceholder, false)
}

func (c *checker) staticSelect(e map[string]any, at string) {
	c.selectMenu(e, at)
	groups := e["option_groups"] != nil
	switch {
	case groups && e["options"] != nil:
		c.say(at, "only one of options and option_groups allowed")
	case groups:
		c.each(c.list(e, "option_groups", at, 1, maxOptions), at+"/option_groups", func(o map[string]any, here string) {
			c.known(o, "label options", here)
			c.plain(o, "label", here, maxOptionText, true)
			c.options(o, here, maxOptions, "plain_text")
		})
	default:
		c.options(e, at, maxOptions, "plain_text")
	}
	if first := object(e, "initial_option"); first != nil && findOption(e, str(first, "value")) == nil {
		c.say(at+"/initial_option", "must be one of the options")
	}
}

func (c *checker) overflow(e map[string]any, at string) { c.options(e, at, 5, "plain_text") }

func (c *checker) fewOptions(e map[string]any, at string) { c.options(e, at, 10, anyText) }

func (c *checker) options(e map[string]any, at string, most int, types string) {
	c.each(c.list(e, "options", at, 1, most), at+"/options", func(o map[string]any, here string) {
		c.known(o, "text value description url", here)
		c.textObject(o, "text", here, maxOptionText, true, types)
		c.short(o, "value", here, 1, maxOptionValue)
		c.textObject(o, "description", here, maxOptionText, false, types)
	})
}

func (c *checker) picker(e map[string]any, at string) {
	c.plain(e, "placeholder", at, maxPlaceholder, false)
}

func (c *checker) textInput(e map[string]any, at string) {
	c.plain(e, "placeholder", at, maxPlaceholder, false)
	if most, ok := e["max_length"].(float64); ok && (most < 1 || most > maxText) {
		c.say(at+"/max_length", "must be between 1 and %d", maxText)
	}
	if least, ok := e["min_length"].(float64); ok && (least < 0 || least > maxText) {
		c.say(at+"/min_length", "must be between 0 and %d", maxText)
	}
}
