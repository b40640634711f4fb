package agent

import (
	"slices"
	"strconv"

	"github.com/releasebot/releasebot/internal/planted"
)

func itoa(n int64) string { return strconv.FormatInt(n, 10) }

// reduceRelease folds an event of one release in. A stage is only left by the
// event that belongs to it: anything late or doubled changes nothing.
func (s *State) reduceRelease(r *ReleaseState, e *Event) {
	switch d := e.Data.(type) {
	case *ReleaseContext:
		s.context(r, d)
	case *Plan:
		s.plan(r, d)
	case *PolicyRefused:
		if r.Stage == StagePlan || r.Stage == StageContext {
			r.Refused, r.Outcome, r.Detail = d, OutcomeRefused, d.Reason
			r.toEnd()
		}
	case *ApprovalRequested:
		s.request(r, d)
	case *ApprovalReminded:
		s.remind(r, e, d)
	case *ApprovalEscalated:
		s.escalate(r, e, d)
	case *TakeoverRequested:
		s.judged(d.Of)
		if r.Stage == StageClaim {
			r.Takeover = d
		}
	case *ApprovalResponse:
		s.respond(r, e, d)
	case *ApprovalExpired:
		if a := r.Approval; a != nil && a.ID == d.ID && a.State == ApprovalPending {
			a.end(ApprovalExpiredOut, "", s.Now)
			r.Outcome = OutcomeExpired
			r.toEnd()
		}
	case *ApprovalSuperseded:
		s.supersede(r, d)
	case *LockRequested:
		if r.Stage == StageClaim {
			r.Claim = d.Claim
		}
	case *LockAcquired:
		if r.Stage == StageClaim && r.Claim == d.Claim {
			r.Fence, r.Waits, r.Takeover, r.Stage = d.Fence, "", nil, StageLook
		}
	case *LockReleased:
		s.givenBack(r, d)
	case *DeployStarted, *DeployProgress, *DeployResult:
		s.reduceDeploy(r, e)
	case *VerifyStarted, *PostDeployCheckResult:
		s.reduceVerify(r, e)
	case *PageSent:
		r.Paged = d
	case *Held:
		s.judgedOrAnswered(d.Of)
		if r.Stage != StageEnded && r.Held == "" {
			r.Held, r.HeldAt = d.By, s.Now
		}
	case *Resumed:
		s.judgedOrAnswered(d.Of)
		r.Held = ""
	case *CancelRequested:
		s.judgedOrAnswered(d.Of)
		if r.Stage != StageEnded && r.Cancel == "" {
			r.Cancel = d.By
		}
	case *Canceled:
		if a := r.Approval; a != nil && a.State == ApprovalPending {
			a.Reason = d.Detail
		}
		r.Approval.end(ApprovalCanceled, d.By, s.Now)
		r.Outcome, r.OutcomeBy, r.Detail = OutcomeCanceled, d.By, d.Detail
		r.toEnd()
	case *LeftAsIs:
		s.leave(r, d)
	case *Done:
		s.end(r, d)
	}
}

// remind: in the thread, or each approver directly.
func (s *State) remind(r *ReleaseState, e *Event, d *ApprovalReminded) {
	a := r.Approval
	switch {
	case a == nil || a.ID != d.ID:
	case len(d.Directly) > 0:
		a.Directly = s.Now
		s.tellEach(e, d.Directly, func(person string) string {
			if r.barred(person) {
				return r.waitsForOthers()
			}
			return r.waitsForYou()
		})
	case a.Reminded.IsZero():
		a.Reminded = s.Now
	}
}

func (s *State) escalate(r *ReleaseState, e *Event, d *ApprovalEscalated) {
	if a := r.Approval; a != nil && a.ID == d.ID && a.Escalated.IsZero() {
		a.Escalated = s.Now
		s.tell(e, d.People, r.waitsForOthers()) // to be told gives no right to decide
	}
}

