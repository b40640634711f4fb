package agent

import (
	"fmt"
	"strings"

	"github.com/releasebot/releasebot/policy"
)

// Describe says in one line what an event means, in plain text. People stand
// as their ids; what people or repositories wrote is quoted, with control
// characters escaped.
func Describe(e *Event) string {
	switch d := e.Data.(type) {
	case *Trigger:
		return fmt.Sprintf("%q", cut(d.Text, 200))
	case *Message:
		return fmt.Sprintf("%q", cut(d.Text, 200))
	case *PlannerDecision:
		return fmt.Sprintf("%s (%s)", d.Intent.describe(), d.Planner)
	case *ReleaseContext:
		return d.describe()
	case *Plan:
		return d.describe()
	case *PolicyRefused:
		return fmt.Sprintf("%s: %s", d.Rule, d.Reason)
	case *DecisionReceived:
		return fmt.Sprintf("%s %s by %s%s", d.Verb, d.Target, d.Via, quoted(": ", d.Reason))
	case *DecisionRefused:
		return fmt.Sprintf("%s by %s: %s: %s", d.Verb, d.Person, d.Rule, unmark(d.Reason))
	case *HumanInputRequested:
		return fmt.Sprintf("%s: %s", d.Kind, unmark(d.Question.Text))
	case *HumanInputResponse:
		return fmt.Sprintf("%s says %s%s", d.Person, d.Choice, quoted(" ", d.Text))
	case *ErrorEvent:
		return fmt.Sprintf("%s: %s", d.Tool, d.Message)
	case *TimerSet:
		return unmark(d.Why)
	case *Summary:
		return cut(d.Text, 200)
	case *Answered:
		return unmark(d.Title + quotedLines(d.Lines))
	case *Posted:
		keys := make([]string, len(d.Views))
		for i, v := range d.Views {
			keys[i] = v.Key
			if v.Final {
				keys[i] += " for the last time"
			}
		}
		return strings.Join(keys, ", ")
	case *Foreign:
		return fmt.Sprintf("written by a newer program (version %d): kept, not understood", d.Version)
	case *Claim:
		return fmt.Sprintf("%s of %s by %s", d.Action, d.Version, ReleaseID(d.Thread, d.Number))
	case *Release:
		return fmt.Sprintf("%s: %s", d.Claim, orText(d.Outcome.Outcome, "asked for again"))
	case *Takeover:
		return fmt.Sprintf("from %s by %s: %s", d.From, d.By, d.Reason)
	case *HumanLock:
		return fmt.Sprintf("by %s: %s", d.By, d.Reason)
	case *HumanUnlock:
		return "by " + d.By
	case *Observed:
		return d.Version
	case *Muted:
		return fmt.Sprintf("%v", d.On)
	case *WatchSet:
		return fmt.Sprintf("%s of %s for %s", d.Kind, d.Env, d.By)
	case *WatchLooked:
		return unmark(orText(d.Text, d.ID))
	case *Told:
		return fmt.Sprintf("%s: %s", strings.Join(d.To, ", "), unmark(d.Text))
	case *LeftAsIs:
		return "by " + d.By
	case *GlassBroken:
		return fmt.Sprintf("by %s: %q", d.By, d.Reason)
	case *TakeoverRequested:
		return fmt.Sprintf("from %s by %s: %q", d.From, d.By, d.Reason)
	case *LogLost:
		return fmt.Sprintf("events have been lost, noticed by %s: %s", d.NoticedBy, unmark(d.Sentence()))
	case *SetAside:
		return fmt.Sprintf("after %d tries: %s%s", d.Tries, d.Error, quoted(" at ", d.Where))
	}
	return describeRelease(e.Data)
}

