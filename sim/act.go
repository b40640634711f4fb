package sim

import (
	"fmt"
	"slices"
	"time"

	"github.com/releasebot/releasebot/agent"
)

// act does one thing, whichever the tick draws.
func (w *world) act() {
	w.pass(w.between(time.Millisecond, 60*time.Millisecond))
	if w.depth == 0 && w.silenced > 0 {
		w.silenced--
	}
	if w.depth == 0 && w.people.down && w.rng.IntN(12) == 0 {
		w.people.down = false
		w.logf("the directory answers again")
	}
	choices := []struct {
		weight float64
		do     func()
	}{
		{44, w.stepSome},
		{14, w.deliver},
		{18, w.slackSome},
		{8, w.wait},
		{20, w.someoneActs},
		{3, w.machines},
		{3, w.weather},
	}
	total := 0.0
	for _, c := range choices {
		total += c.weight
	}
	x := w.rng.Float64() * total
	for _, c := range choices {
		if x -= c.weight; x < 0 {
			c.do()
			return
		}
	}
}

// stepSome has a process take a few steps of a thread.
func (w *world) stepSome() {
	procs := w.live()
	if len(procs) == 0 {
		return
	}
	p := pick(w, procs)
	ids := p.runnable()
	if len(ids) == 0 {
		return
	}
	id := pick(w, ids)
	for n := 1 + w.rng.IntN(14); n > 0 && p.step(id); n-- {
	}
}

// slackSome has a process's views brought to Slack.
func (w *world) slackSome() {
	procs := w.live()
	if len(procs) == 0 {
		return
	}
	p := pick(w, procs)
	for n := 1 + w.rng.IntN(4); n > 0; n-- {
		more := false
		if !w.guard(p, func() { more = p.view.work() }) || !more {
			return
		}
	}
}

// wait lets time pass.
func (w *world) wait() {
	switch {
	case w.rng.Float64() < 0.1 && w.has(Jump):
		w.count("long wait")
		d := w.between(20*time.Second, 4*time.Minute)
		w.logf("%s pass", d.Round(time.Second))
		w.pass(d)
	default:
		w.pass(w.between(100*time.Millisecond, 3*time.Second))
	}
}

// machines die, stand still and come back.
func (w *world) machines() {
	s := pick(w, w.slots)
	switch {
	case s.proc == nil:
		s.boot()
	case s.proc.frozen && w.depth == 0:
		s.proc.frozen = false
		w.logf("%s goes on", s.proc.owner)
	case s.proc.frozen:
	case w.hits(Crash, 0.35, "crash between steps"):
		w.kill(s.proc)
	case w.hits(Stop, 0.4, "stop between steps"):
		s.proc.frozen = true
		w.logf("%s is stopped", s.proc.owner)
	case w.hits(Clocks, 0.5, "clock jumps"):
		s.proc.skew = min(s.proc.skew+w.between(0, 10*time.Second), 15*time.Second) // forwards: backwards it goes for what is written, never for how long something lasts
		w.logf("the clock of %s is %s off", s.proc.owner, s.proc.skew.Round(time.Millisecond))
	}
	if w.has(Failover) && w.depth == 0 && w.rng.IntN(6) == 0 {
		w.failover()
	}
}

// weather changes what everybody lives in.
func (w *world) weather() {
	switch w.rng.IntN(6) {
	case 0:
		if w.hits(People, 1, "directory goes away") {
			w.people.down = true
			w.logf("the directory does not answer")
		}
	case 1:
		if w.hits(People, 1, "group changes") {
			all := [][]string{{"U0BOB", "U0CAROL"}, {"U0BOB"}, {"U0CAROL", "U0DAVE"}, {"U0BOB", "U0ALICE"}}
			w.people.groups = append(w.people.groups, groupAt{w.now, pick(w, all)})
			w.logf("oncall is now %v", w.people.members(w.now))
		}
	case 2:
		if w.hits(Policy, 1, "policy changes") {
			w.people.policy = w.rng.IntN(len(variants))
			w.logf("the policy is now %d", w.people.policy)
		}
	case 3:
		if procs := w.live(); len(procs) > 0 && w.has(Policy) {
			p := pick(w, procs)
			p.reload()
			w.logf("%s reads policy %d", p.owner, w.people.policy)
		}
	case 4:
		if w.hits(Tags, 1, "tag moves") {
			tag := pick(w, versions)
			w.repo.move(tag)
			w.logf("%s moves", tag)
		}
	case 5:
		if w.depth == 0 && w.hits(Outage, 0.6, "outage") {
			w.silenced = 2 + w.rng.IntN(10)
			w.logf("the store is away for %d ticks", w.silenced)
		}
	}
}

