package rules

// besideWords lists what people tell beside a whole request, as patterns, see
// [forms]: that they are new here, that it was tried, who broke what, and the
// line that a phone puts under what was typed on it.
func besideWords() []wordList {
	return []wordList{
		{clsPlease, forms(`do the needful`)},
		{clsChat, forms(
			`its|this~is|_ my|the|_ first time doing|using|trying this|it|that|here|you|releasebot|the~bot|this~bot|this~here|_`,
			`im|i~am|_ new here|to~this|to~releasebot|to~the~team`, `first time here|user`, `ive|i~have|_ never done|used|tried this|it|that before|_`,
			`its|this~is|_ my first deploy|deployment ever|with~you`,
			`sent|gesendet|envoye|enviado|inviato|verzonden from|via|von|depuis|de|do|desde|da|dal|vanaf my|meinem|mon|meu|mi|mio|mijn|_ phone|iphone|ipad|mobile|mobile~phone|mobile~device|android|android~phone|samsung|galaxy|pixel|handy|telephone|portable|telemovel|celular|movil|telefono|telefoon|watch`,
			`von meinem iphone|handy|android gesendet`, `get outlook for ios|android`, `sent from outlook|gmail|yahoo~mail|proton~mail|mail for|_ ios|android|iphone|windows|mobile|_`,
			`typed|written|sent on~my|from~my phone|mobile`,
		)},
		{clsBad, forms(`somebody|someone|i|we|they|he|she messed|fiddled|tampered|fooled~around with|up`, `somebody|someone|i|we|they broke`)},
		{clsStative, forms(
			`everything|all|it|that|_ lief gut|glatt|problemlos|durch|sauber`, `ging gut|glatt|durch`, `hat geklappt|funktioniert`, `sest bien|mal passe`, `salio bien|mal`, `correu bem|mal`,
			`everything|all ok|okay here|there|now|_`,
			`all|everything good|fine|green|ok|okay|clear on|from our|my side|end`,
			`wants|want|would~like to have~a~look|take~a~look|see|try|show it|this|that|at~it|_`, `tests|checks|pipelines|builds|specs|suites all ok|okay|green|good|fine here|now|_`,
		)},
		{clsApprovals, forms(
			`i need|have|ought|am~supposed to sign off|off~on`, `anything|something to sign off|off~on`, `needs my sign~off|sign-off|signoff|signature`, `still need|needs signing~off|sign-off|signoff`,
			`freigaben sind|stehen|fehlen|warten noch|derzeit|gerade|_ offen|aus|ausstehend|_`, `freigaben noch|_ ausstehend`,
		)},
	}
}
