package deploy

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os/exec"
	"regexp"
	"slices"
	"strings"
	"syscall"
	"time"

	"github.com/releasebot/releasebot/tools"
)

// maxAnswer bounds what is read of a command that is asked something.
const maxAnswer = 64 << 10

// Current runs the policy's current command and returns the version that it
// prints on its first line; "" if there is no such command, or it prints nothing.
func (d *Command) Current(ctx context.Context, c tools.Call) (string, error) {
	d.reap()
	args, err := parseArgs(c.Args)
	if err != nil || args.Current == nil {
		return "", err
	}
	out, err := d.ask(ctx, c, args.Current)
	if err != nil {
		return "", fmt.Errorf("current command: %w", err)
	}
	line, _, _ := strings.Cut(strings.TrimSpace(out), "\n")
	line = strings.TrimSpace(line)
	if line != "" && !versions.MatchString(line) {
		return "", fmt.Errorf("current command: its first line is no version: %q", tools.Cut(d.masker.Line(line), 80))
	}
	return line, nil
}

// versions are what tags, image tags and commits look like.
var versions = regexp.MustCompile(`^[A-Za-z0-9][A-Za-z0-9._+/@:~-]{0,199}$`)

// askStatus runs the policy's status command. Whatever isn't a clear answer is Unknown.
func (d *Command) askStatus(ctx context.Context, c tools.Call, args CommandArgs) Status {
	s := Status{State: Unknown, Percent: -1, ExitCode: -1}
	out, err := d.ask(ctx, c, args.Status)
	if err != nil {
		s.Detail = "the status command gave no answer: " + err.Error()
		return s
	}
	var told struct {
		State State `json:"state"`
	}
	if err := json.Unmarshal([]byte(out), &told); err != nil {
		s.Detail = fmt.Sprintf("the status command printed no JSON but %q", tools.Cut(d.masker.Line(out), 80))
		return s
	}
	switch told.State {
	case Running, Succeeded, Failed, Absent:
		s.State, s.Detail = told.State, "as the status command says"
	case Unknown:
		s.Detail = "the status command says that it doesn't know"
	default:
		s.Detail = fmt.Sprintf("the status command says %q, which is none of running, succeeded, failed, absent, unknown",
			tools.Cut(d.masker.Line(string(told.State)), 40))
	}
	return s
}

// Ask runs a command of the policy file that only looks, as the status and
// current commands are run, and returns what it prints. Secrets are masked in
// it, and in the error.
func (d *Command) Ask(ctx context.Context, c tools.Call, argv []string) (string, error) {
	out, err := d.ask(ctx, c, argv)
	return d.masker.Mask(out), err
}

// ask runs a command that only looks, for at most 10 s, and returns what it
// prints on standard output. Nothing of its process group is left running.
func (d *Command) ask(ctx context.Context, c tools.Call, argv []string) (string, error) {
	argv, err := fillAll(c, argv)
	if err != nil {
		return "", err
	}
	program, err := findProgram(argv[0], d.dir, variable(d.environ, "PATH"))
	if err != nil {
		return "", err
	}
	limited, stop := context.WithTimeout(ctx, defaultAsk)
	defer stop()
	cmd := exec.CommandContext(limited, program)
	cmd.Args = argv
	cmd.Dir = d.dir
	cmd.Env = append(append(slices.Clip(d.environ), releaseEnviron(c)...), "PWD="+d.dir)
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	cmd.Cancel = func() error { return syscall.Kill(-cmd.Process.Pid, syscall.SIGKILL) }
	cmd.WaitDelay = 250 * time.Millisecond
	var out, complaints limitedBuffer
	cmd.Stdout, cmd.Stderr = &out, &complaints
	if err := cmd.Start(); err != nil {
		return "", err
	}
	err = cmd.Wait()
	// Children that it left behind hold nobody up: ErrWaitDelay comes only after exit status 0.
	_ = syscall.Kill(-cmd.Process.Pid, syscall.SIGKILL)
	switch {
	case ctx.Err() != nil:
		return "", context.Cause(ctx)
	case limited.Err() != nil:
		return "", fmt.Errorf("it took longer than %s", defaultAsk)
	case err != nil && !errors.Is(err, exec.ErrWaitDelay):
		return "", d.complaint(err, complaints.data)
	case out.full:
		return "", fmt.Errorf("it printed more than %d bytes", maxAnswer)
	}
	return string(out.data), nil
}

// complaint adds the last line that a failed command printed to its error.
func (d *Command) complaint(err error, stderr []byte) error {
	lines := strings.Split(strings.TrimSpace(string(stderr)), "\n")
	if last := d.masker.Line(lines[len(lines)-1]); last != "" {
		return fmt.Errorf("%w: %s", err, tools.Cut(last, 200))
	}
	return err
}

// limitedBuffer keeps the first maxAnswer bytes and drops the rest.
type limitedBuffer struct {
	data []byte
	full bool
}

func (b *limitedBuffer) Write(p []byte) (int, error) {
	n := min(len(p), maxAnswer-len(b.data))
	b.data = append(b.data, p[:n]...)
	b.full = b.full || n < len(p)
	return len(p), nil
}
