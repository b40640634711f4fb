package agent

import (
	"context"
	"time"
)

// IntentKind names what somebody wants. The names are the ones of an eval file.
type IntentKind string

// What somebody can want.
const (
	IntentDeploy    IntentKind = "deploy"
	IntentRollback  IntentKind = "rollback"
	IntentVerify    IntentKind = "verify"
	IntentStatus    IntentKind = "status"
	IntentHistory   IntentKind = "history"
	IntentApprovals IntentKind = "approvals"
	IntentLock      IntentKind = "lock"
	IntentUnlock    IntentKind = "unlock"
	IntentLocks     IntentKind = "locks"
	IntentNotify    IntentKind = "notify"
	IntentCancel    IntentKind = "cancel"
	IntentHold      IntentKind = "hold"
	IntentResume    IntentKind = "resume"
	IntentWhy       IntentKind = "why"
	IntentHelp      IntentKind = "help"
	// IntentClarify: something needed is missing or ambiguous; Question asks for it.
	IntentClarify IntentKind = "clarify"
	// IntentNone: not for us.
	IntentNone IntentKind = "none"
)

// About says what of a release, or of an environment's releases, is asked about.
type About string

// What can be asked about. Without an id, a question with one of these is
// about the thread's newest release, unless it names an environment.
const (
	AboutChanges   About = "changes"   // what is in it: commits and authors
	AboutApprovals About = "approvals" // who approved it, as whom, and when
	AboutWait      About = "wait"      // what it waits for, and who can move it
)

func (k IntentKind) known() bool {
	switch k {
	case IntentDeploy, IntentRollback, IntentVerify, IntentStatus, IntentHistory, IntentApprovals, IntentLock, IntentUnlock, IntentLocks,
		IntentNotify, IntentCancel, IntentHold, IntentResume, IntentWhy, IntentHelp, IntentClarify, IntentNone:
		return true
	}
	return false
}

// asksOnly: it makes no release, so it is answered in words.
func asksOnly(k IntentKind) bool {
	switch k {
	case IntentDeploy, IntentRollback, IntentVerify, IntentClarify:
		return false
	default:
		return true
	}
}

// An Intent is words turned into data. It decides nothing: Decide and the
// policy look at it as at any other request. Names are the policy file's own.
type Intent struct {
	Kind        IntentKind `json:"intent"`
	Service     string     `json:"service,omitempty"`
	Environment string     `json:"environment,omitempty"`
	// Version as it was written, less quotes. For a rollback "" means the last healthy one.
	Version string `json:"version,omitempty"`
	// Page: whom to page if it fails: "me", or names from the policy's people.
	Page []string `json:"page,omitempty"`
	// ID is the short id of a card or release that was named.
	ID     string `json:"id,omitempty"`
	Reason string `json:"reason,omitempty"`
	// For is how long a lock shall last, as Go writes durations.
	For string `json:"for,omitempty"`
	// Before: when this release is done and healthy, the thread's release of that number is proposed again.
	Before int `json:"before,omitempty"`
	// About narrows a question about releases; "" is the kind's own.
	About About `json:"about,omitempty"`
	// Since is from when on a history is asked for, as RFC 3339 writes a date or a time.
	Since string `json:"since,omitempty"`
	// Language is what the words are in, so that they are answered in it. It is found by code.
	Language Language `json:"language,omitempty"`
	// Question is set with IntentClarify.
	Question *Question `json:"question,omitempty"`
}

// A Question is asked of a person.
type Question struct {
	Text    string   `json:"text"`
	Options []string `json:"options,omitempty"` // whole answers that would do
	// Ask names whom to ask, from the policy's people; empty: whoever spoke.
	Ask string `json:"ask,omitempty"`
	// Missing is what the answer fills in: "service", "environment", "version", "id", …
	Missing string `json:"missing,omitempty"`
	// Partial is what was understood, to be completed by the answer.
	Partial *Intent `json:"partial,omitempty"`
}

// A Planner turns words into an intent. It changes nothing and is asked at
// most once for each message, in order. An error becomes an `error` event and
// a question to the person; it is never silence.
type Planner interface {
	Plan(ctx context.Context, in PlanInput) (Planned, error)
}

// PlanInput is everything that a planner may look at.
type PlanInput struct {
	Words   string    // the message, without the mention of the bot
	At      time.Time // of the message
	Turns   []Turn    // earlier words of this thread, oldest first
	Past    Past      // what was said before those
	Catalog Catalog
	// Releases of this thread, oldest first, with what has become of them.
	Releases []ReleaseBrief
	// Open is the question the thread waits to have answered, if any.
	Open *Question
	// Aside: the words mention nobody; if they mean nothing to us they get no answer.
	Aside bool
	// RejectionOf is the number of the release whose rejection these words are the reason of; 0: they are not one.
	RejectionOf int
}

// A Turn is something said earlier.
type Turn struct {
	From string // "person" or "bot"
	Text string
	Seq  int64  `json:"seq,omitempty"`
	By   string `json:"by,omitempty"` // id of the person
	// Asked is what it came to, in a line made by code, where that was a request; Release is the release, where it made one.
	Asked   string `json:"asked,omitempty"`
	Release int    `json:"release,omitempty"`
}

// ReleaseBrief is what a planner is told about a release.
type ReleaseBrief struct {
	N                                     int
	ID                                    string
	Action, Service, Environment, Version string
	State                                 string // the contract's words
	Open                                  bool

	By    []string  // ids of the people whose words it is; empty: the bot proposed it
	Asked time.Time // when
	Of    int       // number of the release that it retries or takes back, 0: none
	Runs  string    // version that ran there when it was planned, "" if not known
	Back  string    // last healthy version, where a rollback would lead; "" if none is known
	// Decided says who approved or rejected it: "approved by U0BOB"; "" where nobody did.
	Decided string
	Detail  string // what went wrong, or why it ended so: short, and written by people or tools, so data
	Solved  bool   // it went wrong, and a later release of the same environment went well
}

// A Catalog lists the names that exist.
type Catalog struct {
	Services []CatalogService
	People   []string // names from the policy's people
}

// CatalogService is a service and where it can be released to, in the order of the policy file.
type CatalogService struct {
	Name         string
	Aliases      []string // other names that people use for it
	Environments []string
}

// Planned is a planner's answer.
type Planned struct {
	Intent  Intent
	Planner string // "rules", or the model's name
	Prompt  string // version of the prompt; "" for rules
	Tokens  Tokens
	// Failure is what went wrong on the way to an answer that counts nevertheless:
	// a model that gave none, so that another planner did. It becomes an `error` event.
	Failure error
}

// Tokens is what a planner's answer cost.
type Tokens struct {
	Calls  int `json:"calls,omitempty"` // of the model, those that failed too
	In     int `json:"in,omitempty"`
	Cached int `json:"cached,omitempty"`
	Out    int `json:"out,omitempty"`
	// Cost by the price that was set when the call was made.
	Cost Money `json:"cost,omitempty"`
}

// Plus adds what another answer cost.
func (t Tokens) Plus(o Tokens) Tokens {
	return Tokens{Calls: t.Calls + o.Calls, In: t.In + o.In, Cached: t.Cached + o.Cached, Out: t.Out + o.Out, Cost: t.Cost + o.Cost}
}
