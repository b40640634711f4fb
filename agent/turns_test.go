package agent

import (
	"context"
	"testing"
	"testing/synctest"
	"time"
)

// A thread waits until another's turn is over: because it was given back, or because it takes long.
func TestTurns(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		turns := newTurns(1)
		first := turns.take(t.Context(), nil)
		if again := turns.take(t.Context(), first); again != first {
			t.Error("a thread waits for itself")
		}
		came := make(chan *turn)
		go func() { came <- turns.take(context.WithoutCancel(t.Context()), nil) }()
		synctest.Wait()
		select {
		case <-came:
			t.Fatal("two have the one turn")
		default:
		}
		first.give()
		first.give() // is over: it gives nothing
		began := time.Now()
		second := <-came
		if time.Since(began) > 0 {
			t.Error("a turn that was given back is not free at once")
		}
		third := turns.take(t.Context(), nil) // of a step that waits for a second that takes long
		if took := time.Since(began); took != turnFor {
			t.Errorf("it waited for %s, want %s", took, turnFor)
		}
		second.give()
		if turns.free != 0 {
			t.Error("a turn that was over was given back once more")
		}
		ctx, cancel := context.WithCancel(t.Context())
		cancel()
		if turns.take(ctx, second) != nil {
			t.Error("a turn was taken that was not free")
		}
		begun := 0
		for range 3 { // who does not wait for its turn is told of it
			turns.next(func(u *turn) { begun++; u.give() })
		}
		third.give()
		if begun != 3 {
			t.Errorf("%d of 3 had a turn", begun)
		}
		if turns.free != 1 {
			t.Error("a turn was lost")
		}
	})
}
