package e2e

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"syscall"
	"time"

	"github.com/releasebot/releasebot/internal/e2etest"
)

// The files of a place to deploy to.
const (
	ledgerFile = "ledger"      // a line when a deploy begins, and one when it ends
	ordersFile = "orders.json" // what is to become of which version
	aliveFile  = "alive"       // locked, shared, by each deploy as long as it lives
	overFile   = "over"        // the test is over: every deploy ends
)

// order says what is to become of deploys of a version.
type order struct {
	Hold bool     `json:"hold,omitempty"` // it begins, and goes on when the test says so
	Fail bool     `json:"fail,omitempty"` // it ends with exit status 3, and the version doesn't run
	Say  []string `json:"say,omitempty"`  // lines of output
}

// entry is one line of the ledger.
type entry = e2etest.Entry

// place is the folder that is deployed to.
type place string

func (p place) path(parts ...string) string {
	return filepath.Join(append([]string{string(p)}, parts...)...)
}

// deployer is what runs as the policy's start command: "deployer DIR", or as its
// status command: "deployer DIR status KEY".
func deployer(args []string) int {
	p := place(args[0])
	var err error
	if len(args) == 3 && args[1] == "status" {
		err = p.status(args[2])
	} else {
		err = p.deploy()
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 3
	}
	return 0
}

// deploy writes the ledger, does as it was ordered, and switches the version.
func (p place) deploy() error {
	alive, err := os.OpenFile(p.path(aliveFile), os.O_CREATE|os.O_RDWR, 0o600)
	if err != nil {
		return err
	}
	defer alive.Close() //nolint:errcheck // ends with the process
	if err := syscall.Flock(int(alive.Fd()), syscall.LOCK_SH); err != nil {
		return err
	}
	e := e2etest.Begun()
	if err := p.record(e); err != nil {
		return err
	}
	o, err := p.order(e.Service, e.Version)
	if err != nil {
		return err
	}
	for _, line := range o.Say {
		fmt.Println(line)
	}
	if o.Hold {
		if err := p.wait(e); err != nil {
			return err
		}
	}
	if o.Fail {
		return errors.New("error: no space left on device")
	}
	if err := replace(p.path("runs", e.Service, e.Environment), []byte(e.Version)); err != nil {
		return err
	}
	e.What = e2etest.End
	return p.record(e)
}

func (p place) record(e entry) error { return e2etest.Ledger(p.path(ledgerFile)).Record(e) }

func (p place) ledger() ([]entry, error) { return e2etest.Ledger(p.path(ledgerFile)).Read() }

// holdLimit ends a deploy that nobody lets go.
const holdLimit = 10 * time.Minute

func (p place) wait(e entry) error {
	tick := time.NewTicker(10 * time.Millisecond)
	defer tick.Stop()
	for until := time.Now().Add(holdLimit); time.Now().Before(until); <-tick.C {
		for _, name := range []string{"go." + e.Key, overFile} {
			if _, err := os.Lstat(p.path(name)); err == nil {
				return nil
			}
		}
	}
	return errors.New("nobody let this deploy go")
}

// status answers by the ledger.
func (p place) status(key string) error {
	list, err := p.ledger()
	if err != nil {
		return err
	}
	state := "absent"
	for _, e := range list {
		if e.Key == key {
			state = map[string]string{e2etest.Begin: "running", e2etest.End: "succeeded"}[e.What]
		}
	}
	fmt.Printf("{\"state\":%q}\n", state)
	return nil
}

// orders are by service and version.
func (p place) order(service, version string) (order, error) {
	all, err := p.orders()
	return all[service+" "+version], err
}

func (p place) orders() (map[string]order, error) {
	all := map[string]order{}
	b, err := os.ReadFile(p.path(ordersFile))
	if errors.Is(err, fs.ErrNotExist) {
		return all, nil
	}
	if err != nil {
		return nil, err
	}
	return all, json.Unmarshal(b, &all)
}

// replace writes a file as a whole.
func replace(path string, data []byte) error {
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		return err
	}
	next := fmt.Sprintf("%s.%d", path, os.Getpid())
	if err := os.WriteFile(next, data, 0o600); err != nil {
		return err
	}
	return os.Rename(next, path)
}

// running is the version that runs somewhere; "" where nothing does.
func (p place) running(service, environment string) string {
	b, err := os.ReadFile(p.path("runs", service, environment))
	if err != nil {
		return ""
	}
	return string(b)
}
