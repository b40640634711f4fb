package main

import (
	"context"
	"log/slog"
	"os"
	"sync/atomic"
	"time"

	"github.com/releasebot/releasebot/policy"
)

// reloader takes over a policy file that has changed while the program runs. A
// file that is wrong changes nothing: the last good one stays, and the log says
// so, with every line that is wrong. Addresses of tokens (`api`) are read at the
// start only. Its one user is the reviser's goroutine.
type reloader struct {
	path    string
	current *atomic.Pointer[policy.File]
	log     *slog.Logger

	seen  time.Time // when the file that was looked at last was written
	size  int64
	wrong string // what was said of it
}

// look returns the new file's revision if another one is in force now, else "".
func (r *reloader) look(context.Context) string {
	info, err := os.Stat(r.path)
	if err != nil {
		r.complain(err)
		return ""
	}
	if info.ModTime().Equal(r.seen) && info.Size() == r.size && r.wrong == "" {
		return ""
	}
	first := r.seen.IsZero()
	r.seen, r.size = info.ModTime(), info.Size()
	f, err := loadPolicy(r.path)
	if err != nil {
		r.complain(err)
		return ""
	}
	before := r.current.Load()
	if r.wrong != "" {
		r.wrong = ""
		r.log.Info("the policy file can be read again", "revision", f.Revision)
	}
	if f.Revision == before.Revision {
		return ""
	}
	r.current.Store(f)
	if !first {
		r.log.Info("the policy file has changed, and is in force", "revision", f.Revision, "before", before.Revision)
	}
	return f.Revision
}

// complain says once what is wrong.
func (r *reloader) complain(err error) {
	if err.Error() == r.wrong {
		return
	}
	r.wrong = err.Error()
	r.log.Error("the policy file is wrong: the last good one stays in force", "revision", r.current.Load().Revision, "err", err)
}
