// Package sim runs the release agent in a simulated world, and looks for a
// world in which it breaks a promise.
//
// What runs is the program itself: agent.Runner, agent.Service, bot.Bot with its
// intake and outbox (bot.Drive), the policy, the rules planner, threadstore.Store
// and the views of package blocks. What is simulated is everything around it:
// time, the store's memory, Slack's Web API and its envelopes, the directory, the
// deployers, people, and the processes' deaths. There is one goroutine and one
// seed. A seed replays exactly.
//
// Not driven are what has goroutines of its own: sockets, home tabs, the pager,
// and the watch over the policy's revision, which the world does in its stead.
//
// # A world
//
// A world lives through ticks. Each tick draws from its own source of
// randomness, made of the seed and its number, and does one thing: a replica
// takes a few steps of a thread or makes a call to Slack that it wants made, an
// envelope is delivered, somebody presses a button or sends a form, time passes, a
// process dies. So a tick can be left out without
// changing what the others draw, which is what makes a failing seed shrink.
//
// In a quarter of the worlds nothing is shown between the steps to a start and to an end,
// so that the runner takes several of them together, as it does where nobody watches.
//
// Faults come in classes (Fault). Each seed has some of them, chosen by the
// seed, since the worst combinations come up only where others are away.
//
// # Dying and stopping in the middle
//
// The simulated store, deployers and Slack ask the world at each effect, before
// and after, what becomes of the process that calls them. A death is a panic
// that unwinds to the loop, and the process's memory is never looked at again.
// A stop (SIGSTOP, a long pause of the garbage collector, a call that hangs) is
// a loop within the call: the rest of the world goes on, time passes, leases
// end, others take over; then the call returns, into a process that has
// noticed nothing.
//
// # What is checked
//
// After each append: that it is in its place and chained to the one before; that
// whoever wrote a decision held the lease; that a decided approval stays as it
// is; that a start was preceded by approvals enough of people who may, for this
// very digest, and by another look at the facts; that an environment is given
// back only once the outcome stands in the thread's log. After each effect of a
// deployer: that it is the only one of its key, that it is what the plan says,
// and that nothing else of ours runs there. After each acknowledgement, and each
// answer that says "noted": that it is in the log. With each write of a view: that
// its writer holds the lease. Before a start: that no freeze is on, and that what
// comes before was healthy.
//
// Then the faults end, and everything must come to rest: every release has
// ended, or waits for a named person or a time; what people see is what the
// state says; no button stands where nothing is left to decide. At the end all
// people go home, all times pass, and every release must have ended.
//
// # Where writes are lost
//
// A store that loses what it acknowledged (class Failover) makes most promises
// impossible. Then it is only checked that nothing is started twice, that what
// could be noticed was, that nothing begins in a thread whose log says that events
// have been lost, and that everything comes to rest.
package sim
