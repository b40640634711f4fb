package bot_test

import "testing"

// A release from a mention to done: one thread, two messages, one click.
func TestMentionToDone(t *testing.T) {
	h := newHouse(t, cfgFast())
	h.boot()
	ts, card := h.propose("v1.4.2")
	h.wantLedger()
	h.click(bob, card.TS, "approve")
	h.says(ts, "release/1", "done")
	h.says(ts, "approval/", "approved by")
	if n := len(h.replies(ts)); n != 2 {
		t.Fatalf("%d messages, want 2\n%s", n, h.show())
	}
	h.wantLedger("deploy shop v1.4.2 to production")
}
