package bot

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/slack-go/slack"

	"github.com/releasebot/releasebot/agent"
	"github.com/releasebot/releasebot/tools/page"
)

// Page implements agent.Pager: a direct message to each of the people, and one
// message in the thread. An error means that nobody was reached directly.
func (b *Bot) Page(ctx context.Context, s *agent.State, r *agent.ReleaseState, people []string) (agent.PageSent, error) {
	to := sender{bot: b}
	if p, ok := placeOf(s); ok {
		to.place = p
	}
	pager := page.Pager{Sender: to, Timeout: b.cfg.CallLimit}
	msg := pageMessage(s, r)
	if to.place.Channel == "" {
		msg.Thread = ""
	}
	got := pager.Page(ctx, people, msg)
	sent := agent.PageSent{About: msg.What}
	for _, at := range got.Reached {
		if at.Person != "" {
			sent.Reached = append(sent.Reached, at.Person)
		}
	}
	for _, m := range got.Missed {
		b.cfg.Log.Warn("somebody could not be paged", "release", r.ID, "to", m.To.String(), "reason", m.Reason)
		sent.Missed = append(sent.Missed, m.To.String()+": "+m.Reason)
	}
	if len(people) > 0 && len(sent.Reached) == 0 {
		return sent, errors.New("nobody could be paged directly")
	}
	return sent, nil
}

// placeOf is where the thread stands in Slack.
func placeOf(s *agent.State) (agent.Place, bool) {
	if p, ok := s.Views[agent.ViewRoot]; ok {
		return agent.Place{Channel: p.Channel, TS: p.TS}, true
	}
	if s.Slack != nil && s.Slack.Channel != "" && s.Slack.TS != "" {
		return *s.Slack, true
	}
	return agent.Place{}, false
}

// pageMessage says what broke, where, since when, what was tried and what to press.
func pageMessage(s *agent.State, r *agent.ReleaseState) page.Message {
	m := page.Message{
		ID: r.ID + "/page", Service: r.Service, Environment: r.Env, Since: broken(r), Thread: string(s.ID),
		What: fmt.Sprintf("%s in %s: %s of %s is %s", r.Service, r.Env, r.Action, shipped(r), r.Word()),
	}
	if r.Word() == agent.OutcomeUnknown {
		m.What = fmt.Sprintf("%s in %s: nobody can tell what became of the %s of %s", r.Service, r.Env, r.Action, shipped(r))
	}
	if d := r.Deploy; d != nil {
		m.Tried = append(m.Tried, fmt.Sprintf("%s of %s: %s", r.Action, shipped(r), orElse(string(d.Outcome), "outcome unknown")))
		if d.Detail != "" {
			m.Tried = append(m.Tried, d.Detail)
		}
	}
	if v := r.Verify; v != nil && v.Verdict != "" {
		m.Tried = append(m.Tried, "health checks: "+v.Verdict)
	}
	if back := s.Release(r.Rollback); back != nil {
		m.Tried = append(m.Tried, "rollback to "+orElse(back.Version, "the last healthy version")+": "+back.Word())
	}
	m.Press = buttons(s, r)
	return m
}

// buttons names those that help now.
func buttons(s *agent.State, r *agent.ReleaseState) []string {
	if r.Stage == agent.StageUnknown {
		return []string{"It ran, It didn't, or Stop: say what became of it"}
	}
	if back := s.Release(r.Rollback); back != nil && back.Outcome == "" {
		if back.Stage != agent.StageApproval {
			return nil
		}
		id := agent.ApprovalID(s.ID, back.N, 1) // about to be asked for
		if back.Approval != nil {
			id = back.Approval.ID
		}
		return []string{
			"Roll back, or Approve on the card: the rollback to " + orElse(back.Version, "the last healthy version"),
			"or type /release approve " + id,
			"Leave it: withdraws the rollback, and nothing more is done",
		}
	}
	var list []string
	if r.Plan != nil && r.Plan.Rollback != "" && r.Action == "deploy" {
		list = append(list, "Roll back: to "+r.Plan.Rollback)
	}
	return append(list, "Retry: as a new plan", "Leave it: nothing more is done")
}

func broken(r *agent.ReleaseState) time.Time {
	switch {
	case r.Verify != nil && !r.Verify.Ended.IsZero():
		return r.Verify.Ended
	case r.Deploy != nil && !r.Deploy.Ended.IsZero():
		return r.Deploy.Ended
	case r.Deploy != nil:
		return r.Deploy.Began
	}
	return r.Ended
}

func shipped(r *agent.ReleaseState) string {
	if r.Plan != nil {
		return r.Plan.Version
	}
	return orElse(r.Version, "the last healthy version")
}

func orElse(s, otherwise string) string {
	if s == "" {
		return otherwise
	}
	return s
}

// sender is page.Sender over Slack.
type sender struct {
	bot   *Bot
	place agent.Place
}

// Send implements page.Sender. A page whose answer was lost is not repeated
// here: the agent pages again where nobody was reached.
func (s sender) Send(ctx context.Context, to page.Recipient, msg page.Message) error {
	text := escape(msg.Text())
	if to.Person != "" && s.place.Channel != "" && !isDirect(s.place.Channel) {
		text += "\nThe card stands in <#" + s.place.Channel + ">."
	}
	opts := []slack.MsgOption{
		slack.MsgOptionText(text, false), slack.MsgOptionDisableMarkdown(),
		slack.MsgOptionDisableLinkUnfurl(), slack.MsgOptionDisableMediaUnfurl(),
	}
	channel := to.Person
	if to.Thread != "" {
		channel = s.place.Channel
		opts = append(opts, slack.MsgOptionTS(s.place.TS))
	}
	for tries := 0; ; tries++ {
		if err := s.bot.out.pass(ctx, "chat.postMessage", channel); err != nil {
			return err
		}
		_, _, err := s.bot.api.slack.PostMessageContext(ctx, channel, opts...)
		f := classify(err)
		if err = s.bot.api.noted("chat.postMessage", err); f.kind != limited || tries >= 4 {
			return err
		}
		s.bot.out.hold("chat.postMessage", channel, s.bot.pause(f, tries))
	}
}
