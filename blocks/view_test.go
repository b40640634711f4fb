package blocks

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/slack-go/slack"

	"github.com/releasebot/releasebot/agent"
	"github.com/releasebot/releasebot/policy"
	"github.com/releasebot/releasebot/tools/changelog"
	"github.com/releasebot/releasebot/tools/ci"
)

func find(t *testing.T, l *log, key string) View {
	t.Helper()
	for _, v := range Thread(l.s, Options{}) {
		if v.Key == key {
			return v
		}
	}
	t.Fatalf("there is no view %s", key)
	return View{}
}

func verbs(v View) string {
	var list []string
	for _, b := range buttonsOf(v) {
		list = append(list, b.ActionID)
	}
	return strings.Join(list, " ")
}

// TestWordsOfTheContract: the word stands in the card and in its text, and the
// ways an approval ends are never confused.
func TestWordsOfTheContract(t *testing.T) {
	all := []string{"approved", "rejected", "expired", "superseded", "canceled"}
	for name, word := range map[string]string{
		"approved": "approved", "rejected": "rejected", "expired": "expired", "superseded": "superseded", "canceled": "canceled", "void": "superseded",
	} {
		v := find(t, logs()[name], agent.ViewApproval(cardID))
		shown := strings.ToLower(Plain(v))
		for _, w := range all {
			if has := strings.Contains(strings.ToLower(v.Text), w) && strings.Contains(shown, w); has != (w == word) {
				t.Errorf("the card of %s says %q: %t\n%s\n%s", name, w, has, v.Text, shown)
			}
		}
	}
	for name, want := range map[string][]string{
		"waiting_approval": {"waiting for approval"}, "waiting_environment": {"waiting for the environment", "<@U0CARO>"}, "held": {"held", "<@U0BOB>"},
		"healthy": {"deployed", "healthy", "done"}, "deploy_failed": {"failed", "exit status 3", "no space left"}, "unhealthy": {"unhealthy", "status 503"},
		"outcome_unknown": {"outcome unknown"}, "refused": {"refused", "releasebot.yml:31"}, "expired": {"expired"}, "verify_only": {"inconclusive"},
	} {
		v := find(t, logs()[name], agent.ViewRelease(1))
		for _, w := range want {
			if !strings.Contains(strings.ToLower(raw(v)), strings.ToLower(w)) {
				t.Errorf("the release card of %s does not say %q:\n%s", name, w, raw(v))
			}
		}
		if !strings.Contains(v.Text, want[0]) {
			t.Errorf("the text of %s does not say %q: %s", name, want[0], v.Text)
		}
	}
	if v := find(t, logs()["rolled_back"], agent.ViewRelease(2)); !strings.Contains(v.Text, "rolled back") {
		t.Errorf("the text of a rollback: %s", v.Text)
	}
}

// raw is everything that a view's blocks say, as it goes to Slack.
func raw(v View) string {
	var b strings.Builder
	for _, blk := range v.Blocks {
		switch blk := blk.(type) {
		case *slack.HeaderBlock:
			b.WriteString(blk.Text.Text + "\n")
		case *slack.SectionBlock:
			if blk.Text != nil {
				b.WriteString(blk.Text.Text + "\n")
			}
			for _, f := range blk.Fields {
				b.WriteString(f.Text + "\n")
			}
		case *slack.ContextBlock:
			for _, e := range blk.ContextElements.Elements {
				b.WriteString(e.(*slack.TextBlockObject).Text + "\n")
			}
		}
	}
	return b.String()
}

