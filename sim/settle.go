package sim

import (
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/releasebot/releasebot/agent"
	"github.com/releasebot/releasebot/blocks"
)

// settle ends the faults and looks whether everything comes to rest, first as
// people have left it, then after they have all decided or gone home.
func (w *world) settle() {
	if !w.ok() {
		return
	}
	w.calm, w.silenced, w.people.down, w.slack.shut = true, 0, false, false
	w.logf("faults end")
	for _, s := range w.slots {
		if s.proc == nil {
			s.boot()
		}
		s.proc.frozen, s.proc.renewed = false, w.now
		s.proc.reload()
	}
	for range 2 { // the first may have looked before the last declared
		for _, s := range w.slots {
			s.proc.revise()
		}
	}
	w.rest()
	if w.lost { // what is left may be any part of what was: it only has to come to rest
		return
	}
	w.waits()
	w.seen()
	for n := 0; n < 12 && w.ok() && w.open() > 0; n++ {
		w.resolve()
		w.rest()
		w.pass(25 * time.Hour)
		w.rest()
	}
	w.ended()
	w.seen()
	w.logs()
}

// patience is for how many rounds nothing may be written before the world counts
// as at rest: for longer than a process waits for another one that may know more.
const patience = 110

// rest lets everything happen that can happen by itself.
func (w *world) rest() {
	events, since := w.rep.Events, 0
	for round := 0; w.ok(); round++ {
		if round == 3000 {
			w.fail("everything comes to rest", "it does not: %s", w.restless())
			return
		}
		busy, running := false, false
		for len(w.net) > 0 && w.ok() {
			m := w.net[0]
			w.hand(m, w.slots[round%len(w.slots)].proc)
			if len(w.net) > 0 && w.net[0] == m { // it insists, and was refused: for good, now that nothing is wrong
				if st := w.check.state(m.thread); st != nil {
					w.fail("what is sent is taken in", "%s is not, though nothing is wrong any more", m.what)
				}
				w.net = w.net[1:]
			}
			busy = true
		}
		for _, s := range w.slots {
			p := s.proc
			for _, id := range p.runnable() {
				for n := 0; n < 200 && p.step(id); n++ {
				}
			}
			for n := 0; n < 50 && p.calls(); n++ {
				busy = true
			}
			busy = busy || len(p.active) > 0 || len(p.driven.Restless()) > 0
		}
		for _, t := range w.targets {
			for _, r := range t.runs {
				t.settled(r)
				running = running || !r.over
			}
		}
		due, err := w.disk.Due(w.ctx, w.now.Add(25*time.Second), 1000)
		if err != nil {
			w.fail("the simulation works", "%v", err)
		}
		if !busy && !running && len(due) == 0 && len(w.late) == 0 {
			return
		}
		if events != w.rep.Events {
			events, since = w.rep.Events, round
		}
		if !running && len(w.late) == 0 && round-since > patience { // those who wait for an environment look again for as long as they wait
			return
		}
		w.pass(700 * time.Millisecond)
	}
}

func (w *world) restless() string {
	var b strings.Builder
	for _, s := range w.slots {
		for _, id := range w.threads {
			if at, ok := s.proc.active[id]; ok {
				fmt.Fprintf(&b, "%s runs %s (%s), ", s.proc.owner, w.label(id), at.Sub(s.proc.clock()))
			}
			if slices.Contains(s.proc.driven.Restless(), id) {
				fmt.Fprintf(&b, "%s has views of %s to show, ", s.proc.owner, w.label(id))
			}
		}
	}
	for _, id := range w.threads {
		if s := w.check.state(id); s != nil {
			for _, r := range s.Open() {
				fmt.Fprintf(&b, "%s#%d is at %s, ", w.label(id), r.N, r.Stage)
			}
		}
	}
	return b.String()
}

func (w *world) open() (n int) {
	for _, id := range w.threads {
		if s := w.check.state(id); s != nil {
			n += len(s.Open())
		}
	}
	return n
}

// waits: whatever has not ended waits for a named person, or a time.
func (w *world) waits() {
	for _, id := range w.threads {
		s := w.check.state(id)
		if s == nil {
			continue
		}
		if len(s.Words)+len(s.Decisions)+len(s.Commands) > 0 {
			w.fail("what people say is acted on", "%s has %d words, %d decisions and %d commands that nobody has looked at", w.label(id), len(s.Words), len(s.Decisions), len(s.Commands))
		}
		for _, r := range s.Open() {
			if why := w.stuck(s, r); why != "" {
				w.fail("nothing is stuck", "%s#%d is at %s: %s", w.label(id), r.N, r.Stage, why)
			}
		}
	}
}

