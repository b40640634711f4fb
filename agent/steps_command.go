package agent

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/releasebot/releasebot/policy"
	"github.com/releasebot/releasebot/threadstore"
)

// command answers, or does, an intent that makes no release.
func (r *Runner) command(ctx context.Context, h *run, st Step, now time.Time) error {
	var c Command
	for _, x := range h.state.Commands {
		if x.Seq == st.Seq {
			c = x
		}
	}
	if h.state.Lost != nil {
		h.say(c, now, h.state.Lost.answer(h.id))
		return nil
	}
	switch c.Intent.Kind {
	case IntentClarify:
		h.clarify(c, now)
		return nil
	case IntentCancel, IntentHold, IntentResume:
		return r.control(ctx, h, c, now)
	case IntentLock, IntentUnlock:
		return r.lock(ctx, h, c, now)
	case IntentNotify:
		r.notify(h, c, now)
		return nil
	case IntentNone:
		lang := c.Intent.Language
		h.say(c, now, Answered{Title: lang.text("That is not for me"), Lines: append([]string{lang.text("I release services, and nothing else.")}, lang.help()...)})
		return nil
	default: // a question
	}
	in := h.state.atHand(c.Intent)
	if in.ID != c.Intent.ID {
		if err := r.flush(ctx, h, false, now); err != nil { // the answer is made from the log
			return err
		}
	}
	a, ok, err := r.queries().Answer(ctx, in, first(Humans(c.Actor, c.OnBehalfOf)), now)
	if err != nil {
		return err
	}
	if !ok {
		return fmt.Errorf("the intent %q has no answer", c.Intent.Kind)
	}
	if v := r.mayLook(ctx, c); !v.Allowed {
		a = Answered{Title: "That is not for you to see", Lines: []string{v.Reason}}
	}
	h.say(c, now, a)
	return nil
}

func (r *Runner) mayLook(ctx context.Context, c Command) policy.Verdict {
	for _, human := range Humans(c.Actor, c.OnBehalfOf) {
		p, err := r.People.Person(ctx, human)
		if err != nil {
			return lookupFailed(human, err)
		}
		if v := policy.MayLook(p); !v.Allowed {
			return v
		}
	}
	return policy.Verdict{Allowed: true}
}

// say answers in the thread.
func (h *run) say(c Command, now time.Time, a Answered) {
	a.Of, a.Kind = c.Seq, string(c.Intent.Kind)
	h.emitAs(now, Bot, "", 0, itoa(c.Of), &a, mintID("command", c.Seq))
}

// clarify asks back.
func (h *run) clarify(c Command, now time.Time) {
	q := Question{Text: "What would you like to release? Say the service, the version and the environment."}
	if c.Intent.Question != nil {
		q = *c.Intent.Question
	}
	h.emitAs(now, Bot, "", 0, itoa(c.Seq), &HumanInputRequested{
		ID: mintID(strings.TrimPrefix(string(h.id), "t"), "q", c.Seq), Kind: InputClarify, Question: q,
	}, mintID("command", c.Seq))
}

// control takes "cancel", "hold" and "resume" as words: they mean the release
// that was named, else the newest open one; with several, the bot asks.
func (r *Runner) control(ctx context.Context, h *run, c Command, now time.Time) error {
	verb, lang := Verb(c.Intent.Kind), c.Intent.Language
	rel := h.state.Release(h.state.releaseOf(c.Intent.ID))
	if c.Intent.ID == "" {
		open := h.state.Open()
		if len(open) > 1 {
			h.clarify(Command{Seq: c.Seq, Intent: Intent{Kind: IntentClarify, Question: which(verb, open)}}, now)
			return nil
		}
		if len(open) == 1 {
			rel = open[0]
		}
	}
	j := judgement{
		r: r, h: h, rel: rel, now: now, human: first(Humans(c.Actor, c.OnBehalfOf)),
		d: Decision{Seq: c.Seq, Actor: c.Actor, OnBehalfOf: c.OnBehalfOf, Data: DecisionReceived{Verb: verb, Via: "words"}},
	}
	if rel == nil && h.stopped[c.Of] {
		h.say(c, now, Answered{Title: lang.text("Stopped"), Lines: []string{lang.text("What you said right before is left alone."), lang.text("No release of this thread is open.")}})
		return nil
	}
	if rel == nil {
		h.say(c, now, Answered{Title: lang.text("There is nothing to %s", string(verb)), Lines: []string{lang.text("No release of this thread is open.")}})
		return nil
	}
	return j.control(ctx)
}

