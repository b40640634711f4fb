package slacklocal_test

import (
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"

	"github.com/releasebot/releasebot/slacklocal"
)

// FuzzBlocks: whatever is sent as blocks, the answer is JSON that says ok or one of
// Slack's errors, and what was taken can be rendered.
func FuzzBlocks(f *testing.F) {
	for _, l := range blockLimits() {
		for _, blocks := range [][]any{l.good, l.bad} {
			if raw, err := json.Marshal(blocks); err == nil && len(raw) < 2000 {
				f.Add(string(raw))
			}
		}
	}
	f.Add("null")
	f.Add(`[{"type":"section","text":"x"},{"type":["section"]},{"type":"actions","elements":{"a":1}}]`)
	f.Add(`[{"type":"table","rows":[[1],2]},{"type":"rich_text","elements":[{"type":"rich_text_section","elements":[3]}]}]`)
	f.Add(`[{"type":"section","text":{"type":"mrkdwn","text":"<|x> <@> <!> <#|> <!subteam^>"}}]`)
	f.Fuzz(func(t *testing.T, blocks string) {
		ws := slacklocal.New(slacklocal.Config{NoRates: true})
		defer ws.Close()
		ws.AddUser(slacklocal.User{ID: "U0ANN"})
		ws.AddChannel("C0REL", "releases", "U0ANN")
		body := url.Values{"token": {"xoxb-1"}, "channel": {"C0REL"}, "text": {blocks}, "blocks": {blocks}}
		r := httptest.NewRequest(http.MethodPost, "/slack/api/chat.postMessage", strings.NewReader(body.Encode()))
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
		w := httptest.NewRecorder()
		ws.Handler().ServeHTTP(w, r)
		var out reply
		if err := json.Unmarshal(w.Body.Bytes(), &out); err != nil {
			t.Fatalf("answer %q: %v", w.Body, err)
		}
		switch out.Error {
		case "", "invalid_blocks", "invalid_blocks_format", "msg_blocks_too_long", "msg_too_long", "no_text":
		default:
			t.Fatalf("error %q", out.Error)
		}
		if out.OK != (len(ws.Messages("C0REL")) == 1) {
			t.Fatal("ok and effect differ")
		}
		for _, m := range ws.Messages("C0REL") {
			ws.Render(m)
		}
		ws.Post("U0ANN", "C0REL", blocks, "")
		ws.RenderThread("C0REL", ws.Messages("C0REL")[0].TS)
	})
}
