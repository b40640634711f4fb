package slacklocal_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"

	"github.com/releasebot/releasebot/slacklocal"
)

// reply is what the Web API answers.
type reply struct {
	status int
	header http.Header
	OK     bool   `json:"ok"`
	Error  string `json:"error"`
	TS     string `json:"ts"`
	View   struct{ ID, Hash string }
	Meta   struct{ Messages []string } `json:"response_metadata"`
	Needed string                      `json:"needed"`
	URL    string                      `json:"url"`
}

// form calls a method as most clients do: a form with the token in the body.
func (h *house) form(method, token string, values map[string]string) reply {
	h.t.Helper()
	v := url.Values{"token": {token}}
	for k, s := range values {
		v.Set(k, s)
	}
	return h.do(method, "", "application/x-www-form-urlencoded", []byte(v.Encode()))
}

// json calls a method with a JSON body and a Bearer token.
func (h *house) json(method, token string, body any) reply {
	h.t.Helper()
	raw, ok := body.(string)
	if !ok {
		b, err := json.Marshal(body)
		if err != nil {
			h.t.Fatal(err)
		}
		raw = string(b)
	}
	return h.do(method, token, "application/json; charset=utf-8", []byte(raw))
}

func (h *house) do(method, token, kind string, body []byte) reply {
	h.t.Helper()
	return h.send(h.base+"/slack/api/"+method, token, kind, body)
}

// post sends JSON to a response_url.
func (h *house) post(address, body string) reply {
	h.t.Helper()
	return h.send(address, "", "application/json", []byte(body))
}

func (h *house) send(address, token, kind string, body []byte) reply {
	h.t.Helper()
	req, err := http.NewRequestWithContext(h.ctx(), http.MethodPost, address, bytes.NewReader(body))
	if err != nil {
		h.t.Fatal(err)
	}
	req.Header.Set("Content-Type", kind)
	if token != "" {
		req.Header.Set("Authorization", "Bearer "+token)
	}
	resp, err := h.http.Do(req)
	if err != nil {
		h.t.Fatal(err)
	}
	defer func() { _ = resp.Body.Close() }()
	raw, err := io.ReadAll(resp.Body)
	if err != nil {
		h.t.Fatal(err)
	}
	out := reply{status: resp.StatusCode, header: resp.Header}
	if err := json.Unmarshal(raw, &out); err != nil {
		h.t.Fatalf("%s answered %q: %v", address, raw, err)
	}
	return out
}

type obj = map[string]any

func words(n int) string              { return strings.Repeat("ä", n) }
func plainText(n int) obj             { return obj{"type": "plain_text", "text": words(n)} }
func mrkdwn(n int) obj                { return obj{"type": "mrkdwn", "text": words(n)} }
func repeat(n int, v ...any) []any    { return slices.Repeat(v, n) }
func buttonOf(id string) obj          { return obj{"type": "button", "action_id": id, "text": plainText(1)} }
func actionsOf(es ...any) []any       { return []any{obj{"type": "actions", "elements": es}} }
func with(o obj, k string, v any) obj { o[k] = v; return o }

func buttons(n int) []any {
	var out []any
	for i := range n {
		out = append(out, buttonOf(fmt.Sprintf("a%d", i)))
	}
	return out
}

func confirmOf(k string, v any) obj {
	return with(obj{"title": plainText(1), "text": mrkdwn(1), "confirm": plainText(1), "deny": plainText(1)}, k, v)
}

func option(text, value int) obj { return obj{"text": plainText(text), "value": words(value)} }

// menu is a static select with n options that differ.
func menu(n int) obj {
	var options []any
	for i := range n {
		options = append(options, obj{"text": plainText(1), "value": fmt.Sprint(i)})
	}
	return obj{"type": "static_select", "action_id": "a", "options": options}
}

func tableOf(rows, cells int) obj {
	return obj{"type": "table", "rows": repeat(rows, any(repeat(cells, obj{"type": "raw_text", "text": "x"})))}
}

