// Package e2e tests the program as its users have it: the releasebot binary, run
// as processes of their own, against a local Slack, a real Redis or the embedded
// store, deploy commands that are processes too, and health checks over HTTP.
// It holds tests only.
//
// # A world
//
// Each test makes a world (world_test.go): a Slack workspace, a store, and a
// place to deploy to, which is a folder with a ledger. Bots are booted in it,
// and killed, frozen and told to stop. What people do and see stands in
// slack_test.go, what happens to processes in process_test.go, and what the log
// says in log_test.go.
//
// # The judge
//
// Whether something was started, and how often, is asked of nobody but the
// ledger: the deploy command (deployer_test.go) appends one line to it when it
// begins and one when it ends, before and after anything else it does. How long
// a deploy takes, and how it ends, the test says: a held one waits until it is
// let go.
//
// # Waiting
//
// Nothing here sleeps for luck. A test waits until Slack, the ledger or a log
// shows something, with a deadline, and then says what stood there instead.
// The one thing that is waited for by the clock is the end of a lease.
//
// # Cleaning up
//
// Whatever a world has started is ended by its process id when the test is over,
// also when it failed: bots first, then deploys, then their supervisors.
//
// The program is built once, with fail points (package internal/failpoint).
// Tests that need redis-server are skipped where there is none, unless
// RELEASEBOT_REQUIRE_REDIS is 1.
package e2e
