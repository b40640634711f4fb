package healthcheck_test

import (
	"context"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/releasebot/releasebot/tools"
	"github.com/releasebot/releasebot/tools/healthcheck"
)

// script writes an executable shell script and returns its folder.
func script(t *testing.T, text string) string {
	t.Helper()
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, "check.sh"), []byte("#!/bin/sh\n"+text+"\n"), 0o700); err != nil {
		t.Fatal(err)
	}
	return dir
}

func run(t *testing.T, text, args string) (healthcheck.Result, string) {
	t.Helper()
	dir := script(t, text)
	cfg := healthcheck.Config{Dir: dir, Env: os.Environ(), Masker: tools.NewMasker(nil, "hunter2hunter2")}
	return look(t, cfg, "command", call(t, healthcheck.DecodeCommand, args)), dir
}

func TestCommandVerdicts(t *testing.T) {
	for _, tc := range []struct {
		name, script string
		want         healthcheck.Verdict
		says         string
	}{
		{"exit 0", "exit 0", healthcheck.Healthy, "exit status 0"},
		{"exit 0 with words", "echo one; echo two", healthcheck.Healthy, "exit status 0: two"},
		{"exit 1", "echo no database >&2; exit 1", healthcheck.Unhealthy, "exit status 1, expected 0: no database"},
		{"exit 77", "exit 77", healthcheck.Unhealthy, "exit status 77"},
		{"killed by somebody else", "kill -9 $$", healthcheck.Inconclusive, "did not end by itself"},
		{"a secret in its words", "echo password is hunter2hunter2; exit 1", healthcheck.Unhealthy, "[masked]"},
		{"colours", `printf '\033[31mred\033[0m\n'; exit 1`, healthcheck.Unhealthy, "expected 0: red"},
		{
			"much output", "i=0; while [ $i -lt 3000 ]; do echo 0123456789012345678901234567890123456789; i=$((i+1)); done; echo last; exit 1",
			healthcheck.Unhealthy, "expected 0: last",
		},
		{"in the policy file's folder", `[ -x ./check.sh ]`, healthcheck.Healthy, ""},
		{"nothing on its input", `[ -z "$(cat)" ]`, healthcheck.Healthy, ""},
		{"arguments are filled in and not split", `[ $# = 2 ] && [ "$1" = "v1.4.2 production" ] && [ "$2" = '$(id)' ]`, healthcheck.Healthy, ""},
	} {
		t.Run(tc.name, func(t *testing.T) {
			r, _ := run(t, tc.script, `{"run":["./check.sh","${version} ${environment}","$(id)"]}`)
			says(t, r, tc.want, tc.says)
			if strings.Contains(r.Detail, "hunter2") || strings.Contains(r.Detail, "\x1b") {
				t.Errorf("%q", r.Detail)
			}
		})
	}
}

