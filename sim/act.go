package sim

import (
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
	if w.depth == 0 && w.slack.shut && w.rng.IntN(20) == 0 {
		w.slack.shut = false
		w.logf("the bot may write to the channel again")
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
	for n := 1 + w.rng.IntN(5); n > 0 && p.calls(); n-- {
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
	switch w.rng.IntN(7) {
	case 6:
		if w.hits(Slack, 0.5, "channel is shut") {
			w.slack.shut = true
			w.logf("the bot may not write to the channel")
		}
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