// waitsForYou is what people are told directly about an approval.
func (r *ReleaseState) waitsForYou() string {
	a := r.Approval
	return "The " + English.named(r) + " waits for your approval, until " + clockOf(a.Expires) +
		". Decide on its card, or by `/release approve " + a.ID + "` or `/release reject " + a.ID + " REASON`."
}

// waitsForOthers is what those are told who are not asked to decide: who asked
// for the release, and whom it is escalated to.
func (r *ReleaseState) waitsForOthers() string {
	a := r.Approval
	return "Nobody has decided yet: the " + English.named(r) + " waits for an approval from " + plain(English.whoever(a.From)) + ", until " + clockOf(a.Expires) +
		". `/release why " + a.ID + "` says more."
}

// barred: nobody is told to decide about what they asked for, or broke the glass for.
func (r *ReleaseState) barred(person string) bool {
	return slices.Contains(r.By, person) || r.Glass != nil && r.Glass.By == person
}

// judgedOrAnswered: a decision came as a click, or as words.
func (s *State) judgedOrAnswered(seq int64) {
	s.judged(seq)
	s.Commands = without(s.Commands, func(c Command) bool { return c.Seq == seq })
}

// toEnd goes to the end, by way of giving the environment back where it is claimed.
func (r *ReleaseState) toEnd() {
	if r.Claim != "" {
		r.Stage = StageReturn
		return
	}
	r.Stage = StageAfter
}

func (s *State) context(r *ReleaseState, d *ReleaseContext) {
	switch {
	case !d.Again && r.Stage == StageContext:
		r.Tries = 0
		r.Context, r.Stage = d, StagePlan
		if r.Action == "rollback" && r.Version == "" {
			r.Version = d.Rollback.Version
		}
	case d.Again && r.Stage == StageLook:
		r.Tries = 0
		if r.Plan != nil && (d.Digest == r.Plan.Digest || planted.Is(planted.DigestNotRechecked)) {
			r.Stage, r.Baseline = StageStart, d.Baseline
			return
		}
		r.Context, r.Stage = d, StageVoid
	}
}

func (s *State) plan(r *ReleaseState, d *Plan) {
	if r.Stage != StagePlan {
		return
	}
	r.Plan, r.Plans = d, d.Ordinal
	switch {
	case r.Action == "verify":
		r.Stage = StageVerify
	case d.Covered != "":
		r.Stage = StageClaim
	default:
		r.Stage = StageApproval
	}
}

// request opens the approval of the plan; none is needed where nobody has to approve.
func (s *State) request(r *ReleaseState, d *ApprovalRequested) {
	if r.Stage != StageApproval || r.Plan == nil || d.Digest != r.Plan.Digest || r.Approval != nil && r.Approval.ID == d.ID {
		return
	}
	if r.Approval != nil {
		r.Voided = append(r.Voided, r.Approval)
	}
	r.Approval = &Approval{
		ID: d.ID, Ordinal: r.Plans, Digest: d.Digest, Required: d.Required, From: d.From, Why: d.Why,
		Asked: s.Now, Expires: d.Expires, RemindAt: d.RemindAt, DirectAt: d.DirectAt, EscalateAt: d.EscalateAt,
		EscalateTo: d.EscalateTo, State: ApprovalPending,
	}
	if d.Required > 0 && r.Claim != "" { // now people have to be waited for: not with the environment in hand
		r.Stage = StageReturn
		r.Approval.void("", []string{"an approval is needed now"}, s.Now)
		return
	}
	if d.Required == 0 {
		r.Approval.State, r.Approval.Decided, r.Approval.Shown = ApprovalApproved, s.Now, true
		r.Stage = StageClaim
	}
}

