package rules

import (
	"strings"

	"github.com/releasebot/releasebot/agent"
)

// A part is what a word does in a question about a release at hand.
type part uint16

const (
	partSmall   part = 1 << iota // it may stand anywhere, and adds nothing
	partWhat                     // what, which, show, list
	partWho                      // who, anybody
	partIn                       // in, inside
	partThis                     // this, it, the release
	partContent                  // commits, changes, authors
	partHolds                    // contains, includes, ships
	partWrote                    // wrote, authored
	partGave                     // approved, signed off
	partGive                     // approve, sign off
	partMay                      // can, has to, needs to
	partWaits                    // waiting, waits
	partWent                     // changed, happened, deployed, history
)

// parts lists the words of these questions. It is closed: one word that is not
// here, and no name, makes the question one about something else.
func parts() map[string]part {
	out := map[string]part{}
	for p, list := range map[part]string{
		partSmall: `is are was were be been being has have had does do did will would a an the of to by for with from on at and any there here so far please
			yet already now exactly actually going gonna go out all me us we you i our now then how many much given
			ist sind hat haben wird der die das den dem von mit a est sont le la les de du dans y el los las del o os as um`,
		partWhat:    `was what whats which show list tell see give was welche que quoi quels quelles cuales quais quel qual`,
		partWho:     `who whos whom whose anybody anyone somebody someone wer wem qui quien quem alguien alguem jemand`,
		partIn:      `in inside within drin darin dedans dentro enthalten new neu nouveau nuevo novo`,
		partThis:    `da darin dedans dentro this it that its release releases deploy deployment version rollback plan one dies diese diesem dieser esto isto ca cela`,
		partContent: `commit commits change changes changelog diff diffs contents content author authors patch patches anderungen aenderungen changements cambios mudancas commiter committers`,
		partHolds:   `contain contains include includes included ship ships shipping change bring brings deliver delivers enthalt contient contiene contem`,
		partWrote:   `wrote authored committed coded made contributed developed`,
		partGave:    `approved okayed oked greenlit signed off approvals approval freigegeben genehmigt approuve aprobo aprobado aprovou aprovado`,
		partGive:    `approve sign off okay decide freigeben`,
		partMay:     `can may could must should needs need has have to allowed`,
		partWaits:   `waiting waits wait pending blocked wartet`,
		partWent:    `changed happened deployed released shipped went gone rolled history log changes deploys releases deployments deployed rollouts landed passiert geandert change cambio mudou`,
	} {
		for w := range strings.FieldsSeq(list) {
			out[w] |= p
		}
	}
	return out
}

// A wording is the words of one message as parts.
type wording struct {
	seen   part // of all words
	firsts part // of the first word that is more than small
	named  bool // a service, an environment or a version
	named2 bool // an id of a release
	closed bool // every word has a part, is a name, or belongs to the time
}

// wording reads the message; what stands at [from, to) says a time, and has been read.
func (m *message) wording(words map[string]part, id string, from, to int) wording {
	w := wording{closed: true}
	for _, it := range m.items {
		switch it.cls {
		case clsSep, clsPlease, clsFiller, clsChat, clsEmoji, clsMention:
			continue
		case clsService, clsEnv, clsVersion:
			w.named = w.named || id == "" || !strings.EqualFold(strings.TrimLeft(it.text, "#"), id)
			continue
		}
		switch {
		case it.quoted || it.cls == clsOdd || it.cls == clsLink:
			w.closed = false
		case it.start >= from && it.end <= to:
		case id != "" && strings.EqualFold(strings.TrimLeft(it.text, "#"), id):
			w.named2 = true
		default:
			w.take(words, it.text)
		}
	}
	return w
}

// take reads the words of one item.
func (w *wording) take(words map[string]part, text string) {
	for t := range strings.FieldsSeq(text) {
		p, ok := words[key(strings.Trim(t, "?!.,'’"))]
		if !ok {
			w.closed = false
			return
		}
		w.seen |= p
		if w.firsts == 0 && p != partSmall {
			w.firsts = p
		}
	}
}

// about narrows a question to what of a release it asks about, and from when on.
// It only ever makes a question of the words, and only of those in which nothing
// else is said: orders are read before, and stay what they were.
func (p *Planner) about(m *message, th thread, in agent.PlanInput, i agent.Intent) agent.Intent {
	switch i.Kind {
	case agent.IntentNone, agent.IntentClarify, agent.IntentStatus, agent.IntentHistory, agent.IntentApprovals, agent.IntentWhy:
	default:
		return i
	}
	if m.set.has(clsInject) || m.orders && !m.asks() || m.set.has(clsNeg) || th.rejected != nil || len(m.items) > 24 {
		return i
	}
	id := m.id(m.items, th)
	from, to, since := sinceOf(m.text, in.At)
	w := m.wording(p.parts, id, from, to)
	if !w.closed {
		if i.Kind == agent.IntentHistory {
			i.Since = since
		}
		return i
	}
	asked := w.firsts&(partWhat|partWho) != 0 || w.firsts&partWent != 0 && (m.question || !m.tells())
	if since != "" && w.seen&partWent != 0 && asked {
		i = m.reading(agent.IntentHistory, th)
		if i.Kind == agent.IntentHistory {
			i.Since = since
		}
		return i
	}
	about := w.about(m.question)
	if about == "" || len(in.Releases) == 0 && !w.named2 && !w.named {
		return i
	}
	switch {
	case w.named && !w.named2: // of an environment, not of the release at hand
		if i.Kind == agent.IntentHistory || i.Kind == agent.IntentStatus && about == agent.AboutChanges {
			i.About = about
		}
	case i.Kind == agent.IntentHistory:
		i.About, i.ID = about, id
	default:
		i = agent.Intent{Kind: agent.IntentWhy, About: about, ID: id}
	}
	return i
}

// tells: the words say that something was done.
func (m *message) tells() bool {
	for _, it := range m.items {
		if it.cls == clsPast && doneVerb(it.key) {
			return true
		}
	}
	return false
}

// about says which of the questions the words are, "" for none of them.
func (w wording) about(question bool) agent.About {
	asks := w.firsts&(partWhat|partWho) != 0 || question
	what, who := w.firsts&partWhat != 0, w.seen&partWho != 0
	names := w.seen&partThis != 0 || w.named2
	switch {
	case !asks && w.seen&^(partSmall|partContent|partThis|partIn) != 0:
		return ""
	case who && w.seen&partMay != 0 && w.seen&partGive != 0 && w.seen&partGave&^partGive == 0, (who || what) && w.seen&partWaits != 0:
		return agent.AboutWait
	case w.seen&partGave != 0 && (who || names || w.named) && w.seen&(partContent|partHolds) == 0 && asks:
		return agent.AboutApprovals
	case w.seen&partContent != 0 && (asks || w.firsts&partContent != 0) && w.seen&(partGave|partWaits) == 0,
		what && w.seen&partHolds != 0 && names,
		what && w.seen&partIn != 0 && names && w.seen&(partWent|partGave|partWaits) == 0,
		who && w.seen&partWrote != 0:
		return agent.AboutChanges
	}
	return ""
}
