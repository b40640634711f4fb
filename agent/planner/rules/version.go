package rules

import "strings"

// versionShape says what a word looks like, as far as versions go.
type versionShape int

const (
	notVersion   versionShape = iota
	strongNumber              // 1.4.2, v1.4, 2026.11.22-rc4: can't be anything else
	commitID                  // 7 to 40 hexadecimal digits, at least one of them a number
	tagName                   // release-2026-11, rc3, build-345: letters and a number
	ticketID                  // OPS-123: a version only where the sentence says so
	bareNumber                // 42: a version only after "version" or "build"
)

// shapeOf classifies a word by its letters alone.
func shapeOf(w string) versionShape {
	if len(w) > 128 || !plainVersion(w) {
		return notVersion
	}
	switch {
	case numbered(w):
		return strongNumber
	case allDigits(w):
		if len(w) >= 7 && len(w) <= 40 {
			return commitID
		}
		return bareNumber
	case isDate(w), isClock(w):
		return notVersion
	case len(w) >= 7 && len(w) <= 40 && isHex(w):
		return commitID
	case isTicket(w):
		return ticketID
	case isTag(w):
		return tagName
	}
	return notVersion
}

// plainVersion allows only the characters that versions, tags and commits are made of.
func plainVersion(w string) bool {
	for i := 0; i < len(w); i++ {
		c := w[i]
		ok := isLetter(c) || isDigit(c) || strings.IndexByte("._-+/", c) >= 0
		if !ok {
			return false
		}
	}
	return len(w) > 0
}

// numbered reads [v]N.N[.N…][suffix]. "v7" counts; "7" alone doesn't.
// A suffix that is itself a dotted number is a range ("1.4.2-1.4.5"), not a version.
func numbered(w string) bool {
	s, v := w, false
	if s[0] == 'v' || s[0] == 'V' {
		s, v = s[1:], true
	}
	parts := 0
	for {
		n := digits(s)
		if n == 0 || n > 18 {
			return false
		}
		parts++
		s = s[n:]
		if len(s) > 1 && s[0] == '.' && isDigit(s[1]) && parts < 5 {
			s = s[1:]
			continue
		}
		break
	}
	if parts == 1 && (!v || s != "") {
		return false
	}
	return s == "" || suffix(s)
}

// suffix reads "-rc4", "+build.7", "_beta1", "rc1", "b2".
func suffix(s string) bool {
	if strings.IndexByte(s, '/') >= 0 || strings.HasSuffix(s, ".x") || s[0] == '.' {
		return false
	}
	body := s
	if strings.IndexByte("-+_", s[0]) >= 0 {
		body = s[1:]
	}
	if body == "" {
		return false
	}
	if n := digits(body); n > 0 && n+1 < len(body) && body[n] == '.' && isDigit(body[n+1]) && s[0] != '+' {
		return false
	}
	if isLetter(s[0]) {
		switch { // "1.5x", "5.30pm", "1.5gb" are no versions: only known marks may follow without a hyphen
		case hasAnyPrefix(strings.ToLower(s), "rc", "beta", "alpha", "pre", "post", "dev", "final"):
			return true
		case (s[0] == 'a' || s[0] == 'b') && len(s) > 1 && digits(s[1:]) == len(s)-1:
			return true
		}
		return false
	}
	return true
}

// isTag reads names that carry a number and are built like a tag: a hyphen,
// underscore, dot or slash in them, or one of the usual words before the number.
func isTag(w string) bool {
	if !isLetter(w[0]) || len(w) < 3 {
		return false
	}
	hasDigit := strings.ContainsAny(w, "0123456789")
	if !hasDigit {
		return false
	}
	low := strings.ToLower(w)
	// In a word of one piece only the usual prefixes make a tag: "web2" may be a name.
	if !strings.ContainsAny(w, "-_./+") {
		return hasAnyPrefix(low, "rc", "build", "rel", "release", "beta", "alpha", "hotfix", "sprint")
	}
	return !strings.HasSuffix(low, ".x") && !strings.Contains(w, "//")
}

func isTicket(w string) bool {
	if hasAnyPrefix(w, "CHG", "INC", "REQ", "RITM", "PRB", "TASK") && len(strings.TrimLeft(w, "ACEGHIKMNPQRSTB")) >= 3 && allDigits(strings.TrimLeft(w, "ACEGHIKMNPQRSTB")) {
		return true // CHG0012345
	}
	i := 0
	for i < len(w) && w[i] >= 'A' && w[i] <= 'Z' {
		i++
	}
	return i >= 2 && i < len(w)-1 && w[i] == '-' && allDigits(w[i+1:])
}

// isDate reads 2026-11-22 and 22-11-2026: days, not versions.
func isDate(w string) bool {
	p := strings.FieldsFunc(w, func(r rune) bool { return r == '-' || r == '/' })
	return len(p) == 3 && allDigits(p[0]) && allDigits(p[1]) && allDigits(p[2])
}

// isClock reads 5pm, 17h, 5.30pm.
func isClock(w string) bool {
	low := strings.ToLower(w)
	n := digits(low)
	if n == 0 || n > 2 {
		return false
	}
	rest := strings.TrimLeft(low[n:], ".0123456789")
	return rest == "am" || rest == "pm" || rest == "h" || rest == "uhr"
}

func isHex(w string) bool {
	num := false
	for i := 0; i < len(w); i++ {
		c := w[i] | 0x20
		switch {
		case isDigit(w[i]):
			num = true
		case c < 'a' || c > 'f':
			return false
		}
	}
	return num
}

func allDigits(s string) bool { return s != "" && digits(s) == len(s) }

// digits counts the digits that s starts with.
func digits(s string) int {
	n := 0
	for n < len(s) && isDigit(s[n]) {
		n++
	}
	return n
}

func isDigit(c byte) bool  { return c >= '0' && c <= '9' }
func isLetter(c byte) bool { return c|0x20 >= 'a' && c|0x20 <= 'z' }

func hasAnyPrefix(s string, prefixes ...string) bool {
	for _, p := range prefixes {
		if strings.HasPrefix(s, p) {
			return true
		}
	}
	return false
}
