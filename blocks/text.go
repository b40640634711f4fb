package blocks

import (
	"net/url"
	"strings"
	"time"

	"github.com/releasebot/releasebot/agent"
)

// say is content in running text, "" stays "".
func say(s string, limit int) string { return content(s, limit, inline) }

// link is a way to a page elsewhere, "" if the address can't be one. The words are ours.
func link(address, words string) string {
	u, err := url.Parse(address)
	if err != nil || u.Scheme != "http" && u.Scheme != "https" || u.Host == "" {
		return ""
	}
	address = u.String()
	for _, r := range address {
		if r <= ' ' || r > '~' || strings.ContainsRune("<>|`\"", r) { // it would end, or begin, something else
			return ""
		}
	}
	if len(address) > showLink {
		return ""
	}
	return "<" + strings.ReplaceAll(address, "&", "&amp;") + "|" + words + ">"
}

// mono is content between backticks: versions, commits, ids. "" reads "unknown".
func mono(s string, limit int) string {
	s = content(s, limit, code)
	if s == "" {
		return "unknown"
	}
	return "`" + s + "`"
}

// sentence is text that package agent made, in which {U…} and {S…} name people,
// {2006-01-02 15:04 UTC} is a time, and backticks enclose what can be typed. Only
// exactly a Slack id between braces becomes a mention, only exactly a time the
// reader's own, and what stands between backticks is content.
func sentence(s string, limit int) string {
	if !strings.ContainsAny(s, "{`") {
		return say(s, limit)
	}
	e := newEscaper(s, limit, inline)
	for s != "" && !e.full {
		i := strings.IndexAny(s, "{`")
		if i < 0 {
			break
		}
		e.write(s[:i])
		token, size := marked(s[i:])
		if token == "" {
			e.write(s[i : i+1])
		} else {
			e.token(token, units(token))
			e.prev = '>'
		}
		s = s[i+size:]
	}
	e.write(s)
	return e.text()
}

// marked is the mention, the time or the code span at the start of s, "" for none, and
// how much of s it stands for.
func marked(s string) (token string, size int) {
	shut := byte('}')
	if s[0] == '`' {
		shut = '`'
	}
	end := strings.IndexByte(s[1:], shut)
	if end < 1 {
		return "", 1
	}
	inner := s[1 : 1+end]
	switch {
	case shut == '`' && len(inner) <= showReason && !strings.Contains(inner, "\n"):
		if inner = content(inner, showLine, code); inner != "" {
			return "`" + inner + "`", end + 2
		}
	case shut == '}' && (userID(inner) || groupID(inner)):
		return mention(inner), end + 2
	case shut == '}':
		if t, err := time.Parse(agent.ClockLayout, inner); err == nil && strings.HasSuffix(inner, " UTC") && t.Unix() > 0 {
			return date(t), end + 2
		}
	}
	return "", 1
}

// mention of a Slack id; anything else is content.
func mention(id string) string {
	switch {
	case userID(id):
		return "<@" + id + ">"
	case groupID(id):
		return "<!subteam^" + id + ">"
	}
	return say(id, showName)
}

func userID(s string) bool  { return slackID(s) && (s[0] == 'U' || s[0] == 'W') }
func groupID(s string) bool { return slackID(s) && s[0] == 'S' }

// slackID has the bounds that package policy has.
func slackID(s string) bool {
	if len(s) < 3 || len(s) > 31 {
		return false
	}
	for i := 0; i < len(s); i++ {
		if c := s[i]; (c < 'A' || c > 'Z') && (c < '0' || c > '9') {
			return false
		}
	}
	return true
}

// subjects names those whom the policy names, at most ten of them, and pings them.
func subjects[S interface{ ID() string }](list []S) string {
	return named(list, func(s S) string { return mention(s.ID()) })
}

// anyOf names those of whom one or several have to say something; empty means everybody.
func anyOf[S interface{ ID() string }](list []S) string {
	if len(list) == 0 {
		return "every full member of the workspace"
	}
	return joined(list, " or ", func(s S) string { return mention(s.ID()) })
}

// people names people by their ids.
func people(ids []string) string { return named(ids, mention) }

func named[T any](list []T, name func(T) string) string { return joined(list, " and ", name) }

func joined[T any](list []T, last string, name func(T) string) string {
	const most = 10
	var names []string
	for i, x := range list {
		if i == most {
			return strings.Join(names, ", ") + last + plural(len(list)-most, "other", "others")
		}
		if s := name(x); s != "" {
			names = append(names, s)
		}
	}
	if n := len(names); n > 1 {
		return strings.Join(names[:n-1], ", ") + last + names[n-1]
	}
	return strings.Join(names, "")
}

// asker names who wants a release: people, with the token they came by, or what acted by itself.
func asker(by []string, actor agent.Actor) string {
	how := actorName(actor)
	if len(by) == 0 {
		return how
	}
	if actor.User() == "" && actor != "" && actor != agent.Bot {
		return people(by) + " (" + how + ")"
	}
	return people(by)
}

func actorName(a agent.Actor) string {
	kind, name, _ := strings.Cut(string(a), ":")
	switch {
	case a == agent.Bot:
		return "releasebot"
	case a == agent.Local:
		return "somebody on the bot's machine"
	case a.User() != "":
		return mention(a.User())
	case kind == "token":
		return "token " + mono(name, showName)
	case kind == "schedule":
		return "schedule " + mono(name, showName)
	}
	return "somebody"
}

// date is a moment as each reader's own clock shows it.
func date(t time.Time) string { return stamp(t, "{date_short_pretty} at {time}") }

// clock is a moment of which the day is plain.
func clock(t time.Time) string { return stamp(t, "{time}") }

func stamp(t time.Time, format string) string {
	t = t.UTC()
	b := make([]byte, 0, 80)
	b = append(b, "<!date^"...)
	b = appendInt(b, t.Unix())
	b = append(append(append(b, '^'), format...), '|')
	b = t.AppendFormat(b, "2006-01-02 15:04 UTC")
	return string(append(b, '>'))
}

// utc is a moment where Slack shows no dates: in dialogues.
func utc(t time.Time) string { return t.UTC().Format("2006-01-02 15:04 UTC") }

// short is a commit's id as people write it.
func short(sha string) string {
	if len(sha) > 8 && harmless(sha) {
		return sha[:8]
	}
	return sha
}
