package slacklocal_test

import (
	"encoding/json"
	"flag"
	"os"
	"path/filepath"
	"slices"
	"testing"

	"github.com/releasebot/releasebot/slacklocal"
)

var update = flag.Bool("update", false, "write the rendered texts to testdata")

// TestRender renders each testdata/*.json (the arguments of a chat.postMessage) and
// compares with the .txt beside it.
func TestRender(t *testing.T) {
	files, err := filepath.Glob("testdata/*.json")
	if err != nil || len(files) == 0 {
		t.Fatalf("no testdata: %v", err)
	}
	for _, f := range files {
		t.Run(filepath.Base(f), func(t *testing.T) {
			h := newHouse(t, slacklocal.Config{})
			raw, err := os.ReadFile(f)
			if err != nil {
				t.Fatal(err)
			}
			var body obj
			if err := json.Unmarshal(raw, &body); err != nil {
				t.Fatal(err)
			}
			body["channel"] = "C0REL"
			if r := h.json("chat.postMessage", "xoxb-1", body); !r.OK {
				t.Fatalf("%s %q", r.Error, r.Meta.Messages)
			}
			got := h.Render(h.Messages("C0REL")[0]) + "\n"
			golden := f[:len(f)-len(".json")] + ".txt"
			if *update {
				if err := os.WriteFile(golden, []byte(got), 0o600); err != nil {
					t.Fatal(err)
				}
			}
			want, err := os.ReadFile(golden)
			if err != nil {
				t.Fatal(err)
			}
			if got != string(want) {
				t.Errorf("rendered:\n%s\nwant:\n%s", got, want)
			}
		})
	}
}

func TestRenderThread(t *testing.T) {
	h := newHouse(t, slacklocal.Config{})
	root := h.Post("U0ANN", "C0REL", "@releasebot ship it & tell #releases", "")
	h.form("chat.postMessage", "xoxb-1", map[string]string{"channel": "C0REL", "thread_ts": root, "text": "*done*: 2 &gt; 1"})
	reply := h.Thread("C0REL", root)[1]
	h.form("chat.update", "xoxb-1", map[string]string{"channel": "C0REL", "ts": reply.TS, "text": "rolled back"})
	want := "@ann\n  @releasebot ship it & tell #releases\n  @releasebot (edited)\n    rolled back"
	if got := h.RenderThread("C0REL", root); got != want {
		t.Errorf("rendered:\n%s\nwant:\n%s", got, want)
	}
}

// TestPinged is what proves that content notifies nobody: it must see every way of
// notifying, and nothing in what is escaped.
func TestPinged(t *testing.T) {
	section := func(kind, text string) string {
		b, err := json.Marshal([]obj{{"type": "section", "text": obj{"type": kind, "text": text}}})
		if err != nil {
			t.Fatal(err)
		}
		return string(b)
	}
	for _, c := range []struct {
		name   string
		args   map[string]string
		target string
		users  []string
	}{
		{"text", map[string]string{"text": "hi <!channel>"}, "channel", []string{"U0ANN", "U0BOB"}},
		{"here with a label", map[string]string{"text": "<!here|here>"}, "here", []string{"U0ANN", "U0BOB"}},
		{"a user", map[string]string{"text": "<@U0CAT>"}, "U0CAT", []string{"U0CAT"}},
		{"a group", map[string]string{"text": "<!subteam^S0ONCALL|@oncall>"}, "S0ONCALL", []string{"U0BOB"}},
		{"mrkdwn", map[string]string{"text": "x", "blocks": section("mrkdwn", "<!everyone>")}, "everyone", []string{"U0ANN", "U0BOB"}},
		{"markdown", map[string]string{"text": "x", "blocks": `[{"type":"markdown","text":"<@U0ANN>"}]`}, "U0ANN", []string{"U0ANN"}},
		{"rich text", map[string]string{"text": "x", "blocks": `[{"type":"rich_text","elements":[{"type":"rich_text_section","elements":[{"type":"broadcast","range":"here"}]}]}]`}, "here", []string{"U0ANN", "U0BOB"}},
		{"link_names", map[string]string{"text": "@ann look", "link_names": "1"}, "U0ANN", []string{"U0ANN"}},
		{"plain_text", map[string]string{"text": "x", "blocks": section("plain_text", "<!channel>")}, "", nil},
		{"escaped", map[string]string{"text": "&lt;!channel&gt; &lt;@U0ANN&gt;"}, "", nil},
		{"a name", map[string]string{"text": "@ann @channel"}, "", nil},
		{"a link", map[string]string{"text": "<https://example.com|@channel>"}, "", nil},
	} {
		t.Run(c.name, func(t *testing.T) {
			h := newHouse(t, slacklocal.Config{})
			c.args["channel"] = "C0REL"
			if r := h.form("chat.postMessage", "xoxb-1", c.args); !r.OK {
				t.Fatal(r.Error, r.Meta.Messages)
			}
			p := h.Pinged()
			if c.target == "" {
				if len(p) != 0 {
					t.Errorf("pinged %+v", p)
				}
				return
			}
			if len(p) != 1 || p[0].Target != c.target || !slices.Equal(p[0].Users, c.users) {
				t.Errorf("pinged %+v, want %s reaching %v", p, c.target, c.users)
			}
		})
	}
}
