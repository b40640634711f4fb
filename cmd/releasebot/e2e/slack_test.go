package e2e

import (
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/releasebot/releasebot/agent"
	"github.com/releasebot/releasebot/slacklocal"
)

// mention speaks to the bot in the channel, and returns the thread.
func (w *world) mention(user, text string) (ts string) {
	return w.slack.Post(user, releases, "@releasebot "+text, "")
}

// reply says something in a thread.
func (w *world) reply(user, ts, text string) { w.slack.Post(user, releases, text, ts) }

// thread is the agent's thread of a Slack thread.
func (w *world) thread(ts string) agent.ThreadID {
	return agent.SlackThreadID(w.slack.Identity().TeamID, releases, ts)
}

// views are the bot's messages of a thread that show this view, or, where key
// ends in a slash, one of its kind; oldest first. "" is any message.
func (w *world) views(ts, key string) []slacklocal.Message {
	var list []slacklocal.Message
	for _, m := range w.slack.Thread(releases, ts) {
		has := viewKey(m)
		if m.BotID != "" && (has == key || key == "" || strings.HasSuffix(key, "/") && strings.HasPrefix(has, key)) {
			list = append(list, m)
		}
	}
	return list
}

// viewKey is which view of the thread a message shows.
func viewKey(m slacklocal.Message) string {
	if m.Metadata == nil {
		return ""
	}
	key, _ := m.Metadata.EventPayload["view"].(string)
	return key
}

// view waits until the newest message of a view matches.
func (w *world) view(ts, key, what string, match func(slacklocal.Message) bool) slacklocal.Message {
	w.Helper()
	return w.viewWithin(patience, ts, key, what, match)
}

func (w *world) viewWithin(limit time.Duration, ts, key, what string, match func(slacklocal.Message) bool) slacklocal.Message {
	w.Helper()
	var m slacklocal.Message
	w.waitFor(limit, key+" "+what, func() bool {
		list := w.views(ts, key)
		if len(list) == 0 {
			return false
		}
		m = list[len(list)-1]
		return match(m)
	})
	return m
}

// card waits for the approval card of a release of the thread, with live buttons.
func (w *world) card(ts string, n int) slacklocal.Message {
	w.Helper()
	return w.view(ts, "approval/"+agent.ReleaseID(w.thread(ts), n), "with live buttons", live)
}

// live: an approval card that can be decided from.
func live(m slacklocal.Message) bool { return strings.HasPrefix(buttons(m), "Approve, Reject") }

// says waits until a view's message, as people see it, has these words.
func (w *world) says(ts, key, words string) slacklocal.Message {
	w.Helper()
	return w.view(ts, key, "saying "+words, func(m slacklocal.Message) bool {
		return strings.Contains(m.Text+"\n"+w.slack.Render(m), words)
	})
}

// ends waits until release n of the thread has ended so, in its message's text.
func (w *world) ends(ts string, n int, outcome string) slacklocal.Message {
	w.Helper()
	ended := regexp.MustCompile(`(: |, |, but )` + outcome + `\b`)
	return w.view(ts, agent.ViewRelease(n), "ending "+outcome, func(m slacklocal.Message) bool { return ended.MatchString(m.Text) })
}

// offers waits until the card of a thread's n-th release has the button.
func (w *world) offers(ts string, n int, button string) slacklocal.Message {
	w.Helper()
	return w.view(ts, agent.ViewRelease(n), "offering "+button, func(m slacklocal.Message) bool {
		return slices.ContainsFunc(m.Buttons(), func(b slacklocal.Button) bool { return b.Text == button })
	})
}

// buttons are the names of a message's buttons.
func buttons(m slacklocal.Message) string {
	var names []string
	for _, b := range m.Buttons() {
		names = append(names, b.Text)
	}
	return strings.Join(names, ", ")
}

// click presses a button that stands on a message now.
func (w *world) click(user string, m slacklocal.Message, button string) {
	w.Helper()
	if err := w.slack.Click(user, m.Channel, m.TS, button); err != nil {
		w.Fatalf("%v\n%s", err, w.show())
	}
}

