package main

import (
	"bytes"
	"context"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/releasebot/releasebot/cmd/releasebot/internal/sample"
)

// TestDemo runs the built program: demo starts itself again as supervisor, deploy
// and server, which a test binary can't.
func TestDemo(t *testing.T) {
	t.Parallel()
	program := demoProgram(filepath.Join(t.TempDir(), "releasebot"))
	if out, err := exec.Command("go", "build", "-o", string(program), ".").CombinedOutput(); err != nil { //nolint:gosec,noctx // ours
		t.Fatalf("%v\n%s", err, out)
	}
	for name, test := range map[string]func(demoProgram, *testing.T){
		"plays to the end":                demoProgram.playsToTheEnd,
		"breaks as asked":                 demoProgram.breaksAsAsked,
		"notices what goes otherwise":     demoProgram.noticesWhatGoesOtherwise,
		"ends in order when stopped":      demoProgram.endsInOrderWhenStopped,
		"ends in order when nobody reads": demoProgram.endsInOrderWhenNobodyReads,
		"leaves no processes when killed": demoProgram.leavesNoProcessesWhenKilled,
		"keeps its files when asked":      demoProgram.keepsItsFilesWhenAsked,
		"says so where there is no git":   demoProgram.saysSoWithoutGit,
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			test(program, t)
		})
	}
}

// demoProgram is the path of the built program.
type demoProgram string

// demoRun is one `releasebot demo` with a folder for temporary files of its own.
type demoRun struct {
	*testing.T
	cmd       *exec.Cmd
	tmp       string
	out, errs lockedBuffer
}

// lockedBuffer is what a process writes while a test reads it.
type lockedBuffer struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (l *lockedBuffer) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.Write(p)
}

func (l *lockedBuffer) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.String()
}

func (p demoProgram) start(t *testing.T, args ...string) *demoRun {
	t.Helper()
	d := p.prepare(t, args...)
	if err := d.cmd.Start(); err != nil {
		t.Fatal(err)
	}
	return d
}

func (p demoProgram) prepare(t *testing.T, args ...string) *demoRun {
	t.Helper()
	d := &demoRun{T: t, tmp: t.TempDir()}
	ctx, cancel := context.WithTimeout(context.Background(), 5*time.Minute)
	d.cmd = exec.CommandContext(ctx, string(p), append([]string{"demo"}, args...)...)
	d.cmd.Stdout, d.cmd.Stderr = &d.out, &d.errs
	// Nothing of a user's settings is to have a say.
	d.cmd.Env = append(os.Environ(), "TMPDIR="+d.tmp, "SLACK_BOT_TOKEN=wrong", "REDIS_URL=wrong", "RELEASEBOT_DATA=/nowhere",
		"HTTP_PROXY=http://127.0.0.1:1", "GIT_DIR=/nowhere", "GIT_AUTHOR_NAME=", "HOME=/nowhere")
	t.Cleanup(func() {
		cancel()
		if d.cmd.Process != nil && d.cmd.ProcessState == nil {
			_ = d.cmd.Wait() //nolint:errcheck // it was killed
		}
	})
	return d
}

// wait waits for the end, and checks the exit status.
func (d *demoRun) wait(status int) {
	d.Helper()
	err := d.cmd.Wait()
	var exit *exec.ExitError
	if err != nil && !errors.As(err, &exit) {
		d.Fatal(err)
	}
	if got := d.cmd.ProcessState.ExitCode(); got != status {
		d.Errorf("exit status %d, want %d\n%s%s", got, status, d.out.String(), d.errs.String())
	}
}

// leavesNothing checks that neither files nor processes are left.
func (d *demoRun) leavesNothing() {
	d.Helper()
	left, err := os.ReadDir(d.tmp)
	if err != nil {
		d.Fatal(err)
	}
	for _, f := range left {
		d.Errorf("left behind: %s", f.Name())
	}
	for _, args := range d.processes() {
		d.Errorf("still running: %s", args)
	}
}

// processes lists those that work below the temporary folder, where /proc can say.
func (d *demoRun) processes() []string {
	links, err := filepath.Glob("/proc/[0-9]*/cwd")
	if err != nil {
		d.Fatal(err)
	}
	var out []string
	for _, link := range links {
		dir, err := os.Readlink(link) // fails for those of others, and for zombies
		if err != nil || !strings.HasPrefix(dir, d.tmp) {
			continue
		}
		args, err := os.ReadFile(filepath.Join(filepath.Dir(link), "cmdline"))
		if err == nil {
			out = append(out, strings.ReplaceAll(string(args), "\x00", " "))
		}
	}
	return out
}

