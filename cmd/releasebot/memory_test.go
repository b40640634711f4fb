package main

import "testing"

// Memory is given back once after each burst, when it is over; not while it lasts, and not for trifles.
func TestBurstsEnd(t *testing.T) {
	var b bursts
	const mb = 1 << 20
	for i, look := range []struct {
		allocated uint64
		over      bool
	}{
		{40 * mb, false}, // starting
		{41 * mb, true},
		{42 * mb, false}, // at rest
		{43 * mb, false},
		{90 * mb, false}, // a burst
		{140 * mb, false},
		{141 * mb, true},
		{142 * mb, false},
		{150 * mb, false}, // a release, and then rest: not worth it
		{151 * mb, false},
		{152 * mb, false},
		{157*mb + 1, false},
		{158 * mb, true}, // many of them
		{159 * mb, false},
	} {
		if got := b.over(look.allocated); got != look.over {
			t.Errorf("look %d: over is %v", i, got)
		}
	}
}
