package blocks

import (
	"strconv"
	"strings"

	"github.com/slack-go/slack"

	"github.com/releasebot/releasebot/agent"
)

// Approval is the card of an approval of the release, as it stands now: also
// of one that was shown for the last time, and is not among Thread's views any more.
func Approval(s *agent.State, r *agent.ReleaseState, a *agent.Approval) View {
	return approval(s, r, a, a != r.Approval)
}

// approval is the card that people decide from. Everything on it is a fact that
// code fetched. An old one stands for a plan that is no longer the release's:
// of that, only what is still true is shown.
func approval(s *agent.State, r *agent.ReleaseState, a *agent.Approval, old bool) View {
	key := agent.ViewApproval(a.ID)
	v := View{Key: key, Text: approvalText(r, a), Final: settled(r, a)}
	list := make([]slack.Block, 0, 10)
	if a.State == agent.ApprovalPending {
		list = append(list, header("Approve? "+headline(r)))
		list = append(list, warnings(s, r)...)
		if r.Plan != nil {
			list = append(list, facts(r))
		}
		list = appendDetails(list, r)
		list = append(list, lines(rules(r, a)))
	} else {
		list = append(list, header(capital(string(a.State))+": "+headline(r)), lines(verdict(a)))
		if !old && r.Plan != nil {
			list = append(list, shipped(r))
		}
	}
	live := a.State == agent.ApprovalPending && r.Cancel == ""
	list = append(list, context("id "+mono(a.ID, showName)+hint(a, live)))
	if live {
		list = append(list, actions(key, approvalButtons(r, a)...))
	}
	v.Blocks = within(list)
	return v
}

// settled: an approval that was given can still be void until the start.
func settled(r *agent.ReleaseState, a *agent.Approval) bool {
	switch a.State {
	case agent.ApprovalPending:
		return false
	case agent.ApprovalApproved:
		return !r.Stage.Before(agent.StageDeploy)
	default:
		return true
	}
}

// approvalText is the outcome on its own.
func approvalText(r *agent.ReleaseState, a *agent.Approval) string {
	if a.State == agent.ApprovalPending {
		text := "⏳ " + capital(request(r)) + ": waiting for approval by " + anyOf(a.From)
		return fit(text+", asked for by "+asker(r.By, r.Actor), maxText)
	}
	text := symbol(string(a.State)) + " " + capital(request(r)) + ": " + approvalWord(a)
	if why := approvalReason(a); why != "" {
		text += ": " + why
	}
	return fit(text, maxText)
}

// approvalWord is how an approval stands, and by whom.
func approvalWord(a *agent.Approval) string {
	switch a.State {
	case agent.ApprovalApproved:
		return "approved by " + approvers(a)
	case agent.ApprovalRejected:
		return "rejected by " + mention(a.By)
	case agent.ApprovalExpiredOut:
		return "expired"
	case agent.ApprovalCanceled:
		return "canceled" + byPerson(a.By)
	case agent.ApprovalReplaced:
		if len(a.Changed) > 0 {
			return "superseded, because what it showed has changed"
		}
		return "superseded by release " + mono(a.By, showName)
	default:
		return "waiting for approval"
	}
}

// approvalReason is why an approval ended as it did, "" where the word says it.
func approvalReason(a *agent.Approval) string {
	switch a.State {
	case agent.ApprovalRejected:
		return say(a.Reason, showReason)
	case agent.ApprovalCanceled:
		return sentence(a.Reason, showReason)
	case agent.ApprovalExpiredOut:
		return "nobody decided in time"
	case agent.ApprovalReplaced:
		return changed(a.Changed)
	default:
		return ""
	}
}

// verdict says which way an approval ended, by whom, why and when.
func verdict(a *agent.Approval) []string {
	list := []string{symbol(string(a.State)) + " *" + capital(approvalWord(a)) + "*"}
	if why := approvalReason(a); why != "" { // as it was written: a version name is not a sentence
		list = append(list, reasonLabel(a)+why)
	}
	if !a.Decided.IsZero() {
		when := date(a.Decided)
		if d := between(a.Asked, a.Decided); d != "" {
			when += ", " + d + " after it was asked for"
		}
		list = append(list, when)
	}
	return list
}

func reasonLabel(a *agent.Approval) string {
	switch a.State {
	case agent.ApprovalRejected:
		return "*Reason:* "
	case agent.ApprovalReplaced:
		return "*What changed:* "
	default:
		return "*Why:* "
	}
}