// shows checks that the output has lines that match these, in this order.
func (d *demoRun) shows(patterns ...string) {
	d.Helper()
	rest := d.out.String()
	for _, p := range patterns {
		at := regexp.MustCompile(p).FindStringIndex(rest)
		if at == nil {
			d.Fatalf("no %q in what is left of the output:\n%s", p, rest)
		}
		rest = rest[at[1]:]
	}
}

// says checks standard error.
func (d *demoRun) says(want string) {
	d.Helper()
	if got := d.errs.String(); got != want {
		d.Errorf("standard error:\n%swant:\n%s", got, want)
	}
}

// until waits until the output holds a text.
func (d *demoRun) until(text string) {
	d.Helper()
	if !eventually(func() bool { return strings.Contains(d.out.String(), text) }) {
		d.Fatalf("%q never came:\n%s%s", text, d.out.String(), d.errs.String())
	}
}

func (p demoProgram) playsToTheEnd(t *testing.T) {
	d := p.start(t, "--fast")
	d.wait(exitDone)
	d.shows(
		`^A bot in Slack`, `\nLeft: `, `\nOnly Slack`,
		`1\. To staging`,
		`alice  @releasebot deploy shop v1\.4\.2 to staging`, `approval_requested  none needed`, `✓ Deployed, healthy, done`,
		`2\. To production`,
		`alice  @releasebot deploy shop v1\.4\.2 to production and`, `Approve\? Deploy shop v1\.4\.2 to production`,
		`checkout: round VAT`, `\[Approve\] \[Reject\]`, `bob clicks \[Approve\]`, `Slack asks: Approve this deploy\?`, `✓ Deployed, healthy, done`,
		`3\. To production again`,
		`Approve\? Deploy shop`, `a rollback to v1\.4\.2 is proposed`, `bob clicks \[Approve\]`,
		`Approve\? Roll back shop in production to v1\.4\.2`, `a direct message to alice`, // the page names what to press, so that stands there first
		`bob clicks \[Approve\]`, `← Rolled back, healthy`,
		`What can be checked`, `shop in production says: v1\.4\.2, ok`, `ledger: 4 starts, each approved plan once`,
		`deploy   shop v1\.5\.0 to production`, `rollback shop v1\.4\.2 to production`,
		`log t\w{12}: \d+ events, chain of hashes unbroken, replayed to "done"`, `log t\w{12}:`, `log t\w{12}:`,
		`What next`, `make test`,
	)
	d.says("")
	if strings.Contains(d.out.String(), "\x1b") {
		t.Error("colours, although nobody looks")
	}
	for i, line := range strings.Split(d.out.String(), "\n") {
		if n := len([]rune(line)); n > 100 {
			t.Errorf("line %d has %d characters: %s", i+1, n, line)
		}
	}
	d.leavesNothing()
}

func (p demoProgram) breaksAsAsked(t *testing.T) {
	type told struct {
		says  string
		shows []string
	}
	stories := map[string]told{
		"approve": {
			"bob rejected the release; nothing was started, and production still runs v1.4.1",
			[]string{
				`carol clicks \[Approve\]`, `shown to carol alone`, `Approve did nothing`, `bob clicks \[Reject\]`, `Why not\?`, `✗ Rejected by @bob`,
				`production says: v1\.4\.1, ok`, `ledger: 1 start,`,
			},
		},
		"deploy": {
			"the deploy of v1.4.2 failed; production still runs v1.4.1",
			[]string{`✗ Failed`, `no space left on device`, `production says: v1\.4\.1, ok`, `ledger: 2 starts,`},
		},
		"verify": {
			"v1.4.2 is unhealthy in production; no version before it was ever verified there, so alice was paged and no rollback proposed",
			[]string{`a direct message to alice`, `production says: v1\.4\.2, out of memory \(status 500\)`, `ledger: 2 starts,`},
		},
		"rollback": {
			"the rollback failed; production still runs v1.5.0, which is unhealthy",
			[]string{`Approve\? Roll back`, `✗ Failed`, `no space left on device`, `production says: v1\.5\.0, out of memory`, `ledger: 4 starts,`},
		},
	}
	runs := map[string]*demoRun{} // all at once: they mostly wait
	for step := range stories {
		runs[step] = p.start(t, "--fast", "--break", step)
	}
	for step, want := range stories {
		t.Run(step, func(t *testing.T) {
			d := runs[step]
			d.T = t
			d.wait(exitFailed)
			d.shows(want.shows...)
			d.says("releasebot: as asked: " + want.says + "\n")
			if strings.Contains(d.out.String(), "rollback_proposed") != (step == "rollback") {
				t.Errorf("a rollback is proposed where something unhealthy has a healthy version before it, and only there:\n%s", d.out.String())
			}
			d.leavesNothing()
		})
	}
}