func TestCommandThatCannotRunIsInconclusive(t *testing.T) {
	dir := script(t, "exit 0")
	if err := os.WriteFile(filepath.Join(dir, "plain.sh"), []byte("#!/bin/sh\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	for _, args := range []string{`{"run":["./nowhere.sh"]}`, `{"run":["no-such-program-anywhere"]}`, `{"run":["./plain.sh"]}`} {
		r := look(t, healthcheck.Config{Dir: dir}, "command", call(t, healthcheck.DecodeCommand, args))
		says(t, r, healthcheck.Inconclusive, "could not be run")
	}
	c := call(t, healthcheck.DecodeCommand, `{"run":["./check.sh","${version}"]}`)
	c.Version = "a\x00b"
	says(t, look(t, healthcheck.Config{Dir: dir}, "command", c), healthcheck.Inconclusive, "could not be run")
}

func TestCommandEnvironment(t *testing.T) {
	dir := script(t, "env | sort > seen")
	cfg := healthcheck.Config{Dir: dir, Withhold: []string{"CI_TOKEN"}, Env: []string{
		"CI_TOKEN=s", "NOTIFY_SOCKET=s",
		"PATH=" + os.Getenv("PATH"), "KEPT=yes", "RELEASE_VERSION=forged", "RELEASE_OTHER=1",
		"SLACK_BOT_TOKEN=s", "SLACK_APP_TOKEN=s", "OPENAI_API_KEY=s", "REDIS_URL=s", "REDIS_CLUSTER=s",
		"REDIS_SENTINEL_MASTER=s", "RELEASEBOT_TOKEN_CI=s", "RELEASEBOT_DATA=s", "OTEL_EXPORTER_OTLP_HEADERS=s",
	}}
	says(t, look(t, cfg, "command", call(t, healthcheck.DecodeCommand, `{"run":["./check.sh"]}`)), healthcheck.Healthy)
	b, err := os.ReadFile(filepath.Join(dir, "seen"))
	if err != nil {
		t.Fatal(err)
	}
	var names []string
	for line := range strings.Lines(string(b)) {
		if strings.HasPrefix(line, "RELEASE_") || strings.HasPrefix(line, "KEPT") {
			names = append(names, strings.TrimSpace(line))
		} else if name, _, _ := strings.Cut(line, "="); name != "PATH" && name != "PWD" && name != "_" && name != "SHLVL" && name != "OLDPWD" {
			t.Errorf("the command sees %s", name)
		}
	}
	want := "KEPT=yes RELEASE_ACTION=deploy RELEASE_ENVIRONMENT=production RELEASE_ID=r-1 RELEASE_KEY=k-1 " +
		"RELEASE_PREVIOUS_SHA=def RELEASE_PREVIOUS_VERSION=v1.4.1 RELEASE_SERVICE=shop RELEASE_SHA=abc RELEASE_VERSION=v1.4.2"
	if got := strings.Join(names, " "); got != want {
		t.Errorf("got  %s\nwant %s", got, want)
	}
}

func TestCommandIsKilledWithItsGroup(t *testing.T) {
	for limit := 250 * time.Millisecond; ; limit *= 4 {
		r, dir := run(t, `sleep 300 & echo $! > child; echo $$ > own; wait`, `{"run":["./check.sh"],"timeout":"`+limit.String()+`"}`)
		says(t, r, healthcheck.Unhealthy, "no answer within "+limit.String())
		if r.Took > limit+time.Minute {
			t.Errorf("took %s", r.Took)
		}
		if b, err := os.ReadFile(filepath.Join(dir, "own")); (err != nil || len(b) == 0) && limit < time.Minute {
			continue // too busy a machine to have come that far by then
		}
		for _, name := range []string{"own", "child"} {
			gone(t, filepath.Join(dir, name))
		}
		return
	}
}

func TestCommandThatLeavesSomethingBehind(t *testing.T) {
	r, dir := run(t, `sleep 300 & echo $! > child; exit 0`, `{"run":["./check.sh"],"timeout":"90s"}`)
	says(t, r, healthcheck.Healthy)
	if r.Took > time.Minute {
		t.Errorf("took %s: it waited for what was left behind", r.Took)
	}
	gone(t, filepath.Join(dir, "child"))
}

func TestCommandThatIsStoppedSaysNothing(t *testing.T) {
	dir := script(t, "echo > began; sleep 300")
	ctx, cancel := context.WithCancel(t.Context())
	go func() {
		defer cancel()
		waitFor(t, func() bool { _, err := os.Stat(filepath.Join(dir, "began")); return err == nil })
	}()
	r := healthcheck.New(healthcheck.Config{Dir: dir, Env: os.Environ()})["command"].
		Check(ctx, call(t, healthcheck.DecodeCommand, `{"run":["./check.sh"]}`))
	says(t, r, healthcheck.Inconclusive, "stopped")
}

// gone waits until the process whose id stands in the file is no more, or a
// zombie that nobody has collected yet.
func gone(t *testing.T, path string) {
	t.Helper()
	b, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	pid, err := strconv.Atoi(strings.TrimSpace(string(b)))
	if err != nil {
		t.Fatal(err)
	}
	if !waitFor(t, func() bool {
		if syscall.Kill(pid, 0) != nil {
			return true
		}
		stat, err := os.ReadFile("/proc/" + strconv.Itoa(pid) + "/stat")
		return err != nil || strings.Contains(string(stat), ") Z ")
	}) {
		t.Errorf("process %d (%s) still runs", pid, filepath.Base(path))
	}
}

// waitFor looks until the condition holds, for at most as long as a very busy machine may need.
func waitFor(t *testing.T, holds func() bool) bool {
	t.Helper()
	tick := time.NewTicker(5 * time.Millisecond)
	defer tick.Stop()
	end := time.After(2 * time.Minute)
	for !holds() {
		select {
		case <-tick.C:
		case <-end:
			return false
		}
	}
	return true
}
