//go:build planted

package planted

import (
	"os"
	"sync"
	"sync/atomic"
)

// Enabled says whether bugs can be planted in this build.
const Enabled = true

// bug is the one that is planted. It outlives every call, because the code that
// it breaks has nobody to pass it on.
var bug atomic.Pointer[string]

// fromEnvironment is the bug that this process was started with.
var fromEnvironment = sync.OnceValue(func() string { return os.Getenv(Variable) })

// Plant plants a bug, in place of the one before; "" takes it out.
func Plant(name string) { bug.Store(&name) }

// Is reports whether this bug is planted.
func Is(name string) bool {
	if b := bug.Load(); b != nil {
		return *b == name
	}
	return name == fromEnvironment()
}
