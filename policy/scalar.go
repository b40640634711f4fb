package policy

import (
	"strconv"
	"strings"
	"time"

	"go.yaml.in/yaml/v4"
)

// text reads a text. Numbers and dates count as the text that was written, so
// that a version such as 1.20 stays what it is; true and empty values don't.
func (v Value) text() (string, bool) {
	if v.node.Kind == yaml.ScalarNode {
		switch v.node.ShortTag() {
		case "!!str", "!!int", "!!float", "!!timestamp":
			return v.node.Value, true
		case "!!bool":
			v.fail("`%s` must be a text: write \"%s\" in quotes", v.label, v.node.Value)
			return "", false
		}
	}
	if v.null() {
		v.failKey("`%s` is empty: give it a value or leave the key out", v.label)
		return "", false
	}
	v.fail("`%s` must be a text, not %s", v.label, v.describe())
	return "", false
}

// plain reads a text of which no part is filled in later, so that ${…} in it
// can only be a mistake.
func (v Value) plain() (string, bool) {
	s, ok := v.text()
	if ok && strings.Contains(s, "${") {
		v.fail("`%s` is taken as it stands: ${…} is only filled in in the arguments of deploys and checks, and in `ci`", v.label)
		return "", false
	}
	return s, ok
}

// boolean reads true or false. The yes and no of old YAML are refused: they
// read as texts elsewhere.
func (v Value) boolean() (value, ok bool) {
	if v.node.Kind == yaml.ScalarNode && v.node.ShortTag() == "!!bool" {
		return strings.EqualFold(v.node.Value, "true"), true
	}
	v.fail("`%s` must be true or false, not %s", v.label, v.describe())
	return false, false
}

// integer reads a whole number that is not below least.
func (v Value) integer(least int) (int, bool) {
	if v.node.Kind != yaml.ScalarNode || v.node.ShortTag() != "!!int" {
		v.fail("`%s` must be a whole number, not %s", v.label, v.describe())
		return 0, false
	}
	n, err := parseInt(v.node.Value)
	if err != nil || int64(int(n)) != n {
		v.fail("`%s` is too large: %s", v.label, v.describe())
		return 0, false
	}
	if int(n) < least {
		v.fail("`%s` must be %d or more, not %d", v.label, least, n)
		return 0, false
	}
	return int(n), true
}

// parseInt reads a number as YAML does: 0x1f, 0o17, 1_000. A leading zero is no
// octal here.
func parseInt(s string) (int64, error) {
	bare := strings.TrimLeft(s, "+-")
	if len(bare) > 1 && bare[0] == '0' && bare[1] >= '0' && bare[1] <= '9' {
		return strconv.ParseInt(s, 10, 64)
	}
	return strconv.ParseInt(s, 0, 64)
}

// duration reads a duration that is longer than nothing.
func (v Value) duration() (Duration, bool) {
	if v.node.Kind == yaml.ScalarNode && !v.null() {
		d, err := time.ParseDuration(v.node.Value)
		if err == nil && d > 0 {
			return Duration(d), true
		}
		if err == nil {
			v.fail("`%s` must be longer than 0, not %s", v.label, v.describe())
			return 0, false
		}
	}
	v.fail("`%s` must be a duration such as `30s`, `10m` or `1h30m`, not %s", v.label, v.describe())
	return 0, false
}