// blockLimit is one limit of Block Kit: blocks that just keep it, and blocks that
// break it by one, with the place that Slack names.
type blockLimit struct {
	name      string
	good, bad []any
	say       string // of the bad one, among response_metadata.messages
}

func blockLimits() []blockLimit {
	sec := func(text any) []any { return []any{obj{"type": "section", "text": text}} }
	btn := func(k string, v any) []any { return actionsOf(with(buttonOf("a"), k, v)) }
	conf := func(k string, v any) []any { return btn("confirm", confirmOf(k, v)) }
	divider := obj{"type": "divider"}
	fields := func(n, size int) []any { return []any{obj{"type": "section", "fields": repeat(n, mrkdwn(size))}} }
	return []blockLimit{
		{"50 blocks", repeat(50, divider), repeat(51, divider), "no more than 50 items allowed [json-pointer:/blocks]"},
		{"section 3000", sec(mrkdwn(3000)), sec(mrkdwn(3001)), "must be less than 3001 characters [json-pointer:/blocks/0/text/text]"},
		{"section empty", sec(mrkdwn(1)), sec(mrkdwn(0)), "must be more than 0 characters [json-pointer:/blocks/0/text/text]"},
		{"section without text", sec(mrkdwn(1)), []any{obj{"type": "section"}}, "missing required field"},
		{"field 2000", fields(1, 2000), fields(1, 2001), "must be less than 2001 characters [json-pointer:/blocks/0/fields/0/text]"},
		{"10 fields", fields(10, 1), fields(11, 1), "no more than 10 items allowed [json-pointer:/blocks/0/fields]"},
		{"header 150", []any{obj{"type": "header", "text": plainText(150)}}, []any{obj{"type": "header", "text": plainText(151)}}, "must be less than 151 characters [json-pointer:/blocks/0/text/text]"},
		{"header mrkdwn", []any{obj{"type": "header", "text": plainText(1)}}, []any{obj{"type": "header", "text": mrkdwn(1)}}, "[json-pointer:/blocks/0/text/type]"},
		{"25 actions", actionsOf(buttons(25)...), actionsOf(buttons(26)...), "no more than 25 items allowed [json-pointer:/blocks/0/elements]"},
		{"no actions", actionsOf(buttons(1)...), []any{obj{"type": "actions", "elements": []any{}}}, "no fewer than 1 items allowed [json-pointer:/blocks/0/elements]"},
		{"10 in context", []any{obj{"type": "context", "elements": repeat(10, mrkdwn(1))}}, []any{obj{"type": "context", "elements": repeat(11, mrkdwn(1))}}, "no more than 10 items allowed [json-pointer:/blocks/0/elements]"},
		{"button text 75", btn("text", plainText(75)), btn("text", plainText(76)), "must be less than 76 characters [json-pointer:/blocks/0/elements/0/text/text]"},
		{"value 2000", btn("value", words(2000)), btn("value", words(2001)), "must be less than 2001 characters [json-pointer:/blocks/0/elements/0/value]"},
		{"action_id 255", btn("action_id", words(255)), btn("action_id", words(256)), "must be less than 256 characters [json-pointer:/blocks/0/elements/0/action_id]"},
		{"action_id unique", actionsOf(buttonOf("a"), buttonOf("b")), actionsOf(buttonOf("a"), buttonOf("a")), "already exists [json-pointer:/blocks/0/elements/1/action_id]"},
		{"block_id 255", []any{obj{"type": "divider", "block_id": words(255)}}, []any{obj{"type": "divider", "block_id": words(256)}}, "must be less than 256 characters [json-pointer:/blocks/0/block_id]"},
		{"block_id unique", []any{obj{"type": "divider", "block_id": "a"}, obj{"type": "divider", "block_id": "b"}}, repeat(2, obj{"type": "divider", "block_id": "a"}), "already exists [json-pointer:/blocks/1/block_id]"},
		{"style", btn("style", "danger"), btn("style", "default"), "[json-pointer:/blocks/0/elements/0/style]"},
		{"100 options", actionsOf(menu(100)), actionsOf(menu(101)), "no more than 100 items allowed [json-pointer:/blocks/0/elements/0/options]"},
		{"option text 75", actionsOf(with(menu(1), "options", []any{option(75, 1)})), actionsOf(with(menu(1), "options", []any{option(76, 1)})), "must be less than 76 characters [json-pointer:/blocks/0/elements/0/options/0/text/text]"},
		{"option value 150", actionsOf(with(menu(1), "options", []any{option(1, 150)})), actionsOf(with(menu(1), "options", []any{option(1, 151)})), "must be less than 151 characters [json-pointer:/blocks/0/elements/0/options/0/value]"},
		{"5 in overflow", actionsOf(obj{"type": "overflow", "options": repeat(5, option(1, 1))}), actionsOf(obj{"type": "overflow", "options": repeat(6, option(1, 1))}), "no more than 5 items allowed"},
		{"confirm title 100", conf("title", plainText(100)), conf("title", plainText(101)), "must be less than 101 characters [json-pointer:/blocks/0/elements/0/confirm/title/text]"},
		{"confirm text 300", conf("text", mrkdwn(300)), conf("text", mrkdwn(301)), "must be less than 301 characters [json-pointer:/blocks/0/elements/0/confirm/text/text]"},
		{"confirm button 30", conf("confirm", plainText(30)), conf("confirm", plainText(31)), "must be less than 31 characters [json-pointer:/blocks/0/elements/0/confirm/confirm/text]"},
		{"deny button 30", conf("deny", plainText(30)), conf("deny", plainText(31)), "must be less than 31 characters [json-pointer:/blocks/0/elements/0/confirm/deny/text]"},
		{"one table", []any{tableOf(1, 1)}, repeat(2, tableOf(1, 1)), "only_one_table_allowed"},
		{"table 100 rows", []any{tableOf(100, 1)}, []any{tableOf(101, 1)}, "no more than 100 items allowed [json-pointer:/blocks/0/rows]"},
		{"table 20 cells", []any{tableOf(1, 20)}, []any{tableOf(1, 21)}, "no more than 20 items allowed [json-pointer:/blocks/0/rows/0]"},
		{"image alt text", []any{obj{"type": "image", "image_url": "https://x/y.png", "alt_text": "y"}}, []any{obj{"type": "image", "image_url": "https://x/y.png"}}, "missing required field: alt_text"},
		{"unknown block", repeat(1, divider), []any{obj{"type": "sparkle"}}, "unsupported type: sparkle [json-pointer:/blocks/0/type]"},
		{"block without type", repeat(1, divider), []any{obj{"text": plainText(1)}}, "missing required field: type [json-pointer:/blocks/0]"},
		{"alert outside a stream", repeat(1, divider), []any{obj{"type": "alert", "text": mrkdwn(1)}}, "unsupported type: alert"},
		{"card outside a stream", repeat(1, divider), []any{obj{"type": "card"}}, "unsupported type: card"},
		{"unknown field", repeat(1, divider), []any{obj{"type": "divider", "colour": "red"}}, "invalid additional property: colour [json-pointer:/blocks/0]"},
		{"text input in actions", actionsOf(buttonOf("a")), actionsOf(obj{"type": "plain_text_input", "action_id": "a"}), "unsupported type: plain_text_input"},
		{"emoji on mrkdwn", sec(mrkdwn(1)), sec(with(mrkdwn(1), "emoji", true)), "invalid additional property: emoji"},
	}
}

