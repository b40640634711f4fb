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
			`esta|e|era errado|errada`, `errado|errada`, `sbagliato|sbagliata|verkeerd|verkeerde`, `incorrect`,
		)},
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
