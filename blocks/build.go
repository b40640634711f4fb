package blocks

import (
	"strings"

	"github.com/slack-go/slack"

	"github.com/releasebot/releasebot/agent"
)

// The constructors of everything that Slack limits. Their texts are already
// escaped; what is too long is cut between tokens.

// mrkdwn is verbatim: Slack takes the markup that stands there, and makes
// nothing of its own out of plain names, channels or addresses.
func mrkdwn(text string, limit int) *slack.TextBlockObject {
	return &slack.TextBlockObject{Type: slack.MarkdownType, Text: fit(text, limit), Verbatim: true}
}

func plainText(text string, limit int) *slack.TextBlockObject {
	noEmoji := false // ":name:" stays what it is
	return &slack.TextBlockObject{Type: slack.PlainTextType, Text: fit(text, limit), Emoji: &noEmoji}
}

func header(text string) slack.Block {
	return &slack.HeaderBlock{Type: slack.MBTHeader, Text: plainText(text, maxHeader)}
}

func section(text string) slack.Block {
	return &slack.SectionBlock{Type: slack.MBTSection, Text: mrkdwn(text, maxSection)}
}

// lines is a section of as many whole lines as fit; the rest is counted.
func lines(list []string) slack.Block { return section(joinLines(list, maxSection)) }

func joinLines(list []string, limit int) string {
	const room = 40 // for the last line, which counts the rest
	var b strings.Builder
	n := 0
	for i, l := range list {
		size := units(l) + 1
		if n+size > limit-room && (i < len(list)-1 || n+size > limit) {
			if i == 0 {
				return fit(l, limit)
			}
			b.WriteString("\n… and " + plural(len(list)-i, "more line", "more lines"))
			break
		}
		if i > 0 {
			b.WriteByte('\n')
		}
		b.WriteString(l)
		n += size
	}
	return b.String()
}

// fields is a section of pairs: a bold label and a text.
func fields(pairs ...string) slack.Block {
	block := &slack.SectionBlock{Type: slack.MBTSection, Fields: make([]*slack.TextBlockObject, 0, len(pairs)/2)}
	for i := 0; i+1 < len(pairs) && len(block.Fields) < maxFields; i += 2 {
		if pairs[i+1] != "" {
			block.Fields = append(block.Fields, mrkdwn("*"+pairs[i]+"*\n"+pairs[i+1], maxField))
		}
	}
	return block
}

func context(texts ...string) slack.Block {
	block := &slack.ContextBlock{Type: slack.MBTContext}
	for _, t := range texts {
		if t != "" && len(block.ContextElements.Elements) < maxContext {
			block.ContextElements.Elements = append(block.ContextElements.Elements, mrkdwn(t, maxContextText))
		}
	}
	return block
}

// codeBlock shows the last lines of a deployer's output that fit.
func codeBlock(title string, log []string) slack.Block {
	const fence = "```"
	from := max(0, len(log)-showLog)
	limit := showOutput
	var kept []string
	for i := len(log) - 1; i >= from; i-- {
		l := content(log[i], showLine, code)
		if limit -= units(l) + 1; limit < 0 {
			break
		}
		kept = append([]string{l}, kept...)
	}
	return section(title + "\n" + fence + "\n" + strings.Join(kept, "\n") + "\n" + fence)
}

// button is one of those that CONTRACT names. Its action id is the verb, which
// stands once in a message; its value is the id of what it is about.
func button(label string, verb agent.Verb, target string, style slack.Style, confirm *slack.ConfirmationBlockObject) slack.BlockElement {
	return &slack.ButtonBlockElement{
		Type: slack.METButton, Text: plainText(label, maxButton), ActionID: string(verb), Value: value(target), Style: style, Confirm: confirm,
	}
}

// value is an id as code made it. Anything else would not come back as it
// went, and gets a value that names nothing.
func value(id string) string {
	if !opaque(id) {
		return "-"
	}
	return id
}

