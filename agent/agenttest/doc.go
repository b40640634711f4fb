// Package agenttest holds the parts that tests and benchmarks of the release
// agent run it with: a deployer that keeps a ledger of what it really started,
// services whose health is a switch, people, and a view that shows nothing.
// They behave, rather than expect: a test looks at what they did.
package agenttest
