// Package blocks turns the state of a thread into what people see in Slack:
// Block Kit messages, forms, and texts for one person alone.
//
// It is pure. The same state gives the same blocks, byte for byte: no clock, no
// network, no randomness. Times stand in messages as Slack's own dates, which
// each reader sees in their own zone, so nothing has to be rendered again only
// because time passes.
//
// # Views
//
// Thread lists the views that should stand in a thread now. Each has a key of
// package agent, which says which message it is, and a text that says the
// outcome on its own: it is what notifications, screen readers and search show.
//
//	root          the message that a thread hangs on which did not start in Slack
//	release/N     the live card of a release: one message, edited in place
//	approval/ID   what an approver decides from, with Approve and Reject
//	reminder/ID   names the approvers who have not decided yet
//	question/ID   something that only a person can say: what was meant, did it run, is it healthy
//	answer/SEQ    what somebody asked for: status, history, why, help
//	lost          events of the thread have been lost: nothing is done in it any more
//	aside/SEQ     the program failed at the thread: nothing is done in it until somebody says something
//
// A view is Final when nothing about it can change any more. Note and Answer
// also make messages for one person alone, Home makes the home tab of one
// person, and the forms (RejectForm, EditForm, GlassForm, TakeoverForm) ask for
// what a click can't say; ParseForm reads them back.
//
// # Who wrote it
//
// Everything that people, repositories, deployers or a model wrote is content:
// versions, commit titles, names, reasons, log lines. Content is cleaned of
// control, bidirectional and invisible characters, escaped, kept from acting as
// markup or emoji, and cut on characters, never inside an escape. It can ping
// nobody. Only two things become mentions: ids that stand in the state as ids
// (who asked, who approved, whom the policy names), and {U…} in sentences that
// package agent made, which has taken the braces out of the content in them.
//
// # Limits
//
// Slack refuses a whole message for one character too many. Every limit is a
// constant in limits.go, and every text, button and list goes through one of
// the few constructors in build.go, which keep them. Button values and form
// metadata carry ids only; whoever reads them back trusts nothing in them.
//
// # Pictures
//
// cards/cards.mjs draws the golden files as Slack would show them, and checks
// them against Slack's own types; docs/cards.md shows what it draws.
package blocks
