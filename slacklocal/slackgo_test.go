package slacklocal_test

import (
	"testing"

	"github.com/slack-go/slack"
	"github.com/slack-go/slack/slackevents"
	"github.com/slack-go/slack/socketmode"

	"github.com/releasebot/releasebot/slacklocal"
)

func TestReleaseConversationOverSlackGo(t *testing.T) {
	h := newHouse(t, slacklocal.Config{})
	a := h.listen(nil)

	auth, err := h.client.AuthTestContext(h.ctx())
	if err != nil || auth.UserID != "U0BOT" || auth.BotID != "B0BOT" || auth.TeamID != "T0LOCAL" {
		t.Fatalf("auth.test: %+v, %v", auth, err)
	}

	root := h.Post("U0ANN", "C0REL", "@releasebot deploy shop <1.4.2> & page me", "")
	mention := h.next(a, socketmode.EventTypeEventsAPI).Data.(slackevents.EventsAPIEvent)
	m, ok := mention.InnerEvent.Data.(*slackevents.AppMentionEvent)
	if !ok || m.Text != "<@U0BOT> deploy shop &lt;1.4.2&gt; &amp; page me" || m.TimeStamp != root || m.Channel != "C0REL" {
		t.Fatalf("first event %T %+v", mention.InnerEvent.Data, mention.InnerEvent.Data)
	}
	also := h.next(a, socketmode.EventTypeEventsAPI).Data.(slackevents.EventsAPIEvent)
	if e, ok := also.InnerEvent.Data.(*slackevents.MessageEvent); !ok || e.TimeStamp != root || e.ChannelType != "channel" {
		t.Fatalf("second event %T %+v", also.InnerEvent.Data, also.InnerEvent.Data)
	}
	first, second := mention.Data.(*slackevents.EventsAPICallbackEvent), also.Data.(*slackevents.EventsAPICallbackEvent)
	if first.EventID == "" || first.EventID == second.EventID {
		t.Fatalf("event ids %q and %q must differ", first.EventID, second.EventID)
	}

	_, ts, err := h.client.PostMessageContext(h.ctx(), "C0REL", slack.MsgOptionTS(root),
		slack.MsgOptionText("waiting for approval", false),
		slack.MsgOptionBlocks(section("*shop* 1.4.2 asked by <@U0ANN>"),
			slack.NewActionBlock("decide", button("approve", "Approve", "v1"), button("reject", "Reject", "v1"))),
		slack.MsgOptionMetadata(slack.SlackMetadata{EventType: "card", EventPayload: map[string]any{"key": "k1"}}))
	if err != nil {
		t.Fatal(err)
	}
	card := h.Thread("C0REL", root)[1]
	if got, want := h.Render(card), "@releasebot\n  shop 1.4.2 asked by @ann\n  [Approve] [Reject]"; got != want {
		t.Fatalf("rendered %q, want %q", got, want)
	}
	if card.Metadata.EventPayload["key"] != "k1" {
		t.Fatalf("metadata %+v", card.Metadata)
	}
	replies, _, _, err := h.client.GetConversationRepliesContext(h.ctx(), &slack.GetConversationRepliesParameters{
		ChannelID: "C0REL", Timestamp: root, IncludeAllMetadata: true,
	})
	if err != nil || len(replies) != 2 || replies[1].Metadata.EventPayload["key"] != "k1" || replies[0].ReplyCount != 1 {
		t.Fatalf("replies %+v, %v", replies, err)
	}

	if err := h.Click("U0BOB", "C0REL", ts, "Approve"); err != nil {
		t.Fatal(err)
	}
	click := h.next(a, socketmode.EventTypeInteractive).Data.(slack.InteractionCallback)
	if click.Type != slack.InteractionTypeBlockActions || click.User.ID != "U0BOB" || click.Team.ID != "T0LOCAL" ||
		click.ActionCallback.BlockActions[0].Value != "v1" || click.Message.Timestamp != ts || click.Container.ThreadTs != root {
		t.Fatalf("click %+v", click)
	}

	if _, _, _, err := h.client.UpdateMessageContext(h.ctx(), "C0REL", ts, slack.MsgOptionText("approved", false)); err != nil {
		t.Fatal(err)
	}
	card = h.Thread("C0REL", root)[1]
	if card.Blocks != nil || !card.Edited || len(card.History) != 1 || len(card.Buttons()) != 0 || card.Metadata == nil {
		t.Fatalf("an update with text alone must remove the blocks and keep metadata: %+v", card)
	}
	if err := h.Click("U0BOB", "C0REL", ts, "approve"); err == nil {
		t.Fatal("a button that is gone was clicked")
	}
	if err := h.ClickStale("U0CAT", "C0REL", ts, "approve"); err != nil {
		t.Fatal(err)
	}
	late := h.next(a, socketmode.EventTypeInteractive).Data.(slack.InteractionCallback)
	if late.ActionCallback.BlockActions[0].ActionID != "approve" || late.User.ID != "U0CAT" {
		t.Fatalf("stale click %+v", late)
	}
	h.wait("acks", h.Idle)
}

