// Package tools says what a tool is: something that the agent runs for a
// release, such as a deploy, a health check, a look into a repository, a page.
//
// Each kind of tool has a folder (deploy, healthcheck, changelog, ci, page) and
// each driver of that kind a file in it. This package holds what they share:
//
//   - Spec names a tool and says what running it does to the world (Effect).
//     The zero value means that it changes the world: a tool that forgot to say
//     is never retried and never run without a plan.
//   - Call is everything that a tool is told about the release it works for.
//     Its Fill replaces the policy file's placeholders. Nothing is ever passed
//     through a shell.
//   - Masker takes secrets out of text before a person, a log or Slack sees it.
//
// # Who may start what
//
// A tool with the effect Changes is started at most once for each Call.Key.
// The agent writes the start down before it starts, and names there the runner
// that will do so; Call.Runner carries that name back to the driver, which can
// tell from it whether its own files can know what became of the run.
// Call.Epoch is the lease's epoch under which the agent acts: a driver that
// said "absent" to one epoch refuses starts of that key by older ones.
package tools
