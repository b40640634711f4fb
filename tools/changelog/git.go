package changelog

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"syscall"
	"time"

	"github.com/releasebot/releasebot/tools"
)

// Config says where a repository is and how it is read.
type Config struct {
	// Git is the path or the URL of the repository.
	Git string
	// Dir is the folder that a relative path stands below: the policy file's.
	Dir string
	// Cache is the folder for mirrors of URLs. Only needed for a URL. Folders in it
	// are made here and can be removed at any time.
	Cache string
	// Env is the bot's environment, as os.Environ gives it. Only what git needs is
	// taken from it: PATH, HOME, proxies, certificates and the way to an ssh key.
	Env []string
	// FetchEvery is how long a fetch is good for. Defaults to 3 s.
	FetchEvery time.Duration
	// FetchTimeout bounds one fetch. Defaults to 5 min: the first one brings the
	// whole history.
	FetchTimeout time.Duration
	// ReadTimeout bounds one read of a repository. Defaults to 20 s.
	ReadTimeout time.Duration
}

// Git is a Source that reads a git repository. It is safe for concurrent use.
type Git struct {
	cfg    Config
	at     location
	mirror *mirror // nil for a path
}

var _ Source = (*Git)(nil)

// Open checks cfg and returns its source. It reaches for nothing yet: Check does.
func Open(cfg Config) (*Git, error) {
	if cfg.FetchEvery <= 0 {
		cfg.FetchEvery = 3 * time.Second
	}
	if cfg.FetchTimeout <= 0 {
		cfg.FetchTimeout = 5 * time.Minute
	}
	if cfg.ReadTimeout <= 0 {
		cfg.ReadTimeout = 20 * time.Second
	}
	at, err := locate(cfg.Git, cfg.Dir)
	if err != nil {
		return nil, err
	}
	if _, err := exec.LookPath("git"); err != nil {
		return nil, fmt.Errorf("reading %s needs the git program, which is not on the PATH", at.show)
	}
	g := &Git{cfg: cfg, at: at}
	if at.path == "" {
		if cfg.Cache == "" {
			return nil, fmt.Errorf("reading %s needs a folder to keep a mirror in", at.show)
		}
		cache, err := filepath.Abs(cfg.Cache)
		if err != nil {
			return nil, fmt.Errorf("finding the folder for mirrors, %s: %w", cfg.Cache, err)
		}
		g.mirror = newMirror(filepath.Join(cache, at.mirrorName()))
	}
	return g, nil
}

// Check says whether the repository can be reached and read now.
func (g *Git) Check(ctx context.Context) error {
	if err := g.fresh(ctx, time.Now()); err != nil {
		return err
	}
	_, err := g.read(ctx, nil, "for-each-ref", "--count=1")
	return err
}

// String names the repository, without a password.
func (g *Git) String() string { return g.at.show }

// maxGitOutput bounds what one call of git may print.
const maxGitOutput = 8 << 20

// errTooMuch is what a call fails with whose output is larger.
var errTooMuch = errors.New("git printed more than 8 MiB")

// options go before every command. They switch off all that a repository's own
// configuration could have run: hooks, monitors, signature checkers, remote
// helpers. There is no work tree, whatever the repository says.
var options = []string{
	"--no-pager",
	"-c", "core.bare=true",
	"-c", "core.fsmonitor=false",
	"-c", "core.hooksPath=/dev/null",
	"-c", "log.showSignature=false",
	"-c", "protocol.ext.allow=never",
	"-c", "submodule.recurse=false",
	"-c", "gc.autoDetach=false",
	"-c", "gc.pruneExpire=never", // a commit that was pushed away may be what runs
	"-c", "i18n.logOutputEncoding=UTF-8",
	"-c", "mailmap.file=/dev/null",
}

// passed are the variables of the bot's environment that git gets.
var passed = []string{
	"PATH", "HOME", "USER", "LOGNAME", "TMPDIR", "SSH_AUTH_SOCK", "SSH_AGENT_PID", "GIT_SSH_COMMAND", "GIT_ASKPASS",
	"GIT_SSL_CAINFO", "SSL_CERT_FILE", "SSL_CERT_DIR",
	"http_proxy", "https_proxy", "all_proxy", "no_proxy", "HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "NO_PROXY",
}

// environment is what git sees. Neither the machine's nor a person's
// configuration counts, nothing asks at a terminal, and which transports may be
// used is said here alone.
func (g *Git) environment(allowed string) []string {
	env := []string{
		"LC_ALL=C",
		"GIT_CONFIG_NOSYSTEM=1", "GIT_CONFIG_SYSTEM=/dev/null", "GIT_CONFIG_GLOBAL=/dev/null", "GIT_ATTR_NOSYSTEM=1",
		"GIT_TERMINAL_PROMPT=0", "GIT_OPTIONAL_LOCKS=0", "GIT_NO_REPLACE_OBJECTS=1", "GIT_NO_LAZY_FETCH=1",
		"GIT_ALLOW_PROTOCOL=" + allowed,
	}
	sshGiven := false
	for _, entry := range g.cfg.Env {
		name, _, _ := strings.Cut(entry, "=")
		if slices.Contains(passed, name) {
			env = append(env, entry)
			sshGiven = sshGiven || name == "GIT_SSH_COMMAND"
		}
	}
	if !sshGiven {
		env = append(env, "GIT_SSH_COMMAND=ssh -oBatchMode=yes -oConnectTimeout=10")
	}
	return env
}

