package blocks

import (
	"strconv"
	"strings"

	"github.com/slack-go/slack"

	"github.com/releasebot/releasebot/agent"
)

// release is the live card of one release: one message, edited in place.
func release(s *agent.State, r *agent.ReleaseState) View {
	key := agent.ViewRelease(r.N)
	list := make([]slack.Block, 0, 8)
	list = append(list, header(headline(r)), section(standing(s, r)))
	if r.Stage != agent.StageEnded || r.Deploy != nil || r.Verify != nil {
		list = append(list, lines(steps(r)))
	}
	if r.Deploy != nil && r.Deploy.Outcome != agent.Deployed && len(r.Deploy.Log) > 0 {
		list = append(list, codeBlock("*Last lines of its output*", r.Deploy.Log))
	}
	if after := aftermath(s, r); len(after) > 0 {
		list = append(list, lines(after))
	}
	list = append(list, context(origin(r), "id "+mono(r.ID, showName), planned(r)))
	buttons := releaseButtons(s, r)
	if len(buttons) > 0 {
		list = append(list, actions(key, buttons...))
	}
	return View{Key: key, Text: releaseText(r), Blocks: within(list), Final: closed(s, r, buttons)}
}

// closed: a release that has ended is shown for the last time once nothing is
// left to press about how it went wrong. Until then its card has to lose its
// buttons when somebody has.
func closed(s *agent.State, r *agent.ReleaseState, buttons []slack.BlockElement) bool {
	switch {
	case r.Stage != agent.StageEnded || s.Undecided(r) != nil:
		return false
	case r.Outcome == agent.OutcomeDone, r.Outcome == agent.OutcomeRolledBack:
		return true
	}
	return len(buttons) == 0
}

// releaseText is the outcome on its own.
func releaseText(r *agent.ReleaseState) string {
	text := symbol(r.Word()) + " " + capital(request(r)) + ": " + outcome(r)
	if l := r.Left; l != nil {
		text += ", left as it is by " + mention(l.By)
	}
	if why := because(r); why != "" {
		if c := why[0]; 'a' <= c && c <= 'z' { // as somebody wrote it
			text += ": " + why
		} else {
			text += ". " + why
		}
	}
	return fit(text, maxText)
}

// standing is the state in words, and why it is so.
func standing(s *agent.State, r *agent.ReleaseState) string {
	text := symbol(r.Word()) + " *" + capital(outcome(r)) + "*"
	if d := total(r); d != "" {
		text += " after " + d
	}
	if why := because(r); why != "" {
		text += "\n" + why
	}
	if g := r.Glass; g != nil {
		text += "\n🔨 In spite of a freeze: " + mention(g.By) + " broke the glass" + withReason(g.Reason)
	}
	if t := r.Takeover; t != nil && r.Stage != agent.StageEnded {
		text += "\n⏭️ Taking the environment over, asked by " + mention(t.By) + withReason(t.Reason)
	}
	if r.Cancel != "" && r.Stage != agent.StageEnded {
		text += "\n🚫 Being stopped, asked by " + mention(r.Cancel) + "."
	}
	if r.Held != "" && r.Stage != agent.StageEnded {
		text += "\n⏸️ Held by " + mention(r.Held) + " before the next step that changes something. " + mono("/release resume "+r.ID, 60) + " goes on."
	}
	if s.Foreign > 0 && r.Stage != agent.StageEnded {
		text += "\n⚠️ This thread has events that only a newer releasebot knows: nothing is run here until that one does."
	}
	return text
}

// because says in a sentence why the release stands where it does, "" where the word is enough.
func because(r *agent.ReleaseState) string {
	switch word := r.Word(); {
	case r.Lost:
		return say(r.Detail, showReason)
	case r.Refused != nil:
		return refusal(r.Refused)
	case word == agent.OutcomeExpired:
		return "Nobody decided in time."
	case word == agent.OutcomeSuperseded:
		return ""
	case word == "waiting for the environment":
		return "Waits since " + date(r.WaitsSince) + ": " + sentence(r.Waits, showReason)
	case word == "waiting for approval" && r.Approval != nil:
		return approvalCount(r.Approval) + ", until " + date(r.Approval.Expires) + "."
	case word == agent.OutcomeUnknown:
		if r.Deploy != nil && r.Deploy.By != "" {
			return sentences("Left open by "+mention(r.Deploy.By)+".", detail(r))
		}
		return sentences("The deployer can't tell whether it ran: a person who may approve here has to say.", detail(r))
	case r.Stage == agent.StageDoubt:
		return "The checks could not tell whether it is healthy: a person who may approve here has to say."
	case notBegun(r):
		return sentences("It didn't run"+saidBy(r.Deploy.By)+".", detail(r))
	case r.Outcome == "" && r.Approval != nil && r.Approval.State == agent.ApprovalReplaced && len(r.Approval.Changed) > 0:
		return "What was approved has changed, so approval is asked for again: " + changed(r.Approval.Changed) + "."
	case r.Stage == agent.StageDeploy || r.Stage == agent.StageVerify:
		return ""
	}
	return say(r.Detail, showReason)
}