func which(verb Verb, open []*ReleaseState) *Question {
	q := &Question{Text: fmt.Sprintf("Several releases are open here. Which one shall I %s?", verb), Missing: "id", Partial: &Intent{Kind: IntentKind(verb)}}
	for _, r := range open {
		q.Options = append(q.Options, fmt.Sprintf("%s %s", verb, r.ID))
	}
	return q
}

// lock puts a person's lock on an environment, or takes it off.
func (r *Runner) lock(ctx context.Context, h *run, c Command, now time.Time) error {
	env, ok := r.Policy().Environment(c.Intent.Service, c.Intent.Environment)
	if !ok {
		h.say(c, now, Answered{Title: "Which environment?", Lines: []string{"Say `lock SERVICE ENVIRONMENT REASON`."}})
		return nil
	}
	human := first(Humans(c.Actor, c.OnBehalfOf))
	p, err := r.People.Person(ctx, human)
	var v policy.Verdict
	if err != nil {
		v = lookupFailed(human, err)
	} else {
		v = policy.MayRequest(env, p, r.groups(ctx))
	}
	if !v.Allowed {
		h.say(c, now, Answered{Title: "Not allowed", Lines: []string{v.Reason, v.Remedy}})
		return nil
	}
	e := &Event{ID: mintID(string(h.id), "lock", c.Seq), At: h.state.clock(now).UTC().Truncate(time.Millisecond), Actor: c.Actor, OnBehalfOf: c.OnBehalfOf}
	title := c.Intent.Language.text("Unlocked %s in %s", env.Service, env.Name)
	if c.Intent.Kind == IntentLock {
		if strings.TrimSpace(c.Intent.Reason) == "" {
			h.say(c, now, Answered{Title: "A lock needs a reason", Lines: []string{"Say `lock " + env.Service + " " + env.Name + " REASON`."}})
			return nil
		}
		lock := &HumanLock{By: human, Reason: cut(c.Intent.Reason, 300)}
		if d, err := time.ParseDuration(c.Intent.For); err == nil && d > 0 {
			lock.Until = e.At.Add(d)
		}
		e.Data, title = lock, c.Intent.Language.text("Locked %s in %s", env.Service, env.Name)
	} else {
		e.Data = &HumanUnlock{By: human}
	}
	if err := r.flush(ctx, h, false, now); err != nil {
		return err
	}
	state, err := r.appendEnvironment(ctx, env.Service, env.Name, e)
	if errors.Is(err, threadstore.ErrIDReused) { // a process that died right after has put it there, with a time of its own
		state, err = r.environment(ctx, env.Service, env.Name)
	}
	if err != nil {
		return err
	}
	if lock, ok := e.Data.(*HumanLock); ok && lock.Until.IsZero() {
		h.emit(now, &WatchSet{ID: e.ID, Kind: WatchLock, Env: EnvironmentLog(env.Service, env.Name), By: human, After: e.At.Add(nagFirst)}, mintID(e.ID, "watch"))
	}
	q := r.queries()
	q.lang = c.Intent.Language
	queue, err := q.queue(ctx, state.Line())
	if err != nil {
		return err
	}
	h.say(c, now, Answered{Title: title, Lines: beneath(append(q.lang.statusLines(state.Line()), queue...))})
	r.wakeNext(ctx, state, h.id, now)
	return nil
}

// notify: tell me once it is free.
func (r *Runner) notify(h *run, c Command, now time.Time) {
	env, ok := r.Policy().Environment(c.Intent.Service, c.Intent.Environment)
	human := first(Humans(c.Actor, c.OnBehalfOf))
	if !ok || human == "" {
		h.say(c, now, Answered{Title: "Which environment?", Lines: []string{"Say `notify SERVICE ENVIRONMENT`."}})
		return
	}
	id := mintID(string(h.id), "free", c.Seq)
	h.emit(now, &WatchSet{ID: id, Kind: WatchFree, Env: EnvironmentLog(env.Service, env.Name), By: human}, id)
	h.say(c, now, Answered{Title: c.Intent.Language.text("You will be told directly once %s in %s is free", env.Service, env.Name)})
}
