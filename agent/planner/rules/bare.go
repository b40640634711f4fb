package rules

// A bare release names a service, a version and an environment, and has no verb:
// "shop 1.4.2 prod". It is an order only where nothing else stands beside the
// names than what people put around orders; told with joy, praise or "already",
// it is news.

// bareRequest: the message is a bare release, and nothing speaks against its
// being an order.
func (m *message) bareRequest(o order) bool {
	f := o.fill
	if !f.triple() || len(f.unclear) > 0 || f.vague != "" || f.many != "" || f.fromEnv != "" || f.fromVersion != "" || f.past || f.same || f.pron {
		return false
	}
	if m.set.has(clsIn) && !m.urges() || f.envs[0] == "live" { // "shop 1.4.2 on prod", "shop 1.4.2 live" may be news
		return false
	}
	if m.question && !m.set.has(clsPlease) || o.pageUnclear || o.dangling || m.allQuoted() || m.celebrates() {
		return false
	}
	count := 0
	for i := range m.segs {
		if o.roles[i] == rolePage || o.roles[i] == roleReason {
			continue
		}
		for k, it := range m.segs[i].items {
			if slots().has(it.cls) {
				count++
			}
			if !beside(it) && (it.cls != clsMention || i > 0 || k > 0) {
				return false
			}
		}
	}
	return count == 3 // said once
}

// urges: some word asks for it or hurries.
func (m *message) urges() bool {
	for _, it := range m.items {
		switch {
		case it.cls == clsPlease, it.cls == clsReq, it.cls == clsChat && farewell(it.key), it.cls == clsEmoji && it.text != "" && hurryEmoji(it.text):
			return true
		case it.cls == clsFiller && (it.key == "go" || it.key == "asap" || it.key == "rn" || it.key == "now" || it.key == "right now" || it.key == "urgent" || it.key == "go ahead"):
			return true
		}
	}
	return false
}

// triple: exactly one of each.
func (f *filling) triple() bool {
	return len(f.services) == 1 && len(f.envs) == 1 && len(f.versions) == 1
}

// allQuoted: a quotation of names alone asks for nothing.
func (m *message) allQuoted() bool {
	for _, it := range m.items {
		if !it.quoted && it.cls != clsSep {
			return false
		}
	}
	return true
}

// beside says whether a word may stand beside a bare release.
func beside(it item) bool {
	switch it.cls {
	case clsService, clsEnv, clsVersion, clsSep, clsPlease, clsTo, clsIn, clsArt, clsVersionWord, clsEnvWord, clsServiceWord, clsOf, clsCorr, clsNo, clsReq, clsAnd:
		return true
	case clsNoun, clsTicket:
		return it.key != "deployment" && it.key != "plan" && it.key != "rollout plan" && !changes(it.key) || it.key == "hotfix" || it.key == "bugfix"
	case clsEmoji:
		return hurryEmoji(it.text)
	case clsFiller:
		return !newsy(it.key)
	case clsChat, clsSocial:
		return !praises(it.key)
	}
	return false
}

// hurryEmoji: signs that go with orders, not with news.
func hurryEmoji(s string) bool {
	switch s {
	case "", "🚀", ":rocket:", "🙏", ":pray:", "🚢", ":ship:", ":ship_it:", ":shipit:", "🔥", ":fire:", "⚡", ":zap:", "🙂", ":slightly_smiling_face:", "😊", ":blush:",
		"👉", ":point_right:", "📦", ":package:", "🤖", ":robot_face:", "👋", ":wave:", "😇", "🥺", ":pleading_face:", "¿", "¡", "🚨", ":rotating_light:", "❗", ":exclamation:", "‼":
		return true
	}
	return false
}

// newsy: small words that make news of names ("shop 1.4.2 prod already").
func newsy(k string) bool {
	switch k {
	case "again", "already", "finally", "still", "yet", "currently running", "at the moment", "this time", "cool", "great", "perfect", "awesome", "fantastic", "excellent",
		"all good", "yay", "hooray", "woohoo", "woot", "fyi", "a purpose", "really", "schon", "deja", "actuellement", "actualmente", "atualmente", "attualmente", "en ce moment", "en este momento", "no momento", "actuelle", "actuel", "actual", "atual", "neste momento", "nesse momento", "at present", "aktuell", "gerade", "here", "there", "hotfix alert":
		return true
	}
	return false
}

