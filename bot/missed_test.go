package bot

import (
	"testing"
	"time"
)

// However many threads begin late at once, as after an outage, they are read at the rate that Slack allows.
func TestThreadsAreReadAtSlacksRate(t *testing.T) {
	now := time.Unix(1_700_000_000, 0)
	b, err := New(Config{Token: "xoxb-1", AppToken: "xapp-1", Now: func() time.Time { return now }})
	if err != nil {
		t.Fatal(err)
	}
	for i := range readWaiting + 7 {
		b.missed.put(&message{Channel: "C1", TS: "1.1", Text: "words that need not wait with it", ThreadTS: string(rune('a' + i%26))})
	}
	if n := b.missed.over.Load(); n != 7 {
		t.Errorf("%d found no room, want 7", n)
	}
	if m := <-b.missed.queue; m.Text != "" {
		t.Errorf("%q is kept while it waits", m.Text)
	}
	began, reads := now, 0
	for now.Sub(began) < 10*time.Minute {
		now = now.Add(b.missed.wait(now))
		reads++
	}
	if most := readBurst + 10*60*10/12; reads > most+1 || reads < most {
		t.Errorf("%d threads are read in ten minutes, want %d", reads, most)
	}
}
