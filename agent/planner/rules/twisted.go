package rules

// Orders in which every word is understood, and which are none all the same.

// twisted: the words are ours, but together they say something else: "push
// back on", "undo the rollback", "roll shop in production", "upgrade from shop".
func (m *message) twisted(s *segment) bool {
	st := s.set
	if st.has(clsDeploy) && st.has(clsBack) {
		return true
	}
	for i, it := range s.items {
		switch {
		case it.key == "request" && st.has(clsRollback):
			return true
		case it.cls == clsFrom && !setOf(clsEnv, clsVersion).has(next(s.items, i)):
			return true
		case it.cls == clsLight && (it.key == "roll" || it.key == "rolle" || it.key == "rol") && !st.meets(setOf(clsOut, clsBack, clsTo)):
			return true
		case it.cls == clsLight && st.has(clsBack) && it.key != "roll" && it.key != "rolle" && it.key != "rol" && !st.has(clsVersion) && !(st.has(clsPast2) && st.has(clsTo)):
			return true
		case it.cls == clsDeploy && moves(it.key) && !target(s):
			return true
		}
		if c, ok := m.actionNoun(it); ok && st.has(clsRollback) && c == clsRollback {
			return true
		}
	}
	return false
}

// next is the class of the word that item i governs.
func next(items []item, i int) class {
	for _, it := range items[i+1:] {
		if !setOf(clsArt, clsVersionWord, clsEnvWord, clsNoun).has(it.cls) {
			return it.cls
		}
	}
	return clsUnknown
}

// moves: verbs that lead from one version to another, so that a bare version
// could be either.
func moves(k string) bool {
	switch k {
	case "upgrade", "update", "bump", "aktualisiere", "aktualisieren", "actualiza", "actualizar", "atualiza", "atualizar", "atualize":
		return true
	}
	return false
}

// target: no version is named, or one is named as where to go.
func target(s *segment) bool {
	if !s.set.has(clsVersion) {
		return true
	}
	var f filling
	f.take(s.items)
	return f.toVersion
}

// relative: the version only says what another one is near to: "the fix for
// 1.4.2", "over 1.4.2".
func relative(s *segment) bool {
	for i, it := range s.items {
		if it.cls != clsVersion {
			continue
		}
		k := i - 1
		for k >= 0 && (s.items[k].cls == clsArt || s.items[k].cls == clsVersionWord) {
			k--
		}
		switch {
		case k < 0:
		case s.items[k].cls == clsOut && k == i-1, s.items[k].cls == clsFor:
			return true
		case k > 0 && s.items[k-1].cls == clsNoun && setOf(clsIn, clsOf, clsFrom, clsTo).has(s.items[k].cls) && changes(s.items[k-1].key):
			return true
		}
	}
	return false
}

// changes: the noun is something that comes on top of a version.
func changes(k string) bool {
	switch k {
	case "fix", "hotfix", "bugfix", "change", "changes", "feature", "thing", "things", "stuff", "patch release", "something", "candidate", "commit", "update", "upgrade":
		return true
	}
	return false
}

// heading: "production deploy shop 1.4.2", "shop 1.4.2 release" may announce
// what is under way. A word that can be a noun, after a name, is an order only
// with a word of request or a place after it.
func (m *message) heading(s *segment) bool {
	if s.set.meets(setOf(clsPlease, clsReq, clsWant, clsLight, clsStart, clsPron)) || hurries(s) || leadOf(s) == clsRollback {
		return false
	}
	named := setOf(clsService, clsEnv, clsVersion)
	for i, it := range s.items {
		switch it.key {
		case "deploy", "release", "push", "launch", "rollout", "update", "upgrade", "rollback", "bump":
		default:
			continue
		}
		if it.cls != clsDeploy && it.cls != clsRollback || i == 0 || !named.has(s.items[i-1].cls) {
			return false
		}
		for _, o := range s.items {
			if o.cls == clsTo || o.cls == clsIn {
				return false
			}
		}
		// "shop 1.4.2 prod deploy" is whole; "production deploy shop 1.4.2" may be a title.
		return it.key != "deploy" || m.celebrates() || !classesOf(s.items[:i]).has(clsService) || !classesOf(s.items[:i]).has(clsVersion) || !classesOf(s.items[:i]).has(clsEnv)
	}
	return false
}

// reported: in French, Spanish, Portuguese, Italian and Dutch an order has the
// form of a report ("shop 1.4.2 sobe em produção", "on déploie shop"). Behind its
// subject it is one, unless somebody asks for it.
func reported(s *segment) bool {
	if s.set.meets(setOf(clsPlease, clsReq, clsWant)) {
		return false
	}
	for i, it := range s.items {
		if i == 0 || !romance(it.key) {
			continue
		}
		k := i - 1
		for k > 0 && s.items[k].cls == clsFiller {
			k--
		}
		switch b := s.items[k]; {
		case b.cls == clsService, b.cls == clsVersion, b.cls == clsIn && b.key == "on":
			return true
		}
	}
	return false
}

// hurries: "now" makes an order of a heading.
func hurries(s *segment) bool {
	for _, it := range s.items {
		switch it.key {
		case "now", "asap", "immediately", "right now", "right away":
			return true
		}
	}
	return false
}
