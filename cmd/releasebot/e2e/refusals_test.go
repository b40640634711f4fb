package e2e

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/releasebot/releasebot/agent"
	"github.com/releasebot/releasebot/slacklocal"
)

// brief is standard with an environment whose approvals expire soon.
const brief = standard + `
  site:
    environments:
      production:
        approval: {required: 1, from: [oncall], expires_after: 20s}
        deploy: {driver: command, start: @deploy@}
`

// A click that may do nothing does nothing, and the clicker is told why; the
// ways in which an approval ends have their own words on the card, and no
// buttons stay on it.
func TestNothingStartsThatMayNot(t *testing.T) {
	t.Parallel()
	w := newWorld(t, brief)
	w.slack.AddUser(slacklocal.User{ID: eve, Name: "eve", Deleted: true})
	w.slack.AddUser(slacklocal.User{ID: "U0FAR", Name: "far", TeamID: "T0ELSE"})
	w.slack.AddMember(releases, "U0FAR")
	w.slack.AddGroup("S0ONCALL", "oncall", bob, carol, gus, "U0FAR")
	w.boot("A", "data")

	t.Run("not allowed", func(t *testing.T) {
		w := w.sub(t)
		ts := w.mention(alice, "deploy shop v1.0.0 to production")
		card := w.card(ts, 1)
		w.click(dan, card, "Approve")
		w.told(dan, "Approve did nothing", "Only oncall (group) may approve")
		w.click(gus, card, "Approve") // on the list, but a guest
		w.told(gus, "Approve did nothing", "Guests may do nothing")
		w.click("U0FAR", card, "Approve") // on the list, but of another workspace
		w.told("U0FAR", "Approve did nothing", "workspace")
		w.card(ts, 1)
		w.reply(alice, ts, "cancel")
		w.ends(ts, 1, "canceled")
	})
	t.Run("asked for by oneself", func(t *testing.T) {
		w := w.sub(t)
		ts := w.mention(bob, "deploy shop v1.0.0 to production")
		w.click(bob, w.card(ts, 1), "Approve")
		w.told(bob, "Approve did nothing", "asked for")
		w.reply(bob, ts, "cancel")
		w.ends(ts, 1, "canceled")
	})
	t.Run("rejected", func(t *testing.T) {
		w := w.sub(t)
		ts := w.mention(alice, "deploy shop v1.1.0 to production")
		card := w.card(ts, 1)
		w.reject(bob, card, "not before the holidays")
		w.endedCard(ts, "rejected", "Rejected by @bob", "before the holidays")
		w.clickStale(carol, card, "Approve")
		w.told(carol, "Approve did nothing", "rejected by <@U0BOB>")
	})
	t.Run("expired", func(t *testing.T) {
		w := w.sub(t)
		ts := w.mention(alice, "deploy site v1.0.0 to production")
		card := w.card(ts, 1)
		w.endedCard(ts, "expired", "Expired", "obody decided in time")
		w.clickStale(carol, card, "Approve")
		w.told(carol, "Approve did nothing", "expired")
	})
	t.Run("superseded", func(t *testing.T) {
		w := w.sub(t)
		ts := w.mention(alice, "deploy shop v1.2.0 to production")
		card := w.card(ts, 1)
		w.slack.Post(alice, releases, "@releasebot deploy shop v1.2.1 to production", ts)
		w.card(ts, 2)
		w.says(ts, "approval/"+agent.ReleaseID(w.thread(ts), 1), "superseded by release")
		w.clickStale(carol, card, "Approve")
		w.told(carol, "Approve did nothing", "superseded")
		w.reply(alice, ts, "cancel")
		w.ends(ts, 2, "canceled")
	})
	t.Run("canceled", func(t *testing.T) {
		w := w.sub(t)
		ts := w.mention(alice, "deploy shop v1.3.0 to production")
		card := w.card(ts, 1)
		w.reply(alice, ts, "cancel")
		w.endedCard(ts, "canceled", "Canceled by @alice")
		w.clickStale(carol, card, "Approve")
		w.told(carol, "Approve did nothing", "canceled")
	})
	t.Run("another thread's value", func(t *testing.T) {
		w := w.sub(t)
		one := w.mention(alice, "deploy shop v1.4.0 to production")
		two := w.mention(alice, "deploy backend v1.4.0 to production")
		here, there := w.card(one, 1), w.card(two, 1)
		w.must(w.slack.SendEnvelope(w.forged(carol, here, there)))
		w.told(carol, "Approve did nothing", "does not belong to this thread")
		w.card(one, 1)
		w.card(two, 1)
		w.wantCount(one, "approval_response", 0)
		w.wantCount(two, "decision_received", 0)
	})
	w.wantLedger()
	w.wantNobodyPinged(alice, bob, carol, dan, gus, "U0FAR", "S0ONCALL")
}