// clickStale presses a button that stood on a message before.
func (w *world) clickStale(user string, m slacklocal.Message, button string) {
	w.Helper()
	if err := w.slack.ClickStale(user, m.Channel, m.TS, strings.ToLower(button)); err != nil {
		w.Fatalf("%v\n%s", err, w.show())
	}
}

// reject presses Reject and fills in the form.
func (w *world) reject(user string, card slacklocal.Message, reason string) {
	w.Helper()
	form := w.form(user, card, "Reject")
	input := ""
	for _, b := range form.Blocks {
		if b.Type() == "input" {
			input = b.ID()
		}
	}
	answer, err := w.slack.SubmitView(user, form.ID, map[string]string{input: reason})
	w.must(err)
	w.must(answer.Wait(w.Context()))
	if errs := answer.Errors(); len(errs) > 0 {
		w.Fatalf("the form is refused: %v", errs)
	}
}

// form presses a button that opens a form, and returns the form. Slack gives a bot
// three seconds to open it: somebody who is told that it took longer presses again, as told.
func (w *world) form(user string, card slacklocal.Message, button string) slacklocal.View {
	w.Helper()
	late := func() (n int) {
		for _, m := range w.slack.Ephemerals(user) {
			n += strings.Count(m.Text+w.slack.Render(m), "The form could not be opened")
		}
		return n
	}
	for {
		before := late()
		w.click(user, card, button)
		var form slacklocal.View
		w.wait("the form behind "+button, func() bool {
			open := w.slack.Views(user)
			if len(open) > 0 {
				form = open[len(open)-1]
			}
			return len(open) > 0 || late() > before
		})
		if form.ID != "" {
			return form
		}
	}
}

// told waits until somebody was told something alone.
func (w *world) told(user string, words ...string) {
	w.Helper()
	w.wait(user+" being told "+strings.Join(words, ", "), func() bool {
		for _, m := range w.slack.Ephemerals(user) {
			if containsAll(w.slack.Render(m)+m.Text, words) {
				return true
			}
		}
		return false
	})
}

// shows waits until the thread shows each of the words.
func (w *world) shows(ts string, words ...string) {
	w.Helper()
	w.wait("the thread showing "+strings.Join(words, ", "), func() bool {
		return containsAll(w.slack.RenderThread(releases, ts), words)
	})
}

func containsAll(text string, words []string) bool {
	for _, word := range words {
		if !strings.Contains(text, word) {
			return false
		}
	}
	return true
}

// wantOneOfEach: no view stands in the thread twice.
func (w *world) wantOneOfEach(ts string) {
	w.Helper()
	seen := map[string]bool{}
	for _, m := range w.slack.Thread(releases, ts) {
		key := viewKey(m)
		if key == "" {
			continue
		}
		if seen[key] {
			w.Errorf("%s stands in the thread twice\n%s", key, w.show())
		}
		seen[key] = true
	}
}

// wantNobodyPinged: no content of a message notifies anybody but the bot itself and those who are
// allowed to be named.
func (w *world) wantNobodyPinged(but ...string) {
	w.Helper()
	allowed := map[string]bool{w.slack.Identity().BotUserID: true}
	for _, id := range but {
		allowed[id] = true
	}
	for _, p := range w.slack.Pinged() {
		if !allowed[p.Target] {
			w.Errorf("%s was pinged by %q", p.Target, clip(p.Text, 300))
		}
	}
}

// question waits until a person is asked whether the deploy of release n ran.
func (w *world) question(ts string, n int) slacklocal.Message {
	w.Helper()
	return w.questionWithin(patience, ts, n)
}

func (w *world) questionWithin(limit time.Duration, ts string, n int) slacklocal.Message {
	w.Helper()
	key := agent.ViewQuestion(agent.ReleaseID(w.thread(ts), n) + "/ran")
	return w.viewWithin(limit, ts, key, "with its buttons", func(m slacklocal.Message) bool {
		return buttons(m) == "It ran, It didn't, Stop"
	})
}
