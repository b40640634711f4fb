package deploy

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
)

// CommandArgs are the arguments of the command driver as the policy file gives
// them. Its JSON is Call.Args. Placeholders stand unfilled in it.
type CommandArgs struct {
	// Start is the command that deploys; exit status 0 means deployed.
	Start []string `json:"start" yaml:"start"`
	// Status prints {"state": "running|succeeded|failed|absent|unknown"}. Optional.
	Status []string `json:"status,omitempty" yaml:"status"`
	// Current prints the version that runs now. Optional.
	Current []string `json:"current,omitempty" yaml:"current"`
}

// DecodeCommand reads the command driver's arguments with into, which decodes
// the policy file's mapping into what it is given and refuses unknown keys. It
// returns a CommandArgs, or what is wrong with it.
func DecodeCommand(into func(any) error) (any, error) {
	var a CommandArgs
	if err := into(&a); err != nil {
		return nil, err
	}
	if err := a.check(); err != nil {
		return nil, err
	}
	return a, nil
}

func (a CommandArgs) check() error {
	if len(a.Start) == 0 {
		return errors.New(`start is missing: give the command and its arguments, such as start: ["./deploy.sh", "${version}"]`)
	}
	for _, c := range []struct {
		name string
		argv []string
	}{{"start", a.Start}, {"status", a.Status}, {"current", a.Current}} {
		if c.argv == nil {
			continue
		}
		if len(c.argv) == 0 || strings.TrimSpace(c.argv[0]) == "" {
			return fmt.Errorf("%s names no program: give a list whose first element is one, or leave %s out", c.name, c.name)
		}
		for i, s := range c.argv {
			if strings.ContainsRune(s, 0) {
				return fmt.Errorf("%s: element %d contains a NUL character", c.name, i+1)
			}
		}
	}
	return nil
}

// parseArgs reads Call.Args.
func parseArgs(raw json.RawMessage) (CommandArgs, error) {
	var a CommandArgs
	d := json.NewDecoder(bytes.NewReader(raw))
	d.DisallowUnknownFields()
	if err := d.Decode(&a); err != nil {
		return a, fmt.Errorf("arguments of the command driver: %w", err)
	}
	if err := a.check(); err != nil {
		return a, fmt.Errorf("arguments of the command driver: %w", err)
	}
	return a, nil
}
