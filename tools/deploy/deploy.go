package deploy

import (
	"context"
	"errors"
	"time"

	"github.com/releasebot/releasebot/tools"
)

// State is what a deployer says of a run.
type State string

// The states of a run. Absent means: never started, and a late start of this key would be refused.
const (
	Running   State = "running"
	Succeeded State = "succeeded"
	Failed    State = "failed"
	Absent    State = "absent"
	Unknown   State = "unknown"
)

// Status is a deployer's answer about one run.
type Status struct {
	State    State
	Ref      string   // the deployer's own name for the run, if it has one
	Percent  int      // of the last progress line; -1: none was given
	Progress string   // text of the last progress line
	Detail   string   // why it failed or is unknown: one short sentence, secrets masked
	Log      []string // last lines of output, at most 20, secrets masked
	ExitCode int      // of a run that ended by itself; -1 where there is none
	Aborted  bool     // the run was asked to stop before it ended (or before it started)
	Started  time.Time
	Finished time.Time
	// Elsewhere: only another runner could know. Ask again for a while, then ask a person.
	Elsewhere bool
}

// Abilities say what a driver can promise for a given call.
type Abilities struct {
	// StartOnceByKey: the target itself refuses a second start of a key.
	StartOnceByKey bool
	// Cancel: a running run can be stopped.
	Cancel bool
	// Current: the driver can say which version runs.
	Current bool
}

// ErrNotStarted marks an error of Start after which it is certain that nothing
// ran and nothing will. Any other error leaves the start unknown.
var ErrNotStarted = errors.New("the deploy was not started")

// ErrStarted marks an error of Start: the key was started before, or a start of
// it is under way. What became of it is asked of Find.
var ErrStarted = errors.New("this key was started before")

// ErrStale marks an error of Start: a caller with a newer lease has asked about
// this key since. Nothing ran by this call; the newer caller decides what will.
var ErrStale = errors.New("a newer runner has taken this key over")

// A Driver deploys. All methods take a deadline from ctx and are safe for concurrent use.
type Driver interface {
	Spec() tools.Spec
	Abilities(c tools.Call) Abilities
	// Start begins the run of c.Key, at most once for each key on this runner.
	Start(ctx context.Context, c tools.Call) (ref string, err error)
	// Find says what became of c.Key; ref may be empty.
	Find(ctx context.Context, c tools.Call, ref string) (Status, error)
	// Cancel asks a running run to stop. What became of it is asked of Find.
	Cancel(ctx context.Context, c tools.Call, ref string) error
	// Current returns the version that runs in the environment; "" if it can't be told.
	Current(ctx context.Context, c tools.Call) (string, error)
}
