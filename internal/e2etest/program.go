package e2etest

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"time"

	"github.com/releasebot/releasebot/agent"
)

// Build builds the program into a folder, with build tags, and returns its path.
func Build(dir string, tags ...string) (program string, err error) {
	program = filepath.Join(dir, strings.Join(append([]string{"releasebot"}, tags...), "-"))
	cmd := exec.Command("go", "build", "-tags", strings.Join(tags, ","), "-o", program, "github.com/releasebot/releasebot/cmd/releasebot") //nolint:gosec,noctx // go test has a time-out
	cmd.Stdout, cmd.Stderr = os.Stderr, os.Stderr
	if err := cmd.Run(); err != nil {
		return "", fmt.Errorf("building the program: %w", err)
	}
	return program, nil
}

// Settings are the environment of a process of the program: its data folder, the
// policy file, the local Slack's address, then further ones, NAME=VALUE.
func Settings(home, data, policy, slackURL string, more ...string) []string {
	return append([]string{
		"PATH=" + os.Getenv("PATH"), "HOME=" + home, "RELEASEBOT_DATA=" + data, "RELEASEBOT_CONFIG=" + policy, "RELEASEBOT_HTTP_ADDR=off",
		"RELEASEBOT_PLANNER=rules", "SLACK_API_URL=" + slackURL, "SLACK_BOT_TOKEN=xoxb-of-the-test", "SLACK_APP_TOKEN=xapp-of-the-test",
	}, more...)
}

// Run runs a command of the program to its end, and returns what it prints.
func Run(ctx context.Context, program, dir string, settings []string, args ...string) (string, error) {
	cmd := exec.CommandContext(ctx, program, args...) //nolint:gosec // the program under test
	cmd.Dir, cmd.Env = dir, settings
	out, err := cmd.Output()
	if exit, ok := errors.AsType[*exec.ExitError](err); ok {
		err = fmt.Errorf("releasebot %s: %w: %s%s", strings.Join(args, " "), err, out, exit.Stderr)
	}
	return string(out), err
}

// Events reads what `releasebot thread export` has printed.
func Events(exported string) ([]*agent.Event, error) {
	var list []*agent.Event
	for line := range strings.Lines(exported) {
		e, err := agent.Decode([]byte(strings.TrimSuffix(line, "\n")))
		if err != nil {
			return nil, err
		}
		list = append(list, e)
	}
	return list, nil
}

// Journal keeps what a process says: of a long one, the end.
type Journal struct {
	mu sync.Mutex
	b  bytes.Buffer
}

// journalMost is how much a journal keeps at least, once there was more.
const journalMost = 1 << 20

// Write implements io.Writer.
func (j *Journal) Write(p []byte) (int, error) {
	j.mu.Lock()
	defer j.mu.Unlock()
	if j.b.Len() > 2*journalMost {
		j.b.Next(j.b.Len() - journalMost)
	}
	return j.b.Write(p)
}

// String is all that is kept.
func (j *Journal) String() string { return j.Last(1 << 30) }

// Last is the end of it, n bytes at most.
func (j *Journal) Last(n int) string {
	j.mu.Lock()
	defer j.mu.Unlock()
	b := j.b.Bytes()
	return string(b[max(0, len(b)-n):])
}

// Poll looks at cond every so often until it holds; false once ctx has ended first.
func Poll(ctx context.Context, every time.Duration, cond func() bool) bool {
	tick := time.NewTicker(every)
	defer tick.Stop()
	for !cond() {
		select {
		case <-ctx.Done():
			return false
		case <-tick.C:
		}
	}
	return true
}
