package agent

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"runtime/debug"
	"time"

	"github.com/releasebot/releasebot/internal/planted"
)

// pauses: before this step everything decided so far is made durable and
// shown, because it changes or tells the world, or may take a while. A start
// sees to that itself: what led to it goes in together with deploy_started.
func (k StepKind) pauses() bool {
	if k == StepReturn && planted.Is(planted.ReleaseBeforeEnd) {
		return false
	}
	switch k {
	case StepAbort, StepAcquire, StepTakeover, StepReturn, StepPage, StepPoll, StepCheck:
		return true
	case StepJudge, StepWords, StepCommand, StepCancel, StepAsk, StepSettle, StepContext, StepPlan, StepGiveUp, StepRequest, StepClick,
		StepRemind, StepEscalate, StepWatch, StepSummarize, StepNag, StepAuthors, StepExpire, StepSupersede, StepClaim, StepLook, StepVoid, StepStart, StepVerify, StepPropose, StepDone, StepWait:
	}
	return false
}

// afterCards: before this step people see what was decided so far, unless that takes long.
func (k StepKind) afterCards() bool { return k == StepAcquire || k == StepPage }

// do takes one step. What it writes is pending until the next flush, unless the
// step itself needs it to be durable before it acts.
func (r *Runner) do(ctx context.Context, h *run, st Step, now time.Time) error {
	rel, claimed := h.state.Release(st.Release), h.claimed
	h.claimed = nil
	switch st.Kind {
	case StepJudge:
		return r.judge(ctx, h, st, now)
	case StepWords:
		return r.words(ctx, h, st, now)
	case StepCommand:
		return r.command(ctx, h, st, now)
	case StepCancel:
		h.emitFor(now, rel.N, &Canceled{By: rel.Cancel, Detail: h.state.withdrawn(rel)}, mintID(rel.ID, "canceled"))
	case StepAbort:
		return r.abort(ctx, h, rel, st, now)
	case StepPoll:
		return r.poll(ctx, h, rel, st, now)
	case StepAsk:
		r.askWhetherItRan(h, rel, now)
	case StepSettle:
		r.settle(h, rel, now)
	case StepContext:
		return r.context(ctx, h, rel, now)
	case StepLook:
		return r.lookAgain(ctx, h, rel, claimed, now)
	case StepGiveUp:
		r.giveUp(h, rel, now)
	case StepPlan:
		return r.plan(ctx, h, rel, now)
	case StepRequest:
		return r.request(h, rel, now)
	case StepClick:
		return r.click(ctx, h, rel, now)
	case StepRemind:
		r.remind(ctx, h, rel, now)
	case StepEscalate:
		r.escalate(ctx, h, rel, now)
	case StepTakeover:
		return r.takeOver(ctx, h, rel, st, now)
	case StepWatch:
		return r.watch(ctx, h, st, now)
	case StepSummarize:
		if n := h.state.foldable(); n > 0 {
			d := h.state.summarize(n)
			h.emit(now, d, mintID(string(h.id), "summary", d.Upto))
		}
	case StepNag:
		r.nag(h, rel, now)
	case StepAuthors:
		return r.authors(ctx, h, rel, now)
	case StepExpire:
		h.emitFor(now, rel.N, &ApprovalExpired{ID: rel.Approval.ID}, mintID(rel.Approval.ID, "expired"))
	case StepSupersede:
		r.supersede(h, rel, now)
	case StepClaim:
		claim := mintID(rel.ID, "claim", rel.Plans)
		h.emitFor(now, rel.N, &LockRequested{Claim: claim, Env: EnvironmentLog(rel.Service, rel.Env)}, claim)
	case StepAcquire:
		return r.acquire(ctx, h, rel, st, now)
	case StepVoid:
		h.emitFor(now, rel.N, &ApprovalSuperseded{ID: approvalID(rel), Changed: rel.Context.Changed}, mintID(rel.ID, "void", rel.Plans))
	case StepStart:
		return r.start(ctx, h, rel, st, now)
	case StepVerify:
		return r.openWindow(h, rel, 1, now)
	case StepCheck:
		return r.check(ctx, h, rel, st, now)
	case StepReturn:
		return r.returnEnvironment(ctx, h, rel, now)
	case StepPropose:
		r.propose(h, rel, now)
	case StepPage:
		return r.page(ctx, h, rel, st, now)
	case StepDone:
		h.emitFor(now, rel.N, &Done{Outcome: rel.Outcome}, mintID(rel.ID, "done"))
	case StepWait:
	}
	return nil
}