func TestButtonsOfEachState(t *testing.T) {
	for _, c := range []struct{ state, view, want string }{
		{"preparing", "release/1", "abort"},
		{"waiting_approval", "release/1", "abort"},
		{"waiting_approval", "approval/" + cardID, "approve reject edit"},
		{"one_of_two", "approval/" + cardID, "approve reject edit"},
		{"approved", "approval/" + cardID, ""},
		{"rejected", "approval/" + cardID, ""},
		{"expired", "approval/" + cardID, ""},
		{"superseded", "approval/" + cardID, ""},
		{"canceled", "approval/" + cardID, ""},
		{"void", "approval/" + cardID, ""},
		{"void_asked_again", "approval/" + cardID, ""},
		{"void_asked_again", "approval/" + cardID + ".2", "approve reject edit"},
		{"deploying", "release/1", "abort"},
		{"aborting", "release/1", ""},
		{"verifying", "release/1", "abort"},
		{"healthy", "release/1", "rollback"},
		{"deploy_failed", "release/1", "rollback retry leave"},
		{"unhealthy", "release/1", "rollback retry leave"},
		{"rollback_proposed", "release/1", "rollback retry leave"},
		{"left_as_it_is", "release/1", ""},
		{"left_as_it_is", "approval/k3m9x2q7p4ab-2", ""},
		{"rollback_automatic", "release/1", ""},
		{"frozen", "release/1", "break_glass"},
		{"glass_broken", "release/1", ""},
		{"glass_broken", "approval/k3m9x2q7p4ab-2", "approve reject edit"},
		{"edited", "approval/" + cardID, ""},
		{"waiting_environment", "release/1", "take_over abort"},
		{"take_over_asked", "release/1", "abort"},
		{"doubt", "release/1", "abort"},
		{"doubt", "question/" + cardID + "/healthy", "it_is_healthy check_again it_is_not"},
		{"doubt_checked_again", "question/" + cardID + "/healthy", ""},
		{"doubt_healthy", "question/" + cardID + "/healthy", ""},
		{"unhealthy_paged", "release/1", "retry leave"},
		{"outcome_unknown", "release/1", ""},
		{"outcome_unknown", "question/" + cardID + "/ran", "it_ran it_didnt stop"},
		{"it_didnt", "question/" + cardID + "/ran", ""},
		{"it_didnt", "release/1", ""},
		{"rejected", "release/1", ""},
		{"expired", "release/1", "retry"},
		{"superseded", "release/1", ""},
		{"refused", "release/1", ""},
		{"rolled_back", "release/2", ""},
	} {
		if got := verbs(find(t, logs()[c.state], c.view)); got != c.want {
			t.Errorf("%s of %s has the buttons %q, want %q", c.view, c.state, got, c.want)
		}
	}
}

func TestApproveAsksOnceMoreAndNamesExactlyWhat(t *testing.T) {
	b := buttonsOf(find(t, proposed(), agent.ViewApproval(cardID)))[0]
	for _, want := range []string{"shop", "v1.4.2", "production", "abc1234d", "v1.4.1"} {
		if b.Confirm == nil || !strings.Contains(b.Confirm.Text.Text, want) {
			t.Errorf("the dialogue does not name %s: %+v", want, b.Confirm)
		}
	}
	auto := proposed()
	auto.s.Release(1).Plan.OnFailure = policy.Rollback
	v := find(t, auto, agent.ViewApproval(cardID))
	if text := buttonsOf(v)[0].Confirm.Text.Text; !strings.Contains(text, "by itself") || !strings.Contains(raw(v), "by itself") {
		t.Errorf("the automatic rollback that a click allows is not named: %s", text)
	}
	auto.s.Release(1).Plan.OnFailure = policy.PageOnly
	if v := find(t, auto, agent.ViewApproval(cardID)); !strings.Contains(raw(v), "nothing is rolled back by itself") {
		t.Errorf("that people are only paged is not said:\n%s", raw(v))
	}
}

// TestShownForTheLastTime: what was shown for the last time is not rendered again, and an approval
// that can still be void is not shown for the last time.
func TestShownForTheLastTime(t *testing.T) {
	for name, l := range logs() {
		var shown []agent.PostedView
		for _, v := range Thread(l.s, Options{}) {
			shown = append(shown, agent.PostedView{Key: v.Key, Channel: "C0REL", TS: "9.9", Final: v.Final})
		}
		l.bot(0, &agent.Posted{Views: shown})
		for _, v := range Thread(l.s, Options{}) {
			if i := slices.IndexFunc(shown, func(p agent.PostedView) bool { return p.Key == v.Key }); shown[i].Final && !strings.HasPrefix(v.Key, "reminder/") {
				t.Errorf("%s: %s comes again", name, v.Key)
			}
		}
	}
	if find(t, claimed(), agent.ViewApproval(cardID)).Final {
		t.Error("an approval that can still be void is final before the start")
	}
	if !find(t, started(), agent.ViewApproval(cardID)).Final {
		t.Error("an approval is not final after the start")
	}
	asked := unknown()
	asked.bot(0, &agent.HumanInputResponse{ID: agent.UnknownQuestionID(asked.s.Release(1)), Person: bob, Choice: agent.VerbRan})
	if find(t, asked, agent.ViewQuestion(cardID+"/ran")).Final {
		t.Error("the answer to \"did it run?\" would be forgotten before it is acted on")
	}
}

