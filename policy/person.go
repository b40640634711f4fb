package policy

import "strings"

// Person is what is known of somebody who wants something. The zero value is
// nobody, who may do nothing.
type Person struct {
	ID      string // Slack id: U… or W…
	Team    string // Slack id of the workspace they belong to
	Deleted bool   // deactivated
	Guest   bool   // of one or several channels
	Bot     bool
	Foreign bool // of another workspace (Slack Connect)
}

// Groups returns the members of a Slack user group, as user ids. An error says
// that it couldn't be found out now; then the group is counted as nobody, and
// the refusal says why. How members are fetched and cached is the caller's.
type Groups func(group string) (members map[string]bool, err error)

// Verdict answers one question about one person or plan. The zero value is a
// refusal.
type Verdict struct {
	Allowed bool `json:"allowed"`
	// Rule is the key of the policy file that decided (RuleRequesters,
	// "approval.from", …; see File.Line), or a rule that holds everywhere.
	Rule string `json:"rule,omitempty"`
	// Reason is one sentence for people: why not, naming who may.
	Reason string `json:"reason,omitempty"`
	// Remedy is one sentence: what would unblock it.
	Remedy string `json:"remedy,omitempty"`
}

// The rules that a Verdict names. The first six are keys of the policy file.
const (
	RuleRequesters  = "requesters"
	RuleFrom        = "approval.from"
	RuleRequired    = "approval.required"
	RuleSelf        = "approval.self"
	RuleAfter       = "after"
	RuleFreeze      = "freeze"
	RuleUnknown     = "person" // nobody knows who it is
	RuleOtherTeam   = "other_team"
	RuleDeactivated = "deactivated"
	RuleBot         = "bot"
	RuleGuest       = "guest"
	RuleLookup      = "lookup" // it couldn't be checked
	RuleEnvironment = "environment"
)

// MayLook answers whether somebody may ask for status and history: everybody
// who is a full member of the workspace.
func MayLook(p Person) Verdict {
	switch {
	case p.ID == "":
		return Verdict{Rule: RuleUnknown, Reason: "It isn't known who asks.", Remedy: "Ask from your own Slack account."}
	case p.Foreign:
		return Verdict{Rule: RuleOtherTeam, Reason: "People of other workspaces may do nothing here.", Remedy: "Ask a member of this workspace."}
	case p.Deleted:
		return Verdict{Rule: RuleDeactivated, Reason: "Deactivated accounts may do nothing here.", Remedy: "Ask an active member of this workspace."}
	case p.Bot:
		return Verdict{Rule: RuleBot, Reason: "Bots may do nothing here.", Remedy: "Ask as a person, or with a token of the policy file."}
	case p.Guest:
		return Verdict{Rule: RuleGuest, Reason: "Guests may do nothing here.", Remedy: "Ask a full member of this workspace."}
	}
	return Verdict{Allowed: true}
}

// Names lists subjects in plain text, for sentences: "oncall (group), alice or bob".
func Names(subjects []Subject) string {
	names := make([]string, len(subjects))
	for i, s := range subjects {
		names[i] = s.String()
	}
	if len(names) < 2 {
		return strings.Join(names, "")
	}
	return strings.Join(names[:len(names)-1], ", ") + " or " + names[len(names)-1]
}

// among answers whether somebody is one of the subjects. Users are looked at
// first, so that a group that can't be looked up refuses only those who depend
// on it. failed is the first look-up that failed, where that decided.
func among(subjects []Subject, id string, groups Groups) (found bool, failed string, err error) {
	for _, s := range subjects {
		if s.User != "" && s.User == id {
			return true, "", nil
		}
	}
	for _, s := range subjects {
		if s.Group == "" {
			continue
		}
		if groups == nil {
			return false, s.String(), errNoGroups
		}
		members, lookup := groups(s.Group)
		switch {
		case lookup != nil && err == nil:
			failed, err = s.String(), lookup
		case lookup == nil && members[id]:
			return true, "", nil
		}
	}
	return false, failed, err
}
