// Command releasebot is a release agent for Slack.
//
// # Layout
//
// This package wires the others and is the only reader of environment and
// flags. main calls run, which reads the command line (commands.go) and calls the
// command's Run method with a console: where to read from and write to, and the
// settings that the environment gave (environ.go, settings.go).
//
//	serve                            the bot: open the store, load the policy file, assemble the parts, run them
//	demo                             releases played in the terminal (demo*.go): the parts of serve against a local Slack
//	config check                     the policy file alone
//	config simulate                  what a changed policy file would have made of the recorded releases (simulate*.go)
//	threads, thread show|replay|…    the logs, from the store or from a running serve
//	eval                             the planner on a file of utterances, or both planners (eval*.go)
//	version
//	supervise DIR                    hidden: what the command driver starts for each run
//
// assemble (assembly.go) is the one place where bot, agent, tools and API are
// put together; whoever wants the whole product in a process calls it with an
// open store and a policy file, and then assembly.run.
//
// # The environment
//
// A variable that is set to nothing counts as not set. All variables are checked
// at once, before anything is done, whichever command is given; each that is
// wrong gets a line of its own. Secrets have a type that prints as "[secret]",
// whatever prints it.
//
// # Exit status
//
// 0 done, 1 failed (a wrong value in the environment or the policy file among
// it), 2 wrong usage of the command line.
package main
