package rules

import "strings"

// A class is what a word or phrase can do in a sentence.
type class uint8

// The classes. Those up to clsOdd come from the shape of a word or from the
// catalog, the others from the lexicon.
const (
	clsUnknown class = iota
	clsSep
	clsService
	clsEnv
	clsVersion
	clsPerson
	clsName // a word that looks like a name of the catalog, but isn't surely one
	clsTicket
	clsNumber
	clsDuration
	clsLink
	clsMention
	clsEmoji
	clsQuoted // part of somebody's quoted words
	clsOdd    // a sign the grammar doesn't know

	clsDeploy
	clsLight // put, get, bring …: a deploy only together with a version and a place
	clsStart // start, run, trigger …: with "a deploy"
	clsWant  // "I want", "we need"
	clsRollback
	clsBack
	clsOut // particles: out, over, aus
	clsPast
	clsGerund
	clsOther // actions that are none of ours
	clsVerify
	clsCheck
	clsChecks // health checks, as a noun
	clsStatus
	clsHealthy // healthy, up, running, deployed: what can be asked of a service
	clsHistory
	clsPlural // deploys, releases
	clsPast2  // last, previous, recent
	clsApprovals
	clsApprove
	clsPending
	clsLock
	clsUnlock
	clsLocked
	clsLockNoun
	clsFreeze
	clsTell
	clsPage
	clsLet
	clsKnow
	clsFree
	clsDone
	clsFail
	clsCancel
	clsHold
	clsResume
	clsWhy
	clsHelp
	clsNeg
	clsCond
	clsFailWhen // "on failure", "in case of problems"
	clsTime
	clsModal
	clsHypo
	clsInject
	clsWh
	clsWho
	clsWhen
	clsHow
	clsAux
	clsReq
	clsShow
	clsPlease
	clsFiller
	clsChat
	clsSocial // what opens a sentence of small talk: "hope you", "sorry to bother"
	clsTo
	clsIn
	clsFrom
	clsOf
	clsFor
	clsArt
	clsNoun
	clsPron
	clsMe
	clsSubj
	clsAnd
	clsOr
	clsNo
	clsYes
	clsCorr
	clsInstead
	clsStative
	clsBad
	clsBecause
	clsVague
	clsSame
	clsMany
	clsFirst
	clsBefore
	clsThen
	clsSaid
	clsOrdinal
	clsVersionWord
	clsEnvWord
	clsServiceWord
	clsRetry   // "try again": the same once more
	clsForgot  // "forgot to mention": with an answer, why it comes late
	clsDuty    // whoever is on call: whom a page reaches anyway
	clsAgainst // without, except, only: limits that can't be kept
	classCount
)

// A set of classes.
type set [2]uint64

func setOf(cs ...class) set {
	var s set
	for _, c := range cs {
		s[c>>6] |= 1 << (c & 63)
	}
	return s
}

func (s set) has(c class) bool { return s[c>>6]&(1<<(c&63)) != 0 }

func (s set) with(t set) set { return set{s[0] | t[0], s[1] | t[1]} }

func (s set) meets(t set) bool { return s[0]&t[0]|s[1]&t[1] != 0 }

// less is s without the members of t.
func (s set) less(t set) set { return set{s[0] &^ t[0], s[1] &^ t[1]} }

// within says whether every member of s is one of t.
func (s set) within(t set) bool { return s[0]&^t[0]|s[1]&^t[1] == 0 }

// lexicon knows words and phrases, by their key forms.
type lexicon struct {
	phrases map[string]class
	starts  map[string]int // first word → most words of a phrase that begins with it
	verbs   []string       // words that a misspelt word may be read as
}

// newLexicon reads the word lists. It panics on a list that can't be read,
// which the package's own tests would show: the lists are part of the program.
func newLexicon() *lexicon {
	l := &lexicon{phrases: make(map[string]class, 12<<10), starts: make(map[string]int, 4<<10)}
	for _, w := range words() {
		for p := range strings.SplitSeq(w.list, ",") {
			p = strings.TrimSpace(p)
			if p == "" {
				continue
			}
			if old, ok := l.phrases[p]; ok && old != w.class {
				panic("rules: " + p + " stands in two word lists")
			}
			l.phrases[p] = w.class
			first, _, _ := strings.Cut(p, " ")
			l.starts[first] = max(l.starts[first], strings.Count(p, " ")+1)
		}
	}
	l.verbs = strings.Fields(`deploy release rollback rollout promote launch upgrade revert redeploy publish
		status history verify cancel approvals unlock resume please version`)
	return l
}

// slip finds the lexicon word that an unknown word is a misspelling of, or "".
func (l *lexicon) slip(word string) string {
	if len(word) < 5 || len(word) > 12 || !asciiWord(word) {
		return ""
	}
	found := ""
	for _, v := range l.verbs {
		if d := distance(word, v, 1); d == 1 && (word[0] == v[0] || swapped(word, v)) {
			if found != "" {
				return ""
			}
			found = v
		}
	}
	return found
}
