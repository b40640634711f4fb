package blocks

import (
	"regexp"
	"strings"

	"github.com/slack-go/slack"
)

// tokens are what stands between < and > in a view: a mention, a date.
var tokens = regexp.MustCompile(`<([@!])([^<>|^]*)\^?([^<>|]*)\|?([^<>]*)>`)

var unescape = strings.NewReplacer("&lt;", "<", "&gt;", ">", "&amp;", "&")

// Plain is a view as text, for terminals and tests: a line for each line,
// buttons in brackets, mentions as @U…, dates as they stand in UTC, links with
// their address behind them.
func Plain(v View) string {
	var b strings.Builder
	add := func(prefix string, o *slack.TextBlockObject) {
		if o != nil {
			b.WriteString(prefix + plainly(o.Text) + "\n")
		}
	}
	for _, block := range v.Blocks {
		switch block := block.(type) {
		case *slack.HeaderBlock:
			add("", block.Text)
		case *slack.SectionBlock:
			add("", block.Text)
			for _, f := range block.Fields {
				b.WriteString(strings.Replace(plainly(f.Text), "\n", ": ", 1) + "\n")
			}
		case *slack.ContextBlock:
			for _, e := range block.ContextElements.Elements {
				if o, ok := e.(*slack.TextBlockObject); ok {
					add("  ", o)
				}
			}
		case *slack.ActionBlock:
			for _, e := range block.Elements.ElementSet {
				if btn, ok := e.(*slack.ButtonBlockElement); ok {
					b.WriteString("[" + plainly(btn.Text.Text) + "] ")
				}
			}
			b.WriteByte('\n')
		}
	}
	return b.String()
}

// links are words with an address behind them.
var links = regexp.MustCompile(`<(https?://[^<>|]*)\|([^<>]*)>`)

func plainly(text string) string {
	text = links.ReplaceAllString(text, "$2 ($1)")
	text = tokens.ReplaceAllStringFunc(text, func(m string) string {
		p := tokens.FindStringSubmatch(m)
		switch {
		case p[4] != "":
			return p[4]
		case p[2] == "subteam":
			return "@" + p[3]
		}
		return "@" + p[2]
	})
	return unescape.Replace(strings.NewReplacer("*", "", "`", "").Replace(text))
}
