package chaos

import (
	"context"
	"fmt"
	"os"
	"strings"
	"testing"

	"github.com/redis/go-redis/v9"

	"github.com/releasebot/releasebot/internal/e2etest"
)

// program is the releasebot binary under test; TestMain sets it before any test runs.
var program string

// TestMain builds the program, where a test will be run. This binary is also the
// deploy command of the policy file, with "deployer" as its first argument.
func TestMain(m *testing.M) {
	if len(os.Args) > 2 && os.Args[1] == e2etest.DeployerCommand {
		os.Exit(deployer(os.Args[2:]))
	}
	os.Exit(run(m))
}

func run(m *testing.M) int {
	if !asked("RELEASEBOT_CHAOS") && !asked("RELEASEBOT_CLUSTER") && !asked("RELEASEBOT_SCALE") && !asked("RELEASEBOT_UPGRADE") && !asked("RELEASEBOT_PLANTED_CHAOS") {
		return m.Run() // all are skipped
	}
	redis.SetLogger(quiet{})
	dir, err := os.MkdirTemp("", "releasebot-chaos-")
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	defer os.RemoveAll(dir) //nolint:errcheck // a folder for temporary files
	if program, err = e2etest.Build(dir); err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	return m.Run()
}

// quiet takes what go-redis says of a Redis that is away: that is what the tests are about.
type quiet struct{}

// Printf implements go-redis' logger.
func (quiet) Printf(context.Context, string, ...any) {}

func asked(name string) bool { return os.Getenv(name) == "1" }

// optIn skips a test that takes long, unless it is asked for.
func optIn(t *testing.T, name string) {
	t.Helper()
	if !asked(name) {
		t.Skip("takes long: set " + name + "=1")
	}
}

// load is the machine's load average, to be read beside figures.
func load() string {
	b, err := os.ReadFile("/proc/loadavg")
	if err != nil {
		return "unknown"
	}
	return strings.Join(strings.Fields(string(b))[:3], " ")
}
