package agenttest

import (
	"context"
	"fmt"
	"sync"

	"github.com/releasebot/releasebot/tools"
	"github.com/releasebot/releasebot/tools/deploy"
)

// Deployer is a deploy driver whose runs end at once, unless told otherwise. It
// is the judge of every test: its ledger holds each effect, once for each time it
// happened.
type Deployer struct {
	mu     sync.Mutex
	ledger []string
	runs   map[string]*deploy.Status
	now    map[string]string // what runs, by service/environment

	// Once: the deployer refuses a second start of a key, and says so.
	Once bool
	// Outcome says how the run of a call ends; nil: it succeeds. Running keeps it going until Finish.
	Outcome func(c tools.Call) deploy.State
	// BeforeStart and AfterStart are called around the effect; an error of theirs is returned by Start.
	BeforeStart, AfterStart func(c tools.Call) error
	// Amnesia: Find knows nothing of any run.
	Amnesia bool
}

// Spec implements deploy.Driver.
func (d *Deployer) Spec() tools.Spec { return tools.Spec{Name: "fake", Effect: tools.Changes} }

// Abilities implements deploy.Driver.
func (d *Deployer) Abilities(tools.Call) deploy.Abilities {
	return deploy.Abilities{StartOnceByKey: d.Once, Cancel: true}
}

// Start implements deploy.Driver.
func (d *Deployer) Start(_ context.Context, c tools.Call) (string, error) {
	if d.BeforeStart != nil {
		if err := d.BeforeStart(c); err != nil {
			return "", err
		}
	}
	if err := d.effect(c); err != nil {
		return "", err
	}
	if d.AfterStart != nil {
		return "", d.AfterStart(c)
	}
	return "", nil
}

func (d *Deployer) effect(c tools.Call) error {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.runs == nil {
		d.runs, d.now = map[string]*deploy.Status{}, map[string]string{}
	}
	if d.Once && d.runs[c.Key] != nil {
		return fmt.Errorf("key %s: %w", c.Key, deploy.ErrStarted)
	}
	state := deploy.Succeeded
	if d.Outcome != nil {
		state = d.Outcome(c)
	}
	d.ledger = append(d.ledger, fmt.Sprintf("%s %s %s to %s", c.Action, c.Service, c.Version, c.Environment))
	d.runs[c.Key] = &deploy.Status{State: state, Percent: -1, ExitCode: -1}
	if state == deploy.Succeeded {
		d.now[c.Service+"/"+c.Environment] = c.Version
	}
	return nil
}

// Find implements deploy.Driver.
func (d *Deployer) Find(_ context.Context, c tools.Call, _ string) (deploy.Status, error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	switch run := d.runs[c.Key]; {
	case d.Amnesia:
		return deploy.Status{State: deploy.Unknown, Percent: -1, Detail: "the deployer keeps no records"}, nil
	case run == nil:
		return deploy.Status{State: deploy.Absent, Percent: -1}, nil
	default:
		return *run, nil
	}
}

// Cancel implements deploy.Driver: a running run fails, aborted.
func (d *Deployer) Cancel(_ context.Context, c tools.Call, _ string) error {
	d.mu.Lock()
	defer d.mu.Unlock()
	if run := d.runs[c.Key]; run != nil && run.State == deploy.Running {
		run.State, run.Aborted, run.Detail = deploy.Failed, true, "stopped by request"
	}
	return nil
}

// Current implements deploy.Driver.
func (d *Deployer) Current(context.Context, tools.Call) (string, error) { return "", nil }

// Finish ends every running run of a service.
func (d *Deployer) Finish(service string, state deploy.State) {
	d.mu.Lock()
	defer d.mu.Unlock()
	for _, run := range d.runs {
		if run.State == deploy.Running {
			run.State = state
		}
	}
}

// Progress sets what a running run reports.
func (d *Deployer) Progress(percent int, text string) {
	d.mu.Lock()
	defer d.mu.Unlock()
	for _, run := range d.runs {
		if run.State == deploy.Running {
			run.Percent, run.Progress = percent, text
		}
	}
}

// Ledger lists every effect, in order.
func (d *Deployer) Ledger() []string {
	d.mu.Lock()
	defer d.mu.Unlock()
	return append([]string(nil), d.ledger...)
}

// Runs reports what the deployer believes to run in an environment.
func (d *Deployer) Runs(service, environment string) string {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.now[service+"/"+environment]
}
