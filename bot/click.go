package bot

import (
	"context"
	"encoding/json"
	"errors"
	"strings"

	"github.com/slack-go/slack"

	"github.com/releasebot/releasebot/agent"
	"github.com/releasebot/releasebot/blocks"
)

// interaction is what comes of a button or form, with as much of it as is used.
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
		Type      string `json:"type"`
		MessageTS string `json:"message_ts"`
		ThreadTS  string `json:"thread_ts"`
		ChannelID string `json:"channel_id"`
	} `json:"container"`
	Message struct {
		TS       string   `json:"ts"`
		ThreadTS string   `json:"thread_ts"`
		Metadata metadata `json:"metadata"`
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

// key names what has to be kept in order: the Slack thread, or, where there is none, the person.
func (p *interaction) key() string {
	if key := p.channel() + p.root(); key != "" {
		return key
	}
	return p.User.ID
}

// atHome reports whether a button of the home tab was pressed: no message stands behind it.
func (p *interaction) atHome() bool {
	var v struct {
		Type string `json:"type"`
	}
	return p.Container.Type == "view" && p.channel() == "" && json.Unmarshal(p.View, &v) == nil && v.Type == "home"
}

// onInteraction takes in a button or a form.
func (b *Bot) onInteraction(ctx context.Context, e *envelope, p *interaction) {
	switch p.Type {
	case "block_actions":
		b.onClick(ctx, e, p)
	case "view_submission":
		b.onForm(ctx, e, p)
	default: // of a shortcut, say, that the manifest doesn't have
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
	where := agent.Place{Team: b.me().team, Channel: p.channel(), TS: p.root()}
	if !ok || !p.atHome() && (where.Channel == "" || where.TS == "") { // a link, or a button of a message that we don't make any more
		b.acknowledge(e)
		return
	}
	if blocks.OpensForm(verb) {
		b.openForm(ctx, e, p, verb, target, where)
		return
	}
	d := decided{
		id:    "click/" + p.User.ID + "/" + p.message() + "/" + act.ActionID + "/" + act.ActionTS,
		actor: p.actor(),
		data:  agent.DecisionReceived{Verb: verb, Target: target, Via: "button", Slack: &where},
		card:  p.Message.Metadata,
	}
	err := b.keepTrying(ctx, e, func(ctx context.Context) error { return b.decided(ctx, &d) })
	switch {
	case err != nil:
		b.cfg.Log.Warn("a click was not taken in", "err", err)
		b.tellClicker(ctx, p, "⚠️ Your click could not be written down, so it did nothing. Please press again.")
	case !d.known:
		b.acknowledge(e)
		b.unheardOf(ctx, p)
		b.tellClicker(ctx, p, "ℹ️ This message belongs to no release that I know, so the button did nothing.")
	default:
		b.acknowledge(e)
		b.refreshHome(p, d)
	}
}

// refreshHome brings the home tab up to date on which something was decided.
func (b *Bot) refreshHome(p *interaction, d decided) {
	if d.data.Slack.Channel == "" {
		b.homes.show(p.User.ID, wish{thread: d.thread, seq: d.seq})
	}
}

// tellClicker answers a click to the clicker alone: where they clicked, or directly on the home tab.
func (b *Bot) tellClicker(ctx context.Context, p *interaction, text string) {
	if p.ResponseURL != "" {
		b.respond(ctx, p.ResponseURL, say(text))
		return
	}
	if err := b.writeTo(ctx, p.User.ID, text); err != nil {
		b.cfg.Log.Warn("somebody could not be told directly", "person", p.User.ID, "err", err)
	}
}

// decided is something that a person decided, on its way into the log.
type decided struct {
	id    string
	actor agent.Actor
	data  agent.DecisionReceived // Slack is where they did it: Channel "" is the home tab
	card  metadata               // of the message, where one was clicked

	known  bool // there is such a thread
	thread agent.ThreadID
	seq    int64
}

// decided appends a decision in the thread that the message stands in. The home
// tab and direct messages of ours stand in no thread: there the id says which
// one, as it does in a command. Either way the agent judges whether the id is of
// that thread, and whether this person may.
func (b *Bot) decided(ctx context.Context, d *decided) error {
	var err error
	where := *d.data.Slack
	if d.known = false; where.Channel != "" {
		if d.thread, d.known, err = b.at(ctx, where); err != nil {
			return err
		}
	}
	if !d.known && (where.Channel == "" || isDirect(where.Channel)) {
		thread, _, _, err := agent.ParseShortID(shortID(d.data.Target))
		d.thread, d.known = thread, err == nil
	}
	if !d.known {
		return nil
	}
	d.data.Seen = d.card.seen(d.thread)
	taken, err := b.append(ctx, agent.Fact{ID: d.id, Thread: d.thread, Actor: d.actor, Data: &d.data})
	if errors.Is(err, agent.ErrNoThread) {
		d.known = false
		return nil
	}
	d.seq = taken.Seq
	return err
}

// unheardOf: a card of ours stands in Slack, and the store knows nothing of its
// thread. Either it was removed on purpose, or it has been lost.
func (b *Bot) unheardOf(ctx context.Context, p *interaction) {
	id := agent.ThreadID(p.Message.Metadata.Payload.Thread)
	seen := p.Message.Metadata.seen(id)
	if seen == nil {
		return
	}
	if err := b.service.Load().Seen(ctx, id, *seen); err != nil {
		b.cfg.Log.Warn("what a card shows could not be compared with the store", "thread", id, "err", err)
	}
}

// isDirect reports whether a channel is a direct message.
func isDirect(channel string) bool { return strings.HasPrefix(channel, "D") }

// shortID is the release's or approval's id in what a button carries: a question's has more behind a slash.
func shortID(target string) string {
	id, _, _ := strings.Cut(target, "/")
	return id
}
