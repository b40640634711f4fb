package api

import (
	"maps"
	"net/url"
	"slices"
	"strings"
)

// States that a thread can be in.
func threadStates() []string {
	return []string{"open", "waiting", "running", "held", "done", "failed", "canceled", "unknown"}
}

// parameters takes a query apart. Each name may stand once and must be a known
// one: a list that looks filtered and is not would mislead.
func parameters(raw string, known ...string) (map[string]string, error) {
	values, err := url.ParseQuery(raw)
	if err != nil {
		return nil, badRequest("the query %s can't be read: %v", clip(raw), err)
	}
	out := make(map[string]string, len(values))
	for _, name := range slices.Sorted(maps.Keys(values)) {
		if !slices.Contains(known, name) {
			return nil, badRequest("%s is no parameter here; %s", clip(name), knownNames(known))
		}
		if len(values[name]) > 1 {
			return nil, badRequest("%s stands %d times in the query; once is what it takes", name, len(values[name]))
		}
		out[name] = values[name][0]
	}
	return out, nil
}

func knownNames(known []string) string {
	if len(known) == 0 {
		return "there are none"
	}
	return "known: " + strings.Join(known, ", ")
}

// stateFilter reads ?state=. all: threads of every state are asked for.
func stateFilter(raw string) (state string, all bool, err error) {
	given, err := parameters(raw, "state")
	if err != nil {
		return "", false, err
	}
	state, ok := given["state"]
	if !ok {
		return "", true, nil
	}
	if !slices.Contains(threadStates(), state) {
		return "", false, badRequest("%s is no state of a thread; states are %s", clip(state), strings.Join(threadStates(), ", "))
	}
	return state, false, nil
}
