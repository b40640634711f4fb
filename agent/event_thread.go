package agent

import (
	"encoding/json"
	"time"

	"github.com/releasebot/releasebot/policy"
	"github.com/releasebot/releasebot/tools/changelog"
	"github.com/releasebot/releasebot/tools/ci"
	"github.com/releasebot/releasebot/tools/healthcheck"
)

// Place is where in Slack something stands.
type Place struct {
	Team    string `json:"team,omitempty"`
	Channel string `json:"channel,omitempty"`
	TS      string `json:"ts,omitempty"` // of the message; for a thread of its root
}

// Trigger starts a thread: a mention, a command, an API call.
type Trigger struct {
	Source string  `json:"source"` // "mention", "dm", "command", "api", "schedule"
	Text   string  `json:"text"`
	Slack  *Place  `json:"slack,omitempty"`  // the root of the Slack thread, where there is one
	Intent *Intent `json:"intent,omitempty"` // set where the words need no planner: a command that code has parsed
	Parent string  `json:"parent,omitempty"` // a thread this one works for
}

// Message is something said later in the thread.
type Message struct {
	Text   string  `json:"text"`
	TS     string  `json:"ts,omitempty"`
	Intent *Intent `json:"intent,omitempty"`
	// Aside: the words mention nobody; if they mean nothing to us they get no answer.
	Aside bool `json:"aside,omitempty"`
}

// PlannerDecision is what words, a button or a finished release were turned into.
type PlannerDecision struct {
	Of      int64  `json:"of"` // seq of the words, click or outcome
	Intent  Intent `json:"intent"`
	Planner string `json:"planner"` // "rules", a model's name, "command", "button", "sequel"
	Prompt  string `json:"prompt,omitempty"`
	Tokens  Tokens `json:"tokens,omitzero"`
}

// Running is what an environment was found to run.
type Running struct {
	Version string    `json:"version,omitempty"`
	Commit  string    `json:"commit,omitempty"`
	Since   time.Time `json:"since,omitzero"`
	Healthy bool      `json:"healthy,omitempty"`
}

// ReleaseContext is the facts that a plan is made from, fetched by code.
type ReleaseContext struct {
	Version  changelog.Version  `json:"version"`
	Current  Running            `json:"current"`            // what runs there now
	Replaces Running            `json:"replaces,omitzero"`  // what will run there by then: Current, or what those ahead in the queue ship
	Rollback Running            `json:"rollback"`           // last healthy version, other than the one shipped
	Changes  *changelog.Changes `json:"changes,omitempty"`  // between Current and Version
	CI       *ci.Status         `json:"ci,omitempty"`       // of Version's commit; nil where the source knows of no CI
	Last     *Outcome           `json:"last,omitempty"`     // the last release of that environment
	Again    bool               `json:"again,omitempty"`    // looked at again, right before the start
	Digest   string             `json:"digest,omitempty"`   // with Again: of the plan that these facts would make
	Changed  []string           `json:"changed,omitempty"`  // with Again: what differs from the plan, for people
	Holder   string             `json:"holder,omitempty"`   // who holds the environment, if somebody else does
	Problems []string           `json:"problems,omitempty"` // what could not be found out, and does not matter to the plan
	// Baseline is what the checks that compare measured right before the start, by their names.
	Baseline map[string]healthcheck.Measurement `json:"baseline,omitempty"`
}

