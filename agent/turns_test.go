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
		turns := newTurns(1, 1)
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
		if turns.given != 1 {
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
		if turns.given != 0 {
			t.Error("a turn was lost")
		}
	})
}

// While facts are on their way few turns are given, and the others once they have come.
func TestFactsGoFirst(t *testing.T) {
	turns := newTurns(1, 3)
	turns.coming(2)
	var had []*turn
	for range 4 {
		turns.next(func(u *turn) { had = append(had, u) })
	}
	if len(had) != 1 {
		t.Fatalf("%d turns while facts come, want 1", len(had))
	}
	turns.coming(-1)
	if len(had) != 1 {
		t.Fatalf("%d turns while another fact comes, want 1", len(had))
	}
	turns.coming(-1)
	if len(had) != 3 {
		t.Fatalf("%d turns once all facts have come, want 3", len(had))
	}
	turns.coming(1)
	had[0].give()
	if len(had) != 3 {
		t.Fatal("a turn was given while more were under way than may be")
	}
	had[1].give()
	had[2].give()
	if len(had) != 4 {
		t.Fatal("nobody has a turn while facts come")
	}
	had[3].give()
}

// What is under way is finished before more is begun, and what has not begun is not left for ever.
func TestThreadsUnderWayHaveThreeTurnsInFour(t *testing.T) {
	turns := newTurns(1, 1)
	turns.row = 3 // the next is the fourth
	var first *turn
	turns.next(func(u *turn) { first = u })
	order := ""
	for range 2 {
		turns.queue(&turns.fresh, func(u *turn) { order += "n"; u.give() })
	}
	for range 5 {
		turns.queue(&turns.begun, func(u *turn) { order += "b"; u.give() })
	}
	first.give()
	if want := "bbbnbbn"; order != want {
		t.Errorf("turns went to %s, want %s (b: under way, n: not begun)", order, want)
	}
}
