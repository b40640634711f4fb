package agent

import "time"

// StepKind names a thing that the runner can do.
type StepKind string

// The steps. Those marked * change or tell the world; all others only read or think.
const (
	StepJudge     StepKind = "judge"     // a decision: may this person?
	StepWords     StepKind = "words"     // turn words into an intent
	StepCommand   StepKind = "command"   // answer, or do, an intent that makes no release
	StepCancel    StepKind = "cancel"    // end a release that has not started
	StepAbort     StepKind = "abort"     // * ask the deployer to stop
	StepPoll      StepKind = "poll"      // ask the deployer what became of a start
	StepAsk       StepKind = "ask"       // ask a person whether it ran
	StepSettle    StepKind = "settle"    // write down what a person said of it
	StepContext   StepKind = "context"   // fetch the facts
	StepPlan      StepKind = "plan"      // ask the policy, make the plan
	StepGiveUp    StepKind = "give_up"   // the facts can't be found out
	StepRequest   StepKind = "request"   // open the approval
	StepClick     StepKind = "click"     // count the click that asked for a rollback as its approval, if it may
	StepRemind    StepKind = "remind"    // remind the approvers
	StepExpire    StepKind = "expire"    // nobody decided in time
	StepSupersede StepKind = "supersede" // a newer release of the thread replaces one that waits for approval
	StepClaim     StepKind = "claim"     // say that the environment is about to be claimed
	StepAcquire   StepKind = "acquire"   // * claim it, or look whether it is free
	StepLook      StepKind = "look"      // look at the facts again
	StepVoid      StepKind = "void"      // they changed: the approvals are void
	StepStart     StepKind = "start"     // * start the deploy
	StepVerify    StepKind = "verify"    // open a window of checks
	StepCheck     StepKind = "check"     // look at the service's health once
	StepReturn    StepKind = "return"    // * give the environment back
	StepPropose   StepKind = "propose"   // propose the rollback
	StepPage      StepKind = "page"      // * page people
	StepDone      StepKind = "done"      // end the release
	StepEscalate  StepKind = "escalate"  // tell others that nobody decides
	StepTakeover  StepKind = "take_over" // * take the environment over
	StepWatch     StepKind = "watch"     // look after something for somebody
	StepAuthors   StepKind = "authors"   // tell those whose commits were shipped
	StepSummarize StepKind = "summarize" // fold what was said long ago, before a planner is asked again
	StepNag       StepKind = "nag"       // remind whoever holds a release
	StepWait      StepKind = "wait"      // nothing to do before At
)

// Step is one thing that may be done now.
type Step struct {
	Kind    StepKind
	Release int       // number of the release; 0: the thread
	Seq     int64     // of the words, decision or command
	At      time.Time // of a wait; zero: until something happens
}

// Decide returns what may be done at now, most urgent first; the last one is
// always a wait. It is pure: the same state and time give the same steps. The
// runner takes the first that its pace allows (a deployer is not polled
// without pause, words that a model is thinking about are not given to it
// again), one at a time, so at most one step that changes something is under
// way in a thread.
//
// The order: decisions people have made · stop · what is started and
// unfinished · unread words · each release's next step · wait.
func Decide(s *State, now time.Time) []Step { return decide(s, now, make([]Step, 0, 4)) }

// decide is Decide into the room of steps.
func decide(s *State, now time.Time, steps []Step) []Step {
	now = s.clock(now)
	d := decider{now: now, steps: steps[:0]}
	if s.Foreign > 0 || s.Aside != nil { // written by a newer program, or set aside: facts are taken in, the thread is not run
		d.add(Step{Kind: StepWait})
		return d.steps
	}
	for _, dec := range s.Decisions {
		d.add(Step{Kind: StepJudge, Release: s.releaseOf(dec.Data.Target), Seq: dec.Seq})
	}
	for _, r := range s.Releases {
		d.stop(r)
	}
	for _, r := range s.Releases {
		d.unfinished(s, r)
	}
	d.words(s)
	for _, r := range s.Releases {
		d.next(s, r)
	}
	d.watches(s)
	d.add(Step{Kind: StepWait, At: d.wake})
	return d.steps
}

