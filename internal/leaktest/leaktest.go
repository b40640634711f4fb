// Package leaktest is goleak for a package whose tests talk to servers: what a
// closed connection leaves behind ends a moment later, and on a busy machine after
// more than the moment that goleak gives it.
//
// Only tests import this package.
package leaktest

import (
	"fmt"
	"os"
	"testing"
	"time"

	"go.uber.org/goleak"
)

// patience is how long goroutines may need to end once the tests are over.
const patience = time.Minute

// Main runs the tests of a package, and fails if goroutines are left that do not end. It is called by TestMain, and ends the process.
func Main(m *testing.M, options ...goleak.Option) {
	code := m.Run()
	if code == 0 {
		if err := wait(patience, options...); err != nil {
			fmt.Fprintf(os.Stderr, "goroutines are left behind: %v\n", err)
			code = 1
		}
	}
	os.Exit(code)
}

// wait looks again, each time for as long as goleak does, until nothing is left or the time is over.
func wait(limit time.Duration, options ...goleak.Option) error {
	for end := time.Now().Add(limit); ; {
		err := goleak.Find(options...)
		if err == nil || time.Now().After(end) {
			return err
		}
	}
}
