package blocks

import (
	"github.com/slack-go/slack"

	"github.com/releasebot/releasebot/agent"
)

// Note is told to one person alone: something that they have to know, or that
// what they pressed or wrote did nothing, and why.
func Note(n agent.Note, _ Options) View {
	if n.Text != "" {
		text := "🔔 " + or(sentence(n.Text, maxReason), "Something of yours needs a look.")
		return View{Key: n.Key(), Text: fit(text, maxText), Final: true, Blocks: []slack.Block{section(text)}}
	}
	reason := sentence(n.Data.Reason, showReason)
	if reason == "" {
		reason = "It is not possible now."
	}
	text := "ℹ️ " + verbName(n.Data.Verb) + " did nothing. " + reason
	v := View{Key: n.Key(), Text: fit(text, maxText), Final: true, Blocks: []slack.Block{section(text)}}
	if remedy := sentence(n.Data.Remedy, showReason); remedy != "" {
		v.Text = fit(text+" "+remedy, maxText)
		v.Blocks = append(v.Blocks, context(remedy))
	}
	return v
}

// verbName is the label of the button, or the word of the command.
func verbName(v agent.Verb) string {
	switch v {
	case agent.VerbRollback:
		return "Roll back"
	case agent.VerbRan:
		return "“It ran”"
	case agent.VerbDidnt:
		return "“It didn't”"
	case agent.VerbLeave:
		return "Leave it"
	case agent.VerbGlass:
		return "Break glass"
	case agent.VerbTakeover:
		return "Take over"
	case agent.VerbEdit:
		return "Change"
	case agent.VerbHealthy:
		return "“Healthy”"
	case agent.VerbRecheck:
		return "“Check again”"
	case agent.VerbUnwell:
		return "“Not healthy”"
	case agent.VerbApprove, agent.VerbReject, agent.VerbAbort, agent.VerbCancel, agent.VerbHold, agent.VerbResume, agent.VerbRetry, agent.VerbStop:
		return capital(string(v))
	}
	return "That"
}