// praises: small talk about something that is done.
func praises(k string) bool {
	switch k {
	case "omg", "oh god", "oh my god", "omfg", "gosh", "yikes", "eek", "crap", "oh crap", "damn", "dammit", "damnit", "shit", "oh shit", "fuck", "wtf", "uh oh", "uh-oh", "uhoh", "mist", "oh mist", "scheisse", "verdammt", "oh nein", "oh je",
		"merde", "putain", "zut", "mierda", "joder", "caramba", "droga", "merda", "cazzo", "accidenti", "cavolo", "oei",
		"nice", "wow", "great job", "good job", "well done", "nice work", "nice one", "great work", "love it", "you rock", "good bot", "congrats", "congratulations",
		"thanks for", "thank you for", "thx for", "cheers for", "super", "prima", "genial", "parfait", "bravo", "perfecto", "excelente", "estupendo", "otimo", "perfeito", "parabens", "ottimo", "perfetto":
		return true
	}
	return false
}

// celebrates: some word or sign is one of joy about what is done.
func (m *message) celebrates() bool {
	named := false
	for _, it := range m.items {
		named = named || slots().has(it.cls)
		switch {
		case named && it.cls == clsFiller && settled(it.key), it.key == "thanks to":
			return true
		case it.cls == clsEmoji && joy(it.text), (it.cls == clsChat || it.cls == clsSocial) && praises(it.key), it.cls == clsFiller && newsy(it.key) && it.key != "again" && it.key != "fyi" && it.key != "there" && it.key != "here":
			return true
		}
	}
	return false
}

// settled: behind names these say how it stands ("shop 1.4.2 prod ok").
func settled(k string) bool {
	switch k {
	case "ok", "okay", "alright", "right", "sure", "good to go", "ready to go", "vale", "daccord", "beleza", "certo", "alles klar":
		return true
	}
	return false
}

func joy(s string) bool {
	switch s {
	case "🎉", ":tada:", "🥳", ":partying_face:", "👏", ":clap:", "🙌", ":raised_hands:", "🎊", ":confetti_ball:", "🍾", ":champagne:", "💪", ":muscle:", "😂", ":joy:", "🤣", ":rofl:", "😅", ":sweat_smile:", "😱", ":scream:",
		"😬", ":grimacing:", "👀", ":eyes:", "🤔", ":thinking_face:", ":thinking:", "💀", ":skull:", "😭", ":sob:", "🤷", ":shrug:", "🙃", ":upside_down_face:":
		return true
	}
	return false
}

// bareRelease: some segment is a bare release, maybe with a time in it, so that
// a time or a condition beside it is one of an order.
func (p *Planner) bareRelease(m *message) bool {
	allowed := p.grammar.slotLike.with(setOf(clsTime, clsDuration, clsNumber, clsOut))
	for i := range m.segs {
		s := &m.segs[i]
		if s.set.has(clsService) && s.set.meets(setOf(clsVersion, clsVague)) && s.set.has(clsEnv) && s.set.within(allowed) {
			return true
		}
	}
	return false
}

// unknownRelease: "billing 1.0.3 to prod", where billing is no service.
func (m *message) unknownRelease() bool {
	for i := range m.segs {
		s := &m.segs[i]
		if !s.set.within(small().with(setOf(clsUnknown, clsVersion, clsEnv, clsTo, clsIn, clsVersionWord, clsEnvWord, clsServiceWord))) || !s.set.has(clsVersion) || !s.set.has(clsEnv) {
			continue
		}
		k := 0
		for k < len(s.items) && small().has(s.items[k].cls) {
			k++
		}
		if unknowns(s.items) == 1 && (s.items[k].cls == clsUnknown || s.items[k].cls == clsVersion && k+1 < len(s.items) && s.items[k+1].cls == clsUnknown) {
			return true
		}
	}
	return false
}