func (s *State) respond(r *ReleaseState, e *Event, d *ApprovalResponse) {
	at := s.Now
	if dec := s.judged(d.Of); planted.Is(planted.ClockOfClick) {
		at = dec.At
	}
	if r.Click != nil && r.Click.Of == d.Of {
		r.Click = nil
	}
	a := r.Approval
	if a == nil || a.ID != d.ID || !a.counts(d, at) || r.Stage != StageApproval || r.Cancel != "" {
		s.tooLate(r, e, d)
		return
	}
	a.respond(d, s.Now)
	switch a.State {
	case ApprovalApproved:
		r.Stage = StageClaim
	case ApprovalRejected:
		r.Outcome, r.OutcomeBy, r.Detail = OutcomeRejected, d.Person, d.Reason
		r.toEnd()
		s.say(Words{Seq: e.Seq, Text: d.Reason, At: s.Now, Actor: e.Actor, OnBehalfOf: e.OnBehalfOf, RejectionOf: r.N, Aside: true})
	default: // more people have to approve
	}
}

// tooLate tells somebody whose response was allowed when it was judged that it does not count at its place in the log.
func (s *State) tooLate(r *ReleaseState, e *Event, d *ApprovalResponse) {
	refused := DecisionRefused{Of: d.Of, Verb: d.Decision, Person: d.Person}
	refused.Rule, refused.Reason = r.closed(d.ID, d.Person)
	s.Notes = append(s.Notes, Note{Seq: e.Seq, Person: d.Person, Data: refused})
}

func (s *State) supersede(r *ReleaseState, d *ApprovalSuperseded) {
	if d.By > 0 {
		if !r.Stage.Before(StageDeploy) {
			return
		}
		by := ReleaseID(s.ID, d.By)
		r.Approval.void(by, nil, s.Now)
		r.Outcome, r.OutcomeBy = OutcomeSuperseded, by
		r.toEnd()
		return
	}
	if r.Stage != StageVoid {
		return
	}
	unasked := r.Approval == nil || r.Approval.Required == 0
	r.Approval.void("", d.Changed, s.Now)
	r.Stage = StageReturn
	if unasked { // nobody has to be waited for: it plans anew in its place, or two in one queue void each other for ever
		r.Stage = StageContext
	}
}

// givenBack: the environment is free; go on to the end, or, where the facts had changed, to a new plan.
func (s *State) givenBack(r *ReleaseState, d *LockReleased) {
	if r.Stage != StageReturn || r.Claim != d.Claim {
		return
	}
	r.Claim, r.Fence = "", 0
	if r.Outcome == "" && r.Deploy == nil { // the plan was void: ask again, from fresh facts
		r.Stage = StageContext
		return
	}
	r.Stage = StageAfter
}

func (s *State) reduceDeploy(r *ReleaseState, e *Event) {
	switch d := e.Data.(type) {
	case *DeployStarted:
		if r.Stage == StageStart {
			r.Deploy = &DeployRun{Key: d.Key, Epoch: d.Epoch, Owner: d.Owner, Runner: d.Runner, Began: s.Now, Percent: -1}
			r.Stage = StageDeploy
		} else if run := r.Deploy; r.Stage == StageDeploy && run != nil && run.Key == d.Key && d.Again == run.Again+1 {
			run.Again, run.Epoch, run.Owner, run.Runner = d.Again, d.Epoch, d.Owner, d.Runner
		}
	case *DeployProgress:
		if run := r.Deploy; run != nil && run.Key == d.Key && run.Outcome == "" {
			if d.Ref != "" {
				run.Ref = d.Ref
			}
			run.Percent, run.Text = d.Percent, d.Text
		}
	case *DeployResult:
		s.deployResult(r, d)
	}
}

