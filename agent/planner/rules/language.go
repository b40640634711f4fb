package rules

import (
	"fmt"
	"strings"
)

// A language that questions are asked in.
type language uint8

const (
	english language = iota
	german
	french
	spanish
	portuguese
)

// tells are words of one language that are no words of the others, nor of English.
func tells() map[string]language {
	out := map[string]language{}
	shared := map[string]bool{}
	for l, list := range [...]string{
		german:     `bitte nach auf zum zur ausrollen ausspielen rolle spiele spiel setze zuruck zurueck zurucksetzen jetzt nicht und ist mach stelle ein kannst du mal wie warum auf umgebung`,
		french:     `deploie deploies deployer deployez deploiement mets mettre livre livrer reviens revenir sur vers svp sil plait stp la les est avec pouvez peux et`,
		spanish:    `despliega desplegar despliegue pon revierte revertir vuelve volver favor en el por puedes hacia ahora produccion y`,
		portuguese: `implanta implante implantar publica publique reverta reverter volta voltar para na favor voce pode agora producao em`,
	} {
		for w := range strings.FieldsSeq(list) {
			other, ok := out[w]
			shared[w] = shared[w] || ok && other != language(l) //nolint:gosec // a handful of languages
			out[w] = language(l)                                //nolint:gosec // a handful of languages
		}
	}
	for w, yes := range shared {
		if yes {
			delete(out, w)
		}
	}
	return out
}

// spoken is the language of the message: the one that at least two of its words
// are of, and more than of any other; else English.
func (m *message) spoken(tells map[string]language) language {
	var count [portuguese + 1]int
	for _, w := range spokenWords(m.text) {
		if l, ok := tells[w.key]; ok {
			count[l]++
		}
	}
	best := english
	for l := german; l <= portuguese; l++ {
		switch {
		case count[l] < 2 || count[l] < count[best]:
		case count[l] == count[best]:
			return english // two languages alike
		default:
			best = l
		}
	}
	return best
}

// A sentence that asks. Its numbered gaps are the same in every language.
type sentence uint8

const (
	whichVersion            sentence = iota // service, environment
	whichEnvironmentTo                      // service, environments
	whichEnvironmentIn                      // service, environments
	whichVersionEnvironment                 // service, environments
	whichService                            // services
	oneAtATime                              // what was named
	oneVersion                              // what was named
	noSuchEnvironment                       // service, what was named, environments
	sentenceCount
)

// sentences in all languages, by language.
func sentences() [portuguese + 1][sentenceCount]string {
	return [...][sentenceCount]string{
		english: {
			"Which version of %[1]s shall go to %[2]s?", "To which environment of %[1]s? It has %[2]s.", "In which environment of %[1]s? It has %[2]s.",
			"Which version of %[1]s, and to which environment? It has %[2]s.", "Which service? I know %[1]s.",
			"You named %[1]s. One at a time, please: which one first?", "You named %[1]s. Which version?", "%[1]s has no environment “%[2]s”. It has %[3]s. Which one?",
		},
		german: {
			"Welche Version von %[1]s soll nach %[2]s?", "In welche Umgebung von %[1]s? Es gibt %[2]s.", "In welcher Umgebung von %[1]s? Es gibt %[2]s.",
			"Welche Version von %[1]s, und in welche Umgebung? Es gibt %[2]s.", "Welcher Dienst? Ich kenne %[1]s.",
			"Genannt sind %[1]s. Bitte eins nach dem anderen: was zuerst?", "Genannt sind %[1]s. Welche Version?", "%[1]s hat keine Umgebung „%[2]s“. Es gibt %[3]s. Welche?",
		},
		french: {
			"Quelle version de %[1]s doit aller en %[2]s ?", "Vers quel environnement de %[1]s ? Il y a %[2]s.", "Dans quel environnement de %[1]s ? Il y a %[2]s.",
			"Quelle version de %[1]s, et vers quel environnement ? Il y a %[2]s.", "Quel service ? Je connais %[1]s.",
			"Vous avez nommé %[1]s. Un à la fois, s'il vous plaît : lequel d'abord ?", "Vous avez nommé %[1]s. Quelle version ?", "%[1]s n'a pas d'environnement « %[2]s ». Il y a %[3]s. Lequel ?",
		},
		spanish: {
			"¿Qué versión de %[1]s debe ir a %[2]s?", "¿A qué entorno de %[1]s? Hay %[2]s.", "¿En qué entorno de %[1]s? Hay %[2]s.",
			"¿Qué versión de %[1]s, y a qué entorno? Hay %[2]s.", "¿Qué servicio? Conozco %[1]s.",
			"Has nombrado %[1]s. De uno en uno, por favor: ¿cuál primero?", "Has nombrado %[1]s. ¿Qué versión?", "%[1]s no tiene el entorno «%[2]s». Hay %[3]s. ¿Cuál?",
		},
		portuguese: {
			"Qual versão de %[1]s deve ir para %[2]s?", "Para qual ambiente de %[1]s? Existem %[2]s.", "Em qual ambiente de %[1]s? Existem %[2]s.",
			"Qual versão de %[1]s, e para qual ambiente? Existem %[2]s.", "Qual serviço? Conheço %[1]s.",
			"Você citou %[1]s. Um de cada vez, por favor: qual primeiro?", "Você citou %[1]s. Qual versão?", "%[1]s não tem o ambiente “%[2]s”. Existem %[3]s. Qual?",
		},
	}
}

// asked asks in the language of the message.
func (m *message) asked(s sentence, gaps ...any) string {
	return fmt.Sprintf(sentences()[m.tongue][s], gaps...)
}

// listed writes names as a person would, in the language of the message.
func (m *message) listed(names []string) string {
	if m.tongue == english || len(names) > 8 {
		return list(names)
	}
	return strings.Join(names, ", ")
}
