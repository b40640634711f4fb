package rules

import "strings"

// Some words mean one thing beside some words and another beside others. What
// stands around them is looked at before anything is read.
func besides(items []item) {
	all := classesOf(items)
	for i := range items {
		it := &items[i]
		switch {
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
		case it.key == "von" && i+1 < len(items) && items[i+1].cls == clsService:
			it.cls = clsOf
		case i == 0 && it.cls == clsTime && (it.key == "morning" || it.key == "afternoon" || it.key == "evening") && len(items) > 1 && items[1].cls == clsSep:
			it.cls = clsChat
		case it.cls == clsStart && (it.key == "go ahead with" || it.key == "proceed with") && i+1 < len(items) && setOf(clsService, clsVersion).has(items[i+1].cls):
			it.cls = clsLight
		case it.cls == clsModal && all.has(clsPlease) && it.key == "needs" && i+1 < len(items) && items[i+1].cls == clsGerund:
			it.cls = clsReq // "shop 1.4.2 needs deploying to prod please"
		case it.cls == clsModal && all.has(clsPlease) && leaves(it.key) && i+1 < len(items) && items[i+1].key == "have" && all.has(clsPast):
			it.cls, items[i+1].cls = clsWant, clsArt // "could we have shop 1.4.2 deployed to prod, please"
		case it.cls == clsModal && all.has(clsPlease) && leaves(it.key):
			it.cls = clsReq // "would it be possible to …, please"
		case it.cls == clsModal && all.has(clsPlease) && obliges(it.key) && i > 0 && items[i-1].cls == clsSubj && (items[i-1].key == "we" || items[i-1].key == "i"):
			it.cls, items[i-1].cls = clsReq, clsReq // "we have to revert …, please"
		case it.cls == clsModal && all.has(clsPlease) && (it.key == "could" || it.key == "can") && passive(items[i+1:]):
			it.cls = clsWant // "could shop 1.4.2 be deployed to prod, please"
			passives(items[i+1:])
		case vouched(items, i):
			it.cls = clsStative // "approved by QA", "QA signed off"
			if i+1 < len(items) && items[i+1].cls == clsEnv {
				items[i+1].cls = clsUnknown
			}
		case it.key == "go" && it.cls == clsOut:
			if ends(items, i) { // "shop 1.4.2 prod, go!"
				it.cls = clsFiller
			}
		case it.key == "<-" && i > 0 && items[i-1].cls == clsEnv && (i == 1 || i == 2 && items[0].cls == clsArt):
			items[i-1], items[i] = item{cls: clsTo, text: "to", key: "to", start: items[i-1].start, end: items[i-1].end}, items[i-1]
		case it.key == "para" && i > 0 && !ends(items, i): // "para" is "stop" to begin with, else "to"
			it.cls = clsTo
		case it.cls == clsNo && it.key == "no" && i > 0 && i+1 < len(items) && items[i+1].cls == clsEnv && portugueseWord(items[:i]):
			it.cls = clsIn // "no staging"
		case it.cls == clsArt && it.key == "a" && i > 0 && i+1 < len(items) && leadsToName(items[i+1:]) && romanceWord(items[:i]):
			it.cls = clsTo // "a producción", "a 4.0.6"
		case it.cls == clsOther && kills(it.key) && ongoing(items[i+1:]):
			it.cls = clsCancel
			calms(items[i+1:])
		case it.cls == clsShow && gets(it.key) && classesOf(items[i+1:]).has(clsPast) && classesOf(items[i+1:]).has(clsService):
			it.cls = clsWant // "can I get shop 1.4.2 deployed to prod"
		case it.key == "gib" && classesOf(items[i+1:]).has(clsFree):
			it.cls = clsUnlock // "gib shop in staging frei"
			frees(items[i+1:])
		}
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

func leadsToName(items []item) bool {
	for _, it := range items {
		switch it.cls {
		case clsEnv, clsVersion:
			return true
		case clsArt, clsVersionWord, clsEnvWord:
			continue
		}
		return false
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

func frees(items []item) {
	for i := range items {
		if items[i].cls == clsFree {
			items[i].cls = clsFiller
		}
	}
}

// romanceWord: some word is such a verb.
func romanceWord(items []item) bool {
	for _, it := range items {
		if romance(it.key) {
			return true
		}
	}
	return false
}

// romance: verbs whose order and report look alike, and after which "a" is "to".
func romance(k string) bool {
	switch k {
	case "haz", "hacer", "hace", "pon", "pone", "poner", "pasa", "pasar", "sube", "subir", "suba", "lleva", "llevar", "manda", "mandar", "mete", "mueve", "despliega", "desplegar", "desplegue", "lanza", "lanzar", "publica", "publicar",
		"libera", "promueve", "actualiza", "actualizar", "revierte", "revertir", "revierta", "vuelve", "volver", "regresa", "regresar", "restaura", "restaurar", "deshaz", "instala", "entrega", "retrocede",
		"reviens", "revenir", "revenez", "repasse", "passe", "passer", "mets", "met", "mettre", "restaure", "restaurer", "deploie", "deploies", "livre", "pousse", "publie", "lance", "monte", "bascule", "balance", "envoie", "installe", "amene", "pousser",
		"reverte", "reverter", "reverta", "volta", "voltar", "volte", "retorna", "retorne", "implanta", "implante", "implantar", "sobe", "joga", "bota", "leva", "lanca", "coloca", "atualiza", "promove", "faz deploy", "desfaz",
		"torna", "ripristina", "riporta", "porta", "fai", "rilascia", "pubblica", "lancia", "distribuisci", "mettere", "metti",
		"haz rollback", "haz un rollback", "hacer rollback", "faz rollback", "fai rollback", "fai il rollback di", "fais un rollback", "fais un rollback de", "fai rollback di", "rollback di",
		"zet", "breng", "rol", "draai":
		return true
	}
	return false
}

// portugueseWord: some word is Portuguese only.
func portugueseWord(items []item) bool {
	for _, it := range items {
		switch it.key {
		case "implanta", "implante", "implantar", "sobe", "suba", "coloca", "coloque", "colocar", "manda", "mande", "joga", "bota", "volta", "volte", "voltar", "reverte", "reverta", "reverter", "retorna", "faz rollback", "faz o rollback", "faz rollback do", "faz rollback da",
			"faz rollback de", "faca rollback", "faca o rollback", "faca rollback do", "faca rollback da", "faz o deploy", "faz o deploy do", "faz o deploy da", "faz o deploy de", "faz deploy do", "faz deploy da", "faz deploy de", "faz deploy", "faca o deploy do", "faca o deploy da", "faca o deploy de", "fazer o deploy do",
			"fazer o deploy da", "fazer o deploy de", "fazer deploy do", "fazer deploy da", "fazer deploy de", "do", "publica", "publique", "libera", "lanca", "atualiza", "atualize", "pode", "voce pode", "poderia", "voce poderia":
			return true
		}
	}
	return false
}

// leaves: asking for leave; with "please" it is a request.
func leaves(k string) bool {
	switch k {
	case "can we", "could we", "would it be possible to", "is it possible to", "would it be ok to", "would it be okay to", "is it ok to", "is it okay to", "are you able to":
		return true
	}
	return false
}

// obliges: what must be done; with "we" and "please" it is a request.
func obliges(k string) bool { return k == "have to" || k == "must" || k == "should" }

// passive: "… be deployed …".
func passive(items []item) bool {
	for i, it := range items {
		switch {
		case slots().has(it.cls), setOf(clsArt, clsVersionWord, clsServiceWord, clsPlease, clsNoun, clsOf).has(it.cls):
			continue
		case it.key == "be" && i > 0 && i+1 < len(items) && items[i+1].cls == clsPast:
			return true
		}
		return false
	}
	return false
}

func passives(items []item) {
	for i := range items {
		if items[i].key == "be" {
			items[i].cls = clsArt
			return
		}
	}
}

// vouched: item i says that those whose consent is no approval are content:
// testers, the product's people. It is a fact about a release like any other.
func vouched(items []item, i int) bool {
	switch items[i].key {
	case "approved by":
		k := i + 1
		for k < len(items) && items[k].cls == clsArt {
			k++
		}
		return k < len(items) && tester(items[k].key, items[k].text)
	case "signed off", "approved", "sign off":
		k := i - 1
		for k >= 0 && items[k].cls == clsAux {
			k--
		}
		return k >= 0 && tester(items[k].key, items[k].text)
	}
	return false
}

func tester(key, text string) bool {
	switch strings.ToLower(text) {
	case "qa", "uat":
		return true
	}
	switch key {
	case "product", "testing", "testers", "tester", "design", "designers", "ux", "customer", "marketing", "support", "translators", "legal":
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
