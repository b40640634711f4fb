package e2etest

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"time"
)

// DeployerCommand, as a test binary's first argument, makes it the deploy command.
const DeployerCommand = "deployer"

// What an entry says.
const (
	Begin = "begin"
	End   = "end"
)

// Entry is one line of a ledger.
type Entry struct {
	What        string    `json:"what"` // Begin or End
	Key         string    `json:"key"`
	Action      string    `json:"action"`
	Service     string    `json:"service"`
	Environment string    `json:"environment"`
	Version     string    `json:"version"`
	SHA         string    `json:"sha,omitempty"`
	PID         int       `json:"pid"`
	At          time.Time `json:"at"`
}

// Begun is the first entry of the deploy that this process is, as the program has told it in RELEASE_….
func Begun() Entry {
	return Entry{
		What: Begin, Key: os.Getenv("RELEASE_KEY"), Action: os.Getenv("RELEASE_ACTION"), Service: os.Getenv("RELEASE_SERVICE"),
		Environment: os.Getenv("RELEASE_ENVIRONMENT"), Version: os.Getenv("RELEASE_VERSION"), SHA: os.Getenv("RELEASE_SHA"), PID: os.Getpid(),
	}
}

// String is how tests compare effects: "deploy shop v1.4.2 to production".
func (e Entry) String() string {
	return fmt.Sprintf("%s %s %s to %s", e.Action, e.Service, e.Version, e.Environment)
}

// Place is what is deployed to: "shop/production".
func (e Entry) Place() string { return e.Service + "/" + e.Environment }

// Ledger is the file that deploys write to.
type Ledger string

// Record appends a line, whole, with the time.
func (l Ledger) Record(e Entry) error {
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

// Read returns all entries, none of a ledger that nobody has written to.
func (l Ledger) Read() ([]Entry, error) {
	b, err := os.ReadFile(filepath.Clean(string(l)))
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	var list []Entry
	for line := range strings.Lines(string(b)) {
		var e Entry
		if err := json.Unmarshal([]byte(line), &e); err != nil {
			return nil, fmt.Errorf("the ledger's line %q: %w", line, err)
		}
		list = append(list, e)
	}
	return list, nil
}

// Begins returns the entries of deploys that began.
func (l Ledger) Begins() ([]Entry, error) {
	list, err := l.Read()
	var begun []Entry
	for _, e := range list {
		if e.What == Begin {
			begun = append(begun, e)
		}
	}
	return begun, err
}

// Fill puts a test's commands and addresses into its policy file: @deploy@ and
// @status@ become this binary as the deploy command, with its argument, and more
// are pairs of names and what stands for them.
func Fill(policy, argument string, more ...string) (string, error) {
	self, err := os.Executable()
	if err != nil {
		return "", err
	}
	deploy, err := json.Marshal([]string{self, DeployerCommand, argument})
	if err != nil {
		return "", err
	}
	status, err := json.Marshal([]string{self, DeployerCommand, argument, "status", "${key}"})
	if err != nil {
		return "", err
	}
	return strings.NewReplacer(append([]string{"@deploy@", string(deploy), "@status@", string(status)}, more...)...).Replace(policy), nil
}
