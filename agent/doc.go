// Package agent is the release agent: what is remembered, what is decided, and
// what is done. It knows no Slack, no Redis and no HTTP.
//
// # The model
//
// A thread is an append-only log of events ([Event]); its state ([State]) is
// their fold, and nothing else is remembered of it. [Decide] looks at a state and
// a time and says what may be done next ([Step]). The [Runner] does it, one step
// at a time, and appends what came of it. People, planners and deployers are all
// outside: what they say or do comes in as an event.
//
//	facts ──► Service.Take ──► the log ──► Reduce ──► Decide ──► Runner.Step
//	                              ▲                                  │
//	                              └──────── what came of it ◄────────┘
//
// An environment (one service in one place, [Environment]) has a log of its own:
// who holds it, who waits, what runs there, what was healthy last. Whatever
// crosses threads goes through it.
//
// # Facts, decisions, judgements
//
// A fact is something that happened: words, a click, the outcome of a deploy. It
// is appended whatever else goes on, once for each id ([Service.Take]). A decision
// is a step that the bot takes: it goes in at the version it was decided on, by
// the process that holds the thread's lease, or not at all. A click is only a
// fact; whether it is allowed is judged by a step of its own, and whether it
// counts is for the fold to say, at its place in the log. Clicks, expiry and
// cancelling race nowhere else.
//
// # What makes it safe
//
// A start is durable before it is made, under a key derived from the plan. Only
// the process that wrote deploy_started may start; another may only where the
// deployer itself refuses a second start of a key. Whatever was started and is
// not finished is asked of the deployer by that key; where the deployer can't
// tell, a person is asked. Approvals are given to a plan's digest, and the facts
// behind the digest are looked at again right before the start; if they differ,
// the approvals are void. What can't be checked is refused.
//
// # Steps that only think
//
// Steps that only read or think (judging, planning, looking at facts) are folded
// in at once and made durable together, right before the next step that changes
// or tells the world, or before waiting. If somebody else's event came in
// between, they are thought again; only outcomes of what was really done are kept.
// So a phase of a release costs one round trip, however many events it has.
//
// # Time
//
// Nothing here reads a clock but through [Config.Now] and the now given to Step.
// The time of a log never goes back: an event is never older than the one before.
//
// # Reading order
//
// event.go and event_thread.go (what can be said), state.go, reduce.go and
// reduce_release.go (the fold), load.go (a log as a state), decide.go (what is next),
// runner.go, run.go, append.go and the steps_*.go (doing it), approval.go, environment.go
// and environment_log.go, plan.go (digest and key), engine.go (goroutines and sweeps),
// handover.go (the end of a process), service.go, query.go and answers.go (the way in,
// and what people ask), replay.go (a log against today's program). Beside that path:
// together.go (two logs in one round trip), json.go and the *_encode.go (what is
// written most, without reflection), summary.go (what a long thread remembers), lost.go, aside.go and
// newer.go (threads that are not run, and why), leave.go (a failure left as it is),
// lease.go, mail.go and viewer.go (who runs a thread, what comes to it from beside, what people see of it),
// turns.go and hands.go (which threads are stepped at once), retention.go, meter.go.
package agent
