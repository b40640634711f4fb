package openai

import (
	"fmt"

	"github.com/releasebot/releasebot/agent"
)

// A sentence that code asks back with.
type sentence uint8

const (
	notSure           sentence = iota
	doYouMean                  // a whole request
	whichRelease               // what to do with it
	whichService               //
	whichEnvironment           // the service
	whichVersion               //
	oneVersion                 //
	sayItAnother               //
	numberOfSentences          // how many there are
)

// say writes a sentence in the language of the words. Requests and commands
// in it stay as they are written: they are what is read.
func (j *judge) say(s sentence, gaps ...any) string {
	return fmt.Sprintf(sentencesIn(agent.LanguageOf(j.in.Words))[s], gaps...)
}

func sentencesIn(l agent.Language) [numberOfSentences]string {
	switch l {
	case agent.German:
		return [...]string{
			"Ich bin nicht sicher, was das verlangt. Bitte sag es als Befehl, etwa `/release deploy SERVICE VERSION to ENVIRONMENT`.",
			"Meinst du: %s, jetzt? Sag ja, oder sag es anders.",
			"Für welches Release: %s?", "Welchen Dienst meinst du?", "Welche Umgebung von %s meinst du?", "Welche Version genau? Einen Tag oder Commit, bitte.",
			"Du hast mehrere Versionen genannt. Welche?", "Ich bin nicht sicher, was das verlangt. Kannst du es anders sagen, mit Dienst, Version und Umgebung?",
		}
	case agent.French:
		return [...]string{
			"Je ne suis pas sûr de ce qui est demandé. Dites-le comme une commande, par exemple `/release deploy SERVICE VERSION to ENVIRONMENT`.",
			"Voulez-vous dire : %s, maintenant ? Dites oui, ou dites-le autrement.",
			"Pour quelle release : %s ?", "De quel service parlez-vous ?", "De quel environnement de %s parlez-vous ?", "Quelle version exactement ? Un tag ou un commit, s'il vous plaît.",
			"Vous avez nommé plusieurs versions. Laquelle ?", "Je ne suis pas sûr de ce qui est demandé. Pouvez-vous le dire autrement, avec le service, la version et l'environnement ?",
		}
	case agent.Spanish:
		return [...]string{
			"No estoy seguro de qué se pide. Dilo como un comando, por ejemplo `/release deploy SERVICE VERSION to ENVIRONMENT`.",
			"¿Quieres decir: %s, ahora? Di yes, o dilo de otra manera.",
			"¿Para qué release: %s?", "¿Qué servicio quieres decir?", "¿Qué entorno de %s quieres decir?", "¿Qué versión exactamente? Un tag o un commit, por favor.",
			"Has nombrado varias versiones. ¿Cuál?", "No estoy seguro de qué se pide. ¿Puedes decirlo de otra manera, con servicio, versión y entorno?",
		}
	case agent.Portuguese:
		return [...]string{
			"Não tenho certeza do que se pede. Diga como um comando, por exemplo `/release deploy SERVICE VERSION to ENVIRONMENT`.",
			"Você quer dizer: %s, agora? Diga sim, ou diga de outra maneira.",
			"Para qual release: %s?", "Qual serviço você quer dizer?", "Qual ambiente de %s você quer dizer?", "Qual versão exatamente? Uma tag ou um commit, por favor.",
			"Você citou várias versões. Qual?", "Não tenho certeza do que se pede. Pode dizer de outra maneira, com serviço, versão e ambiente?",
		}
	case agent.English:
	}
	return [...]string{
		"I am not sure what that asks for. Please say it as a command, such as `/release deploy SERVICE VERSION to ENVIRONMENT`.",
		"Do you mean: %s, now? Say yes, or say it another way.",
		"Which release shall I %s?", "Which service do you mean?", "Which environment of %s do you mean?", "Which version exactly? A tag or a commit, please.",
		"You named several versions. Which one?", "I am not sure what that asks for. Could you say it another way, with service, version and environment?",
	}
}
