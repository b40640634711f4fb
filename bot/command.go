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

// queryLimit is how long a question may take before it is acknowledged unanswered, and answered within slowLimit.
const (
	queryLimit = 2 * time.Second
	slowLimit  = 15 * time.Second
)

// onCommand does what stands behind /release.
func (b *Bot) onCommand(ctx context.Context, e *envelope, o *order) {
	words := plainWords(o.Text, b.me().user)
	if verb, rest := verbOf(words); verb != "" {
		b.decide(ctx, e, o, verb, rest)
		return
	}
	if on, ok := muting(words); ok {
		b.mute(ctx, e, o, on)
		return
	}
	in := b.parse(words)
	switch in.Kind {
	case agent.IntentDeploy, agent.IntentRollback, agent.IntentVerify, agent.IntentLock, agent.IntentUnlock:
		b.request(ctx, e, o, words, &in)
	case agent.IntentNotify:
		b.notify(ctx, e, o, words, in)
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
func (b *Bot) decide(ctx context.Context, e *envelope, o *order, verb agent.Verb, rest string) {
	id, reason := cutWord(rest)
	id = strings.ToLower(strings.Trim(id, "`#"))
	thread, _, _, err := agent.ParseShortID(id)
	switch {
	case id == "":
		b.answer(ctx, e, o.ResponseURL, say("Say of which release: `/release "+usage(verb)+"`, with the id that its card shows."))
		return
	case err != nil:
		b.answer(ctx, e, o.ResponseURL, say("No release has the id "+quoted(id)+". Ids look like `k3m9x2q7p4ab-1`; `/release approvals` lists those that wait."))
		return
	case needsReason(verb) && reason == "":
		b.answer(ctx, e, o.ResponseURL, say("Say why: `/release "+commandWord(verb)+" "+escape(id)+" REASON`. "+whyWhy(verb)))
		return
	}
	err = b.keepTrying(ctx, e, func(ctx context.Context) error {
		_, err := b.append(ctx, agent.Fact{
			ID: "command/" + o.TriggerID, Thread: thread, Actor: o.actor(b.me()),
			Data: &agent.DecisionReceived{
				Verb: verb, Target: id, Reason: reason, Via: "command",
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
		b.answer(ctx, e, o.ResponseURL, say("Noted: "+commandWord(verb)+" "+quoted(id)+". What comes of it stands on its card."))
	}
}

// mute keeps somebody from being told how their commits went, or lets them be told again.
func (b *Bot) mute(ctx context.Context, e *envelope, o *order, on bool) {
	b.private(ctx, e, o, func(ctx context.Context) (blocks.View, error) {
		if err := b.service.Load().Mute(ctx, o.actor(b.me()), on); err != nil {
			return blocks.View{}, err
		}
		if on {
			return say("You are not told any more how releases with your commits went. `/release unmute` changes that."), nil
		}
		return say("You are told directly when a release with your commits goes wrong, where the policy says so. `/release mute` changes that."), nil
	})
}

// notify has somebody told directly once an environment is free. It changes
// nothing for others, so its thread stands nowhere, and the asker alone is answered.
func (b *Bot) notify(ctx context.Context, e *envelope, o *order, words string, in agent.Intent) {
	b.private(ctx, e, o, func(ctx context.Context) (blocks.View, error) {
		if _, ok := b.service.Load().Policy().Environment(in.Service, in.Environment); !ok {
			return say("Say which environment: `/release notify SERVICE ENV`. `/release status` lists them."), nil
		}
		actor := o.actor(b.me())
		_, err := b.append(ctx, agent.Fact{
			ID: "command/" + o.TriggerID, Thread: agent.DedupeThreadID(actor, "command/"+o.TriggerID), Actor: actor,
			Data: &agent.Trigger{Source: "command", Text: words, Intent: &in},
		})
		return say("Noted. You are told directly once " + escape(in.Service) + " in " + escape(in.Environment) + " is free."), err
	})
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
	if in.Kind == agent.IntentHelp { // for everybody
		v, err := b.look(ctx, o, in)
		if err != nil {
			v = sorry()
		}
		b.answer(ctx, e, o.ResponseURL, v)
		return
	}
	b.private(ctx, e, o, func(ctx context.Context) (blocks.View, error) { return b.look(ctx, o, in) })
}

// private does something that may be done twice for somebody who may look, and
// answers them alone: in time if it is quick, else at the response_url.
func (b *Bot) private(ctx context.Context, e *envelope, o *order, do func(context.Context) (blocks.View, error)) {
	ask := func(limit time.Duration) (blocks.View, error) {
		ctx, cancel := context.WithTimeout(ctx, limit)
		defer cancel()
		p, err := b.Person(ctx, o.User)
		if err != nil {
			return blocks.View{}, err
		}
		if v := policy.MayLook(p); !v.Allowed {
			return say(escape(v.Reason)), nil
		}
		return do(ctx)
	}
	v, err := ask(max(queryLimit-b.cfg.Now().Sub(e.came), 0))
	if err != nil && ctx.Err() == nil {
		b.acknowledge(e)
		v, err = ask(slowLimit)
	}
	if err != nil {
		b.cfg.Log.Warn("a command was not answered", "err", err)
		v = sorry()
	}
	b.answer(ctx, e, o.ResponseURL, v)
}

func sorry() blocks.View {
	return say("⚠️ I can't look that up right now. Please try again in a moment.")
}

// look answers a question.
func (b *Bot) look(ctx context.Context, o *order, in agent.Intent) (blocks.View, error) {
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
	const most = 10
	lines := []string{escape(in.Question.Text)}
	for _, option := range in.Question.Options[:min(len(in.Question.Options), most)] {
		lines = append(lines, "• "+escape(option))
	}
	return say(strings.Join(lines, "\n"))
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
