package bot

import (
	"context"
	"errors"
	"strings"
	"time"

	"github.com/releasebot/releasebot/agent"
	"github.com/releasebot/releasebot/blocks"
	"github.com/releasebot/releasebot/policy"
)

// order is a slash command as Slack sends it. It has no thread: Slack doesn't say where it was typed.
type order struct {
	Text        string `json:"text"`
	User        string `json:"user_id"`
	Team        string `json:"team_id"`
	Channel     string `json:"channel_id"`
	TriggerID   string `json:"trigger_id"`
	ResponseURL string `json:"response_url"`
}

// queryLimit is how long a question may take before it is acknowledged unanswered, and answered later.
const queryLimit = 2 * time.Second

// onCommand does what stands behind /release.
func (b *Bot) onCommand(ctx context.Context, e *envelope, o *order) {
	words := plainWords(o.Text, b.me().user)
	if verb, id, reason, ok := decision(words); ok {
		b.decide(ctx, e, o, verb, id, reason)
		return
	}
	in := b.parse(words)
	switch in.Kind {
	case agent.IntentDeploy, agent.IntentRollback, agent.IntentVerify, agent.IntentLock, agent.IntentUnlock, agent.IntentNotify:
		b.request(ctx, e, o, words, &in)
	case "": // nobody here can read it: the planner does
		b.request(ctx, e, o, words, nil)
	case agent.IntentClarify:
		b.answer(ctx, e, o.ResponseURL, asks(in))
	case agent.IntentCancel, agent.IntentHold, agent.IntentResume:
		b.answer(ctx, e, o.ResponseURL, say("Say of which release: `/release "+string(in.Kind)+" ID`, with the id that its card shows."))
	default:
		b.query(ctx, e, o, in)
	}
}

// decision reads the commands that decide about something that has an id.
func decision(words string) (verb agent.Verb, id, reason string, ok bool) {
	first, rest, _ := strings.Cut(words, " ")
	verb = agent.Verb(strings.ToLower(first))
	switch verb {
	case agent.VerbApprove, agent.VerbReject, agent.VerbCancel, agent.VerbHold, agent.VerbResume:
	default:
		return "", "", "", false
	}
	id, reason, _ = strings.Cut(strings.TrimSpace(rest), " ")
	return verb, strings.Trim(id, "`#"), strings.TrimSpace(reason), true
}

// parse reads the words of a command. Questions without names need nobody else.
func (b *Bot) parse(words string) agent.Intent {
	if words == "" {
		return agent.Intent{Kind: agent.IntentHelp}
	}
	if b.cfg.Parse != nil {
		in := b.cfg.Parse(words, agent.CatalogOf(b.service.Load().Policy()))
		if in.Kind == agent.IntentNone {
			in.Kind = agent.IntentHelp
		}
		return in
	}
	fields := strings.Fields(words)
	in := agent.Intent{Kind: agent.IntentKind(strings.ToLower(fields[0]))}
	arg := func(i int) string {
		if i < len(fields) {
			return fields[i]
		}
		return ""
	}
	switch in.Kind {
	case agent.IntentStatus, agent.IntentHistory:
		in.Service, in.Environment = arg(1), arg(2)
	case agent.IntentWhy:
		in.ID = arg(1)
	case agent.IntentApprovals, agent.IntentLocks, agent.IntentHelp:
	default:
		return agent.Intent{}
	}
	return in
}

// decide appends a decision, and says to whoever gave it that it was noted. What comes of it stands on the card.
func (b *Bot) decide(ctx context.Context, e *envelope, o *order, verb agent.Verb, id, reason string) {
	thread, _, _, err := agent.ParseShortID(id)
	switch {
	case id == "":
		b.answer(ctx, e, o.ResponseURL, say("Say of which release: `/release "+usage(verb)+"`, with the id that its card shows."))
		return
	case err != nil:
		b.answer(ctx, e, o.ResponseURL, say("No release has the id "+quoted(id)+". Ids look like `k3m9x2q7p4ab-1`; `/release approvals` lists those that wait."))
		return
	case verb == agent.VerbReject && reason == "":
		b.answer(ctx, e, o.ResponseURL, say("Say why: `/release reject "+escape(id)+" REASON`. Those who asked need to know what to change."))
		return
	}
	err = b.keepTrying(ctx, e, func(ctx context.Context) error {
		_, err := b.append(ctx, agent.Fact{
			ID: "command/" + o.TriggerID, Thread: thread, Actor: o.actor(b.me()),
			Data: &agent.DecisionReceived{
				Verb: verb, Target: strings.ToLower(id), Reason: reason, Via: "command",
				Slack: &agent.Place{Team: b.me().team, Channel: o.Channel},
			},
		})
		return err
	})
	switch {
	case errors.Is(err, agent.ErrNoThread):
		b.answer(ctx, e, o.ResponseURL, say("No release has the id "+quoted(id)+". `/release approvals` lists those that wait."))
	case err != nil:
		b.notTaken(ctx, e, o, err)
	default:
		b.answer(ctx, e, o.ResponseURL, say("Noted: "+string(verb)+" "+quoted(id)+". What comes of it stands on its card."))
	}
}

