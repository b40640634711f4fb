package chaos

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"strings"
	"time"

	"github.com/releasebot/releasebot/internal/e2etest"
)

// ledger is the file that deploys write to.
type ledger struct{ e2etest.Ledger }

// deployer is what runs as the policy's start command: "deployer LEDGER", or as
// its status command: "deployer LEDGER status KEY".
func deployer(args []string) int {
	l := ledger{e2etest.Ledger(args[0])}
	var err error
	if len(args) == 3 && args[1] == "status" {
		err = l.status(args[2])
	} else {
		err = l.deploy()
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 3
	}
	return 0
}

// deploy takes up to three seconds; of some versions it fails.
func (l ledger) deploy() error {
	e := e2etest.Begun()
	if err := l.Record(e); err != nil {
		return err
	}
	time.Sleep(time.Duration(rand.Int64N(int64(3 * time.Second)))) //nolint:gosec // what deploying takes
	e.What = e2etest.End
	if err := l.Record(e); err != nil {
		return err
	}
	if strings.HasSuffix(e.Version, "7") {
		return errors.New("error: no space left on device")
	}
	return nil
}

// status answers by the ledger. A key that never began may still be about to, so that is unknown.
func (l ledger) status(key string) error {
	list, err := l.Read()
	if err != nil {
		return err
	}
	state := "unknown"
	for _, e := range list {
		switch {
		case e.Key != key:
		case e.What == e2etest.Begin:
			state = "running"
		case strings.HasSuffix(e.Version, "7"):
			state = "failed"
		default:
			state = "succeeded"
		}
	}
	fmt.Printf("{\"state\":%q}\n", state)
	return nil
}
