package slacklocal_test

import (
	"strings"
	"testing"
	"time"

	"github.com/releasebot/releasebot/slacklocal"
)

// trigger gives a command as bob and returns its trigger_id from the wire.
func (h *house) trigger() string {
	h.t.Helper()
	if r := h.Command("U0BOB", "C0REL", "/release", "x"); r.Err() != nil {
		h.t.Fatal(r.Err())
	}
	return h.nextCommand().TriggerID
}

func TestEveryRefusalHasSlacksCode(t *testing.T) {
	h := newHouse(t, slacklocal.Config{NoRates: true, Scopes: slacklocal.AllScopes()})
	h.AddUser(slacklocal.User{ID: "U0GONE", Deleted: true})
	h.AddChannel("C0OLD", "old", "U0ANN")
	old := h.form("chat.postMessage", "xoxb-1", map[string]string{"channel": "C0OLD", "text": "x"}).TS
	h.Archive("C0OLD")
	h.AddChannel("C0OUT", "out", "U0ANN")
	h.RemoveBot("C0OUT")
	h.AddPrivateChannel("C0SECRET", "secret", "U0ANN")
	h.RemoveBot("C0SECRET")
	anns := h.Post("U0ANN", "C0REL", "hello", "")
	own := h.form("chat.postMessage", "xoxb-1", map[string]string{"channel": "C0REL", "text": "x"}).TS
	gone := h.form("chat.postMessage", "xoxb-1", map[string]string{"channel": "C0REL", "text": "x"}).TS
	if r := h.form("chat.delete", "xoxb-1", map[string]string{"channel": "C0REL", "ts": gone}); !r.OK {
		t.Fatal(r.Error)
	}
	if r := h.form("chat.postEphemeral", "xoxb-1", map[string]string{"channel": "C0REL", "user": "U0ANN", "text": "psst"}); !r.OK {
		t.Fatal(r.Error)
	}
	ephemeral := h.Ephemerals("U0ANN")[0].TS
	type a = map[string]string
	for _, c := range []struct {
		name, method, token string
		args                a
		want                string
	}{
		{"no token", "auth.test", "", nil, "not_authed"},
		{"a foreign token", "auth.test", "xoxp-1", nil, "invalid_auth"},
		{"an app token", "auth.test", "xapp-1", nil, "not_allowed_token_type"},
		{"a bot token for the socket", "apps.connections.open", "xoxb-1", nil, "not_allowed_token_type"},
		{"unknown method", "chat.sing", "xoxb-1", nil, "unknown_method"},
		{"scope not granted", "reactions.add", "xoxb-1", nil, "missing_scope"},
		{"no channel", "chat.postMessage", "xoxb-1", a{"text": "x"}, "channel_not_found"},
		{"unknown channel", "chat.postMessage", "xoxb-1", a{"channel": "C9", "text": "x"}, "channel_not_found"},
		{"bot not in it", "chat.postMessage", "xoxb-1", a{"channel": "C0OUT", "text": "x"}, "not_in_channel"},
		{"bot not in a private one", "chat.postMessage", "xoxb-1", a{"channel": "C0SECRET", "text": "x"}, "channel_not_found"},
		{"archived", "chat.postMessage", "xoxb-1", a{"channel": "C0OLD", "text": "x"}, "is_archived"},
		{"update in an archived one", "chat.update", "xoxb-1", a{"channel": "C0OLD", "ts": old, "text": "y"}, "is_archived"},
		{"to somebody deactivated", "chat.postMessage", "xoxb-1", a{"channel": "U0GONE", "text": "x"}, "channel_not_found"},
		{"no such thread", "chat.postMessage", "xoxb-1", a{"channel": "C0REL", "text": "x", "thread_ts": "1.000000"}, "thread_not_found"},
		{"update of nothing", "chat.update", "xoxb-1", a{"channel": "C0REL", "ts": "1.000000", "text": "y"}, "message_not_found"},
		{"update of a deleted one", "chat.update", "xoxb-1", a{"channel": "C0REL", "ts": gone, "text": "y"}, "message_not_found"},
		{"update of an ephemeral one", "chat.update", "xoxb-1", a{"channel": "C0REL", "ts": ephemeral, "text": "y"}, "message_not_found"},
		{"update of a person's", "chat.update", "xoxb-1", a{"channel": "C0REL", "ts": anns, "text": "y"}, "cant_update_message"},
		{"delete of a person's", "chat.delete", "xoxb-1", a{"channel": "C0REL", "ts": anns}, "cant_delete_message"},
		{"ephemeral to an outsider", "chat.postEphemeral", "xoxb-1", a{"channel": "C0REL", "user": "U0CAT", "text": "x"}, "user_not_in_channel"},
		{"ephemeral to nobody", "chat.postEphemeral", "xoxb-1", a{"channel": "C0REL", "text": "x"}, "user_not_in_channel"},
		{"replies of nothing", "conversations.replies", "xoxb-1", a{"channel": "C0REL", "ts": "1.000000"}, "thread_not_found"},
		{"history from outside", "conversations.history", "xoxb-1", a{"channel": "C0OUT"}, "not_in_channel"},
		{"a bad cursor", "conversations.history", "xoxb-1", a{"channel": "C0REL", "cursor": "??"}, "invalid_cursor"},
		{"unknown user", "users.info", "xoxb-1", a{"user": "U9"}, "user_not_found"},
		{"unknown group", "usergroups.users.list", "xoxb-1", a{"usergroup": "S9"}, "no_such_subteam"},
		{"DM with nobody", "conversations.open", "xoxb-1", nil, "users_list_not_supplied"},
		{"DM with somebody deactivated", "conversations.open", "xoxb-1", a{"users": "U0GONE"}, "user_disabled"},
		{"trigger of nobody", "views.open", "xoxb-1", a{"trigger_id": "1.2.x", "view": simpleView}, "invalid_trigger_id"},
		{"view that is none", "views.open", "xoxb-1", a{"trigger_id": "1.2.x", "view": "null"}, "invalid_arguments"},
		{"update of no view", "views.update", "xoxb-1", a{"view_id": "V9", "view": simpleView}, "not_found"},
		{"home of nobody", "views.publish", "xoxb-1", a{"user_id": "U9", "view": homeView}, "user_not_found"},
		{"modal as home", "views.publish", "xoxb-1", a{"user_id": "U0ANN", "view": simpleView}, "invalid_arguments"},
		{"home with an old hash", "views.publish", "xoxb-1", a{"user_id": "U0ANN", "view": homeView, "hash": "1"}, "hash_conflict"},
	} {
		t.Run(c.name, func(t *testing.T) {
			if r := h.form(c.method, c.token, c.args); r.Error != c.want {
				t.Errorf("form: got %q, want %q", r.Error, c.want)
			}
			body := obj{}
			for k, v := range c.args {
				body[k] = v
			}
			if r := h.json(c.method, c.token, body); r.Error != c.want {
				t.Errorf("JSON: got %q, want %q", r.Error, c.want)
			}
		})
	}
	if r := h.form("chat.update", "xoxb-1", a{"channel": "C0REL", "ts": own, "text": "y"}); !r.OK {
		t.Errorf("an own message can't be edited: %s", r.Error)
	}
	for body, want := range map[string]string{`{"channel":`: "invalid_json", `[]`: "json_not_object"} {
		if r := h.json("chat.postMessage", "xoxb-1", body); r.Error != want {
			t.Errorf("body %s: got %q, want %q", body, r.Error, want)
		}
	}
}

