package rules

import (
	"slices"
	"strings"
)

// How names of the catalog are looked up in several words at once.

// known: l tokens from i on, joined, are some name. Most are none, and are told
// without making a string of them.
func (r *resolver) known(i, l int) bool {
	var buf [64]byte
	plain := buf[:0]
	for _, t := range r.toks[i : i+l] {
		if !t.isWord() || len(plain)+len(t.text) > max(len(buf), r.names.widest) {
			return false
		}
		plain = appendPlain(plain, t.text)
	}
	return len(r.names.services[string(plain)]) > 0 || len(r.names.envs[string(plain)]) > 0
}

// span joins l words with hyphens; they must stand side by side.
func (r *resolver) span(i, l int) (text string, segs int, ok bool) {
	if l == 1 {
		return r.toks[i].text, segments(r.toks[i].text), r.toks[i].isWord()
	}
	parts := make([]string, 0, l)
	for k := i; k < i+l; k++ {
		if !r.toks[k].isWord() {
			return "", 0, false
		}
		parts = append(parts, r.toks[k].text)
		segs += segments(r.toks[k].text)
	}
	return strings.Join(parts, "-"), segs, true
}

// spelled looks a span up. Several words are a name only if it is divided in
// as many parts: "de" and "v" are not "dev".
func (r *resolver) spelled(m map[string][]string, span string, segs, l int) []string {
	found := exact(m, span)
	if l == 1 || len(found) == 0 {
		return found
	}
	alias, ok := r.names.aliases[plainName(span)]
	return slices.DeleteFunc(slices.Clone(found), func(name string) bool {
		if ok {
			name = alias
		}
		return segments(name) != segs && !r.cutUp(span, name)
	})
}

// cutUp: the span is the name, with one of its words divided in two, as keyboards
// correct it: "Web-Front end". Each part is a word of some length, and none of
// them a name of its own.
func (r *resolver) cutUp(span, name string) bool {
	if segments(name) < 2 || segments(span) != segments(name)+1 {
		return false
	}
	for part := range strings.FieldsFuncSeq(span, nameSeparator) {
		if known, _ := r.names.isEnvironment(part); known || len(part) < 3 || len(r.names.services[plainName(part)]) > 0 {
			return false
		}
	}
	return true
}
