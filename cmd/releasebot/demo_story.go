package main

import (
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/releasebot/releasebot/agent"
	"github.com/releasebot/releasebot/cmd/releasebot/internal/sample"
	"github.com/releasebot/releasebot/cmd/releasebot/internal/screen"
	"github.com/releasebot/releasebot/slacklocal"
)

// story is the demo as it is told: people do something in the local Slack, and
// what comes of it is compared with what the story says.
type story struct {
	*stage
	journal *journal
	viewer  *viewer
	to      *screen.Screen
	broken  string        // the step that is to go wrong, as --break names it; or none
	pause   time.Duration // to read a card before it is clicked
	thread  string        // ts of the message that began the thread that is played
}

// otherwise: a step went otherwise than told.
type otherwise struct{ step, expected, seen string }

func (o *otherwise) Error() string {
	return fmt.Sprintf("step %q: expected %s; seen: %s", o.step, o.expected, o.seen)
}

// asAsked: what --break asked for has happened.
type asAsked string

func (a asAsked) Error() string { return "as asked: " + string(a) }

// faults is what the sample service does wrong in this story.
func (st *story) faults() []sample.Fault {
	leak := sample.Fault{Version: "v1.5.0", Part: sample.Health, After: 250 * time.Millisecond}
	switch st.broken {
	case "deploy":
		return []sample.Fault{{Version: "v1.4.2", Environment: production, Part: sample.Deploying}}
	case "verify":
		return []sample.Fault{{Version: "v1.4.2", Environment: production, Part: sample.Health}}
	case "rollback":
		return []sample.Fault{leak, {Action: "rollback", Part: sample.Deploying}}
	}
	return []sample.Fault{leak}
}

// tell plays the whole story.
func (st *story) tell(ctx context.Context) error {
	for _, part := range []func(context.Context) error{st.toStaging, st.toProduction, st.unhealthy} {
		if err := part(ctx); err != nil {
			return err
		}
	}
	return nil
}

func (st *story) toStaging(ctx context.Context) error {
	st.title("1. To staging, where policy asks for no approval")
	return st.release(ctx, ask{
		step: "staging", who: alice, words: "@releasebot deploy shop v1.4.2 to staging",
		outcome: agent.OutcomeDone, shown: "healthy", env: staging, runs: "v1.4.2",
	})
}

func (st *story) toProduction(ctx context.Context) error {
	st.title("2. To production: somebody on call has to approve")
	a := ask{
		step: "production", who: alice, words: "@releasebot deploy shop v1.4.2 to production and page me if health checks fail",
		approve: true, outcome: agent.OutcomeDone, shown: "healthy", env: production, runs: "v1.4.2",
	}
	switch st.broken {
	case "approve":
		return st.rejected(ctx, a)
	case "deploy":
		a.outcome, a.shown, a.runs = agent.OutcomeFailed, "failed", "v1.4.1"
		return orAsAsked(st.release(ctx, a), "the deploy of v1.4.2 failed; production still runs v1.4.1")
	case "verify":
		a.outcome, a.shown = agent.OutcomeUnhealthy, "unhealthy"
		err := st.release(ctx, a)
		if err == nil {
			err = st.paged(ctx, a.step, alice)
		}
		return orAsAsked(err, "v1.4.2 is unhealthy in production; no version before it was ever verified there, so alice was paged and no rollback proposed")
	}
	return st.release(ctx, a)
}

func (st *story) unhealthy(ctx context.Context) error {
	st.title("3. To production again: v1.5.0, which runs out of memory")
	a := ask{
		step: "unhealthy release", who: alice, words: "@releasebot ship shop 1.5.0 to prod and page me if it breaks",
		approve: true, outcome: agent.OutcomeUnhealthy, shown: "unhealthy", env: production, runs: "v1.5.0",
	}
	if err := st.release(ctx, a); err != nil {
		return err
	}
	if err := st.paged(ctx, a.step, alice); err != nil {
		return err
	}
	return st.rollBack(ctx)
}

// ask is a release that somebody asks for, and how it is to go.
type ask struct {
	step, who, words string
	approve          bool   // somebody has to
	outcome, shown   string // in the log; on the card
	env, runs        string // what the service itself says afterwards
}

// release plays one release from the words to its end.
func (st *story) release(ctx context.Context, a ask) error {
	id := st.mention(a.who, a.words)
	if a.approve {
		if err := st.click(ctx, a.step, bob, id, agent.ViewApproval(agent.ApprovalID(id, 1, 1)), "Approve"); err != nil {
			return err
		}
	}
	return st.outcome(ctx, a, id, 1)
}

// outcome waits for the end of a release, and compares log, card and service with the story.
func (st *story) outcome(ctx context.Context, a ask, id agent.ThreadID, n int) error {
	ctx, cancel := context.WithTimeout(ctx, waitAtMost)
	defer cancel()
	want := "the release to end " + a.outcome
	outcome, err := st.journal.ends(ctx, id, n)
	if err != nil {
		return &otherwise{a.step, want, err.Error()}
	}
	if outcome != a.outcome {
		return &otherwise{a.step, want, outcome}
	}
	if _, err := st.viewer.card(ctx, id, agent.ViewRelease(n), says(a.shown)); err != nil {
		return &otherwise{a.step, "the card to say " + a.shown, err.Error()}
	}
	if a.approve {
		card := agent.ViewApproval(agent.ApprovalID(id, n, 1))
		gone := func(m slacklocal.Message) bool { return !has("Approve")(m) }
		if _, err := st.viewer.card(ctx, id, card, gone); err != nil {
			return &otherwise{a.step, "the buttons of the approval to go", err.Error()}
		}
	}
	return st.runs(ctx, a.step, a.env, a.runs)
}

