package deploy

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"syscall"
	"time"

	"github.com/releasebot/releasebot/tools"
)

// logLines is how many lines of output a Status carries.
const logLines = 20

// Find says what became of c.Key. It looks at this runner's files first; the
// policy's status command is asked where they can't know: before a first start,
// when another runner started the key, and when a supervisor was killed.
//
// Absent means that the command of this key has not been executed on this
// runner. If c.Epoch is set, it also means that any Start with an older epoch
// is refused from now on (ErrStale); after Cancel, that any Start is.
// A Start with the same or a newer epoch remains possible, and at most one
// of them will run.
func (d *Command) Find(ctx context.Context, c tools.Call, _ string) (Status, error) {
	d.reap()
	args, err := parseArgs(c.Args)
	if err != nil {
		return Status{}, err
	}
	r := runOf(d.runs, c.Key)
	seen, err := d.look(ctx, r, c)
	if err != nil {
		return Status{}, fmt.Errorf("finding %s: %w", c.Key, err)
	}
	s, err := d.status(ctx, r, c, args, seen)
	if err != nil {
		return Status{}, fmt.Errorf("finding %s: %w", c.Key, err)
	}
	s.Ref = filepath.Base(r.dir)
	s.Detail = d.masker.Line(s.Detail)
	s.Progress = d.masker.Line(s.Progress)
	return s, nil
}

// sight is what the files of a run show.
type sight int

const (
	nothing sight = iota // never started, and nobody is about to
	claimed              // a start is under way
	stopped              // canceled before it started
	running              // its supervisor lives
	lost                 // started, and its supervisor went without a result
	ended                // there is a result
)

// look reads the files of r. Where there is nothing, and c has an epoch, it
// raises the fence to it.
func (d *Command) look(ctx context.Context, r run, c tools.Call) (sight, error) {
	fencing := c.Epoch > 0 && d.here(c)
	if there, err := r.has("."); err != nil {
		return nothing, err
	} else if !there && !fencing {
		return nothing, nil
	}
	if fencing {
		if err := r.create(); err != nil {
			return nothing, err
		}
	}
	how := syscall.LOCK_SH // several may look at once
	if fencing {
		how = syscall.LOCK_EX
	}
	lock, err := r.lockUnless(ctx, how, r.spent)
	if err != nil {
		return nothing, err
	}
	if lock == nil {
		s, err := r.seenHeld()
		if err == nil && s == claimed && ctx.Err() != nil {
			err = context.Cause(ctx) // too early to say who holds it
		}
		return s, err
	}
	defer closeQuietly(lock)
	s, err := r.seenFree()
	if err == nil && s == nothing && fencing {
		err = r.raiseFence(c.Epoch)
	}
	return s, err
}

// seenHeld is what the files show while somebody holds the lock. The supervisor
// writes the result before it lets go, so the result is looked at before started.
//
// An abort that is seen before a start that isn't there yet is final, although
// somebody holds the lock: a supervisor looks for an abort once more after it
// has written started, and doesn't execute the command if it finds one.
func (r run) seenHeld() (sight, error) {
	aborted, err := r.has(abortFile)
	if err != nil {
		return nothing, err
	}
	for _, f := range []struct {
		name string
		is   sight
	}{{resultFile, ended}, {startedFile, running}} {
		if there, err := r.has(f.name); there || err != nil {
			return f.is, err
		}
	}
	if aborted {
		return stopped, nil
	}
	return claimed, nil
}

// seenFree is what the files show once the lock was free.
func (r run) seenFree() (sight, error) {
	for _, f := range []struct {
		name string
		is   sight
	}{{resultFile, ended}, {startedFile, lost}, {abortFile, stopped}} {
		if there, err := r.has(f.name); there || err != nil {
			return f.is, err
		}
	}
	return nothing, nil
}

// raiseFence is called with the lock held.
func (r run) raiseFence(epoch uint64) error {
	newest, err := r.newestEpoch()
	if err != nil || epoch <= newest {
		return err
	}
	return r.write(fenceFile, fence{Epoch: epoch})
}

// status turns what was seen into an answer.
func (d *Command) status(ctx context.Context, r run, c tools.Call, args CommandArgs, seen sight) (Status, error) {
	switch seen {
	case ended:
		return d.endedStatus(r)
	case running:
		return d.runningStatus(r)
	case claimed:
		return Status{State: Running, Percent: -1, ExitCode: -1, Detail: "it is being started"}, nil
	case stopped:
		return Status{State: Failed, Percent: -1, ExitCode: -1, Aborted: true, Detail: "it was canceled before it started"}, nil
	case lost:
		return d.lostStatus(ctx, r, c, args)
	case nothing:
	}
	if d.here(c) {
		return d.absentStatus(ctx, c, args), nil
	}
	return d.elsewhereStatus(ctx, c, args), nil
}

// absentStatus answers for a key that was never started on this runner. Before
// the log names a runner, a target that knows the key nevertheless is believed.
func (d *Command) absentStatus(ctx context.Context, c tools.Call, args CommandArgs) Status {
	absent := Status{State: Absent, Percent: -1, ExitCode: -1}
	if c.Runner != "" || args.Status == nil {
		return absent
	}
	s := d.askStatus(ctx, c, args)
	if s.State == Absent || s.State == Unknown {
		absent.Detail = s.Detail
		return absent
	}
	return s
}

