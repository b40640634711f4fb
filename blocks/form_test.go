package blocks

import (
	"encoding/json"
	"strings"
	"testing"
	"unicode/utf8"

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
	for _, v := range []agent.Verb{
		agent.VerbApprove, agent.VerbReject, agent.VerbAbort, agent.VerbRollback, agent.VerbRetry, agent.VerbLeave, agent.VerbRan, agent.VerbDidnt, agent.VerbStop,
		agent.VerbEdit, agent.VerbGlass, agent.VerbTakeover, agent.VerbHealthy, agent.VerbRecheck, agent.VerbUnwell,
	} {
		if !seen[v] {
			t.Errorf("no state shows the button %s", v)
		}
	}
}

func TestWhatIsNoButtonOfOurs(t *testing.T) {
	for _, a := range []slack.BlockAction{
		{ActionID: "approve"},
		{ActionID: "", Value: cardID},
		{ActionID: "hold", Value: cardID},
		{ActionID: "cancel", Value: cardID},
		{ActionID: "Approve", Value: cardID},
		{ActionID: "approve", Value: "a b"},
		{ActionID: "approve", Value: "é"},
		{ActionID: "approve", Value: "a\n"},
		{ActionID: "approve", Value: strings.Repeat("x", 256)},
	} {
		if verb, target, ok := Button(a); ok || verb != "" || target != "" {
			t.Errorf("%q with %q was read as %s of %q", a.ActionID, a.Value, verb, target)
		}
	}
}

// forms are those that ask for more than a click, by their callback id.
func forms(t tester) map[string]slack.ModalViewRequest {
	t.Helper()
	where, what := agent.Place{Channel: "C0REL", TS: "1.3"}, Headline(proposed().s.Release(1))
	list := map[string]slack.ModalViewRequest{}
	keep := func(f slack.ModalViewRequest, err error) {
		if err != nil {
			t.Fatalf("%v", err)
		}
		checkForm(t, f)
		list[f.CallbackID] = f
	}
	keep(RejectForm(cardID, where, what))
	keep(GlassForm(cardID, where, what))
	keep(TakeoverForm(cardID, where, what))
	keep(EditForm(cardID, where, Editable{
		What: what, Version: "v1.4.2", Environment: "production", Environments: []string{"staging", "canary", "production"},
	}))
	return list
}

func TestGoldenForms(t *testing.T) {
	for callback, f := range forms(t) {
		golden(t, "form_"+callback, f)
		if !OpensForm(agent.Verb(callback)) {
			t.Errorf("nothing opens the form %s", callback)
		}
	}
}

// filled is a form as Slack sends it back, with these values by block.
func filled(f slack.ModalViewRequest, values map[string]string) slack.View {
	view := slack.View{
		TeamID: "T0ACME", CallbackID: f.CallbackID, PrivateMetadata: f.PrivateMetadata, State: &slack.ViewState{Values: map[string]map[string]slack.BlockAction{}},
	}
	for _, b := range f.Blocks.BlockSet {
		in, ok := b.(*slack.InputBlock)
		if !ok {
			continue
		}
		v := values[in.BlockID]
		switch e := in.Element.(type) {
		case *slack.PlainTextInputBlockElement:
			view.State.Values[in.BlockID] = map[string]slack.BlockAction{e.ActionID: {Value: v}}
		case *slack.SelectBlockElement:
			view.State.Values[in.BlockID] = map[string]slack.BlockAction{e.ActionID: {SelectedOption: slack.OptionBlockObject{Value: v}}}
		}
	}
	return view
}

