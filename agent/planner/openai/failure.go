package openai

import (
	"fmt"
	"regexp"
	"strings"
	"time"
	"unicode"
)

// A Kind says in which way a call failed.
type Kind string

// The kinds of failure. docs/planner.md has what follows from each.
const (
	KindTimeout     Kind = "timeout"     // no answer in time; never tried again
	KindUnreachable Kind = "unreachable" // no connection, or cut off before the answer was whole
	KindBusy        Kind = "busy"        // 429
	KindServer      Kind = "server"      // 5xx
	KindRejected    Kind = "rejected"    // any other 4xx: the key, the model's name, the schema
	KindNotJSON     Kind = "not JSON"    // a page with status 200, a redirect, broken JSON
	KindEmpty       Kind = "empty"       // no choices, or no content
	KindRefusal     Kind = "refusal"     // the model would not
	KindCut         Kind = "cut"         // finish_reason length or content_filter
	KindInvalid     Kind = "invalid"     // not what the schema asks for, twice
	KindTooLong     Kind = "too long"    // the words alone go beyond the budget; nothing was sent
	KindPaused      Kind = "paused"      // the endpoint asked for a pause, or failed too often; nothing was sent
)

// An Error is a failed call, short enough for an `error` event. It holds no
// header, no URL and no key.
type Error struct {
	Kind   Kind
	Status int           // of HTTP, 0: none came
	Detail string        // what the endpoint said, cleaned; it is data
	After  time.Duration // with KindBusy and KindPaused: how long to leave it alone
}

// Error says what failed, in a line.
func (e *Error) Error() string {
	var b strings.Builder
	b.WriteString("the model endpoint: ")
	switch e.Kind {
	case KindTimeout:
		b.WriteString("no answer in time")
	case KindUnreachable:
		b.WriteString("no whole answer")
	case KindBusy:
		b.WriteString("too many requests")
	case KindServer:
		b.WriteString("failed")
	case KindRejected:
		b.WriteString("did not accept the request")
	case KindNotJSON:
		b.WriteString("answered with something other than JSON (is OPENAI_BASE_URL right?)")
	case KindEmpty:
		b.WriteString("answered with nothing")
	case KindRefusal:
		b.WriteString("the model refused to answer")
	case KindCut:
		b.WriteString("the answer was cut off")
	case KindInvalid:
		b.WriteString("the reply does not fit the schema")
	case KindTooLong:
		b.WriteString("not asked: the message is longer than the token budget allows")
	case KindPaused:
		b.WriteString("not asked, left alone for a while")
	default:
		b.WriteString(string(e.Kind))
	}
	if e.Status > 0 {
		fmt.Fprintf(&b, ", status %d", e.Status)
	}
	if e.After > 0 {
		fmt.Fprintf(&b, ", for %s", e.After.Round(time.Second))
	}
	if e.Detail != "" {
		b.WriteString(": " + e.Detail)
	}
	return b.String()
}

// again: the failure passes by itself, often within a second.
func (e *Error) again() bool {
	return e.Kind == KindServer || e.Kind == KindUnreachable || e.Kind == KindBusy
}

// cleaner makes what an endpoint said fit for a log: one line, short, and without the key.
type cleaner struct {
	key    string
	keyish *regexp.Regexp
}

// maxDetail is how many characters of an endpoint's own words an error keeps.
const maxDetail = 120

func newCleaner(key string) cleaner {
	return cleaner{key: key, keyish: regexp.MustCompile(`(?i)(bearer\s+\S+|\b(sk|key|pk|api)[-_][A-Za-z0-9_*.\-]{4,})`)}
}

func (c cleaner) clean(s string) string {
	if len(s) > 4096 {
		s = s[:4096]
	}
	if c.key != "" {
		s = strings.ReplaceAll(s, c.key, "[key]")
	}
	s = c.keyish.ReplaceAllString(s, "[key]")
	s = strings.Map(func(r rune) rune {
		if unicode.IsSpace(r) {
			return ' '
		}
		if !unicode.IsPrint(r) {
			return -1
		}
		return r
	}, s)
	return shorten(strings.Join(strings.Fields(s), " "), maxDetail)
}