func TestEveryBlockLimitIsSlacks(t *testing.T) {
	h := newHouse(t, slacklocal.Config{NoRates: true})
	root := h.json("chat.postMessage", "xoxb-1", obj{"channel": "C0REL", "text": "card"})
	for _, l := range blockLimits() {
		t.Run(l.name, func(t *testing.T) {
			for _, call := range []struct {
				method string
				more   obj
			}{
				{"chat.postMessage", obj{}},
				{"chat.update", obj{"ts": root.TS}},
				{"chat.postEphemeral", obj{"user": "U0ANN"}},
			} {
				body := func(blocks []any) obj {
					return with(with(with(call.more, "channel", "C0REL"), "text", "x"), "blocks", blocks)
				}
				if r := h.json(call.method, "xoxb-1", body(l.good)); !r.OK {
					t.Errorf("%s refuses what just keeps the limit: %s %q", call.method, r.Error, r.Meta.Messages)
				}
				r := h.json(call.method, "xoxb-1", body(l.bad))
				if r.OK || r.Error != "invalid_blocks" || !strings.Contains(strings.Join(r.Meta.Messages, "\n"), l.say) {
					t.Errorf("%s: got %s %q, want invalid_blocks saying %q", call.method, r.Error, r.Meta.Messages, l.say)
				}
			}
		})
	}
	// What was refused left no trace, whatever the method.
	if m, _ := h.Message("C0REL", root.TS); len(m.History) != len(blockLimits()) {
		t.Errorf("%d edits, want one for each good update", len(m.History))
	}
}

