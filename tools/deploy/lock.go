package deploy

import (
	"context"
	"errors"
	"os"
	"syscall"
	"time"
)

// lockPoll is the pause between two tries to take a lock. Waiting in flock
// itself could not be ended by a context.
const lockPoll = 5 * time.Millisecond

// openLock opens the run's lock file, and makes it if it isn't there.
func (r run) openLock() (*os.File, error) {
	return os.OpenFile(r.path(lockFile), os.O_RDWR|os.O_CREATE, 0o600)
}

// tryLock takes the lock on f if it is free. The lock belongs to the open file:
// processes that inherit it hold it together, and the last one to go frees it.
func tryLock(f *os.File, how int) (bool, error) {
	for {
		err := syscall.Flock(int(f.Fd()), how|syscall.LOCK_NB)
		switch {
		case err == nil:
			return true, nil
		case errors.Is(err, syscall.EWOULDBLOCK):
			return false, nil
		case errors.Is(err, syscall.EINTR):
			continue
		}
		return false, os.NewSyscallError("flock", err)
	}
}

// pause waits for d, or until ctx is done, whose error it returns.
func pause(ctx context.Context, d time.Duration) error {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-t.C:
		return nil
	case <-ctx.Done():
		return context.Cause(ctx)
	}
}

// claimWait bounds how long Start waits for another holder of the key's lock,
// and Find for one that is about to say what it is doing.
const claimWait = time.Second

// lockUnless opens the run's lock and tries to take it until it can, until over
// says that there is no need, or until claimWait has passed. Without the
// lock it returns no file.
func (r run) lockUnless(ctx context.Context, how int, over func() (bool, error)) (*os.File, error) {
	f, err := r.openLock()
	if err != nil {
		return nil, err
	}
	ctx, stop := context.WithTimeout(ctx, claimWait)
	defer stop()
	for {
		got, err := tryLock(f, how)
		if got {
			return f, nil
		}
		enough := false
		if err == nil {
			enough, err = over()
		}
		if err == nil && !enough && pause(ctx, lockPoll) == nil {
			continue
		}
		closeQuietly(f)
		return nil, err
	}
}
