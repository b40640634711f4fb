package agent

import (
	"encoding/json"
	"fmt"
	"slices"
	"time"

	"github.com/releasebot/releasebot/policy"
	"github.com/releasebot/releasebot/tools/healthcheck"
)

// FoldVersion is raised whenever Reduce or State change what a log folds to, so
// that snapshots of an older fold are not used.
const FoldVersion = 4

// Limits of what a state remembers; the log has everything.
const (
	PlannerMax = 20 // planner steps for one request that only asked back, then it is left to a person
	TriesMax   = 3  // failures in a row of one read-only tool, then a person is told
)

// State is the fold of a thread's events, and nothing else is remembered of a
// thread. It is a value for readers: whoever was given one must not change it.
type State struct {
	ID       ThreadID  `json:"id"`
	Version  int64     `json:"version"` // seq of the last event
	Now      time.Time `json:"now"`     // time of the log: the latest At; it never goes back
	Began    time.Time `json:"began"`
	Source   string    `json:"source"`
	Slack    *Place    `json:"slack,omitempty"` // TS "" until the root message is posted
	Asker    Actor     `json:"asker"`
	OnBehalf Actor     `json:"on_behalf_of,omitempty"`
	Parent   string    `json:"parent,omitempty"`
	Title    string    `json:"title"` // the first words

	Words     []Words        `json:"words,omitempty"`     // unread
	Decisions []Decision     `json:"decisions,omitempty"` // not judged yet
	Commands  []Command      `json:"commands,omitempty"`  // intents that make no release, not answered yet
	Questions []OpenQuestion `json:"questions,omitempty"` // not answered yet
	Notes     []Note         `json:"notes,omitempty"`     // for one person alone, not told yet
	Answers   []Answer       `json:"answers,omitempty"`   // for the thread, not posted yet
	Turns     []Turn         `json:"turns,omitempty"`     // what was said lately
	Past      *Past          `json:"past,omitempty"`      // what summaries stand for
	Watches   []Watch        `json:"watches,omitempty"`   // looked after for people

	Releases []*ReleaseState       `json:"releases,omitempty"` // by number, from 1
	Views    map[string]PostedView `json:"views,omitempty"`    // what stands in Slack and may still change

	PlannerRun int `json:"planner_run,omitempty"` // planner steps in a row that only asked back
	// Asked is what the planner's answers cost that only asked back: the next release that is made of words bears it.
	Asked   Tokens `json:"asked_back,omitzero"`
	Foreign int    `json:"foreign,omitempty"` // events only a newer program knows
	Lost    *Lost  `json:"lost,omitempty"`    // the log has lost events
	Aside   *Aside `json:"aside,omitempty"`   // the runner panicked: it is not run until somebody says or presses something
	// Head is the hash of the last durable event, filled in by whoever read or wrote the log. The fold does not know it.
	Head string `json:"-"`
}

// Words are something a person said, not yet turned into an intent.
type Words struct {
	Seq         int64     `json:"seq"`
	Text        string    `json:"text"`
	At          time.Time `json:"at"`
	Actor       Actor     `json:"actor"`
	OnBehalfOf  Actor     `json:"on_behalf_of,omitempty"`
	Intent      *Intent   `json:"intent,omitempty"`
	Aside       bool      `json:"aside,omitempty"`
	RejectionOf int       `json:"rejection_of,omitempty"`
	Sequel      bool      `json:"sequel,omitempty"` // made by code: a release that waited for another one
	Of          int       `json:"of,omitempty"`     // the release that a retry or rollback is of
	Edit        bool      `json:"edit,omitempty"`   // it replaces the release it is of
	Click       bool      `json:"click,omitempty"`  // the words are a button's: its click may count as approval
}

// Decision is a decision received and not judged.
type Decision struct {
	Seq        int64            `json:"seq"`
	At         time.Time        `json:"at"`
	Actor      Actor            `json:"actor"`
	OnBehalfOf Actor            `json:"on_behalf_of,omitempty"`
	Data       DecisionReceived `json:"data"`
}

// Command is an intent that makes no release.
type Command struct {
	Seq        int64  `json:"seq"` // of the planner's decision
	Of         int64  `json:"of"`  // of the words
	Intent     Intent `json:"intent"`
	Actor      Actor  `json:"actor"`
	OnBehalfOf Actor  `json:"on_behalf_of,omitempty"`
	Aside      bool   `json:"aside,omitempty"`
}