// clock is now, or the time of the log where that is later: replicas' clocks differ, the log's never goes back.
func (s *State) clock(now time.Time) time.Time {
	if s.Now.After(now) {
		return s.Now
	}
	return now
}

// releaseOf is the number of the release that a short id names, 0 if it is none of this thread's.
func (s *State) releaseOf(target string) int {
	thread, n, _, err := ParseShortID(target)
	if err != nil || thread != s.ID || s.Release(n) == nil {
		return 0
	}
	return n
}

type decider struct {
	now   time.Time
	wake  time.Time
	steps []Step
}

func (d *decider) add(s Step) { d.steps = append(d.steps, s) }

// until asks to be woken at t; it reports whether t has come.
func (d *decider) until(t time.Time) bool {
	if !d.now.Before(t) {
		return true
	}
	if d.wake.IsZero() || t.Before(d.wake) {
		d.wake = t
	}
	return false
}

// stop: what somebody who may has asked to stop.
func (d *decider) stop(r *ReleaseState) {
	if r.Cancel == "" || r.Outcome != "" {
		return
	}
	switch {
	case r.Stage == StageDeploy:
		d.add(Step{Kind: StepAbort, Release: r.N})
	case r.Stage == StageUnknown, r.Stage == StageEnded, r.Stage == StageAfter, r.Stage == StageReturn:
	default:
		d.add(Step{Kind: StepCancel, Release: r.N})
	}
}

// unfinished: what is started, and what only a person can say.
func (d *decider) unfinished(s *State, r *ReleaseState) {
	switch r.Stage {
	case StageDeploy:
		d.add(Step{Kind: StepPoll, Release: r.N})
	case StageUnknown:
		d.person(s, r, UnknownQuestionID(r))
	case StageDoubt:
		d.person(s, r, DoubtQuestionID(r))
	default: // next says what follows
	}
}

// person: a question only a person can answer is asked, waited for, and its answer written down.
func (d *decider) person(s *State, r *ReleaseState, question string) {
	switch q := s.Question(question); {
	case q == nil:
		d.add(Step{Kind: StepAsk, Release: r.N})
	case q.Answer != nil:
		d.add(Step{Kind: StepSettle, Release: r.N})
	}
}

// words: those that code has understood already first, so that "stop" waits for no model.
func (d *decider) words(s *State) {
	if s.foldable() > 0 {
		d.add(Step{Kind: StepSummarize})
	}
	for _, known := range []bool{true, false} {
		for _, w := range s.Words {
			if (w.Intent != nil) == known {
				d.add(Step{Kind: StepWords, Seq: w.Seq})
			}
		}
	}
	for _, c := range s.Commands {
		d.add(Step{Kind: StepCommand, Seq: c.Seq})
	}
}

// next is a release's own next step.
func (d *decider) next(s *State, r *ReleaseState) {
	step := func(k StepKind) { d.add(Step{Kind: k, Release: r.N}) }
	if r.Cancel != "" && r.Outcome == "" && r.Stage != StageReturn {
		return // stop has said what is next; a void plan's environment is given back before that
	}
	switch r.Stage {
	case StageContext, StageLook:
		switch {
		case r.Tries >= TriesMax:
			step(StepGiveUp)
		case !d.until(r.TryAfter):
		case r.Stage == StageContext:
			step(StepContext)
		default:
			step(StepLook)
		}
	case StagePlan:
		step(StepPlan)
	case StageApproval:
		d.approval(s, r)
	case StageVoid:
		step(StepVoid)
	case StageReturn:
		step(StepReturn)
	case StageVerify:
		if r.Verify == nil {
			step(StepVerify)
		} else {
			step(StepCheck)
		}
	case StageAfter:
		d.after(s, r)
	case StageClaim, StageStart:
		d.changing(r)
	default: // unfinished has said what follows, or nothing does
	}
}