func TestAReminderIsPostedOnceAndOnlyWhileItMatters(t *testing.T) {
	l := proposed().wait(10*time.Minute).bot(1, &agent.ApprovalReminded{ID: cardID})
	v := find(t, l, agent.ViewReminder(cardID))
	if !v.Final || !strings.Contains(v.Text, "<!subteam^"+oncall+">") || !strings.Contains(v.Text, "<@"+bob+">") {
		t.Errorf("the reminder does not name the approvers: %+v", v.Text)
	}
	l.bot(0, &agent.Posted{Views: []agent.PostedView{{Key: v.Key, Final: true}}})
	late := proposed().bot(1, &agent.ApprovalReminded{ID: cardID}).respond(bob, agent.VerbReject, "no")
	for _, l := range []*log{l, late} {
		for _, v := range Thread(l.s, Options{}) {
			if v.Key == agent.ViewReminder(cardID) {
				t.Error("a reminder that was posted, or is too late, is posted")
			}
		}
	}
}

func TestRootStandsWhereTheThreadDidNotStartInSlack(t *testing.T) {
	l := fromOutside("command")
	first := Thread(l.s, Options{})[0]
	if !first.Root || first.Key != agent.ViewRoot || first.Final || !strings.HasPrefix(first.Text, "<@U0ALICE> asks to deploy shop") {
		t.Errorf("the first view is %+v", first)
	}
	l.bot(0, &agent.Posted{Views: []agent.PostedView{{Key: agent.ViewRoot, Channel: "C0REL", TS: "5.5"}}})
	if first := Thread(l.s, Options{})[0]; !first.Root {
		t.Error("the root message is not kept in step once it stands")
	}
	for _, v := range Thread(proposed().s, Options{}) {
		if v.Root {
			t.Error("a thread that started with a mention has a root message")
		}
	}
}

func TestANoteSaysThatNothingWasDoneAndWhy(t *testing.T) {
	v := Note(agent.Note{Seq: 7, Person: bob, Data: agent.DecisionRefused{
		Verb: agent.VerbApprove, Rule: "approved", Reason: "Already approved by {U0CARO}: deploy of shop <!channel>.", Remedy: "Nothing needs to be done.",
	}}, Options{})
	checkView(t, v)
	want := "ℹ️ Approve did nothing. Already approved by <@U0CARO>: deploy of shop &lt;!channel&gt;. Nothing needs to be done."
	if v.Text != want || v.Key != agent.ViewNote(7) {
		t.Errorf("got  %s\nwant %s", v.Text, want)
	}
	checkView(t, Note(agent.Note{}, Options{}))
}

func TestLongAnswersAreCutAtLines(t *testing.T) {
	a := agent.Answered{Title: "History"}
	for i := range 3000 {
		a.Lines = append(a.Lines, fmt.Sprintf("line %d %s", i, strings.Repeat("<", i%200)))
	}
	v := Answer(a, Options{})
	checkView(t, v)
	if !strings.Contains(raw(v), "more lines") {
		t.Error("nothing says that lines are left out")
	}
	short := Answer(agent.Answered{Title: "Nothing waits", Lines: []string{"", "all *done*"}}, Options{})
	if short.Text != "Nothing waits: all ∗done∗" || !strings.Contains(raw(short), "all ∗done∗") {
		t.Errorf("%q\n%s", short.Text, raw(short))
	}
	checkView(t, Answer(agent.Answered{}, Options{BotUser: "U0BOT"}))
}

func TestTook(t *testing.T) {
	for d, want := range map[time.Duration]string{
		-time.Second: "0s", 0: "0s", 400 * time.Millisecond: "0.4s", 4 * time.Second: "4s", 42500 * time.Millisecond: "42s",
		185 * time.Second: "3m 05s", 130 * time.Minute: "2h 10m", 76 * time.Hour: "3d 4h",
	} {
		if got := took(d); got != want {
			t.Errorf("took(%s) = %q, want %q", d, got, want)
		}
	}
}