func approvers(a *agent.Approval) string {
	return named(a.Approvers, func(r agent.Response) string { return mention(r.Person) })
}

// approvalCount says how many of how many have approved.
func approvalCount(a *agent.Approval) string {
	return strconv.Itoa(len(a.Approvers)) + " of " + strconv.Itoa(a.Required) + " approved"
}

func changed(list []string) string {
	const most = 6
	text := ""
	for i, c := range list {
		if i == most {
			return text + " and " + plural(len(list)-most, "more change", "more changes")
		}
		if i > 0 {
			text += "; "
		}
		text += say(c, showLine)
	}
	return text
}

// rules say why approval is needed, who may give it, who did, and until when.
func rules(r *agent.ReleaseState, a *agent.Approval) []string {
	var list []string
	switch {
	case r.Glass != nil: // who and why stand on top
		list = append(list, "*Why approval:* it goes through a freeze; an approver who did not break the glass has to agree.")
	case a.Why != "":
		list = append(list, "*Why approval:* "+sentence(a.Why, showReason))
	}
	list = append(list, "*Who may approve:* "+mayApprove(r, a))
	so := "*Approved so far:* nobody yet"
	if n := len(a.Approvers); n > 0 {
		so = "*Approved so far:* " + approvers(a) + ", " + strconv.Itoa(n) + " of " + strconv.Itoa(a.Required)
	} else if a.Required > 1 {
		so += "; " + strconv.Itoa(a.Required) + " different people have to approve"
	}
	list = append(list, so, "*Expires:* "+date(a.Expires))
	if !a.Escalated.IsZero() && len(a.EscalateTo) > 0 {
		list = append(list, "*Escalated to:* "+subjects(a.EscalateTo)+", "+date(a.Escalated)+", because nobody had decided")
	}
	return list
}

// mayApprove names those who may approve, less those of them whose word would
// not count, so that nobody has to press the button to find out.
func mayApprove(r *agent.ReleaseState, a *agent.Approval) string {
	able, askers, breaker := r.Able(a)
	if len(able) == 0 && len(a.From) > 0 {
		return "nobody: those whom the policy names may not approve this one"
	}
	var but []string
	if len(askers) > 0 {
		but = append(but, joined(askers, " or ", mention)+", who asked for it")
	}
	if breaker != "" {
		but = append(but, mention(breaker)+", who broke the glass")
	}
	if len(but) == 0 {
		return anyOf(able)
	}
	return anyOf(able) + ", but not " + strings.Join(but, ", nor ")
}

// hint is the way round the buttons, while they are there.
func hint(a *agent.Approval, live bool) string {
	switch {
	case a.State != agent.ApprovalPending:
		return ""
	case !live:
		return " · being canceled"
	}
	return " · " + mono("/release approve "+a.ID, 80) + " does the same"
}

// approvalButtons: Approve asks once more and names exactly what; Reject opens a form.
func approvalButtons(r *agent.ReleaseState, a *agent.Approval) []slack.BlockElement {
	return []slack.BlockElement{
		button("Approve", agent.VerbApprove, a.ID, slack.StylePrimary,
			confirm("Approve this "+actionWord(r)+"?", exactly(r), "Approve", "Not yet", slack.StylePrimary)),
		button("Reject", agent.VerbReject, a.ID, slack.StyleDanger, nil),
		button("Change…", agent.VerbEdit, a.ID, "", nil),
	}
}

func actionWord(r *agent.ReleaseState) string {
	if r.Action == "rollback" {
		return "rollback"
	}
	return "deploy"
}

// exactly names the plan that a click would allow, in plain text, and what
// somebody might have overlooked on the card.
func exactly(r *agent.ReleaseState) string {
	text := headline(r)
	if p := r.Plan; p != nil {
		if p.Commit != "" {
			text += ", commit " + content(short(p.Commit), 20, plain)
		}
		if p.Previous.Version != "" {
			text += ", replacing " + content(p.Previous.Version, showVersion, plain)
		}
		if p.OnFailure == rollsBack && p.Rollback != "" {
			text += ". If it is unhealthy, it goes back to " + content(p.Rollback, 30, plain) + " by itself"
		}
	}
	text += "."
	if p := r.Plan; p != nil && p.CI != nil && p.CI.State == "failed" {
		text += " CI has failed for it."
	}
	if r.Glass != nil {
		text += " It goes through a freeze."
	}
	if c := r.Context; c != nil && c.Changes != nil && c.Changes.Backward && r.Action != "rollback" {
		text += " It is older than what runs there now."
	}
	return text
}
