package policy

import (
	"fmt"
	"slices"
	"strings"
)

// Placeholders returns the names that may stand in ${…} where the arguments of
// deploys and checks are written.
func Placeholders() []string {
	return []string{"version", "sha", "environment", "service", "action", "key", "previous_version"}
}

// CheckPlaceholders returns an error when s holds a ${…} that is not one of
// Placeholders, or one that is never closed. Value.Into looks at every string
// by itself; the function is for decoders that come by a text in another way.
func CheckPlaceholders(s string) error {
	for rest := s; ; {
		_, after, found := strings.Cut(rest, "${")
		if !found {
			return nil
		}
		name, tail, closed := strings.Cut(after, "}")
		if !closed {
			return fmt.Errorf("`${` is never closed: a placeholder is written `${version}`")
		}
		if !slices.Contains(Placeholders(), name) {
			return fmt.Errorf("unknown placeholder `${%s}`%s", name, placeholderHint(name))
		}
		rest = tail
	}
}

func placeholderHint(name string) string {
	if near, ok := nearest(name, Placeholders()); ok {
		return ", did you mean `${" + near + "}`?"
	}
	return "; known are ${" + strings.Join(Placeholders(), "}, ${") + "}, and nothing is passed through a shell"
}
