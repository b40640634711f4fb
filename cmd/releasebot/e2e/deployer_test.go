package e2e

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"time"
)

// deployerCommand makes this test binary the deploy command.
const deployerCommand = "deployer"

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
type entry struct {
	What        string    `json:"what"` // "begin" or "end"
	Key         string    `json:"key"`
	Action      string    `json:"action"`
	Service     string    `json:"service"`
	Environment string    `json:"environment"`
	Version     string    `json:"version"`
	SHA         string    `json:"sha,omitempty"`
	PID         int       `json:"pid"`
	At          time.Time `json:"at"`
}

// String is how tests compare effects: "deploy shop v1.4.2 to production".
func (e entry) String() string {
	return fmt.Sprintf("%s %s %s to %s", e.Action, e.Service, e.Version, e.Environment)
}

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
	e := entry{
		What: "begin", Key: os.Getenv("RELEASE_KEY"), Action: os.Getenv("RELEASE_ACTION"), Service: os.Getenv("RELEASE_SERVICE"),
		Environment: os.Getenv("RELEASE_ENVIRONMENT"), Version: os.Getenv("RELEASE_VERSION"), SHA: os.Getenv("RELEASE_SHA"), PID: os.Getpid(),
	}
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
	e.What = "end"
	return p.record(e)
}

// record appends a line, whole.
func (p place) record(e entry) error {
	e.At = time.Now()
	b, err := json.Marshal(e)
	if err != nil {
		return err
	}
	f, err := os.OpenFile(p.path(ledgerFile), os.O_CREATE|os.O_WRONLY|os.O_APPEND, 0o600)
	if err != nil {
		return err
	}
	_, err = f.Write(append(b, '\n'))
	return errors.Join(err, f.Close())
}

func (p place) ledger() ([]entry, error) {
	b, err := os.ReadFile(p.path(ledgerFile))
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	var list []entry
	for line := range strings.Lines(string(b)) {
		var e entry
		if err := json.Unmarshal([]byte(line), &e); err != nil {
			return nil, fmt.Errorf("the ledger's line %q: %w", line, err)
		}
		list = append(list, e)
	}
	return list, nil
}

// holdLimit ends a deploy that nobody lets go.
const holdLimit = 3 * time.Minute

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
			state = map[string]string{"begin": "running", "end": "succeeded"}[e.What]
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
