package blocks

import (
	"github.com/slack-go/slack"

	"github.com/releasebot/releasebot/agent"
)

// A dilemma is a question about a release that nothing here can answer, and one
// who may approve there has to.
type dilemma struct {
	title   string // the question in two or three words
	unsaid  string // stands where the question has no text of its own
	word    string // how the release stands until then
	stage   agent.Stage
	choices []option
}

// An option is a button of a dilemma.
type option struct {
	verb   agent.Verb
	label  string
	means  string // what follows
	style  slack.Style
	asks   string // the dialogue's title, "" for none
	exact  string // the dialogue's text, after the name of the release
	unsure string
}

// dilemmaOf is the question that the agent asks about releases by that kind.
func dilemmaOf(kind agent.InputKind) (d dilemma, ok bool) {
	switch kind {
	case agent.InputDidItRun:
		return didItRun(), true
	case agent.InputHealthy:
		return isItHealthy(), true
	default:
		return dilemma{}, false
	}
}

// dilemmaID is the id of the question of that kind about r.
func dilemmaID(kind agent.InputKind, r *agent.ReleaseState) string {
	if kind == agent.InputHealthy {
		return agent.DoubtQuestionID(r)
	}
	return agent.UnknownQuestionID(r)
}

func didItRun() dilemma {
	return dilemma{
		title: "Did it run?", unsaid: "The deployer can't tell what became of it.", word: agent.OutcomeUnknown,
		stage: agent.StageUnknown,
		choices: []option{{
			verb: agent.VerbRan, label: "It ran", means: "it goes on with the health checks.", style: slack.StylePrimary,
			asks: "Did it run?", exact: "you say that it ran to its end.", unsure: "Not sure",
		}, {
			verb: agent.VerbDidnt, label: "It didn't", means: "a new plan is made, and approved again where policy asks.",
			asks: "Did it not run?", exact: "you say that it didn't run, and won't start late. A new plan is made.", unsure: "Not sure",
		}, {
			verb: agent.VerbStop, label: "Stop", means: "it stays open what became of it; nothing more is done.", style: slack.StyleDanger,
			asks: "Stop here?", exact: "it stays unknown what became of it.", unsure: "Not yet",
		}},
	}
}

func isItHealthy() dilemma {
	return dilemma{
		title: "Is it healthy?", unsaid: "It is deployed, and the checks could not tell.", word: agent.OutcomeInconclusive,
		stage: agent.StageDoubt,
		choices: []option{{
			verb: agent.VerbHealthy, label: "Healthy", means: "the release is done, on your word.", style: slack.StylePrimary,
			asks: "Is it healthy?", exact: "you say that it is healthy, though the checks could not tell.", unsure: "Not sure",
		}, {
			verb: agent.VerbRecheck, label: "Check again", means: "the same checks look once more; nothing is deployed.",
		}, {
			verb: agent.VerbUnwell, label: "Not healthy", means: "it counts as unhealthy, and what policy says of a failure follows.", style: slack.StyleDanger,
			asks: "Is it not healthy?", exact: "you say that it is unhealthy. What policy says of a failure follows.", unsure: "Not sure",
		}},
	}
}

// view asks, or says what was answered.
func (d dilemma) view(s *agent.State, q *agent.OpenQuestion) View {
	key := agent.ViewQuestion(q.ID)
	what, plainWhat := "this release", "this release"
	settled := true
	var seen []string
	if r := s.Release(q.Release); r != nil {
		what, plainWhat = request(r), headline(r)
		settled = r.Stage != d.stage // shown for the last time, the answer is forgotten: not before it is acted on
		if d.stage == agent.StageDoubt && r.Verify != nil {
			seen = checkLines(r.Verify)
		}
	}
	title := "❓ " + d.title + " " + capital(what)
	list := []slack.Block{header(d.title + " " + plainWhat)}
	asked := or(sentence(q.Question.Text, showReason), d.unsaid)
	if a := q.Answer; a != nil {
		said := mention(a.Person) + " said: " + d.label(a.Choice)
		return View{Key: key, Text: fit(title+": "+said, maxText), Final: settled, Blocks: append(list,
			section(asked+"\n*"+said+".*"), context("id "+mono(q.ID, showName)))}
	}
	text := title + ": " + d.word
	list = append(list, section(asked))
	if len(seen) > 0 {
		list = append(list, lines(seen))
	}
	to := anyOf(q.To)
	text += ". " + capital(to) + ", please say"
	list = append(list, section("*Who may say:* "+to))
	var means []string
	var row []slack.BlockElement
	for _, c := range d.choices {
		means = append(means, "*"+c.label+"*: "+c.means)
		var ask *slack.ConfirmationBlockObject
		if c.asks != "" {
			ask = confirm(c.asks, plainWhat+": "+c.exact, c.label, c.unsure, c.style)
		}
		row = append(row, button(c.label, c.verb, q.ID, c.style, ask))
	}
	list = append(list, lines(means), actions(key, row...))
	return View{Key: key, Text: fit(text, maxText), Blocks: list}
}

// label is what the button of an answer says, as part of a sentence.
func (d dilemma) label(v agent.Verb) string {
	for _, c := range d.choices {
		if c.verb == v {
			return "“" + c.label + "”"
		}
	}
	return "something else"
}

// notAsked lists the questions about a release that still stand in Slack, and
// are asked no more: their cards lose the buttons.
func notAsked(s *agent.State, r *agent.ReleaseState) []View {
	if len(s.Views) == 0 {
		return nil
	}
	var views []View
	for _, kind := range []agent.InputKind{agent.InputDidItRun, agent.InputHealthy} {
		id := dilemmaID(kind, r)
		if _, stands := s.Views[agent.ViewQuestion(id)]; !stands || s.Question(id) != nil {
			continue
		}
		d, _ := dilemmaOf(kind)
		text := "❓ " + d.title + " " + capital(request(r)) + ": no longer asked"
		views = append(views, View{Key: agent.ViewQuestion(id), Text: fit(text, maxText), Final: true, Blocks: []slack.Block{
			header(d.title + " " + headline(r)), section("No longer asked: the card of the release says how it goes on."), context("id " + mono(id, showName)),
		}})
	}
	return views
}