// runs asks the service itself.
func (st *story) runs(ctx context.Context, step, env, version string) error {
	got, _, err := st.world.Ask(ctx, env)
	if err != nil {
		return &otherwise{step, version + " to answer in " + env, err.Error()}
	}
	if got.Version != version {
		return &otherwise{step, version + " to answer in " + env, got.Version}
	}
	return nil
}

// mention says something in the channel, and returns the thread that begins there.
func (st *story) mention(who, words string) agent.ThreadID {
	ts := st.slack.Post(who, channel, words, "")
	st.thread = ts
	return agent.SlackThreadID(st.slack.Identity().TeamID, channel, ts)
}

// click presses a button of a view, once it is there and was read.
func (st *story) click(ctx context.Context, step, who string, id agent.ThreadID, view, button string) error {
	waiting, cancel := context.WithTimeout(ctx, waitAtMost)
	defer cancel()
	m, err := st.viewer.card(waiting, id, view, has(button))
	if err != nil {
		return &otherwise{step, "a card with the button " + button, err.Error()}
	}
	if err := st.read(ctx); err != nil {
		return err
	}
	if err := st.slack.Click(who, channel, m.TS, button); err != nil {
		return &otherwise{step, "a click on " + button, err.Error()}
	}
	return nil
}

// read gives people the time to read.
func (st *story) read(ctx context.Context) error {
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-time.After(st.pause):
		return nil
	}
}

// paged waits for the direct message.
func (st *story) paged(ctx context.Context, step, who string) error {
	ctx, cancel := context.WithTimeout(ctx, waitAtMost)
	defer cancel()
	im := st.slack.DM(who)
	_, err := st.viewer.await(ctx, func(m slacklocal.Message) bool { return m.Channel == im })
	if err != nil {
		return &otherwise{step, "a direct message to whoever asked", "none"}
	}
	return nil
}

// rollBack has bob press the button that the proposal brought.
func (st *story) rollBack(ctx context.Context) error {
	id := agent.SlackThreadID(st.slack.Identity().TeamID, channel, st.thread)
	a := ask{step: "rollback", approve: true, outcome: agent.OutcomeRolledBack, shown: "rolled back", env: production, runs: "v1.4.2"}
	if st.broken == "rollback" {
		a.outcome, a.shown, a.runs = agent.OutcomeFailed, "failed", "v1.5.0"
	}
	if err := st.click(ctx, a.step, bob, id, agent.ViewApproval(agent.ApprovalID(id, 2, 1)), "Approve"); err != nil {
		return err
	}
	err := st.outcome(ctx, a, id, 2)
	if st.broken == "rollback" {
		return orAsAsked(err, "the rollback failed; production still runs v1.5.0, which is unhealthy")
	}
	return err
}

// rejected: somebody who may not approve tries, and somebody who may says no.
func (st *story) rejected(ctx context.Context, a ask) error {
	id := st.mention(a.who, a.words)
	card := agent.ViewApproval(agent.ApprovalID(id, 1, 1))
	if err := st.click(ctx, a.step, carol, id, card, "Approve"); err != nil {
		return err
	}
	waiting, cancel := context.WithTimeout(ctx, waitAtMost)
	defer cancel()
	if _, err := st.viewer.await(waiting, func(m slacklocal.Message) bool { return m.Ephemeral && m.To == carol }); err != nil {
		return &otherwise{a.step, "carol to be told that she may not approve", "nothing"}
	}
	if err := st.click(ctx, a.step, bob, id, card, "Reject"); err != nil {
		return err
	}
	if err := st.fillIn(waiting, a.step, bob, "not before the sale is over"); err != nil {
		return err
	}
	a.outcome, a.shown, a.runs = agent.OutcomeRejected, "rejected", "v1.4.1"
	return orAsAsked(st.outcome(ctx, a, id, 1), "bob rejected the release; nothing was started, and production still runs v1.4.1")
}

// fillIn writes a reason into the form that has opened, and submits it.
func (st *story) fillIn(ctx context.Context, step, who, reason string) error {
	form, err := st.viewer.form(ctx, who)
	if err != nil {
		return &otherwise{step, "a form for the reason", "none"}
	}
	values := map[string]string{}
	for _, b := range form.Blocks {
		if b.Type() == "input" {
			values[b.ID()] = reason
		}
	}
	if err := st.read(ctx); err != nil {
		return err
	}
	st.to.Say(screen.Line{Indent: 0, Pieces: []screen.Piece{
		{Text: "bob", Style: screen.Person}, {Text: " writes: " + reason},
	}})
	reply, err := st.slack.SubmitView(who, form.ID, values)
	if err == nil {
		err = reply.Wait(ctx)
	}
	if err != nil {
		return &otherwise{step, "the form to be taken", err.Error()}
	}
	return nil
}

// orAsAsked: what went wrong was to go wrong, if it went wrong as told.
func orAsAsked(err error, what string) error {
	if err != nil {
		return err
	}
	return asAsked(what)
}

func (st *story) title(text string) {
	st.to.Wide(screen.Line{}, screen.Text(0, screen.Title, text), screen.Text(0, screen.Dim, strings.Repeat("─", len(text))))
}
