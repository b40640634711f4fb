package healthcheck

import (
	"context"
	"errors"
	"fmt"
	"os/exec"
	"slices"
	"strings"
	"syscall"
	"time"

	"github.com/releasebot/releasebot/tools"
)

// maxOutput is how much of a command's output is kept: its end.
const maxOutput = 4 << 10

// maxArguments bounds a command line.
const maxArguments = 256

// waitForPipes is how long output may stay open after the command has ended,
// held by something that it left behind.
const waitForPipes = time.Second

// CommandArgs are the arguments of a command check, defaults filled in.
type CommandArgs struct {
	Run     []string `json:"run"`
	Timeout Duration `json:"timeout"`
}

// DecodeCommand reads and checks the arguments of a command check. Errors are
// *ArgError, joined, or what into gives.
func DecodeCommand(into func(any) error) (any, error) {
	var raw struct {
		Run     []string `json:"run"`
		Timeout *string  `json:"timeout"`
	}
	if err := into(&raw); err != nil {
		return nil, err
	}
	var p problems
	args := CommandArgs{Run: raw.Run, Timeout: p.duration("timeout", raw.Timeout, DefaultCommandTimeout)}
	switch {
	case len(raw.Run) == 0 || strings.TrimSpace(raw.Run[0]) == "":
		p.add("run", `missing; give the command and its arguments as a list, such as ["./smoke.sh", "${environment}"]`)
	case len(raw.Run) > maxArguments:
		p.add("run", "%d words are more than the %d that a command may have", len(raw.Run), maxArguments)
	case chosenByRelease(raw.Run[0]):
		p.add("run.0", "%q: which program runs may depend on ${service}, ${environment} and ${action} only", raw.Run[0])
	}
	for i, word := range raw.Run {
		p.placeholders(fmt.Sprintf("run.%d", i), word)
		if strings.ContainsRune(word, 0) {
			p.add(fmt.Sprintf("run.%d", i), "holds a zero byte")
		}
	}
	if err := p.err(); err != nil {
		return nil, err
	}
	return args, nil
}

// chosenByRelease holds for a program whose name holds what somebody typed.
func chosenByRelease(program string) bool {
	return slices.ContainsFunc(placeholder.FindAllString(program, -1), func(found string) bool {
		return !slices.Contains([]string{"${service}", "${environment}", "${action}"}, found)
	})
}

// commandChecker runs a command.
type commandChecker struct {
	cfg Config
}

// Spec says that the check only reads: a command that is used as a check must
// change nothing.
func (*commandChecker) Spec() tools.Spec {
	return tools.Spec{Name: "healthcheck.command", Effect: tools.Reads}
}

// Check runs the command once: exit status 0 is healthy, any other unhealthy.
func (k *commandChecker) Check(ctx context.Context, c tools.Call) Result {
	start := time.Now()
	verdict, detail := k.look(ctx, c)
	return k.cfg.result(verdict, detail, start)
}

func (k *commandChecker) look(ctx context.Context, c tools.Call) (Verdict, string) {
	var args CommandArgs
	if err := unmarshalArgs(c, &args); err != nil {
		return Inconclusive, err.Error()
	}
	if len(args.Run) == 0 {
		return Inconclusive, "there is no command to run"
	}
	words := make([]string, len(args.Run))
	for i, word := range args.Run {
		words[i] = c.Fill(word)
	}
	limit := timeLimit(c, args.Timeout, DefaultCommandTimeout)
	ctx, cancel := withLimit(ctx, limit)
	defer cancel()
	var out tail
	cmd := k.command(ctx, c, words, &out)
	if err := cmd.Start(); err != nil {
		return Inconclusive, fmt.Sprintf("%s could not be run: %s", k.cfg.quote(words[0]), clean(innermost(err).Error()))
	}
	err := cmd.Wait()
	if errors.Is(err, exec.ErrWaitDelay) {
		// Something in the group still holds the output, so the group is still there.
		if kill := killGroup(cmd); kill != nil {
			return Inconclusive, "what the command left behind could not be stopped: " + kill.Error()
		}
	}
	return k.judge(ctx, cmd, err, out.lastLine(), limit)
}