const (
	simpleView = `{"type":"modal","title":{"type":"plain_text","text":"Form"},"blocks":[{"type":"divider"}]}`
	homeView   = `{"type":"home","blocks":[{"type":"divider"}]}`
)

func TestTriggersLastThreeSecondsAndOneUse(t *testing.T) {
	c := newClock()
	h := newHouse(t, slacklocal.Config{Now: c.now, NoRates: true})
	h.listen(nil)
	open := func(id string) reply {
		return h.form("views.open", "xoxb-1", map[string]string{"trigger_id": id, "view": simpleView})
	}
	id := h.trigger()
	c.move(2999 * time.Millisecond)
	first := open(id)
	if !first.OK {
		t.Fatalf("refused within 3 s: %s", first.Error)
	}
	if r := open(id); r.Error != "exchanged_trigger_id" {
		t.Errorf("second use: %q", r.Error)
	}
	id = h.trigger()
	c.move(3 * time.Second)
	if r := open(id); r.Error != "expired_trigger_id" {
		t.Errorf("after 3 s: %q", r.Error)
	}
	update := func(hash string) reply {
		return h.form("views.update", "xoxb-1", map[string]string{"view_id": first.View.ID, "hash": hash, "view": simpleView})
	}
	if r := update(first.View.Hash); !r.OK {
		t.Errorf("update with the right hash: %s", r.Error)
	}
	if r := update(first.View.Hash); r.Error != "hash_conflict" {
		t.Errorf("update with the old hash: %q", r.Error)
	}
}