// Plan is exactly what will be done. The digest covers it.
type Plan struct {
	Ordinal        int              `json:"ordinal"` // of this release's plans, from 1
	Digest         string           `json:"digest"`
	Key            string           `json:"key,omitempty"` // idempotency key; empty for a verify
	Action         string           `json:"action"`        // "deploy", "rollback", "verify"
	Service        string           `json:"service"`
	Env            string           `json:"environment"`
	Version        string           `json:"version"`
	Commit         string           `json:"commit,omitempty"`
	Previous       Running          `json:"previous"`
	Rollback       string           `json:"rollback,omitempty"` // version an unhealthy release goes back to, if any is known
	RollbackCommit string           `json:"rollback_commit,omitempty"`
	Page           []policy.Subject `json:"page,omitempty"`
	Checks         []string         `json:"checks,omitempty"` // names of the health checks, in order
	CI             *ci.Status       `json:"ci,omitempty"`     // what CI said when the plan was made
	// Policy is the environment's resolved policy, canonical.
	Policy   json.RawMessage `json:"policy,omitempty"`
	Revision string          `json:"revision"` // of the policy file
	// Covered names the approval that already covers this plan: the automatic rollback it allowed.
	Covered   string           `json:"covered,omitempty"`
	Glass     string           `json:"glass,omitempty"`   // who broke the glass, and why: the plan may go through a freeze
	Authors   bool             `json:"authors,omitempty"` // tell those whose commits are shipped if it goes wrong
	Changed   []string         `json:"changed,omitempty"` // what is different from the plan before, for people
	OnFailure policy.OnFailure `json:"on_failure,omitempty"`
	Why       string           `json:"why,omitempty"` // why approval is needed, for people
}

// PolicyRefused says that policy does not allow what was asked.
type PolicyRefused struct {
	Rule   string `json:"rule"`
	Reason string `json:"reason"`
	Remedy string `json:"remedy,omitempty"`
	Line   string `json:"line,omitempty"` // file:line of the rule
}

// ApprovalRequested opens an approval of the plan with this digest.
type ApprovalRequested struct {
	ID         string           `json:"id"`
	Digest     string           `json:"digest"`
	Required   int              `json:"required"`
	From       []policy.Subject `json:"from"`
	Expires    time.Time        `json:"expires"`
	RemindAt   time.Time        `json:"remind_at,omitzero"`
	DirectAt   time.Time        `json:"direct_at,omitzero"` // when each approver is reminded directly
	EscalateAt time.Time        `json:"escalate_at,omitzero"`
	EscalateTo []policy.Subject `json:"escalate_to,omitempty"`
	Why        string           `json:"why,omitempty"`
}

// ApprovalReminded: the approvers were reminded, in the thread or, later, each of them directly.
type ApprovalReminded struct {
	ID       string   `json:"id"`
	Directly []string `json:"directly,omitempty"`
}

// Verb is what somebody decided, by whatever way.
type Verb string

// The verbs of buttons, commands and the API.
const (
	VerbApprove  Verb = "approve"
	VerbReject   Verb = "reject"
	VerbAbort    Verb = "abort" // cancel what runs
	VerbCancel   Verb = "cancel"
	VerbHold     Verb = "hold"
	VerbResume   Verb = "resume"
	VerbRollback Verb = "rollback"
	VerbRetry    Verb = "retry"
	VerbLeave    Verb = "leave" // a failure as it is
	VerbRan      Verb = "it_ran"
	VerbDidnt    Verb = "it_didnt"
	VerbStop     Verb = "stop"
	VerbGlass    Verb = "break_glass"
	VerbTakeover Verb = "take_over"
	VerbEdit     Verb = "edit"
	VerbHealthy  Verb = "it_is_healthy"
	VerbRecheck  Verb = "check_again"
	VerbUnwell   Verb = "it_is_not"
)

// DecisionReceived is a click, command or API call, as it came. It decides nothing yet.
type DecisionReceived struct {
	Verb   Verb   `json:"verb"`
	Target string `json:"target"` // the approval's, release's or question's id, as given
	Reason string `json:"reason,omitempty"`
	Via    string `json:"via"` // "button", "command", "api", "words"
	// Edit is what to release instead, of an edit.
	Edit  *Edit  `json:"edit,omitempty"`
	Slack *Place `json:"slack,omitempty"` // where it was clicked
	Seen  *Seen  `json:"seen,omitempty"`  // what the card showed that was clicked
}

