package rules

import (
	"slices"
	"strings"

	"github.com/releasebot/releasebot/agent"
)

// A filling is what a message names: each list holds different things only.
type filling struct {
	services, envs, versions []string
	unclear                  []item // looks like a name, but isn't surely one
	toVersion                bool   // the version is where to go: "to 1.4.1"
	fromEnv, fromVersion     string // "from staging"
	vague                    string // "latest", "main"
	many                     string // "all", "every"
	same                     bool
	past                     bool // "previous", "last"
	pron                     bool
	to                       bool // a direction was named
}

// take adds what a list of items names.
func (f *filling) take(items []item) {
	for i, it := range items {
		switch it.cls {
		case clsService:
			f.services = addNew(f.services, it.val)
		case clsEnv:
			if before(items, i) == clsFrom {
				f.fromEnv = it.val
				continue
			}
			f.envs = addNew(f.envs, it.val)
			f.to = f.to || before(items, i) == clsTo || before(items, i) == clsIn
		case clsVersion:
			switch before(items, i) {
			case clsFrom:
				if i > 0 && built(items[i-1].key) { // "from tag 1.4.2"
					break
				}
				f.fromVersion = it.val
				continue
			case clsTo:
				f.toVersion = true
			}
			f.toVersion = f.toVersion || restores(items[:i])
			f.versions = addNew(f.versions, it.val)
		case clsName:
			f.unclear = append(f.unclear, it)
		case clsVague:
			if lastOne(it.key) && before(items, i) != clsTo && classesOf(items[:i]).has(clsRollback) {
				f.past = true // "undo the last release of shop"
				continue
			}
			f.vague = it.text
		case clsMany:
			f.many = it.text
		case clsSame:
			f.same = true
		case clsPast2:
			f.past = true
		case clsPron:
			f.pron = true
		}
	}
}

// before is the class of the word that governs item i: articles and the words
// "version" or "environment" between them don't count.
func before(items []item, i int) class {
	skip := setOf(clsArt, clsVersionWord, clsEnvWord, clsServiceWord, clsNoun, clsPast2, clsFiller)
	for k := i - 1; k >= 0; k-- {
		if skip.has(items[k].cls) {
			continue
		}
		if items[k].cls == clsRollback && leadsTo(items[k].key) {
			return clsTo
		}
		return items[k].cls
	}
	return clsUnknown
}

// lastOne: what a rollback takes back.
func lastOne(k string) bool { return k == "last release" || k == "last version" || k == "last build" }

// built: the word names what a release is made from, not what it replaces.
func built(k string) bool {
	switch k {
	case "tag", "commit", "sha", "build", "ref", "revision":
		return true
	}
	return false
}

// restores: "restore shop 1.4.1" names where to go, though the service stands between.
func restores(items []item) bool {
	for _, it := range items {
		if it.cls == clsRollback && leadsTo(it.key) {
			return true
		}
	}
	return false
}

// leadsTo: after these words a version is where to go, not what to leave.
func leadsTo(k string) bool {
	switch k {
	case "go back to", "fall back to", "restore", "reinstate", "downgrade", "restaure", "restaurer", "restaura", "restaurar", "volver a", "vuelve a":
		return true
	}
	return strings.HasSuffix(k, " a") || strings.HasSuffix(k, " a la") || strings.HasSuffix(k, " para") || strings.HasSuffix(k, " alla")
}

func addNew(list []string, s string) []string {
	if slices.Contains(list, s) {
		return list
	}
	return append(list, s)
}

// override replaces what the correction names.
func (f *filling) override(by filling) {
	if len(by.services) > 0 && !slices.Equal(by.services, f.services) {
		f.services = by.services
		f.versions, f.vague, f.toVersion = nil, "", false // a version belongs to its service
	}
	if len(by.envs) > 0 {
		f.envs = by.envs
	}
	if len(by.versions) > 0 || by.vague != "" {
		f.versions, f.vague, f.toVersion = by.versions, by.vague, by.toVersion
	}
	f.unclear = append(f.unclear, by.unclear...)
	f.to = f.to || by.to
	f.pron = f.pron || by.pron
	f.same = f.same || by.same
	f.past = f.past || by.past
	if by.many != "" {
		f.many = by.many
	}
}

// fillFrom completes missing slots from what the thread is about.
func (f *filling) fillFrom(i *agent.Intent, env bool) {
	if i == nil {
		return
	}
	if len(f.services) == 0 && i.Service != "" {
		f.services = []string{i.Service}
	}
	same := len(f.services) == 1 && f.services[0] == i.Service
	if same && len(f.versions) == 0 && f.vague == "" && i.Version != "" {
		f.versions = []string{i.Version}
	}
	if env && len(f.envs) == 0 && i.Environment != "" {
		f.envs = []string{i.Environment}
	}
}

func (f *filling) empty() bool {
	return len(f.services)+len(f.envs)+len(f.versions)+len(f.unclear) == 0 && f.vague == ""
}

// kinds counts how many kinds of things are named.
func (f *filling) kinds() int {
	n := 0
	for _, l := range [...][]string{f.services, f.envs, f.versions} {
		if len(l) > 0 {
			n++
		}
	}
	return n
}
