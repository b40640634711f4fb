package rules

import (
	"strings"

	"github.com/releasebot/releasebot/agent"
)

// What is told beside an order: facts and reasons, thanks and names under a
// letter, and the words that point back to what was said before.

// concludes finds the segment that "therefore" begins; 0 if there is none.
func concludes(segs []segment) int {
	for i := range segs {
		if i > 0 && segs[i-1].colon && segs[i].items[0].cls == clsPlease && segs[i].set.meets(slots()) {
			return i // "we need the fix out: please release …"
		}
		for k, it := range segs[i].items {
			switch it.key {
			case "therefore", "hence", "thus", "so therefore", "consequently", "thats why", "that is why", "which is why", "for that reason", "so":
				if k == 0 && (it.key != "so" || segs[i].set.meets(setOf(clsDeploy, clsRollback, clsPlease, clsReq))) {
					return i
				}
			}
		}
	}
	return 0
}

// premise: the segment tells what was done or is the case, and holds nothing
// that could keep an order from being meant now.
func premise(s *segment, goesOn bool) bool {
	never := setOf(clsNeg, clsCond, clsFailWhen, clsHypo, clsInject, clsQuoted, clsOdd, clsDeploy, clsRollback, clsCancel, clsHold, clsAgainst, clsOr, clsModal, clsReq, clsOther, clsApprove,
		clsApprovals, clsFreeze, clsLock, clsUnlock, clsNo, clsCorr, clsMention, clsMany, clsFirst, clsBefore)
	return !s.question && !s.set.meets(never) && (goesOn || needsOut(s) || s.set.meets(setOf(clsStative, clsBad, clsFail, clsDone, clsPast)))
}

// needsOut: "we need the tax fix out asap" says why, before an order.
func needsOut(s *segment) bool {
	return leadOf(s) == clsWant && s.set.has(clsOut) && unknowns(s.items) < 3 && s.set.within(small().with(setOf(clsWant, clsOut, clsUnknown, clsNoun, clsPron)))
}

// signed: a name under "best regards".
func signed(before, s *segment) bool {
	closing := false
	for _, it := range before.items {
		closing = closing || it.cls == clsChat && farewell(it.key)
	}
	for _, it := range s.items {
		if it.cls != clsUnknown || it.text[0] < 'A' || it.text[0] > 'Z' {
			return false
		}
	}
	return closing && len(s.items) <= 2
}

func farewell(k string) bool {
	return strings.HasSuffix(k, "regards") || strings.HasSuffix(k, "wishes") || strings.HasPrefix(k, "thank") || strings.HasPrefix(k, "cheers") || strings.HasSuffix(k, "grusse") ||
		k == "sincerely" || k == "lg" || k == "vg" || k == "mfg" || k == "thx" || k == "cordialement" || k == "saludos" || k == "abraco" || k == "danke" || k == "merci" || k == "gracias" || k == "best"
}

// verdict: nothing but how something ended.
func verdict(s *segment) bool {
	for _, it := range s.items {
		if strings.HasSuffix(it.key, " side") || strings.HasSuffix(it.key, " end") {
			return false // "all good on our side" is said beforehand
		}
	}
	return s.set.within(small().with(setOf(clsDone, clsFail, clsBad, clsPast, clsStative, clsAux, clsHealthy, clsOut)))
}

// wishes: somebody wants to see it: "design wants to have a look".
func wishes(s *segment) bool {
	for _, it := range s.items {
		if it.cls == clsStative && (strings.HasPrefix(it.key, "want") || strings.HasPrefix(it.key, "would like")) {
			return true
		}
	}
	return false
}

// purposes: the clause says what it is good for, "so that …".
func purposes(s *segment) bool {
	for _, it := range s.items {
		if it.cls == clsBecause {
			return strings.HasPrefix(it.key, "so") || it.key == "damit"
		}
	}
	return false
}

// sorry: "sorry, 1.4.3" and "oops, 1.4.3" correct.
func sorry(s *segment) bool {
	for _, it := range s.items {
		switch it.key {
		case "sorry", "apologies", "my bad":
			return true
		}
	}
	return false
}

// goesOn: the words continue what was said before.
func goesOn(s *segment) bool {
	for _, it := range s.items {
		switch it.key {
		case "now", "also", "too", "then", "next", "jetzt", "maintenant", "ahora", "agora", "finally", "same", "the same", "next up", "as well", "so", "and then":
			return true
		}
	}
	return s.and
}

func repeats(k string) bool {
	switch k {
	case "encore une fois", "une fois de plus", "nog een keer", "nog eens", "ancora una volta", "una vez mas", "mais uma vez", "uma vez mais", "ein weiteres mal", "again", "once more", "one more time", "noch mal", "nochmal", "noch einmal", "encore", "de nouveau", "a nouveau", "de novo", "novamente", "otra vez", "nuevamente", "di nuovo", "opnieuw", "nogmaals":
		return true
	}
	return false
}

// there: the place is pointed at.
func (s *segment) there() bool {
	for _, it := range s.items {
		if it.key == "there" || it.key == "there now" {
			return true
		}
	}
	return false
}

// fromTopic: after a question about an environment "it" is what runs there.
func (o *order) fromTopic(t *agent.Intent) {
	f := &o.fill
	if t == nil || t.Service == "" || len(f.services) > 0 || len(f.unclear) > 0 || !f.pron && !(o.action == clsRollback && len(f.envs) == 0) {
		return
	}
	f.services = []string{t.Service}
	if o.action == clsRollback && len(f.envs) == 0 && t.Environment != "" {
		f.envs = []string{t.Environment}
	}
}

// fromFacts: "shop 1.4.2 looks good on staging, ship it to prod".
func (p *Planner) fromFacts(o *order) {
	f, facts := &o.fill, &o.facts
	if len(f.services) == 0 {
		f.services = facts.services
	}
	if o.action == clsRollback {
		if len(f.envs) == 0 {
			f.envs = facts.envs
		}
		return
	}
	if len(f.versions) == 0 && f.vague == "" && !o.narrated {
		f.versions = facts.versions
	}
}
