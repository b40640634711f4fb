package blocks

import (
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/slack-go/slack"
)

func TestContentIsHarmless(t *testing.T) {
	for _, c := range []struct {
		name, in, want string
		limit          int
		kind           kind
	}{
		{"nothing to do", "v1.4.2-rc.1", "v1.4.2-rc.1", 40, inline},
		{"the three characters", "a<b>&c", "a&lt;b&gt;&amp;c", 40, inline},
		{"an escape is content too", "&lt;", "&amp;lt;", 40, inline},
		{"a broadcast", "<!channel>", "&lt;!channel&gt;", 40, inline},
		{"bold, italic, struck", "*a* _b_ ~c~", "∗a∗ ˍbˍ ∼c∼", 40, inline},
		{"inside a word they mean nothing", "snake_case 2*3 a~b", "snake_case 2*3 a~b", 40, inline},
		{"a code span", "`x`", "ˋxˋ", 40, inline},
		{"backticks in a code span", "a`b", "aˋb", 40, code},
		{"stars in a code span are stars", "*a*", "*a*", 40, code},
		{"plain text has no markup", "*a* `b` :c:", "*a* `b` :c:", 40, plain},
		{"an emoji", ":white_check_mark: ok", "∶white_check_mark: ok", 40, inline},
		{"a colon", "feat: x 12:30", "feat: x 12:30", 40, inline},
		{"a quotation", "> quoted", "› quoted", 40, inline},
		{"lines become one", " a\n\n> b\tc ", "a &gt; b c", 40, inline},
		{"controls and overrides go", "a\x00b\x1b[0m\u202ec\u200bd\ufeff", "ab[0mcd", 40, inline},
		{"invisible letters go", "\u3164\u2800\u115f", "", 40, inline},
		{"broken UTF-8", "a\xffb", "a\ufffdb", 40, inline},
		{"towers of marks are cut", "a" + strings.Repeat("\u0301", 50), "a" + strings.Repeat("\u0301", 4), 40, inline},
		{"marks need something to stand on", "\u0301a", "a", 40, inline},
		{"right to left stays apart", "שלום", "\u2068שלום\u2069", 40, inline},
		{"just fits", "abcde", "abcde", 5, inline},
		{"cut", "abcdef", "abcd…", 5, inline},
		{"never inside an escape", "abc&def", "abc…", 6, inline},
		{"an escape that just fits", "abc&", "abc&amp;", 8, inline},
		{"counted in characters", "ääääää", "ääää…", 5, inline},
		{"those beyond the basic plane count twice", "🚀🚀🚀", "🚀🚀…", 5, inline},
	} {
		if got := content(c.in, c.limit, c.kind); got != c.want {
			t.Errorf("%s: content(%q, %d) = %q, want %q", c.name, c.in, c.limit, got, c.want)
		}
	}
}

func TestSentencesMentionOnlyIdsBetweenBraces(t *testing.T) {
	for in, want := range map[string]string{
		"Already approved by {U0BOB}.":       "Already approved by <@U0BOB>.",
		"{U0BOB}, {W0ANN} and {S0ONCALL}":    "<@U0BOB>, <@W0ANN> and <!subteam^S0ONCALL>",
		"{U0BOB":                             "{U0BOB",
		"{}{U}{u0bob}{C0GENERAL}":            "{}{U}{u0bob}{C0GENERAL}",
		"{here} {U0BOB|x} {U0 BOB}":          "{here} {U0BOB|x} {U0 BOB}",
		"{{U0BOB}}":                          "{<@U0BOB>}",
		"{U0BOB\n}":                          "{U0BOB }",
		"Say `/release why ID`, {U0BOB}.":    "Say `/release why ID`, <@U0BOB>.",
		"`{U0BOB}` `<!here>` `a":             "`{U0BOB}` `&lt;!here&gt;` ˋa",
		"``` {U0BOB} ``":                     "ˋˋ`{U0BOB}`ˋ",
		"<@U0BOB> {!channel}":                "&lt;@U0BOB&gt; {!channel}",
		"{U" + strings.Repeat("A", 31) + "}": "{U" + strings.Repeat("A", 31) + "}",
	} {
		if got := sentence(in, 200); got != want {
			t.Errorf("sentence(%q) = %q, want %q", in, got, want)
		}
	}
}