// stuck says why a release will not go on; "" if it waits for something.
func (w *world) stuck(s *agent.State, r *agent.ReleaseState) string {
	switch {
	case r.Held != "" && r.Stage.Before(agent.StageDeploy):
		return ""
	case r.Stage == agent.StageApproval && r.Approval != nil && r.Approval.State == agent.ApprovalPending:
		return ""
	case r.Stage == agent.StageUnknown:
		if q := s.Question(agent.UnknownQuestionID(r)); q != nil && q.Answer == nil {
			return ""
		}
		return "nobody is asked"
	case r.Stage == agent.StageDoubt:
		if q := s.Question(agent.DoubtQuestionID(r)); q != nil && q.Answer == nil {
			return ""
		}
		return "nobody is asked"
	case r.Stage == agent.StageClaim && r.Waits != "":
		env := w.check.envs[agent.EnvironmentLog(r.Service, r.Env)]
		h := env.Holder()
		if env.Locked(w.now) {
			return ""
		}
		if h == nil || h.Thread == s.ID && h.Number == r.N {
			return "it waits for an environment that is free"
		}
		o := w.check.state(h.Thread)
		if o == nil || o.Release(h.Number) == nil || o.Release(h.Number).Stage == agent.StageEnded {
			return "whoever has the environment has ended"
		}
		return ""
	}
	return "it waits for nothing"
}

// resolve has people answer every question, end every hold and lock.
func (w *world) resolve() {
	for _, id := range w.threads {
		s := w.check.state(id)
		if s == nil {
			continue
		}
		for _, r := range s.Open() {
			if r.Held != "" {
				w.types("U0ALICE", "resume "+r.ID, id, false)
			}
			switch r.Stage {
			case agent.StageUnknown:
				w.all(id, pick(w, []agent.Verb{agent.VerbRan, agent.VerbDidnt, agent.VerbStop}), agent.UnknownQuestionID(r))
			case agent.StageDoubt:
				w.all(id, pick(w, []agent.Verb{agent.VerbHealthy, agent.VerbUnwell, agent.VerbRecheck}), agent.DoubtQuestionID(r))
			default: // it waits for no answer
			}
		}
	}
	for _, log := range []string{"shop/staging"} {
		if e := w.check.envs["env:"+log]; e != nil && e.Lock != nil && len(w.threads) > 0 {
			w.types("U0ALICE", "unlock shop staging", "", true)
		}
	}
}

// all: everybody presses a button, which has to be there.
func (w *world) all(id agent.ThreadID, verb agent.Verb, target string) {
	standing := w.slack.standing()
	i := slices.IndexFunc(standing, func(b button) bool { return b.thread == id && b.verb == verb && b.target == target })
	if i < 0 {
		w.fail("who is asked has a button", "%s for %s stands nowhere in %s", verb, target, w.label(id))
		return
	}
	for _, who := range everybody {
		w.clicks(standing[i], who)
	}
}

// ended: with everything decided or past its time, every release has ended, and no environment is held.
func (w *world) ended() {
	if !w.ok() {
		return
	}
	for _, id := range w.threads {
		s := w.check.state(id)
		if s == nil {
			continue
		}
		for _, r := range s.Releases {
			if r.Stage != agent.StageEnded {
				w.fail("every release ends", "%s#%d is at %s: %s", w.label(id), r.N, r.Stage, w.stuck(s, r))
			}
			w.rep.Ends[r.Outcome]++
		}
	}
	for log, e := range w.check.envs {
		if h := e.Holder(); h != nil && w.ok() {
			w.fail("every environment is given back", "%s is held by %s#%d", log, w.label(h.Thread), h.Number)
		}
	}
}

// seen: what people see is what the states say.
func (w *world) seen() {
	if !w.ok() {
		return
	}
	store := w.auditor()
	for _, id := range w.threads {
		if w.check.state(id) == nil {
			continue
		}
		s, err := agent.LoadThread(w.ctx, store, id)
		if err != nil {
			w.fail("every thread can be read", "%v", err)
			return
		}
		w.seenOf(s)
	}
}