// elsewhereStatus answers for a key that another runner was to start.
func (d *Command) elsewhereStatus(ctx context.Context, c tools.Call, args CommandArgs) Status {
	s := Status{State: Unknown, Percent: -1, ExitCode: -1, Elsewhere: true}
	if args.Status == nil {
		s.Detail = fmt.Sprintf("it was started by runner %s; this is %s, which has other files, and the policy has no status command", c.Runner, d.runner)
		return s
	}
	s = d.askStatus(ctx, c, args)
	if s.State == Unknown {
		s.Elsewhere = true
		s.Detail = fmt.Sprintf("it was started by runner %s, and %s", c.Runner, s.Detail)
	}
	return s
}

// lostStatus answers for a run whose supervisor was killed.
func (d *Command) lostStatus(ctx context.Context, r run, c tools.Call, args CommandArgs) (Status, error) {
	s := Status{State: Unknown, Percent: -1, ExitCode: -1}
	if err := d.addProgress(r, &s); err != nil {
		return s, err
	}
	begun, group, err := r.processes()
	if err != nil {
		return s, err
	}
	s.Started = begun.At
	if s.Aborted, err = r.has(abortFile); err != nil {
		return s, err
	}
	why := "its supervisor was killed"
	if begun.Supervisor.Boot != bootID() {
		why = "the machine restarted while it ran"
	} else if group != nil && groupLives(*group) {
		s.State = Running
		s.Detail = why + "; the command goes on as process group " + strconv.Itoa(group.PID) + ", without a time-out, and its exit status will not be known"
		return s, nil
	}
	if args.Status == nil {
		s.Detail = why + ": how the command ended is not known, and the policy has no status command"
		return s, nil
	}
	told := d.askStatus(ctx, c, args)
	switch told.State {
	case Unknown:
		s.Detail = why + ", and " + told.Detail
	case Absent:
		// Absent would promise that this key can be started again; here it is spent.
		s.State, s.Detail = Failed, why+"; the status command says that the target never saw it"
	default:
		s.State, s.Detail = told.State, why+"; the status command says that it "+saysState[told.State]
	}
	return s, nil
}

var saysState = map[State]string{Running: "is running", Succeeded: "succeeded", Failed: "failed"}

// processes returns what was noted when the run started; group is nil if the
// supervisor was killed before it could note the command's.
func (r run) processes() (begun started, group *process, err error) {
	if _, err := r.read(startedFile, &begun); err != nil {
		return begun, nil, err
	}
	var p process
	there, err := r.read(commandFile, &p)
	if err != nil || !there {
		return begun, nil, err
	}
	return begun, &p, nil
}

func (d *Command) runningStatus(r run) (Status, error) {
	s := Status{State: Running, Percent: -1, ExitCode: -1}
	var begun started
	if _, err := r.read(startedFile, &begun); err != nil {
		return s, err
	}
	s.Started = begun.At
	if err := d.addProgress(r, &s); err != nil {
		return s, err
	}
	var err error
	if s.Aborted, err = r.has(abortFile); s.Aborted {
		s.Detail = "it was asked to stop"
	}
	return s, err
}

// addProgress fills in what the run has printed so far.
func (d *Command) addProgress(r run, s *Status) error {
	var p progress
	there, err := r.read(progressFile, &p)
	if err != nil {
		return err
	}
	if there {
		s.Percent, s.Progress = p.Percent, p.Text
	}
	s.Log = d.masker.Lines(r.outputLines(logLines))
	return nil
}

func (d *Command) endedStatus(r run) (Status, error) {
	var res result
	there, err := r.read(resultFile, &res)
	if err == nil && !there {
		err = errors.Join(os.ErrNotExist, fmt.Errorf("%s went while it was looked at", r.path(resultFile)))
	}
	if err != nil {
		return Status{}, err
	}
	s := Status{
		State: Failed, Percent: -1, ExitCode: res.Exit, Aborted: res.Aborted,
		Detail: res.detail(), Started: res.Started, Finished: res.Finished,
	}
	if res.succeeded() {
		s.State = Succeeded
	}
	return s, d.addProgress(r, &s)
}

// succeeded: exit status 0 means deployed, unless the command was told to stop
// before; many programs end with 0 when they are.
func (res result) succeeded() bool {
	return res.Exit == 0 && !res.NeverRan && !res.TimedOut && !res.Aborted && res.Error == ""
}

// detail says in a sentence why a run failed; "" if it succeeded.
func (res result) detail() string {
	if res.NeverRan {
		return "it never ran: " + res.Error
	}
	how := "it ended with exit status " + strconv.Itoa(res.Exit)
	if res.Signal != "" {
		how = "it was ended by " + res.Signal
	}
	switch {
	case res.Aborted:
		return "stopped on request; " + how
	case res.TimedOut:
		return "stopped because it took longer than " + plainDuration(res.Timeout) + "; " + how
	case res.Error != "":
		return res.Error
	case res.Exit == 0:
		return ""
	}
	return how
}

// plainDuration writes whole minutes as "30m", not "30m0s".
func plainDuration(d time.Duration) string {
	switch {
	case d >= time.Hour && d%time.Hour == 0:
		return strconv.Itoa(int(d/time.Hour)) + "h"
	case d >= time.Minute && d%time.Minute == 0:
		return strconv.Itoa(int(d/time.Minute)) + "m"
	}
	return d.String()
}
