package bot

import (
	"context"
	"encoding/json"
	"time"

	"github.com/slack-go/slack"

	"github.com/releasebot/releasebot/agent"
	"github.com/releasebot/releasebot/blocks"
)

// interaction is what comes of a button, form or shortcut, with as much of it as is used.
type interaction struct {
	Type string `json:"type"`
	Team struct {
		ID string `json:"id"`
	} `json:"team"`
	User struct {
		ID     string `json:"id"`
		TeamID string `json:"team_id"`
	} `json:"user"`
	Channel struct {
		ID string `json:"id"`
	} `json:"channel"`
	Container struct {
		MessageTS string `json:"message_ts"`
		ThreadTS  string `json:"thread_ts"`
		ChannelID string `json:"channel_id"`
	} `json:"container"`
	Message struct {
		TS       string `json:"ts"`
		ThreadTS string `json:"thread_ts"`
	} `json:"message"`
	View        json.RawMessage `json:"view"`
	TriggerID   string          `json:"trigger_id"`
	ResponseURL string          `json:"response_url"`
	Actions     []press         `json:"actions"`
}

// press is one button that was pressed.
type press struct {
	ActionID string `json:"action_id"`
	Value    string `json:"value"`
	ActionTS string `json:"action_ts"`
}

func (p *interaction) channel() string {
	if p.Channel.ID != "" {
		return p.Channel.ID
	}
	return p.Container.ChannelID
}

func (p *interaction) message() string {
	if p.Message.TS != "" {
		return p.Message.TS
	}
	return p.Container.MessageTS
}

// root is the ts of the thread that the message stands in, by Slack's word and not by the button's.
func (p *interaction) root() string {
	for _, ts := range []string{p.Message.ThreadTS, p.Container.ThreadTS} {
		if ts != "" {
			return ts
		}
	}
	return p.message()
}

// actor is who clicked, with the workspace that they belong to.
func (p *interaction) actor() agent.Actor {
	team := p.User.TeamID
	if team == "" {
		team = p.Team.ID
	}
	return agent.SlackActor(team, p.User.ID)
}

// onInteraction takes in a button, a form or a shortcut.
func (b *Bot) onInteraction(ctx context.Context, e *envelope, p *interaction) {
	switch p.Type {
	case "block_actions":
		b.onClick(ctx, e, p)
	case "view_submission":
		b.onForm(ctx, e, p)
	case "message_action", "shortcut":
		b.acknowledge(e)
		b.respond(ctx, p.ResponseURL, blocks.View{Text: "I can't start from a shortcut yet. Mention me in this channel with what to release, or type `/release help`."})
	default:
		b.acknowledge(e)
	}
}

// onClick appends what was pressed, then acknowledges it. Whether it does anything is judged later.
func (b *Bot) onClick(ctx context.Context, e *envelope, p *interaction) {
	if len(p.Actions) == 0 || p.User.ID == "" {
		b.acknowledge(e)
		return
	}
	act := p.Actions[0]
	verb, target, ok := blocks.Button(slack.BlockAction{ActionID: act.ActionID, Value: act.Value})
	if !ok || p.channel() == "" || p.message() == "" { // a link, or a button of a message that we don't make any more
		b.acknowledge(e)
		return
	}
	where := agent.Place{Team: b.me().team, Channel: p.channel(), TS: p.root()}
	if verb == agent.VerbReject {
		b.openForm(ctx, e, p, target, where)
		return
	}
	known := false
	err := b.keepTrying(ctx, e, func(ctx context.Context) error {
		var id agent.ThreadID
		var err error
		if id, known, err = b.at(ctx, where); err != nil || !known {
			return err
		}
		_, err = b.append(ctx, agent.Fact{
			ID:     "click/" + p.User.ID + "/" + p.message() + "/" + act.ActionID + "/" + act.ActionTS,
			Thread: id, Actor: p.actor(),
			Data: &agent.DecisionReceived{Verb: verb, Target: target, Via: "button", Slack: &where},
		})
		return err
	})
	switch {
	case err != nil:
		b.cfg.Log.Warn("a click was not taken in", "err", err)
		b.respond(ctx, p.ResponseURL, blocks.View{Text: "⚠️ Your click could not be written down, so it did nothing. Please press again."})
	case !known:
		b.acknowledge(e)
		b.respond(ctx, p.ResponseURL, blocks.View{Text: "ℹ️ This message belongs to no release that I know, so the button did nothing."})
	default:
		b.acknowledge(e)
	}
}