func approvalID(rel *ReleaseState) string {
	if rel.Approval == nil {
		return ""
	}
	return rel.Approval.ID
}

// after paces a step: it is not taken again before d has passed.
func (h *run) after(st Step, now time.Time, d time.Duration) { h.pace[st] = now.Add(d) }

// failed paces a step that could not be taken, more and more slowly, and says whether it is the n-th time in a row.
func (h *run) failed(st Step, now time.Time) int {
	h.tries[st]++
	n := h.tries[st]
	h.after(st, now, min(time.Duration(n)*time.Second, 15*time.Second))
	return n
}

func (h *run) worked(st Step) { delete(h.tries, st); delete(h.pace, st) }

// words turns the oldest unread words into an intent.
func (r *Runner) words(ctx context.Context, h *run, st Step, now time.Time) error {
	w, ok := h.state.unread(st.Seq)
	if !ok {
		return nil
	}
	switch {
	case h.state.Lost != nil: // whatever it is, the answer is the same
		r.understood(h, w, Planned{Intent: Intent{Kind: IntentNone}, Planner: "lost"}, nil, now)
	case w.Intent != nil && w.Sequel:
		r.understood(h, w, Planned{Intent: *w.Intent, Planner: "sequel"}, nil, now)
	case w.Intent != nil:
		r.understood(h, w, Planned{Intent: *w.Intent, Planner: "command"}, nil, now)
	case h.state.PlannerRun >= PlannerMax:
		r.enough(ctx, h, w, now)
	case !r.Slow:
		out, err := r.Planner.Plan(ctx, h.state.PlanInput(w, r.catalog()))
		r.understood(h, w, out, err, now)
	default:
		r.wordsSlowly(ctx, h, w, now)
	}
	return nil
}

// wordsSlowly asks a slow planner, where one has to be asked.
func (r *Runner) wordsSlowly(ctx context.Context, h *run, w Words, now time.Time) {
	if out, ok := r.ahead(ctx, h, w); ok {
		r.jump(h, w, out, now)
		return
	}
	limit, ok := r.patience(h, w, now)
	if !ok {
		out, err := r.Quick.Plan(ctx, h.state.PlanInput(w, r.catalog()))
		r.understood(h, w, out, err, now)
		return
	}
	r.ponder(h, w, limit) //nolint:contextcheck // the answer outlives the step that asked for it
}

// enough: so many questions in a row led nowhere, so no model is asked any more.
// What is said plainly is still taken; anything else is for a person to say
// otherwise, or to take to somebody else.
func (r *Runner) enough(ctx context.Context, h *run, w Words, now time.Time) {
	plain := r.Quick
	if plain == nil && !r.Slow {
		plain = r.Planner
	}
	if plain != nil {
		if out, err := plain.Plan(ctx, h.state.PlanInput(w, r.catalog())); err == nil && out.Intent.Kind != IntentClarify {
			r.understood(h, w, out, nil, now)
			return
		}
	}
	r.understood(h, w, Planned{Intent: Intent{Kind: IntentClarify, Question: &Question{
		Text: "I have been at this for a while without getting anywhere. Please say it as a command, such as `/release deploy SERVICE VERSION to ENVIRONMENT`.",
	}}, Planner: "limit"}, nil, now)
}

