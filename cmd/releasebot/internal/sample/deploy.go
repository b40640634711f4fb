package sample

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"os/exec"
	"strings"
	"syscall"
	"time"
)

// Release is what a deploy is told, by RELEASE_KEY and RELEASE_ACTION of its environment.
type Release struct {
	Key         string `json:"key"`
	Action      string `json:"action"`
	Version     string `json:"version"`
	Environment string `json:"environment"`
}

// upWithin is how long a new server may take to answer.
const upWithin = 30 * time.Second

// errLetGo: nobody keeps the world, so there is nothing to deploy to.
var errLetGo = errors.New("the sample service was taken down")

// Deploy brings a version to an environment: it writes the ledger, stops the
// server that runs and starts the other one, in a session of its own. program
// with its arguments is what calls Serve; environment and version are added. It
// returns once the new version answers, healthy or not. What it does it says on
// out, with progress as the command driver reads it.
func (w World) Deploy(ctx context.Context, r Release, program []string, out io.Writer) error {
	cfg, err := w.Config()
	if err != nil {
		return err
	}
	if _, err := cfg.address(r.Environment); err != nil {
		return err
	}
	if err := w.record(r); err != nil {
		return err
	}
	_, fails := cfg.fault(Deploying, r.Version, r.Environment, r.Action)
	for _, s := range []struct {
		percent int
		doing   string
		do      func() error
	}{
		{20, "fetching " + r.Version, func() error { return nil }},
		{40, "unpacking", func() error {
			if fails {
				return errors.New("no space left on device")
			}
			return nil
		}},
		{60, "stopping what runs", func() error { return w.stop(ctx, r.Environment) }},
		{80, "starting " + r.Version, func() error { return w.start(ctx, r, program) }},
	} {
		if _, err := fmt.Fprintf(out, "progress: %d%% %s\n", s.percent, s.doing); err != nil {
			return fmt.Errorf("saying so: %w", err)
		}
		if !sleep(ctx, cfg.Step) {
			return ctx.Err()
		}
		if !w.kept() {
			return errLetGo
		}
		if err := s.do(); err != nil {
			return fmt.Errorf("%s: %w", s.doing, err)
		}
	}
	_, err = fmt.Fprintf(out, "progress: 100%% %s %s runs in %s\n", cfg.Service, r.Version, r.Environment)
	return err
}

// start starts a server and waits until it answers as this version.
func (w World) start(ctx context.Context, r Release, program []string) error {
	said, err := os.OpenFile(w.path(r.Environment, "output"), os.O_CREATE|os.O_WRONLY|os.O_APPEND, 0o600)
	if err != nil {
		return err
	}
	defer said.Close() //nolint:errcheck // the server has its own
	args := append(program[1:len(program):len(program)], r.Environment, r.Version)
	cmd := exec.Command(program[0], args...) //nolint:gosec,noctx // ourselves; it outlives the deploy
	cmd.Dir, cmd.Stdout, cmd.Stderr = w.dir, said, said
	cmd.SysProcAttr = &syscall.SysProcAttr{Setsid: true}
	if err := cmd.Start(); err != nil {
		return err
	}
	ended := make(chan string, 1)
	go func() { // ends with the server, or with this process
		_ = cmd.Wait() //nolint:errcheck // the state says how it ended
		ended <- cmd.ProcessState.String()
	}()
	ctx, cancel := context.WithTimeout(ctx, upWithin)
	defer cancel()
	for {
		if a, status, err := w.Ask(ctx, r.Environment); err == nil && a.Version == r.Version && status != http.StatusNotFound {
			return nil
		}
		select {
		case how := <-ended:
			return fmt.Errorf("it ended at once (%s); it said: %s", how, w.lastWords(r.Environment))
		default:
		}
		if !sleep(ctx, lookEvery/2) {
			return fmt.Errorf("it does not answer within %s", upWithin)
		}
	}
}

func (w World) lastWords(env string) string {
	b, err := os.ReadFile(w.path(env, "output"))
	if err != nil {
		return err.Error()
	}
	lines := strings.Split(strings.TrimSpace(string(b)), "\n")
	return lines[len(lines)-1]
}

// record writes one line into the ledger, whole.
func (w World) record(r Release) error {
	b, err := json.Marshal(r)
	if err != nil {
		return fmt.Errorf("writing the ledger: %w", err)
	}
	f, err := os.OpenFile(w.path("ledger"), os.O_CREATE|os.O_WRONLY|os.O_APPEND, 0o600)
	if err != nil {
		return fmt.Errorf("writing the ledger: %w", err)
	}
	_, err = f.Write(append(b, '\n'))
	return errors.Join(err, f.Close())
}

// Ledger lists the deploys that were really begun, in order.
func (w World) Ledger() ([]Release, error) {
	b, err := os.ReadFile(w.path("ledger"))
	if errors.Is(err, os.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("reading the ledger: %w", err)
	}
	var list []Release
	for line := range strings.Lines(string(b)) {
		var r Release
		if err := json.Unmarshal([]byte(line), &r); err != nil {
			return nil, fmt.Errorf("reading the ledger: %w", err)
		}
		list = append(list, r)
	}
	return list, nil
}
