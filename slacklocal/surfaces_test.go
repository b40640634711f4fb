package slacklocal_test

import (
	"context"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/slack-go/slack"
	"github.com/slack-go/slack/slackevents"
	"github.com/slack-go/slack/socketmode"

	"github.com/releasebot/releasebot/slacklocal"
)

func TestPlacesAndPeopleOverSlackGo(t *testing.T) {
	h := newHouse(t, slacklocal.Config{Scopes: slacklocal.AllScopes()})
	h.AddUser(slacklocal.User{ID: "U0GUEST", Name: "guest", Guest: true})
	h.AddUser(slacklocal.User{ID: "U0GONE", Name: "gone", Deleted: true})
	h.AddUser(slacklocal.User{ID: "U0ELSE", Name: "else", TeamID: "T0ELSE"})
	ctx := h.ctx()

	for id, check := range map[string]func(*slack.User) bool{
		"U0ANN": func(u *slack.User) bool {
			return !u.IsRestricted && !u.Deleted && u.RealName == "Ann Lee" && u.TeamID == "T0LOCAL"
		},
		"U0GUEST": func(u *slack.User) bool { return u.IsRestricted && !u.IsUltraRestricted },
		"U0GONE":  func(u *slack.User) bool { return u.Deleted },
		"U0ELSE":  func(u *slack.User) bool { return u.TeamID == "T0ELSE" },
		"U0BOT":   func(u *slack.User) bool { return u.IsBot },
	} {
		u, err := h.client.GetUserInfoContext(ctx, id)
		if err != nil || !check(u) {
			t.Errorf("%s: %+v, %v", id, u, err)
		}
	}
	all, err := h.client.GetUsersContext(ctx, slack.GetUsersOptionLimit(2))
	if err != nil || len(all) != 7 {
		t.Errorf("%d users over pages of 2, want 7: %v", len(all), err)
	}
	members, err := h.client.GetUserGroupMembersContext(ctx, "S0ONCALL")
	if err != nil || !slices.Equal(members, []string{"U0BOB"}) {
		t.Errorf("group %v, %v", members, err)
	}
	groups, err := h.client.GetUserGroupsContext(ctx, slack.GetUserGroupsOptionIncludeUsers(true))
	if err != nil || len(groups) != 1 || groups[0].Handle != "oncall" || len(groups[0].Users) != 1 {
		t.Errorf("groups %+v, %v", groups, err)
	}
	c, err := h.client.GetConversationInfoContext(ctx, &slack.GetConversationInfoInput{ChannelID: "C0REL"})
	if err != nil || c.Name != "releases" || !c.IsMember || c.IsArchived {
		t.Errorf("channel %+v, %v", c, err)
	}
	in, _, err := h.client.GetUsersInConversationContext(ctx, &slack.GetUsersInConversationParameters{ChannelID: "C0REL"})
	if err != nil || !slices.Equal(in, []string{"U0ANN", "U0BOB", "U0BOT"}) {
		t.Errorf("members %v, %v", in, err)
	}
	dm, _, before, err := h.client.OpenConversationContext(ctx, &slack.OpenConversationParameters{Users: []string{"U0ANN"}})
	if err != nil || dm.ID != h.DM("U0ANN") || before {
		t.Errorf("DM %+v, %v, %v", dm, before, err)
	}
	id, _, err := h.client.PostMessageContext(ctx, "U0ANN", slack.MsgOptionText("hello", false))
	if err != nil || id != dm.ID || len(h.Messages(dm.ID)) != 1 {
		t.Errorf("a post to a person goes to %q, %v", id, err)
	}
	if _, err := h.client.PostEphemeralContext(ctx, "C0REL", "U0BOB", slack.MsgOptionText("psst", false)); err != nil {
		t.Error(err)
	}
	if e := h.Ephemerals("U0BOB"); len(e) != 1 || e[0].Text != "psst" || len(h.Messages("C0REL")) != 0 {
		t.Errorf("ephemeral %+v", e)
	}
}