func describeRelease(p Payload) string {
	switch d := p.(type) {
	case *ApprovalRequested:
		if d.Required == 0 {
			return "none needed"
		}
		return fmt.Sprintf("%d of %s, until %s", d.Required, whoever(d.From), unmark(clockOf(d.Expires)))
	case *ApprovalReminded:
		if len(d.Directly) > 0 {
			return d.ID + ", directly: " + strings.Join(d.Directly, ", ")
		}
		return d.ID
	case *ApprovalEscalated:
		return fmt.Sprintf("%s to %s", d.ID, policy.Names(d.To))
	case *ApprovalResponse:
		return fmt.Sprintf("%s by %s%s (%s)", past(d.Decision), d.Person, quoted(": ", d.Reason), d.Basis)
	case *ApprovalExpired:
		return d.ID
	case *ApprovalSuperseded:
		if d.By > 0 {
			return fmt.Sprintf("by release %d of this thread", d.By)
		}
		return "void: " + strings.Join(d.Changed, "; ")
	case *LockRequested:
		return d.Env
	case *LockAcquired:
		return fmt.Sprintf("fence %d", d.Fence)
	case *LockReleased:
		return d.Claim
	case *DeployStarted:
		if d.Again > 0 {
			return fmt.Sprintf("%s, given again", d.Key)
		}
		return d.Key
	case *DeployProgress:
		if d.Percent >= 0 {
			return fmt.Sprintf("%d%% %s", d.Percent, d.Text)
		}
		return orText(d.Text, "taken on as "+d.Ref)
	case *DeployResult:
		return string(d.Outcome) + quoted(": ", d.Detail)
	case *VerifyStarted:
		return strings.Join(d.Checks, ", ")
	case *PostDeployCheckResult:
		parts := []string{d.Verdict}
		for _, c := range d.Checks {
			parts = append(parts, fmt.Sprintf("%s %s after %s (%s)", c.Name, c.Verdict, counted(c.Looks, "look"), c.Detail))
		}
		return strings.Join(parts, "; ")
	case *RollbackProposed:
		return "to " + d.To.Version
	case *PageSent:
		return fmt.Sprintf("%s: reached %s%s", d.About, orText(strings.Join(d.Reached, ", "), "nobody"), missed(d.Missed))
	case *Held:
		return "by " + d.By
	case *Resumed:
		return "by " + d.By
	case *CancelRequested:
		return "by " + d.By
	case *Canceled:
		if d.By == "" {
			return d.Detail
		}
		return "by " + d.By + quoted(": ", d.Detail)
	case *Done:
		return "the release ended: " + d.Outcome
	}
	return ""
}

// whoever names those who may approve.
func whoever(from []policy.Subject) string {
	if len(from) == 0 {
		return "every full member of the workspace"
	}
	return policy.Names(from)
}

func past(v Verb) string {
	if v == VerbReject {
		return "rejected"
	}
	return "approved"
}

func quoted(sep, s string) string {
	if s == "" {
		return ""
	}
	return sep + fmt.Sprintf("%q", cut(s, 200))
}

func quotedLines(lines []string) string {
	if len(lines) == 0 {
		return ""
	}
	return ": " + strings.Join(lines, " | ")
}

func missed(list []string) string {
	if len(list) == 0 {
		return ""
	}
	return ", not " + strings.Join(list, ", ")
}

// unmark shows people in a sentence of ours by their ids.
func unmark(s string) string { return strings.NewReplacer("{", "", "}", "").Replace(s) }

func (in Intent) describe() string {
	parts := []string{string(in.Kind)}
	for _, p := range []struct{ label, value string }{
		{"", in.Service},
		{"", in.Version},
		{"to ", in.Environment},
		{"", in.ID},
		{"because ", in.Reason},
		{"for ", in.For},
		{"page ", strings.Join(in.Page, ", ")},
	} {
		if p.value != "" {
			parts = append(parts, p.label+cut(p.value, 80))
		}
	}
	if in.Before > 0 {
		parts = append(parts, fmt.Sprintf("before release %d", in.Before))
	}
	if in.Question != nil {
		parts = append(parts, fmt.Sprintf("%q", cut(in.Question.Text, 200)))
	}
	return strings.Join(parts, " ")
}

func (d *ReleaseContext) describe() string {
	if d.Again {
		if len(d.Changed) == 0 {
			return "looked at again: nothing has changed"
		}
		return "looked at again: " + strings.Join(d.Changed, "; ")
	}
	s := fmt.Sprintf("%s (%s) replaces %s", orText(d.Version.Name, "what runs"), short(d.Version.SHA), orNothing(d.Replaces.Version))
	if d.CI != nil {
		s += ", CI " + describeCI(d.CI)
	}
	if d.Changes != nil && d.Changes.Total > 0 {
		s += fmt.Sprintf(", %s by %s", counted(d.Changes.Total, "commit"), strings.Join(d.Changes.Authors, ", "))
	}
	return s
}

func (d *Plan) describe() string {
	what := d.Service
	if d.Version != "" { // of a verify where nothing is known to run
		what += " " + d.Version
	}
	s := fmt.Sprintf("%s %s to %s, digest %.8s", d.Action, what, d.Env, d.Digest)
	if d.Action == "verify" {
		s = fmt.Sprintf("%s %s in %s, digest %.8s", d.Action, what, d.Env, d.Digest)
	}
	if d.Covered != "" {
		s += ", allowed by approval " + d.Covered
	}
	return s
}
