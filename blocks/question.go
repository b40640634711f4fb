package blocks

import (
	"github.com/slack-go/slack"

	"github.com/releasebot/releasebot/agent"
)

// question asks what only a person can say.
func question(s *agent.State, q *agent.OpenQuestion, opt Options) View {
	if q.Kind == agent.InputDidItRun {
		return didItRun(s, q)
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

// didItRun asks a person who may approve there what became of a start.
func didItRun(s *agent.State, q *agent.OpenQuestion) View {
	key := agent.ViewQuestion(q.ID)
	what := "this release"
	plainWhat := what
	settled := true
	if r := s.Release(q.Release); r != nil {
		what, plainWhat = request(r), headline(r)
		settled = r.Stage != agent.StageUnknown // shown for the last time, the answer is forgotten: not before it is acted on
	}
	asked := sentence(q.Question.Text, showReason)
	if asked == "" {
		asked = "The deployer can't tell what became of it."
	}
	if q.Answer != nil {
		text := "❓ Did it run? " + capital(what) + ": " + mention(q.Answer.Person) + " said: " + choice(q.Answer.Choice)
		return View{Key: key, Text: fit(text, maxText), Final: settled, Blocks: []slack.Block{
			header("Did it run? " + plainWhat), section(asked + "\n*" + mention(q.Answer.Person) + " said: " + choice(q.Answer.Choice) + ".*"),
			context("id " + mono(q.ID, showName)),
		}}
	}
	text := "❓ Did it run? " + capital(what) + ": outcome unknown"
	if to := whom(q); to != "" {
		text += ". " + to + ", please say"
	}
	list := []slack.Block{header("Did it run? " + plainWhat), section(asked), lines([]string{
		"*It ran*: it goes on with the health checks.",
		"*It didn't*: a new plan is made, and approved again where policy asks.",
		"*Stop*: it stays open what became of it; nothing more is done.",
	})}
	if to := whom(q); to != "" {
		list = append(list, context("Who may say: "+to))
	}
	list = append(list, actions(key,
		button("It ran", agent.VerbRan, q.ID, slack.StylePrimary, confirm("Did it run?", plainWhat+": you say that it ran to its end.", "It ran", "Not sure", slack.StylePrimary)),
		button("It didn't", agent.VerbDidnt, q.ID, "", confirm("Did it not run?", plainWhat+": you say that it didn't run, and won't start late. A new plan is made.", "It didn't", "Not sure", "")),
		button("Stop", agent.VerbStop, q.ID, slack.StyleDanger, confirm("Stop here?", plainWhat+": it stays unknown what became of it.", "Stop", "Not yet", slack.StyleDanger)),
	))
	return View{Key: key, Text: fit(text, maxText), Blocks: list}
}

func choice(v agent.Verb) string {
	switch v {
	case agent.VerbRan:
		return "it ran"
	case agent.VerbDidnt:
		return "it didn't"
	}
	return "stop"
}
