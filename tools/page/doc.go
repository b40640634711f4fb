// Package page tells people that something broke and needs them.
//
// A Pager sends one Message to the release's thread and, directly, to everybody
// who is named; whoever is named twice is told once. Groups are expanded before,
// by whoever knows their members. How a message reaches somebody is a Sender's
// business: the bot's is Slack.
//
// One recipient who can't be reached stops none of the others, and each send has
// a deadline of its own. The Result names who was reached and who was not, and
// why; it is what the log keeps as page_sent. That nobody at all was reached is
// for the caller to act on: see Result.Reached.
//
// A page may be sent again after a crash: it tells, and telling twice beats not
// telling. Message.ID is the same each time, so that a Sender that finds the
// message already there can leave it at that.
package page