func TestHistoryPagesAndSpans(t *testing.T) {
	h := newHouse(t, slacklocal.Config{NoRates: true})
	var ts []string
	for range 5 {
		ts = append(ts, h.Post("U0ANN", "C0REL", "x", ""))
	}
	reply := h.Post("U0BOB", "C0REL", "y", ts[0])
	ask := func(p slack.GetConversationHistoryParameters) []string {
		t.Helper()
		p.ChannelID = "C0REL"
		var out []string
		for {
			r, err := h.client.GetConversationHistoryContext(h.ctx(), &p)
			if err != nil {
				t.Fatal(err)
			}
			for _, m := range r.Messages {
				out = append(out, m.Timestamp)
			}
			if !r.HasMore {
				return out
			}
			p.Cursor = r.ResponseMetaData.NextCursor
		}
	}
	newest := slices.Clone(ts)
	slices.Reverse(newest)
	if got := ask(slack.GetConversationHistoryParameters{Limit: 2}); !slices.Equal(got, newest) {
		t.Errorf("history %v, want %v: newest first, without replies", got, newest)
	}
	if got := ask(slack.GetConversationHistoryParameters{Oldest: ts[1], Latest: ts[3]}); !slices.Equal(got, []string{ts[2]}) {
		t.Errorf("between: %v", got)
	}
	if got := ask(slack.GetConversationHistoryParameters{Oldest: ts[1], Latest: ts[3], Inclusive: true}); len(got) != 3 {
		t.Errorf("inclusive: %v", got)
	}
	msgs, _, _, err := h.client.GetConversationRepliesContext(h.ctx(), &slack.GetConversationRepliesParameters{ChannelID: "C0REL", Timestamp: ts[0], Oldest: ts[4]})
	if err != nil || len(msgs) != 2 || msgs[1].Timestamp != reply {
		t.Errorf("replies %+v, %v", msgs, err)
	}
	nested := h.Post("U0ANN", "C0REL", "z", reply)
	if m, _ := h.Message("C0REL", nested); m.ThreadTS != ts[0] {
		t.Errorf("a person's reply to a reply stands in thread %s, want %s", m.ThreadTS, ts[0])
	}
	if r := h.form("chat.postMessage", "xoxb-1", map[string]string{"channel": "C0REL", "text": "lost", "thread_ts": reply}); !r.OK {
		t.Fatal(r.Error)
	}
	if n := len(h.Thread("C0REL", ts[0])); n != 3 {
		t.Errorf("thread of %d: what an app posts under a reply's ts is not in the thread", n)
	}
}

func TestDirectMessagesAreNoMentions(t *testing.T) {
	h := newHouse(t, slacklocal.Config{})
	a := h.listen(nil)
	h.Post("U0ANN", h.DM("U0ANN"), "@releasebot hello", "")
	e := h.next(a, socketmode.EventTypeEventsAPI).Data.(slackevents.EventsAPIEvent)
	m, ok := e.InnerEvent.Data.(*slackevents.MessageEvent)
	if !ok || m.ChannelType != "im" || m.Text != "<@U0BOT> hello" || m.ClientMsgID == "" {
		t.Fatalf("event %T %+v", e.InnerEvent.Data, e.InnerEvent.Data)
	}
	h.wait("acks", h.Idle)
	if n := len(h.Deliveries()); n != 1 {
		t.Errorf("%d deliveries, want one", n)
	}
	if _, err := h.TryPost("U0BOB", h.DM("U0ANN"), "x", ""); err == nil {
		t.Error("bob writes into ann's direct message")
	}
}

func TestTheOrderOfMentionAndMessageCanBeTurned(t *testing.T) {
	h := newHouse(t, slacklocal.Config{MentionLast: true})
	h.Post("U0ANN", "C0REL", "@releasebot hello", "")
	var got []string
	for _, d := range h.Deliveries() {
		got = append(got, d.Event)
	}
	if len(got) < 2 || got[0] != "message" || got[1] != "app_mention" {
		t.Errorf("events %q", got)
	}
}

func TestAForeignClickSaysSo(t *testing.T) {
	h := newHouse(t, slacklocal.Config{})
	h.AddUser(slacklocal.User{ID: "U0ELSE", TeamID: "T0ELSE"})
	a := h.listen(nil)
	_, ts, err := h.client.PostMessageContext(h.ctx(), "C0REL", slack.MsgOptionText("x", false),
		slack.MsgOptionBlocks(slack.NewActionBlock("", button("approve", "Approve", "v"))))
	if err != nil {
		t.Fatal(err)
	}
	if err := h.Click("U0ELSE", "C0REL", ts, "approve"); err != nil {
		t.Fatal(err)
	}
	click := h.next(a, socketmode.EventTypeInteractive).Data.(slack.InteractionCallback)
	if click.User.TeamID != "T0ELSE" || click.Team.ID != "T0LOCAL" || click.ActionCallback.BlockActions[0].BlockID == "" {
		t.Errorf("click %+v", click)
	}
}