// opaque reports whether s can be an id of ours: printable ASCII, not too long.
func opaque(s string) bool {
	for i := 0; i < len(s); i++ {
		if s[i] <= ' ' || s[i] > '~' {
			return false
		}
	}
	return s != "" && len(s) <= maxID
}

func actions(key string, buttons ...slack.BlockElement) slack.Block {
	return slack.NewActionBlock(blockID(key), buttons[:min(len(buttons), maxActions)]...)
}

func blockID(key string) string { return fit(content(key, maxID, plain), maxID) }

// confirm asks once more. Slack takes plain text only there: no mentions, no dates.
func confirm(title, text, yes, no string, style slack.Style) *slack.ConfirmationBlockObject {
	return &slack.ConfirmationBlockObject{
		Title: plainText(title, maxConfirmTitle), Text: plainText(text, maxConfirmText),
		Confirm: plainText(yes, maxConfirmWord), Deny: plainText(no, maxConfirmWord), Style: style,
	}
}

// fit cuts text that is already escaped, between tokens: never inside an
// escape, a mention or a date, and with a code span or an isolate closed.
func fit(s string, limit int) string {
	if s == "" {
		return "–" // Slack refuses an empty text
	}
	if len(s) <= limit || units(s) <= limit {
		return s
	}
	const room = 3 // "…", the end of an isolate, and a backtick
	n, kept, span, isolate := 0, 0, false, false
	for kept < len(s) {
		size := tokenLen(s[kept:])
		token := s[kept : kept+size]
		if n += units(token); n > limit-room {
			break
		}
		kept += size
		switch token {
		case "`":
			span = !span
		case isolated, popped:
			isolate = token == isolated
		}
	}
	s = s[:kept] + "…"
	if isolate {
		s += popped
	}
	if span {
		s += "`"
	}
	return s
}

// tokenLen is the length of the escape, the mention or the rune at the start of s.
func tokenLen(s string) int {
	end := byte(0)
	switch s[0] {
	case '&':
		end = ';'
	case '<':
		end = '>'
	}
	if end != 0 {
		if i := strings.IndexByte(s, end); i > 0 {
			return i + 1
		}
	}
	for i := range s {
		if i > 0 {
			return i
		}
	}
	return len(s)
}

// within keeps the number of a message's blocks, and all their text together,
// below what Slack takes, the latter by shortening the longest sections. Cards
// are far from both unless everything on them is as long as it may be.
func within(list []slack.Block) []slack.Block {
	const least = 200
	list = list[:min(len(list), maxBlocks)]
	for total := textOf(list); total > maxTotal; {
		var longest *slack.TextBlockObject
		for _, b := range list {
			if s, ok := b.(*slack.SectionBlock); ok && s.Text != nil && !strings.Contains(s.Text.Text, "```") &&
				(longest == nil || len(s.Text.Text) > len(longest.Text)) {
				longest = s.Text
			}
		}
		if longest == nil || len(longest.Text) < least {
			break
		}
		before := len(longest.Text)
		longest.Text = fit(longest.Text, units(longest.Text)/2)
		total -= before - len(longest.Text)
	}
	return list
}

// textOf counts the bytes of all texts, of which there are at least as many as characters.
func textOf(list []slack.Block) int {
	n := 0
	add := func(texts ...*slack.TextBlockObject) {
		for _, o := range texts {
			if o != nil {
				n += len(o.Text)
			}
		}
	}
	for _, b := range list {
		switch b := b.(type) {
		case *slack.HeaderBlock:
			add(b.Text)
		case *slack.SectionBlock:
			add(b.Text)
			add(b.Fields...)
		case *slack.ContextBlock:
			for _, e := range b.ContextElements.Elements {
				if o, ok := e.(*slack.TextBlockObject); ok {
					add(o)
				}
			}
		case *slack.ActionBlock:
			for _, e := range b.Elements.ElementSet {
				if btn, ok := e.(*slack.ButtonBlockElement); ok {
					add(btn.Text)
					if c := btn.Confirm; c != nil {
						add(c.Title, c.Text, c.Confirm, c.Deny)
					}
				}
			}
		}
	}
	return n
}