// TestWhatSomebodyWroteStandsAsItWasWritten: a version at the start of a line is still that version.
func TestWhatSomebodyWroteStandsAsItWasWritten(t *testing.T) {
	l := claimed()
	f := facts142()
	f.Again, f.Digest = true, "d2"
	l.bot(1, f, &agent.ApprovalSuperseded{ID: l.id(), Changed: []string{"v1.4.2 is now def5678d, it was abc1234d"}})
	failed := started().bot(1, &agent.DeployResult{Key: "k1", Outcome: agent.DeployFailed, Detail: "v1.4.2 has no image"}).ended(agent.OutcomeFailed)
	rejected := proposed().respond(bob, agent.VerbReject, "v1.4.1 first, please").ended(agent.OutcomeRejected)
	for want, v := range map[string]View{
		"v1.4.2 is now":        find(t, l, agent.ViewApproval(cardID)),
		"v1.4.2 has no image":  find(t, failed, agent.ViewRelease(1)),
		"v1.4.1 first, please": find(t, rejected, agent.ViewApproval(cardID)),
	} {
		if !strings.Contains(raw(v), want) || !strings.Contains(v.Text, want) {
			t.Errorf("%q does not stand there as it was written:\n%s\n%s", want, v.Text, raw(v))
		}
	}
	if v := find(t, rejected, agent.ViewRelease(1)); !strings.Contains(v.Text, "v1.4.1 first, please") {
		t.Errorf("the release's card: %s", v.Text)
	}
}

func TestNothingKnownOfCommitsIsNotNoCommits(t *testing.T) {
	if shown := raw(find(t, noSource(), agent.ViewApproval(cardID))); strings.Contains(shown, "Changes") {
		t.Errorf("a service without a source has changes:\n%s", shown)
	}
	same := proposed()
	same.s.Release(1).Context.Changes = &changelog.Changes{}
	if shown := raw(find(t, same, agent.ViewApproval(cardID))); !strings.Contains(shown, "*Changes:* none") {
		t.Errorf("a version that changes nothing does not say so:\n%s", shown)
	}
}

// TestAfterAFailure: what can be pressed, and what stands there once somebody has.
func TestAfterAFailure(t *testing.T) {
	for state, want := range map[string]string{
		"deploy_failed":     "*Leave it* says that nothing more is to be done",
		"unhealthy":         "*Leave it* says that nothing more is to be done",
		"rollback_proposed": "*Leave it* withdraws the rollback",
		"unhealthy_paged":   "*Leave it* says that nothing more is to be done",
		"left_as_it_is":     "*Left as it is* by <@U0ALICE>, ",
	} {
		if shown := raw(find(t, logs()[state], agent.ViewRelease(1))); !strings.Contains(shown, want) {
			t.Errorf("%s does not say %q:\n%s", state, want, shown)
		}
	}
	for _, state := range []string{"healthy", "rollback_automatic", "rejected", "deploying"} {
		if shown := raw(find(t, logs()[state], agent.ViewRelease(1))); strings.Contains(shown, "Leave it") {
			t.Errorf("%s offers to leave it:\n%s", state, shown)
		}
	}
	l := rollbackProposed(false)
	if find(t, l, agent.ViewRelease(1)).Final {
		t.Error("a card whose buttons wait for a decision about the rollback is shown for the last time")
	}
	left := rollbackLeft()
	if v := find(t, left, agent.ViewRelease(1)); !v.Final || verbs(v) != "" || !strings.Contains(v.Text, "left as it is by <@U0ALICE>") {
		t.Errorf("it is left as it is, and the card says %q, with the buttons %q", v.Text, verbs(v))
	}
	if v := find(t, left, agent.ViewApproval(agent.ApprovalID(left.s.ID, 2, 1))); !v.Final || verbs(v) != "" || !strings.Contains(raw(v), "is left as it is") {
		t.Errorf("the rollback is withdrawn, and its card has the buttons %q:\n%s", verbs(v), raw(v))
	}
	l.bot(2, &agent.ApprovalResponse{ID: agent.ApprovalID(l.s.ID, 2, 1), Person: bob, Decision: agent.VerbReject, Reason: "it is fine", Digest: "d3"})
	if v := find(t, l, agent.ViewRelease(1)); !v.Final || verbs(v) != "" {
		t.Errorf("the rollback is rejected, and the card has the buttons %q", verbs(v))
	}
}

