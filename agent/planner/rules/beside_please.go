package rules

import "strings"

// besidePlease: with a "please" in the message some ways to ask whether
// something may or must be done are requests.
func besidePlease(items []item, i int) {
	it, rest := &items[i], items[i+1:]
	switch {
	case (it.key == "needs to" || it.key == "has to" || it.key == "must") && len(rest) > 0 && rest[0].key == "go":
		it.cls, rest[0].cls = clsWant, clsFiller // "shop 1.4.2 needs to go to prod please"
	case it.key == "needs" && len(rest) > 0 && rest[0].cls == clsGerund:
		it.cls = clsReq // "shop 1.4.2 needs deploying to prod please"
	case leaves(it.key) && len(rest) > 0 && rest[0].key == "have" && classesOf(rest).has(clsPast):
		it.cls, rest[0].cls = clsWant, clsArt // "could we have shop 1.4.2 deployed to prod, please"
	case leaves(it.key):
		it.cls = clsReq // "would it be possible to …, please"
	case obliges(it.key) && i > 0 && items[i-1].cls == clsSubj && (items[i-1].key == "we" || items[i-1].key == "i"):
		it.cls, items[i-1].cls = clsReq, clsReq // "we have to revert …, please"
	case (it.key == "could" || it.key == "can") && passive(rest):
		it.cls = clsWant // "could shop 1.4.2 be deployed to prod, please"
		passives(rest)
	}
}

// leaves: asking for leave; with "please" it is a request.
func leaves(k string) bool {
	switch k {
	case "can we", "could we", "would it be possible to", "is it possible to", "would it be ok to", "would it be okay to", "is it ok to", "is it okay to", "are you able to",
		"il faudrait", "faudrait", "il faut", "faut", "hay que", "habria que", "bisogna", "bisognerebbe":
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
