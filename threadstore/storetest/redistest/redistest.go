// Package redistest starts real Redis servers for a test: redis-server from the
// PATH, on free ports of the loopback, ended with the test.
//
//   - [Start]: one server that keeps nothing.
//   - [Serve]: one that can be killed, frozen and started again.
//   - [Proxied]: a network that loses answers, or breaks; [Lossy] is the short form.
//   - [Cluster]: three masters that share the slots.
//   - [ClusterWithReplicas]: the same, each with a replica that takes its place.
//   - [Sentinel]: a master, its replica, and a Sentinel that puts the replica in the
//     master's place, also when that loses writes.
//
// A test that needs redis-server is skipped where there is none, and fails
// instead where RELEASEBOT_REQUIRE_REDIS is 1.
package redistest

import "testing"

// Start runs a redis-server until t ends and returns its redis:// URL. Further
// arguments go to the server: "--appendonly", "yes".
func Start(t testing.TB, args ...string) (url string) {
	t.Helper()
	return Serve(t, args...).URL()
}
