package bot

import (
	"context"
	"errors"
	"fmt"

	"github.com/releasebot/releasebot/agent"
	"github.com/releasebot/releasebot/threadstore"
)

// message is an event of the Events API, with as much of it as is used. Blocks
// are left out on purpose: a block of a new kind must not cost the words.
type message struct {
	Type        string `json:"type"`
	Subtype     string `json:"subtype"`
	Channel     string `json:"channel"`
	ChannelType string `json:"channel_type"`
	User        string `json:"user"`
	Team        string `json:"team"`
	UserTeam    string `json:"user_team"`
	BotID       string `json:"bot_id"`
	Text        string `json:"text"`
	TS          string `json:"ts"`
	ThreadTS    string `json:"thread_ts"`
	ParentUser  string `json:"parent_user_id"` // of a reply: whose message it hangs on
	Tab         string `json:"tab"`
}

// root is the ts of the thread's first message: a reply's own ts is never taken for it.
func (m *message) root() string {
	if m.ThreadTS != "" {
		return m.ThreadTS
	}
	return m.TS
}

// spoken reports whether the event is something that a person said just now.
func (m *message) spoken(me identity) bool {
	switch m.Subtype {
	case "", "file_share", "thread_broadcast", "me_message":
	default: // edits, deletions, joins, topics, bots
		return false
	}
	return m.User != "" && m.User != me.user && m.BotID == "" && m.Channel != "" && m.TS != ""
}

// onEvent takes in an event.
func (b *Bot) onEvent(ctx context.Context, e *envelope, m *message) {
	me := b.me()
	direct := m.ChannelType == "im"
	switch {
	case m.Type == "app_home_opened":
		b.acknowledge(e)
		if m.Tab == "home" && m.User != "" {
			b.homes.show(m.User, wish{})
		}
		return
	case m.Type == "agent_session_stopped" && m.ThreadTS != "" && m.User != "":
		b.take(ctx, e, func(ctx context.Context) error { return b.stopped(ctx, m) })
		return
	case m.Type != "app_mention" && m.Type != "message", !m.spoken(me):
		b.acknowledge(e)
		return
	}
	named := m.Type == "app_mention" || mentions(m.Text, me.user)
	if !named && !direct && m.ThreadTS == "" { // talk in a channel: not for us
		b.acknowledge(e)
		return
	}
	b.take(ctx, e, func(ctx context.Context) error {
		began, err := b.hear(ctx, m, named || direct, func() { b.acknowledge(e) })
		if began && (e.attempt > 0 || age(m.TS, b.cfg.Now()) > replyable) {
			b.missed.put(m)
		}
		return err
	})
}

// take does what an event asks for, and acknowledges it once that is in the log.
func (b *Bot) take(ctx context.Context, e *envelope, do func(context.Context) error) {
	if err := b.keepTrying(ctx, e, do); err != nil && !permanent(err) {
		b.cfg.Log.Warn("an event was not taken in; Slack will send it again", "err", err)
		return
	}
	b.acknowledge(e)
}

// hear appends what somebody said: the beginning of a thread, or words in one of
// ours. to says that it is meant for us; other words count only in a thread of
// ours. kept is called once they are in the log, before the thread goes on with them. began
// says that a thread began with it.
func (b *Bot) hear(ctx context.Context, m *message, to bool, kept func()) (began bool, err error) {
	me := b.me()
	place := agent.Place{Team: me.team, Channel: m.Channel, TS: m.root()}
	reply := m.ThreadTS != "" && m.ThreadTS != m.TS
	var id agent.ThreadID
	known := false
	if reply { // a first message is not looked for: it is the trigger of its thread, however often it comes
		if id, known, err = b.at(ctx, place); err != nil {
			return false, err
		}
		if !known && me.user != "" && m.ParentUser == me.user {
			if id, known, err = b.rooted(ctx, place); err != nil {
				return false, err
			}
		}
	}
	if !known && !to {
		return false, nil
	}
	words := plainWords(m.Text, me.user)
	f := agent.Fact{ID: "slack/" + me.team + "/" + m.Channel + "/" + m.TS, Thread: id, Actor: agent.SlackActor(m.team(me), m.User), Kept: kept}
	if known {
		f.Data = &agent.Message{Text: words, TS: m.TS, Aside: !to}
	} else {
		source := "mention"
		if m.ChannelType == "im" {
			source = "dm"
		}
		f.Thread = agent.SlackThreadID(place.Team, place.Channel, place.TS)
		f.Data = &agent.Trigger{Source: source, Text: words, Slack: &place}
		began = true
	}
	taken, err := b.append(ctx, f)
	return began && taken.Fresh, err
}

// append takes a fact in, and remembers which threads began here.
func (b *Bot) append(ctx context.Context, f agent.Fact) (agent.Taken, error) {
	_, starts := f.Data.(*agent.Trigger)
	expected := starts && b.out.expect(f.Thread, b.cfg.Now())
	taken, err := b.service.Load().Take(ctx, f)
	if expected && (err != nil || !taken.Fresh) {
		b.out.unexpect(f.Thread)
	}
	return taken, err
}

// at finds the agent's thread of a Slack thread.
func (b *Bot) at(ctx context.Context, p agent.Place) (agent.ThreadID, bool, error) {
	id, ok, err := b.service.Load().At(ctx, p)
	if errors.Is(err, threadstore.ErrNotFound) {
		return id, false, nil
	}
	if err != nil {
		return "", false, fmt.Errorf("looking for the thread of a message: %w", err)
	}
	return id, ok, nil
}

// stopped: somebody pressed Slack's own stop in a thread with the bot. It means what the word means.
func (b *Bot) stopped(ctx context.Context, m *message) error {
	me := b.me()
	place := agent.Place{Team: me.team, Channel: m.Channel, TS: m.ThreadTS}
	id, known, err := b.at(ctx, place)
	if err == nil && !known {
		id, known, err = b.rooted(ctx, place)
	}
	if err != nil || !known {
		return err
	}
	_, err = b.append(ctx, agent.Fact{
		ID: "slack/" + me.team + "/" + m.Channel + "/stop/" + m.ThreadTS + "/" + m.TS, Thread: id, Actor: agent.SlackActor(m.team(me), m.User),
		Data: &agent.Message{Text: "stop", TS: m.TS, Intent: &agent.Intent{Kind: agent.IntentCancel}},
	})
	return err
}

// team is the workspace of whoever spoke.
func (m *message) team(me identity) string {
	switch {
	case m.UserTeam != "":
		return m.UserTeam
	case m.Team != "":
		return m.Team
	}
	return me.team
}