func TestEveryFormComesBack(t *testing.T) {
	where := agent.Place{Team: "T0ACME", Channel: "C0REL", TS: "1.3"}
	for callback, f := range forms(t) {
		want := Submission{Verb: agent.Verb(callback), ID: cardID, Where: where, Reason: "the checkout is down"}
		if want.Verb == agent.VerbEdit {
			want.Reason, want.Edit = "", &agent.Edit{Version: "v1.4.1", Environment: "staging"}
		}
		got, errs, ok := ParseForm(filled(f, map[string]string{"reason": " the checkout is down\n", "version": " v1.4.1 ", "environment": "staging"}))
		if diff := cmp.Diff(want, got); diff != "" || errs != nil || !ok {
			t.Errorf("%s: %v %t\n%s", callback, errs, ok, diff)
		}
		if _, errs, _ := ParseForm(filled(f, nil)); len(errs) != 1 {
			t.Errorf("%s: an empty form is taken: %v", callback, errs)
		}
		for block := range badValues {
			for name, v := range badValues[block] {
				got, errs, _ := ParseForm(filled(f, map[string]string{block: v}))
				if f.CallbackID == EditCallback == (block == "reason") || callback == RejectCallback && name == "more than is kept" {
					continue
				}
				if errs[block] == "" {
					t.Errorf("%s: %s in %s is taken: %+v %v", callback, name, block, got, errs)
				}
			}
		}
	}
	if _, _, ok := ParseForm(slack.View{CallbackID: "approve"}); ok {
		t.Error("a form that is none of ours is read")
	}
}

// badValues are what a field does not take, by its block.
var badValues = map[string]map[string]string{
	"reason":      {"white space": " \n", "nothing visible": "\u200b\u3164", "more than is kept": strings.Repeat("x", 301)},
	"version":     {"two words": "v1 v2", "nothing visible": "\u200b", "too long": strings.Repeat("x", 129)},
	"environment": {"a long one": strings.Repeat("x", 76), "two words": "a b", "a line": "a\nb"},
}

func TestAnEditMayChangeOneThingAlone(t *testing.T) {
	f := forms(t)[EditCallback]
	for _, want := range []agent.Edit{{Version: "v2"}, {Environment: "canary"}} {
		got, errs, _ := ParseForm(filled(f, map[string]string{"version": want.Version, "environment": want.Environment}))
		if errs != nil || *got.Edit != want {
			t.Errorf("%+v came back as %+v, %v", want, got.Edit, errs)
		}
	}
	for _, b := range f.Blocks.BlockSet {
		if in, ok := b.(*slack.InputBlock); ok && in.BlockID == "environment" {
			for _, o := range in.Element.(*slack.SelectBlockElement).Options {
				if o.Value == "production" {
					t.Error("the environment that is proposed can be chosen as another one")
				}
			}
		}
	}
	alone, err := EditForm(cardID, agent.Place{}, Editable{Environment: "production", Environments: []string{"production"}})
	if err != nil || len(alone.Blocks.BlockSet) != 2 {
		t.Errorf("a service with one environment: %v, %d blocks", err, len(alone.Blocks.BlockSet))
	}
	checkForm(t, alone)
}

// FuzzParseForm: whatever comes back, nothing but ids and words of a bounded length come out.
func FuzzParseForm(f *testing.F) {
	for callback, form := range forms(f) {
		f.Add(callback, form.PrivateMetadata, "v1.4.1", "staging")
	}
	f.Add("edit", "{", "\u202e", "<!channel>")
	f.Fuzz(func(t *testing.T, callback, meta, text, choice string) {
		view := slack.View{CallbackID: callback, PrivateMetadata: meta, State: &slack.ViewState{Values: map[string]map[string]slack.BlockAction{
			"reason": {"reason": {Value: text}}, "version": {"version": {Value: text}},
			"environment": {"environment": {SelectedOption: slack.OptionBlockObject{Value: choice}}},
		}}}
		s, errs, ok := ParseForm(view)
		if !ok || len(errs) > 0 {
			return
		}
		if !opaque(s.ID) || string(s.Verb) != callback || utf8.RuneCountInString(s.Reason) > 1000 {
			t.Errorf("%+v", s)
		}
		switch {
		case s.Edit == nil && s.Reason == "":
			t.Errorf("nothing was said, and it is taken: %+v", s)
		case s.Edit != nil && (s.Edit.Version == "" && s.Edit.Environment == "" || len(s.Edit.Environment) > 75 || utf8.RuneCountInString(s.Edit.Version) > 128):
			t.Errorf("%+v", s.Edit)
		}
	})
}
