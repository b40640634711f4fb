package sample

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"syscall"
	"time"
)

// lookEvery is how often a process looks whether the world is still kept.
const lookEvery = 50 * time.Millisecond

// lock takes a lock that ends with this process. It returns nil if somebody has it.
func lock(path string) (*os.File, error) {
	f, err := os.OpenFile(path, os.O_RDWR|os.O_CREATE, 0o600)
	if err != nil {
		return nil, err
	}
	got, err := take(f, syscall.LOCK_EX)
	if err != nil || !got {
		return nil, errors.Join(err, f.Close())
	}
	return f, nil
}

func take(f *os.File, how int) (bool, error) {
	for {
		err := syscall.Flock(int(f.Fd()), how|syscall.LOCK_NB) //nolint:gosec // a descriptor is a small number
		switch {
		case err == nil:
			return true, nil
		case errors.Is(err, syscall.EINTR):
		case errors.Is(err, syscall.EWOULDBLOCK):
			return false, nil
		default:
			return false, fmt.Errorf("locking %s: %w", f.Name(), err)
		}
	}
}

// held tells whether somebody holds the lock now. A file that is gone is held by nobody.
func held(path string) (bool, error) {
	f, err := os.Open(path)
	if errors.Is(err, fs.ErrNotExist) {
		return false, nil
	}
	if err != nil {
		return false, err
	}
	got, err := take(f, syscall.LOCK_SH)
	return err == nil && !got, errors.Join(err, f.Close())
}

// kept tells whether whoever made the world still lives.
func (w World) kept() bool {
	yes, err := held(w.path("keeper"))
	return err == nil && yes
}
