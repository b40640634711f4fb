package blocks

import (
	"strings"

	"github.com/slack-go/slack"

	"github.com/releasebot/releasebot/agent"
)

// forYou is how package agent begins the line of an approval that the asker may give.
const forYou = "*Waiting for you*: "

// Answer is what is said back to a question about releases, in the thread or,
// for a command, to the asker alone. Its lines were made by code.
func Answer(a agent.Answered, opt Options) View {
	title := sentence(a.Title, maxReason)
	rows := make([]string, 0, len(a.Lines))
	for _, l := range a.Lines {
		l, mine := strings.CutPrefix(l, forYou)
		if l = sentence(l, maxReason); l == "" {
			continue
		}
		if mine {
			l = "*Waiting for you:* " + l
		}
		rows = append(rows, l)
	}
	text := title
	if text == "" && len(rows) > 0 {
		text = rows[0]
	}
	if text == "" {
		text = "Nothing to say about that. " + opt.bot() + " help lists what I understand."
		title = text
	}
	v := View{Text: fit(text, maxText), Final: true}
	if title != "" {
		v.Blocks = append(v.Blocks, section("*"+title+"*"))
	}
	v.Blocks = append(v.Blocks, paragraphs(rows, (maxTotal-maxReason)/maxSection)...)
	v.Blocks = within(v.Blocks)
	if a.Title != "" && len(rows) == 1 {
		v.Text = fit(title+": "+rows[0], maxText)
	}
	return v
}

// paragraphs puts lines into as few sections as hold them, at most that many.
func paragraphs(rows []string, most int) []slack.Block {
	var list []slack.Block
	for len(rows) > 0 && len(list) < most {
		n, size := 0, 0
		for n < len(rows) {
			if size += units(rows[n]) + 1; size > maxSection && n > 0 && len(list) < most-1 {
				break
			}
			n++
		}
		list = append(list, lines(rows[:n]))
		rows = rows[n:]
	}
	return list
}