func TestRatesAreSlacks(t *testing.T) {
	c := newClock()
	h := newHouse(t, slacklocal.Config{Now: c.now, PostBurst: 2})
	h.AddChannel("C0OTHER", "other")
	post := func(channel string) reply {
		return h.form("chat.postMessage", "xoxb-1", map[string]string{"channel": channel, "text": "x"})
	}
	ts := post("C0REL").TS
	post("C0REL")
	r := post("C0REL")
	if r.status != 429 || r.Error != "ratelimited" || r.header.Get("Retry-After") != "1" {
		t.Fatalf("third post at once: %d %q, Retry-After %q", r.status, r.Error, r.header.Get("Retry-After"))
	}
	if r := post("C0OTHER"); !r.OK {
		t.Errorf("another channel has a rate of its own: %s", r.Error)
	}
	c.move(time.Second)
	if r := post("C0REL"); !r.OK {
		t.Errorf("after a second: %s", r.Error)
	}
	edits := 0
	for edits < 100 && h.form("chat.update", "xoxb-1", map[string]string{"channel": "C0REL", "ts": ts, "text": "y"}).OK {
		edits++
	}
	if edits != 50 {
		t.Errorf("%d edits at once, want 50 (tier 3)", edits)
	}
	if n := len(h.Calls("chat.postMessage")); n != 5 {
		t.Errorf("%d posts logged, want 5", n)
	}
	if n := len(h.Messages("C0REL")); n != 3 {
		t.Errorf("%d messages, want 3: what is refused has no effect", n)
	}
}

func TestResponseURLLastsThirtyMinutes(t *testing.T) {
	c := newClock()
	h := newHouse(t, slacklocal.Config{Now: c.now})
	h.listen(nil)
	h.trigger()
	address := h.command.ResponseURL
	c.move(30*time.Minute + time.Second)
	if r := h.post(address, `{"text":"late"}`); r.status != 404 || r.Error != "expired_url" {
		t.Errorf("after 30 minutes: %d %q", r.status, r.Error)
	}
	if r := h.post(address+"x", `{"text":"lost"}`); r.status != 404 || r.Error != "no_service" {
		t.Errorf("an address never given: %d %q", r.status, r.Error)
	}
}

func TestScopesAreThoseOfTheManifest(t *testing.T) {
	h := newHouse(t, slacklocal.Config{})
	if r := h.form("auth.test", "xoxb-1", nil); !strings.Contains(r.header.Get("X-OAuth-Scopes"), "chat:write") {
		t.Errorf("bot scopes %q", r.header.Get("X-OAuth-Scopes"))
	}
	if r := h.form("apps.connections.open", "xapp-1", nil); r.header.Get("X-OAuth-Scopes") != "connections:write" {
		t.Errorf("app scopes %q", r.header.Get("X-OAuth-Scopes"))
	}
	for method, needed := range map[string]string{
		"conversations.open": "im:write",
		"conversations.info": "channels:read,groups:read,im:read",
		"users.info":         "",
		"reactions.add":      "reactions:write",
	} {
		r := h.form(method, "xoxb-1", map[string]string{"user": "U0ANN"})
		if (r.Error == "missing_scope") != (needed != "") || r.Needed != needed {
			t.Errorf("%s: %q needs %q, want %q", method, r.Error, r.Needed, needed)
		}
	}
}
