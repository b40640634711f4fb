package openai

import (
	"regexp"
	"strings"

	"github.com/releasebot/releasebot/agent"
)

// meaning is what a word can do in a request.
type meaning string

const (
	wordSmall  meaning = "small"  // changes nothing: "please", "the", "to"
	wordTo     meaning = "to"     // small, and may stand before a rollback's version
	wordAgain  meaning = "again"  // small, and asks for what the thread's release was
	wordFirst  meaning = "first"  // what a rejection asks for before the rejected release
	wordVeto   meaning = "veto"   // negates, reports, asks about, or gives orders about rules: never a request
	wordRefer  meaning = "refer"  // small, and means the thread's release or question: "it", "the same"
	wordNoun   meaning = "noun"   // small, and makes a noun of an action that follows: "the release"
	wordNumber meaning = "number" // stands before a version that is a bare number: "build 42"
)

// lexicon knows the words by which code can tell that something was asked for.
// It is small on purpose, in English, German, French, Spanish and Portuguese:
// a word that is not in it makes a question of a request, never a request of a
// question. Of other languages it knows negations only.
type lexicon struct {
	words   map[string]meaning
	actions map[string]agent.IntentKind
	pages   map[string]bool // words of "page me if it fails"
	pagers  map[string]bool // the verbs among them
	fails   map[string]bool // the failures among them
	longest int             // words of the longest phrase

	quoted, mention, host *regexp.Regexp
}

func newLexicon() *lexicon {
	l := &lexicon{
		words: map[string]meaning{}, actions: map[string]agent.IntentKind{}, longest: 1,
		quoted:  regexp.MustCompile("[\"'`“”„‘’]([^\\s\"'`“”„‘’]+)[\"'`“”„‘’]"),
		mention: regexp.MustCompile(`<@[A-Z0-9]+(\|[^>]*)?>`),
		host:    regexp.MustCompile(`\b\S+\.(com|net|org|io|dev|ru|cn|xyz)\b`),
	}
	for _, list := range meanings() {
		for _, w := range phrases(list.words) {
			l.words[w] = list.meaning
			l.longest = max(l.longest, strings.Count(w, " ")+1)
		}
	}
	for _, list := range actionWords() {
		for _, w := range phrases(list.words) {
			l.actions[w] = list.kind
			l.longest = max(l.longest, strings.Count(w, " ")+1)
		}
	}
	l.pagers = set(pageVerbs)
	l.fails = set(failureWords)
	l.pages = set(pageVerbs + "," + failureWords + "," + pageWords)
	return l
}

func set(list string) map[string]bool {
	m := map[string]bool{}
	for _, w := range phrases(list) {
		m[w] = true
	}
	return m
}

func phrases(list string) []string {
	var out []string
	for p := range strings.SplitSeq(list, ",") {
		if p = strings.Join(strings.Fields(p), " "); p != "" {
			out = append(out, p)
		}
	}
	return out
}

const (
	pageVerbs    = "page,ping,tell,notify,alert,wake,call,let,message,dm,warn,inform"
	failureWords = "fail,fails,failed,failing,failure,break,breaks,broken,breakage,unhealthy,wrong,bad,red,down,error,errors,problem,problems,issue,issues,dies,crashes"
	pageWords    = "me,us,and,the,know,up,if,when,in,case,on,it,this,that,they,checks,check,health,healthcheck,any,something,anything,happens,goes,go,gets,please,of,a,an,should,should it"
)

type meaningList struct {
	meaning meaning
	words   string
}