// withReason ends a sentence with the reason that somebody gave.
func withReason(reason string) string {
	if why := say(reason, maxCause); why != "" {
		return ": " + why
	}
	return "."
}

// notBegun: the start turned out to be none.
func notBegun(r *agent.ReleaseState) bool {
	return r.Deploy != nil && r.Deploy.Outcome == agent.DeployNotBegun
}

func saidBy(id string) string {
	if id == "" {
		return ""
	}
	return ", says " + mention(id)
}

func detail(r *agent.ReleaseState) string {
	if r.Detail == "" && r.Deploy != nil {
		return say(r.Deploy.Detail, showReason)
	}
	return say(r.Detail, showReason)
}

func refusal(p *agent.PolicyRefused) string {
	text := sentences(sentence(p.Reason, showReason), sentence(p.Remedy, showReason))
	if p.Line != "" {
		text += " (" + mono(p.Line, 80) + ")"
	}
	return text
}

func sentences(list ...string) string {
	var kept []string
	for _, s := range list {
		if s != "" {
			kept = append(kept, s)
		}
	}
	return strings.Join(kept, " ")
}

func byPerson(id string) string {
	if id == "" {
		return ""
	}
	return " by " + mention(id)
}

// origin says who asked, when, and what it replaces.
func origin(r *agent.ReleaseState) string {
	text := "Asked for by " + asker(r.By, r.Actor) + ", " + date(r.Asked)
	if r.Plan != nil && r.Action != "verify" {
		if r.Plan.Commit != "" {
			text += " · commit " + mono(short(r.Plan.Commit), showName)
		}
		if v := r.Plan.Previous.Version; v != "" {
			text += " · replaces " + mono(v, showVersion)
		}
	}
	return text
}

// planned says what turned the words into this release, and what that cost; "" for what the bot proposed.
func planned(r *agent.ReleaseState) string {
	t, calls := r.Tokens, plural(r.Tokens.Calls, "call", "calls")
	cost := ", " + plural(t.In+t.Out, "token", "tokens")
	if t.Cached > 0 {
		cost += " (" + strconv.Itoa(t.Cached) + " of them cached)"
	}
	if t.Cost > 0 {
		cost += ", " + t.Cost.String()
	}
	switch {
	case r.Planner == "":
		return ""
	case r.Planner == "command", r.Planner == "button":
		return "asked for by a " + r.Planner + ", no model call"
	case r.Planner == "sequel":
		return "follows the release that had to go first, no model call"
	case t.Calls == 0:
		return "planned by " + say(r.Planner, showName) + ", no model call"
	case r.Planner == "rules":
		return "planned by rules after " + plural(t.Calls, "model call", "model calls") + cost
	}
	return "planned by " + say(r.Planner, showName) + ": " + calls + cost
}

// total is how long the release took, once it is over.
func total(r *agent.ReleaseState) string {
	if r.Stage != agent.StageEnded {
		return ""
	}
	return between(r.Asked, r.Ended)
}

// aftermath says what followed a failure, and who was told.
func aftermath(s *agent.State, r *agent.ReleaseState) []string {
	var list []string
	if next := s.Release(r.Rollback); next != nil {
		line := "↩️ Rollback to " + mono(next.Version, showVersion) + ": release " + mono(next.ID, showName) + " in this thread"
		if s.Undecided(r) != nil {
			line += ", proposed and waiting for an approval"
		} else if r.Left != nil {
			line += ", withdrawn"
		}
		list = append(list, line+".")
	} else if r.Failed() && r.Stage == agent.StageEnded && r.Action == "deploy" && r.Deploy != nil && !notBegun(r) {
		if target(r) == "" {
			list = append(list, "No version is known that was healthy here before: there is nothing to roll back to.")
		} else if choices(s, r) == "" {
			list = append(list, "Last healthy version: "+mono(target(r), showVersion)+".")
		}
	}
	if p := r.Paged; p != nil {
		if len(p.Reached) > 0 {
			list = append(list, "📟 Told directly: "+people(p.Reached))
		}
		if len(p.Missed) > 0 {
			list = append(list, "⚠️ Not reached: "+named(p.Missed, func(m string) string { return sentence(m, showLine) }))
		}
	}
	if next := s.Followed(r); next != nil && (r.Refused != nil || r.Failed() || r.Outcome == agent.OutcomeExpired) {
		list = append(list, "➡️ Release "+mono(next.ID, showName)+" in this thread came after it.")
	}
	if l := r.Left; l != nil {
		list = append(list, "✋ *Left as it is* by "+mention(l.By)+", "+date(l.At)+". Nothing more follows from it.")
	}
	if choice := choices(s, r); choice != "" {
		list = append(list, choice)
	}
	return list
}

