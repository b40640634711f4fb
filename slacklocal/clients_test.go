package slacklocal_test

import (
	"bytes"
	"context"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/releasebot/releasebot/slacklocal"
)

// node finds Node and Slack's clients, or skips (fails where RELEASEBOT_REQUIRE_NODE=1).
func node(t *testing.T) string {
	t.Helper()
	missing := func(why string) {
		t.Helper()
		if os.Getenv("RELEASEBOT_REQUIRE_NODE") == "1" {
			t.Fatal(why)
		}
		t.Skip(why)
	}
	path, err := exec.LookPath("node")
	if err != nil {
		missing("node is not on the PATH: Slack's own clients are not tried")
	}
	if _, err := os.Stat(filepath.Join("clients", "node_modules", "@slack", "bolt")); err != nil {
		missing("Slack's own clients are not installed: run `npm ci` in slacklocal/clients")
	}
	return path
}

// run starts clients/app.mjs and ends it with the test.
func (h *house) run(path, kind string) {
	h.t.Helper()
	ctx, cancel := context.WithCancel(context.Background())
	cmd := exec.CommandContext(ctx, path, "app.mjs", kind)
	cmd.Dir = "clients"
	cmd.Env = append(os.Environ(), "SLACK_API_URL="+h.base+"/slack/api/", "SLACK_BOT_TOKEN=xoxb-1", "SLACK_APP_TOKEN=xapp-1")
	var out bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &out
	in, err := cmd.StdinPipe()
	if err != nil {
		h.t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		h.t.Fatal(err)
	}
	h.t.Cleanup(func() {
		defer cancel()
		_ = in.Close()
		if err := cmd.Wait(); err != nil {
			h.t.Errorf("node: %v", err)
		}
		if s := out.String(); s != "" {
			h.t.Errorf("the client complains:\n%s", s)
		}
	})
	h.wait(kind, func() bool { return h.Connected() == 1 })
}

// TestSlacksOwnClients plays one and the same conversation before Bolt and before the
// plain clients.
func TestSlacksOwnClients(t *testing.T) {
	path := node(t)
	for _, kind := range []string{"bolt", "socket-mode"} {
		t.Run(kind, func(t *testing.T) {
			h := newHouse(t, slacklocal.Config{AckWithin: patience, TriggerWithin: patience}) // Node may be slow to begin with
			h.run(path, kind)

			card := func() slacklocal.Message {
				root := h.Post("U0ANN", "C0REL", "@releasebot deploy shop 1.4.2", "")
				h.wait("card", func() bool { return len(h.Thread("C0REL", root)) == 2 })
				return h.Thread("C0REL", root)[1]
			}
			says := func(ts, text string) {
				t.Helper()
				h.wait(text, func() bool { m, _ := h.Message("C0REL", ts); return m.Text == text })
			}

			first := card()
			want := "@releasebot\n  # Release shop 1.4.2\n  Asked for by @ann\n  [Approve] [Reject]"
			if got := h.Render(first); got != want {
				t.Errorf("rendered:\n%s\nwant:\n%s", got, want)
			}
			if first.Metadata == nil || first.Metadata.EventPayload["key"] != "k1" {
				t.Errorf("metadata %+v", first.Metadata)
			}
			if err := h.Click("U0BOB", "C0REL", first.TS, "Approve"); err != nil {
				t.Fatal(err)
			}
			says(first.TS, "approved by <@U0BOB>")
			h.wait("thanks", func() bool { return len(h.Ephemerals("U0BOB")) == 1 })

			second := card()
			if err := h.Click("U0BOB", "C0REL", second.TS, "Reject"); err != nil {
				t.Fatal(err)
			}
			h.wait("form", func() bool { return len(h.Views("U0BOB")) == 1 })
			form := h.Views("U0BOB")[0]
			for _, reason := range []string{"no", "backend first"} {
				r, err := h.SubmitView("U0BOB", form.ID, map[string]string{"reason": reason})
				if err != nil {
					t.Fatal(err)
				}
				if err := r.Wait(h.ctx()); err != nil {
					t.Fatal(err)
				}
				if refused := reason == "no"; refused != (r.Errors()["reason"] != "") {
					t.Errorf("reason %q: errors %v", reason, r.Errors())
				}
			}
			says(second.TS, "rejected: backend first")

			reply := h.Command("U0ANN", "C0REL", "/release", "status shop")
			h.wait("answers", func() bool { return reply.Err() != nil || len(reply.Messages()) == 2 })
			if err := reply.Err(); err != nil {
				t.Fatal(err)
			}
			// The ack goes over the socket, the second answer over HTTP: either may be first.
			answers := []string{reply.Messages()[0].Text, reply.Messages()[1].Text}
			slices.Sort(answers)
			if !slices.Equal(answers, []string{"all healthy", "looking at status shop"}) {
				t.Errorf("answers %q", answers)
			}

			h.Post("U0ANN", h.DM("U0ANN"), "hello", "")
			h.wait("direct message", func() bool {
				m := h.Messages(h.DM("U0ANN"))
				return len(m) == 2 && m[1].Text == "you said: hello"
			})
			h.wait("acks", h.Idle)
			for _, a := range h.Acks() {
				if !a.Counted {
					t.Errorf("an ack did not count: %s", a.Why)
				}
			}
			if kind == "socket-mode" { // Bolt waits 5 s before it comes back
				h.comesBack(t)
			}
			if bad := h.failedCalls(); len(bad) > 0 {
				t.Errorf("calls that failed: %s", strings.Join(bad, ", "))
			}
		})
	}
}

// comesBack refreshes the socket, as Slack does every few hours, and looks whether
// the client hears what is said afterwards.
func (h *house) comesBack(t *testing.T) {
	t.Helper()
	before := h.Sockets()[0].ID
	h.Disconnect("refresh_requested")
	h.wait("reconnect", func() bool {
		s := h.Sockets()
		return len(s) == 1 && s[0].ID != before && s[0].Ready
	})
	root := h.Post("U0ANN", "C0REL", "@releasebot again", "")
	h.wait("card after a refresh", func() bool { return len(h.Thread("C0REL", root)) == 2 })
}

func (h *house) failedCalls() []string {
	var out []string
	for _, c := range h.Calls() {
		if c.Result != "ok" {
			out = append(out, c.Method+": "+c.Result)
		}
	}
	return out
}
