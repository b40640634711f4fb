package main

import (
	"bytes"
	"context"
	"net"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/releasebot/releasebot/agent"
)

func TestMarkdownOfWhatPeopleWroteIsPlainText(t *testing.T) {
	for in, want := range map[string]string{
		"[click](https://evil)":   `\[click\]\(https\://evil\)`,
		"![x](y)":                 `\!\[x\]\(y\)`,
		"<script>&amp;":           "&lt;script&gt;&amp;amp;",
		"*bold* _it_ `code` ~~x~": "\\*bold\\* \\_it\\_ \\`code\\` \\~\\~x\\~",
		"a | b":                   `a \| b`,
		`back\slash`:              `back\\slash`,
		"@ann #12":                "\\@\u2060ann \\#\u206012",
		"v1.4.2 to production":    "v1.4.2 to production",
	} {
		if got := markdown(in); got != want {
			t.Errorf("markdown(%q) = %q, want %q", in, got, want)
		}
	}
}

func TestOneLineKeepsTheTerminalSafe(t *testing.T) {
	for in, want := range map[string]string{
		"a\nb\tc":              "a b c",
		"\x1b[31mred\x1b[0m":   "[31mred [0m",
		"a\u202eb":             "a b",
		strings.Repeat("é", 9): "ééééééé…",
		"\u0085x\u2028y":       "x y",
	} {
		if got := oneLine(in, 8+4*strings.Count(in, "[")); got != want {
			t.Errorf("oneLine(%q) = %q, want %q", in, got, want)
		}
	}
}

func TestLogNames(t *testing.T) {
	for in, want := range map[string]string{
		"tk3m9x2q7p4ab":       "tk3m9x2q7p4ab",
		" k3m9x2q7p4ab-1 ":    "tk3m9x2q7p4ab",
		"K3M9X2Q7P4AB-2.3":    "tk3m9x2q7p4ab",
		"`k3m9x2q7p4ab-1`":    "tk3m9x2q7p4ab",
		"env:shop/production": "env:shop/production",
	} {
		if got, err := logName(in); err != nil || got != want {
			t.Errorf("logName(%q) = %q, %v; want %q", in, got, err, want)
		}
	}
	for _, in := range []string{"", "t", "shop", "env:", "env:shop", "k3m9x2q7p4ab", "tk3m9x2q7p4ab\x00", "../../etc/passwd"} {
		if got, err := logName(in); err == nil {
			t.Errorf("logName(%q) = %q, want an error", in, got)
		}
	}
}

// fixedLogs has one log.
type fixedLogs map[string][][]byte

func (f fixedLogs) Threads(context.Context) ([]agent.ThreadLine, error) {
	return []agent.ThreadLine{{ID: "tk3m9x2q7p4ab", State: "open", Title: "<shop>"}}, nil
}
func (f fixedLogs) Records(_ context.Context, log string) ([][]byte, error) { return f[log], nil }
func (f fixedLogs) Close() error                                            { return nil }

func TestTheSocketGivesEveryByteAndBelongsToItsUserAlone(t *testing.T) {
	records := [][]byte{[]byte(`{"a":"\u2028 é <b>"}`), []byte(`{ "b": "x\r" }`)}
	for name, data := range map[string]string{"short": shortDir(t), "long": filepath.Join(shortDir(t), strings.Repeat("long", 40))} {
		t.Run(name, func(t *testing.T) {
			if err := os.MkdirAll(data, 0o755); err != nil { // the folder is open to others, the socket is not
				t.Fatal(err)
			}
			ctx, stop := context.WithCancel(t.Context())
			ended := make(chan error, 1)
			go func() { ended <- serveLogs(ctx, data, fixedLogs{"env:shop/a b": records}) }()
			var l logs
			if !eventually(func() (ok bool) { got, err := dialLogs(ctx, data); l = got; return err == nil }) {
				t.Fatal("nobody answers")
			}
			info, err := os.Stat(socketPath(data))
			if err != nil || info.Mode().Perm() != 0o600 {
				t.Errorf("the socket's mode is %v (%v), want 0600", info.Mode(), err)
			}
			got, err := l.Records(ctx, "env:shop/a b")
			if err != nil || !bytes.Equal(bytes.Join(got, []byte("\n")), bytes.Join(records, []byte("\n"))) {
				t.Errorf("records are %q, %v; want %q", got, err, records)
			}
			if none, err := l.Records(ctx, "tnone"); err != nil || len(none) != 0 {
				t.Errorf("an unknown log has records %q, %v", none, err)
			}
			threads, err := l.Threads(ctx)
			if err != nil || len(threads) != 1 || threads[0].Title != "<shop>" {
				t.Errorf("threads are %v, %v", threads, err)
			}
			stop()
			if err := <-ended; err != nil {
				t.Errorf("serveLogs ended with %v", err)
			}
			if _, err := os.Lstat(socketPath(data)); err == nil {
				t.Error("the socket is still there")
			}
		})
	}
}

func TestASocketThatADeadServeLeftIsReplaced(t *testing.T) {
	data := shortDir(t)
	ln, err := net.Listen("unix", socketPath(data))
	if err != nil {
		t.Fatal(err)
	}
	ln.(*net.UnixListener).SetUnlinkOnClose(false)
	if err := ln.Close(); err != nil {
		t.Fatal(err)
	}
	if _, err := dialLogs(t.Context(), data); err == nil {
		t.Fatal("a dead socket answers")
	}
	again, clean, err := listenLogs(t.Context(), data)
	if err != nil {
		t.Fatal(err)
	}
	if err := again.Close(); err != nil {
		t.Error(err)
	}
	if err := clean(); err != nil {
		t.Error(err)
	}
}

// shortDir is a temporary folder whose path leaves room for a socket's.
func shortDir(t *testing.T) string {
	dir, err := os.MkdirTemp("", "rb") //nolint:usetesting // t.TempDir is long
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { os.RemoveAll(dir) })
	return dir
}
