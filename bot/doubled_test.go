package bot

import (
	"testing"
	"time"

	"github.com/releasebot/releasebot/agent"
	"github.com/releasebot/releasebot/blocks"
)

// doubledBoard is a board taken over from a process that had posted a card below
// a root of its own, while a first root came late. The channel was looked at.
func doubledBoard(t *testing.T) (*bench, *board) {
	t.Helper()
	b := newBench(t)
	bd := b.board("t1", "C1")
	bd.root, bd.look, bd.takenOver = "", true, true
	b.doubt(bd, b.now)
	views := []blocks.View{{Key: agent.ViewRoot, Text: "asks", Root: true}, {Key: "release/1", Text: "waits"}}
	bd.set(views, pictures(views), nil, nil, blocks.Options{})
	b.list(bd)
	b.after(t, 0, `conversations.replies  ""; `, result{found: map[string][]string{agent.ViewRoot: {"1.1", "2.2"}}})
	return b, bd
}

// after lets time pass, sees which calls are made, and takes in what came of each.
func (b *bench) after(t *testing.T, d time.Duration, calls string, came ...result) {
	t.Helper()
	got := b.tick(d)
	want(t, got, calls)
	for i, j := range got.jobs {
		b.done(j, came[i], b.now)
	}
}

// Of two roots the older stays. What was posted below the other one would still
// stand, buttons and all, once that is removed: it goes first.
func TestWhatHangsOnASecondRootGoesWithIt(t *testing.T) {
	b, bd := doubledBoard(t)
	b.after(t, time.Second, `conversations.replies 1.1 ""; chat.update 1.1 "asks"; `, result{}, result{})
	b.after(t, 0, `conversations.replies 2.2 ""; `, result{found: map[string][]string{agent.ViewRoot: {"2.2"}, "release/1": {"3.3"}}})
	if c := bd.cards["release/1"]; c.ts != "" {
		t.Fatalf("the card below the second root, %s, was taken for the one that is wanted", c.ts)
	}
	b.after(t, 2*time.Second, `chat.delete 3.3 ""; chat.update 1.1 "asks"; `, result{}, result{})
	b.after(t, 2*time.Second, ` 2.2 ""; `, result{}) // words that people wrote there are the thread's
	b.after(t, 2*time.Second, `chat.delete 2.2 ""; `, result{})
	b.after(t, 0, `chat.postMessage 1.1 "waits"; `, result{channel: "C1", ts: "4.4"})

	// A card that the other process was about to post came below the second root after the look.
	b.tick(0)
	b.after(t, b.lateMost(), `conversations.replies  ""; `, result{found: map[string][]string{agent.ViewRoot: {"1.1"}}})
	b.after(t, time.Second, `conversations.replies 1.1 ""; `, result{found: map[string][]string{"release/1": {"4.4"}}})
	b.after(t, time.Second, `conversations.replies 2.2 ""; `, result{found: map[string][]string{"release/1": {"5.5"}}})
	b.after(t, 2*time.Second, `chat.delete 5.5 ""; chat.update 1.1 "asks"; chat.update 4.4 "waits"; `, result{}, result{}, result{})
	b.tick(0)
	if bd.shown() != agent.Settled {
		t.Fatalf("shown: %d", bd.shown())
	}
}
