package deploy

import (
	"errors"
	"os"

	"golang.org/x/sys/unix"
)

// freeBefore gives back what f takes on disk before offset; its size stays.
// The error is errors.ErrUnsupported where the file system can't.
func freeBefore(f *os.File, offset int64) error {
	for {
		err := unix.Fallocate(int(f.Fd()), unix.FALLOC_FL_PUNCH_HOLE|unix.FALLOC_FL_KEEP_SIZE, 0, offset)
		if !errors.Is(err, unix.EINTR) {
			return os.NewSyscallError("fallocate", err)
		}
	}
}
