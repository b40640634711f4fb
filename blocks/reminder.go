package blocks

import (
	"github.com/slack-go/slack"

	"github.com/releasebot/releasebot/agent"
)

// reminder names the approvers once more. It is posted once and not edited:
// the card beside it says how things stand.
func reminder(r *agent.ReleaseState, a *agent.Approval) View {
	text := "⏳ Reminder for " + anyOf(a.From) + ": " + request(r) + " is waiting for approval (" + approvalCount(a) + ")"
	return View{
		Key: agent.ViewReminder(a.ID), Text: fit(text, maxText), Final: true,
		Blocks: []slack.Block{
			section(text + "."),
			context("Expires "+date(a.Expires)+" · decide on the card above, or "+mono("/release approve "+a.ID, 80), "id "+mono(a.ID, showName)),
		},
	}
}
