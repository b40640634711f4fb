// Package deploy starts deploys and finds out what became of them.
//
// A Driver starts a run by its idempotency key and answers for that key later:
// running, succeeded, failed, absent or unknown. Unknown is an answer like the
// others: a driver never guesses, because a wrong "absent" deploys twice and a
// wrong "succeeded" hides an outage.
//
// # The command driver
//
// Command runs a program of the policy file's author: any deploy script. Exit
// status 0 means deployed. The run must outlive the bot and be found again, so
// the bot doesn't run the program itself:
//
//	bot ── Start ──► runs/<hash of the key>/   spec.json, lock (held)
//	                     │ inherits the lock, in a session of its own
//	                     ▼
//	               supervisor ── started.json (on disk) ──► command, in a process group
//	                     │                                    │ output ► file
//	                     ▼                                    ▼
//	               result.json ◄────────── exit status ───────┘
//
// The supervisor is the bot's own executable under the hidden command
// "supervise DIR", which calls Supervise. It holds the lock until it ends, owns
// the time-out, and stops the command when the file abort.json appears or it gets
// SIGTERM itself: SIGTERM to the process group, SIGKILL 10 s later. SIGINT and
// SIGHUP don't move it. When the command has ended, what it left in its process
// group is killed; a server that is to stay has to be handed to an init system
// or started in a session of its own (setsid), with its output sent elsewhere:
// nobody keeps the output file small once the supervisor has gone.
//
// A command sees the RELEASE_… variables and the bot's environment without the
// bot's own configuration (SLACK_…, OPENAI_…, REDIS_…, OTEL_…, RELEASEBOT_…).
// Its standard input is empty, both outputs go to one file, of which the last
// 4 MiB or so are kept. The last line "progress: 40% copying" is its progress.
// A command that was told to stop has failed, also if it then exits with 0.
//
// # What the files say
//
// Find reads them in this order:
//
//	result                          how it ended, for ever
//	lock held, started              running
//	abort, not started              failed: canceled before it started
//	lock held, not started          running ("being started")
//	lock free, started              the supervisor was killed: running as long as a
//	                                process of the group lives; then what the policy's
//	                                status command says; else unknown
//	lock free, not started          absent
//	nothing, another runner's key   what the status command says; else unknown, Elsewhere
//
// # At most once
//
// Start takes the lock, and refuses (ErrStarted) where there is a start or a
// result. Since the start is on disk before the command is executed, and the
// lock passes from Start to supervisor without being free in between, of all
// Starts of a key in one data folder at most one executes the command, whatever
// dies when. Prune keeps the results, so that this holds for ever.
//
// ErrNotStarted is final: nothing ran, and the refusal of later starts is on
// disk. After any other error Find has to be asked.
//
// Absent is said with the lock in hand: up to that moment nothing ran, and
// nothing is about to. It doesn't spend the key: who holds the driver to
// start-once-by-key may start it again. Two things do refuse a Start that
// comes late from a process that was stopped meanwhile: a newer Call.Epoch with
// which Find was asked (ErrStale), and Cancel, which closes a key that was
// never started.
//
// # Runners
//
// A data folder is a runner: it gets a random id when it is first used
// (Command.Runner). deploy_started names it, and Call.Runner brings it back.
// Where that is another runner's id these files can't know what happened:
// Find asks the status command, or says unknown with Elsewhere set, and Start
// and Cancel refuse. A folder that is lost, also together with its host, is another runner
// when it comes back. The folder has to be on a local disk: locks and process
// ids mean nothing across machines.
//
// # systemd and containers
//
// A supervisor survives the bot only where nothing else kills it:
//
//   - systemd kills the whole control group when a unit stops. Set
//     KillMode=process in the bot's unit: then only the bot gets the signal, and
//     runs go on through restarts and upgrades. Without it a restart sends SIGTERM
//     to supervisor and command alike, and the run is reported as stopped.
//   - In a container everything dies with the container's first process. A run
//     under way is then lost: after the restart the same data folder (a volume) says
//     started without a result, and Find asks the status command, else answers
//     unknown. Deploy from a container only with a status command, or with a
//     start command that hands the work to something that lives outside.
//   - When the machine restarts, runs are lost in the same way.
package deploy