// label names a thread in the trace.
func (w *world) label(id agent.ThreadID) string {
	for i, t := range w.threads {
		if t == id {
			return string(rune('A' + i%26))
		}
	}
	return string(id)
}

// packet is a message on its way to the bot.
type packet struct {
	fact    agent.Fact
	what    string
	insists bool // it is sent again until it is acknowledged
	tries   int
}

func (w *world) send(p *packet) { w.net = append(w.net, p) }

// deliver brings one message to one of the processes.
func (w *world) deliver() {
	procs := w.live()
	if len(w.net) == 0 || len(procs) == 0 {
		return
	}
	i := 0
	if w.has(Doubled) {
		if i = w.rng.IntN(len(w.net)); i > 0 {
			w.count("message overtakes")
		}
	}
	w.hand(w.net[i], pick(w, procs))
}

// hand gives a message to a process.
func (w *world) hand(m *packet, p *proc) {
	if p.busy[m.fact.Thread] {
		return
	}
	m.tries++
	if !m.insists && w.hits(Lost, 0.15, "click lost") {
		w.drop(m)
		return
	}
	var err error
	p.busy[m.fact.Thread] = true
	lived := w.guard(p, func() { _, err = p.service.Take(w.ctx, m.fact) })
	delete(p.busy, m.fact.Thread)
	switch {
	case lived && err == nil:
		w.logf("%s takes in: %s", p.owner, m.what)
		w.check.acknowledged(m.fact)
		if m.tries < 4 && w.hits(Doubled, 0.25, "message doubled") {
			return
		}
		w.drop(m)
	default:
		w.logf("%s does not take in: %s%s", p.owner, m.what, errText(err))
		if !m.insists && m.tries > 1 {
			w.drop(m)
		}
	}
}

func (w *world) drop(m *packet) {
	for i, x := range w.net {
		if x == m {
			w.net = append(w.net[:i:i], w.net[i+1:]...)
			return
		}
	}
}

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
			"lock shop staging database maintenance", "unlock shop staging", "unlock shop staging",
		}), true)
	}
}

var targetsAsked = [][2]string{{"shop", "staging"}, {"shop", "production"}, {"shop", "production"}, {"api", "production"}, {"web", "production"}}

// asks: somebody asks for a release, in a thread of its own or an old one.
func (w *world) asks() {
	w.people.asked++
	to := pick(w, targetsAsked)
	text := fmt.Sprintf("deploy %s %s to %s", to[0], pick(w, versions), to[1])
	in := &agent.Intent{Kind: agent.IntentDeploy, Service: to[0], Environment: to[1], Version: pick(w, versions)}
	switch w.rng.IntN(16) {
	case 0:
		text = fmt.Sprintf("rollback %s in %s", to[0], to[1])
		in = &agent.Intent{Kind: agent.IntentRollback, Service: to[0], Environment: to[1]}
	case 1:
		text = fmt.Sprintf("verify %s in %s", to[0], to[1])
		in = &agent.Intent{Kind: agent.IntentVerify, Service: to[0], Environment: to[1]}
	case 2:
		text += " and page me if it fails"
	}
	who := pick(w, []string{"U0ALICE", "U0ALICE", "U0ALICE", "U0ALICE", "U0ALICE", "U0ALICE", "U0ALICE", "U0BOB", "U0BOB", "U0GUEST"})
	if len(w.threads) > 0 && (w.rng.IntN(3) == 0 || len(w.threads) >= 6) {
		w.says(pick(w, w.threads), who, text, false)
		return
	}
	w.serial++
	ts := fmt.Sprintf("1690000000.%06d", w.serial)
	id := agent.SlackThreadID(team, "C0RELEASES", ts)
	f := agent.Fact{ID: "slack/C0RELEASES/" + ts, Thread: id, Actor: agent.SlackActor(team, who), Data: &agent.Trigger{
		Source: "mention", Text: text, Slack: &agent.Place{Team: team, Channel: "C0RELEASES", TS: ts},
	}}
	if w.rng.IntN(4) == 0 {
		id = agent.DedupeThreadID(f.Actor, ts)
		f.Thread, f.ID = id, "command/"+ts
		f.Data = &agent.Trigger{Source: "command", Text: text, Intent: in, Slack: &agent.Place{Team: team, Channel: "C0RELEASES"}}
	}
	w.threads = append(w.threads, id)
	w.said(f, who+": "+text)
}