// Edit is another version or environment than the one proposed; "" leaves it.
type Edit struct {
	Version     string `json:"version,omitempty"`
	Environment string `json:"environment,omitempty"`
}

// DecisionRefused says that a decision does nothing, and why, to whoever made it.
type DecisionRefused struct {
	Of     int64  `json:"of"` // seq of the decision
	Verb   Verb   `json:"verb"`
	Person string `json:"person,omitempty"`
	Rule   string `json:"rule"`
	Reason string `json:"reason"`
	Remedy string `json:"remedy,omitempty"`
}

// ApprovalResponse is a decision that was found to be allowed. Whether it
// counts is for the fold to say, at its place in the log.
type ApprovalResponse struct {
	ID       string `json:"id"`
	Of       int64  `json:"of"`
	Person   string `json:"person"`   // the human's id
	Decision Verb   `json:"decision"` // approve or reject
	Reason   string `json:"reason,omitempty"`
	Basis    string `json:"basis"` // why this person may: "member of oncall (S0ONCALL)"
	Digest   string `json:"digest"`
}

// ApprovalExpired: nobody decided in time.
type ApprovalExpired struct {
	ID string `json:"id"`
}

// ApprovalSuperseded: the approval is void; By is the number of the newer release, 0 where the same release's facts changed.
type ApprovalSuperseded struct {
	ID      string   `json:"id,omitempty"`
	By      int      `json:"by,omitempty"`
	Changed []string `json:"changed,omitempty"`
}

// InputKind says what a question is about.
type InputKind string

// Kinds of questions.
const (
	InputClarify  InputKind = "clarify"
	InputDidItRun InputKind = "did_it_run"
	InputHealthy  InputKind = "healthy"
)

// HumanInputRequested asks a person.
type HumanInputRequested struct {
	ID       string           `json:"id"`
	Kind     InputKind        `json:"kind"`
	Question Question         `json:"question"`
	To       []policy.Subject `json:"to,omitempty"` // who may answer; empty: whoever asked
}

// HumanInputResponse is the answer that counts.
type HumanInputResponse struct {
	ID     string `json:"id"`
	Of     int64  `json:"of"`
	Person string `json:"person,omitempty"`
	Choice Verb   `json:"choice,omitempty"`
	Text   string `json:"text,omitempty"`
}

// LockRequested: the release is about to claim its environment.
type LockRequested struct {
	Claim string `json:"claim"`
	Env   string `json:"environment"` // the environment's log
}

// LockAcquired: the claim is at the queue's head.
type LockAcquired struct {
	Claim string `json:"claim"`
	Fence int64  `json:"fence"`
}

// LockReleased: the environment was given back, with how the release ended there.
type LockReleased struct {
	Claim string `json:"claim"`
}

// DeployStarted is written before the deployer is asked. Only the process that wrote it may start it.
type DeployStarted struct {
	Key    string `json:"key"`
	Epoch  int64  `json:"epoch"`
	Fence  int64  `json:"fence"`
	Owner  string `json:"owner"`            // the process that wrote it
	Runner string `json:"runner,omitempty"` // where its run's files are, for drivers that keep any
	Again  int    `json:"again,omitempty"`  // same key given again to a deployer that never started it
}

// DeployProgress is coarse: a few of a run at most.
type DeployProgress struct {
	Key     string `json:"key"`
	Ref     string `json:"ref,omitempty"`
	Percent int    `json:"percent"` // -1: not told
	Text    string `json:"text,omitempty"`
}

// DeployOutcome is the contract's word for how a deploy ended.
type DeployOutcome string

// How a deploy ends. Unknown is for a person to settle.
const (
	Deployed       DeployOutcome = "deployed"
	DeployFailed   DeployOutcome = "failed"
	DeployUnknown  DeployOutcome = "outcome unknown"
	DeployNotBegun DeployOutcome = "not started"
)

