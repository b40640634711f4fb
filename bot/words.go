package bot

import (
	"strings"
	"unicode/utf8"
)

// maxWords is how many characters of a message are taken in: as many as Slack allows.
const maxWords = 40000

// mentions reports whether a text in Slack's form speaks to the user.
func mentions(text, user string) bool {
	if user == "" {
		return false
	}
	for rest := text; ; {
		i := strings.Index(rest, "<@"+user)
		if i < 0 {
			return false
		}
		rest = rest[i+2+len(user):]
		if strings.HasPrefix(rest, ">") || strings.HasPrefix(rest, "|") {
			return true
		}
	}
}

// plainWords turns a text in Slack's form into the words that a person sees:
// mentions of the bot are taken out, references become names, escapes are
// resolved. What a person typed can't become a reference by this.
func plainWords(text, bot string) string {
	var b strings.Builder
	b.Grow(len(text))
	for i := 0; i < len(text); {
		if text[i] == '<' {
			if end := strings.IndexByte(text[i:], '>'); end > 1 && reference(text[i+1:i+end]) {
				writeReference(&b, text[i+1:i+end], bot)
				i += end + 1
				continue
			}
		}
		if r, n := unescape(text[i:]); n > 0 {
			b.WriteByte(r)
			i += n
			continue
		}
		b.WriteByte(text[i])
		i++
	}
	return cutWords(strings.TrimSpace(strings.ToValidUTF8(b.String(), "\uFFFD")))
}

// reference reports whether what stands between < and > is one of Slack's, and not a sign that somebody wrote.
func reference(ref string) bool {
	target, _, _ := strings.Cut(ref, "|")
	return !strings.ContainsAny(ref, "<\n") && (strings.ContainsRune("@#!", rune(ref[0])) || strings.Contains(target, ":"))
}

// writeReference writes what stands between < and > as people see it.
func writeReference(b *strings.Builder, ref, bot string) {
	target, label, labelled := strings.Cut(ref, "|")
	switch {
	case bot != "" && target == "@"+bot:
		b.WriteByte(' ')
	case ref[0] == '@' && labelled, ref[0] == '#' && labelled:
		b.WriteString(ref[:1] + strings.TrimPrefix(label, ref[:1]))
	case ref[0] == '@', ref[0] == '#':
		b.WriteString(target)
	case ref[0] == '!' && labelled:
		b.WriteString(unescaped(label))
	case ref[0] == '!':
		kind, _, _ := strings.Cut(target[1:], "^")
		b.WriteString("@" + kind)
	case labelled:
		b.WriteString(unescaped(label))
	default:
		b.WriteString(unescaped(target))
	}
}

// unescape reads one of the three escapes of Slack.
func unescape(s string) (c byte, n int) {
	if s[0] != '&' {
		return 0, 0
	}
	switch {
	case strings.HasPrefix(s, "&lt;"):
		return '<', 4
	case strings.HasPrefix(s, "&gt;"):
		return '>', 4
	case strings.HasPrefix(s, "&amp;"):
		return '&', 5
	}
	return 0, 0
}

func unescaped(s string) string {
	if !strings.Contains(s, "&") {
		return s
	}
	return strings.NewReplacer("&lt;", "<", "&gt;", ">", "&amp;", "&").Replace(s)
}

func cutWords(s string) string {
	if utf8.RuneCountInString(s) <= maxWords {
		return s
	}
	n := 0
	for i := range s {
		if n == maxWords {
			return s[:i]
		}
		n++
	}
	return s
}

// escape makes content that Slack shows as it stands, and that pings nobody.
func escape(s string) string {
	if !strings.ContainsAny(s, "&<>") { // as nearly all is
		return s
	}
	return strings.NewReplacer("&", "&amp;", "<", "&lt;", ">", "&gt;").Replace(s)
}
