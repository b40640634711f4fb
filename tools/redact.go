package tools

import (
	"encoding/base64"
	"net/url"
	"regexp"
	"slices"
	"strings"
)

// Masked stands in texts where a secret was.
const Masked = "[masked]"

// minSecret is the shortest value taken for a secret: masking shorter ones
// would mangle ordinary words and tell by the gaps what they were.
const minSecret = 6

// A Masker takes secrets out of text. It knows the values it was made with and
// the shapes of well-known tokens. A nil Masker knows the shapes only. It is
// safe for concurrent use.
type Masker struct {
	values *strings.Replacer
}

// NewMasker returns a Masker for the given secrets, and for the values of the
// variables of environ ("NAME=value", as os.Environ has them) whose names look
// as if they held one: TOKEN, SECRET, PASSWORD, KEY and the like. Passwords
// inside URLs count whatever the variable's name. Values shorter than six
// characters are left alone.
func NewMasker(environ []string, secrets ...string) *Masker {
	found := make(map[string]bool)
	for _, s := range secrets {
		addSecret(found, s)
	}
	for _, entry := range environ {
		name, value, _ := strings.Cut(entry, "=")
		if secretName(name) {
			addSecret(found, value)
		}
		if u, err := url.Parse(value); err == nil && u.User != nil {
			if password, ok := u.User.Password(); ok {
				addSecret(found, password)
			}
		}
	}
	if len(found) == 0 {
		return &Masker{}
	}
	values := make([]string, 0, len(found))
	for v := range found {
		values = append(values, v)
	}
	// Longest first: a secret that contains another must go as a whole.
	slices.SortFunc(values, func(a, b string) int {
		if len(a) != len(b) {
			return len(b) - len(a)
		}
		return strings.Compare(a, b)
	})
	pairs := make([]string, 0, 2*len(values))
	for _, v := range values {
		pairs = append(pairs, v, Masked)
	}
	return &Masker{values: strings.NewReplacer(pairs...)}
}

// addSecret notes value, each line of it, and the forms it takes in URLs and in base64.
func addSecret(found map[string]bool, value string) {
	value = strings.TrimSpace(value)
	if len(value) < minSecret {
		return
	}
	for _, v := range []string{
		value, url.QueryEscape(value), url.PathEscape(value),
		strings.TrimRight(base64.StdEncoding.EncodeToString([]byte(value)), "="),
	} {
		found[v] = true
	}
	for line := range strings.SplitSeq(value, "\n") {
		if line = strings.TrimSpace(line); len(line) >= minSecret {
			found[line] = true
		}
	}
}

// secretWords are the parts of a variable's name that tell of a secret.
var secretWords = []string{
	"TOKEN", "TOKENS", "SECRET", "SECRETS", "PASSWORD", "PASSWD", "PASSPHRASE", "PASS", "KEY", "APIKEY",
	"CREDENTIAL", "CREDENTIALS", "AUTH", "PAT", "COOKIE",
}

// plainEndings are last parts of names that say where a secret is kept, not what it is.
var plainEndings = []string{"FILE", "PATH", "DIR", "SOCK", "URL", "NAME", "ID"}

func secretName(name string) bool {
	name = strings.ToUpper(name)
	if name == "AWS_ACCESS_KEY_ID" {
		return true
	}
	if strings.HasPrefix(name, "RELEASE_") {
		return false // ours: RELEASE_KEY is an idempotency key, and printed on purpose
	}
	words := strings.FieldsFunc(name, func(r rune) bool { return r == '_' || r == '-' || r == '.' })
	if len(words) == 0 || slices.Contains(plainEndings, words[len(words)-1]) {
		return false
	}
	for _, w := range words {
		if slices.Contains(secretWords, w) {
			return true
		}
	}
	last := words[len(words)-1]
	for _, end := range []string{"TOKEN", "SECRET", "PASSWORD", "APIKEY"} {
		if strings.HasSuffix(last, end) {
			return true
		}
	}
	return false
}