func TestEveryViewLimitIsSlacks(t *testing.T) {
	h := newHouse(t, slacklocal.Config{NoRates: true})
	h.listen(nil)
	divider := obj{"type": "divider"}
	view := func(k string, v any) obj {
		return with(obj{"type": "modal", "title": plainText(24), "submit": plainText(24), "close": plainText(24), "blocks": []any{divider}}, k, v)
	}
	input := obj{"type": "input", "label": plainText(1), "element": obj{"type": "plain_text_input", "action_id": "a"}}
	noSubmit := view("blocks", []any{input})
	delete(noSubmit, "submit")
	noTitle := view("callback_id", "x")
	delete(noTitle, "title")
	limits := []struct {
		name      string
		good, bad obj
		say       string
	}{
		{"title 24", view("title", plainText(24)), view("title", plainText(25)), "must be less than 25 characters [json-pointer:/view/title/text]"},
		{"submit 24", view("submit", plainText(24)), view("submit", plainText(25)), "must be less than 25 characters [json-pointer:/view/submit/text]"},
		{"close 24", view("close", plainText(24)), view("close", plainText(25)), "must be less than 25 characters [json-pointer:/view/close/text]"},
		{"private_metadata 3000", view("private_metadata", words(3000)), view("private_metadata", words(3001)), "must be less than 3001 characters [json-pointer:/view/private_metadata]"},
		{"callback_id 255", view("callback_id", words(255)), view("callback_id", words(256)), "must be less than 256 characters [json-pointer:/view/callback_id]"},
		{"100 blocks", view("blocks", repeat(100, divider)), view("blocks", repeat(101, divider)), "no more than 100 items allowed [json-pointer:/view/blocks]"},
		{"a title", view("callback_id", ""), noTitle, "missing required field: title [json-pointer:/view]"},
		{"submit with an input", view("blocks", []any{input}), noSubmit, "missing required field: submit"},
		{"no markdown", view("callback_id", ""), view("blocks", []any{obj{"type": "markdown", "text": "x"}}), "unsupported type: markdown [json-pointer:/view/blocks/0/type]"},
		{"section 3000", view("blocks", []any{obj{"type": "section", "text": mrkdwn(3000)}}), view("blocks", []any{obj{"type": "section", "text": mrkdwn(3001)}}), "[json-pointer:/view/blocks/0/text/text]"},
	}
	for _, l := range limits {
		t.Run(l.name, func(t *testing.T) {
			r := h.json("views.open", "xoxb-1", obj{"trigger_id": h.trigger(), "view": l.good})
			if !r.OK {
				t.Fatalf("refuses what just keeps the limit: %s %q", r.Error, r.Meta.Messages)
			}
			refused := []reply{
				h.json("views.open", "xoxb-1", obj{"trigger_id": h.trigger(), "view": l.bad}),
				h.json("views.update", "xoxb-1", obj{"view_id": r.View.ID, "view": l.bad}),
			}
			for _, r := range refused {
				if r.Error != "invalid_arguments" || !strings.Contains(strings.Join(r.Meta.Messages, "\n"), l.say) {
					t.Errorf("got %s %q, want invalid_arguments saying %q", r.Error, r.Meta.Messages, l.say)
				}
			}
		})
	}
}