func (s *State) deployResult(r *ReleaseState, d *DeployResult) {
	run := r.Deploy
	if run == nil || run.Key != d.Key || r.Stage != StageDeploy && r.Stage != StageUnknown && (s.Lost == nil || run.Outcome != "") {
		return
	}
	run.Outcome, run.Detail, run.Log, run.By, run.Ended = d.Outcome, d.Detail, d.Log, d.By, s.Now
	if s.Lost != nil { // it is good to know, and opens nothing again
		return
	}
	switch d.Outcome {
	case Deployed:
		r.Stage = StageVerify
		if r.Cancel != "" { // the outcome came first, and wins
			s.Notes = append(s.Notes, Note{Seq: s.Version, Person: r.Cancel, Data: DecisionRefused{
				Verb: VerbAbort, Person: r.Cancel, Rule: "too_late",
				Reason: "The deploy of " + r.Service + " " + r.Version + " had already ended well when it was to be stopped.",
			}})
			r.Cancel = ""
		}
		if r.Plan == nil || len(r.Plan.Checks) == 0 { // nothing to look at: a deploy that ended well counts as healthy
			r.outcome()
		}
	case DeployUnknown:
		if d.By == "" {
			r.Stage = StageUnknown
			return
		}
		r.Outcome, r.Detail = OutcomeUnknown, d.Detail
		r.toEnd()
	default:
		r.Outcome, r.Detail = OutcomeFailed, d.Detail
		if r.Cancel != "" {
			r.Outcome, r.OutcomeBy = OutcomeCanceled, r.Cancel
			r.Approval.end(ApprovalCanceled, r.Cancel, s.Now)
		}
		r.toEnd()
	}
}

// outcome ends a release that is deployed and healthy.
func (r *ReleaseState) outcome() {
	r.Outcome = OutcomeDone
	if r.Action == "rollback" {
		r.Outcome = OutcomeRolledBack
	}
	r.toEnd()
}

func (s *State) reduceVerify(r *ReleaseState, e *Event) {
	if r.Stage != StageVerify && r.Stage != StageDoubt {
		return
	}
	switch d := e.Data.(type) {
	case *VerifyStarted:
		r.Stage = StageVerify
		s.dropAnswered(DoubtQuestionID(r))
		r.Verify = &VerifyRun{Try: d.Try, Checks: d.Checks, Began: s.Now}
	case *PostDeployCheckResult:
		if r.Verify == nil {
			r.Verify = &VerifyRun{Try: 1, Began: s.Now}
		}
		r.Verify.Verdict, r.Verify.Results, r.Verify.Ended = d.Verdict, d.Checks, s.Now
		switch d.Verdict {
		case "healthy":
			r.outcome()
		case "unhealthy":
			r.Outcome = OutcomeUnhealthy
			r.toEnd()
		default:
			if r.Action != "verify" && d.By == "" { // not passed, and not failed: a person has to say
				r.Stage = StageDoubt
				return
			}
			r.Outcome = OutcomeInconclusive
			r.toEnd()
		}
	}
}

// dropAnswered forgets a question that was answered, so that it can be asked again.
func (s *State) dropAnswered(id string) {
	s.Questions = without(s.Questions, func(q OpenQuestion) bool { return q.ID == id && q.Answer != nil })
}

func (s *State) end(r *ReleaseState, d *Done) {
	if r.Stage != StageAfter {
		return
	}
	r.Stage, r.Outcome, r.Ended, r.Held = StageEnded, d.Outcome, s.Now, ""
	r.Approval.end(ApprovalCanceled, r.OutcomeBy, s.Now)
	if next, ok := s.sequel(r); ok {
		s.say(Words{
			Seq: s.Version, Text: "again: " + next.Action + " " + next.Service + " " + next.Version + " to " + next.Env, At: s.Now,
			Actor: next.Actor, OnBehalfOf: next.OnBehalf, Sequel: true, Of: next.N, Intent: &Intent{
				Kind: IntentKind(next.Action), Service: next.Service, Environment: next.Env, Version: next.Version, Page: next.Page,
			},
		})
	}
}

// sequel is the release to be asked for again now that r has ended: the one
// that was rejected until r was done, or r itself where a person said that its
// deploy did not run.
func (s *State) sequel(r *ReleaseState) (*ReleaseState, bool) {
	if r.Before > 0 && good(r.Outcome) {
		next := s.Release(r.Before)
		return next, next != nil
	}
	if r.Deploy != nil && r.Deploy.Outcome == DeployNotBegun && r.Deploy.By != "" {
		return r, true
	}
	return nil, false
}
