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

// version is what ships: what it was resolved to once there is a plan, until then as it was asked for.
func version(r *agent.ReleaseState) string {
	if r.Plan != nil {
		return r.Plan.Version
	}
	return r.Version
}

// headline says what a release does, in plain text, without who or how it went.
func headline(r *agent.ReleaseState) string {
	service, env, ships := word(r.Service, plain), word(r.Env, plain), content(version(r), showVersion, plain)
	switch r.Action {
	case "rollback":
		if ships == "" {
			return "Roll back " + service + " in " + env
		}
		return "Roll back " + service + " in " + env + " to " + ships
	case "verify":
		return "Verify " + service + " in " + env
	}
	return "Deploy " + service + " " + or(ships, "an unknown version") + " to " + env
}

// word is a name as part of a sentence, which needs one.
func word(s string, k kind) string { return or(content(s, showName, k), "something") }

func or(s, instead string) string {
	if s == "" {
		return instead
	}
	return s
}

// request says what a release does in running text: "deploy shop `v1` to production".
func request(r *agent.ReleaseState) string {
	service, env := word(r.Service, inline), word(r.Env, inline)
	switch r.Action {
	case "rollback":
		if version(r) == "" {
			return "roll back " + service + " in " + env
		}
		return "roll back " + service + " in " + env + " to " + mono(version(r), showVersion)
	case "verify":
		return "verify " + service + " in " + env
	}
	return "deploy " + service + " " + mono(version(r), showVersion) + " to " + env
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
	case agent.OutcomeRejected, agent.OutcomeCanceled:
		return word + byPerson(r.OutcomeBy)
	case agent.OutcomeSuperseded:
		return word + " by release " + mono(r.OutcomeBy, showName)
	default:
		return word
	}
}