func (w *world) seenOf(s *agent.State) {
	found := w.slack.views(s.ID)
	for _, n := range s.Notes {
		w.fail("what people see is what is", "%s of %s was not told", n.Key(), w.label(s.ID))
	}
	if s.Slack != nil && s.Slack.Channel != "" { // else it stands nowhere, and people are told directly
		for _, v := range blocks.Thread(s, blocks.Options{BotUser: botUser}) {
			w.stands(s, v, found[v.Key])
		}
	}
	for _, key := range slices.Sorted(maps.Keys(found)) {
		if strings.HasPrefix(key, "letter/") && !slices.ContainsFunc(found[key], func(m *message) bool { return w.check.posted[m.ts] }) {
			continue // whoever sent it died, and nobody knows of it: it stands in somebody's direct messages
		}
		if len(found[key]) > 1 && !w.oneByOne(key, found[key]) {
			w.fail("what people see is what is", "%s of %s stands %d times", key, w.label(s.ID), len(found[key]))
		}
		for _, b := range found[key][0].buttons {
			if b.verb == agent.VerbApprove && outcomes(s)[b.target] != string(agent.ApprovalPending) {
				w.fail("no button stands for what is decided", "%s of %s still has Approve for %s, which is %q", key, w.label(s.ID), b.target, outcomes(s)[b.target])
			}
		}
	}
}

// oneByOne: of messages below one key each was shown for the last time before
// the next: the word to who asked, of a channel that was shut more than once.
func (w *world) oneByOne(key string, all []*message) bool {
	last := 0
	for _, m := range all {
		if !w.check.posted[m.ts] {
			return false
		}
		if w.check.final[m.ts] {
			last++
		}
	}
	return strings.HasPrefix(key, "letter/asker/") && last >= len(all)-1
}

// stands: a view stands once, as it should be.
func (w *world) stands(s *agent.State, v blocks.View, found []*message) {
	if len(found) != 1 {
		w.fail("what people see is what is", "%s of %s stands %d times", v.Key, w.label(s.ID), len(found))
		return
	}
	text := v.Text
	if r := []rune(text); len(r) > textsMost {
		text = string(r[:textsMost])
	}
	list, err := json.Marshal(v.Blocks)
	if err != nil {
		w.fail("every state can be shown", "%s of %s: %v", v.Key, w.label(s.ID), err)
	}
	if len(v.Blocks) == 0 {
		list = nil
	}
	if found[0].text != text || found[0].blocks != string(list) {
		w.fail("what people see is what is", "%s of %s says %q, and should say %q", v.Key, w.label(s.ID), found[0].text, v.Text)
	}
}

// logs checks every log as a whole: replayed, folded in halves, through its snapshot, and its chain.
func (w *world) logs() {
	if !w.ok() {
		return
	}
	store := w.auditor()
	for _, id := range w.threads {
		if w.check.state(id) == nil {
			continue
		}
		events, err := agent.ReadEvents(w.ctx, store, string(id), 1)
		if err != nil {
			w.fail("every thread can be read", "%v", err)
			return
		}
		folded, diffs := agent.Replay(id, events)
		if len(diffs) > 0 {
			w.fail("replayed, a log gives what was recorded", "%s: %s", w.label(id), diffs[0])
		}
		half := agent.Fold(agent.NewState(id), events[:len(events)/2])
		if half, err = half.Clone(); err != nil {
			w.fail("every state can be copied", "%v", err)
			return
		}
		loaded, err := agent.LoadThread(w.ctx, store, id)
		if err != nil {
			w.fail("every thread can be read", "%v", err)
			return
		}
		whole := text(folded)
		for what, s := range map[string]*agent.State{
			"in two halves": agent.Fold(half, events[len(events)/2:]), "through its snapshot": loaded, "as it was written": w.check.state(id),
		} {
			if text(s) != whole {
				w.fail("a log has one state", "%s, %s folds to another:\n%s\n%s", what, w.label(id), text(s), whole)
			}
		}
		if _, err := store.Verify(w.records(string(id)), agent.PrevOf); err != nil {
			w.fail("a log is a chain", "%s: %v", w.label(id), err)
		}
	}
}

func text(s *agent.State) string {
	b, err := json.Marshal(s)
	if err != nil {
		return err.Error()
	}
	return string(b)
}

// failover loses the last writes, as a store does that had not passed them on.
func (w *world) failover() {
	n := w.disk.Failover(1 + w.rng.IntN(10))
	if n == 0 {
		return
	}
	w.count("failover loses writes")
	w.lost = true
	w.logf("a failover loses %d writes", n)
	w.check.rebuild()
}