func TestAMentionIsNeverCut(t *testing.T) {
	s := strings.Repeat("x", 20) + "{U0BOB}{U0ALICE} and more"
	for limit := 10; limit < 60; limit++ {
		got := sentence(s, limit)
		checkText(t, "sentence", &slack.TextBlockObject{Type: slack.MarkdownType, Text: got}, limit)
		got = fit("see `v1.2.3` by <@U0BOB> &amp; <!date^1^{date}|then> `abc`", limit)
		checkText(t, "fit", &slack.TextBlockObject{Type: slack.MarkdownType, Text: got}, limit)
	}
}

func TestLogLinesCanNotCloseTheirBlock(t *testing.T) {
	log := []string{"a ``` b", "<!here>", strings.Repeat("y", 400)}
	for range 60 {
		log = append(log, strings.Repeat("&", 300))
	}
	b := codeBlock("*Last lines*", log).(*slack.SectionBlock)
	checkText(t, "log", b.Text, 3000)
	if n := strings.Count(b.Text.Text, "```"); n != 2 {
		t.Errorf("%d fences, want two", n)
	}
	short := codeBlock("*Last lines*", log[:3]).(*slack.SectionBlock).Text.Text
	if !strings.Contains(short, "ˋˋˋ") || !strings.Contains(short, "&lt;!here&gt;") {
		t.Errorf("not the lines that were logged: %s", short)
	}
}

// FuzzEscapeAndCut: whatever comes in, what goes out is fit for Slack, is cut
// only where it must be, and says the same when it needs nothing done.
func FuzzEscapeAndCut(f *testing.F) {
	for _, s := range []string{"v1.4.2", "<!channel>", "{U0CEO} {S0X}", "&amp;&lt;", "`a```b", "*x* _y_ ~z~ :ok:", "\u202e\u0000\xff", "שלום & <", "e\u0301\u0301\u0301\u0301\u0301", "🚀👩‍👩‍👧"} {
		f.Add(s, 12)
		f.Add(s, 300)
	}
	f.Fuzz(func(t *testing.T, s string, limit int) {
		limit = 8 + int(uint(limit)%3000)
		for _, k := range []kind{inline, code, plain} {
			got := content(s, limit, k)
			if got == "" {
				continue
			}
			checkEscaped(t, got, limit, k)
			if again := fit(got, limit); again != got {
				t.Errorf("%q fits, and was cut to %q", got, again)
			}
		}
		if got := sentence(s, limit); got != "" {
			checkText(t, "sentence", &slack.TextBlockObject{Type: slack.MarkdownType, Text: got}, limit)
		}
		if harmless(s) && len(s) <= limit && content(s, limit, inline) != s {
			t.Errorf("%q was changed for nothing", s)
		}
	})
}

// checkEscaped is checkText for content, in which nothing at all is ours.
func checkEscaped(t tester, got string, limit int, k kind) {
	t.Helper()
	if k == code {
		got = "`" + got + "`"
		limit += 2
	}
	typ := slack.MarkdownType
	if k == plain {
		typ = slack.PlainTextType
	}
	checkText(t, "content", &slack.TextBlockObject{Type: typ, Text: got}, limit)
	if strings.ContainsAny(got, "<>\n") || !utf8.ValidString(got) {
		t.Errorf("content: %q", got)
	}
}

func TestFitClosesWhatItCuts(t *testing.T) {
	s := "a `" + strings.Repeat("b", 10) + "` " + content("שלום "+strings.Repeat("c", 10), 40, inline) + " &amp; <@U0BOB> `" + content("שלום", 40, code) + "` end"
	for limit := 5; limit < 80; limit++ {
		checkText(t, "fit", &slack.TextBlockObject{Type: slack.MarkdownType, Text: fit(s, limit)}, limit)
	}
}
