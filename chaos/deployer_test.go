package chaos

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"time"
)

// deployerCommand makes this test binary the deploy command.
const deployerCommand = "deployer"

// entry is one line of the ledger.
type entry struct {
	What        string    `json:"what"` // "begin" or "end"
	Key         string    `json:"key"`
	Service     string    `json:"service"`
	Environment string    `json:"environment"`
	Version     string    `json:"version"`
	At          time.Time `json:"at"`
}

func (e entry) place() string { return e.Service + "/" + e.Environment }

// ledger is the file that deploys write to.
type ledger string

// deployer is what runs as the policy's start command: "deployer LEDGER", or as
// its status command: "deployer LEDGER status KEY".
func deployer(args []string) int {
	l := ledger(args[0])
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
	e := entry{
		What: "begin", Key: os.Getenv("RELEASE_KEY"), Service: os.Getenv("RELEASE_SERVICE"),
		Environment: os.Getenv("RELEASE_ENVIRONMENT"), Version: os.Getenv("RELEASE_VERSION"),
	}
	if err := l.record(e); err != nil {
		return err
	}
	time.Sleep(time.Duration(rand.Int64N(int64(3 * time.Second)))) //nolint:gosec // what deploying takes
	e.What = "end"
	if err := l.record(e); err != nil {
		return err
	}
	if strings.HasSuffix(e.Version, "7") {
		return errors.New("error: no space left on device")
	}
	return nil
}

// record appends a line, whole.
func (l ledger) record(e entry) error {
	e.At = time.Now()
	b, err := json.Marshal(e)
	if err != nil {
		return err
	}
	f, err := os.OpenFile(string(l), os.O_CREATE|os.O_WRONLY|os.O_APPEND, 0o600)
	if err != nil {
		return err
	}
	_, err = f.Write(append(b, '\n'))
	return errors.Join(err, f.Close())
}

func (l ledger) read() ([]entry, error) {
	b, err := os.ReadFile(filepath.Clean(string(l)))
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

// status answers by the ledger. A key that never began may still be about to, so that is unknown.
func (l ledger) status(key string) error {
	list, err := l.read()
	if err != nil {
		return err
	}
	state := "unknown"
	for _, e := range list {
		switch {
		case e.Key != key:
		case e.What == "begin":
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
