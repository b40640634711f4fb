package blocks

import "github.com/releasebot/releasebot/agent"

// symbol stands beside a state's word, never instead of it.
func symbol(word string) string {
	switch word {
	case "preparing":
		return "🔎"
	case "waiting for approval", "waiting for the environment", string(agent.ApprovalPending):
		return "⏳"
	case "held":
		return "⏸️"
	case "deploying":
		return "🚀"
	case "verifying":
		return "🩺"
	case agent.OutcomeDone, "deployed", "healthy", "approved":
		return "✅"
	case agent.OutcomeRolledBack:
		return "↩️"
	case agent.OutcomeRefused:
		return "⛔"
	case agent.OutcomeExpired:
		return "⌛"
	case agent.OutcomeSuperseded:
		return "⏭️"
	case agent.OutcomeCanceled:
		return "🚫"
	case agent.OutcomeInconclusive:
		return "⚠️"
	case agent.OutcomeUnknown:
		return "❓"
	}
	return "❌" // failed, unhealthy, rejected
}

// capital is a state's word at the start of a line.
func capital(word string) string {
	if word == "" || word[0] < 'a' || word[0] > 'z' {
		return word
	}
	return string(word[0]-'a'+'A') + word[1:]
}

// headline says what a release does, in plain text, without who or how it went.
func headline(r *agent.ReleaseState) string {
	service, env, version := content(r.Service, showName, plain), content(r.Env, showName, plain), content(r.Version, showVersion, plain)
	switch r.Action {
	case "rollback":
		if version == "" {
			return "Roll back " + service + " in " + env
		}
		return "Roll back " + service + " in " + env + " to " + version
	case "verify":
		return "Verify " + service + " in " + env
	}
	return "Deploy " + service + " " + version + " to " + env
}

// request says what a release does in running text: "deploy shop `v1` to production".
func request(r *agent.ReleaseState) string {
	service, env := say(r.Service, showName), say(r.Env, showName)
	switch r.Action {
	case "rollback":
		if r.Version == "" {
			return "roll back " + service + " in " + env
		}
		return "roll back " + service + " in " + env + " to " + mono(r.Version, showVersion)
	case "verify":
		return "verify " + service + " in " + env
	}
	return "deploy " + service + " " + mono(r.Version, showVersion) + " to " + env
}

// outcome says in the contract's words how a release stands, in full.
func outcome(r *agent.ReleaseState) string {
	switch word := r.Word(); word {
	case agent.OutcomeDone:
		switch {
		case r.Action == "verify":
			return "healthy, done"
		case r.Verify == nil:
			return "deployed, done"
		}
		return "deployed, healthy, done"
	case agent.OutcomeRolledBack:
		if r.Verify == nil {
			return word
		}
		return word + ", healthy"
	case agent.OutcomeUnhealthy, agent.OutcomeInconclusive:
		if r.Deploy == nil {
			return word
		}
		return "deployed, but " + word
	default:
		return word
	}
}
