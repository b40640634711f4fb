package bot

import (
	"strings"
	"testing"
	"unicode/utf8"
)

func TestPlainWords(t *testing.T) {
	for in, want := range map[string]string{
		"<@U0BOT> deploy shop":                         "deploy shop",
		"<@U0BOT|releasebot>: deploy <@U0BOT> shop":    ": deploy   shop",
		"deploy with <@U0ANN> and <@U0BOB|bob>":        "deploy with @U0ANN and @bob",
		"in <#C0REL|releases> or <#C1>":                "in #releases or #C1",
		"see <https://x.io/a?b=1&amp;c=2>":             "see https://x.io/a?b=1&c=2",
		"deploy <http://shop.com|shop.com>":            "deploy shop.com",
		"<!here> <!subteam^S1|@oncall> <!subteam^S1>":  "@here @oncall @subteam",
		"&lt;!channel&gt; &amp;amp; 1 &lt; 2":          "<!channel> &amp; 1 < 2",
		"a < b, <> and an open <@U1":                   "a < b, <> and an open <@U1",
		strings.Repeat("ä", maxWords+5):                strings.Repeat("ä", maxWords),
		"bad \xff byte":                                "bad \uFFFD byte",
		"<@U0BOTX> is somebody else than <@U0BOT>":     "@U0BOTX is somebody else than",
		"<!date^1^{date}|22 November> and &unknown; &": "22 November and &unknown; &",
	} {
		if got := plainWords(in, "U0BOT"); got != want {
			t.Errorf("plainWords(%.60q) = %.60q, want %.60q", in, got, want)
		}
	}
}

func TestMentions(t *testing.T) {
	for in, want := range map[string]bool{
		"<@U0BOT> hi": true, "hi <@U0BOT|releasebot>": true, "<@U0BOTX> <@U0BOT>": true,
		"<@U0BOTX> hi": false, "@U0BOT": false, "&lt;@U0BOT&gt;": false, "": false,
	} {
		if mentions(in, "U0BOT") != want {
			t.Errorf("mentions(%q) is %v", in, !want)
		}
	}
	if mentions("<@> hi", "") {
		t.Error("nobody was mentioned")
	}
}

func FuzzPlainWords(f *testing.F) {
	for _, s := range []string{"<@U0BOT> deploy", "<<@U0BOT>>", "<!here|&lt;>", "&amp;lt;", "<#|>", "<|>", "<@U0BOT", "\xff<"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		got := plainWords(s, "U0BOT")
		if !utf8.ValidString(got) || utf8.RuneCountInString(got) > maxWords {
			t.Fatalf("plainWords(%q) = %q", s, got)
		}
		if e := escape(got); strings.ContainsAny(e, "<>") {
			t.Fatalf("escape(%q) = %q", got, e)
		}
		mentions(s, "U0BOT")
	})
}

func TestAgeOfAMessage(t *testing.T) {
	if a := age("no number", unix(10)); a != 0 {
		t.Error(a)
	}
	if a := age("7.500000", unix(10)); a != 2500*millisecond {
		t.Error(a)
	}
}
