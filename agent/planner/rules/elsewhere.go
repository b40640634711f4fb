package rules

import "strings"

// Words of ours about things that are none: "deploy a pizza to my desk", "how
// many customers signed up?".

// everyday: what is to be released or rolled back is no service and no part of
// one, and nothing of the catalog is named.
func (m *message) everyday() bool {
	if m.set.meets(slots().with(setOf(clsServiceWord, clsVersionWord, clsVague))) {
		return false
	}
	for i, it := range m.items {
		if it.cls != clsDeploy && it.cls != clsRollback {
			continue
		}
		for _, o := range m.items[i+1:] {
			if setOf(clsArt, clsFiller, clsOut, clsBack, clsMany, clsPast2, clsFor, clsMe, clsNumber).has(o.cls) {
				continue
			}
			if household(o.key) || it.cls == clsRollback && (strings.HasPrefix(o.key, "time") || o.key == "clock") {
				return true
			}
			break
		}
	}
	return false
}

// household: things of kitchens, desks and lives. A service of such a name is in
// the catalog, and then the word is a name.
func household(k string) bool {
	switch strings.TrimSuffix(k, "s") {
	case "pizza", "coffee", "tea", "beer", "wine", "cake", "cooky", "cookie", "donut", "doughnut", "lunch", "dinner", "breakfast", "snack", "burger", "sandwich", "chocolate", "banana", "kaffee", "kuchen", "bier",
		"cafe", "gateau", "biere", "cerveza", "cerveja", "birthday", "weekend", "monday", "friday", "holiday", "vacation", "life", "age", "year", "troop", "umbrella", "parachute", "airbag", "cat", "dog",
		"kitten", "puppy", "desk", "chair", "kitchen", "office", "couch", "mood", "feeling", "hug", "meme", "joke", "intern", "boss", "sun", "rain", "snow", "sleeve", "eye", "window", "carpet", "car", "bike", "clock", "kid", "baby", "dad", "mum", "mom", "wife", "husband":
		return true
	}
	return false
}

// business: the question is about customers, sales and the like, of which
// nothing is known here.
func (m *message) business() bool {
	if m.set.meets(setOf(clsDeploy, clsRollback, clsReq, clsPlease, clsApprovals, clsLocked, clsLockNoun)) {
		return false
	}
	for i, it := range m.items {
		if metric(it.key) || counts(it.key) && i+1 < len(m.items) && countable(m.items[i+1].key) {
			return true
		}
	}
	return false
}

func counts(k string) bool {
	switch k {
	case "how many", "how much", "wieviele", "wieviel", "viele", "viel", "combien de", "combien", "cuantos", "cuantas", "quantos", "quantas", "quanti", "quante", "hoeveel", "number of":
		return true
	}
	return false
}

func countable(k string) bool {
	switch k {
	case "customers", "customer", "users", "people", "clients", "visitors", "orders", "sales", "money", "employees", "emails", "signups", "sign-ups", "subscribers", "subscriptions", "invoices", "purchases",
		"kunden", "nutzer", "bestellungen", "besucher", "commandes", "utilisateurs", "clientes", "usuarios", "pedidos", "clienti", "ordini", "klanten":
		return true
	}
	return false
}

func metric(k string) bool {
	switch k {
	case "revenue", "revenues", "turnover", "profit", "profits", "sales figures", "conversion", "umsatz", "umsatze", "gewinn", "chiffre", "ventas", "ingresos", "faturamento", "vendas", "fatturato", "omzet", "churn", "mrr", "arr":
		return true
	}
	return false
}
