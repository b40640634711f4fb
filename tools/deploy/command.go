package deploy

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"sync"
	"syscall"
	"time"

	"github.com/releasebot/releasebot/tools"
)

// Defaults of CommandConfig and of Call.
const (
	defaultTimeout = 30 * time.Minute
	defaultGrace   = 10 * time.Second
	defaultAsk     = 10 * time.Second
)

// CommandConfig configures the command driver.
type CommandConfig struct {
	// Dir is the policy file's folder; commands run in it.
	Dir string
	// Data is RELEASEBOT_DATA. It identifies the runner, and keeps its runs; it
	// has to be on a local disk. NewCommand makes it if it isn't there.
	Data string
	// Supervisor is the program, with arguments, that calls Supervise with the
	// folder that is added as last argument. Defaults to this executable with
	// the argument "supervise".
	Supervisor []string
	// Environ is the bot's environment. Commands get it without the bot's own
	// configuration; values that look secret in it are masked in output.
	// Defaults to os.Environ().
	Environ []string
	// Withhold names further variables that commands don't get.
	Withhold []string
	// Secrets are further values to mask in output.
	Secrets []string
	// Grace is the time between SIGTERM and SIGKILL. Defaults to 10 s.
	Grace time.Duration
	// Now is the clock. Defaults to time.Now.
	Now func() time.Time
}

// Command is the command driver: it deploys by running a program of the
// policy file's author under a supervisor of its own. See the package comment.
type Command struct {
	dir, runs    string
	runner, host string
	supervisor   []string
	environ      []string // for commands
	spawnEnviron []string // for supervisors
	masker       *tools.Masker
	grace        time.Duration
	now          func() time.Time

	mu       sync.Mutex
	children []int // supervisors that this process started and hasn't reaped
}

var _ Driver = (*Command)(nil)

// NewCommand returns the command driver for one data folder. Several, also in
// several processes, may share a folder: together they are one runner.
func NewCommand(cfg CommandConfig) (*Command, error) {
	dir, err := filepath.Abs(cfg.Dir)
	if err != nil {
		return nil, fmt.Errorf("command driver: policy folder: %w", err)
	}
	if cfg.Data == "" {
		return nil, errors.New("command driver: no data folder given")
	}
	data, err := filepath.Abs(cfg.Data)
	if err != nil {
		return nil, fmt.Errorf("command driver: data folder: %w", err)
	}
	host, err := os.Hostname()
	if err != nil {
		return nil, fmt.Errorf("command driver: %w", err)
	}
	supervisor, err := supervisorProgram(cfg.Supervisor)
	if err != nil {
		return nil, fmt.Errorf("command driver: supervisor: %w", err)
	}
	runs := filepath.Join(data, "runs")
	if err := os.MkdirAll(runs, 0o700); err != nil {
		return nil, fmt.Errorf("command driver: %w", err)
	}
	if err := syncDir(data); err != nil {
		return nil, fmt.Errorf("command driver: %w", err)
	}
	runner, err := runnerID(data, host)
	if err != nil {
		return nil, fmt.Errorf("command driver: %w", err)
	}
	environ := cfg.Environ
	if environ == nil {
		environ = os.Environ()
	}
	d := &Command{
		dir: dir, runs: runs, runner: runner, host: host,
		supervisor:   supervisor,
		environ:      commandEnviron(environ, cfg.Withhold),
		spawnEnviron: supervisorEnviron(environ, cfg.Withhold),
		masker:       tools.NewMasker(environ, cfg.Secrets...),
		grace:        cfg.Grace, now: cfg.Now,
	}
	if d.grace <= 0 {
		d.grace = defaultGrace
	}
	if d.now == nil {
		d.now = time.Now
	}
	return d, nil
}

// supervisorProgram returns argv with its program found, or the default.
func supervisorProgram(argv []string) ([]string, error) {
	if len(argv) == 0 {
		self, err := os.Executable()
		if err != nil {
			return nil, err
		}
		return []string{self, "supervise"}, nil
	}
	program, err := exec.LookPath(argv[0])
	if err != nil {
		return nil, err
	}
	if program, err = filepath.Abs(program); err != nil {
		return nil, err
	}
	return append([]string{program}, argv[1:]...), nil
}

// Spec says that the driver changes the world.
func (d *Command) Spec() tools.Spec { return tools.Spec{Name: "command", Effect: tools.Changes} }

// Runner is the identity of the data folder: what deploy_started has to name,
// and Call.Runner to bring back.
func (d *Command) Runner() string { return d.runner }

// Host is the name of the machine, for people to read.
func (d *Command) Host() string { return d.host }

// Abilities of the driver for c: a second start of a key is refused where the
// first one was, or is to be, on this runner.
func (d *Command) Abilities(c tools.Call) Abilities {
	args, err := parseArgs(c.Args)
	return Abilities{
		StartOnceByKey: d.here(c),
		Cancel:         d.here(c),
		Current:        err == nil && args.Current != nil,
	}
}

// here says whether this runner's files can know all about c.
func (d *Command) here(c tools.Call) bool { return c.Runner == "" || c.Runner == d.runner }

// Check looks whether the programs that c's arguments name can be executed
// here. Names that depend on a release can't be checked before there is one.
func (d *Command) Check(c tools.Call) error {
	args, err := parseArgs(c.Args)
	if err != nil {
		return err
	}
	var errs []error
	for _, p := range []struct {
		name string
		argv []string
	}{{"start", args.Start}, {"status", args.Status}, {"current", args.Current}} {
		if p.argv == nil || hasPlaceholder(p.argv[0]) {
			continue
		}
		if _, err := findProgram(p.argv[0], d.dir, variable(d.environ, "PATH")); err != nil {
			errs = append(errs, fmt.Errorf("%s: %w", p.name, err))
		}
	}
	return errors.Join(errs...)
}

// adopt remembers a supervisor that this process started.
func (d *Command) adopt(pid int) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.children = append(d.children, pid)
}

// reap takes the exit statuses of supervisors that have ended, so that they
// don't stay as zombies. No goroutine waits for a supervisor: it outlives us.
func (d *Command) reap() {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.children = slices.DeleteFunc(d.children, func(pid int) bool {
		for {
			got, err := syscall.Wait4(pid, nil, syscall.WNOHANG, nil)
			if errors.Is(err, syscall.EINTR) {
				continue
			}
			return got == pid || err != nil
		}
	})
}
