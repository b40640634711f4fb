package changelog

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"time"
)

// mirror is the bare copy of a URL's branches and tags. Its fields are guarded
// by turn, which whoever fetches or looks at them holds.
type mirror struct {
	dir   string
	turn  chan struct{}
	began time.Time // of the last fetch
	ended time.Time
	err   error // of the last fetch
}

func newMirror(dir string) *mirror {
	return &mirror{dir: dir, turn: make(chan struct{}, 1)}
}

// fresh sees to it that what is read was true at the time since or later. A
// path always is. The error of a fetch stands for FetchEvery too, so that a
// host that is away is not asked by everybody in turn.
func (g *Git) fresh(ctx context.Context, since time.Time) error {
	m := g.mirror
	if m == nil {
		return nil
	}
	select {
	case m.turn <- struct{}{}:
		defer func() { <-m.turn }()
	case <-ctx.Done():
		return fmt.Errorf("waiting for a fetch of %s: %w", g.at.show, ctx.Err())
	}
	if m.err == nil && !m.began.IsZero() && !m.began.Before(since) {
		return nil
	}
	if m.err != nil && time.Since(m.ended) < g.cfg.FetchEvery {
		return m.err
	}
	m.began = time.Now()
	err := g.fetch(ctx)
	m.ended, m.err = time.Now(), err
	if err != nil && ctx.Err() != nil {
		m.began, m.err = time.Time{}, nil // the caller went away: that says nothing of the host
	}
	return err
}

// recent is the time since which a fetch counts as good enough.
func (g *Git) recent() time.Time { return time.Now().Add(-g.cfg.FetchEvery) }

// fetch brings the mirror up to date: all branches and tags as they are there,
// and those that are gone there gone here.
func (g *Git) fetch(ctx context.Context) (err error) {
	ctx, cancel := context.WithTimeout(ctx, g.cfg.FetchTimeout)
	defer cancel()
	if err := os.MkdirAll(filepath.Dir(g.mirror.dir), 0o700); err != nil {
		return fmt.Errorf("making the folder for a mirror of %s: %w", g.at.show, err)
	}
	unlock, err := lock(ctx, g.mirror.dir+".lock")
	if err != nil {
		return fmt.Errorf("waiting for a fetch of %s by another process: %w", g.at.show, err)
	}
	defer func() { err = errors.Join(err, unlock()) }()
	if err := g.create(ctx); err != nil {
		return err
	}
	if err := g.mirror.removeLeftLocks(); err != nil {
		return fmt.Errorf("clearing the mirror of %s: %w", g.at.show, err)
	}
	args := slices.Concat(options, []string{
		"--git-dir=" + g.mirror.dir, "fetch", "--quiet", "--prune", "--no-tags", "--no-recurse-submodules", "--no-write-fetch-head",
		"--end-of-options", g.at.url, "+refs/heads/*:refs/heads/*", "+refs/tags/*:refs/tags/*",
	})
	env := g.environment(strings.Join(transports, ":"))
	if g.at.auth != "" {
		// In the environment, which only this user can read; a command line is public.
		env = append(env, "GIT_CONFIG_COUNT=1", "GIT_CONFIG_KEY_0=http."+g.at.url+".extraHeader", "GIT_CONFIG_VALUE_0=Authorization: "+g.at.auth)
	}
	if _, err := g.run(ctx, env, nil, args); err != nil {
		return fmt.Errorf("%w (the mirror is %s, and can be removed: it is made anew)", err, g.mirror.dir)
	}
	return nil
}

// create makes an empty mirror where there is none: aside, and then put in its
// place, so that there never is half a one.
func (g *Git) create(ctx context.Context) (err error) {
	if _, err := os.Stat(filepath.Join(g.mirror.dir, "HEAD")); err == nil {
		return nil
	}
	aside, err := os.MkdirTemp(filepath.Dir(g.mirror.dir), "new-*.tmp")
	if err != nil {
		return fmt.Errorf("making a mirror of %s: %w", g.at.show, err)
	}
	defer func() { err = errors.Join(err, os.RemoveAll(aside)) }() // gone where it was put in place
	args := slices.Concat(options, []string{"init", "--quiet", "--bare", "--template=", "--end-of-options", aside})
	if _, err := g.run(ctx, g.environment("none"), nil, args); err != nil {
		return err
	}
	if err := os.RemoveAll(g.mirror.dir); err != nil {
		return fmt.Errorf("making a mirror of %s: %w", g.at.show, err)
	}
	if err := os.Rename(aside, g.mirror.dir); err != nil {
		return fmt.Errorf("making a mirror of %s: %w", g.at.show, err)
	}
	return nil
}

// removeLeftLocks removes what a git that was killed left behind. Nobody else
// writes to the mirror: its lock is held.
func (m *mirror) removeLeftLocks() error {
	return filepath.WalkDir(m.dir, func(path string, d fs.DirEntry, err error) error {
		if errors.Is(err, fs.ErrNotExist) {
			return nil
		}
		if err != nil {
			return err
		}
		if d.IsDir() && d.Name() == "objects" {
			return fs.SkipDir
		}
		if !d.IsDir() && strings.HasSuffix(path, ".lock") {
			return os.Remove(path) //nolint:gosec // the folder is the mirror's own, with a lock held on it
		}
		return nil
	})
}

// lock takes the lock of a mirror, which holds between processes and ends with
// this one. It looks again every so often until ctx ends.
func lock(ctx context.Context, path string) (unlock func() error, err error) {
	f, err := os.OpenFile(path, os.O_CREATE|os.O_RDWR, 0o600)
	if err != nil {
		return nil, err
	}
	tick := time.NewTicker(50 * time.Millisecond)
	defer tick.Stop()
	for {
		err := syscall.Flock(int(f.Fd()), syscall.LOCK_EX|syscall.LOCK_NB)
		if err == nil {
			return f.Close, nil
		}
		if !errors.Is(err, syscall.EWOULDBLOCK) && !errors.Is(err, syscall.EINTR) {
			return nil, errors.Join(err, f.Close())
		}
		select {
		case <-tick.C:
		case <-ctx.Done():
			return nil, errors.Join(ctx.Err(), f.Close())
		}
	}
}

// isThere holds where there is something to read: a mirror is only made by its
// first fetch.
func (g *Git) isThere() bool {
	dir, err := g.dir()
	if err != nil {
		return false
	}
	_, err = os.Stat(filepath.Join(dir, "HEAD"))
	return err == nil || g.mirror == nil
}