// changing: the steps that a hold keeps back.
func (d *decider) changing(r *ReleaseState) {
	switch {
	case r.Held != "":
	case r.Stage == StageStart:
		d.add(Step{Kind: StepStart, Release: r.N})
	case r.Claim == "":
		d.add(Step{Kind: StepClaim, Release: r.N})
	case r.Takeover != nil:
		d.add(Step{Kind: StepTakeover, Release: r.N})
	default:
		d.add(Step{Kind: StepAcquire, Release: r.N})
	}
}

func (d *decider) approval(s *State, r *ReleaseState) {
	if older := s.supersedes(r); older != nil {
		d.add(Step{Kind: StepSupersede, Release: older.N})
	}
	a := r.Approval
	switch {
	case a == nil || a.State != ApprovalPending:
		d.add(Step{Kind: StepRequest, Release: r.N})
	case d.until(a.Expires):
		d.add(Step{Kind: StepExpire, Release: r.N})
	case r.Click != nil:
		d.add(Step{Kind: StepClick, Release: r.N})
	case d.comes(a.RemindAt, a.Reminded), d.comes(a.DirectAt, a.Directly):
		d.add(Step{Kind: StepRemind, Release: r.N})
	case d.comes(a.EscalateAt, a.Escalated):
		d.add(Step{Kind: StepEscalate, Release: r.N})
	}
}

// comes reports whether something that is set for at, and was not done yet, is due.
func (d *decider) comes(at, done time.Time) bool {
	return !at.IsZero() && done.IsZero() && d.until(at)
}

// supersedes returns the older release of the same environment in this thread
// that still waits for approval and that r, which has a plan, replaces.
func (s *State) supersedes(r *ReleaseState) *ReleaseState {
	for _, o := range s.Releases[:r.N-1] {
		if (o.Service == r.Service && o.Env == r.Env || r.Edits && o.N == r.Of) && o.Outcome == "" && o.Stage == StageApproval && o.Action != "verify" {
			return o
		}
	}
	return nil
}

// after: what follows a failure, and then the end.
func (d *decider) after(s *State, r *ReleaseState) {
	switch {
	case r.mayPropose() && r.Rollback == 0:
		d.add(Step{Kind: StepPropose, Release: r.N})
	case r.pages() && r.Paged == nil:
		if back := s.Release(r.Rollback); back == nil || back.Outcome != "" || back.Approval != nil || !back.Stage.Before(StageClaim) {
			d.add(Step{Kind: StepPage, Release: r.N}) // once the rollback can be approved, so that the page can say how
		}
	case r.tellsAuthors() && r.Authors.IsZero():
		d.add(Step{Kind: StepAuthors, Release: r.N})
	default:
		d.add(Step{Kind: StepDone, Release: r.N})
	}
}

// good outcomes are those after which what waited may go on.
func good(outcome string) bool { return outcome == OutcomeDone || outcome == OutcomeRolledBack }

// bad reports whether the release went wrong after it was started.
func (r *ReleaseState) bad() bool {
	if r.Deploy == nil {
		return false
	}
	switch r.Outcome {
	case OutcomeFailed, OutcomeUnhealthy, OutcomeInconclusive:
		return r.Deploy.Outcome != DeployNotBegun
	}
	return false
}

// mayPropose: a deploy went wrong, policy wants a rollback, and a healthy version is known to go back to.
func (r *ReleaseState) mayPropose() bool {
	return r.bad() && r.Action == "deploy" && r.Plan != nil && r.Plan.OnFailure != "page" && r.Plan.Rollback != ""
}

// pages: people are paged where policy or the one who asked said so, and where
// there is nothing to go back to.
func (r *ReleaseState) pages() bool {
	return r.bad() && r.Plan != nil && (len(r.Page) > 0 || r.Plan.OnFailure == "page" || !r.mayPropose())
}

// DoubtQuestionID is the id of the question whether a release is healthy.
func DoubtQuestionID(r *ReleaseState) string { return r.ID + "/healthy" }

// tellsAuthors: policy wants those whose commits a bad release shipped to be told.
func (r *ReleaseState) tellsAuthors() bool {
	return r.bad() && r.Plan != nil && r.Plan.Authors && r.Action == "deploy"
}

// UnknownQuestionID is the id of the question whether a release's deploy ran.
func UnknownQuestionID(r *ReleaseState) string { return r.ID + "/ran" }