func usage(v agent.Verb) string {
	if v == agent.VerbReject {
		return "reject ID REASON"
	}
	return string(v) + " ID"
}

// request begins a thread of its own, which hangs on a message that the bot posts in the channel.
func (b *Bot) request(ctx context.Context, e *envelope, o *order, words string, in *agent.Intent) {
	actor := o.actor(b.me())
	err := b.keepTrying(ctx, e, func(ctx context.Context) error {
		_, err := b.append(ctx, agent.Fact{
			ID: "command/" + o.TriggerID, Thread: agent.DedupeThreadID(actor, "command/"+o.TriggerID), Actor: actor,
			Data: &agent.Trigger{Source: "command", Text: words, Intent: in, Slack: &agent.Place{Team: b.me().team, Channel: o.Channel}},
		})
		return err
	})
	if err != nil {
		b.notTaken(ctx, e, o, err)
		return
	}
	b.answer(ctx, e, o.ResponseURL, say("Noted. It goes on in a thread in this channel."))
}

func (b *Bot) notTaken(ctx context.Context, e *envelope, o *order, err error) {
	b.cfg.Log.Warn("a command was not taken in", "err", err)
	b.answer(ctx, e, o.ResponseURL, say("⚠️ This could not be written down, so nothing happens. Please try again in a moment."))
}

// query answers the asker alone.
func (b *Bot) query(ctx context.Context, e *envelope, o *order, in agent.Intent) {
	quick, cancel := context.WithTimeout(ctx, max(queryLimit-time.Since(e.came), 0))
	v, err := b.look(quick, o, in)
	cancel()
	if err != nil && ctx.Err() == nil {
		b.acknowledge(e)
		slow, cancel := context.WithTimeout(ctx, 15*time.Second)
		v, err = b.look(slow, o, in)
		cancel()
	}
	if err != nil {
		b.cfg.Log.Warn("a question was not answered", "err", err)
		v = say("⚠️ I can't look that up right now. Please try again in a moment.")
	}
	b.answer(ctx, e, o.ResponseURL, v)
}

// look answers a question of somebody who may ask it.
func (b *Bot) look(ctx context.Context, o *order, in agent.Intent) (blocks.View, error) {
	if in.Kind != agent.IntentHelp {
		p, err := b.Person(ctx, o.User)
		if err != nil {
			return blocks.View{}, err
		}
		if v := policy.MayLook(p); !v.Allowed {
			return say(escape(v.Reason)), nil
		}
	}
	a, ok, err := b.service.Load().Answer(ctx, in, o.User, b.cfg.Now())
	if err != nil {
		return blocks.View{}, err
	}
	if !ok {
		a, _, err = b.service.Load().Answer(ctx, agent.Intent{Kind: agent.IntentHelp}, "", b.cfg.Now())
	}
	return blocks.Answer(a, b.options()), err
}

// asks is the question about a command in which something is missing.
func asks(in agent.Intent) blocks.View {
	if in.Question == nil {
		return say("Something is missing. `/release help` lists the commands.")
	}
	text := escape(in.Question.Text)
	for i, option := range in.Question.Options {
		if i == 10 {
			break
		}
		text += "\n• " + escape(option)
	}
	return say(text)
}

func (o *order) actor(me identity) agent.Actor {
	team := o.Team
	if team == "" {
		team = me.team
	}
	return agent.SlackActor(team, o.User)
}

// say is a text alone. It must not hold what others wrote unescaped.
func say(text string) blocks.View { return blocks.View{Text: text} }

// quoted shows an id that somebody typed.
func quoted(id string) string {
	if r := []rune(id); len(r) > 40 {
		id = string(r[:40]) + "…"
	}
	return "“" + escape(id) + "”"
}