// A step that goes otherwise, though nobody asked for it, fails the demo and is named.
func (p demoProgram) noticesWhatGoesOtherwise(t *testing.T) {
	d := p.start(t, "--fast")
	d.until("1. To staging")
	dirs, err := filepath.Glob(filepath.Join(d.tmp, "releasebot-demo-*"))
	if err != nil || len(dirs) != 1 {
		t.Fatalf("folders: %v, %v", dirs, err)
	}
	world := sample.At(dirs[0])
	cfg, err := world.Config()
	if err != nil {
		t.Fatal(err)
	}
	cfg.Faults = append(cfg.Faults, sample.Fault{Environment: production, Part: sample.Deploying})
	if err := world.Configure(cfg); err != nil {
		t.Fatal(err)
	}
	d.wait(exitFailed)
	if want := `releasebot: step "production": expected the release to end done; seen: failed` + "\n"; !strings.HasPrefix(d.errs.String(), want) {
		t.Errorf("standard error:\n%swant at its beginning:\n%s", d.errs.String(), want)
	}
	d.leavesNothing()
}

func (p demoProgram) endsInOrderWhenStopped(t *testing.T) {
	for _, sig := range []syscall.Signal{syscall.SIGINT, syscall.SIGHUP} {
		t.Run(sig.String(), func(t *testing.T) {
			t.Parallel()
			d := p.start(t)
			d.until("20% fetching") // a deploy is under way
			if err := d.cmd.Process.Signal(sig); err != nil {
				t.Fatal(err)
			}
			d.wait(exitFailed)
			d.says("releasebot: stopped before the end\n")
			d.leavesNothing()
		})
	}
}

// As behind `| head`.
func (p demoProgram) endsInOrderWhenNobodyReads(t *testing.T) {
	d := p.prepare(t, "--fast")
	read, write, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	d.cmd.Stdout = write
	if err := errors.Join(d.cmd.Start(), write.Close()); err != nil {
		t.Fatal(err)
	}
	if _, err := read.Read(make([]byte, 10)); err != nil {
		t.Error(err)
	}
	if err := read.Close(); err != nil {
		t.Error(err)
	}
	d.wait(exitFailed)
	d.leavesNothing()
}

// Where the demo can't clean up itself, its processes end nevertheless.
func (p demoProgram) leavesNoProcessesWhenKilled(t *testing.T) {
	d := p.start(t)
	d.until("20% fetching")
	if err := d.cmd.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	d.wait(-1)
	if !eventually(func() bool { return len(d.processes()) == 0 }) {
		t.Errorf("still running: %s", d.processes())
	}
}

func (p demoProgram) keepsItsFilesWhenAsked(t *testing.T) {
	d := p.start(t, "--fast", "--keep", "--break", "approve")
	d.wait(exitFailed)
	how := regexp.MustCompile(`RELEASEBOT_DATA=(\S+) go run ./cmd/releasebot (thread show t\w{12})`).FindStringSubmatch(d.out.String())
	if how == nil {
		t.Fatalf("it does not say how to look at the files:\n%s", d.out.String())
	}
	show := exec.Command(string(p), strings.Fields(how[2])...) //nolint:gosec,noctx // ours
	show.Env = append(os.Environ(), "RELEASEBOT_DATA="+how[1])
	out, err := show.CombinedOutput()
	if err != nil || !bytes.Contains(out, []byte("not before the sale is over")) {
		t.Errorf("%v:\n%s", err, out)
	}
	if left := d.processes(); len(left) > 0 {
		t.Errorf("still running: %s", left)
	}
}

func (p demoProgram) saysSoWithoutGit(t *testing.T) {
	tmp := t.TempDir()
	cmd := exec.Command(string(p), "demo") //nolint:gosec,noctx // ours
	cmd.Env = []string{"PATH=/nowhere", "TMPDIR=" + tmp}
	out, err := cmd.CombinedOutput()
	var exit *exec.ExitError
	if !errors.As(err, &exit) || exit.ExitCode() != exitFailed || !bytes.Contains(out, []byte("git")) {
		t.Errorf("%v:\n%s", err, out)
	}
	if left, err := os.ReadDir(tmp); err != nil || len(left) > 0 {
		t.Errorf("left behind: %v, %v", left, err)
	}
}
