package deploy

import (
	"slices"
	"strings"

	"github.com/releasebot/releasebot/internal/failpoint"
	"github.com/releasebot/releasebot/tools"
)

// withheldPrefixes begin the names of the bot's own configuration, of what
// systemd tells the bot alone, and of what only a release may set.
var withheldPrefixes = []string{
	"SLACK_", "OPENAI_", "REDIS_", "RELEASEBOT_", "OTEL_", "RELEASE_", "LISTEN_", "WATCHDOG_",
}

var withheldNames = []string{"NOTIFY_SOCKET", "INVOCATION_ID", "JOURNAL_STREAM", "MAINPID"}

// commandEnviron returns what of environ is handed to commands: everything but
// the bot's own configuration and the names in also.
func commandEnviron(environ, also []string) []string {
	out := make([]string, 0, len(environ))
	for _, entry := range environ {
		name, _, ok := strings.Cut(entry, "=")
		if !ok || name == "" || slices.Contains(withheldNames, name) || slices.Contains(also, name) {
			continue
		}
		if slices.ContainsFunc(withheldPrefixes, func(p string) bool { return strings.HasPrefix(name, p) }) {
			continue
		}
		out = append(out, entry)
	}
	return out
}

// supervisorEnviron is commandEnviron and, in a build with fail points, the
// variable that chooses them.
func supervisorEnviron(environ, also []string) []string {
	out := commandEnviron(environ, also)
	if failpoint.Enabled {
		for _, entry := range environ {
			if strings.HasPrefix(entry, failpoint.Variable+"=") {
				out = append(out, entry)
			}
		}
	}
	return out
}

// releaseEnviron returns the variables that tell a command about its release.
func releaseEnviron(c tools.Call) []string {
	return []string{
		"RELEASE_ID=" + c.Release,
		"RELEASE_KEY=" + c.Key,
		"RELEASE_ACTION=" + c.Action,
		"RELEASE_SERVICE=" + c.Service,
		"RELEASE_ENVIRONMENT=" + c.Environment,
		"RELEASE_VERSION=" + c.Version,
		"RELEASE_SHA=" + c.Commit,
		"RELEASE_PREVIOUS_VERSION=" + c.PreviousVersion,
		"RELEASE_PREVIOUS_SHA=" + c.PreviousCommit,
	}
}

// variable returns the value of name in environ; the last entry counts.
func variable(environ []string, name string) string {
	for _, entry := range slices.Backward(environ) {
		if value, ok := strings.CutPrefix(entry, name+"="); ok {
			return value
		}
	}
	return ""
}