func TestClickOnAnEphemeralMessage(t *testing.T) {
	h := newHouse(t, slacklocal.Config{})
	a := h.listen(nil)
	if _, err := h.client.PostEphemeralContext(h.ctx(), "C0REL", "U0BOB", slack.MsgOptionText("sure?", false),
		slack.MsgOptionBlocks(slack.NewActionBlock("b", button("yes", "Yes", "v")))); err != nil {
		t.Fatal(err)
	}
	ts := h.Ephemerals("U0BOB")[0].TS
	if err := h.Click("U0ANN", "C0REL", ts, "yes"); err == nil {
		t.Error("somebody else clicks on it")
	}
	if err := h.Click("U0BOB", "C0REL", ts, "yes"); err != nil {
		t.Fatal(err)
	}
	click := h.next(a, socketmode.EventTypeInteractive).Data.(slack.InteractionCallback)
	if !click.Container.IsEphemeral || click.Message.Timestamp != "" {
		t.Errorf("click %+v", click.Container)
	}
	if r := h.post(click.ResponseURL, `{"replace_original":true,"text":"done"}`); !r.OK {
		t.Fatal(r.Error)
	}
	if e := h.Ephemerals("U0BOB"); len(e) != 1 || e[0].Text != "done" || e[0].Blocks != nil || len(e[0].History) != 1 {
		t.Errorf("replaced: %+v", e)
	}
	if r := h.post(click.ResponseURL, `{"delete_original":true}`); !r.OK {
		t.Fatal(r.Error)
	}
	if e := h.Ephemerals("U0BOB"); len(e) != 0 {
		t.Errorf("deleted: %+v", e)
	}
	if r := h.post(click.ResponseURL, `{"text":"x","blocks":null}`); r.status != 400 || r.Error != "invalid_blocks_format" {
		t.Errorf("broken: %d %q", r.status, r.Error)
	}
	if r := h.post(click.ResponseURL, `{"response_type":"in_channel","text":"all see"}`); !r.OK || len(h.Messages("C0REL")) != 1 {
		t.Errorf("in channel: %q", r.Error)
	}
}

func TestTheHandlerStandsAtAnyPrefix(t *testing.T) {
	for name, wrap := range map[string]func(http.Handler) http.Handler{
		"with StripPrefix":    func(h http.Handler) http.Handler { return http.StripPrefix("/some/where", h) },
		"without StripPrefix": func(h http.Handler) http.Handler { return h },
	} {
		t.Run(name, func(t *testing.T) {
			ws := slacklocal.New(slacklocal.Config{})
			ws.AddUser(slacklocal.User{ID: "U0ANN"})
			mux := http.NewServeMux()
			mux.Handle("/some/where/", wrap(ws.Handler()))
			server := httptest.NewServer(mux)
			h := &house{Workspace: ws, t: t, base: server.URL + "/some/where", http: server.Client()}
			t.Cleanup(func() {
				ws.Close()
				server.Close()
			})
			h.greeted()
			if got, want := ws.APIURL(), h.base+"/slack/api/"; got != want {
				t.Errorf("APIURL %q, want %q", got, want)
			}
			r := ws.Command("U0ANN", ws.DM("U0ANN"), "/release", "x")
			if r.Err() != nil {
				t.Error(r.Err())
			}
		})
	}
}

func TestSubscribeTellsWhatHappens(t *testing.T) {
	h := newHouse(t, slacklocal.Config{})
	sub := h.Subscribe()
	ts := h.Post("U0ANN", "C0REL", "hello", "")
	if err := h.EditMessage("U0ANN", "C0REL", ts, "hello again"); err != nil {
		t.Fatal(err)
	}
	if err := h.EditMessage("U0BOB", "C0REL", ts, "mine"); err == nil {
		t.Error("bob edits ann's message")
	}
	if err := h.DeleteMessage("U0ANN", "C0REL", ts); err != nil {
		t.Fatal(err)
	}
	var got []slacklocal.ChangeKind
	for len(got) < 3 {
		c, ok := sub.Next(h.ctx())
		if !ok {
			t.Fatal("the stream ends")
		}
		if c.Message != nil {
			got = append(got, c.Kind)
		}
	}
	if !slices.Equal(got, []slacklocal.ChangeKind{slacklocal.MessagePosted, slacklocal.MessageEdited, slacklocal.MessageDeleted}) {
		t.Errorf("changes %q", got)
	}
	ended, cancel := context.WithCancel(context.Background())
	cancel()
	sub.Close()
	if _, ok := sub.Next(ended); ok {
		t.Error("a closed stream goes on")
	}
}

