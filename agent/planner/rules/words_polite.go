package rules

import "strings"

// politeWords lists how people wrap a request: frames before it ("I'd really
// appreciate it if you could"), leave given on the way ("when you get a
// chance"), and what opens and closes a letter. There are so many ways that
// they are patterns, see [forms].
func politeWords() []wordList {
	return []wordList{
		{clsReq, forms(
			`can|could|would|will you|u|ya possibly|maybe|perhaps|go~ahead~and`,
			`please|pls|plz can|could|would|will you|u`,
			`would|will|could you be so kind|good|nice as~to|to|and`, `would|will you be able|willing|happy to`, `might you`,
			`i|we was|were|am|are just|_ wondering if|whether you could|would|can|might possibly|_`,
			`just|im|were|im~just|were~just wondering if|whether you could|would|can|might possibly|_`,
			`wondering if|whether you could|would|can`, `i wonder|wondered if|whether you could|would|can|might`,
			`any|is~there~any|is~there~a chance|way you|u could|can|might`, `any|is~there~any chance of|for`, `do|_ you|u think you|u could|can`,
			`could|can|may|might i|we please|_ ask|request|bother|trouble you to|please~to|kindly~to|_`, `i|we would|d like to kindly|_ ask|request|beg you to`, `id|wed like to kindly|_ ask|request|beg you to`,
			`id|i~would|wed|we~would like|love|need|ask you to`,
			`do|doing me|us a|the favor|favour|solid|kindness and|of`, `would|could|can|will you do me|us a favor|favour|solid and`,
			`be so kind|good as~to|to|and`, `would it be possible|ok|okay|alright for you to`, `is it possible for you to`,
			`i|we would|d kindly ask|request you to`, `i|we kindly ask|request you|that~you to|_`, `kindly|please go~ahead~and`,
			`i|we need|want|would~like you|u to`, `i|we really|just|also|do need|want|wanna to`, `you can|may go~ahead~and`,
		)},
		{clsWant, forms(
			`i|we really|just|also|do|urgently need|want`, `please|pls|kindly have`, `i~would|we~would|id|wed|i|we like|want|need|love to have`, `i~am|we~are|im|were needing|requiring|wanting`, `may|could|can i|we please|_ request`, `please arrange`, `please arrange for`,
		)},
		{clsModal, forms(`it~would|that~would|would|itd|thatd|itll|it~will be so|really|very|_ great|nice|lovely|awesome|wonderful|good|fantastic|cool|best to`)},
		{clsFiller, forms(`for the|our marketing|sales|support|data|product|mobile|finance|design|ops|platform|growth|customer|analytics team|folks|people|guys|launch|campaign`, `for our|the customers|users|clients`)},
		{clsPlease, forms(
			`when|whenever|once|as~soon~as|if you get|have|find|ve~got a|the|some chance|moment|minute|min|sec|second|time|opportunity`,
			`when|whenever|once|if you get|have time|capacity`, `when|whenever you can|are~free|are~around|have~time`, `when|whenever youre free|around|available`,
			`when|whenever it suits|is~convenient you|_`, `at your earliest|_ convenience`, `as soon|quickly|fast as you|_ can|possible`, `at your leisure`,
			`if its|it~is not too much trouble|bother|hassle|to~ask`, `if its|it~is no trouble|bother|problem|hassle`, `if its|it~is|thats|that~is ok|okay|alright|fine with|by you`,
			`if you wouldnt|would~not|do~not mind`, `if you would|could be~so~kind`, `if youd|you~would be so kind|good`, `if i may|might|could ask|_`, `if that|this works for you`,
			`please to`, `pls to`, `i beg|implore you`, `pretty please with sugar|cherry on top`, `pleaseee`, `pleease`, `plss`, `plis`, `pleas`,
		)},
		{clsChat, forms(
			`thanks|thx|cheers a|so|very bunch|much`, `thanks a lot|bunch|million|ton|heap`, `thank you kindly|again|very~much|all|so~much|both|everyone|team|bot`,
			`thanks again|everyone|all|everybody|team|mate|man|buddy|folks|guys|bot|releasebot|heaps`, `much obliged|love`, `very|greatly much|_ appreciated`,
			`id|wed|i|we really|would|greatly|would~really|do|_ appreciate it|that|this|_`, `id|wed|i~would|we~would be so|very|really|most|_ grateful|thankful|glad|happy|delighted|obliged`, `youre|you~are the best|greatest`, `youre|you~are a star|lifesaver|legend|gem|champ|hero|angel`,
			`that|it|this would|ll|will be so|really|very|super|_ great|nice|lovely|awesome|wonderful|helpful|amazing|good|fantastic|cool|kind|brilliant|perfect|appreciated|all`,
			`itd|thatd|would be so|really|very|super|_ great|nice|lovely|awesome|wonderful|helpful|amazing|good|fantastic|cool|brilliant|perfect|appreciated`,
			`thats|that~is all for~now|for~today|from~me|folks|_`, `have|enjoy a|your great|good|lovely|nice|wonderful day|weekend|evening|one|afternoon|night|week`,
			`best|kind|warm|_ regards`, `best wishes`, `sincerely`, `respectfully`, `greetings`, `good day`, `gday`, `how are you doing|today|_`, `hows your day|morning|week`,
			`i|im|i~am so|very|really|terribly|awfully|truly|_ sorry`, `so|very|terribly sorry`, `excuse|pardon me`, `sorry for|about the trouble|bother|noise|spam|rush|hurry|wait|late~notice|short~notice|inconvenience|delay|confusion|mixup|hold~up|back~and~forth`,
			`quick|small|tiny|little|simple|one|another question|request|favor|favour|ask`, `one more|last|quick thing|request|favor|favour|ask|one`,
			`just|only a|one quick|small|tiny|little|simple|last question|request|favor|favour|ask|thing|one`, `quick one`,
			`i~have|we~have|ive~got a|another|one quick|small|_ request|favor|favour to~ask|for~you|_`,
			`i|we could|would use|need|like your|some|a help|hand`, `i|we need your|some|a help|hand`, `i|we owe you one|big~time|a~beer|a~coffee`, `take care`, `good luck`, `fingers crossed`,
			`hey|hi|hello|hallo|yo|hiya releasebot|bot|there|team|all|everyone|folks|friend|buddy|mate|again|guys`, `good morning|afternoon|evening|day releasebot|bot|there|team|all|everyone|folks|guys`,
			`k`, `kk`, `thnx`, `tnx`, `tks`, `thanx`, `thankyou`, `dear releasebot|bot|team|all|friends|colleagues`, `no need to reply`, `whats up`, `sup`,
		)},
		{clsShow, forms(`may|can|could i|we know|check`, `i|we would|d be interested|curious to~know|in~knowing`, `im|i~am interested|curious to~know|in~knowing`, `id|wed be interested|curious to~know|in~knowing`, `i|we would|d like to know|check`, `could|can|may i|we ask|inquire`)},
		{clsBecause, forms(`customers|users|people|clients|everyone|everybody|they|we|folks are|re waiting|blocked|stuck|complaining for~it|for~this|for~that|on~this|on~it|_`)},
		{clsSocial, forms(
			`i|we|_ hope|trust you|youre|yall|everyone|everybody|all|this|things`, `hoping you|youre|all|everyone`, `sorry|apologies to bother|disturb|trouble|bug|interrupt|pester`,
			`sorry|apologies for|about bothering|disturbing|bugging|asking|being|pinging|interrupting`, `thanks|thank~you|thx|cheers for`, `happy belated|_ birthday`, `congrats`, `congratulations`, `long time no see`,
		)},
	}
}

// forms spells patterns out. In a pattern a word is one of several that "|"
// divides, "_" is no word, and "~" stands for a space in one of them.
func forms(patterns ...string) string {
	var out []string
	for _, p := range patterns {
		all := []string{""}
		for place := range strings.FieldsSeq(p) {
			longer := make([]string, 0, len(all)*2)
			for _, head := range all {
				for w := range strings.SplitSeq(place, "|") {
					w = strings.ReplaceAll(strings.Trim(w, "_"), "~", " ")
					longer = append(longer, strings.TrimSpace(head+" "+w))
				}
			}
			all = longer
		}
		out = append(out, all...)
	}
	return strings.Join(out, ",")
}
