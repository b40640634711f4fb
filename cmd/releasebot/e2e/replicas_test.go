package e2e

import (
	"fmt"
	"strings"
	"sync"
	"testing"

	"github.com/releasebot/releasebot/slacklocal"
)

// The same mention three times and as a message too, then 50 clicks at once by 25
// people, over two bots on one Redis: one card, one start, and everybody whose
// click did nothing is told so.
func TestTwoBotsOneStart(t *testing.T) {
	t.Parallel()
	w := newRedisWorld(t, standard)
	w.boot("A", "a")
	w.boot("B", "b")

	w.slack.HoldDeliveries() // so that all of them are on their way at once
	ts := w.mention(alice, "deploy shop v1.4.2 to production")
	for n := range 2 {
		w.must(w.slack.SendEnvelope(w.mentionAgain(n, ts, "deploy shop v1.4.2 to production")))
	}
	w.slack.ReleaseDeliveries()
	card := w.card(ts, 1)
	w.wait("every delivery being acknowledged", w.slack.Idle)

	people := []string{alice, bob, dan}
	for n := range 22 {
		id := fmt.Sprintf("U0PERSON%02d", n)
		w.slack.AddUser(slacklocal.User{ID: id, Name: "person" + id[8:]})
		w.slack.AddMember(releases, id)
		people = append(people, id)
	}
	w.order("shop v1.4.2", order{Hold: true})
	w.slack.HoldDeliveries()
	var all sync.WaitGroup
	for n := range 50 {
		all.Go(func() {
			if err := w.slack.Click(people[n%len(people)], releases, card.TS, "Approve"); err != nil {
				t.Error(err)
			}
		})
	}
	all.Wait()
	w.slack.ReleaseDeliveries()
	e := w.begun(1)
	for _, id := range people { // not allowed, or too late, by which came first; Bob for his second click
		w.told(id, "Approve did nothing", "approve")
	}
	w.told(bob, "Already approved by")
	w.letGo(e)
	w.ends(ts, 1, "done")

	w.wantLedger("deploy shop v1.4.2 to production")
	w.wantOneOfEach(ts)
	if n := len(w.views(ts, "")); n != 2 {
		t.Errorf("%d messages of the bot in the thread, want the card and the release\n%s", n, w.show())
	}
	log := w.log(ts)
	for typ, want := range map[string]int{"trigger": 1, "message": 0, "approval_requested": 1, "decision_received": 50, "approval_response": 1, "deploy_started": 1, "deploy_result": 1, "done": 1} {
		if got := count(log, typ); got != want {
			t.Errorf("%d %s in the log, want %d", got, typ, want)
		}
	}
	if out := w.releasebot("threads", "--json"); strings.Count(out, `"began"`) != 1 {
		t.Errorf("more than one thread:\n%s", out)
	}
	w.wantSound(ts)
	w.wantNobodyPinged(alice, bob, "S0ONCALL")
}

// mentionAgain is one more envelope for a mention that was delivered already.
func (w *world) mentionAgain(n int, ts, text string) map[string]any {
	id := w.slack.Identity()
	return map[string]any{
		"envelope_id": fmt.Sprintf("again-%d", n), "type": "events_api", "accepts_response_payload": false, "retry_attempt": n + 1, "retry_reason": "timeout",
		"payload": map[string]any{
			"type": "event_callback", "team_id": id.TeamID, "api_app_id": id.AppID, "event_id": "EvAGAIN", "event_time": 1,
			"event": map[string]any{
				"type": "app_mention", "user": alice, "channel": releases, "ts": ts, "event_ts": ts, "team": id.TeamID,
				"text": "<@" + id.BotUserID + "> " + text,
			},
		},
	}
}

// Two releases of one environment, asked for in two threads and over two bots,
// never run together; the one that waits goes on by itself.
func TestTwoReleasesOfOneEnvironmentRunOneAfterTheOther(t *testing.T) {
	t.Parallel()
	w := newRedisWorld(t, standard)
	w.boot("A", "a")
	w.boot("B", "b")
	w.order("shop v1.4.2", order{Hold: true})
	w.order("shop v1.4.3", order{Hold: true})
	first := w.mention(alice, "deploy shop v1.4.2 to production")
	w.click(bob, w.card(first, 1), "Approve")
	one := w.begun(1)
	second := w.mention(alice, "deploy shop v1.4.3 to production")
	w.click(bob, w.card(second, 1), "Approve")
	w.says(second, "release/1", "waiting for the environment")
	w.logged(second, "lock_requested", 1)
	w.wantCount(second, "lock_acquired", 0)
	w.wantLedger("deploy shop v1.4.2 to production")
	w.letGo(one)
	two := w.begun(2)
	w.letGo(two)
	w.ends(first, 1, "done")
	w.ends(second, 1, "done")
	w.wantLedger("deploy shop v1.4.2 to production", "deploy shop v1.4.3 to production")
	w.wantApart()
	w.wantSound(first)
	w.wantSound(second)
	w.wantSoundEnvironment("shop", "production")
}

// wantApart: no two deploys of the ledger ran at the same time.
func (w *world) wantApart() {
	w.Helper()
	list, err := w.place.ledger()
	w.must(err)
	running := ""
	for _, e := range list {
		switch {
		case e.What == "begin" && running != "":
			w.Errorf("%s began while %s ran", e, running)
		case e.What == "begin":
			running = e.String()
		default:
			running = ""
		}
	}
}
