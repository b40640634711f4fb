package policy

import (
	"encoding/json"
	"fmt"
)

// Environment is the resolved policy of one service in one environment: all
// defaults filled in, all names of people resolved. json.Marshal of it is its
// canonical form, in both directions: it is stored in the plan and hashed in
// the plan's digest. A field that is added later must be left out of the JSON
// where it is not used, so that old digests stay what they are.
type Environment struct {
	Service    string    `json:"service"`
	Name       string    `json:"environment"`
	Channel    string    `json:"channel,omitempty"` // Slack id; "" = approvers are told directly
	Source     *Source   `json:"source,omitempty"`  // nil = a version stands for itself
	After      string    `json:"after,omitempty"`   // environment of the same service that comes first
	Requesters []Subject `json:"requesters,omitempty"`
	Approval   Approval  `json:"approval"`
	Freeze     []Window  `json:"freeze,omitempty"` // as written
	Deploy     Deploy    `json:"deploy"`
	Verify     []Check   `json:"verify,omitempty"`
	OnFailure  OnFailure `json:"on_failure"`
	Page       []Subject `json:"page,omitempty"`   // empty = the requester
	Notify     []string  `json:"notify,omitempty"` // NotifyAuthors
}

// Source is where versions become commits. One of Git and GitHub is set.
type Source struct {
	Git    string `json:"git,omitempty"`    // path or URL, as written
	GitHub string `json:"github,omitempty"` // owner/name
	// CI is the command that says what CI made of a commit, with its placeholders unfilled; empty: nobody is asked.
	CI []string `json:"ci,omitempty"`
}

// Subject is somebody that a rule names: one user (U…, W…) or one user group
// (S…). Name is what the file calls them; "" where it gave the Slack id itself.
type Subject struct {
	Name  string `json:"name,omitempty"`
	User  string `json:"user,omitempty"`
	Group string `json:"group,omitempty"`
}

// ID returns the Slack id of the user or group.
func (s Subject) ID() string {
	if s.Group != "" {
		return s.Group
	}
	return s.User
}

// String names the subject for people, in plain text: "alice", "oncall (group)".
// It pings nobody.
func (s Subject) String() string {
	name := s.Name
	if name == "" {
		name = s.ID()
	}
	if s.Group != "" {
		return name + " (group)"
	}
	return name
}

// Approval says how many people have to approve, and who.
type Approval struct {
	Required     int       `json:"required"` // different people; 0 = none
	From         []Subject `json:"from,omitempty"`
	Self         bool      `json:"self"`                   // may somebody approve what they asked for?
	RemindAfter  Duration  `json:"remind_after,omitempty"` // 0 = never
	ExpiresAfter Duration  `json:"expires_after"`
	// EscalateTo is told that an approval waits, EscalateAfter it was asked for.
	// It gives nobody the right to approve: that is From's.
	EscalateTo    []Subject `json:"escalate_to,omitempty"`
	EscalateAfter Duration  `json:"escalate_after,omitempty"` // 0 = never
}

// NotifyAuthors in Environment.Notify: the authors of the commits that were
// shipped are told by direct message, where the file knows them; see File.Author.
const NotifyAuthors = "authors"

// Deploy names a driver and its arguments.
type Deploy struct {
	Driver  string          `json:"driver"`
	Timeout Duration        `json:"timeout"`
	Args    json.RawMessage `json:"args"` // canonical JSON, as the driver's Decoder gave it
}

// Check is one look at the service's health after a deploy. It passes once
// Passes looks in a row, Every so often, were good Within the time.
type Check struct {
	Name   string          `json:"name"`
	Kind   string          `json:"kind"`
	Args   json.RawMessage `json:"args"` // canonical JSON, as the kind's Decoder gave it
	Passes int             `json:"passes"`
	Every  Duration        `json:"every"`
	Within Duration        `json:"within"`
}

// OnFailure says what follows a release that failed or is unhealthy.
type OnFailure string

// What may follow.
const (
	ProposeRollback OnFailure = "propose_rollback" // the default
	Rollback        OnFailure = "rollback"         // at once; the approval card says so beforehand
	PageOnly        OnFailure = "page"
)

// Location returns where the repository is cloned from: Git as written, or the
// address of the GitHub repository.
func (s *Source) Location() string {
	if s.GitHub != "" {
		return "https://github.com/" + s.GitHub + ".git"
	}
	return s.Git
}

// Canonical returns the canonical JSON of the environment's policy.
func (e *Environment) Canonical() ([]byte, error) {
	b, err := json.Marshal(e)
	if err != nil {
		return nil, fmt.Errorf("writing the policy of %s in %s: %w", e.Service, e.Name, err)
	}
	return b, nil
}