func TestModalOverSlackGo(t *testing.T) {
	h := newHouse(t, slacklocal.Config{})
	var errs bool
	a := h.listen(func(e socketmode.Event) (any, bool) {
		cb, ok := e.Data.(slack.InteractionCallback)
		if !ok || cb.Type != slack.InteractionTypeViewSubmission || errs {
			return nil, true
		}
		errs = true
		return slack.NewErrorsViewSubmissionResponse(map[string]string{"reason": "say more"}), true
	})
	_, ts, err := h.client.PostMessageContext(h.ctx(), "C0REL", slack.MsgOptionText("x", false),
		slack.MsgOptionBlocks(slack.NewActionBlock("b", button("reject", "Reject", ""))))
	if err != nil {
		t.Fatal(err)
	}
	if err := h.Click("U0BOB", "C0REL", ts, "reject"); err != nil {
		t.Fatal(err)
	}
	click := h.next(a, socketmode.EventTypeInteractive).Data.(slack.InteractionCallback)
	plain := func(s string) *slack.TextBlockObject {
		return slack.NewTextBlockObject(slack.PlainTextType, s, false, false)
	}
	view := slack.ModalViewRequest{
		Type: slack.VTModal, CallbackID: "reject", PrivateMetadata: "p", Title: plain("Reject"), Submit: plain("Reject"), Close: plain("Cancel"),
		Blocks: slack.Blocks{BlockSet: []slack.Block{
			slack.NewInputBlock("reason", plain("Reason"), nil, slack.NewPlainTextInputBlockElement(nil, "text")),
		}},
	}
	opened, err := h.client.OpenViewContext(h.ctx(), click.TriggerID, view)
	if err != nil {
		t.Fatal(err)
	}
	_, err = h.client.OpenViewContext(h.ctx(), click.TriggerID, view)
	wantErr(t, err, "exchanged_trigger_id")
	if _, err := h.SubmitView("U0BOB", opened.ID, nil); err == nil {
		t.Fatal("a required field may not be empty")
	}
	submit := func() *slacklocal.ViewReply {
		r, err := h.SubmitView("U0BOB", opened.ID, map[string]string{"reason": "backend first"})
		if err != nil {
			t.Fatal(err)
		}
		if err := r.Wait(h.ctx()); err != nil {
			t.Fatal(err)
		}
		return r
	}
	if r := submit(); r.Errors()["reason"] != "say more" || len(h.Views("U0BOB")) != 1 {
		t.Fatalf("errors %v, open %d", r.Errors(), len(h.Views("U0BOB")))
	}
	submit()
	if len(h.Views("U0BOB")) != 0 {
		t.Fatal("an accepted form stays open")
	}
	sub := h.next(a, socketmode.EventTypeInteractive).Data.(slack.InteractionCallback)
	if sub.View.State.Values["reason"]["text"].Value != "backend first" || sub.View.PrivateMetadata != "p" || sub.View.CallbackID != "reject" {
		t.Fatalf("submission %+v", sub.View)
	}
}

func TestCommandAndResponseURL(t *testing.T) {
	h := newHouse(t, slacklocal.Config{})
	a := h.listen(func(e socketmode.Event) (any, bool) {
		if e.Type == socketmode.EventTypeSlashCommand {
			return map[string]any{"text": "looking"}, true
		}
		return nil, true
	})
	r := h.Command("U0ANN", "C0REL", "/release", "status <shop>")
	if err := r.Wait(h.ctx()); err != nil {
		t.Fatal(err)
	}
	cmd := h.next(a, socketmode.EventTypeSlashCommand).Data.(slack.SlashCommand)
	if cmd.Text != "status &lt;shop&gt;" || cmd.UserID != "U0ANN" || cmd.ChannelID != "C0REL" {
		t.Fatalf("command %+v", cmd)
	}
	if got := r.Messages(); len(got) != 1 || got[0].Text != "looking" || !got[0].Ephemeral || len(h.Messages("C0REL")) != 0 {
		t.Fatalf("shown %+v", got)
	}
	for i := range 6 {
		err := slack.PostWebhookCustomHTTPContext(h.ctx(), cmd.ResponseURL, h.http, &slack.WebhookMessage{Text: "more"})
		if (err == nil) != (i < 5) {
			t.Fatalf("use %d of the response_url: %v", i+1, err)
		}
	}
	if n := len(h.Ephemerals("U0ANN")); n != 6 {
		t.Fatalf("%d ephemeral messages, want 6", n)
	}
}
