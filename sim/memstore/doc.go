// Package memstore is a threadstore.Driver in memory, for simulations. It keeps
// strictly to the contract of threadstore.Driver and passes its conformance suite.
//
// It has a clock of its own, so that leases end in simulated time; it lists
// everything in a fixed order, so that a simulation replays exactly; and it can
// go back to an earlier moment, as a store does whose failover loses what it
// had acknowledged.
package memstore
