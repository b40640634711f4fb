package rules

import (
	"strings"

	"github.com/releasebot/releasebot/agent"
)

// A short name is a part of one service's name that people use for it:
// "checkout" for checkout-api. It stands for the service only where the object
// of a request stands ("deploy checkout 1.4.2", "1.4.2 of checkout",
// "checkout: 1.4.2 → prod"), and only in a message that names no other service.
// Elsewhere ("roll back, checkout is broken", "the checkout button is gone") the
// word may mean what customers see, and is asked back.

// shortNames finds the parts that are short names: whole segments of at least
// four letters, which are part of no other service's name or alias, no word for
// an environment, and not what any service could be called.
func (n *names) shortNames() map[string]string {
	of := map[string]string{}
	for _, s := range n.catalog.Services {
		for _, name := range append([]string{s.Name}, s.Aliases...) {
			for part := range strings.FieldsFuncSeq(strings.ToLower(name), nameSeparator) {
				if had, ok := of[part]; ok && had != s.Name {
					of[part] = "" // of several: it stands for none
					continue
				}
				of[part] = s.Name
			}
		}
	}
	short := map[string]string{}
	for part, service := range of {
		known, usual := n.isEnvironment(part)
		if service != "" && len(part) >= 4 && lettersOnly(part) && !known && !usual && !generic(part) && len(n.services[part]) == 0 {
			short[part] = service
		}
	}
	return short
}

func lettersOnly(s string) bool {
	for i := 0; i < len(s); i++ {
		if !isLetter(s[i]) {
			return false
		}
	}
	return s != ""
}

// generic: what many programs are called, or are for, so that the word says
// nothing about which one is meant.
func generic(part string) bool {
	switch strings.TrimSuffix(part, "s") {
	case "api", "app", "application", "web", "website", "site", "page", "svc", "service", "server", "worker", "job", "task", "batch", "cron", "daemon", "agent", "bot",
		"core", "main", "master", "base", "common", "shared", "lib", "library", "util", "tool", "system", "platform", "module", "package", "image", "container", "cluster", "node", "host",
		"proxy", "client", "database", "cache", "queue", "store", "storage", "data", "config", "infra", "stack", "schema", "migration", "event", "message", "stream", "pipeline",
		"test", "build", "release", "deploy", "version", "hotfix", "patch", "fix", "feature", "bug", "change", "update", "beta", "alpha", "edge", "next", "legacy", "internal", "external", "public", "private",
		"user", "customer", "team", "mobile", "desktop", "android", "iphone", "code", "doc", "file", "process", "project", "product", "program", "software", "thing":
		return true
	}
	return false
}

// called gives short names their service where they stand as an object.
func called(items []item) {
	short := ""
	for _, it := range items {
		if it.cls != clsName {
			continue
		}
		if it.val == "" || short != "" && short != it.val {
			return
		}
		short = it.val
	}
	if short == "" {
		return
	}
	for _, it := range items {
		if it.cls == clsService && it.val != short {
			return
		}
	}
	for i := range items {
		if items[i].cls == clsName && (governs(items, i) || titles(items, i)) {
			items[i].cls, items[i].options = clsService, nil
		}
	}
}

// governs: item i is what an order, a version or an "of" is about, and no noun
// follows that it only describes.
func governs(items []item, i int) bool {
	j := i + 1
	for j < len(items) && items[j].cls == clsServiceWord {
		j++
	}
	if !objectEnds(items, j) {
		return false
	}
	k := i - 1
	for k >= 0 && (items[k].cls == clsArt || items[k].cls == clsServiceWord || items[k].cls == clsOut && k > 0 && items[k-1].cls != clsSep) {
		k--
	}
	if k >= 0 {
		switch items[k].cls {
		case clsDeploy, clsRollback, clsLight, clsVerify, clsCheck, clsLock, clsUnlock, clsOf:
			return true
		case clsFrom:
			return items[k].key == "von"
		case clsFor:
			return false // "the fix for checkout 1.4.2"
		}
	}
	v, ok := governed(items, j-1)
	return ok && v.cls == clsVersion && !classesOf(items).has(clsPron) // "checkout 1.4.2 and deploy it" may begin with a verb
}

// objectEnds: what begins at item j can't be a noun that a name before it
// describes: "the checkout button".
func objectEnds(items []item, j int) bool {
	return j >= len(items) || setOf(clsSep, clsVersion, clsVersionWord, clsEnv, clsTo, clsIn, clsFrom, clsOf, clsPlease, clsFiller, clsBack, clsOut, clsAnd, clsPage, clsTell,
		clsBecause, clsEmoji, clsChat, clsReq, clsDuration, clsInstead, clsCorr, clsLink, clsTicket, clsMention, clsRollback, clsDeploy).has(items[j].cls)
}

// titles: item i begins the message, and a colon stands after it.
func titles(items []item, i int) bool {
	for _, it := range items[:i] {
		if !small().has(it.cls) && it.cls != clsMention {
			return false
		}
	}
	return i+1 < len(items) && items[i+1].cls == clsSep && items[i+1].sep == ':'
}

// answersShortly: a short name alone answers the question for the service.
func (m *message) answersShortly(q *agent.Question) {
	if q.Missing != "service" || len(m.segs) != 1 || !m.segs[0].set.within(small().with(setOf(clsName, clsServiceWord))) {
		return
	}
	s := &m.segs[0]
	for i := range s.items {
		if s.items[i].cls == clsName && s.items[i].val != "" {
			s.items[i].cls, s.items[i].options = clsService, nil
			s.set = classesOf(s.items)
		}
	}
}
