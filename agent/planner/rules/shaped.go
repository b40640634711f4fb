package rules

import "strings"

// shaped reads versions, tickets, numbers, times by how they look.
func (r *resolver) shaped(i int) (item, bool) {
	t := r.toks[i]
	it := item{text: t.text, key: t.key, val: t.text}
	labelled := r.labelled()
	if isDuration(t.key) && !labelled {
		it.cls = clsDuration
		return it, true
	}
	if isTimeShape(t.text) && !labelled {
		it.cls = clsTime
		return it, true
	}
	switch shapeOf(t.text) {
	case strongNumber, commitID:
		it.cls = clsVersion
	case tagName:
		if r.looksLikeName(t.text) {
			return item{}, false
		}
		it.cls = clsVersion
	case ticketID:
		it.cls = clsTicket
		if labelled {
			it.cls = clsVersion
		}
	case bareNumber:
		it.cls = clsNumber
		if labelled {
			it.cls = clsVersion
		}
	default:
		if !labelled || !hexLetters(t.text) {
			return item{}, false
		}
		it.cls = clsVersion // "commit deadbeef"
	}
	if it.cls == clsVersion && labelled && r.out[len(r.out)-1].cls == clsOther {
		r.out[len(r.out)-1].cls = clsVersionWord // "build 345"
	}
	return it, true
}

// labelled says whether the word before announces a version.
func (r *resolver) labelled() bool {
	if len(r.out) == 0 {
		return false
	}
	p := r.out[len(r.out)-1]
	switch p.key {
	case "version", "ver", "v", "build", "tag", "commit", "sha", "revision", "versión", "release version", "build number", "version number", "hash":
		return true
	}
	return p.cls == clsVersionWord
}

// looksLikeName: prod-eu1, to eu-west-1, shop-v2, backend2: a place or another
// service, not surely a tag.
func (r *resolver) looksLikeName(w string) bool {
	low := strings.ToLower(w)
	if r.placed() && !r.labelled() {
		return !hasAnyPrefix(low, "release-", "release/", "rel-", "build-", "hotfix-", "rc-", "tag-")
	}
	head := low
	if k := strings.IndexFunc(low, func(c rune) bool { return nameSeparator(c) || c == '.' || c == '/' }); k > 0 {
		head = low[:k]
	}
	head = strings.TrimRight(head, "0123456789")
	if known, usual := r.names.isEnvironment(head); known || usual {
		return true
	}
	if len(r.names.services[head]) > 0 {
		return true
	}
	for _, s := range r.names.list {
		if p := strings.ToLower(s); len(p) >= 3 && strings.HasPrefix(low, p) {
			return true
		}
	}
	return false
}

// hexLetters: a commit's id that happens to have no digit.
func hexLetters(w string) bool {
	return len(w) >= 7 && len(w) <= 40 && isHex(w+"0")
}

// isDuration reads 30s, 10m, 2h, 3d and 1h30m.
func isDuration(w string) bool {
	n := digits(w)
	if n == 0 || n > 4 {
		return false
	}
	switch w[n:] {
	case "s", "m", "h", "d", "min", "mins", "hr", "hrs", "sec", "days", "hours", "minutes":
		return true
	}
	return n < len(w)-1 && (w[n] == 'h' || w[n] == 'm') && isDuration(w[n+1:])
}

// isTimeShape reads 5pm, 17:00 and 2026-11-22.
func isTimeShape(w string) bool {
	if isClock(w) || isDate(w) {
		return true
	}
	h, m, ok := strings.Cut(w, ":")
	return ok && allDigits(h) && len(h) <= 2 && len(m) >= 2 && digits(m) >= 2 && len(m) <= 5
}
