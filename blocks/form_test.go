package blocks

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/slack-go/slack"

	"github.com/releasebot/releasebot/agent"
)

const cardID = "k3m9x2q7p4ab-1"

func rejectForm(t *testing.T) slack.ModalViewRequest {
	t.Helper()
	form, err := RejectForm(cardID, agent.Place{Channel: "C0REL", TS: "1.3"}, Headline(proposed().s.Release(1)))
	if err != nil {
		t.Fatal(err)
	}
	return form
}

// submitted is the form as Slack sends it back.
func submitted(form slack.ModalViewRequest, reason string) slack.View {
	in := form.Blocks.BlockSet[len(form.Blocks.BlockSet)-1].(*slack.InputBlock)
	action := in.Element.(*slack.PlainTextInputBlockElement).ActionID
	return slack.View{
		TeamID: "T0ACME", CallbackID: form.CallbackID, PrivateMetadata: form.PrivateMetadata,
		State: &slack.ViewState{Values: map[string]map[string]slack.BlockAction{in.BlockID: {action: {Value: reason}}}},
	}
}

func TestTheRejectFormComesBack(t *testing.T) {
	form := rejectForm(t)
	golden(t, "form_reject", form)
	r, errs := ParseRejectForm(submitted(form, " deploy the backend first\n"))
	want := Rejection{ID: cardID, Where: agent.Place{Team: "T0ACME", Channel: "C0REL", TS: "1.3"}, Reason: "deploy the backend first"}
	if diff := cmp.Diff(want, r); diff != "" || errs != nil {
		t.Errorf("%v\n%s", errs, diff)
	}
	for what, o := range map[string]*slack.TextBlockObject{"title": form.Title, "submit": form.Submit, "close": form.Close} {
		checkText(t, what, o, 24)
	}
	if len(form.PrivateMetadata) > 3000 || strings.Contains(form.PrivateMetadata, "shop") {
		t.Errorf("the metadata carries more than ids: %s", form.PrivateMetadata)
	}
	b, err := json.Marshal(form)
	if err != nil {
		t.Fatal(err)
	}
	var back slack.ModalViewRequest
	if err := json.Unmarshal(b, &back); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(form, back); diff != "" {
		t.Errorf("the form reads back otherwise:\n%s", diff)
	}
}

func TestAReasonIsRequired(t *testing.T) {
	form := rejectForm(t)
	block := form.Blocks.BlockSet[len(form.Blocks.BlockSet)-1].ID()
	for name, reason := range map[string]string{"none": "", "white space": " \n\t", "nothing visible": "\u200b\u202e\u3164", "too much": strings.Repeat("x", 1001)} {
		if _, errs := ParseRejectForm(submitted(form, reason)); errs[block] == "" {
			t.Errorf("%s: errors are %v, wanted one under the block %q", name, errs, block)
		}
	}
	noState := submitted(form, "x")
	noState.State = nil
	if _, errs := ParseRejectForm(noState); errs[block] == "" {
		t.Error("a form without state was taken")
	}
}

func TestAFormWhoseIdsAreBrokenIsRefused(t *testing.T) {
	for _, meta := range []string{"", "null", "{}", `{"id":""}`, `{"id":"a b"}`, `{"id":"` + strings.Repeat("x", 256) + `"}`, `[1]`} {
		view := submitted(rejectForm(t), "no")
		view.PrivateMetadata = meta
		if r, errs := ParseRejectForm(view); len(errs) == 0 || r.ID != "" {
			t.Errorf("%q was taken as the id %q", meta, r.ID)
		}
	}
}

func TestTheFormShowsContentAsContent(t *testing.T) {
	form, err := RejectForm(cardID, agent.Place{}, "Deploy shop <!channel> *x* "+strings.Repeat("&", 5000))
	if err != nil {
		t.Fatal(err)
	}
	checkText(t, "form", form.Blocks.BlockSet[0].(*slack.SectionBlock).Text, 3000)
	if _, err := RejectForm(strings.Repeat("x", 4000), agent.Place{}, ""); err == nil {
		t.Error("an id longer than the metadata may be was taken")
	}
}

func TestEveryButtonCanBeReadBack(t *testing.T) {
	seen := map[agent.Verb]bool{}
	for _, l := range logs() {
		for _, v := range Thread(l.s, Options{}) {
			for _, b := range buttonsOf(v) {
				verb, target, ok := Button(slack.BlockAction{ActionID: b.ActionID, Value: b.Value})
				if !ok || string(verb) != b.ActionID || target != b.Value {
					t.Errorf("%s: %s with %q is read as %s of %q, %t", v.Key, b.ActionID, b.Value, verb, target, ok)
				}
				seen[verb] = true
			}
		}
	}
	for _, v := range []agent.Verb{agent.VerbApprove, agent.VerbReject, agent.VerbAbort, agent.VerbRollback, agent.VerbRetry, agent.VerbRan, agent.VerbDidnt, agent.VerbStop} {
		if !seen[v] {
			t.Errorf("no state shows the button %s", v)
		}
	}
}

func TestWhatIsNoButtonOfOurs(t *testing.T) {
	for _, a := range []slack.BlockAction{
		{ActionID: "approve"}, {ActionID: "", Value: cardID}, {ActionID: "hold", Value: cardID}, {ActionID: "Approve", Value: cardID},
		{ActionID: "approve", Value: "a b"}, {ActionID: "approve", Value: "é"}, {ActionID: "approve", Value: "a\n"}, {ActionID: "approve", Value: strings.Repeat("x", 256)},
	} {
		if verb, target, ok := Button(a); ok || verb != "" || target != "" {
			t.Errorf("%q with %q was read as %s of %q", a.ActionID, a.Value, verb, target)
		}
	}
}
