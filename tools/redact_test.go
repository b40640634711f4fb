package tools

import (
	"slices"
	"strings"
	"testing"
	"unicode/utf8"
)

func TestMaskerHidesValuesOfSecretVariables(t *testing.T) {
	m := NewMasker([]string{
		"DEPLOY_TOKEN=alpha-bravo", "DB_PASSWORD=p@ss/word+1", "GITHUBTOKEN=charlie9", "MY_KEY=deltadelta",
		"SHORT_TOKEN=abc", "KEY_FILE=/etc/keys/one", "SSH_AUTH_SOCK=/run/ssh.sock", "PWD=/home/someone",
		"KEYBOARD=qwertyuiop", "RELEASE_KEY=release-key-1", "REDIS_URL=redis://u:echo-echo@host/0",
		"CERT_KEY=first line\nsecond line", "LONG_TOKEN=alpha-bravo-charlie",
	}, "foxtrot")
	for in, want := range map[string]string{
		"use alpha-bravo now":        "use [masked] now",
		"alpha-bravo-charlie":        "[masked]", // the longest goes first
		"p%40ss%2Fword%2B1":          "[masked]", // as in a URL
		"YWxwaGEtYnJhdm8=":           "[masked]=",
		"charlie9 deltadelta":        "[masked] [masked]",
		"auth echo-echo":             "auth [masked]",
		"second line":                "[masked]",
		"foxtrot":                    "[masked]",
		"abc /etc/keys/one":          "abc /etc/keys/one",
		"/run/ssh.sock":              "/run/ssh.sock",
		"/home/someone qwertyuiop":   "/home/someone qwertyuiop",
		"release-key-1 is no secret": "release-key-1 is no secret",
	} {
		if got := m.Mask(in); got != want {
			t.Errorf("Mask(%q) = %q, want %q", in, got, want)
		}
	}
}

func TestMaskerKnowsShapesOfTokens(t *testing.T) {
	var m *Masker // knows no values
	for in, want := range map[string]string{
		"xoxb-123456789-abcdef":                 "[masked]",
		"token xapp-1-A0B1-234-abc.":            "token [masked].",
		"ghp_abcdefghijklmnop1234":              "[masked]",
		"github_pat_11ABCDEFG0123456789":        "[masked]",
		"AKIAIOSFODNN7EXAMPLE":                  "[masked]",
		"Authorization: Bearer abc.def-ghi":     "Authorization: Bearer [masked]",
		"Authorization: Basic dXNlcjpwYXNzd29y": "Authorization: Basic [masked]",
		"https://user:hunter2@host/x":           "https://user:[masked]@host/x",
		"https://user@host:8080/x":              "https://user@host:8080/x",
		"https://host:8080/x?a=b@c":             "https://host:8080/x?a=b@c",
		"--password=hunter22 --x":               "--password=[masked] --x",
		`{"api_key": "abcdefgh"}`:               `{"api_key": "[masked]"}`,
		"sk-abcdefghijklmnop1234":               "[masked]",
		"eyJhbGciOiJI.eyJzdWIiOiIx.abc":         "[masked]",
		"https://hooks.slack.com/services/T0/B": "https://hooks.slack.com/services/[masked]",
		"the token expired":                     "the token expired",
		"password: not found":                   "password: not found",
		"basic checks passed":                   "basic checks passed",
		"1.4.2 at 0123456789abcdef0123":         "1.4.2 at 0123456789abcdef0123",
	} {
		if got := m.Mask(in); got != want {
			t.Errorf("Mask(%q) = %q, want %q", in, got, want)
		}
	}
}

func TestLinesMaskAKeyThatRunsOverSeveral(t *testing.T) {
	got := NewMasker(nil).Lines([]string{
		"before", "-----BEGIN RSA PRIVATE KEY-----", "MIIEabc", "def", "-----END RSA PRIVATE KEY-----", "after",
	})
	want := []string{"before", Masked, Masked, Masked, Masked, "after"}
	if !slices.Equal(got, want) {
		t.Errorf("got %q, want %q", got, want)
	}
}

func TestPlainLeavesWhatAPersonReads(t *testing.T) {
	for in, want := range map[string]string{
		"\x1b[1;31mred\x1b[0m":                 "red",
		"\x1b]8;;http://x\x1b\\link\x1b]8;;\a": "link",
		"\x1b(Bcharset\x1b7":                   "charset",
		"a\tb\x00\x07\x7fc":                    "a bc",
		"left\u202eright\u200b\u0085":          "leftright",
		"\xff\xfe":                             "\uFFFD",
		"Grüße 日本 👍":                           "Grüße 日本 👍",
	} {
		if got := Plain(in); got != want {
			t.Errorf("Plain(%q) = %q, want %q", in, got, want)
		}
	}
}

func TestASecretHiddenBehindColoursIsMasked(t *testing.T) {
	m := NewMasker(nil, "hunter2hunter2")
	if got := m.Line("it is hunter2\x1b[0mhunter2"); got != "it is [masked]" {
		t.Errorf("got %q", got)
	}
}

func TestCutCountsCharacters(t *testing.T) {
	for _, c := range []struct {
		in   string
		max  int
		want string
	}{{"abc", 3, "abc"}, {"abcd", 3, "ab…"}, {"ééé", 3, "ééé"}, {"éééé", 3, "éé…"}, {"", 0, ""}, {"a", 1, "a"}, {"ab", 1, "…"}} {
		if got := Cut(c.in, c.max); got != c.want {
			t.Errorf("Cut(%q, %d) = %q, want %q", c.in, c.max, got, c.want)
		}
	}
}

func FuzzLine(f *testing.F) {
	f.Add("\x1b[31mhunter2hunter2\x1b[0m \xff")
	m := NewMasker(nil, "hunter2hunter2")
	f.Fuzz(func(t *testing.T, s string) {
		got := m.Line(s)
		if !utf8.ValidString(got) || utf8.RuneCountInString(got) > maxLine {
			t.Errorf("%q: not valid or too long", got)
		}
		if strings.ContainsAny(got, "\x1b\n\r\x00") || strings.Contains(got, "hunter2hunter2") {
			t.Errorf("%q gets through", got)
		}
	})
}
