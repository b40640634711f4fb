package agent

import (
	"context"
	"testing"
	"testing/synctest"
)

// Work is done at once, by a goroutine that has just ended other work where there
// is one; few of them are kept, and none for long, or after the end.
func TestHands(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ctx, cancel := context.WithCancel(t.Context())
		h := newHands()
		done := 0
		for range 1000 {
			h.do(ctx, func() { done++ })
			synctest.Wait()
		}
		if kept := h.idle.Load(); done != 1000 || kept != 1 {
			t.Errorf("%d of 1000 were done, by %d goroutines", done, kept)
		}
		hold := make(chan struct{})
		for range 3 * handsKept {
			h.do(ctx, func() { <-hold })
		}
		synctest.Wait()
		close(hold)
		synctest.Wait()
		if idle := h.idle.Load(); idle != handsKept {
			t.Errorf("%d goroutines wait for work, want %d", idle, handsKept)
		}
		h.do(ctx, func() { done++ })
		synctest.Wait()
		cancel()
		h.all.Wait()
		if done != 1001 || h.idle.Load() != 0 {
			t.Errorf("%d were done, and %d goroutines are left", done, h.idle.Load())
		}
		h.do(t.Context(), func() {})
		h.all.Wait() // by itself, after a while
	})
}
