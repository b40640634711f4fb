package rules

import "strings"

// Background is what people tell before they ask: "Customers report doubled
// invoices. We found the bug and fixed it in 4.2.1. Please deploy billing 4.2.1
// to production." Sentences that tell what happened or how things stand are
// passed over, whatever their other words are, if the request is a sentence of
// its own behind them. A sentence that could be a condition, a plan, a "not",
// an order, or that announces somebody's words, is none of them.

// requestAt finds the segment that begins the message's request, where whole
// sentences stand before it; 0 if there is none.
func (g *grammar) requestAt(m *message) int {
	for i := len(m.segs) - 1; i > 0; i-- {
		s := &m.segs[i]
		if !s.begins || !s.set.meets(setOf(clsPlease, clsReq)) && !setOf(clsDeploy, clsRollback, clsLight).has(leadOf(s)) {
			continue
		}
		if r := g.role(m, s, false); r == roleAction || r == roleSlots && s.set.has(clsPlease) {
			return i
		}
	}
	return 0
}

// background tells for each segment before the request what it is for:
// roleReason where it only tells something, roleSaid where it announces words,
// roleEmpty where it has to be looked at by itself.
func (g *grammar) background(m *message) []role {
	if len(m.segs) < 2 {
		return nil
	}
	at := g.requestAt(m)
	if at == 0 {
		return nil
	}
	told := make([]role, at)
	for from := 0; from < at; {
		to := from + 1
		for to < at && !m.segs[to].begins {
			to++
		}
		r := roleEmpty
		switch sentence := m.segs[from:to]; {
		case announcesWords(sentence):
			r = roleSaid
		case narrates(sentence):
			r = roleReason
		}
		for i := from; i < to; i++ {
			told[i] = r
		}
		from = to
	}
	return told
}

// announcesWords: "I got a mail from bob", "the plan is as follows": the next
// sentence may be somebody else's.
func announcesWords(sentence []segment) bool {
	for _, s := range sentence {
		for _, it := range s.items {
			if wordy(it.key) && it.cls != clsPlease {
				return true
			}
		}
	}
	return false
}

// narrates: the sentence tells what happened, or how things stand.
func narrates(sentence []segment) bool {
	never := setOf(clsFailWhen, clsHypo, clsInject, clsQuoted, clsOdd, clsDeploy, clsRollback, clsLight, clsStart, clsWant, clsCancel, clsHold, clsResume, clsLock, clsUnlock, clsFreeze, clsOr,
		clsModal, clsReq, clsOther, clsApprove, clsApprovals, clsNo, clsCorr, clsMention, clsFirst, clsBefore, clsSaid, clsPage, clsTell, clsLet, clsNeg, clsWh, clsWho, clsWhen, clsHow, clsWhy, clsHelp,
		clsRetry, clsInstead, clsVerify, clsGerund, clsVague, clsSame, clsForgot, clsDuty)
	var all set
	words, strange, tells, past, spans := 0, 0, -1, false, true
	for _, s := range sentence {
		if s.question || s.set.meets(never) {
			return false
		}
		all = all.with(s.set)
		for _, it := range s.items {
			switch {
			case it.cls == clsAgainst && it.key != "off" && it.key != "out of" && it.key != "off of", it.cls == clsCond && (it.key != "after" || tells < 0), foretold(it.key), it.cls == clsTime && !pastTime(it), it.quoted:
				return false
			case it.cls == clsUnknown:
				strange++
			}
			spans = spans && (it.cls != clsTime || lasts(it.key))
			past = past || it.cls == clsStative && strings.HasSuffix(it.key, "ed") || it.cls == clsPast || it.key == "since" || pastVerb(it)
			if tells < 0 && (pastVerb(it) || setOf(clsStative, clsBad, clsFail, clsDone, clsAux, clsHealthy, clsPast).has(it.cls)) {
				tells = words
			}
			if !small().has(it.cls) || it.cls == clsArt {
				words++
			}
		}
	}
	timed := all.meets(setOf(clsTime, clsDuration)) && !spans
	switch {
	case tells < 1 || strange > 8 || words > 30, all.has(clsCond) && !past, timed && !all.meets(setOf(clsBad, clsFail, clsPast)), all.has(clsTime) && !past && !all.meets(setOf(clsBad, clsFail)):
		return false
	}
	last := sentence[len(sentence)-1].items
	return !points(last[len(last)-1].key) && (leadsSentence(&sentence[0]) || tells <= 3)
}

