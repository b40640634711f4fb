package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"time"

	"github.com/rogpeppe/go-internal/testscript"

	"github.com/releasebot/releasebot/agent"
	"github.com/releasebot/releasebot/slacklocal"
)

// patience is how long anything may take on a busy machine; what is waited for mostly comes at once.
const patience = 2 * time.Minute

// goneWithin is promised to be 10 seconds, from SIGTERM until the program has ended. A busy machine is given three times that here.
const goneWithin = 3 * 10 * time.Second

// world is what a script's program runs against.
type world struct {
	slack *slacklocal.Workspace
	ts    string // of the message said last
}

type worldKey struct{}

func worldOf(ts *testscript.TestScript) *world { return ts.Value(worldKey{}).(*world) }

func (w *world) close() {
	if w.slack != nil {
		w.slack.Close()
	}
}

// slack [without SCOPE]: starts a workspace with ann, bob and a channel, and sets tokens and address. It grants the bot what manifest.yml asks for.
func cmdSlack(ts *testscript.TestScript, _ bool, args []string) {
	w := worldOf(ts)
	w.close()
	scopes := slacklocal.ManifestScopes()
	if len(args) == 2 && args[0] == "without" {
		if !slices.Contains(scopes, args[1]) {
			ts.Fatalf("manifest.yml does not ask for %s", args[1])
		}
		scopes = slices.DeleteFunc(scopes, func(s string) bool { return s == args[1] })
	}
	w.slack = slacklocal.New(slacklocal.Config{Scopes: scopes})
	base, err := w.slack.Start("127.0.0.1:0")
	ts.Check(err)
	w.slack.AddUser(slacklocal.User{ID: "U0ANN", Name: "ann"})
	w.slack.AddUser(slacklocal.User{ID: "U0BOB", Name: "bob"})
	w.slack.AddChannel("C0REL", "releases", "U0ANN", "U0BOB", w.slack.Identity().BotUserID)
	ts.Setenv("SLACK_API_URL", base+"/slack/api")
	ts.Setenv("SLACK_BOT_TOKEN", "xoxb-secret-of-the-bot")
	ts.Setenv("SLACK_APP_TOKEN", "xapp-secret-of-the-app")
}

// numbers FILE: serves what stands in the file at each moment, as JSON, at the address that replaces @numbers@ in releasebot.yml.
func cmdNumbers(ts *testscript.TestScript, _ bool, args []string) {
	file := ts.MkAbs(args[0])
	server := httptest.NewServer(http.HandlerFunc(func(rw http.ResponseWriter, r *http.Request) {
		rw.Header().Set("Content-Type", "application/json")
		http.ServeFile(rw, r, file)
	}))
	ts.Defer(server.Close)
	path := ts.MkAbs("releasebot.yml")
	b, err := os.ReadFile(path) //nolint:gosec // the script's
	ts.Check(err)
	ts.Check(os.WriteFile(path, []byte(strings.ReplaceAll(string(b), "@numbers@", server.URL)), 0o600)) //nolint:gosec // the script's
}

// metrics LINE…: waits until /metrics has each of these lines.
func cmdMetrics(ts *testscript.TestScript, _ bool, args []string) {
	last := ""
	if !eventually(func() bool {
		_, last, _ = get("http://" + ts.Getenv("RELEASEBOT_HTTP_ADDR") + "/metrics")
		return !slices.ContainsFunc(args, func(line string) bool { return !strings.Contains(last, "\n"+line+"\n") })
	}) {
		ts.Fatalf("the metrics have not all of %q:\n%s", args, last)
	}
}

// ready [ADDR [TEXT]]: waits until serve says that it is; ! ready: until it says that it isn't; each with TEXT among what it says.
func cmdReady(ts *testscript.TestScript, neg bool, args []string) {
	addr, text := ts.Getenv("RELEASEBOT_HTTP_ADDR"), ""
	if len(args) > 0 {
		addr = args[0]
	}
	if len(args) > 1 {
		text = args[1]
	}
	want := http.StatusOK
	if neg {
		want = http.StatusServiceUnavailable
	}
	last := ""
	ok := eventually(func() bool {
		var status int
		status, last, _ = get("http://" + addr + "/readyz")
		return status == want && strings.Contains(last, text)
	})
	fmt.Fprintln(ts.Stdout(), last)
	if !ok {
		ts.Fatalf("readyz at %s does not say %d %s: %s", addr, want, text, last)
	}
}