func TestTextLimits(t *testing.T) {
	h := newHouse(t, slacklocal.Config{NoRates: true})
	ts := h.form("chat.postMessage", "xoxb-1", map[string]string{"channel": "C0REL", "text": words(40000)}).TS
	if ts == "" {
		t.Fatal("a text of 40,000 characters is refused")
	}
	md := func(n int) string { return fmt.Sprintf(`[{"type":"markdown","text":%q}]`, strings.Repeat("x", n)) }
	var sections []obj
	for range 5 {
		sections = append(sections, obj{"type": "section", "text": mrkdwn(2500)})
	}
	long, err := json.Marshal(sections)
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		name, method string
		args         map[string]string
		want         string
	}{
		{"post 40,001", "chat.postMessage", map[string]string{"text": words(40001)}, "msg_too_long"},
		{"update 4,001", "chat.update", map[string]string{"ts": ts, "text": words(4001)}, "msg_too_long"},
		{"update 4,000", "chat.update", map[string]string{"ts": ts, "text": words(4000)}, ""},
		{"markdown 12,000", "chat.postMessage", map[string]string{"text": "x", "blocks": md(12000)}, ""},
		{"markdown 12,001", "chat.postMessage", map[string]string{"text": "x", "blocks": md(12001)}, "msg_blocks_too_long"},
		{"12,500 in sections", "chat.postMessage", map[string]string{"text": "x", "blocks": string(long)}, "msg_blocks_too_long"},
		{"no text", "chat.postMessage", map[string]string{}, "no_text"},
		{"empty text", "chat.postMessage", map[string]string{"text": ""}, "no_text"},
		{"blank text", "chat.postMessage", map[string]string{"text": " \n"}, "no_text"},
		{"no text, no blocks", "chat.postMessage", map[string]string{"blocks": "[]"}, "no_text"},
		{"update without text", "chat.update", map[string]string{"ts": ts}, "no_text"},
		{"blocks null", "chat.postMessage", map[string]string{"text": "x", "blocks": "null"}, "invalid_blocks_format"},
		{"blocks an object", "chat.postMessage", map[string]string{"text": "x", "blocks": "{}"}, "invalid_blocks_format"},
		{"blocks of null", "chat.postMessage", map[string]string{"text": "x", "blocks": "[null]"}, "invalid_blocks_format"},
		{"blocks cut off", "chat.postMessage", map[string]string{"text": "x", "blocks": `[{"type":`}, "invalid_blocks_format"},
		{"metadata no object", "chat.postMessage", map[string]string{"text": "x", "metadata": `"x"`}, "invalid_metadata_format"},
		{"metadata without type", "chat.postMessage", map[string]string{"text": "x", "metadata": `{"event_payload":{}}`}, "invalid_metadata_schema"},
	} {
		t.Run(c.name, func(t *testing.T) {
			c.args["channel"] = "C0REL"
			if r := h.form(c.method, "xoxb-1", c.args); r.Error != c.want {
				t.Errorf("got %q, want %q", r.Error, c.want)
			}
		})
	}
	if r := h.json("chat.postMessage", "xoxb-1", `{"channel":"C0REL","text":"x","blocks":null}`); r.Error != "invalid_blocks_format" {
		t.Errorf("blocks null in JSON: %q", r.Error)
	}
}
