package chaos

import (
	"os"
	"os/exec"
	"path/filepath"
	"sync"
	"time"

	"github.com/releasebot/releasebot/internal/e2etest"
)

// replica is one `releasebot serve`, which is started again whenever it ends, as
// an init system would.
type replica struct {
	w    *town
	name string
	env  []string
	log  e2etest.Journal

	mu     sync.Mutex
	runs   string // the program
	cmd    *exec.Cmd
	ended  chan struct{} // of cmd
	starts int
	over   bool
	keeper sync.WaitGroup
}

// replica starts one, until the test ends.
func (w *town) replica(name, data string, settings ...string) *replica {
	w.Helper()
	r := &replica{w: w, name: name, runs: w.program, env: w.environ(data, settings...)}
	w.must(r.start())
	r.keeper.Go(r.keep)
	w.Cleanup(r.end)
	return r
}

func (r *replica) start() error {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.over {
		return nil
	}
	cmd := exec.Command(r.runs, "serve") //nolint:gosec,noctx // ended by its id
	cmd.Dir, cmd.Stderr, cmd.Stdout, cmd.Env = r.w.dir, &r.log, &r.log, r.env
	if err := cmd.Start(); err != nil {
		return err
	}
	ended := make(chan struct{})
	r.cmd, r.ended = cmd, ended
	r.starts++
	r.keeper.Go(func() {
		defer close(ended)
		cmd.Wait() //nolint:errcheck,gosec // how it ended is asked of ProcessState
	})
	return nil
}

// restartAfter is what an init system waits before it starts a program again.
const restartAfter = 300 * time.Millisecond

// keep starts the process again each time it has ended.
func (r *replica) keep() {
	for {
		r.mu.Lock()
		ended, over := r.ended, r.over
		r.mu.Unlock()
		if over {
			return
		}
		<-ended
		time.Sleep(restartAfter)
		if err := r.start(); err != nil {
			r.w.Error(err)
			return
		}
	}
}

// use has the replica run another program from its next start on.
func (r *replica) use(program string) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.runs = program
}

// signal sends a signal to the process that runs now. It returns its id, and what is closed at its end.
func (r *replica) signal(s os.Signal) (pid int, ended <-chan struct{}) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.cmd.Process.Signal(s) //nolint:errcheck,gosec // it may have ended, and is being started again
	return r.cmd.Process.Pid, r.ended
}

func (r *replica) pid() int {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.cmd.Process.Pid
}

// end kills the process for good, and waits for it.
func (r *replica) end() {
	r.mu.Lock()
	r.over = true
	r.cmd.Process.Kill() //nolint:errcheck,gosec // may have ended
	r.mu.Unlock()
	r.keeper.Wait()
	if dir := os.Getenv("CHAOS_LOGS"); dir != "" && r.w.Failed() {
		if err := os.WriteFile(filepath.Join(dir, r.name+".log"), []byte(r.log.Last(1<<20)), 0o600); err != nil {
			r.w.Error(err)
		}
	}
}
