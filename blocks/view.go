package blocks

import (
	"github.com/slack-go/slack"

	"github.com/releasebot/releasebot/agent"
)

// View is one message of a thread as it should stand now.
type View struct {
	Key    string        // of package agent: agent.ViewRelease(1), …; "" for messages to one person alone
	Text   string        // top-level text: says the outcome on its own
	Blocks []slack.Block // never empty, at most 50
	Root   bool          // the thread's root message rather than a reply
	Final  bool          // nothing about it can change any more
}

// Options are what rendering needs to know beside the state.
type Options struct {
	// BotUser is the bot's own Slack user id, for texts that say how to speak to it.
	// Defaults to the plain name "@releasebot".
	BotUser string
}

// bot is how people call the bot.
func (o Options) bot() string {
	if userID(o.BotUser) {
		return "<@" + o.BotUser + ">"
	}
	return "@releasebot"
}

// Thread lists every view that should stand in the thread now and was not shown
// for the last time, in the order they should be posted. Notes are not among
// them: they are for one person alone (see Note). The same state gives the same views.
func Thread(s *agent.State, opt Options) []View {
	views := make([]View, 0, 2+2*len(s.Releases))
	if rooted(s) {
		views = append(views, root(s))
	}
	for _, r := range s.Releases {
		if !r.Shown {
			views = append(views, release(s, r))
		}
		for _, a := range r.Voided {
			views = approvals(views, s, r, a, true)
		}
		if r.Approval != nil {
			views = approvals(views, s, r, r.Approval, false)
		}
		views = append(views, notAsked(s, r)...)
	}
	for i := range s.Questions {
		views = append(views, question(s, &s.Questions[i], opt))
	}
	for i := range s.Answers {
		v := Answer(s.Answers[i].Data, opt)
		v.Key = agent.ViewAnswer(s.Answers[i].Seq)
		views = append(views, v)
	}
	return troubles(views, s)
}

// approvals adds an approval's card and reminder, where they are still to be shown.
func approvals(views []View, s *agent.State, r *agent.ReleaseState, a *agent.Approval, old bool) []View {
	if !a.Shown {
		views = append(views, approval(s, r, a, old))
	}
	if !a.Reminded.IsZero() && !a.ReminderShown && a.State == agent.ApprovalPending {
		views = append(views, reminder(r, a))
	}
	return views
}
