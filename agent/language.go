package agent

import (
	"fmt"
	"strings"
	"time"
	"unicode"

	"github.com/releasebot/releasebot/policy"
)

// A Language is one that answers are given in: "" is English. What the
// contract fixes as words of cards, logs and the API (approved, healthy, waiting
// for approval …), commands, and what people, policies and tools wrote stay as
// they are in every language: they are names.
type Language string

// The languages.
const (
	English    Language = ""
	German     Language = "de"
	French     Language = "fr"
	Spanish    Language = "es"
	Portuguese Language = "pt"
)

// languages is the order in which they are counted.
var languages = [...]Language{English, German, French, Spanish, Portuguese}

// tellingWords are words that questions and requests are made of. One that two
// languages share counts for both.
var tellingWords = map[Language]string{
	English: `the is are was what whats what's who whos who's why when which where how it this that these in of to from on for and or with since has have been does did do
		please show tell me us my last week yesterday today waiting changed happened anything i a an die man hat war`,
	German: `der die das den dem ein eine ist sind was wer wem wie wann warum wieso weshalb welche welcher welches wo worauf wartet hat haben wurde wird läuft lauft
		drin darin dabei seit gestern heute letzte woche bitte und oder nicht auf in im zu zum von mit zeig zeige mir uns steht stand noch gerade gesperrt freigegeben
		genehmigt geändert geaendert passiert montag dienstag mittwoch donnerstag freitag samstag sonntag kannst du hilfe für fuer nach`,
	French: `le la les des du de un une est sont qui quoi que qu'est-ce qu quel quelle quels quelles pourquoi quand où comment a il elle ça ca cela ce cette dans en sur
		depuis hier aujourd'hui semaine dernière svp stp montre montre-moi dis-moi moi nous attend attend-il attend-elle approuvé approuve changé verrouillé
		lundi mardi mercredi jeudi vendredi samedi dimanche peux-tu tu aide tourne passé passe et ou avec`,
	Spanish: `el la los las del de un una es son está esta están estan quién quien qué que cuál cual cuáles por qué porque cuándo dónde donde cómo como hay en esto este
		desde ayer hoy semana pasada favor muéstrame muestra dime me nos espera esperando aprobó aprobo aprobado cambió cambiado bloqueado
		lunes martes miércoles miercoles jueves viernes sábado domingo puedes ayuda corre pasó paso y o con para`,
	Portuguese: `o a os as do da dos das de um uma é são está esta estão estao quem quê que qual quais por porque porquê quando onde como há ha no na em isto isso este
		desde ontem hoje semana passada favor mostra mostre me diz nos espera esperando aprovou aprovado mudou bloqueado
		segunda terça quarta quinta sexta sábado domingo pode você voce ajuda roda rodando aconteceu e ou com para`,
}

// LanguageOf finds the language of a message: the one that most of its words
// are of, if it has more of them than any other. English, where that is not clear.
func LanguageOf(words string) Language {
	heard := strings.FieldsFunc(strings.ToLower(words), func(r rune) bool {
		return !unicode.IsLetter(r) && !unicode.IsMark(r) && r != '\'' && r != '’' && r != '-'
	})
	best, most, tie := English, 0, false
	for _, l := range languages {
		n := 0
		known := " " + strings.Join(strings.Fields(tellingWords[l]), " ") + " "
		for _, w := range heard {
			if strings.Contains(known, " "+strings.ReplaceAll(w, "’", "'")+" ") {
				n++
			}
		}
		switch {
		case n > most:
			best, most, tie = l, n, false
		case n == most && n > 0:
			tie = true
		}
	}
	if tie {
		return English
	}
	return best
}

// text writes one of our sentences in the language. Its English form is its key
// in the catalogue.
func (lang Language) text(english string, gaps ...any) string {
	format := english
	if t, ok := sentences[english]; ok {
		switch lang {
		case German:
			format = t.de
		case French:
			format = t.fr
		case Spanish:
			format = t.es
		case Portuguese:
			format = t.pt
		case English:
		}
	}
	return fmt.Sprintf(format, gaps...)
}

// clock writes a time.
func (lang Language) clock(t time.Time) string {
	if t.IsZero() {
		return lang.text("an unknown time")
	}
	return clockOf(t)
}

func (lang Language) by(person string) string {
	if person == "" {
		return ""
	}
	return lang.text(" by %s", mention(person))
}

func (lang Language) commits(n int) string {
	if n == 1 {
		return lang.text("1 commit")
	}
	return lang.text("%d commits", n)
}

// whoever names those who may do something.
func (lang Language) whoever(from []policy.Subject) string {
	if len(from) == 0 {
		return lang.text("every full member of the workspace")
	}
	return policy.Names(from)
}
