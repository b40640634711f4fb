package agent_test

import (
	"strings"
	"testing"

	"github.com/releasebot/releasebot/agent"
)

// Questions are answered in the language that they are asked in, from the same
// facts; the words that cards use, commands and names stay what they are.
func TestAnswersInTheLanguageOfTheQuestion(t *testing.T) {
	s, _ := newWorld(t)
	id := s.asks("A", "deploy shop v1.0.0 to production")
	s.settle()
	ask := func(say string) string {
		t.Helper()
		s.says(id, "U0ALICE", say)
		s.settle()
		all := s.answers(id)
		a := all[len(all)-1]
		return a.Title + "\n" + strings.Join(a.Lines, "\n")
	}
	for _, c := range []struct{ say, want, also string }{
		{"what's in this?", "What is in the deploy of shop v1.0.0 to production", "Source: event"},
		{"was ist da drin?", "Was drin ist: deploy von shop v1.0.0 nach production", "Quelle: Ereignis"},
		{"wer hat das freigegeben?", "Freigaben: deploy von shop v1.0.0 nach production", "0 von 1 erteilt"},
		{"qui a approuvé ça ?", "Approbations : deploy de shop v1.0.0 vers production", "0 sur 1 données"},
		{"¿quién aprobó esto?", "Aprobaciones: deploy de shop v1.0.0 a production", "0 de 1 dadas"},
		{"quem aprovou?", "Aprovações: deploy de shop v1.0.0 para production", "0 de 1 dadas"},
		{"worauf wartet es?", "deploy von shop v1.0.0 nach production: waiting for approval", "`/release approve "},
		{"status", "Status", "nothing has been released here yet"},
		{"kannst du mir bitte ein Gedicht schreiben, lieber bot", "Das ist nichts für mich", "Ich liefere Dienste aus"},
	} {
		got := ask(c.say)
		if !strings.HasPrefix(got, c.want) || !strings.Contains(got, c.also) {
			t.Errorf("%q is answered with:\n%s", c.say, got)
		}
	}
	s.holds()
}

// What the help suggests to ask in a language is understood, and answered in it.
func TestTheHelpIsTrueInEachLanguage(t *testing.T) {
	for _, say := range []string{"help", "hilfe bitte, was kannst du?", "aide", "ayuda", "ajuda"} {
		s, _ := newWorld(t)
		id := s.asks("A", "deploy shop v1.0.0 to production")
		s.settle()
		s.says(id, "U0ALICE", say)
		s.settle()
		answers := s.answers(id)
		lines := answers[len(answers)-1].Lines
		lead, list, found := strings.Cut(lines[len(lines)-2], ": ")
		if !found {
			t.Fatalf("%q: no questions in %q", say, lines)
		}
		for question := range strings.SplitSeq(list, " · ") {
			s.says(id, "U0ALICE", question)
			s.settle()
			if agent.LanguageOf(question) != agent.LanguageOf(say) {
				t.Errorf("%s: %q is taken for %q", lead, question, agent.LanguageOf(question))
			}
			all := s.answers(id)
			if got := all[len(all)-1]; got.Kind == string(agent.IntentNone) || len(all) == len(answers) {
				t.Errorf("%s: %q is answered with %q %q", lead, question, got.Title, got.Lines)
			}
			answers = all
		}
	}
}

func (s *scenario) answers(id agent.ThreadID) []*agent.Answered {
	s.t.Helper()
	events, err := agent.ReadEvents(s.t.Context(), s.store, string(id), 1)
	if err != nil {
		s.t.Fatal(err)
	}
	var out []*agent.Answered
	for _, e := range events {
		if a, ok := e.Data.(*agent.Answered); ok {
			out = append(out, a)
		}
	}
	return out
}