// dir is the git folder to read. A path names it, or a work tree that has it.
// Being named outright, it is read whoever owns it, as git's safe.directory
// would allow: nothing in it can start a program.
func (g *Git) dir() (string, error) {
	if g.mirror != nil {
		return g.mirror.dir, nil
	}
	inner := filepath.Join(g.at.path, ".git")
	if _, err := os.Stat(inner); err == nil {
		return inner, nil
	}
	if _, err := os.Stat(g.at.path); err != nil {
		return "", fmt.Errorf("reading the repository %s: %w", g.at.show, err)
	}
	return g.at.path, nil
}

// read runs one command that only reads, without any transport. in is its input.
func (g *Git) read(ctx context.Context, in []byte, args ...string) ([]byte, error) {
	dir, err := g.dir()
	if err != nil {
		return nil, err
	}
	ctx, cancel := context.WithTimeout(ctx, g.cfg.ReadTimeout)
	defer cancel()
	args = slices.Concat(options, []string{"--git-dir=" + dir}, args)
	return g.run(ctx, g.environment("none"), in, args)
}

// waitAfterTerm is how long git may take to remove its lock files when stopped.
const waitAfterTerm = 3 * time.Second

// run runs git in a process group of its own, and in no folder that says anything.
func (g *Git) run(ctx context.Context, env []string, in []byte, args []string) ([]byte, error) {
	cmd := exec.CommandContext(ctx, "git", args...)
	out, said := bounded{most: maxGitOutput}, bounded{most: 16 << 10, cut: true}
	cmd.Dir, cmd.Env = "/", env
	cmd.Stdin = bytes.NewReader(in)
	cmd.Stdout, cmd.Stderr = &out, &said
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	cmd.Cancel = func() error { return signal(cmd, syscall.SIGTERM) } // git removes its lock files then
	cmd.WaitDelay = waitAfterTerm
	err := cmd.Run()
	switch {
	case ctx.Err() != nil:
		if cmd.Process != nil {
			err = errors.Join(ctx.Err(), signal(cmd, syscall.SIGKILL)) // helpers that did not heed SIGTERM
		}
		return nil, g.failed(args, fmt.Errorf("it was stopped: %w", err), "")
	case out.over:
		return nil, g.failed(args, errTooMuch, "")
	case err != nil:
		return nil, g.failed(args, err, said.String())
	}
	return out.Bytes(), nil
}

// signal sends a signal to all of the command's group.
func signal(cmd *exec.Cmd, s syscall.Signal) error {
	err := syscall.Kill(-cmd.Process.Pid, s)
	if errors.Is(err, syscall.ESRCH) {
		return nil
	}
	return err
}

// failed makes the error of a call: what was done, to which repository, and the
// last line that git said.
func (g *Git) failed(args []string, err error, said string) error {
	var command strings.Builder
	command.WriteString("git")
	for i := 0; i < len(args); i++ {
		if args[i] == "-c" {
			i++
		} else if !strings.HasPrefix(args[i], "-") {
			command.WriteString(" " + args[i])
			break
		}
	}
	if line := g.shown(lastError(said)); line != "" {
		return fmt.Errorf("%s of %s: %s: %w", command.String(), g.at.show, line, err)
	}
	return fmt.Errorf("%s of %s: %w", command.String(), g.at.show, err)
}

// lastError is the line that says what went wrong: the first fatal one, else the last.
func lastError(said string) string {
	lines := strings.Split(strings.TrimSpace(said), "\n")
	for _, line := range lines {
		if rest, ok := strings.CutPrefix(line, "fatal: "); ok {
			return rest
		}
	}
	return lines[len(lines)-1]
}

var userInfo = regexp.MustCompile(`://[^/\s@]*@`)

// shown is what git said, fit to be shown.
func (g *Git) shown(line string) string {
	line = userInfo.ReplaceAllString(tools.Plain(line), "://")
	if g.at.auth != "" {
		line = strings.ReplaceAll(line, strings.TrimPrefix(g.at.auth, "Basic "), tools.Masked)
	}
	return tools.Cut((*tools.Masker)(nil).Mask(line), 240)
}

// bounded is a buffer that takes so many bytes. More is an error, which ends the
// writer, unless it is to be cut quietly.
type bounded struct {
	bytes.Buffer
	most int
	cut  bool
	over bool
}

func (b *bounded) Write(p []byte) (int, error) {
	room := b.most - b.Len()
	if len(p) <= room {
		return b.Buffer.Write(p)
	}
	b.over = true
	if !b.cut {
		return 0, errTooMuch
	}
	if _, err := b.Buffer.Write(p[:max(0, room)]); err != nil {
		return 0, err
	}
	return len(p), nil
}
