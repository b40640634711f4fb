// Package bot connects the release agent to Slack.
//
// # In
//
// Facts come in over Socket Mode: two links per process, so that a refresh of one
// leaves the other. What a link reads goes to a bounded set of workers, by Slack
// thread, so that order within a thread is kept and a slow store never stops the
// reading of a link. A worker turns the envelope into a fact, appends it
// (agent.Service.Take), and only then acknowledges it, on the link that carried
// it; the thread is run after that, and while envelopes wait, few threads are run. What could not be appended is not acknowledged, and Slack sends it again;
// clicks and commands, which Slack sends once, are tried for a while, and then
// the person is told. An envelope that can't be read, or is of no use, is
// acknowledged and left alone.
//
//	mention, message   agent.Trigger, or agent.Message in a thread of ours
//	button, form       agent.DecisionReceived in the thread that the message stands in;
//	                   on the home tab, and in letters, in the thread that the id names
//	/release …         an answer to the asker alone; a decision; or a new thread
//	home tab opened    the tab, made anew; after a click there, once it was judged
//
// The same message may come several times, and as two kinds of event. Its fact
// has one id, made of team, channel and ts, so that it is taken in once.
//
// Nothing that comes from Slack is trusted to say more than who did what where: a
// button's value is an id, and whether that person may do that is judged by the
// agent, with this package's Directory. Messages outside the agent's threads are
// dropped unread. A thread whose first words came late is read once for replies
// that came before them: after the acknowledgement, and at Slack's rate.
//
// # Out
//
// Bot is the agent's Viewer. Show renders a thread's state (package blocks) and
// notes what differs from what was sent; the outbox brings it to Slack: one post
// a second and channel with a small burst, one edit a second and message where
// the newest wins, Retry-After honoured. Only the holder of a thread's lease
// writes, and looks at the lease right before each write.
//
// Where a channel's posts wait, their threads stand in line, first come first served
// (line.go). A thread whose turn is far is given back to the store, with nothing but its
// place kept here; it is called up as its turn comes near, and shows what is so then.
// Should this process die, the store has it due a little after its turn. A place is
// kept until the thread has posted all that it wants to there; Retry-After holds the whole
// line up, and calls nobody.
//
// chat.postMessage has no idempotency key, so a post whose answer was lost is not
// repeated. The thread is read instead, and a message of ours that carries the
// view's key in its metadata is taken for the one that was posted. The same is
// done before the first post in a thread that another process may have shown.
// Either may be done late, so everything is looked at and sent once more when
// it can't be any more (late.go); until then nothing counts as shown for good.
//
// Where a thread can't be shown (its service has no channel, or the channel is
// shut to the bot), what people have to know goes out as letters: an approval's
// card, or a question, to each who may answer it, and word of how it goes to whoever asked. A
// letter is a direct message that is kept in step like a card, and its buttons
// work. Notes, pages and letters keep Slack's rates. Who could not be reached is
// logged; a note that reached nobody is reported as posted nowhere. A process
// that dies between a direct message and the log may tell somebody twice.
//
// Everything that waits is in outbox.step, which is given the time and starts
// nothing by itself; sockets, goroutines and HTTP are around it. Config.Outside is
// the way to all of these, and Drive gives a caller the choice of what happens when,
// so that package sim runs this very code from one seed.
//
// # Guarantees
//
//   - An envelope that was acknowledged and concerned us is in the log.
//   - A view is posted once, whatever dies or is lost on the way, and shows in
//     the end what the state says.
//   - A panic in the handling of an event costs that event.
//   - A token or scope that Slack refuses ends Run with an error that says so.
//     Needs lists the scopes, events and commands, and what each is for.
//   - No approval waits unseen: what no channel shows is asked for directly.
//   - Logs carry no texts of messages and no tokens.
package bot