// eventually waits for something outside this process.
func eventually(ok func() bool) bool {
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	tick := time.NewTicker(10 * time.Millisecond)
	defer tick.Stop()
	for !ok() {
		select {
		case <-ctx.Done():
			return false
		case <-tick.C:
		}
	}
	return true
}

// say USER TEXT: says something in the channel, and sets THREAD to the id that its thread has.
func cmdSay(ts *testscript.TestScript, _ bool, args []string) {
	w := worldOf(ts)
	w.ts = w.slack.Post(args[0], "C0REL", args[1], "")
	ts.Setenv("THREAD", string(agent.SlackThreadID(w.slack.Identity().TeamID, "C0REL", w.ts)))
}

// waitfile FILE: waits until a file is there.
func cmdWaitFile(ts *testscript.TestScript, _ bool, args []string) {
	path := ts.MkAbs(args[0])
	if !eventually(func() bool { _, err := os.Stat(path); return err == nil }) {
		ts.Fatalf("%s does not come", args[0])
	}
}

// reply USER TEXT: says something in the thread that was begun last.
func cmdReply(ts *testscript.TestScript, _ bool, args []string) {
	w := worldOf(ts)
	w.slack.Post(args[0], "C0REL", args[1], w.ts)
}

// shown TEXT…: waits until the thread of what was said last shows each text.
func cmdShown(ts *testscript.TestScript, _ bool, args []string) {
	w := worldOf(ts)
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	err := w.slack.WaitFor(ctx, func() bool {
		text := w.slack.RenderThread("C0REL", w.ts)
		for _, a := range args {
			if !strings.Contains(text, a) {
				return false
			}
		}
		return true
	})
	if err != nil {
		ts.Fatalf("the thread does not show %q (%v):\n%s", args, err, w.slack.RenderThread("C0REL", w.ts))
	}
}

// click USER WORDS: waits until the thread shows a button of that name, and clicks the newest.
func cmdClick(ts *testscript.TestScript, _ bool, args []string) {
	w := worldOf(ts)
	err := errors.New("there is no such button")
	if !eventually(func() bool {
		for _, m := range slices.Backward(w.slack.Thread("C0REL", w.ts)) {
			for _, b := range slacklocal.Buttons(m.Blocks) {
				if b.Text == args[1] {
					err = w.slack.Click(args[0], "C0REL", m.TS, args[1])
					return err == nil
				}
			}
		}
		return false
	}) {
		ts.Fatalf("clicking %q: %v:\n%s", args[1], err, w.slack.RenderThread("C0REL", w.ts))
	}
}

// state WORD [ADDR]: waits until the API says that the thread of what was said last is in this state.
func cmdState(ts *testscript.TestScript, _ bool, args []string) {
	addr := ts.Getenv("RELEASEBOT_HTTP_ADDR")
	if len(args) > 1 {
		addr = args[1]
	}
	last := ""
	ok := eventually(func() bool {
		var err error
		_, last, err = get("http://" + addr + "/v1/threads/" + ts.Getenv("THREAD"))
		var thread struct{ State string }
		return err == nil && json.Unmarshal([]byte(last), &thread) == nil && thread.State == args[0]
	})
	if !ok {
		ts.Fatalf("the thread is not %s: %s", args[0], last)
	}
}

func get(url string) (status int, body string, err error) {
	resp, err := http.Get(url)
	if err != nil {
		return 0, err.Error(), err
	}
	defer resp.Body.Close()
	b, err := io.ReadAll(resp.Body)
	return resp.StatusCode, string(b), err
}

// term: sends SIGTERM to what runs in the background, and waits until it has ended, in time.
func cmdTerm(ts *testscript.TestScript, _ bool, _ []string) {
	began := time.Now()
	for _, c := range ts.BackgroundCmds() {
		ts.Check(c.Process.Signal(syscall.SIGTERM))
	}
	for _, c := range ts.BackgroundCmds() {
		awaitEnd(ts, c)
	}
	if took := time.Since(began); took > goneWithin {
		ts.Fatalf("it took %s to stop", took)
	}
}

func awaitEnd(ts *testscript.TestScript, c *exec.Cmd) {
	if !eventually(func() bool { return c.Process.Signal(syscall.Signal(0)) != nil }) {
		ts.Fatalf("%s does not end", filepath.Base(c.Path))
	}
}
