package agent

import (
	"slices"
	"strings"
	"time"

	"github.com/releasebot/releasebot/internal/planted"
	"github.com/releasebot/releasebot/policy"
)

// ApprovalState is how an approval stands. The five ways it can end are never confused.
type ApprovalState string

// The states of an approval, in the contract's words.
const (
	ApprovalPending    ApprovalState = "pending"
	ApprovalApproved   ApprovalState = "approved"
	ApprovalRejected   ApprovalState = "rejected"
	ApprovalExpiredOut ApprovalState = "expired"
	ApprovalCanceled   ApprovalState = "canceled"
	ApprovalReplaced   ApprovalState = "superseded"
)

// Approval is a question to people about one plan, and what they have said.
type Approval struct {
	ID            string           `json:"id"`
	Ordinal       int              `json:"ordinal"`
	Digest        string           `json:"digest"`
	Required      int              `json:"required"`
	From          []policy.Subject `json:"from,omitempty"`
	Why           string           `json:"why,omitempty"`
	Asked         time.Time        `json:"asked"`
	Expires       time.Time        `json:"expires"`
	RemindAt      time.Time        `json:"remind_at,omitzero"`
	Reminded      time.Time        `json:"reminded,omitzero"`
	DirectAt      time.Time        `json:"direct_at,omitzero"`
	Directly      time.Time        `json:"directly,omitzero"`
	EscalateAt    time.Time        `json:"escalate_at,omitzero"`
	EscalateTo    []policy.Subject `json:"escalate_to,omitempty"`
	Escalated     time.Time        `json:"escalated,omitzero"`
	State         ApprovalState    `json:"state"`
	Approvers     []Response       `json:"approvers,omitempty"` // those that count
	Decided       time.Time        `json:"decided,omitzero"`
	By            string           `json:"by,omitempty"`      // who rejected or canceled; the id of the release that superseded
	Reason        string           `json:"reason,omitempty"`  // of a rejection
	Changed       []string         `json:"changed,omitempty"` // why it is void
	Shown         bool             `json:"shown,omitempty"`   // its card was shown for the last time
	ReminderShown bool             `json:"reminder_shown,omitempty"`
}

// Response is an approval that counts.
type Response struct {
	Person string    `json:"person"`
	Basis  string    `json:"basis"`
	At     time.Time `json:"at"`
}

// Able names those whose approval of the release counts: the approval's list,
// less the people on it who asked for the release, unless the policy lets people
// approve what they asked for, or who broke the glass for it. askers and breaker
// are those of them who may stand behind a group of the list, or behind an empty
// one, which is everybody. It is for people to read: who may is judged when they press.
func (r *ReleaseState) Able(a *Approval) (able []policy.Subject, askers []string, breaker string) {
	if env, err := r.Policy(); err != nil || !env.Approval.Self {
		askers = slices.Clone(r.By)
	}
	if r.Glass != nil {
		breaker = r.Glass.By
		askers = slices.DeleteFunc(askers, func(id string) bool { return id == breaker })
	}
	hidden := len(a.From) == 0
	for _, s := range a.From {
		if s.User == "" || s.User != breaker && !slices.Contains(askers, s.User) {
			able = append(able, s)
		}
		hidden = hidden || s.Group != ""
	}
	if !hidden {
		return able, nil, ""
	}
	return able, askers, breaker
}

// has reports whether the person has approved already.
func (a *Approval) has(person string) bool {
	return slices.ContainsFunc(a.Approvers, func(r Response) bool { return r.Person == person && !planted.Is(planted.QuorumTwice) })
}

// counts reports whether a response counts at this place in the log: the
// approval is open, not past its time, of the same digest, and the person is
// new to it. This is the only place where clicks, expiry and cancelling race.
func (a *Approval) counts(d *ApprovalResponse, now time.Time) bool {
	return a.State == ApprovalPending && (now.Before(a.Expires) || planted.Is(planted.ExpiryIgnored)) && d.Digest == a.Digest && d.Person != "" && !a.has(d.Person)
}

// respond takes in a response that counts.
func (a *Approval) respond(d *ApprovalResponse, now time.Time) {
	if d.Decision == VerbReject {
		a.State, a.Decided, a.By, a.Reason = ApprovalRejected, now, d.Person, d.Reason
		return
	}
	a.Approvers = append(a.Approvers, Response{Person: d.Person, Basis: d.Basis, At: now})
	if len(a.Approvers) >= a.Required {
		a.State, a.Decided = ApprovalApproved, now
	}
}

// end closes a pending approval in one of the ways that nobody decided.
func (a *Approval) end(state ApprovalState, by string, now time.Time) {
	if a != nil && a.State == ApprovalPending {
		a.State, a.By, a.Decided = state, by, now
	}
}

// void makes an approval worth nothing, also one that was given: what it was given for has changed.
func (a *Approval) void(by string, changed []string, now time.Time) {
	if a != nil && (a.State == ApprovalPending || a.State == ApprovalApproved) {
		a.State, a.By, a.Changed, a.Decided = ApprovalReplaced, by, changed, now
	}
}

// closed says why an approval of the release with this id can't be decided any
// more, as a rule and a sentence; "" if it can.
func (r *ReleaseState) closed(id, person string) (rule, reason string) {
	a := r.Approval
	for _, v := range r.Voided {
		if v.ID == id {
			a = v
		}
	}
	if a == nil || a.ID != id {
		return "unknown", "No approval with the id " + id + " is asked for."
	}
	what := plain(r.Action + " of " + r.Service + " " + r.Version + " to " + r.Env)
	switch a.State {
	case ApprovalApproved:
		return "approved", "Already approved by " + a.names() + ": " + what + "."
	case ApprovalRejected:
		return "rejected", "Already rejected by " + mention(a.By) + " (" + plain(a.Reason) + "): " + what + "."
	case ApprovalExpiredOut:
		return "expired", "This approval has expired: nobody decided in time. Ask for the " + r.Action + " again."
	case ApprovalCanceled:
		return "canceled", "This release was canceled" + by(a.By) + inBrackets(a.Reason) + ": " + what + "."
	case ApprovalReplaced:
		if len(a.Changed) > 0 {
			return "superseded", "This card is superseded, because what it showed has changed: " + plain(strings.Join(a.Changed, "; ")) + ". A new card asks again."
		}
		return "superseded", "This card is superseded by release " + a.By + "."
	case ApprovalPending:
		if r.Cancel != "" {
			return "canceled", "This release is being stopped, asked by " + mention(r.Cancel) + ": " + what + "."
		}
		if a.has(person) {
			return "again", "You have approved this already; one person counts once."
		}
	}
	return "", ""
}

func inBrackets(why string) string {
	if why == "" {
		return ""
	}
	return " (" + strings.TrimSuffix(plain(why), ".") + ")"
}

func (a *Approval) names() string {
	names := make([]string, len(a.Approvers))
	for i, r := range a.Approvers {
		names[i] = mention(r.Person)
	}
	return strings.Join(names, ", ")
}

func by(person string) string {
	if person == "" {
		return ""
	}
	return " by " + mention(person)
}

// mention names a person in a sentence that code has made; views turn it into a name.
func mention(person string) string { return "{" + person + "}" }

// plain keeps what people or repositories wrote from reading as a mention.
func plain(s string) string { return strings.NewReplacer("{", "(", "}", ")", "`", "'").Replace(s) }
