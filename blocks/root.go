package blocks

import (
	"github.com/slack-go/slack"

	"github.com/releasebot/releasebot/agent"
)

// rooted reports whether the thread hangs on a message of ours: it did not start in Slack.
func rooted(s *agent.State) bool {
	if _, stands := s.Views[agent.ViewRoot]; stands {
		return s.Aside == nil // of a thread that is set aside nothing is known that it could say
	}
	return s.Source != "mention" && s.Source != "dm" && s.Source != "" && (s.Slack == nil || s.Slack.TS == "")
}

// root says who wants what, and how it stands. It is never final: more can be said in its thread.
func root(s *agent.State) View {
	who := asker(agent.Humans(s.Asker, s.OnBehalf), s.Asker)
	if s.Source == "" || len(s.Releases) == 0 {
		text := who + " asks: " + say(s.Title, showReason)
		return View{Key: agent.ViewRoot, Root: true, Text: fit(text, maxText), Blocks: []slack.Block{section(text)}}
	}
	first := s.Releases[0]
	asks := who + " asks to " + request(first)
	list := []string{asks + "."}
	for _, r := range s.Releases {
		line := symbol(r.Word()) + " " + capital(outcome(r))
		if len(s.Releases) > 1 {
			line = symbol(r.Word()) + " " + request(r) + ": " + outcome(r)
		}
		list = append(list, line)
	}
	text := asks + ": " + outcome(first)
	return View{Key: agent.ViewRoot, Root: true, Text: fit(text, maxText), Blocks: []slack.Block{
		lines(list), context("What happens stands in this thread."),
	}}
}