func meanings() []meaningList {
	return []meaningList{
		{wordSmall, `please, pls, plz, kindly, now, right now, right away, immediately, asap, hey, hi, hello, yo, ok, okay, alright, so, just, team, folks, all right,
			thanks, thank you, thx, cheers, bot, releasebot, can you, could you, would you, will you, i want, i need, i want to, i need to, i'd like, i'd like to,
			i would like to, we need, we need to, we want to, let's, lets, go ahead, go ahead and, kick off, out to, there, on, in, into,
			onto, and, service, app, environment, env`},
		{wordSmall, `bitte, mal, doch, jetzt, sofort, die, der, das, den, dem, auf, im, und, kannst du, könntest du, ich möchte, ich will, danke, hallo,
			s'il te plaît, s'il vous plaît, stp, svp, maintenant, la, le, les, du, sur, en, et, merci, bonjour, peux-tu,
			por favor, ahora, el, los, y, gracias, hola, puedes, por favor, agora, o, os, em, e, obrigado, podes`},
		{wordTo, "to, up to, auf, nach, zu, à, vers, a, para, hacia, ->"},
		{wordRefer, "it, that, this, that one, this one, the same, same, also, too, as well, es, dasselbe, auch, ça, aussi, lo mismo, también, também"},
		{wordNoun, "the, a, an, my, our, of, for, der, die, das, den, dem, le, la, el, il, o, de"},
		{wordAgain, "again, retry, once more, try again, nochmal, noch einmal, erneut, encore, otra vez, de novo, same again"},
		{wordFirst, "first, before that, before, zuerst, erst, vorher, d'abord, avant, primero, antes, primeiro"},
		{wordNumber, "version, build, tag, number, release, ver"},
		{wordVeto, `not, don't, dont, doesn't, do not, does not, never, no, nobody, none, nothing, cannot, can't, cant, won't, wont, shouldn't, wouldn't, mustn't, isn't, aren't,
			without, except, refuse, avoid, nor, neither, unless, hardly, nicht, kein, keine, keinen, nie, niemals, ohne, pas, ne, n', jamais, sans, aucun,
			nunca, sin, jamás, não, nao, sem, non, mai, senza, niet, geen, nooit, zonder, stop deploying, stop releasing`},
		{wordVeto, `approve, approved, approves, approval, approvals, approver, approvers, lgtm, sign-off, signoff, policy, policies, rule, rules, instruction, instructions,
			prompt, system, admin, administrator, root, sudo, override, bypass, skip, skipping, ignore, ignoring, disregard, forget, disable, force, freeze, quorum, permission,
			permissions, pretend, jailbreak, developer, mode, token, secret, password, key, assistant, you are, act as, genehmigung, freigabe, approbation, aprobación, aprovação`},
		{wordVeto, `said, says, say, told, wrote, writes, asked, wants, thinks, yesterday, ago, was, were, has been, have been, had, did, deployed, shipped, released, installed,
			pushed, promoted, deploying, releasing, shipping, rolling, rolled, reverted, reverting, would, should, could, might, maybe, perhaps, why, how, what, who, which, where, whose,
			what's, what if, hypothetically, imagine, suppose, example, e.g, warum, wie, was, wer, pourquoi, comment, por qué, cómo, perché, waarom`},
	}
}

type actionList struct {
	kind  agent.IntentKind
	words string
}

// actionWords are the words that ask for something that changes.
func actionWords() []actionList {
	return []actionList{
		{agent.IntentDeploy, `deploy, redeploy, ship, release, rollout, roll out, push, push out, promote, launch, publish, upgrade, update, bump, install, yeet, put, get, bring, move, send,
			ausrollen, deployen, einspielen, veröffentlichen, veröffentliche, ausliefern, rolle, déploie, déployer, déployez, livre, livrer, publie, despliega, desplegar,
			despliegue, publica, lanza, implanta, implante, implantar, publique`},
		{agent.IntentRollback, `rollback, roll back, roll it back, revert, go back, undo, back out, restore, zurückrollen, rolle zurück, reviens, revenir,
			revierte, revertir, reverte, reverter`},
		{agent.IntentVerify, "verify, check, recheck, re-verify, test, prüfe, prüfen, vérifie, vérifier, verifica, verificar, verifique, health check, run the checks"},
		{agent.IntentLock, "lock, lock down, block, close, sperre, sperren, verrouille, bloquea, bloqueia"},
		{agent.IntentUnlock, "unlock, reopen, unblock, entsperre, entsperren, déverrouille, desbloquea, desbloqueia"},
		{agent.IntentNotify, "notify, tell me, let me know, ping me, inform me, message me, sag mir, benachrichtige mich, préviens-moi, avísame, me avise"},
		{agent.IntentCancel, "cancel, stop, abort, kill, scrap, scratch that, never mind, nevermind, nvm, abbrechen, stopp, annule, annuler, arrête, cancela, cancelar"},
		{agent.IntentHold, "hold, hold on, pause, wait, halt, suspend, warte, anhalten, attends, espera, pausa"},
		{agent.IntentResume, "resume, continue, go on, carry on, proceed, unpause, unhold, weiter, weitermachen, fortsetzen, reprends, continúa, reanuda, retoma"},
	}
}