// OpenQuestion waits for a person.
type OpenQuestion struct {
	HumanInputRequested
	Seq     int64               `json:"seq"`
	Release int                 `json:"release,omitempty"`
	Asked   time.Time           `json:"asked"`
	Of      Actor               `json:"of,omitempty"`     // whose words are asked about
	Answer  *HumanInputResponse `json:"answer,omitempty"` // kept until the question's last showing
}

// Note is something to tell one person alone: why what they did does nothing
// (Data), or, directly, something they have to know (Text, a sentence of ours).
type Note struct {
	Text   string          `json:"text,omitempty"`
	Ord    int             `json:"ord,omitempty"` // tells apart those of one event; 0: there is one
	Seq    int64           `json:"seq"`
	Person string          `json:"person"`
	Place  *Place          `json:"place,omitempty"`
	Data   DecisionRefused `json:"data"`
}

// Answer is something to say in the thread.
type Answer struct {
	Seq  int64    `json:"seq"`
	Data Answered `json:"data"`
}

// Stage is where a release stands.
type Stage string

// The stages of a release, in their order.
const (
	StageContext  Stage = "context"  // facts are to be fetched
	StagePlan     Stage = "plan"     // policy is to be asked
	StageApproval Stage = "approval" // people are to decide
	StageClaim    Stage = "claim"    // the environment is to be claimed, or waited for
	StageLook     Stage = "look"     // the facts are to be looked at again
	StageVoid     Stage = "void"     // they changed: the approvals are void
	StageStart    Stage = "start"    // to be started
	StageDeploy   Stage = "deploy"   // started and unfinished
	StageUnknown  Stage = "unknown"  // only a person can say what became of it
	StageVerify   Stage = "verify"   // its health is looked at
	StageDoubt    Stage = "doubt"    // the checks could not tell: only a person can
	StageReturn   Stage = "return"   // the environment is to be given back
	StageAfter    Stage = "after"    // what follows a failure, then the end
	StageEnded    Stage = "ended"
)

var stageOrder = map[Stage]int{
	StageContext: 1, StagePlan: 2, StageApproval: 3, StageClaim: 4, StageLook: 5, StageVoid: 5, StageStart: 6,
	StageDeploy: 7, StageUnknown: 7, StageVerify: 8, StageDoubt: 8, StageReturn: 9, StageAfter: 10, StageEnded: 11,
}

// Before reports whether s comes before t.
func (s Stage) Before(t Stage) bool { return stageOrder[s] < stageOrder[t] }

// Outcomes of a release, in the contract's words.
const (
	OutcomeDone         = "done"
	OutcomeRolledBack   = "rolled back"
	OutcomeRefused      = "refused"
	OutcomeRejected     = "rejected"
	OutcomeExpired      = "expired"
	OutcomeSuperseded   = "superseded"
	OutcomeCanceled     = "canceled"
	OutcomeFailed       = "failed"
	OutcomeUnhealthy    = "unhealthy"
	OutcomeInconclusive = "inconclusive"
	OutcomeUnknown      = "outcome unknown"
)

