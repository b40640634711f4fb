package sim

import (
	"encoding/json"
	"fmt"
	"slices"

	"github.com/releasebot/releasebot/agent"
	"github.com/releasebot/releasebot/blocks"
	"github.com/releasebot/releasebot/bot"
)

const requestsMost = 9

// someoneActs: somebody says something, or presses a button.
func (w *world) someoneActs() {
	if len(w.threads) == 0 || w.people.asked < requestsMost && w.rng.Float64() < 0.3 {
		w.asks()
		return
	}
	switch x := w.rng.Float64(); {
	case x < 0.70:
		w.presses()
	case x < 0.85:
		w.commands()
	default:
		w.says(pick(w, w.threads), pick(w, everybody), pick(w, []string{
			"cancel", "hold", "resume", "stop", "status shop production", "hello there",
			"lock shop staging because of database maintenance", "unlock shop staging", "unlock shop staging", "lock shop production for 1m because of database maintenance",
		}), true)
		if w.rng.IntN(8) == 0 {
			w.stops(pick(w, w.threads), pick(w, everybody))
		}
	}
}

// stops: somebody presses Slack's own stop in a thread with the bot.
func (w *world) stops(id agent.ThreadID, who string) {
	root := w.slack.rootOf(id)
	if root == "" {
		return
	}
	ts := w.slack.ts()
	w.envelope(packet{what: who + " stops " + w.label(id), thread: id, fact: "slack/" + team + "/" + releases + "/stop/" + root + "/" + ts, insists: true},
		bot.KindEvent, map[string]any{"event": map[string]any{
			"type": "agent_session_stopped", "channel": releases, "user": who, "team": team, "thread_ts": root, "ts": ts,
		}})
}

var targetsAsked = [][2]string{{"shop", "staging"}, {"shop", "production"}, {"shop", "production"}, {"api", "production"}, {"web", "production"}}

// asks: somebody asks for a release, in a thread of its own or an old one.
func (w *world) asks() {
	w.people.asked++
	to := pick(w, targetsAsked)
	text := fmt.Sprintf("deploy %s %s to %s", to[0], pick(w, versions), to[1])
	switch w.rng.IntN(16) {
	case 0:
		text = fmt.Sprintf("rollback %s in %s", to[0], to[1])
	case 1:
		text = fmt.Sprintf("verify %s in %s", to[0], to[1])
	case 2:
		text += " and page me if it fails"
	}
	who := pick(w, []string{"U0ALICE", "U0ALICE", "U0ALICE", "U0ALICE", "U0ALICE", "U0ALICE", "U0ALICE", "U0BOB", "U0BOB", "U0GUEST"})
	if len(w.threads) > 0 && (w.rng.IntN(3) == 0 || len(w.threads) >= 6) {
		w.says(pick(w, w.threads), who, text, false)
		return
	}
	switch w.rng.IntN(10) {
	case 0, 1:
		w.types(who, text, "", true)
	case 2:
		w.calls(who, text)
	default:
		w.mentions(who, text)
	}
}

// mentions begins a thread.
func (w *world) mentions(who, text string) {
	m := w.slack.say(who, "<@"+botUser+"> "+text, "")
	id := agent.SlackThreadID(team, releases, m.ts)
	w.threads = append(w.threads, id)
	w.told(m, id)
}

// says: somebody says something in a thread, if it stands anywhere.
func (w *world) says(id agent.ThreadID, who, text string, aside bool) {
	root := w.slack.rootOf(id)
	if root == "" {
		return
	}
	if !aside {
		text = "<@" + botUser + "> " + text
	}
	w.told(w.slack.say(who, text, root), id)
}

// told: what somebody said is on its way to the bot.
func (w *world) told(m *message, id agent.ThreadID) {
	named := len(m.text) > 2 && m.text[:2] == "<@"
	what := m.user + ": " + m.text + " in " + w.label(id)
	p := packet{what: what, thread: id, fact: "slack/" + team + "/" + releases + "/" + m.ts, insists: true, begins: named}
	kind := "message"
	if named {
		kind = "app_mention"
	}
	w.envelope(p, bot.KindEvent, w.event(m, kind))
	if named && w.hits(Doubled, 0.5, "mention comes as message too") {
		p.what += " (as a message)"
		w.envelope(p, bot.KindEvent, w.event(m, "message"))
	}
}