// leadsSentence: the first word is one that a statement begins with.
func leadsSentence(s *segment) bool {
	for _, it := range s.items {
		if !small().less(setOf(clsArt)).has(it.cls) {
			return setOf(clsSubj, clsArt, clsMany, clsNoun, clsPron, clsChecks, clsService, clsEnv, clsPerson, clsVersion, clsTicket).has(it.cls)
		}
	}
	return false
}

// pastVerb: an unknown word that tells what happened.
func pastVerb(it item) bool {
	if it.cls != clsUnknown {
		return false
	}
	switch it.key {
	case "went", "had", "found", "got", "ran", "made", "did", "came", "saw", "took", "gave", "spoke", "began", "broke", "fell", "met", "felt", "kept", "left", "lost", "became", "grew", "rose", "paid", "caught", "sat", "bought", "brought", "taught", "knew", "stood", "won":
		return true
	}
	return len(it.key) > 4 && strings.HasSuffix(it.key, "ed")
}

// pastTime: the time tells since when something is so, in a sentence about what went wrong.
func pastTime(it item) bool {
	switch it.key {
	case "noon", "midday", "midnight", "morning", "minutes", "minute", "mins", "min", "hour", "hours", "day", "days", "week", "weeks", "night", "nights", "at", "pm", "oclock", "stunden", "stunde", "minuten", "heures", "heure", "horas", "hora", "minutos", "uhr":
		return true
	}
	return len(it.text) > 0 && isDigit(it.text[0])
}

// wordy: the sentence is about words, which may be those that follow.
func wordy(k string) bool {
	switch k {
	case "following", "below", "above", "sentence", "line", "lines", "phrase", "text", "mail", "email", "message", "template", "screenshot", "translation", "translate", "paragraph", "poster", "follows", "paste", "pasted", "copied", "copy", "forwarded", "forward", "snippet", "draft", "drill", "exercise",
		"nachricht", "folgende", "folgendes", "satz", "zeile", "courriel", "phrase suivante", "suivante", "suivant", "mensaje", "siguiente", "frase", "mensagem", "seguinte", "messaggio", "seguente", "bericht", "volgende":
		return true
	}
	return false
}

// since: "since Monday", behind what has been so.
func since(s *segment) bool {
	if len(s.items) < 2 || s.items[0].cls != clsBecause {
		return false
	}
	switch s.items[0].key {
	case "since", "seit", "depuis", "desde", "sinds":
		return classesOf(s.items[1:]).within(small().with(setOf(clsTime, clsDuration, clsNumber, clsPast, clsPast2, clsIn)))
	}
	return false
}

// foretells: the sentence tells what is going to be.
func foretells(s *segment) bool {
	for _, it := range s.items {
		if it.key == "will be" {
			return true
		}
	}
	return false
}

// foretold: verbs of what is going to be so, or happens at its time.
func foretold(k string) bool {
	switch k {
	case "will be", "gets", "becomes", "turns", "starts", "begins", "ends", "happens", "follows", "comes", "wird", "werden", "sera", "sara", "wordt":
		return true
	}
	return false
}

// lasts: how long something was done, which is no time for anything to come.
func lasts(k string) bool {
	switch k {
	case "week", "weeks", "day", "days", "hours", "minutes", "night", "nights", "stunden", "tage", "heures", "horas", "dias":
		return true
	}
	return false
}

// failedThen: "broke at 9am": the time is past.
func failedThen(s *segment) bool {
	for _, it := range s.items {
		switch it.key {
		case "broke", "failed", "crashed", "died", "errored", "degraded":
			return true
		}
	}
	return false
}
