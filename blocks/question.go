package blocks

import (
	"github.com/slack-go/slack"

	"github.com/releasebot/releasebot/agent"
)

// question asks what only a person can say.
func question(s *agent.State, q *agent.OpenQuestion, opt Options) View {
	if d, ok := dilemmaOf(q.Kind); ok {
		return d.view(s, q)
	}
	return clarify(q, opt)
}

// clarify asks about words. Its text may be a model's: content.
func clarify(q *agent.OpenQuestion, opt Options) View {
	text := say(q.Question.Text, showReason)
	if text == "" {
		text = "What do you mean?"
	}
	if to := whom(q); to != "" && q.Answer == nil {
		text = to + ": " + text
	}
	list := []slack.Block{section("❓ " + text)}
	if q.Answer != nil {
		word := "No longer asked."
		if q.Answer.Of > 0 {
			word = "✅ Answered in this thread."
		}
		list = append(list, context(word))
		return View{Key: agent.ViewQuestion(q.ID), Text: fit("❓ "+text+" – "+word, maxText), Blocks: list, Final: true}
	}
	if options := optionLines(q.Question.Options); len(options) > 0 {
		list = append(list, lines(options))
	}
	list = append(list, context("Answer in this thread, or write to "+opt.bot()+"."))
	return View{Key: agent.ViewQuestion(q.ID), Text: fit("❓ "+text, maxText), Blocks: list}
}

func whom(q *agent.OpenQuestion) string {
	if len(q.To) > 0 {
		return subjects(q.To)
	}
	if u := q.Of.User(); userID(u) {
		return mention(u)
	}
	return ""
}

func optionLines(options []string) []string {
	const most = 15
	var list []string
	for i, o := range options {
		if i == most {
			return append(list, "… and "+plural(len(options)-most, "other", "others"))
		}
		list = append(list, "• "+mono(o, showLine))
	}
	return list
}