func TestManyAtOnce(t *testing.T) {
	h := newHouse(t, slacklocal.Config{NoRates: true})
	h.listen(nil)
	h.listen(nil)
	_, card, err := h.client.PostMessageContext(h.ctx(), "C0REL", slack.MsgOptionText("x", false),
		slack.MsgOptionBlocks(slack.NewActionBlock("b", button("approve", "Approve", "v"))))
	if err != nil {
		t.Fatal(err)
	}
	var wg sync.WaitGroup
	for range 50 {
		wg.Go(func() {
			if err := h.Click("U0BOB", "C0REL", card, "approve"); err != nil {
				t.Error(err)
			}
			h.Post("U0ANN", "C0REL", "@releasebot hello", "")
			_, _, err := h.client.PostMessageContext(h.ctx(), "C0REL", slack.MsgOptionText("x", false))
			if err != nil {
				t.Error(err)
			}
		})
	}
	wg.Wait()
	h.wait("acks", h.Idle)
	seen := map[string]bool{}
	for _, m := range h.Messages("C0REL") {
		if seen[m.TS] {
			t.Errorf("two messages have the ts %s", m.TS)
		}
		seen[m.TS] = true
	}
	if len(seen) != 101 {
		t.Errorf("%d messages, want 101", len(seen))
	}
}

func TestAssistantStatusVanishes(t *testing.T) {
	c := newClock()
	h := newHouse(t, slacklocal.Config{Now: c.now})
	ts := h.Post("U0ANN", "C0REL", "hello", "")
	set := func(text string) {
		t.Helper()
		err := h.client.SetAssistantThreadsStatusContext(h.ctx(), slack.AssistantThreadsSetStatusParameters{ChannelID: "C0REL", ThreadTS: ts, Status: text})
		if err != nil || h.Status("C0REL", ts) != text {
			t.Fatalf("status %q, %v", h.Status("C0REL", ts), err)
		}
	}
	set("reading the plan")
	c.move(2 * time.Minute)
	if s := h.Status("C0REL", ts); s != "" {
		t.Errorf("after 2 minutes: %q", s)
	}
	set("asking")
	h.form("chat.postMessage", "xoxb-1", map[string]string{"channel": "C0REL", "thread_ts": ts, "text": "done"})
	if s := h.Status("C0REL", ts); s != "" {
		t.Errorf("after a message: %q", s)
	}
	many := strings.Repeat("x,", 10) + "x"
	if r := h.form("assistant.threads.setStatus", "xoxb-1", map[string]string{"channel_id": "C0REL", "thread_ts": ts, "status": "x", "loading_messages": many}); r.Error != "invalid_arguments" {
		t.Errorf("11 loading messages: %q", r.Error)
	}
	five := `[{"title":"a","message":"a"},{"title":"a","message":"a"},{"title":"a","message":"a"},{"title":"a","message":"a"},{"title":"a","message":"a"}]`
	if r := h.form("assistant.threads.setSuggestedPrompts", "xoxb-1", map[string]string{"channel_id": "C0REL", "thread_ts": ts, "prompts": five}); r.Error != "invalid_arguments" {
		t.Errorf("5 prompts: %q", r.Error)
	}
}

func TestWaitingForWhatIsShown(t *testing.T) {
	h := newHouse(t, slacklocal.Config{})
	h.listen(nil)
	late, cancel := context.WithCancel(context.Background())
	cancel()
	never := func(slacklocal.Message) bool { return false }
	if _, err := h.WaitMessage(late, "C0REL", never); err == nil {
		t.Error("waiting past the context's end returns a message")
	}
	var wg sync.WaitGroup
	wg.Go(func() {
		m, err := h.WaitMessage(h.ctx(), "C0REL", func(m slacklocal.Message) bool { return m.Text == "card" })
		if err != nil || m.BotID != "B0BOT" {
			t.Errorf("message %+v, %v", m, err)
		}
		m, err = h.WaitEphemeral(h.ctx(), "U0BOB", func(m slacklocal.Message) bool { return m.Text == "psst" })
		if err != nil || m.To != "U0BOB" {
			t.Errorf("ephemeral %+v, %v", m, err)
		}
		if v, err := h.WaitView(h.ctx(), "U0BOB"); err != nil || v.Title != "Form" {
			t.Errorf("view %+v, %v", v, err)
		}
	})
	h.form("chat.postMessage", "xoxb-1", map[string]string{"channel": "C0REL", "text": "card"})
	h.form("chat.postEphemeral", "xoxb-1", map[string]string{"channel": "C0REL", "user": "U0BOB", "text": "psst"})
	h.form("views.open", "xoxb-1", map[string]string{"trigger_id": h.trigger(), "view": simpleView})
	wg.Wait()
}
