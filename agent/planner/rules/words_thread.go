package rules

// threadWords lists what people write in the course of a conversation, as
// patterns, see [forms]: that a message is to be acted on once it is seen, what
// they forgot, that something is the wrong one, and short verbs misspelt.
func threadWords() []wordList {
	return []wordList{
		{clsDeploy, `shp, sihp, shpi, shipp, shiip, psuh, puhs, psh, pussh, dply, depl`},
		{clsPlease, forms(
			`when|whenever|once|as~soon~as|if you|u get|see|read|receive|got|notice this|this~message|my~message|this~msg`,
			`wenn|sobald du|ihr das|dies|das~hier|diese~nachricht|meine~nachricht liest|siehst|lest|seht|bekommst`,
			`quand|des~que|lorsque tu|vous vois|lis|recois|voyez|lisez|recevez ca|cela|ceci|ce~message|mon~message`,
			`cuando|en~cuanto|apenas veas|leas|recibas|vea|lea|vean|lean esto|este~mensaje|mi~mensaje`,
			`quando|assim~que|logo~que vir|vires|ler|leres|receber|receberes isto|isso|essa~mensagem|esta~mensagem|a~mensagem`,
			`quando|appena leggi|vedi|ricevi questo|questo~messaggio|il~messaggio|messaggio`,
			`als|zodra|wanneer je|jullie dit|dit~bericht leest|ziet|krijgt`,
		)},
		{clsForgot, forms(
			`sorry|apologies|my~bad for|about not saying|mentioning|specifying|telling|clarifying|being~clear|being~specific it|that|so|you|_ earlier|before|_`,
			`i|we|_ forgot|forgotten to say|mention|specify|tell~you|clarify it|that|so|_`, `i|_ should have said|mentioned|specified|been~clear|been~clearer so|it|that|_`,
			`didnt|did~not say|mention|specify which|that|it|_`, `left|missed that out|off`,
			`vergessen zu~sagen|zu~erwahnen|dazuzuschreiben|_`, `hatte|hab|habe ich|_ vergessen zu~sagen|zu~erwahnen|_`,
			`jai|_ oublie de le|_ dire|preciser|mentionner|signaler`, `jai oublie`, `on a oublie`, `jaurais du le|_ dire|preciser`,
			`se~me|_ olvido|olvide|olvidado decirlo|decir|mencionarlo|mencionar|aclarar|poner|_`,
			`me|_ esqueci|esqueceu de dizer|falar|mencionar|avisar|colocar`, `esqueci`,
			`ho|mi~sono|_ dimenticato|scordato di dirlo|dire|specificare|scriverlo|menzionarlo|_`, `dimenticavo`,
			`vergeten|vergat te zeggen|vermelden|melden`, `vergeten`,
		)},
		{clsFail, forms(
			`thats|that~is|this~is|its|it~is the|a wrong`, `das~ist|ist die|der|das falsche|falscher|falsches`, `falsche|falscher|falsches|falschen|falsch`,
			`cest|cetait le|la|pas~le~bon|pas~la~bonne mauvais|mauvaise|_`, `mauvais|mauvaise`, `es|era el|la|_ equivocado|equivocada|incorrecto|incorrecta`,
			`esta|e|era errado|errada`, `errado|errada`, `equivocado|equivocada`, `sbagliato|sbagliata|verkeerd|verkeerde`, `incorrect`,
		)},
		{clsChat, forms(
			`its|it~is|this~is me again|_`, `me again`, `i dont|do~not|_ want|mean to be|sound|seem a|an|_ pain|nuisance|bother|pushy|rude|annoying|nag|impatient`, `i dont|do~not want|mean to bother|nag|disturb|rush|push|annoy|pressure you|anyone|anybody|_`,
			`i hate to ask|bother|nag|interrupt|disturb you|_`, `i know|realise|realize|understand youre|you~are|everyones|everyone~is|its|it~is very|super|really|quite|_ busy|late|swamped|short~notice|a~lot~to~ask|friday`,
			`not to rush|hurry|push|pressure|nag|bother anyone|anybody|you|_`, `not to be pushy|annoying|rude`, `ich will|mochte ja|_ nicht nerven|storen|drangen|hetzen`, `ich weiss du hast viel~zu~tun|wenig~zeit|stress`,
			`je ne veux pas deranger|embeter|presser`, `je sais que tu es occupe|occupee`, `no quiero molestar|ser~pesado|ser~pesada|meter~prisa`, `se que estas ocupado|ocupada`, `nao quero incomodar|atrapalhar|apressar`, `sei que esta|voce~esta ocupado|ocupada`,
			`non voglio disturbare|scocciare`, `so che sei occupato|occupata`, `ik wil niet zeuren|storen|pushen`, `ik weet dat je het~druk~hebt`,
			`i am|im done|finished here|with~it|with~this|with~that`, `dude`, `bro`, `bruh`, `hombre`, `tio`, `mec`, `alter`, `digga`, `kumpel`, `amigo`, `mano`, `amico`, `raga`, `jongens`, `maat`, `oye`,
		)},
		{clsFiller, `basically, literally, honestly, obviously, the thing is, thing is, heres the thing, here is the thing, long story short, to cut a long story short, in short, tldr, tl;dr, you know, umm, uhm, uhh, hmmm, ach, well, release bot, so yeah, yeah so, first thing today, even`},
		{clsFiller, `encore une fois, une fois de plus, nog een keer, nog eens, ancora una volta, una vez mas, mais uma vez, uma vez mais, ein weiteres mal`},
		{clsStative, forms(`no blockers|objections|issues|complaints|regressions|alerts from|on my|our|their|qas|the~qa side|end|team|_`, `no blockers|objections|issues|complaints|regressions|alerts found|reported|so~far|_`)},
		{clsHypo, `assume, presume, lets assume, lets pretend, lets imagine, lets suppose, lets say, drill, picture`},
		{clsReq, forms(`i|we was|were|am|are hoping|hopeful you|u could|can|would|might`, `thanks|thx|thank~you|many~thanks|thanks~so~much|thank~you~so~much|thank~you~very~much in~advance for`, `youd|you~would do|be~doing me|us a big|huge|great|_ favor|favour by`)},
		{clsWant, forms(`may|can|could i|we kindly|please|_ ask~for|have~to~ask~for|request`)},
		{clsFree, forms(`nobody|noone|no~one|no-one is using|uses|needs`, `not in~use|being~used|used anymore|any~more|_`, `no longer in~use|used`)},
		{clsNoun, `incident, jira, change request, reference, ref`},
		{clsRollback, `on revient a, on revient a la, on repasse a, on repasse a la, revient a, revient a la`},
		{clsPast2, forms(`the|_ last|previous known~good|good|healthy|working version|release|build|one|state|deployment|_`, `the|_ last|previous stable release|build|one|state|deployment|_`, `letzte|letzten|vorherige|vorherigen gute|guten|funktionierende|funktionierenden version|stand`, `derniere version stable|saine|qui~marche|qui~marchait`, `ultima version buena|sana|estable`, `ultima versao boa|estavel`, `ultima versione buona|stabile`, `laatste goede|werkende versie`)},
		{clsVerify, `recheck, re-check, retest, re-test, pruf, teste, testet, nochmal prufen, nochmal checken, check nochmal, reverifie, reverifier, controle, controler, controlez, revisa, revisar, chequea, chequear, cheque, checa, checar, confere, conferir, controlla, controllare, controleer, controleren`},
		{clsWhy, forms(
			`whats|what~is the holdup|hold-up|hold~up|delay|matter~with~it|blocker`, `whats|what~is taking so|it long|so~long`, `whats|what~is it|this waiting|stuck on`, `whats|what~is keeping it|this`,
			`woran hangt|liegt es|das`, `worauf warten wir|wartet~das|wartet~es|wird~gewartet`, `was dauert da|denn|_ so lange`, `quest-ce qui bloque|coince|retarde`, `cest quoi le blocage|probleme~de~lattente`, `on attend quoi`,
			`que lo frena|esta~bloqueando|esta~frenando|esperamos`, `a que espera|esperamos`, `o que esta travando|bloqueando|segurando|esperando`, `cosa lo blocca|ferma`, `cosa stiamo aspettando`, `waar wacht|hangt het|dit op`,
		)},
		{clsHold, forms(`hold|hang on|up|off a|one|just~a|for~a sec|second|moment|minute|min|bit|tick`, `wait|pause|stop for|_ a|one|just~a sec|second|moment|minute|min|bit`)},
		{clsStative, forms(`without any|_ errors|problems|issues|failures|trouble|incidents`)},
		{clsStart, `machen, durchfuhren, ausfuhren`},
		{clsAux, `hay`},
		{clsMany, `everything else, everyone else, all the others`},
		{clsModal, `czy powinniśmy, czy powinniscie, czy powinienem`},
		{clsFiller, `mit dir, mit euch, avec toi, avec vous, contigo, com voce, con te, met jou, iets, no hurry at all, no rush at all`},
		{clsChat, forms(`apologies for the|_ trouble|bother|noise|rush|hurry|short~notice|late~notice|inconvenience|delay|confusion`)},
		{clsWant, `wed need, id need, we would need, i would need`},
		{clsCancel, `ferma tutto, fermate tutto, fermati, fermatevi, blocca tutto, stoppa, stoppa tutto, annulla tutto, stop met, stop ermee, hou op, hor auf, hort auf, alles abbrechen, alles stoppen, brich alles ab, paren, paren todo, para todo, deten todo`},
		{clsChat, `omg, oh god, oh my god, omfg, jesus, gosh, argh, aargh, aaargh, aah, aaah, yikes, eek, crap, oh crap, damn, dammit, damnit, shit, oh shit, fuck, wtf, uh oh, uh-oh, uhoh, mist, oh mist, scheisse, verdammt, oh nein, oh je, merde, putain, zut, mierda, joder, ay, caramba, droga, puts, merda, cazzo, accidenti, cavolo, verdorie, potverdorie, oei`},
		{clsCorr, `invece, meglio, liever, doe maar, mejor, go with, lets go with, lets use, try with, lets try, lets do`},
		{clsHelp, forms(
			`how does|do|would|can|could|should|might one|people|everybody|everyone|folks|others`, `how am~i|are~we supposed|meant to`, `how do|would|should i|we go~about`,
			`whats|what~is the|your syntax|command|format|wording|phrase|keyword for|to|of|_`, `what do|should|must|shall|would i|we type|say|write|tell~you to|for|_`,
			`wie deploye|deploy|deployt|macht|mache|mach|starte|startet|kriege|bekomme|release|releast ich|man|wir`, `wie kann|muss|soll man|wir`, `wie geht ein|das|der|_`,
			`comment faire pour|un|une|_`, `comment on|je deploie|fait|peut|fais|peux|lance|livre`, `comment deployer|lancer|livrer|utiliser|annuler`, `comment puis-je|peut-on|dois-je`,
			`como se hace|faz|despliega|lanza|publica|usa|deploya un|uma|uma|una|o|_`, `como hago|despliego|lanzo|publico|debo|uso|eu~faco|eu~uso|fazer|devo|publico`,
			`come si fa|rilascia|usa|pubblica|lancia un|il|una|_`, `come faccio|posso|devo|rilascio|uso`, `hoe deploy|kan|moet|doe|release|start|gebruik ik|je|men|we`,
		)},
	}
}