func (k *commandChecker) command(ctx context.Context, c tools.Call, words []string, out *tail) *exec.Cmd {
	cmd := exec.CommandContext(ctx, words[0], words[1:]...)
	cmd.Dir = k.cfg.Dir
	cmd.Env = k.cfg.environment(c)
	cmd.Stdout, cmd.Stderr = out, out // the same writer: exec copies both in one goroutine
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	cmd.Cancel = func() error { return killGroup(cmd) }
	cmd.WaitDelay = waitForPipes
	return cmd
}

// killGroup kills the command and all that it started and that stayed in its group.
func killGroup(cmd *exec.Cmd) error {
	err := syscall.Kill(-cmd.Process.Pid, syscall.SIGKILL)
	if errors.Is(err, syscall.ESRCH) {
		return nil
	}
	return err
}

func (k *commandChecker) judge(ctx context.Context, cmd *exec.Cmd, err error, said string, limit time.Duration) (Verdict, string) {
	if said = tools.Cut(k.cfg.Masker.Line(said), maxSeen); said != "" {
		said = ": " + said
	}
	state := cmd.ProcessState
	if state != nil && state.Exited() {
		if code := state.ExitCode(); code != 0 {
			return Unhealthy, fmt.Sprintf("exit status %d, expected 0%s", code, said)
		}
		return Healthy, "exit status 0" + said
	}
	if ctx.Err() != nil {
		return unreached(ctx, err, limit)
	}
	if state == nil {
		return Inconclusive, "the command can't be followed: " + clean(innermost(err).Error())
	}
	return Inconclusive, "the command did not end by itself: " + clean(state.String())
}

// ownPrefixes and ownNames are the bot's own environment variables, what
// systemd tells the bot alone, and what only a release may set.
var (
	ownPrefixes = []string{"SLACK_", "OPENAI_", "REDIS_", "RELEASEBOT_", "OTEL_", "RELEASE_", "LISTEN_", "WATCHDOG_"}
	ownNames    = []string{"NOTIFY_SOCKET", "INVOCATION_ID", "JOURNAL_STREAM", "MAINPID"}
)

// environment is the configured one less what is the bot's own, with the
// release added.
func (cfg Config) environment(c tools.Call) []string {
	env := make([]string, 0, len(cfg.Env)+9)
	for _, entry := range cfg.Env {
		name, _, _ := strings.Cut(entry, "=")
		own := slices.Contains(ownNames, name) || slices.Contains(cfg.Withhold, name) ||
			slices.ContainsFunc(ownPrefixes, func(prefix string) bool { return strings.HasPrefix(name, prefix) })
		if !own {
			env = append(env, entry)
		}
	}
	return append(env,
		"RELEASE_ID="+c.Release,
		"RELEASE_KEY="+c.Key,
		"RELEASE_ACTION="+c.Action,
		"RELEASE_SERVICE="+c.Service,
		"RELEASE_ENVIRONMENT="+c.Environment,
		"RELEASE_VERSION="+c.Version,
		"RELEASE_SHA="+c.Commit,
		"RELEASE_PREVIOUS_VERSION="+c.PreviousVersion,
		"RELEASE_PREVIOUS_SHA="+c.PreviousCommit,
	)
}

// tail is a writer that keeps the end of what is written to it.
type tail struct {
	kept []byte
	cut  bool
}

func (t *tail) Write(b []byte) (int, error) {
	t.kept = append(t.kept, b...)
	if over := len(t.kept) - maxOutput; over > 0 {
		t.cut = true
		t.kept = append(t.kept[:0], t.kept[over:]...)
	}
	return len(b), nil
}

// lastLine returns the last line that is not blank; nothing where its beginning
// was not kept, since half a secret is not known as one.
func (t *tail) lastLine() string {
	lines := strings.Split(strings.TrimSpace(string(t.kept)), "\n")
	if t.cut && len(lines) == 1 {
		return ""
	}
	return lines[len(lines)-1]
}