// TestTheRuleThatAGlassLifts is the policy's.
func TestTheRuleThatAGlassLifts(t *testing.T) {
	if freezes != policy.RuleFreeze {
		t.Errorf("the rule of a freeze is %q", policy.RuleFreeze)
	}
	if got := verbs(find(t, refused(), agent.ViewRelease(1))); got != "" {
		t.Errorf("a refusal by another rule can be lifted: %s", got)
	}
}

// Nobody has to press Approve to find out that their word does not count: who
// asked, and who broke the glass, are not among those whom the card names.
func TestTheCardNamesOnlyWhoMayApprove(t *testing.T) {
	group, asker, other := policy.Subject{Name: "oncall", Group: oncall}, policy.Subject{Name: "alice", User: alice}, policy.Subject{Name: "bob", User: bob}
	const selfAllowed = `{"approval": {"self": true}}`
	for _, c := range []struct {
		name   string
		from   []policy.Subject
		policy string
		glass  string
		want   string
	}{
		{"a group, of which the asker may be", []policy.Subject{group}, `{}`, "", "<!subteam^S0ONCALL>, but not <@U0ALICE>, who asked for it"},
		{"people, and the asker is one", []policy.Subject{asker, other}, `{}`, "", "<@U0BOB>"},
		{"people who may approve what they asked for", []policy.Subject{asker, other}, selfAllowed, "", "<@U0ALICE> or <@U0BOB>"},
		{"everybody", nil, `{}`, "", "every full member of the workspace, but not <@U0ALICE>, who asked for it"},
		{"nobody but the asker", []policy.Subject{asker}, `{}`, "", "nobody: those whom the policy names may not approve this one"},
		{"a broken glass", []policy.Subject{group}, selfAllowed, bob, "<!subteam^S0ONCALL>, but not <@U0BOB>, who broke the glass"},
		{"a broken glass of another", []policy.Subject{group, other}, `{}`, bob, "<!subteam^S0ONCALL>, but not <@U0ALICE>, who asked for it, nor <@U0BOB>, who broke the glass"},
		{"a policy that can't be read", []policy.Subject{group}, ``, "", "<!subteam^S0ONCALL>, but not <@U0ALICE>, who asked for it"},
	} {
		r := &agent.ReleaseState{By: []string{alice}, Plan: &agent.Plan{Policy: json.RawMessage(c.policy)}}
		if c.glass != "" {
			r.Glass = &agent.GlassBroken{By: c.glass}
		}
		if got := mayApprove(r, &agent.Approval{From: c.from}); got != c.want {
			t.Errorf("%s: %q, want %q", c.name, got, c.want)
		}
	}
}

// The dialogue of Approve says once more what somebody may have overlooked on the card.
func TestTheDialogueOfApproveWarns(t *testing.T) {
	plain := &agent.ReleaseState{Action: "deploy", Service: "shop", Env: "production", Plan: &agent.Plan{Version: "v1.4.2"}}
	failed := &agent.ReleaseState{Action: "deploy", Service: "shop", Env: "production", Plan: &agent.Plan{Version: "v1.4.2", CI: &ci.Status{State: ci.Failed}}}
	older := &agent.ReleaseState{Action: "deploy", Service: "shop", Env: "production", Context: &agent.ReleaseContext{Changes: &changelog.Changes{Backward: true}}, Version: "v1.4.2"}
	frozen := &agent.ReleaseState{Action: "deploy", Service: "shop", Env: "production", Version: "v1.4.2", Glass: &agent.GlassBroken{By: bob}}
	back := &agent.ReleaseState{Action: "rollback", Service: "shop", Env: "production", Context: older.Context, Version: "v1.4.1"}
	for want, r := range map[string]*agent.ReleaseState{
		"Deploy shop v1.4.2 to production.":                                       plain,
		"Deploy shop v1.4.2 to production. CI has failed for it.":                 failed,
		"Deploy shop v1.4.2 to production. It is older than what runs there now.": older,
		"Deploy shop v1.4.2 to production. It goes through a freeze.":             frozen,
		"Roll back shop in production to v1.4.1.":                                 back,
	} {
		if got := exactly(r); got != want {
			t.Errorf("%q, want %q", got, want)
		}
	}
}