// event is an event of the Events API about a message.
func (w *world) event(m *message, kind string) map[string]any {
	e := map[string]any{"type": kind, "channel": m.channel, "channel_type": "channel", "user": m.user, "team": team, "text": m.text, "ts": m.ts}
	if m.root != "" {
		e["thread_ts"] = m.root
		if at := w.slack.byTS[m.root]; at != nil {
			e["parent_user_id"] = at.user
		}
	}
	if m.user == botUser {
		e["bot_id"] = botID
	}
	return map[string]any{"event": e}
}

// calls: somebody asks over the API, so that the thread stands nowhere.
func (w *world) calls(who, text string) {
	w.serial++
	key := fmt.Sprintf("api/%d", w.serial)
	actor := agent.SlackActor(team, who)
	f := &agent.Fact{ID: key, Thread: agent.DedupeThreadID(actor, key), Actor: actor, Data: &agent.Trigger{Source: "api", Text: text}}
	w.threads = append(w.threads, f.Thread)
	w.send(&packet{asked: f, what: who + " asks the API: " + text, thread: f.Thread, fact: key, begins: true, insists: true})
}

// types: somebody types a command. thread is the one that it is about.
func (w *world) types(who, text string, thread agent.ThreadID, begins bool) {
	w.serial++
	trigger := fmt.Sprintf("cmd%d", w.serial)
	m := packet{what: who + " types /release " + text, thread: thread, fact: "command/" + trigger, begins: begins}
	if begins {
		m.thread = agent.DedupeThreadID(agent.SlackActor(team, who), m.fact)
		w.threads = append(w.threads, m.thread)
	}
	w.envelope(m, bot.KindCommand, map[string]any{
		"text": text, "user_id": who, "team_id": team, "channel_id": releases, "trigger_id": trigger, "response_url": w.answerable(trigger),
	})
	w.slack.asked[trigger] = w.net[len(w.net)-1]
}

// answerable is where somebody can be answered.
func (w *world) answerable(id string) string { return "https://" + hooks + "/" + id }

// presses: somebody presses a button, of a card as it stands, or as it stood, or fills in a form.
func (w *world) presses() {
	if forms := w.slack.openForms(); len(forms) > 0 && w.rng.Float64() < 0.5 {
		w.submits(pick(w, forms))
		return
	}
	var b button
	standing := w.slack.standing()
	asking := slices.DeleteFunc(slices.Clone(standing), func(b button) bool { return !urges(b.verb) })
	switch {
	case len(asking) > 0 && w.rng.Float64() < 0.55:
		b = pick(w, asking)
	case len(standing) > 0 && w.rng.Float64() < 0.6:
		b = pick(w, standing)
	case len(w.slack.buttons) > 0:
		b = pick(w, w.slack.buttons)
	default:
		return
	}
	if b.verb == agent.VerbReject && w.rng.IntN(3) > 0 { // most people approve
		b.verb = agent.VerbApprove
	}
	who := pick(w, []string{"U0BOB", "U0CAROL", "U0DAVE", "U0BOB", "U0CAROL", "U0DAVE", "U0ALICE", "U0MALLORY", "U0GUEST", "U0GONE"})
	w.clicks(b, who)
	if w.rng.IntN(6) == 0 { // a double click: two clicks of one person
		w.clicks(b, who)
	}
}

// urges: most people who press something press one of these.
func urges(v agent.Verb) bool {
	return v == agent.VerbApprove || v == agent.VerbRollback || v == agent.VerbRetry || v == agent.VerbGlass
}

