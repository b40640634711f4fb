package slacklocal_test

import (
	"strings"
	"sync"
	"testing"

	"github.com/slack-go/slack"
	"github.com/slack-go/slack/slackevents"
	"github.com/slack-go/slack/socketmode"

	"github.com/releasebot/releasebot/slacklocal"
)

func TestModalsStackUpdateAndClear(t *testing.T) {
	plain := func(s string) *slack.TextBlockObject {
		return slack.NewTextBlockObject(slack.PlainTextType, s, false, false)
	}
	modal := func(title string) *slack.ModalViewRequest {
		return &slack.ModalViewRequest{
			Type: slack.VTModal, Title: plain(title), Submit: plain("Go"), NotifyOnClose: true, ClearOnClose: true,
			Blocks: slack.Blocks{BlockSet: []slack.Block{slack.NewInputBlock("b", plain("L"), nil, slack.NewPlainTextInputBlockElement(nil, "a"))}},
		}
	}
	var answer *slack.ViewSubmissionResponse
	var mu sync.Mutex
	h := newHouse(t, slacklocal.Config{})
	a := h.listen(func(e socketmode.Event) (any, bool) {
		if cb, ok := e.Data.(slack.InteractionCallback); ok && cb.Type == slack.InteractionTypeViewSubmission {
			mu.Lock()
			defer mu.Unlock()
			return answer, true
		}
		return nil, true
	})
	submit := func(with *slack.ViewSubmissionResponse) *slacklocal.ViewReply {
		t.Helper()
		mu.Lock()
		answer = with
		mu.Unlock()
		open := h.Views("U0BOB")
		r, err := h.SubmitView("U0BOB", open[len(open)-1].ID, map[string]string{"b": "x"})
		if err != nil {
			t.Fatal(err)
		}
		_ = r.Wait(h.ctx())
		return r
	}
	titles := func() string {
		var out []string
		for _, v := range h.Views("U0BOB") {
			out = append(out, v.Title)
		}
		return strings.Join(out, " > ")
	}
	if _, err := h.client.OpenViewContext(h.ctx(), h.trigger(), *modal("one")); err != nil {
		t.Fatal(err)
	}
	submit(slack.NewPushViewSubmissionResponse(modal("two")))
	if got := titles(); got != "one > two" {
		t.Errorf("after push: %q", got)
	}
	submit(slack.NewUpdateViewSubmissionResponse(modal("three")))
	if got := titles(); got != "one > three" {
		t.Errorf("after update: %q", got)
	}
	// Errors are named by block_id; by action_id Slack shows that something is wrong.
	if r := submit(slack.NewErrorsViewSubmissionResponse(map[string]string{"a": "no"})); r.Err() == nil {
		t.Error("errors keyed by action_id are taken")
	}
	if got := titles(); got != "one > three" {
		t.Errorf("after errors: %q", got)
	}
	submit(slack.NewClearViewSubmissionResponse())
	if got := titles(); got != "" {
		t.Errorf("after clear: %q", got)
	}
	v, err := h.client.OpenViewContext(h.ctx(), h.trigger(), *modal("four"))
	if err != nil {
		t.Fatal(err)
	}
	if err := h.CloseView("U0BOB", v.ID); err != nil || titles() != "" {
		t.Errorf("closing: %v, %q", err, titles())
	}
	for {
		cb := h.next(a, socketmode.EventTypeInteractive).Data.(slack.InteractionCallback)
		if cb.Type == slack.InteractionTypeViewClosed {
			break
		}
	}
	if _, err := h.client.UpdateViewContext(h.ctx(), *modal("five"), "", "", v.ID); err == nil {
		t.Error("a closed view is updated")
	}
}

func TestHomeTab(t *testing.T) {
	h := newHouse(t, slacklocal.Config{})
	a := h.listen(nil)
	if err := h.OpenHome("U0ANN"); err != nil {
		t.Fatal(err)
	}
	e := h.next(a, socketmode.EventTypeEventsAPI).Data.(slackevents.EventsAPIEvent)
	opened, ok := e.InnerEvent.Data.(*slackevents.AppHomeOpenedEvent)
	if !ok || opened.User != "U0ANN" || opened.Tab != "home" {
		t.Fatalf("event %T", e.InnerEvent.Data)
	}
	if _, err := h.client.PublishViewContext(h.ctx(), slack.PublishViewContextRequest{UserID: "U0ANN", View: slack.HomeTabViewRequest{
		Type: slack.VTHomeTab, Blocks: slack.Blocks{BlockSet: []slack.Block{section("*2* approvals"), slack.NewActionBlock("b", button("go", "Show", ""))}},
	}}); err != nil {
		t.Fatal(err)
	}
	home, ok := h.Home("U0ANN")
	if !ok || h.RenderView(home) != "2 approvals\n[Show]" {
		t.Fatalf("home %q", h.RenderView(home))
	}
	if err := h.ClickView("U0ANN", home.ID, "Show"); err != nil {
		t.Fatal(err)
	}
	click := h.next(a, socketmode.EventTypeInteractive).Data.(slack.InteractionCallback)
	if click.Container.Type != "view" || click.View.ID != home.ID || click.ActionCallback.BlockActions[0].ActionID != "go" {
		t.Errorf("click %+v", click.Container)
	}
	if err := h.ClickView("U0BOB", home.ID, "go"); err == nil {
		t.Error("bob clicks in ann's home tab")
	}
}
