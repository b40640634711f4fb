package e2e

import (
	"flag"
	"fmt"
	"os"
	"testing"

	"github.com/releasebot/releasebot/internal/e2etest"
)

// program is the releasebot binary under test; TestMain sets it before any test runs.
var program string

// TestMain builds the program. It is also the deploy command of the tests' policy
// files, which is this binary with "deployer" as its first argument.
func TestMain(m *testing.M) {
	if len(os.Args) > 2 && os.Args[1] == e2etest.DeployerCommand {
		os.Exit(deployer(os.Args[2:]))
	}
	os.Exit(run(m))
}

func run(m *testing.M) int {
	dir, err := os.MkdirTemp("", "releasebot-e2e-")
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	defer os.RemoveAll(dir) //nolint:errcheck // a folder for temporary files
	if program, err = e2etest.Build(dir, "failpoints"); err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	// The tests wait most of the time: for leases, for a Slack that is slow, for a minute. -parallel says otherwise.
	if err := flag.Set("test.parallel", "4"); err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	return m.Run()
}