// clicks: somebody presses this button. A form may come of it.
func (w *world) clicks(b button, who string) {
	w.serial++
	trigger, at := fmt.Sprintf("click%d", w.serial), fmt.Sprintf("%d.%06d", w.now.Unix(), w.serial)
	m := packet{what: fmt.Sprintf("%s presses %s on %s in %s", who, b.verb, b.target, w.label(b.thread)), thread: b.thread}
	p := map[string]any{
		"type": "block_actions", "team": map[string]any{"id": team}, "user": map[string]any{"id": who, "team_id": team},
		"trigger_id": trigger, "response_url": w.answerable(trigger),
		"actions": []any{map[string]any{"action_id": string(b.verb), "value": b.target, "action_ts": at}},
	}
	if w.rng.IntN(12) == 0 { // on the home tab, where no message stands behind it
		b.ts = ""
		p["container"] = map[string]any{"type": "view"}
		p["view"] = map[string]any{"type": "home"}
		delete(p, "response_url")
	} else {
		p["channel"] = map[string]any{"id": b.channel}
		p["container"] = map[string]any{"type": "message", "message_ts": b.ts, "thread_ts": b.root, "channel_id": b.channel}
		message := map[string]any{"ts": b.ts, "thread_ts": b.root}
		if at := w.slack.byTS[b.ts]; at != nil && at.meta != "" {
			message["metadata"] = json.RawMessage(at.meta)
		}
		p["message"] = message
	}
	if blocks.OpensForm(b.verb) {
		w.slack.triggers[trigger] = who
	} else {
		m.fact = "click/" + who + "/" + b.ts + "/" + string(b.verb) + "/" + at
	}
	w.envelope(m, bot.KindInteraction, p)
}

// submits: somebody sends the form before them, or closes it.
func (w *world) submits(f *form) {
	if w.rng.IntN(5) == 0 || f.submitted > 3 {
		f.open = false
		return
	}
	f.submitted++
	values := map[string]any{}
	for _, in := range f.fields {
		value := map[string]any{"type": "plain_text_input", "value": w.fills(f.callback)}
		if len(in.options) > 0 {
			value = map[string]any{"type": "static_select", "selected_option": nil}
			if w.rng.IntN(3) == 0 {
				value["selected_option"] = map[string]any{"value": pick(w, in.options)}
			}
		}
		values[in.block] = map[string]any{in.action: value}
	}
	w.envelope(packet{
		what: fmt.Sprintf("%s sends the form %s of %s", f.user, f.callback, f.private), thread: f.about(), fact: "form/" + f.user + "/" + f.id, form: f,
	}, bot.KindInteraction, map[string]any{
		"type": "view_submission", "team": map[string]any{"id": team}, "user": map[string]any{"id": f.user, "team_id": team},
		"view": map[string]any{
			"id": f.id, "team_id": team, "callback_id": f.callback, "private_metadata": f.private, "state": map[string]any{"values": values},
		},
	})
}

// about is the thread that the form is about.
func (f *form) about() agent.ThreadID {
	var meta struct{ ID string }
	if err := json.Unmarshal([]byte(f.private), &meta); err != nil {
		return ""
	}
	thread, _, _, err := agent.ParseShortID(meta.ID)
	if err != nil {
		return ""
	}
	return thread
}

// fills is what somebody writes into a form.
func (w *world) fills(callback string) string {
	if callback == string(agent.VerbEdit) {
		return pick(w, versions)
	}
	return pick(w, []string{"not now", "deploy shop v1.1.0 to production first", "broken", ""})
}

// commands: somebody decides by a command.
func (w *world) commands() {
	id := pick(w, w.threads)
	s := w.check.state(id)
	if s == nil || len(s.Releases) == 0 {
		return
	}
	r := pick(w, s.Releases)
	verb := pick(w, []string{"cancel", "hold", "resume", "resume", "approve", "reject", "take", "take", "glass", "leave"})
	target := r.ID
	if r.Approval != nil && (verb == "approve" || verb == "reject") && w.rng.IntN(4) > 0 {
		target = r.Approval.ID
	}
	text := verb + " " + target
	if verb == "reject" || verb == "take" || verb == "glass" {
		text += " it can't wait"
	}
	w.types(pick(w, everybody), text, id, false)
}
