package rules

import "strings"

// Some words mean one thing beside some words and another beside others. What
// stands around them is looked at before anything is read.
func besides(items []item) {
	asked := classesOf(items).has(clsPlease)
	for i := range items {
		switch items[i].cls {
		case clsModal:
			if asked {
				besidePlease(items, i)
			}
		case clsArt, clsNo, clsFrom:
			besideForeign(items, i)
		default:
			besideWord(items, i)
		}
	}
}

// besideWord looks at one word that is English, or begins an order in any language.
func besideWord(items []item, i int) {
	it, rest := &items[i], items[i+1:]
	switch {
	case it.cls == clsAgainst && onlyThere(items, i):
		it.cls = clsFiller
	case it.cls == clsFreeze && freezes(items, i):
		it.cls = clsLock
		if it.key == "unfreeze" {
			it.cls = clsUnlock
		}
	case it.cls == clsReq && longs(it.key) && thing(rest):
		it.cls = clsWant // "necesitamos shop 1.4.2 en producción"
	case it.key == "what" && len(rest) > 0 && rest[0].key == "happened" && classesOf(rest).meets(setOf(clsService, clsEnv)):
		rest[0].cls = clsHistory
	case it.key == "please do" && !ends(items, i):
		it.cls = clsStart // "please do a rollback"
	case it.cls == clsAgainst && but(it.key) && i > 0 && apologises(items[:i]):
		it.cls = clsFiller // "I'm very sorry, but …"
	case it.key == "at":
		if v, ok := governed(items, i); ok && v.cls == clsVersion && dotted(v.text) {
			it.cls = clsOf // "shop at 1.4.2"
		}
	case it.cls == clsVersion && i > 0 && items[i-1].cls == clsEnv && timeOfDay(it.text):
		it.cls = clsTime // "deploy shop to prod 12.30"
	case (it.key == "ok" || it.key == "okay") && (i > 0 && items[i-1].cls == clsChecks || i > 1 && items[i-1].cls == clsAux && items[i-2].cls == clsChecks):
		it.cls = clsStative // "all tests ok here"
	case it.cls == clsFor && moment(rest) && classesOf(items[:i]).has(clsHold):
		it.cls, rest[0].cls, rest[1].cls = clsFiller, clsFiller, clsFiller // "pause it for a sec"
	case it.cls == clsCond && it.key == "once" && len(rest) == 0 && classesOf(items).meets(setOf(clsVerify, clsCheck, clsChecks)) && !classesOf(items).meets(setOf(clsDeploy, clsRollback, clsLight)):
		it.cls = clsFiller // "run the health checks once"
	case i == 0 && it.cls == clsTime && (it.key == "morning" || it.key == "afternoon" || it.key == "evening") && len(rest) > 0 && rest[0].cls == clsSep:
		it.cls = clsChat
	case it.cls == clsStart && (it.key == "go ahead with" || it.key == "proceed with") && len(rest) > 0 && setOf(clsService, clsVersion).has(rest[0].cls):
		it.cls = clsLight
	case vouched(items, i):
		it.cls = clsStative // "approved by QA", "QA signed off"
		if len(rest) > 0 && rest[0].cls == clsEnv {
			rest[0].cls = clsUnknown
		}
	case it.key == "go" && it.cls == clsOut:
		if ends(items, i) { // "shop 1.4.2 prod, go!"
			it.cls = clsFiller
		}
	case it.key == "<-" && i > 0 && items[i-1].cls == clsEnv && (i == 1 || i == 2 && items[0].cls == clsArt):
		items[i-1], items[i] = item{cls: clsTo, text: "to", key: "to", start: items[i-1].start, end: items[i-1].end}, items[i-1]
	case it.cls == clsOther && kills(it.key) && ongoing(rest):
		it.cls = clsCancel
		calms(rest)
	case it.cls == clsShow && gets(it.key) && classesOf(rest).has(clsPast) && classesOf(rest).has(clsService):
		it.cls = clsWant // "can I get shop 1.4.2 deployed to prod"
	case it.key == "para" && i > 0 && !ends(items, i) && items[i-1].cls != clsCancel && (i+1 >= len(items) || items[i+1].key != "para"): // "para" is "stop" to begin with, else "to"
		it.cls = clsTo
	case it.key == "gib" && classesOf(rest).has(clsFree):
		it.cls = clsUnlock // "gib shop in staging frei"
		frees(rest)
	}
}

