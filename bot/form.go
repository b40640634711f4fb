package bot

import (
	"context"
	"encoding/json"
	"time"

	"github.com/slack-go/slack"

	"github.com/releasebot/releasebot/agent"
	"github.com/releasebot/releasebot/blocks"
)

// formLimit is how long opening a form may take: what Slack gives for it.
// subjectLimit is how much of that may go into finding out what it is about.
const (
	formLimit    = 2900 * time.Millisecond
	subjectLimit = 400 * time.Millisecond
)

// openForm asks for what a button alone can't say. Nothing slow comes before it:
// the trigger is good for three seconds.
func (b *Bot) openForm(ctx context.Context, e *envelope, p *interaction, verb agent.Verb, target string, where agent.Place) {
	b.acknowledge(e)
	form, err := b.form(ctx, verb, target, where)
	if err == nil {
		open, cancel := context.WithTimeout(ctx, max(formLimit-b.cfg.Now().Sub(e.came), 500*time.Millisecond))
		_, err = b.api.slack.OpenViewContext(open, p.TriggerID, form)
		cancel()
		err = b.api.noted("views.open", err)
	}
	if err != nil {
		b.cfg.Log.Warn("a form was not opened", "verb", string(verb), "err", err)
		b.tellClicker(ctx, p, "⚠️ The form could not be opened. "+insteadOf(verb, target))
	}
}

// insteadOf says what to do where a form can't be had.
func insteadOf(verb agent.Verb, target string) string {
	again := "Please press " + pressed(verb) + " again"
	if word := commandWord(verb); needsReason(verb) {
		return again + ", or type `/release " + word + " " + escape(target) + " REASON`."
	}
	return again + "."
}

// form is the form behind a button.
func (b *Bot) form(ctx context.Context, verb agent.Verb, target string, where agent.Place) (slack.ModalViewRequest, error) {
	s := b.subject(ctx, target)
	switch verb {
	case agent.VerbEdit:
		return blocks.EditForm(target, where, blocks.Editable{
			What: s.what, Version: s.version, Environment: s.environment, Environments: b.environments(s.service),
		})
	case agent.VerbGlass:
		return blocks.GlassForm(target, where, s.what)
	case agent.VerbTakeover:
		return blocks.TakeoverForm(target, where, s.what)
	default:
		return blocks.RejectForm(target, where, s.what)
	}
}

// subject is what a release is about, for the form that asks about it.
type subject struct{ what, service, environment, version string }

func subjectOf(r *agent.ReleaseState) subject {
	return subject{what: blocks.Headline(r), service: r.Service, environment: r.Env, version: r.Version}
}

// subject says what an id is about. What this process doesn't show, the store is
// asked for, and not for long: a form can do without.
func (b *Bot) subject(ctx context.Context, target string) subject {
	if s, ok := b.out.subject(target); ok {
		return s
	}
	ctx, cancel := context.WithTimeout(ctx, subjectLimit)
	defer cancel()
	_, r, err := b.service.Load().Release(ctx, target)
	if err != nil {
		return subject{}
	}
	return subjectOf(r)
}

// environments lists where a service can be released to.
func (b *Bot) environments(service string) []string {
	for _, s := range agent.CatalogOf(b.service.Load().Policy()).Services {
		if s.Name == service {
			return s.Environments
		}
	}
	return nil
}

// submission is a form as it comes back.
type submission struct {
	ID              string          `json:"id"`
	TeamID          string          `json:"team_id"`
	CallbackID      string          `json:"callback_id"`
	PrivateMetadata string          `json:"private_metadata"`
	State           slack.ViewState `json:"state"`
}

// onForm appends what a form says, then closes it; what is wrong stands in the
// form, by block id, and leaves it open.
func (b *Bot) onForm(ctx context.Context, e *envelope, p *interaction) {
	var v submission
	if err := json.Unmarshal(p.View, &v); err != nil || p.User.ID == "" {
		b.acknowledge(e)
		return
	}
	s, errs, ours := blocks.ParseForm(slack.View{ID: v.ID, TeamID: v.TeamID, CallbackID: v.CallbackID, PrivateMetadata: v.PrivateMetadata, State: &v.State})
	if !ours {
		b.acknowledge(e)
		return
	}
	if len(errs) > 0 {
		b.ackForm(e, errs)
		return
	}
	d := decided{id: "form/" + p.User.ID + "/" + v.ID, actor: p.actor(), data: agent.DecisionReceived{
		Verb: s.Verb, Target: s.ID, Reason: s.Reason, Edit: s.Edit, Via: "button",
		Slack: &agent.Place{Team: b.me().team, Channel: s.Where.Channel, TS: s.Where.TS},
	}}
	late, cancel := context.WithTimeout(ctx, ackWithin-200*time.Millisecond) // after that nobody would see the answer
	defer cancel()
	err := b.keepTrying(late, e, func(ctx context.Context) error { return b.decided(ctx, &d) })
	switch {
	case err != nil:
		b.cfg.Log.Warn("a form was not taken in", "verb", string(s.Verb), "err", err)
		b.ackForm(e, formError(v, "It could not be written down just now. Please press "+submits(s.Verb)+" again."))
	case !d.known:
		b.ackForm(e, formError(v, "This card belongs to no release that I know, so nothing can be decided here."))
	default:
		b.ackForm(e, nil)
		b.refreshHome(p, d)
	}
}

// pressed is what the button says that opens the form.
func pressed(v agent.Verb) string {
	switch v {
	case agent.VerbEdit:
		return "Change"
	case agent.VerbGlass:
		return "Break glass"
	case agent.VerbTakeover:
		return "Take over"
	default:
		return "Reject"
	}
}

// submits is what the form's own button says.
func submits(v agent.Verb) string {
	if v == agent.VerbEdit {
		return "Propose"
	}
	return pressed(v)
}

// formError puts a sentence below the form's first field. Slack wants the block's id.
func formError(s submission, text string) map[string]string {
	first := ""
	for block := range s.State.Values {
		if first == "" || block > first { // of an edit's two the version's
			first = block
		}
	}
	if first == "" {
		return nil
	}
	return map[string]string{first: text}
}

// ackForm closes the form, or leaves it open with what is wrong.
func (b *Bot) ackForm(e *envelope, errs map[string]string) {
	var payload any
	if len(errs) > 0 {
		payload = slack.NewErrorsViewSubmissionResponse(errs)
	}
	if err := b.ack(e, payload); err != nil {
		b.cfg.Log.Info("the answer to a form was not sent", "err", err)
	}
}
