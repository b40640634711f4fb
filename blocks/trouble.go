package blocks

import (
	"github.com/slack-go/slack"

	"github.com/releasebot/releasebot/agent"
)

// troubles are the messages that say why a thread is not run.
func troubles(views []View, s *agent.State) []View {
	if s.Lost != nil && !s.Lost.Shown {
		views = append(views, lost(s))
	}
	if s.Aside != nil && !s.Aside.Shown {
		views = append(views, aside(s))
	}
	return views
}

// lost says that events of the thread have been lost, to everybody in it.
func lost(s *agent.State) View {
	l := s.Lost
	title := "🛑 Events of this thread have been lost"
	do := []string{
		"*What to do:* look at what really runs, and ask again in a new thread.",
		"*For whoever runs releasebot:* " + mono("releasebot thread verify "+string(s.ID), 120) + " and " + mono("releasebot thread show "+string(s.ID), 120) +
			" say what is left.",
	}
	for _, r := range s.Releases {
		if r.Claim != "" {
			do = append(do, "*Held:* "+word(r.Service, inline)+" in "+word(r.Env, inline)+" stays held by release "+mono(r.ID, showName)+
				", until one who may approve there takes it over for the next release.")
		}
	}
	to := asker(agent.Humans(s.Asker, s.OnBehalf), s.Asker)
	text := title + ": nothing more is started here, and no approval counts. Ask again in a new thread"
	if s.Source != "" && len(agent.Humans(s.Asker, s.OnBehalf)) > 0 {
		text = to + ": " + text
	}
	return View{Key: agent.ViewLost, Text: fit(text, maxText), Final: true, Blocks: within([]slack.Block{
		header(title),
		section(sentences("The store has lost events that it had confirmed: "+sentence(l.Sentence(), showReason)+".",
			"What was decided and done in them is not known.")),
		section("*Nothing more is started here, and no approval counts.* A deploy that runs runs on, and is not followed any more."),
		lines(do),
		context("Noticed " + date(l.At)),
	})}
}

// aside says that the program failed at this thread, and how it goes on.
func aside(s *agent.State) View {
	a := s.Aside
	title := "🛑 I could not go on with this thread"
	at := ""
	if a.Where != "" {
		at = " at " + mono(a.Where, showLine)
	}
	return View{Key: agent.ViewAside(a.Seq), Text: fit(title+": "+say(a.Error, showReason)+". Nothing further is started here", maxText), Final: true, Blocks: within([]slack.Block{
		header(title),
		section("An error in releasebot itself, " + plural(a.Tries, "time", "times") + " in a row: " + mono(a.Error, showReason) + at + "."),
		section("*Nothing further is started here.* A deploy that runs runs on; its outcome is not looked at meanwhile. Other threads are not touched."),
		lines([]string{
			"*What to do:* tell whoever runs releasebot. Say or press something in this thread, and it is tried again, for instance once a newer version runs.",
			"*For whoever runs releasebot:* its log has more, under " + mono("a step panicked", 40) + " and this thread's id, " + mono(string(s.ID), showName) + ".",
		}),
		context("Set aside " + date(a.At)),
	})}
}