// ReleaseState is one release of a thread.
type ReleaseState struct {
	N        int      `json:"n"`
	ID       string   `json:"id"` // the short id that cards show
	Action   string   `json:"action"`
	Service  string   `json:"service"`
	Env      string   `json:"environment"`
	Version  string   `json:"version"`      // as asked for; of a rollback, once known
	By       []string `json:"by,omitempty"` // the people whose words or token this is; empty: the bot proposed it
	OnBehalf Actor    `json:"on_behalf_of,omitempty"`
	Actor    Actor    `json:"actor"`
	Page     []string `json:"page,omitempty"`    // asked to be paged: people's ids, or names of the policy file
	Words    int64    `json:"words"`             // seq of the intent it comes from
	Planner  string   `json:"planner,omitempty"` // what made the intent of the words: see PlannerDecision; "" for what the bot proposed
	Tokens   Tokens   `json:"tokens,omitzero"`   // what the planners' answers cost that led to it, those that asked back too
	Of       int      `json:"of,omitempty"`      // the release it retries or takes back
	Before   int      `json:"before,omitempty"`
	Edits    bool     `json:"edits,omitempty"` // it replaces the release it is of, at an approver\'s word
	Auto     string   `json:"auto,omitempty"`  // id of the approval that allowed this rollback beforehand
	Click    *Click   `json:"click,omitempty"`

	Stage      Stage                              `json:"stage"`
	Asked      time.Time                          `json:"asked"`
	Held       string                             `json:"held,omitempty"` // by whom
	HeldAt     time.Time                          `json:"held_at,omitzero"`
	Nagged     time.Time                          `json:"nagged,omitzero"`
	Glass      *GlassBroken                       `json:"glass,omitempty"`    // the freeze that this release may go through, and who let it
	Takeover   *TakeoverRequested                 `json:"takeover,omitempty"` // asked for, not done yet
	Cancel     string                             `json:"cancel,omitempty"`   // asked by whom
	Context    *ReleaseContext                    `json:"context,omitempty"`
	Plan       *Plan                              `json:"plan,omitempty"`
	Plans      int                                `json:"plans,omitempty"`
	Refused    *PolicyRefused                     `json:"refused,omitempty"`
	Approval   *Approval                          `json:"approval,omitempty"`
	Voided     []*Approval                        `json:"voided,omitempty"` // earlier approvals of this release, for their cards
	Claim      string                             `json:"claim,omitempty"`  // held or waited for; "" once given back
	Fence      int64                              `json:"fence,omitempty"`
	Waits      string                             `json:"waits,omitempty"` // for the environment: behind whom
	WaitsSince time.Time                          `json:"waits_since,omitzero"`
	Deploy     *DeployRun                         `json:"deploy,omitempty"`
	Verify     *VerifyRun                         `json:"verify,omitempty"`
	Baseline   map[string]healthcheck.Measurement `json:"baseline,omitempty"`
	Rollback   int                                `json:"rollback,omitempty"` // number of the rollback that was proposed
	Tries      int                                `json:"tries,omitempty"`    // failures of a read-only tool, in a row
	TryAfter   time.Time                          `json:"try_after,omitzero"`
	Paged      *PageSent                          `json:"paged,omitempty"`
	Authors    time.Time                          `json:"authors,omitzero"`  // when those whose commits were shipped were told
	Outcome    string                             `json:"outcome,omitempty"` // known before the end: what the end will say
	Detail     string                             `json:"detail,omitempty"`
	OutcomeBy  string                             `json:"outcome_by,omitempty"` // who rejected or canceled; the newer release's id
	Ended      time.Time                          `json:"ended,omitzero"`
	Left       *Left                              `json:"left,omitempty"`  // who leaves its failure as it is
	Shown      bool                               `json:"shown,omitempty"` // its card was shown for the last time
	Lost       bool                               `json:"lost,omitempty"`  // it had not ended when events of the thread were lost
}

// Click is a button that both asks and, from somebody who may, approves.
type Click struct {
	Of     int64  `json:"of"`
	Person string `json:"person"`
	Actor  Actor  `json:"actor"`
}

// Left is who has left a failure as it is, and when.
type Left struct {
	By string    `json:"by"`
	At time.Time `json:"at"`
}

// DeployRun is a start and what became of it.
type DeployRun struct {
	Key     string        `json:"key"`
	Epoch   int64         `json:"epoch"`
	Owner   string        `json:"owner"`
	Runner  string        `json:"runner,omitempty"`
	Again   int           `json:"again,omitempty"`
	Ref     string        `json:"ref,omitempty"`
	Began   time.Time     `json:"began"`
	Percent int           `json:"percent"`
	Text    string        `json:"text,omitempty"`
	Outcome DeployOutcome `json:"outcome,omitempty"`
	Detail  string        `json:"detail,omitempty"`
	Log     []string      `json:"log,omitempty"`
	By      string        `json:"by,omitempty"`
	Ended   time.Time     `json:"ended,omitzero"`
}

// VerifyRun is a window of checks.
type VerifyRun struct {
	Try     int           `json:"try"`
	Checks  []string      `json:"checks,omitempty"`
	Began   time.Time     `json:"began"`
	Verdict string        `json:"verdict,omitempty"`
	Results []CheckResult `json:"results,omitempty"`
	Ended   time.Time     `json:"ended,omitzero"`
}

// NewState is the state before the first event.
func NewState(id ThreadID) *State { return &State{ID: id} }

// Release returns the release of that number, nil if there is none.
func (s *State) Release(n int) *ReleaseState {
	if n < 1 || n > len(s.Releases) {
		return nil
	}
	return s.Releases[n-1]
}

