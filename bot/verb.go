package bot

import (
	"strings"
	"unicode"

	"github.com/releasebot/releasebot/agent"
)

// verbOf reads the commands that decide about something that has an id, and
// returns what stands behind them; "" for any other words.
func verbOf(words string) (verb agent.Verb, rest string) {
	first, rest := cutWord(words)
	first = strings.ToLower(first)
	second, after := cutWord(rest)
	switch first + " " + strings.ToLower(second) {
	case "take over":
		return agent.VerbTakeover, after
	case "break glass":
		return agent.VerbGlass, after
	}
	switch first {
	case "approve", "reject", "cancel", "hold", "resume", "leave":
		return agent.Verb(first), rest
	case "take", "takeover":
		return agent.VerbTakeover, rest
	case "glass":
		return agent.VerbGlass, rest
	}
	return "", ""
}

// muting reads the two commands about what somebody is told.
func muting(words string) (on, ok bool) {
	switch strings.ToLower(words) {
	case "mute":
		return true, true
	case "unmute":
		return false, true
	}
	return false, false
}

// cutWord takes the first word off.
func cutWord(s string) (word, rest string) {
	s = strings.TrimSpace(s)
	i := strings.IndexFunc(s, unicode.IsSpace)
	if i < 0 {
		return s, ""
	}
	return s[:i], strings.TrimSpace(s[i:])
}

// needsReason reports whether a decision has to say why.
func needsReason(v agent.Verb) bool {
	return v == agent.VerbReject || v == agent.VerbTakeover || v == agent.VerbGlass
}

// commandWord is the command of a verb.
func commandWord(v agent.Verb) string {
	switch v {
	case agent.VerbTakeover:
		return "take"
	case agent.VerbGlass:
		return "glass"
	default:
		return string(v)
	}
}

func usage(v agent.Verb) string {
	if needsReason(v) {
		return commandWord(v) + " ID REASON"
	}
	return commandWord(v) + " ID"
}

// whyWhy says what a reason is for.
func whyWhy(v agent.Verb) string {
	if v == agent.VerbReject {
		return "Those who asked need to know what to change."
	}
	return "It stands in the log, with your name."
}
