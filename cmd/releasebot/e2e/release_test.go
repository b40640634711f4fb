package e2e

import "testing"

// One release from the mention to done, and what the reading commands say of it.
func TestARelease(t *testing.T) {
	w := newWorld(t, standard)
	w.boot("A", "data")
	ts := w.mention(alice, "deploy shop v1.4.2 to production")
	card := w.card(ts, 1)
	w.wantLedger()
	w.click(bob, card, "Approve")
	w.ends(ts, 1, "done")
	w.says(ts, "approval/", "approved by")
	w.wantLedger("deploy shop v1.4.2 to production")
	w.wantOneOfEach(ts)
	w.wantSound(ts)
}
