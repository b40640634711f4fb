package tools

import "strings"

// Placeholders are the names that Fill knows.
var placeholders = []string{"version", "sha", "environment", "service", "action", "key", "previous_version"}

// Placeholders returns the names that Fill replaces.
func Placeholders() []string { return append([]string(nil), placeholders...) }

func fill(c Call, s string) string {
	if !strings.Contains(s, "${") {
		return s
	}
	return strings.NewReplacer(
		"${version}", c.Version,
		"${sha}", c.Commit,
		"${environment}", c.Environment,
		"${service}", c.Service,
		"${action}", c.Action,
		"${key}", c.Key,
		"${previous_version}", c.PreviousVersion,
	).Replace(s)
}