// Open lists the releases that have not ended, oldest first.
func (s *State) Open() []*ReleaseState {
	var open []*ReleaseState
	for _, r := range s.Releases {
		if r.Stage != StageEnded {
			open = append(open, r)
		}
	}
	return open
}

// Question returns the open question of that id, nil if there is none.
func (s *State) Question(id string) *OpenQuestion {
	i := slices.IndexFunc(s.Questions, func(q OpenQuestion) bool { return q.ID == id })
	if i < 0 {
		return nil
	}
	return &s.Questions[i]
}

// Status is the thread's state as the API names it.
func (s *State) Status() string {
	if s.Foreign > 0 || s.Lost != nil || s.Aside != nil {
		return "unknown"
	}
	open := s.Open()
	if len(open) == 0 {
		return s.restingStatus()
	}
	status := "waiting"
	for _, r := range open {
		switch st := r.status(); {
		case st == "unknown":
			return st
		case st == "running", st == "held" && status != "running":
			status = st
		}
	}
	return status
}

func (s *State) restingStatus() string {
	switch {
	case len(s.Questions) > 0:
		return "waiting"
	case len(s.Words) > 0 || len(s.Commands) > 0 || len(s.Releases) == 0 && len(s.Answers) > 0:
		return "open"
	case len(s.Releases) == 0:
		return "done"
	}
	switch s.Releases[len(s.Releases)-1].Outcome {
	case OutcomeDone, OutcomeRolledBack:
		return "done"
	case OutcomeCanceled, OutcomeSuperseded:
		return "canceled"
	case OutcomeUnknown:
		return "unknown"
	}
	return "failed"
}

// ended: nothing is open, and nothing is looked after.
func (s *State) ended() bool {
	return len(s.Open()) == 0 && len(s.Words) == 0 && len(s.Commands) == 0 && len(s.Decisions) == 0 && len(s.Questions) == 0 && len(s.Watches) == 0
}

// underWay: something outside is being watched, by a process that has seen what came before.
func (s *State) underWay() bool {
	for _, r := range s.Releases {
		if r.Stage == StageDeploy || r.Stage == StageVerify {
			return true
		}
	}
	return false
}

func (r *ReleaseState) status() string {
	switch {
	case r.Stage == StageUnknown:
		return "unknown"
	case r.Held != "" && r.Stage.Before(StageDeploy):
		return "held"
	case r.Stage == StageApproval, r.Stage == StageDoubt, r.Stage == StageClaim && r.Waits != "":
		return "waiting"
	}
	return "running"
}

// Word is where the release stands, in the contract's words.
func (r *ReleaseState) Word() string {
	switch {
	case r.Stage == StageEnded:
		return r.Outcome
	case r.Held != "" && r.Stage.Before(StageDeploy):
		return "held"
	case r.Stage == StageApproval:
		return "waiting for approval"
	case r.Stage == StageClaim && r.Waits != "":
		return "waiting for the environment"
	case r.Stage == StageUnknown:
		return OutcomeUnknown
	case r.Stage == StageDeploy:
		return "deploying"
	case r.Stage == StageVerify:
		return "verifying"
	case r.Stage == StageDoubt:
		return OutcomeInconclusive
	case r.Outcome != "":
		return r.Outcome
	}
	return "preparing"
}

// Target is the release's service and environment as people write them.
func (r *ReleaseState) Target() string { return r.Service + " in " + r.Env }

// Policy decodes the resolved policy of the release's plan.
func (r *ReleaseState) Policy() (*policy.Environment, error) {
	if r.Plan == nil || len(r.Plan.Policy) == 0 || string(r.Plan.Policy) == "null" { // "null" would decode to a policy that asks for nothing
		return nil, fmt.Errorf("release %s has no plan", r.ID)
	}
	var env policy.Environment
	if err := json.Unmarshal(r.Plan.Policy, &env); err != nil {
		return nil, fmt.Errorf("the policy kept in the plan of %s: %w", r.ID, err)
	}
	return &env, nil
}

// Clone copies the state, so that events can be folded into the copy.
func (s *State) Clone() (*State, error) {
	b, err := json.Marshal(s)
	if err != nil {
		return nil, fmt.Errorf("copying the state of %s: %w", s.ID, err)
	}
	c := new(State)
	if err := json.Unmarshal(b, c); err != nil {
		return nil, fmt.Errorf("copying the state of %s: %w", s.ID, err)
	}
	return c, nil
}
