package rules

// besideForeign: small words that belong to two languages.
func besideForeign(items []item, i int) {
	it, rest := &items[i], items[i+1:]
	switch {
	case (it.key == "von" || it.key == "vom") && len(rest) > 0 && rest[0].cls == clsService:
		it.cls = clsOf
	case it.key == "no" && i > 0 && len(rest) > 0 && rest[0].cls == clsEnv && portugueseWord(items[:i]):
		it.cls = clsIn // "no staging"
	case it.key == "a" && i > 0 && leadsToName(rest) && romanceWord(items[:i]):
		it.cls = clsTo // "a producción", "a 4.0.6"
	}
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