// DeployResult is what became of a start.
type DeployResult struct {
	Key     string        `json:"key"`
	Outcome DeployOutcome `json:"outcome"`
	Detail  string        `json:"detail,omitempty"`
	Log     []string      `json:"log,omitempty"`
	By      string        `json:"by,omitempty"` // the person who said so, where the deployer could not
}

// VerifyStarted opens a window of health checks.
type VerifyStarted struct {
	Try    int      `json:"try"` // from 1; a take-over opens a new window
	Checks []string `json:"checks"`
}

// CheckResult is how one check went in its window.
type CheckResult struct {
	Name    string        `json:"name"`
	Verdict string        `json:"verdict"`
	Detail  string        `json:"detail,omitempty"`
	Looks   int           `json:"looks"`
	Took    time.Duration `json:"took_ns"`
}

// PostDeployCheckResult is the verdict over all checks.
type PostDeployCheckResult struct {
	Verdict string        `json:"verdict"`      // healthy, unhealthy, inconclusive
	By      string        `json:"by,omitempty"` // the person who said so, where the checks could not
	Checks  []CheckResult `json:"checks,omitempty"`
}

// RollbackProposed opens a release that goes back to the last healthy version.
type RollbackProposed struct {
	Of        int     `json:"of"` // the release that failed
	To        Running `json:"to"`
	Automatic bool    `json:"automatic,omitempty"` // allowed by the approval of the failed release
}

// PageSent: people were told directly.
type PageSent struct {
	About   string   `json:"about"`
	Reached []string `json:"reached,omitempty"`
	Missed  []string `json:"missed,omitempty"` // who was not reached, and why
}

// ErrorEvent is a failure, made compact enough to plan from.
type ErrorEvent struct {
	Tool      string `json:"tool"`
	Message   string `json:"message"` // at most 240 characters
	Retryable bool   `json:"retryable,omitempty"`
	Of        int64  `json:"of,omitempty"`
}

// TimerSet says until when something waits, and for what.
type TimerSet struct {
	ID  string    `json:"id"`
	At  time.Time `json:"at,omitzero"`
	Why string    `json:"why"`
}

// Summary stands for older words in a model's context. Code makes it once there
// are enough of them, so that a long thread stays within a budget, and what a
// model was shown can be shown again.
type Summary struct {
	Upto     int64     `json:"upto"` // seq of the newest event that it stands for
	Text     string    `json:"text"` // in a line, for people
	Messages int       `json:"messages,omitempty"`
	Requests []Request `json:"requests,omitempty"`
	Said     []Saying  `json:"said,omitempty"`
}

// Answered is what was said back to a question about releases. Its lines were made by code, from facts.
type Answered struct {
	Of    int64    `json:"of"`
	Kind  string   `json:"kind"` // the intent answered, or "refused"
	Title string   `json:"title"`
	Lines []string `json:"lines,omitempty"`
}

// PostedView says where a view stands.
type PostedView struct {
	Key     string `json:"key"`
	Channel string `json:"channel,omitempty"`
	TS      string `json:"ts,omitempty"`
	Final   bool   `json:"final,omitempty"` // shown for the last time: nothing about it will change
}

// Posted: views now stand in Slack.
type Posted struct {
	Views []PostedView `json:"views"`
}

// Held and Resumed pause a release before its next changing step.
type Held struct {
	Of int64  `json:"of"`
	By string `json:"by"`
}

// Resumed ends a hold.
type Resumed struct {
	Of int64  `json:"of"`
	By string `json:"by"`
}

// CancelRequested: somebody who may has asked to stop the release.
type CancelRequested struct {
	Of int64  `json:"of"`
	By string `json:"by"`
}

// Canceled: the release is stopped, and what the deployer said is in the log.
type Canceled struct {
	By     string `json:"by"`
	Detail string `json:"detail,omitempty"`
}

// Done ends a release.
type Done struct {
	Outcome string `json:"outcome"`
	Head    string `json:"head,omitempty"` // hash of the last event before this one
}
