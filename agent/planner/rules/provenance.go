package rules

import "strings"

// provenance takes out a bracket that only tells where a request comes from, as
// relays write it: "(pipeline #482, merge of !902, requested by k.nowak)". Who
// asks is who wrote the message; the bracket is neither an order nor a limit. It
// goes only as a whole, and only if every word of it is of that kind and some
// run is named by its number: a version, a place, a "not" or an approval in it
// stays where it is, and so does "(requested by bob)".
func provenance(items []item) []item {
	for i := range items {
		closing := ""
		switch {
		case i == 0:
		case items[i].cls == clsSep && items[i].sep == '(':
			closing = ")"
		case items[i].cls == clsOdd && items[i].text == "[":
			closing = "]"
		}
		if closing == "" {
			continue
		}
		for j := i + 1; j < len(items); j++ {
			if items[j].text == closing || items[j].cls == clsSep && string(items[j].sep) == closing {
				if origin(items[i+1 : j]) {
					return append(append([]item{}, items[:i]...), items[j+1:]...)
				}
				break
			}
		}
	}
	return items
}

// origin: numbers of runs and requests, and who is behind them.
func origin(items []item) bool {
	told := false
	for i, it := range items {
		switch {
		case it.quoted:
			return false
		case it.cls == clsSep:
			if it.sep == '?' || it.sep == '\n' {
				return false
			}
		case runNumber(it):
			told = true
		case it.cls == clsArt, it.cls == clsOf, it.cls == clsFor, it.cls == clsFrom, it.cls == clsAnd, it.cls == clsLink, it.cls == clsEmoji, tracked(it.key):
		case i > 0 && items[i-1].key == "by" && (it.cls == clsUnknown || it.cls == clsPerson || it.cls == clsMention):
		default:
			return false
		}
	}
	return told
}

// runNumber: #48213, !902, 48213, REL-7.
func runNumber(it item) bool {
	if it.cls == clsNumber || it.cls == clsTicket {
		return true
	}
	n := strings.TrimLeft(it.text, "#!")
	return n != it.text && allDigits(n)
}

// tracked: words for what is numbered, and for how it came about.
func tracked(k string) bool {
	switch k {
	case "pipeline", "ci", "job", "run", "build", "workflow", "merge", "mr", "pr", "pull", "request", "merge request", "pull request", "ticket", "issue", "change", "by",
		"requested", "triggered", "started", "opened", "created", "asked", "request from", "author", "id", "no", "nr", "number", "no.":
		return true
	}
	return false
}