// choices says what can be pressed after a failure, and what each comes to.
func choices(s *agent.State, r *agent.ReleaseState) string {
	if r.Stage != agent.StageEnded || !r.Failed() {
		return ""
	}
	var can []string
	for _, b := range releaseButtons(s, r) {
		switch btn, ok := b.(*slack.ButtonBlockElement); {
		case !ok:
		case btn.ActionID == string(agent.VerbRollback):
			can = append(can, "*Roll back* goes back to "+mono(target(r), showVersion))
		case btn.ActionID == string(agent.VerbRetry) && r.Action == "verify":
			can = append(can, "*Retry* looks again")
		case btn.ActionID == string(agent.VerbRetry):
			can = append(can, "*Retry* tries the same again")
		case btn.ActionID == string(agent.VerbLeave) && s.Undecided(r) != nil:
			can = append(can, "*Leave it* withdraws the rollback, and nothing more is done")
		case btn.ActionID == string(agent.VerbLeave):
			can = append(can, "*Leave it* says that nothing more is to be done")
		}
	}
	if len(can) == 0 {
		return ""
	}
	return "👉 " + strings.Join(can, ", ") + "."
}

// target is the version that a rollback would go to, "" if none is known.
func target(r *agent.ReleaseState) string {
	if r.Plan == nil {
		return ""
	}
	return r.Plan.Rollback
}

// releaseButtons are Abort while something can be stopped, then Roll back, Retry and Leave it.
func releaseButtons(s *agent.State, r *agent.ReleaseState) []slack.BlockElement {
	if s.Lost != nil { // none of them does anything any more
		return nil
	}
	if r.Stage != agent.StageEnded {
		if r.Cancel != "" || r.Outcome != "" || r.Stage == agent.StageUnknown || !r.Stage.Before(agent.StageReturn) {
			return nil
		}
		var list []slack.BlockElement
		if r.Stage == agent.StageClaim && r.Waits != "" && r.Takeover == nil {
			list = append(list, button("Take over", agent.VerbTakeover, r.ID, "", nil)) // its form asks
		}
		return append(list, button("Abort", agent.VerbAbort, r.ID, slack.StyleDanger,
			confirm("Abort this release?", abortText(r), "Abort", "Go on", slack.StyleDanger)))
	}
	if r.Rollback > 0 && s.Undecided(r) == nil || s.Followed(r) != nil || r.Left != nil {
		return nil
	}
	var list []slack.BlockElement
	if r.Refused != nil && r.Refused.Rule == freezes && r.Rollback == 0 {
		list = append(list, button("Break glass", agent.VerbGlass, r.ID, slack.StyleDanger, nil)) // its form asks
	}
	if to := target(r); r.Action == "deploy" && r.Deploy != nil && !notBegun(r) && r.Outcome != agent.OutcomeUnknown && to != "" {
		where := content(r.Service, showName, plain) + " in " + content(r.Env, showName, plain)
		list = append(list, button("Roll back", agent.VerbRollback, r.ID, slack.StyleDanger, confirm("Roll back "+where+"?",
			"Rolls "+where+" back to "+content(to, showVersion, plain)+", the last version that was healthy there.", "Roll back", "Not now", slack.StyleDanger)))
	}
	if r.Failed() && !(notBegun(r) && r.Deploy.By != "") || r.Outcome == agent.OutcomeExpired { // "it didn't" has asked again already
		again := ", as a new plan. Where policy asks for approval, it is asked for again."
		if r.Action == "verify" {
			again = ": its health is looked at again. Nothing is deployed."
		}
		list = append(list, button("Retry", agent.VerbRetry, r.ID, "", confirm("Try again?", headline(r)+again, "Retry", "Not now", "")))
	}
	if s.MayLeave(r) {
		means := ": nothing more is done about it."
		if back := s.Undecided(r); back != nil {
			means = ": nothing more is done about it, and the proposed rollback to " + content(back.Version, showVersion, plain) + " is withdrawn."
		}
		list = append(list, button("Leave it", agent.VerbLeave, r.ID, "", confirm("Leave it as it is?", headline(r)+means, "Leave it", "Not now", "")))
	}
	return list
}

func abortText(r *agent.ReleaseState) string {
	switch r.Stage {
	case agent.StageDeploy:
		return headline(r) + ": the deploy that is running is stopped. What it has changed so far stays changed."
	case agent.StageVerify, agent.StageDoubt:
		return headline(r) + ": it is deployed, and stays so; only the health checks stop."
	default:
		return headline(r) + ": nothing was started yet, and nothing will be."
	}
}