// formLimit is how long opening a form may take: what Slack gives for it.
const formLimit = 2900 * time.Millisecond

// openForm asks for the reason of a rejection. Nothing slow comes before it:
// the trigger is good for three seconds.
func (b *Bot) openForm(ctx context.Context, e *envelope, p *interaction, target string, where agent.Place) {
	b.acknowledge(e)
	form, err := blocks.RejectForm(target, where, b.out.headline(target))
	if err == nil {
		open, cancel := context.WithTimeout(ctx, max(formLimit-time.Since(e.came), 500*time.Millisecond))
		_, err = b.api.slack.OpenViewContext(open, p.TriggerID, form)
		cancel()
		err = b.api.noted("views.open", err)
	}
	if err != nil {
		b.cfg.Log.Warn("the form for a rejection was not opened", "err", err)
		b.respond(ctx, p.ResponseURL, blocks.View{Text: "⚠️ The form could not be opened. Please press Reject again, or type `/release reject " + escape(target) + " REASON`."})
	}
}

// submission is a form as it comes back.
type submission struct {
	ID              string          `json:"id"`
	TeamID          string          `json:"team_id"`
	CallbackID      string          `json:"callback_id"`
	PrivateMetadata string          `json:"private_metadata"`
	State           slack.ViewState `json:"state"`
}

// onForm appends a rejection with its reason, then closes the form; what is
// wrong stands in the form, by block id, and leaves it open.
func (b *Bot) onForm(ctx context.Context, e *envelope, p *interaction) {
	var s submission
	if err := json.Unmarshal(p.View, &s); err != nil || s.CallbackID != blocks.RejectCallback {
		b.acknowledge(e)
		return
	}
	r, errs := blocks.ParseRejectForm(slack.View{ID: s.ID, TeamID: s.TeamID, PrivateMetadata: s.PrivateMetadata, State: &s.State})
	if len(errs) > 0 {
		b.ackForm(e, errs)
		return
	}
	where := agent.Place{Team: b.me().team, Channel: r.Where.Channel, TS: r.Where.TS}
	known := false
	late, cancel := context.WithTimeout(ctx, ackWithin-200*time.Millisecond) // after that nobody would see the answer
	defer cancel()
	err := b.keepTrying(late, e, func(ctx context.Context) error {
		var id agent.ThreadID
		var err error
		if id, known, err = b.at(ctx, where); err != nil || !known {
			return err
		}
		_, err = b.append(ctx, agent.Fact{
			ID: "form/" + p.User.ID + "/" + s.ID, Thread: id, Actor: p.actor(),
			Data: &agent.DecisionReceived{Verb: agent.VerbReject, Target: r.ID, Reason: r.Reason, Via: "button", Slack: &where},
		})
		return err
	})
	switch {
	case err != nil:
		b.cfg.Log.Warn("a rejection was not taken in", "err", err)
		b.ackForm(e, formError(s, "It could not be written down just now. Please press Reject again."))
	case !known:
		b.ackForm(e, formError(s, "This card belongs to no release that I know, so it can't be rejected here."))
	default:
		b.ackForm(e, nil)
	}
}

// formError puts a sentence below the form's field. Slack wants the block's id.
func formError(s submission, text string) map[string]string {
	errs := map[string]string{}
	for block := range s.State.Values {
		errs[block] = text
	}
	return errs
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
