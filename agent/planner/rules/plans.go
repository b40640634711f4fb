package rules

// What people are going to do, have agreed on, or have done themselves is
// nothing that they ask for.

// intends: somebody tells a plan of theirs: "we're planning to …", "I'll deploy
// it myself", "the plan is that we …", "wir überlegen noch, ob …".
func (m *message) intends() bool {
	for i := range m.segs {
		items := m.segs[i].items
		for k, it := range items {
			switch {
			case k > 0 && plans(it.key) && speaker(items[k-1].key),
				it.key == "plan" && k > 0 && items[k-1].cls == clsArt && classesOf(items[k:]).has(clsAux),
				it.cls == clsModal && promises(it.key) && himself(items[k:]):
				return true
			}
		}
	}
	return false
}

// speaker: words that stand for somebody, before a verb.
func speaker(k string) bool {
	switch k {
	case "i", "im", "am", "we", "were", "are", "they", "theyre", "he", "hes", "she", "shes", "ich", "wir", "sie", "er", "man", "je", "on", "nous", "ils", "yo", "nosotros", "eu", "nos", "noi", "ik":
		return true
	}
	return false
}

func plans(k string) bool {
	switch k {
	case "planning", "plan", "plan to", "plans", "intend", "considering", "consider", "thinking", "uberlegen", "uberlege", "planen", "plane", "ueberlegen", "vorhaben", "denken", "dachten",
		"pense", "pensons", "envisage", "envisageons", "comptons", "compte", "prevoyons", "pensamos", "planeamos", "pienso", "penso", "planejamos", "pretendemos", "pensiamo", "pensando", "overwegen", "debating":
		return true
	}
	return false
}

// promises: the speaker says that he is going to do something.
func promises(k string) bool { return k == "ill" || k == "will" || k == "going to" || announces(k) }

// himself: nobody else is to do it.
func himself(items []item) bool {
	for _, it := range items {
		switch it.key {
		case "myself", "ourselves", "themselves", "himself", "herself":
			return true
		}
	}
	return false
}

// recalls: what was said in some meeting, or should be so more often, without a version: "in the retro we
// said we want to deploy shop more often".
func (m *message) recalls() bool {
	if m.set.has(clsPlease) || len(m.items) > 0 && m.items[0].cls == clsReq {
		return false
	}
	if k := m.firstWord(); k+1 < len(m.items) && m.items[k].cls == clsPast2 && m.items[k+1].key == "time" {
		return true // "last time someone tried to deploy …"
	}
	if m.set.has(clsVersion) {
		return false
	}
	for i, it := range m.items {
		if it.key == "often" || it.key == "frequently" {
			return true // "we'd like to deploy billing more often": a habit
		}
		if it.cls == clsSaid && i > 0 && (m.items[i-1].key == "we" || m.items[i-1].key == "they") {
			return true
		}
	}
	return false
}

// perfect: a segment tells in the perfect tense what its speaker did: "ich habe
// gestern shop 1.4.2 ausgerollt", "on a livré shop 1.4.2 hier".
func (m *message) perfect() bool {
	for i := range m.segs {
		s := &m.segs[i]
		if !s.set.has(clsPast) || s.set.meets(setOf(clsReq, clsWant, clsPlease)) {
			continue
		}
		for k := 0; k+1 < len(s.items); k++ {
			if !speaker(s.items[k].key) || !haveForm(s.items[k+1].key) {
				continue
			}
			for _, it := range s.items[k+2:] {
				if it.cls == clsPast && doneVerb(it.key) {
					return true
				}
			}
		}
	}
	return false
}

func haveForm(k string) bool {
	switch k {
	case "have", "has", "had", "just", "already", "habe", "hab", "haben", "hat", "hatte", "hatten", "ai", "a", "avons", "ont", "he", "hemos", "han", "temos", "abbiamo", "hebben", "heb":
		return true
	}
	return false
}

// firstWord is where the first word stands that is not small.
func (m *message) firstWord() int {
	k := 0
	for k < len(m.items) && (small().has(m.items[k].cls) || m.items[k].cls == clsMention) {
		k++
	}
	return k
}

// othersPlan: "bob is going to ship …", "alice will deploy …".
func (m *message) othersPlan() bool {
	k := m.firstWord()
	if k+1 >= len(m.items) || !setOf(clsPerson, clsUnknown, clsSubj).has(m.items[k].cls) || m.set.meets(setOf(clsPlease, clsReq)) {
		return false
	}
	switch m.items[k].key {
	case "i", "we", "you":
		return false
	}
	if k++; m.items[k].cls == clsAux && k+1 < len(m.items) {
		k++
	}
	switch m.items[k].key {
	case "going to", "gonna", "about to", "will":
		return m.items[k].cls == clsModal
	}
	return false
}
