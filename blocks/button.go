package blocks

import (
	"github.com/slack-go/slack"

	"github.com/releasebot/releasebot/agent"
)

// Button reads a click back: which button it was, and the id it carries. The id
// is as the client sent it: whether it exists, belongs to this thread, and
// whether this person may, is for the agent to find out. ok is false for
// anything that is no button of ours.
func Button(a slack.BlockAction) (verb agent.Verb, target string, ok bool) {
	switch v := agent.Verb(a.ActionID); v {
	case agent.VerbApprove, agent.VerbReject, agent.VerbEdit, agent.VerbAbort, agent.VerbRollback, agent.VerbRetry, agent.VerbLeave, agent.VerbGlass, agent.VerbTakeover,
		agent.VerbRan, agent.VerbDidnt, agent.VerbStop, agent.VerbHealthy, agent.VerbRecheck, agent.VerbUnwell:
		verb = v
	default:
		return "", "", false
	}
	if !opaque(a.Value) {
		return "", "", false
	}
	return verb, a.Value, true
}

// OpensForm reports whether a click on this button decides nothing yet: it opens a
// form (RejectForm, EditForm, GlassForm, TakeoverForm), and what comes back decides.
func OpensForm(v agent.Verb) bool {
	switch v {
	case agent.VerbReject, agent.VerbEdit, agent.VerbGlass, agent.VerbTakeover:
		return true
	default:
		return false
	}
}
