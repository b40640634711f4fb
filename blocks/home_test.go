package blocks

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/slack-go/slack"
	"pgregory.net/rapid"

	"github.com/releasebot/releasebot/agent"
)

func line142(action, version, state string) agent.ReleaseLine {
	return agent.ReleaseLine{
		ID: "k3m9x2q7p4ab-1", Action: action, Service: "shop", Env: "production", Version: version, State: state, By: []string{alice},
		Commit: "abc1234def567890", Replaces: "v1.4.1", Rollback: "v1.4.1",
	}
}

func home142() HomeInput {
	since := start.Add(-10 * time.Minute)
	last := func(outcome string) *agent.Outcome {
		return &agent.Outcome{Action: "deploy", Version: "v1.4.1", By: []string{bob}, Outcome: outcome, At: start.Add(-72 * time.Hour)}
	}
	return HomeInput{
		Me: bob, Now: start, ForMe: 1,
		Approvals: []agent.ApprovalLine{
			{ID: cardID, State: agent.ApprovalPending, Required: 2, Approved: []string{"U0CARO"}, Expires: start.Add(time.Hour), Plan: line142("deploy", "v1.4.2", "waiting for approval")},
			{ID: "q7p4abk3m9x2-1", State: agent.ApprovalPending, Required: 1, Expires: start.Add(2 * time.Hour), Plan: agent.ReleaseLine{
				ID: "q7p4abk3m9x2-1", Action: "deploy", Service: "search", Env: "production", Version: "2026.11.3", By: []string{bob},
			}},
		},
		Environments: []agent.EnvironmentLine{
			{Service: "shop", Environment: "staging", Running: agent.Running{Version: "v1.4.2", Since: since, Healthy: true}, Last: &agent.Outcome{Version: "v1.4.2", By: []string{alice}, Outcome: agent.OutcomeDone}},
			{
				Service: "shop", Environment: "production", Running: ranBefore(), Last: last(agent.OutcomeDone),
				Holder: "z9y8x7w6v5ut-1", HolderSince: &since, Waiting: []string{"a1b2c3d4e5f6-1"},
			},
			{Service: "search", Environment: "staging"},
			{
				Service: "search", Environment: "production", Running: agent.Running{Version: "v1.4.1", Since: since}, Last: last(agent.OutcomeUnhealthy),
				Lock: &agent.HumanLock{By: alice, Reason: "looking into the latency", Until: start.Add(3 * time.Hour)},
			},
		},
		Mine: []agent.ReleaseLine{line142("deploy", "v1.4.1", agent.OutcomeDone), line142("rollback", "v1.4.0", agent.OutcomeRolledBack)},
	}
}

func TestGoldenHome(t *testing.T) {
	golden(t, "home", Home(home142()))
	golden(t, "home_empty", Home(HomeInput{Me: bob, Now: start}))
}

func TestOnlyWhatWaitsForMeHasButtons(t *testing.T) {
	in := home142()
	if diff := cmp.Diff([]string{"approve " + cardID, "reject " + cardID}, homeButtons(t, Home(in))); diff != "" {
		t.Error(diff)
	}
	for name, change := range map[string]func(*HomeInput){
		"waits for others":    func(in *HomeInput) { in.ForMe = 0 },
		"has expired":         func(in *HomeInput) { in.Now = start.Add(time.Hour) },
		"is decided":          func(in *HomeInput) { in.Approvals[0].State = agent.ApprovalRejected },
		"I have approved":     func(in *HomeInput) { in.Approvals[0].Approved = []string{bob} },
		"a count below zero":  func(in *HomeInput) { in.ForMe = -3 },
		"no approvals at all": func(in *HomeInput) { in.Approvals, in.ForMe = nil, 7 },
	} {
		in := home142()
		change(&in)
		if got := homeButtons(t, Home(in)); got != nil {
			t.Errorf("%s: there are buttons: %v", name, got)
		}
	}
	b := Home(in).Blocks.BlockSet[2].(*slack.ActionBlock).Elements.ElementSet[0].(*slack.ButtonBlockElement)
	for _, want := range []string{"shop", "v1.4.2", "production", "abc1234d", "v1.4.1"} {
		if b.Confirm == nil || !strings.Contains(b.Confirm.Text.Text, want) {
			t.Errorf("the dialogue of Approve does not name %s: %+v", want, b.Confirm)
		}
	}
}

// homeButtons lists the buttons as they are read back.
func homeButtons(t tester, home slack.HomeTabViewRequest) []string {
	t.Helper()
	var list []string
	for _, btn := range buttonsOf(View{Blocks: home.Blocks.BlockSet}) {
		verb, target, ok := Button(slack.BlockAction{ActionID: btn.ActionID, Value: btn.Value})
		if !ok {
			t.Errorf("the button %s can't be read back", btn.ActionID)
		}
		list = append(list, fmt.Sprintf("%s %s", verb, target))
	}
	return list
}

func checkHome(t tester, home slack.HomeTabViewRequest) {
	t.Helper()
	list := home.Blocks.BlockSet
	if n := len(list); n < 1 || n > 100 || home.Type != slack.VTHomeTab {
		t.Errorf("%d blocks in a view of type %s", n, home.Type)
	}
	checkBlocks(t, "home", list)
}

// TestAnyHome: whatever stands in the lists, and however long they are, Slack takes the tab.
func TestAnyHome(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		s := func(name string) string { return written().Draw(t, name) }
		count := func(name string) int { return rapid.SampledFrom([]int{0, 1, 2, 15, 120}).Draw(t, name) }
		in := HomeInput{Me: bob, Now: start, ForMe: rapid.IntRange(-1, 130).Draw(t, "for me")}
		line := agent.ReleaseLine{
			ID: s("id"), Action: rapid.SampledFrom([]string{"deploy", "rollback", "verify", "<b>"}).Draw(t, "action"), Service: s("service"), Env: s("env"),
			Version: s("version"), State: s("state"), By: []string{ids().Draw(t, "by")}, Commit: s("commit"), Replaces: s("replaces"),
		}
		for range count("mine") {
			in.Mine = append(in.Mine, line)
		}
		id := rapid.SampledFrom([]string{cardID, "a b", ""}).Draw(t, "approval")
		for range count("approvals") {
			in.Approvals = append(in.Approvals, agent.ApprovalLine{
				ID: id, State: agent.ApprovalPending, Required: 2, Expires: start.Add(time.Hour), Plan: line, Approved: []string{ids().Draw(t, "approved")},
			})
		}
		env, reason := s("environment"), s("reason")
		for i := range count("environments") {
			since := start
			in.Environments = append(in.Environments, agent.EnvironmentLine{
				Service: s("service"), Environment: env, Running: agent.Running{Version: line.Version, Since: start, Healthy: i%2 == 0},
				Last: &agent.Outcome{Version: line.Version, Outcome: line.State, By: line.By}, Lock: &agent.HumanLock{By: "U0CARO", Reason: reason},
				Holder: line.ID, HolderSince: &since, Waiting: []string{line.ID},
			})
		}
		checkHome(t, Home(in))
	})
}