// says: somebody says something in a thread.
func (w *world) says(id agent.ThreadID, who, text string, aside bool) {
	w.serial++
	ts := fmt.Sprintf("1690000000.%06d", w.serial)
	f := agent.Fact{ID: "slack/C0RELEASES/" + ts, Thread: id, Actor: agent.SlackActor(team, who), Data: &agent.Message{Text: text, TS: ts, Aside: aside}}
	w.said(f, who+": "+text)
	if !aside && w.hits(Doubled, 0.5, "mention comes as message too") {
		f.Data = &agent.Message{Text: text, TS: ts, Aside: true}
		w.said(f, who+": "+text+" (as a message)")
	}
}

func (w *world) said(f agent.Fact, what string) {
	w.check.sent[f.ID] = true
	w.send(&packet{fact: f, what: what + " in " + w.label(f.Thread), insists: true})
}

// presses: somebody presses a button, of a card as it stands, or as it stood.
func (w *world) presses() {
	var b button
	var standing []button
	for _, m := range w.slack.messages {
		if !m.deleted {
			standing = append(standing, m.pic.buttons...)
		}
	}
	asking := slices.DeleteFunc(slices.Clone(standing), func(b button) bool { return b.verb != agent.VerbApprove && b.verb != agent.VerbRollback })
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
	w.clicks(b, who, pick(w, []string{"not now", "deploy shop v1.1.0 to production first", "broken"}), "button")
	if w.rng.IntN(6) == 0 { // a double click: two clicks of one person
		w.clicks(b, who, "not now", "button")
	}
}

func (w *world) clicks(b button, who, reason, via string) {
	w.serial++
	d := &agent.DecisionReceived{Verb: b.verb, Target: b.target, Via: via, Slack: &agent.Place{Team: team, Channel: "C0RELEASES"}}
	switch b.verb {
	case agent.VerbReject, agent.VerbTakeover, agent.VerbGlass:
		d.Reason = reason
	case agent.VerbEdit:
		d.Edit = &agent.Edit{Version: reason}
	default:
	}
	f := agent.Fact{ID: fmt.Sprintf("click/%d", w.serial), Thread: b.thread, Actor: agent.SlackActor(team, who), Data: d}
	w.check.sent[f.ID] = true
	w.send(&packet{fact: f, what: fmt.Sprintf("%s presses %s on %s in %s", who, b.verb, b.target, w.label(b.thread))})
}

// commands: somebody decides by a command.
func (w *world) commands() {
	id := pick(w, w.threads)
	s := w.check.state(id)
	if s == nil || len(s.Releases) == 0 {
		return
	}
	r := pick(w, s.Releases)
	verb := pick(w, []agent.Verb{
		agent.VerbCancel, agent.VerbHold, agent.VerbResume, agent.VerbResume, agent.VerbApprove, agent.VerbRetry,
		agent.VerbTakeover, agent.VerbTakeover, agent.VerbEdit, agent.VerbLeave,
	})
	w.clicks(button{id, verb, r.ID}, pick(w, everybody), pick(w, versions), "command")
}
