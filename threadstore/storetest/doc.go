// Package storetest is what every driver of threadstore has to pass: [Run] is the
// conformance suite, [Bench] its benchmarks. A driver hands over a [Harness] that
// says how to open it and what it can do; a case that needs more is skipped, and
// says so.
package storetest
