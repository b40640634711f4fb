package e2e

import (
	"context"
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"syscall"
	"time"

	"github.com/releasebot/releasebot/internal/e2etest"
	"github.com/releasebot/releasebot/internal/failpoint"
)

// botProcess is one `releasebot serve`.
type botProcess struct {
	w       *world
	name    string
	data    string
	cmd     *exec.Cmd
	log     *e2etest.Journal
	sockets []string // of the local Slack
	ended   chan struct{}
}

// socketsPerBot is how many links a bot keeps open.
const socketsPerBot = 2

// boot starts a bot with this data folder and waits until both its links are
// open. Further settings are NAME=VALUE.
func (w *world) boot(name, data string, settings ...string) *botProcess {
	w.Helper()
	before := w.socketIDs()
	p := w.start(name, data, settings...)
	w.wait("the links of bot "+name, func() bool {
		p.sockets = slices.DeleteFunc(w.socketIDs(), func(id string) bool { return slices.Contains(before, id) })
		return len(p.sockets) >= socketsPerBot
	})
	return p
}

// dieAt boots a bot that kills itself at a fail point; "pause:NAME": that freezes there.
func (w *world) dieAt(name, data, point string) *botProcess {
	w.Helper()
	return w.boot(name, data, failpoint.Variable+"="+point)
}

// start starts a bot and does not wait.
func (w *world) start(name, data string, settings ...string) *botProcess {
	w.Helper()
	p := &botProcess{w: w, name: name, data: filepath.Join(w.dir, data), log: new(e2etest.Journal), ended: make(chan struct{})}
	p.cmd = exec.Command(program, "serve") //nolint:gosec,noctx // ended by its id
	p.cmd.Dir, p.cmd.Stderr, p.cmd.Stdout = w.dir, p.log, p.log
	p.cmd.Env = append(w.environ(p.data), settings...)
	w.must(p.cmd.Start())
	w.fleet.bots = append(w.fleet.bots, p)
	w.fleet.data[p.data] = true
	go func() { // ends with the process, which the world ends
		defer close(p.ended)
		p.cmd.Wait() //nolint:errcheck,gosec // how it ended is asked of ProcessState
	}()
	return p
}

func (w *world) environ(data string) []string {
	env := e2etest.Settings(w.dir, data, w.policy, w.slack.APIURL())
	if w.redis != "" {
		env = append(env, "REDIS_URL="+w.redis)
	}
	return env
}

func (w *world) socketIDs() []string {
	var ids []string
	for _, s := range w.slack.Sockets() {
		if s.Ready {
			ids = append(ids, s.ID)
		}
	}
	return ids
}

// signal sends a signal to the bot.
func (p *botProcess) signal(s os.Signal) {
	p.w.Helper()
	p.w.must(p.cmd.Process.Signal(s))
}

// stopWithin is promised to be 10 seconds, from SIGTERM until the bot has ended. A busy machine is given three times that here.
const stopWithin = 3 * 10 * time.Second

// gone waits until the bot has ended, and Slack has noticed.
func (p *botProcess) gone() {
	p.w.Helper()
	p.goneWithin(patience)
	p.w.wait("the end of bot "+p.name+"'s links", func() bool {
		return !slices.ContainsFunc(p.w.socketIDs(), func(id string) bool { return slices.Contains(p.sockets, id) })
	})
}

func (p *botProcess) goneWithin(limit time.Duration) {
	p.w.Helper()
	select {
	case <-p.ended:
	case <-time.After(limit):
		p.w.Fatalf("bot %s does not end within %s\n%s", p.name, limit, p.w.show())
	}
}

// kill is SIGKILL.
func (p *botProcess) kill() {
	p.w.Helper()
	p.signal(syscall.SIGKILL)
	p.gone()
}

// freeze is SIGSTOP. Slack takes its links for dead, as it does after a while.
func (p *botProcess) freeze() {
	p.w.Helper()
	p.signal(syscall.SIGSTOP)
	p.w.slack.DropSockets(p.sockets...)
}

// thaw is SIGCONT; the bot's links come back.
func (p *botProcess) thaw() {
	p.w.Helper()
	before := p.w.socketIDs()
	p.signal(syscall.SIGCONT)
	p.w.wait("the links of bot "+p.name+", thawed", func() bool {
		return len(slices.DeleteFunc(p.w.socketIDs(), func(id string) bool { return slices.Contains(before, id) })) >= socketsPerBot
	})
}

// end makes sure that the process is gone, whatever state it is in.
func (p *botProcess) end() {
	select {
	case <-p.ended:
		return
	default:
	}
	p.cmd.Process.Kill() //nolint:errcheck,gosec // may have ended
	<-p.ended
}

// runFolders are the runs of the command driver in a data folder.
func runFolders(data string) []string {
	list, err := filepath.Glob(filepath.Join(data, "runs", "*", "lock"))
	if err != nil {
		return nil
	}
	for i := range list {
		list[i] = filepath.Dir(list[i])
	}
	return list
}

// pidIn reads a process id out of a run's file: of the object of that name in it, or its own.
func pidIn(path, object string) int {
	b, err := os.ReadFile(path)
	if err != nil {
		return 0
	}
	var f struct {
		PID        int               `json:"pid"`
		Supervisor struct{ PID int } `json:"supervisor"`
	}
	if err := json.Unmarshal(b, &f); err != nil {
		return 0
	}
	if object == "supervisor" {
		return f.Supervisor.PID
	}
	return f.PID
}

// written waits until a run's file names a process.
func (p *botProcess) written(path, object string) (pid int) {
	p.w.Helper()
	p.w.until("a process id in "+path, func() bool { pid = pidIn(path, object); return pid > 0 })
	return pid
}

// killSupervisors kills the supervisors of the bot's runs, and with whole the commands too.
func (p *botProcess) killSupervisors(whole bool) {
	p.w.Helper()
	folders := runFolders(p.data)
	if len(folders) == 0 {
		p.w.Fatalf("no run in %s", p.data)
	}
	for _, r := range folders {
		supervisor := p.written(filepath.Join(r, "started.json"), "supervisor")
		command := p.written(filepath.Join(r, "command.json"), "") // which the supervisor writes when the command runs already
		p.w.must(syscall.Kill(supervisor, syscall.SIGKILL))
		if whole {
			p.w.must(syscall.Kill(-command, syscall.SIGKILL))
		}
		if !p.w.freed(filepath.Join(r, "lock")) {
			p.w.Fatalf("the supervisor of %s lives on", r)
		}
	}
}

// releasebot runs a reading command, and returns what it prints.
func (w *world) releasebot(args ...string) string {
	w.Helper()
	out, err := w.tryReleasebot(args...)
	w.must(err)
	return out
}

func (w *world) tryReleasebot(args ...string) (string, error) {
	data := filepath.Join(w.dir, "reader")
	if w.redis == "" { // the embedded store: the folder of the bot that ran last
		data = w.fleet.bots[len(w.fleet.bots)-1].data
	}
	ctx, cancel := context.WithTimeout(w.Context(), patience)
	defer cancel()
	return e2etest.Run(ctx, program, w.dir, w.environ(data), args...)
}
