package openai

import (
	_ "embed" // the prompts
	"fmt"
	"strings"
)

// The prompts stand in files, to be read and reviewed as what they are. A
// placeholder is a name between double braces; nothing else is special. They
// are not text/template's: that finds methods by their names, which keeps the
// linker from leaving out any method of the whole program, eight megabytes of them.
var (
	//go:embed prompts/system.tmpl
	systemPrompt string
	//go:embed prompts/thread.tmpl
	threadPrompt string
	//go:embed prompts/repair.tmpl
	repairPrompt string
)

// fill puts values into a text's placeholders. What a value holds is not looked
// at: braces in it are text. A placeholder without a value stays as it is.
func fill(text string, values map[string]string) string {
	var b strings.Builder
	for {
		before, rest, found := strings.Cut(text, "{{")
		b.WriteString(before)
		if !found {
			return b.String()
		}
		name, after, closed := strings.Cut(rest, "}}")
		value, known := values[name]
		if !closed || !known {
			b.WriteString("{{")
			text = rest
			continue
		}
		b.WriteString(value)
		text = after
	}
}

// fillBlocks fills a text whose blocks stand apart by an empty line, and leaves
// out those that have a placeholder whose value is empty.
func fillBlocks(text string, values map[string]string) string {
	var b strings.Builder
	for block := range strings.SplitSeq(strings.TrimSuffix(text, "\n"), "\n\n") {
		empty := false
		for name, value := range values {
			empty = empty || value == "" && strings.Contains(block, "{{"+name+"}}")
		}
		if !empty {
			b.WriteString(fill(block, values) + "\n")
		}
	}
	return b.String()
}

// text is the user message.
func (v view) text() string {
	var services, turns, people []string
	for _, s := range v.Services {
		services = append(services, serviceLine(s))
	}
	if v.Omitted > 0 {
		services = append(services, fmt.Sprintf("(%d more services, none of them named in this thread)", v.Omitted))
	}
	for _, p := range v.People {
		people = append(people, data(p))
	}
	for _, t := range v.Turns {
		turns = append(turns, turnLine(t))
	}
	rejection := ""
	if v.Rejection > 0 {
		rejection = fmt.Sprint(v.Rejection)
	}
	lines := func(l []string) string { return strings.Join(l, "\n") }
	return fillBlocks(threadPrompt, map[string]string{
		"now": v.Now, "services": lines(services), "people": strings.Join(people, ", "), "summary": lines(v.Summary), "releases": lines(v.Releases),
		"earlier": lines(turns), "question": v.Question, "rejection": rejection, "words": data(v.Words),
	})
}