// endedCard waits until the thread's approval has ended in this way: its word in
// the text, these on the card, and no button.
func (w *world) endedCard(ts, word string, words ...string) {
	w.Helper()
	w.view(ts, "approval/", word, func(m slacklocal.Message) bool {
		return strings.Contains(m.Text, word) && containsAll(w.slack.Render(m), words) && len(m.Buttons()) == 0
	})
	for _, other := range []string{"approved", "rejected", "expired", "superseded", "canceled"} {
		if m := w.views(ts, "approval/")[0]; other != word && strings.Contains(strings.ToLower(w.slack.Render(m)), other) {
			w.Errorf("the card says %s and %s:\n%s", word, other, w.slack.Render(m))
		}
	}
}

// forged is a click on a message with the value of another message's button.
func (w *world) forged(user string, on, with slacklocal.Message) map[string]any {
	id := w.slack.Identity()
	return map[string]any{
		"envelope_id": "forged", "type": "interactive", "accepts_response_payload": true,
		"payload": map[string]any{
			"type": "block_actions", "api_app_id": id.AppID, "team": map[string]any{"id": id.TeamID, "domain": "local"},
			"user":      map[string]any{"id": user, "team_id": id.TeamID},
			"channel":   map[string]any{"id": on.Channel},
			"container": map[string]any{"type": "message", "message_ts": on.TS, "thread_ts": on.ThreadTS, "channel_id": on.Channel},
			"message":   map[string]any{"ts": on.TS, "thread_ts": on.ThreadTS},
			"actions": []map[string]any{{
				"type": "button", "action_id": with.Buttons()[0].ActionID, "block_id": with.Buttons()[0].BlockID, "value": with.Buttons()[0].Value,
				"action_ts": "1.1",
			}},
		},
	}
}

// sourced is a service with a repository.
const sourced = `
version: 1
people:
  oncall: {group: S0ONCALL}
services:
  shop:
    source: {git: "@dir@/shop.git"}
    environments:
      production:
        approval: {required: 1, from: [oncall]}
        deploy: {driver: command, start: @deploy@}
`

// A tag that moves after the card was shown: the approval is void, whoever gave
// it reads so, and the new commit ships only once it was approved.
func TestATagThatMovesVoidsTheApproval(t *testing.T) {
	t.Parallel()
	w := newWorld(t, sourced)
	w.commit("first")
	w.git("tag", "v1.4.2")
	w.boot("A", "data")
	ts := w.mention(alice, "deploy shop v1.4.2 to production")
	card := w.card(ts, 1)
	before := w.git("rev-parse", "v1.4.2")
	if !strings.Contains(w.slack.Render(card), before[:7]) {
		t.Errorf("the card does not name the commit %s:\n%s", before, w.slack.Render(card))
	}
	w.commit("second")
	w.git("tag", "--force", "v1.4.2")
	after := w.git("rev-parse", "v1.4.2")
	w.click(bob, card, "Approve")
	again := w.view(ts, "approval/"+agent.ApprovalID(w.thread(ts), 1, 2), "asked again", live)
	w.wantLedger()
	w.shows(ts, "Changed since the last card", "v1.4.2 is now "+after[:8]+", it was "+before[:8])
	w.says(ts, "approval/"+agent.ReleaseID(w.thread(ts), 1), "superseded, because what it showed has changed")
	w.clickStale(carol, card, "Approve")
	w.told(carol, "Approve did nothing")
	w.click(carol, again, "Approve")
	w.ends(ts, 1, "done")
	w.wantLedger("deploy shop v1.4.2 to production")
	if got := w.begins()[0].SHA; got != after {
		t.Errorf("commit %s was deployed, want %s", got, after)
	}
	w.wantSound(ts)
}

// git runs git on the service's repository.
func (w *world) git(args ...string) string {
	w.Helper()
	cmd := exec.CommandContext(w.Context(), "git", append([]string{"-C", filepath.Join(w.dir, "shop.git")}, args...)...) //nolint:gosec // a test's repository
	cmd.Env = []string{
		"PATH=" + os.Getenv("PATH"), "HOME=" + w.dir, "GIT_CONFIG_NOSYSTEM=1", "GIT_AUTHOR_NAME=Ann", "GIT_AUTHOR_EMAIL=ann@example.com",
		"GIT_COMMITTER_NAME=Ann", "GIT_COMMITTER_EMAIL=ann@example.com",
	}
	out, err := cmd.CombinedOutput()
	if err != nil {
		w.Fatalf("git %s: %v\n%s", strings.Join(args, " "), err, out)
	}
	return strings.TrimSpace(string(out))
}

// commit adds a commit of this title, and makes the repository before the first.
func (w *world) commit(title string) {
	w.Helper()
	if dir := filepath.Join(w.dir, "shop.git"); !exists(dir) {
		w.must(os.MkdirAll(dir, 0o700))
		w.git("init", "--quiet", "--initial-branch=main")
	}
	w.git("commit", "--quiet", "--allow-empty", "--message", title)
}

func exists(path string) bool {
	_, err := os.Lstat(path)
	return err == nil
}
