package rules

import "strings"

// expand divides words that are two or three things written as one:
// shop@1.4.2, shop:1.4.2, shop/production, version=1.4.2, env:prod. A word is
// divided only where every part is surely something.
func expand(lex *lexicon, n *names, toks []token) []token {
	found := false
	for i, t := range toks {
		if base, ok := strings.CutSuffix(t.text, "'s"); ok && t.isWord() && len(n.services[plainName(base)]) == 1 {
			toks[i].text, toks[i].key = base, key(base) // "shop's last release"
		}
		if t.isWord() && strings.ContainsAny(t.text, "@:/=") {
			found = true
		}
	}
	if !found {
		return toks
	}
	out := make([]token, 0, len(toks)+4)
	for _, t := range toks {
		parts := divide(lex, n, t)
		if parts == nil {
			out = append(out, t)
			continue
		}
		for _, p := range parts {
			out = append(out, token{text: p, key: key(p), quoted: t.quoted, line: t.line, start: t.start, end: t.end})
		}
	}
	return out
}

func divide(lex *lexicon, n *names, t token) []string {
	if !t.isWord() || len(t.text) > 256 {
		return nil
	}
	for _, sep := range [...]string{"=", "@", ":", "/"} {
		if !strings.Contains(t.text, sep) {
			continue
		}
		parts := strings.Split(t.text, sep)
		if len(parts) > 3 {
			return nil
		}
		if len(parts) == 2 && sep != "/" && label(lex, parts[0]) && parts[1] != "" {
			return parts
		}
		if s := shapeOf(parts[len(parts)-1]); len(parts) == 2 && sep == "@" && parts[0] != "" && (s == strongNumber || s == commitID || s == tagName) {
			return parts // "bakcend@1.4.2": what stands before is read by itself
		}
		sure := true
		for i, p := range parts {
			sure = sure && surely(n, p, i)
		}
		if sure {
			return parts
		}
	}
	return nil
}

// label: version=…, env:…, service=…, to:…
func label(lex *lexicon, w string) bool {
	switch lex.phrases[key(w)] {
	case clsVersionWord, clsEnvWord, clsServiceWord, clsTo:
		return true
	}
	switch key(w) {
	case "tag", "commit", "sha":
		return true
	}
	return false
}

// surely: the word is a name of the catalog, a usual environment, or (not as
// the first part) a version.
func surely(n *names, w string, i int) bool {
	if w == "" {
		return false
	}
	if len(n.services[plainName(w)]) == 1 {
		return true
	}
	if known, _ := n.isEnvironment(w); known {
		return true
	}
	if i == 0 {
		return false
	}
	s := shapeOf(w)
	return s == strongNumber || s == commitID || s == tagName && !strings.ContainsAny(w, "/:")
}
