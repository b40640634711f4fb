//go:build !linux

package deploy

import (
	"errors"
	"os"
)

// freeBefore can't be done here.
func freeBefore(*os.File, int64) error { return errors.ErrUnsupported }