// ends: nothing of the sentence follows item i.
func ends(items []item, i int) bool {
	for _, it := range items[i+1:] {
		switch it.cls {
		case clsPlease, clsFiller, clsChat, clsEmoji:
			continue
		case clsSep:
			return true
		}
		return false
	}
	return true
}

// moment: "a sec" and the like, which is as long as it takes.
func moment(items []item) bool {
	if len(items) < 2 || items[0].cls != clsArt {
		return false
	}
	switch items[1].key {
	case "sec", "second", "moment", "minute", "min", "bit", "tick":
		return true
	}
	return false
}

// kills: verbs that end a process, and with it a release that is under way.
func kills(k string) bool { return k == "kill" || k == "terminate" || k == "drop" }

// ongoing: what follows is a release under way, and nothing else.
func ongoing(items []item) bool {
	found := false
	for _, it := range items {
		switch it.cls {
		case clsArt, clsPlease, clsFiller, clsChat, clsSep, clsEmoji, clsPending, clsGerund, clsHealthy:
			continue
		case clsNoun, clsDeploy, clsRollback:
			found = found || process(it.key)
			if process(it.key) {
				continue
			}
		case clsOf, clsIn, clsFor, clsService, clsEnv, clsVersion:
			if found {
				continue
			}
		}
		return false
	}
	return found
}

// calms takes the meaning from "running" in "kill the running deploy".
func calms(items []item) {
	for i := range items {
		if items[i].cls == clsHealthy {
			items[i].cls = clsFiller
		}
	}
}

func process(k string) bool {
	switch k {
	case "deploy", "deployment", "release", "rollout", "roll out", "rollback", "push", "job":
		return true
	}
	return false
}

// gets: "can I get" and the like, which ask for a thing or for a deed.
func gets(k string) bool {
	switch k {
	case "can i get", "could i get", "can i have", "could i have", "get me", "give me":
		return true
	}
	return false
}

func but(k string) bool {
	return k == "but" || k == "aber" || k == "mais" || k == "pero" || k == "mas"
}

// apologises: nothing but small talk stands before the "but".
func apologises(items []item) bool {
	set := classesOf(items)
	return set.within(small().with(setOf(clsSocial, clsCorr, clsNo))) ||
		set.meets(setOf(clsSocial, clsChat)) && set.within(small().with(setOf(clsSocial, clsCorr, clsNo, clsSubj, clsMe)))
}

// dotted: the version can't be a time of day.
func dotted(v string) bool {
	return strings.Count(v, ".") > 1 || v[0] < '0' || v[0] > '9' || !strings.Contains(v, ".")
}

// governed is the first item behind k that is no article or label.
func governed(items []item, k int) (item, bool) {
	for _, it := range items[k+1:] {
		if !setOf(clsArt, clsVersionWord, clsNoun).has(it.cls) {
			return it, true
		}
	}
	return item{}, false
}

// timeOfDay: 12.30 may be one, where no service stands before it.
func timeOfDay(v string) bool {
	h, m, ok := strings.Cut(v, ".")
	return ok && allDigits(h) && allDigits(m) && len(h) <= 2 && len(m) == 2 && h < "24" && m < "60"
}

// longs: words for wanting, before a deed or before a thing.
func longs(k string) bool {
	switch k {
	case "necesitamos", "queremos", "nos gustaria", "me gustaria", "preciso", "precisamos", "quero", "queria", "eu quero", "eu preciso", "voglio", "vogliamo", "ik wil", "ik wil graag", "ich will", "wir wollen", "ich mochte", "wir mochten", "je souhaite", "nous souhaitons":
		return true
	}
	return false
}

// thing: a service or a version is what follows.
func thing(items []item) bool {
	for _, it := range items {
		switch it.cls {
		case clsArt, clsPlease, clsServiceWord, clsVersionWord, clsFiller:
			continue
		case clsService, clsVersion:
			return true
		}
		return false
	}
	return false
}
