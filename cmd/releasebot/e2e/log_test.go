package e2e

import (
	"strings"

	"github.com/releasebot/releasebot/agent"
	"github.com/releasebot/releasebot/internal/e2etest"
)

// log is the thread's log, as `releasebot thread export` writes it.
func (w *world) log(ts string) []*agent.Event {
	w.Helper()
	list, err := e2etest.Events(w.releasebot("thread", "export", string(w.thread(ts))))
	w.must(err)
	return list
}

// count is how many events of a type are in the log.
func count(log []*agent.Event, typ string) int {
	n := 0
	for _, e := range log {
		if e.Type() == typ {
			n++
		}
	}
	return n
}

// wantCount compares how many events of a type are in the thread's log.
func (w *world) wantCount(ts, typ string, want int) {
	w.Helper()
	if got := count(w.log(ts), typ); got != want {
		w.Errorf("%d %s in the log, want %d\n%s", got, typ, want, w.releasebot("thread", "show", string(w.thread(ts))))
	}
}

// logged waits until the thread's log has n events of a type.
func (w *world) logged(ts, typ string, n int) {
	w.Helper()
	w.until(typ+" in the log", func() bool {
		out, err := w.tryReleasebot("thread", "export", string(w.thread(ts)))
		return err == nil && strings.Count(out, `"type":"`+typ+`"`) >= n
	})
}

// wantSound: the log's chain is whole, and deciding again gives what was recorded.
func (w *world) wantSound(ts string) {
	w.Helper()
	id := string(w.thread(ts))
	if out, err := w.tryReleasebot("thread", "verify", id); err != nil {
		w.Errorf("%v\n%s", err, out)
	}
	if out, err := w.tryReleasebot("thread", "replay", id); err != nil {
		w.Errorf("%v\n%s", err, out)
	}
}

// wantSoundEnvironment: the chain of an environment's log is whole.
func (w *world) wantSoundEnvironment(service, environment string) {
	w.Helper()
	if out, err := w.tryReleasebot("thread", "verify", agent.EnvironmentLog(service, environment)); err != nil {
		w.Errorf("%v\n%s", err, out)
	}
}
