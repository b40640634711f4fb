package rules

import (
	"slices"
	"strings"
)

// What programs write asks for nothing: commands and logs that were copied from
// a terminal, and the notices of CI, trackers and monitors.

// console: the message is a block copied from a terminal or a log, or begins
// with a command of one.
func (m *message) console() bool {
	if m.set.meets(setOf(clsPlease, clsReq)) {
		return false
	}
	text := strings.TrimSpace(m.text)
	if markup(text) {
		return true
	}
	if in, ok := fenced(text); ok {
		for line := range strings.SplitSeq(in, "\n") {
			if logged(strings.TrimSpace(line)) {
				return true
			}
		}
		return false
	}
	line, _, _ := strings.Cut(text, "\n")
	first, _, more := strings.Cut(line, " ")
	return more && stamped(first) || command(strings.Trim(line, "`"))
}

// documents: an order is quoted from a text that tells how things are done.
func (m *message) documents() bool {
	if !m.set.has(clsQuoted) || m.set.meets(setOf(clsPlease, clsReq)) {
		return false
	}
	for _, it := range m.items {
		switch it.key {
		case "runbook", "docs", "doc", "readme", "wiki", "manual", "playbook", "guide", "handbook", "documentation", "tutorial", "faq", "confluence", "cheatsheet", "example", "doku", "handbuch", "documentacion", "documentacao", "documentazione", "documentatie":
			return true
		}
	}
	return false
}

// markup: tags or an object, as programs exchange them.
func markup(text string) bool {
	if strings.HasPrefix(text, "{") && strings.HasSuffix(text, "}") && strings.Contains(text, `":`) {
		return true
	}
	at := strings.Index(text, "</")
	return at >= 0 && at+2 < len(text) && isLetter(text[at+2])
}

// fenced is what stands between the fences of a text that is nothing else.
func fenced(text string) (string, bool) {
	in, ok := strings.CutPrefix(text, "```")
	if !ok || len(in) < 3 || !strings.HasSuffix(in, "```") {
		return "", false
	}
	in = strings.TrimSuffix(in, "```")
	return in, !strings.Contains(in, "```")
}

// logged: a prompt with a command, a time, or a level begins the line.
func logged(line string) bool {
	if command(line) {
		return true
	}
	first, rest, more := strings.Cut(line, " ")
	if !more {
		return false
	}
	switch strings.Trim(first, "[]:") {
	case "INFO", "WARN", "WARNING", "ERROR", "FATAL", "DEBUG", "TRACE":
		return true
	}
	stamp := strings.Trim(first, "[]")
	return rest != "" && (isTimeShape(stamp) && strings.ContainsAny(stamp, ":-") || stamped(stamp))
}

// stamped: 2026-11-22T10:00:01Z, which nobody writes by hand.
func stamped(word string) bool {
	return len(word) > 11 && word[10] == 'T' && isDate(word[:10])
}

// command: "$ ./deploy.sh", "kubectl rollout undo …": a program and what is for it.
func command(line string) bool {
	if rest, ok := strings.CutPrefix(line, "$ "); ok {
		return rest != ""
	}
	words := strings.Fields(line)
	if len(words) == 0 {
		return false
	}
	if strings.HasPrefix(words[0], "./") {
		return true
	}
	if len(words) == 1 {
		return false
	}
	switch words[0] {
	case "kubectl", "helm", "docker", "git", "terraform", "ssh", "scp", "argocd", "aws", "gcloud", "ansible-playbook", "npm", "systemctl":
	default:
		return false
	}
	switch words[1] {
	case "get", "apply", "rollout", "describe", "logs", "set", "scale", "delete", "exec", "upgrade", "rollback", "install", "list", "push", "pull", "run", "ps", "stop",
		"revert", "merge", "checkout", "log", "reset", "rebase", "commit", "tag", "app", "publish", "restart", "start", "plan", "compose":
		return true
	}
	return words[1][0] == '-' || strings.Contains(words[1], "@")
}

// notice: the message begins as the notices of programs do: "Sentry: …",
// "PR #771 merged: …".
func (m *message) notice() bool {
	k := 0
	for k < len(m.items) && (m.items[k].cls == clsEmoji || m.items[k].cls == clsOdd || m.items[k].cls == clsMention && k == 0) {
		k++
	}
	if k+1 >= len(m.items) {
		return false
	}
	it, after := m.items[k], m.items[k+1]
	switch it.key {
	case "pr", "mr", "pull", "merge", "issue", "build", "pipeline", "job", "workflow", "incident", "request":
		return slices.ContainsFunc(m.items[k+1:min(k+4, len(m.items))], runNumber)
	}
	if it.cls != clsUnknown && it.cls != clsName {
		return false
	}
	return watcher(it.key) && (after.cls == clsSep && after.sep != ',' && after.sep != '\n' || after.cls == clsOdd)
}

// watcher: programs that write into channels.
func watcher(k string) bool {
	switch k {
	case "sentry", "datadog", "pagerduty", "opsgenie", "grafana", "prometheus", "alertmanager", "newrelic", "jenkins", "github", "gitlab", "bitbucket", "circleci", "travis",
		"buildkite", "teamcity", "argocd", "dependabot", "renovate", "sonarqube", "snyk", "codecov", "jira", "statuspage", "uptimerobot", "pingdom", "cloudwatch", "rollbar",
		"bugsnag", "nagios", "zabbix", "honeycomb", "splunk", "ci", "firing", "resolved", "cron":
		return true
	}
	return false
}

// asksOfQuote: the question is about lines that it quotes.
func (m *message) asksOfQuote() bool {
	quoted := false
	for _, it := range m.items {
		if it.line {
			quoted = true
		} else if slots().has(it.cls) {
			return false
		}
	}
	return quoted && m.set.meets(setOf(clsSaid)) && m.question
}
