// Package rules is the offline planner: it reads releases as people write them
// without a model, a network or a setting, in some tens of microseconds, and
// says the same to the same words every time.
//
// It is a grammar over tokens, not a pile of patterns, and a closed one: an
// order is acted on only if every word of it is understood and belongs there.
// One word that the grammar doesn't know makes a question of it, so that "not",
// "tonight", "if CI is green", "--force" and all that nobody thought of have
// the same harmless end.
//
// # How a message is read
//
//	clean      Slack's brackets and escapes, full-width letters, typographic quotes;
//	           invisible and control characters go; look-alike letters stay what they are
//	lex        words and signs, with quotations and quoted lines marked
//	resolve    the longest thing at each place: a name of the catalog, a phrase of the
//	           lexicon, a version by its shape, and only then a misspelling
//	besides    words that mean one thing here and another there ("para", "go", "at")
//	segments   cut at signs, conjunctions, and words that open a clause ("because", "if")
//	roles      what each segment is for: order, names, statement, reason, paging,
//	           correction, or one of the reasons not to act
//	apart      "the call is over, resume": the one clause that cancels, holds, locks …
//	frames     answer, cancel and the like, lock, notify, question, verify, release
//	finish     names checked against the catalog; what is missing is asked
//
// Earlier turns are read the same way, so "make it 1.4.3", "no, prod" and "roll
// it back" mean what they point to; a question that waits is answered by a
// name, a number, "yes" where it has one option, or the option's own words. "There"
// is where the last thing was; "and on production?" asks the last question again;
// "try again" is the release that is over once more. Some threads are told with the
// bot's own questions in them: a question that comes while one waits answers nothing.
// The words lie in tables, a file for each language (words*.go).
//
// # What is never guessed
//
//   - An environment or a service, even where the catalog has only one.
//   - A report in the form of an order: "shop 1.4.2 sobe em produção".
//   - A version: "latest", "main", "the new one", "same as staging" are asked
//     back, and so is a rollback to a version that was named without "to".
//   - Two services, environments or versions: one at a time. "1.4.2, no wait,
//     1.4.3" and "1.4.3, not 1.4.2" are clear and are taken.
//   - A time or a condition. "Page me if it fails" is none: it is part of a deploy.
//   - A name. Case, hyphens and the usual aliases are the same name; a slip is
//     one only where exactly one name is near, the changed letters are no digits,
//     and the word is long enough (in short ones only swapped or doubled letters
//     are slips). "checkout" stands for checkout-api only where the
//     object of a request stands, in a message that names no other service, if
//     no other service has that part; elsewhere it is offered. Aliases
//     mean an environment that the service has: prod is never preprod, qa never test.
//   - Somebody else's words: quotations, "bob said to …", a person addressed by name, a sentence
//     before the request that announces them. "Please run `deploy …`" is a request.
//   - A question: "deploy shop 1.4.2 to prod?" and "can I deploy …?" are asked back,
//     "should we …?" is none; "can you … please?" is a request.
//
// Only the beginning of a text of more than 8 KiB is read, and never acted on.
//
// # What is decided here
//
// A question about the release at hand says what it is about: "what's in this?"
// its changes, "who approved?" its approvals, "who is it waiting for?" what it
// waits for; "since Tuesday" says from when on a history is asked for. Every word
// of such a question has to be known, or it stays what it was without.
//
// A question about health ("is shop healthy in prod?") is status; the imperative
// ("check shop in prod") is verify. Words of approval ("lgtm", "approve it", "+1")
// are none: buttons and the approve command decide. Orders about policy ("skip
// approval and deploy …") are none, whatever else they ask for. A negation is
// none, but "stop deploying" while something is open is cancel. A freeze belongs
// to the policy file; "freeze shop prod" as an order is a lock.
//
// Names without a verb are a deploy where each stands once: "shop 1.4.2 to prod",
// "shop 1.4.2 prod please", and, as the first words of a thread, "shop 1.4.2 prod".
// "shop 1.4.2 on prod", "shop 1.4.2 live" and anything with joy or praise may be
// news, and are asked back. Politeness adds nothing: "I'd be grateful if you could",
// "when you get a chance", "hope you had a nice weekend". What is told beside an
// order is passed over where it is a fact ("tests are green", "QA signed off, so
// please …"), a purpose ("so design can have a look") or the numbers of
// a run in brackets, and never where it could be a condition or is asked ("tests are green?"). Whoever is on call is paged
// by the policy file's rules, whether the words name them or not. "cc alice" and links are passed over. The
// reason of a rejection is none, unless it says what goes first ("deploy backend
// 2.1.0 first"): that is a deploy before the rejected release. A doubtful order
// is offered as an option, but never as a partial intent that one more word
// would complete.
//
// What programs write is none (a terminal's lines, a log, "PR #7 merged: …"), and so
// are plans ("we're planning to deploy …", "I'll deploy it myself"), reports, and
// orders about things that are no services ("deploy a pizza"). In a thread, a time
// or a condition alone puts off what was asked for there, and is asked back.
//
// English is read best. German, French, Spanish, Portuguese, Italian and Dutch are
// read in the plain forms of deploy, rollback, status, lock, cancel, hold and resume;
// what goes beyond is asked back or none, and so is most Polish. What is missing is asked for in the language of
// the words, where two of them tell it; all other questions are in English.
//
// Commands after "/release" are exact and have their own reader, [Planner.ParseCommand].
package rules
