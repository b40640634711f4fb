//go:build !planted

package planted

// Enabled says whether bugs can be planted in this build.
const Enabled = false

// Is is false in this build.
func Is(string) bool { return false }
