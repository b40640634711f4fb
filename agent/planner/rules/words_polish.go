package rules

// polishWords lists the plain forms of Polish requests, with and without the
// letters that phones leave out. What goes beyond them is asked back or none.
func polishWords() []wordList {
	return []wordList{
		{clsDeploy, `wdroż, wdroz, wdrożyć, wdrozyc, wdrożcie, zdeployuj, zdeployować, opublikuj, wypuść, wypusc, zainstaluj, zrob deploy, zrob wdrożenie, zrob wdrozenie`},
		{clsLight, `wrzuć, wrzuc, wrzucić, daj, dajcie, przenieś, przenies, postaw`},
		{clsRollback, `wycofaj, wycofać, wycofac, cofnij, cofnąć, cofnac, przywroć, przywroc, zrob rollback, zrob rollbacka`},
		{clsCancel, `anuluj, anulować, przerwij, zatrzymaj, zatrzymaj to, odwołaj, przestań`},
		{clsHold, `wstrzymaj, poczekaj, czekaj, chwila, chwilę`},
		{clsResume, `wznow, kontynuuj, jedź dalej`},
		{clsLock, `zablokuj`},
		{clsUnlock, `odblokuj`},
		{clsVerify, `sprawdź, sprawdz, zweryfikuj`},
		{clsWhy, `dlaczego, czemu`},
		{clsHelp, `pomoc, pomocy, co potrafisz, co umiesz`},
		{clsStatus, `jaki jest status, jaki jest stan`},
		{clsWh, `jaka wersja, ktora wersja, jaka jest wersja, co jest`},
		{clsAux, `jest, są, był, była, było`},
		{clsHealthy, `działa, dziala, chodzi`},
		{clsPast, `wdrożyłem, wdrożyłam, wdrożyliśmy, wdrożono, wdrożony, wdrożona, wycofaliśmy, wycofano, wczoraj`},
		{clsTime, `jutro, dzisiaj, dziś, wieczorem, poźniej, pozniej, zaraz, poniedziałek, wtorek, środę, czwartek, piątek, sobotę, niedzielę, godzinie, godzin, minut`},
		{clsCond, `jeśli, jesli, jeżeli, jezeli, gdy, kiedy, dopiero, zanim, po tym`},
		{clsNeg, `nigdy, nikt, nie wdrażaj, nie wdrazaj`},
		{clsModal, `powinniśmy, powinienem, może, moze, możemy, mozemy, trzeba`},
		{clsPlease, `proszę, prosze, poproszę, poprosze, jeśli możesz, jesli mozesz`},
		{clsReq, `czy mozesz, czy możesz, możesz, mozesz, czy mogłbyś, czy moglbys, mogłbyś, moglbys`},
		{clsWant, `potrzebujemy, potrzebuję, potrzebuje`},
		{clsChat, `cześć, czesc, hej, dzień dobry, dzien dobry, dzięki, dzieki, dziękuję, dziekuje, pozdrawiam`},
		{clsVersionWord, `wersja, wersję, wersji, wersje`},
		{clsFiller, `teraz, natychmiast, szybko, pilne, też`},
		{clsAgainst, `bez, tylko, ale, oprocz`},
		{clsMany, `wszystko, wszystkie, wszystkich, każdy, oba`},
	}
}