// ponder asks a slow planner beside the other steps.
func (r *Runner) ponder(h *run, w Words, limit time.Duration) {
	in, id := h.state.PlanInput(w, r.catalog()), h.id
	h.think[w.Seq] = true
	r.thinking.Go(func() {
		ctx, cancel := context.WithTimeout(context.Background(), limit)
		defer cancel()
		out, err := r.plans(ctx, in)
		r.post(id, mail{planned: &planned{words: w, out: out, err: err}})
	})
}

// plans asks the planner. A panic of it is a failure like others: it happens beside the steps, where nobody would catch it.
func (r *Runner) plans(ctx context.Context, in PlanInput) (out Planned, err error) {
	defer func() {
		if x := recover(); x != nil {
			r.Log.Error("the planner panicked", "panic", panicText(x), "where", panicPlace(), "stack", string(debug.Stack()))
			err = fmt.Errorf("the planner failed: %s", panicText(x))
		}
	}()
	return r.Planner.Plan(ctx, in)
}

// understood writes down what words were turned into. A planner's failure becomes an error and a question, never silence.
func (r *Runner) understood(h *run, w Words, out Planned, err error, now time.Time) {
	if _, ok := h.state.unread(w.Seq); !ok {
		return
	}
	if err == nil && !out.Intent.Kind.known() {
		err = fmt.Errorf("the planner answered with the intent %q, which there is not", cut(string(out.Intent.Kind), 40))
	}
	if failure := cmp.Or(err, out.Failure); failure != nil {
		h.emit(now, &ErrorEvent{Tool: "planner", Message: compact(failure), Retryable: true, Of: w.Seq}, mintID("words", w.Seq, "error"))
	}
	if err != nil {
		out = Planned{Planner: "fallback", Intent: Intent{Kind: IntentClarify, Question: &Question{
			Text: "I could not make out what that asks for. Please say it as a command, such as `/release deploy SERVICE VERSION to ENVIRONMENT`.",
		}}}
		if w.Aside || w.RejectionOf > 0 {
			out.Intent = Intent{Kind: IntentNone}
		}
	}
	if w.Intent == nil && asksOnly(out.Intent.Kind) {
		out.Intent.Language = LanguageOf(w.Text)
	}
	d := &PlannerDecision{Of: w.Seq, Intent: out.Intent, Planner: out.Planner, Prompt: out.Prompt, Tokens: out.Tokens}
	h.emitAs(now, Bot, "", w.Of, itoa(w.Seq), d, mintID("words", w.Seq, "intent"))
}

func (s *State) unread(seq int64) (Words, bool) {
	for _, w := range s.Words {
		if w.Seq == seq {
			return w, true
		}
	}
	return Words{}, false
}

// catalog lists the names of the policy file.
func (r *Runner) catalog() Catalog { return r.policies.of(r.Policy()).catalog }

// compact makes an error short enough to plan from.
func compact(err error) string {
	if errors.Is(err, context.DeadlineExceeded) {
		return cut("no answer in time: "+err.Error(), 239)
	}
	return cut(err.Error(), 239)
}

// trouble writes down that a read-only tool failed.
func (h *run) trouble(rel *ReleaseState, tool string, err error, now time.Time) {
	h.emitFor(now, rel.N, &ErrorEvent{Tool: tool, Message: compact(err), Retryable: true},
		mintID(rel.ID, tool, "error", rel.Plans, rel.Stage, rel.Tries+1, h.state.Version))
}

// giveUp: what the plan needs can't be found out, so the answer is no.
func (r *Runner) giveUp(h *run, rel *ReleaseState, now time.Time) {
	reason := fmt.Sprintf("What a release of %s needs could not be found out, %d times in a row.", rel.Target(), rel.Tries)
	h.emitFor(now, rel.N, &PolicyRefused{Rule: "context", Reason: reason, Remedy: "See the error above, then press Retry."},
		mintID(rel.ID, "refused", rel.Plans, "context"))
}
