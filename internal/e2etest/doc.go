// Package e2etest is what tests of the built program share: how it is built, the
// settings and output of its processes, and the ledger that judges them.
//
// The ledger is a file to which the deploy command of a test, a process of its
// own, appends a line when it begins and one when it ends. What was started, and
// how often, is asked of it and of nobody else.
//
// Only tests import this package.
package e2etest