// shapes are what well-known secrets look like. Where a shape has a group, the
// group stays and the rest is masked.
var shapes = []*regexp.Regexp{
	regexp.MustCompile(`\bx(?:ox[a-z]|app)-[A-Za-z0-9-]{6,}`),
	regexp.MustCompile(`\bgh[pousr]_[A-Za-z0-9]{16,}`),
	regexp.MustCompile(`\bgithub_pat_[A-Za-z0-9_]{16,}`),
	regexp.MustCompile(`\bglpat-[A-Za-z0-9_-]{16,}`),
	regexp.MustCompile(`\b(?:AKIA|ASIA)[0-9A-Z]{16}\b`),
	regexp.MustCompile(`\bsk-[A-Za-z0-9_-]{16,}`),
	regexp.MustCompile(`\bAIza[0-9A-Za-z_-]{30,}`),
	regexp.MustCompile(`\beyJ[A-Za-z0-9_-]{8,}\.[A-Za-z0-9_-]{8,}\.[A-Za-z0-9_-]*`),
	regexp.MustCompile(`(hooks\.slack\.com/(?:services|workflows|triggers)/)[A-Za-z0-9/_-]+`),
	regexp.MustCompile(`(?i)\b(bearer\s+)[A-Za-z0-9._~+/=-]{6,}`),
	regexp.MustCompile(`(?i)\b(basic\s+)[A-Za-z0-9+/]{12,}={0,2}`),
	regexp.MustCompile(`(\b[A-Za-z][A-Za-z0-9+.-]*://[^\s/:@]*:)[^\s/@]+@`),
	regexp.MustCompile(`(?i)((?:password|passwd|passphrase|secret|token|api[_-]?key|access[_-]?key)[A-Za-z_]*=["']?)[^\s"'&;,]{6,}`),
	regexp.MustCompile(`(?i)("[^"]*(?:password|passwd|passphrase|secret|token|api[_-]?key)[^"]*"\s*:\s*")[^"]{6,}`),
	regexp.MustCompile(`-----BEGIN [A-Z ]*PRIVATE KEY-----(?s:.*?)(?:-----END [A-Z ]*PRIVATE KEY-----|\z)`),
}

// Mask returns s with every secret that it knows replaced by Masked.
func (m *Masker) Mask(s string) string {
	if m != nil && m.values != nil {
		s = m.values.Replace(s)
	}
	for _, shape := range shapes {
		if shape.NumSubexp() == 0 {
			s = shape.ReplaceAllString(s, Masked)
			continue
		}
		tail := ""
		if strings.HasSuffix(shape.String(), "@") {
			tail = "@"
		}
		s = shape.ReplaceAllString(s, "${1}"+Masked+tail)
	}
	return s
}

// Line makes one line of a program's output fit to be shown: terminal
// sequences and control characters go, secrets are masked, and what is longer
// than 500 characters is cut and ends in "…".
func (m *Masker) Line(s string) string { return Cut(m.Mask(Plain(s)), maxLine) }

// Lines makes several lines of output fit to be shown, as Line does, and masks
// secrets that run over more than one of them.
func (m *Masker) Lines(lines []string) []string {
	plain := make([]string, len(lines))
	for i, l := range lines {
		plain[i] = Plain(l)
	}
	out := make([]string, 0, len(lines))
	inKey := false
	for _, l := range plain {
		begins, ends := strings.Contains(l, "PRIVATE KEY-----") && strings.Contains(l, "-----BEGIN "), strings.Contains(l, "-----END ")
		switch {
		case inKey && ends:
			inKey, l = false, Masked
		case inKey:
			l = Masked
		case begins:
			inKey = !ends
			l = m.Mask(l)
		default:
			l = m.Mask(l)
		}
		out = append(out, Cut(l, maxLine))
	}
	return out
}
