package agent_test

import (
	"bytes"
	"context"
	"errors"
	"maps"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/releasebot/releasebot/agent"
	"github.com/releasebot/releasebot/agent/agenttest"
	"github.com/releasebot/releasebot/policy"
	"github.com/releasebot/releasebot/threadstore"
	"github.com/releasebot/releasebot/threadstore/boltstore"
	"github.com/releasebot/releasebot/tools"
	"github.com/releasebot/releasebot/tools/deploy"
)

// forgetful is a world whose store can go back to how it stood, as one does after a failover.
type forgetful struct {
	*scenario
	f    *faulty
	path string
}

func newForgetful(t *testing.T) *forgetful {
	t.Helper()
	path := filepath.Join(t.TempDir(), "threads.db")
	d, err := boltstore.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	f := &faulty{Driver: d}
	w := &forgetful{newScenario(t, f), f, path}
	if w.policy, err = policy.Parse("releasebot.yml", []byte(invariantPolicy), agenttest.Registry()); err != nil {
		t.Fatal(err)
	}
	w.people.SetGroup("S0ONCALL", "U0BOB", "U0CAROL")
	return w
}

// lose forgets what do wrote: whoever saw it still remembers.
func (w *forgetful) lose(do func()) {
	w.t.Helper()
	w.reopen(func() error {
		b, err := os.ReadFile(w.path)
		if err != nil {
			return err
		}
		return os.WriteFile(w.path+".kept", b, 0o600)
	})
	w.boot("again") // leases do not outlive the file's opening
	do()
	w.reopen(func() error { return os.Rename(w.path+".kept", w.path) })
	w.clock.Move(10 * time.Second) // leases end
}

func (w *forgetful) reopen(meanwhile func() error) {
	w.t.Helper()
	if err := errors.Join(w.f.Close(), meanwhile()); err != nil {
		w.t.Fatal(err)
	}
	d, err := boltstore.Open(w.path)
	if err != nil {
		w.t.Fatal(err)
	}
	w.f.Driver = d
}

// replaced: another process takes the place of this one, and remembers nothing.
func (w *forgetful) replaced() {
	w.store = threadstore.New(w.f, threadstore.Options{Now: w.clock.Now})
	w.boot("second")
}

// wantLost wants the thread to be unknown, and to say by what it was noticed.
func (w *forgetful) wantLost(id agent.ThreadID, by string) *agent.State {
	w.t.Helper()
	st := w.state(id)
	if st.Lost == nil || st.Lost.NoticedBy != by || st.Status() != "unknown" || !strings.HasPrefix(st.Line().Problem, "events have been lost") {
		w.t.Fatalf("the thread is %s (%q), lost: %+v; want it unknown, noticed by %s", st.Status(), st.Line().Problem, st.Lost, by)
	}
	for _, r := range st.Releases {
		if r.Stage != agent.StageEnded || r.Approval != nil && r.Approval.State == agent.ApprovalPending {
			w.t.Errorf("release %s is %s, its approval %+v; want it ended", r.ID, r.Word(), r.Approval)
		}
	}
	return st
}

const toProduction = "deploy shop v1.0.0 to production"

// Each way of noticing makes the thread unknown: nothing is started in it, no
// approval counts, and whatever is said or pressed gets that for an answer.
func TestLostByEachWay(t *testing.T) {
	approve := func(w *forgetful, id agent.ThreadID, seen *agent.Seen) {
		w.serial++
		w.take(agent.Fact{
			ID: "late click", Thread: id, Actor: agent.SlackActor(agenttest.Team, "U0BOB"),
			Data: &agent.DecisionReceived{Verb: agent.VerbApprove, Target: w.state(id).Release(1).Approval.ID, Via: "button", Seen: seen},
		})
	}
	for _, c := range []struct {
		by     string
		notice func(w *forgetful, id agent.ThreadID, seen agent.Seen)
	}{
		{threadstore.NoticedVersion, func(w *forgetful, id agent.ThreadID, _ agent.Seen) {
			w.take(agent.Fact{ID: "late", Thread: id, Actor: agent.SlackActor(agenttest.Team, "U0ALICE"), Data: &agent.Message{Text: "how is it going?"}})
		}},
		{threadstore.NoticedHead, func(w *forgetful, id agent.ThreadID, seen agent.Seen) {
			w.growsAgain(id, seen.Version)
			if _, err := w.service.Thread(w.t.Context(), id); err != nil {
				w.t.Fatal(err)
			}
		}},
		{threadstore.NoticedChain, func(w *forgetful, id agent.ThreadID, seen agent.Seen) {
			w.growsAgain(id, seen.Version+2)
			w.clock.Move(2 * time.Hour) // the approval expires
			w.settle()
		}},
		{agent.NoticedCard, func(w *forgetful, id agent.ThreadID, seen agent.Seen) {
			w.replaced()
			approve(w, id, &seen)
		}},
		{agent.NoticedCard, func(w *forgetful, id agent.ThreadID, seen agent.Seen) { // by its head alone: the log has grown again
			w.growsAgain(id, seen.Version+2)
			w.replaced()
			approve(w, id, &seen)
		}},
		{agent.NoticedCard, func(w *forgetful, id agent.ThreadID, seen agent.Seen) { // read in the thread
			w.replaced()
			if err := w.service.Seen(w.t.Context(), id, seen); err != nil {
				w.t.Fatal(err)
			}
		}},
	} {
		t.Run(c.by, func(t *testing.T) {
			w := newForgetful(t)
			id := w.asks("A", toProduction)
			w.settle()
			var seen agent.Seen
			w.lose(func() {
				w.decides(id, "U0CAROL", agent.VerbReject, w.state(id).Release(1).Approval.ID) // without a reason: refused
				w.settle()
				w.decides(id, "U0CAROL", agent.VerbCancel, w.state(id).Release(1).ID)
				w.settle()
				if st := w.state(id); st.Release(1).Outcome != agent.OutcomeCanceled {
					t.Fatalf("release 1 is %s", st.Release(1).Word())
				} else {
					seen = agent.Seen{Version: st.Version, Head: st.Head}
				}
			})
			c.notice(w, id, seen)
			w.settle()
			st := w.wantLost(id, c.by)
			if d := st.Lost; c.by != threadstore.NoticedChain && d.Expected != seen.Version {
				t.Errorf("it says that the log stood at %d; it was %d", d.Expected, seen.Version)
			}
			w.closed(id)
			w.replaced()
			w.clock.Move(time.Minute)
			w.closed(id)
			if n := len(w.deployer.Ledger()); n != 0 {
				t.Errorf("%d starts; want none, since it was canceled", n)
			}
		})
	}
}

// growsAgain has somebody else append to the log until it stands at that version.
func (w *forgetful) growsAgain(id agent.ThreadID, version int64) {
	w.t.Helper()
	other := threadstore.New(w.f, threadstore.Options{Now: w.clock.Now})
	l, err := other.Load(w.t.Context(), string(id), agent.FoldVersion)
	if err != nil {
		w.t.Fatal(err)
	}
	for n := l.Version + 1; n <= version; n++ {
		e := &agent.Event{ID: "other/" + time.Duration(n).String(), At: w.clock.Now(), Actor: agent.SlackActor(agenttest.Team, "U0DAVE"), Data: &agent.Message{Text: "hm", Aside: true}}
		d := threadstore.Draft{ID: e.ID, Sum: e.ID, Encode: func(seq int64, prev string) ([]byte, error) {
			at := *e
			at.Seq, at.Prev = seq, prev
			return agent.Encode(&at)
		}}
		if _, err := other.Append(w.t.Context(), threadstore.Append{Log: string(id), Fact: true, Drafts: []threadstore.Draft{d}}); err != nil {
			w.t.Fatal(err)
		}
	}
}

// closed: whatever is said or pressed in the thread is answered, and starts nothing.
func (w *forgetful) closed(id agent.ThreadID) {
	w.t.Helper()
	w.serial++
	before := w.state(id)
	w.decides(id, "U0BOB", agent.VerbApprove, before.Release(1).ID)
	w.decides(id, "U0BOB", agent.VerbRetry, before.Release(1).ID)
	w.take(agent.Fact{
		ID: "words/" + time.Duration(w.serial).String(), Thread: id, Actor: agent.SlackActor(agenttest.Team, "U0ALICE"),
		Data: &agent.Message{Text: toProduction},
	})
	w.settle()
	st := w.state(id)
	if len(st.Releases) != len(before.Releases) || len(st.Notes) != len(before.Notes)+2 || len(st.Answers) != len(before.Answers)+1 {
		w.t.Errorf("%d releases, %d notes, %d answers; there were %d, %d, %d: want two refusals and an answer more, and no release",
			len(st.Releases), len(st.Notes), len(st.Answers), len(before.Releases), len(before.Notes), len(before.Answers))
	}
	for _, n := range st.Notes[len(before.Notes):] {
		if n.Data.Rule != "lost" {
			w.t.Errorf("%s is refused by %q: %s", n.Data.Verb, n.Data.Rule, n.Data.Reason)
		}
	}
	if a := st.Answers[len(st.Answers)-1].Data; !strings.Contains(a.Title, "have been lost") {
		w.t.Errorf("the words were answered by %q", a.Title)
	}
}

// A log that was lost whole is begun anew with that, and knows where in Slack it stands.
func TestLostWhole(t *testing.T) {
	w := newForgetful(t)
	w.asks("A", toProduction)
	w.settle()
	var id agent.ThreadID
	w.lose(func() {
		id = w.asks("B", toProduction)
		w.settle()
	})
	if _, err := w.runner.Step(t.Context(), id, w.clock.Now()); err != nil {
		t.Fatal(err)
	}
	w.settle()
	st := w.wantLost(id, threadstore.NoticedVersion)
	if st.Slack == nil || st.Slack.TS != "B" || st.Title != toProduction || len(st.Releases) != 0 {
		t.Errorf("it stands at %+v, titled %q, with %d releases", st.Slack, st.Title, len(st.Releases))
	}
	w.take(agent.Fact{
		ID: "slack/B", Thread: id, Actor: agent.SlackActor(agenttest.Team, "U0ALICE"), // as Slack sends it again
		Data: &agent.Trigger{Source: "mention", Text: toProduction, Slack: &agent.Place{Team: agenttest.Team, Channel: "C0RELEASES", TS: "B"}},
	})
	w.settle()
	if st := w.state(id); len(st.Releases) != 0 || len(st.Answers) != 1 {
		t.Errorf("%d releases, %d answers; want the trigger answered, and nothing begun", len(st.Releases), len(st.Answers))
	}
}

// The environment stays with a holder whose thread has lost events, until one
// who may approve there takes it over for another release.
func TestLostHolderKeepsTheEnvironment(t *testing.T) {
	w := newForgetful(t)
	id := w.asks("A", toProduction)
	w.settle()
	w.decides(id, "U0BOB", agent.VerbApprove, w.state(id).Release(1).Approval.ID)
	w.until(id, "lock_requested")
	var seen agent.Seen
	w.lose(func() {
		w.until(id, "deploy_started")
		st := w.state(id)
		seen = agent.Seen{Version: st.Version, Head: st.Head}
	})
	w.replaced()
	if err := w.service.Seen(t.Context(), id, seen); err != nil {
		t.Fatal(err)
	}
	w.settle()
	w.wantLost(id, agent.NoticedCard)

	next := w.asks("C", "deploy shop v2.0.0 to production")
	w.settle()
	w.decides(next, "U0BOB", agent.VerbApprove, w.state(next).Release(1).Approval.ID)
	w.settle()
	for range 5 {
		w.clock.Move(time.Hour)
		w.settle()
	}
	rel := w.state(next).Release(1)
	if rel.Stage != agent.StageClaim || !strings.Contains(rel.Waits, "take it over") {
		t.Fatalf("release %s is %s: %q; want it to wait, and to say how it goes on", rel.ID, rel.Word(), rel.Waits)
	}
	before := len(w.deployer.Ledger())
	w.serial++
	w.take(agent.Fact{
		ID: "take over", Thread: next, Actor: agent.SlackActor(agenttest.Team, "U0CAROL"),
		Data: &agent.DecisionReceived{Verb: agent.VerbTakeover, Target: rel.ID, Reason: "it is over: I looked", Via: "button"},
	})
	w.settle()
	if rel := w.state(next).Release(1); rel.Stage == agent.StageApproval { // it was to replace what the lost release had shipped, and that is not known any more
		w.decides(next, "U0BOB", agent.VerbApprove, rel.Approval.ID)
		w.settle()
	}
	if n := len(w.deployer.Ledger()); n != before+1 {
		t.Fatalf("%d starts after the take-over, %d before; release %s is %s", n, before, rel.ID, w.state(next).Release(1).Word())
	}
}

// A thread that has lost the very release that holds an environment is found
// out by the next one that waits there.
func TestLostReleaseHoldsTheEnvironment(t *testing.T) {
	w := newForgetful(t)
	id := w.asks("A", toProduction)
	w.settle()
	claim := &agent.Event{ID: "claim", At: w.clock.Now(), Actor: agent.Bot, Data: &agent.Claim{Claim: "c", Thread: id, Number: 2, Action: "deploy", Version: "v1.1.0"}}
	d := threadstore.Draft{ID: claim.ID, Sum: claim.ID, Encode: func(seq int64, prev string) ([]byte, error) {
		claim.Seq, claim.Prev = seq, prev
		return agent.Encode(claim)
	}}
	if _, err := w.store.Append(t.Context(), threadstore.Append{Log: agent.EnvironmentLog("shop", "production"), Fact: true, Drafts: []threadstore.Draft{d}}); err != nil {
		t.Fatal(err)
	}
	next := w.asks("C", "deploy shop v2.0.0 to production")
	w.settle()
	w.decides(next, "U0BOB", agent.VerbApprove, w.state(next).Release(1).Approval.ID)
	for range 3 {
		w.settle()
		w.clock.Move(time.Minute)
	}
	w.wantLost(id, agent.NoticedEnvironment)
	if rel := w.state(next).Release(1); rel.Stage != agent.StageClaim || !strings.Contains(rel.Waits, "take it over") {
		t.Fatalf("release %s is %s: %q", rel.ID, rel.Word(), rel.Waits)
	}
	if n := len(w.deployer.Ledger()); n != 0 {
		t.Errorf("%d starts", n)
	}
}

// An environment whose own log has lost events is nobody's until one who may approve there takes it over.
func TestLostEnvironment(t *testing.T) {
	w := newForgetful(t)
	first := w.asks("A", "deploy shop v1.0.0 to staging")
	w.settle()
	w.lose(func() {
		w.asks("B", "deploy shop v1.1.0 to staging")
		w.settle()
	})
	before := len(w.deployer.Ledger())
	next := w.asks("C", "deploy shop v1.2.0 to staging")
	w.settle()
	env, err := agent.LoadEnvironment(t.Context(), w.store, "shop", "staging")
	if err != nil {
		t.Fatal(err)
	}
	if env.Lost == nil || len(w.deployer.Ledger()) != before {
		t.Fatalf("lost: %+v, %d starts and %d before; want the loss noticed and nothing started", env.Lost, len(w.deployer.Ledger()), before)
	}
	rel := w.state(next).Release(1)
	if rel.Stage != agent.StageClaim || !strings.Contains(rel.Waits, "lost events") {
		t.Fatalf("release %s is %s: %q", rel.ID, rel.Word(), rel.Waits)
	}
	if lines, err := w.service.Environments(t.Context()); err != nil || lines[0].Lost == "" {
		t.Errorf("the list says %+v (%v)", lines, err)
	}
	w.take(agent.Fact{
		ID: "take over", Thread: next, Actor: agent.SlackActor(agenttest.Team, "U0CAROL"),
		Data: &agent.DecisionReceived{Verb: agent.VerbTakeover, Target: rel.ID, Reason: "nothing runs there", Via: "button"},
	})
	w.settle()
	if rel := w.state(next).Release(1); rel.Outcome != agent.OutcomeDone || len(w.deployer.Ledger()) != before+1 {
		t.Fatalf("release %s is %s with %d starts; want it done", rel.ID, rel.Word(), len(w.deployer.Ledger())-before)
	}
	if st := w.state(first); st.Lost != nil {
		t.Errorf("a thread that has lost nothing is lost: %+v", st.Lost)
	}
}

// Somebody who changes an event in the store is noticed by the next who reads it.
func TestLostByTampering(t *testing.T) {
	w := newForgetful(t)
	id := w.asks("A", toProduction)
	w.settle()
	w.f.Driver = tampered{w.f.Driver, "v1.0.0", "v6.6.6"}
	w.replaced()
	if _, err := agent.LoadThread(t.Context(), w.store, id); !errors.Is(err, threadstore.ErrLost) {
		t.Fatalf("a changed log is read: %v", err)
	}
	if _, err := w.service.Thread(t.Context(), id); err != nil {
		t.Fatal(err)
	}
	w.wantLost(id, threadstore.NoticedChain)
}

// A process that lacks the key of the chain must not take every log for changed.
func TestNothingIsLostForWantOfTheKey(t *testing.T) {
	w := newForgetful(t)
	keyed := threadstore.Options{Now: w.clock.Now, HMACKey: []byte("0123456789abcdef0123456789abcdef")}
	w.store = threadstore.New(w.f, keyed)
	if err := w.store.ClaimKey(t.Context()); err != nil {
		t.Fatal(err)
	}
	w.boot("keyed")
	id := w.asks("A", toProduction)
	w.settle()
	w.clock.Move(10 * time.Second)

	w.f.Driver = tampered{Driver: w.f.Driver}
	w.replaced()
	if err := w.store.ClaimKey(t.Context()); !errors.Is(err, threadstore.ErrOtherKey) {
		t.Errorf("a process without the key is let in: %v", err)
	}
	if _, err := w.service.Thread(t.Context(), id); !errors.Is(err, threadstore.ErrOtherKey) {
		t.Errorf("it reads a log that it can't check: %v", err)
	}
	w.store = threadstore.New(w.f, keyed)
	if st := w.state(id); st.Lost != nil {
		t.Errorf("the thread is lost: %+v", st.Lost)
	}
}

// tampered is a store in which somebody has changed what the events say, and which has no snapshots.
type tampered struct {
	threadstore.Driver
	old, to string
}

func (d tampered) Load(ctx context.Context, log string, _ int) (threadstore.Loaded, error) {
	l, err := d.Driver.Load(ctx, log, -1)
	for i, r := range l.Records {
		if d.old != "" {
			l.Records[i] = bytes.Replace(r, []byte(d.old), []byte(d.to), 1)
		}
	}
	return l, err
}

// frozen is a deployer whose first answer finds a process that had stood still until then.
type frozen struct {
	deploy.Driver
	meanwhile func()
}

func (f *frozen) Find(ctx context.Context, c tools.Call, ref string) (deploy.Status, error) {
	if do := f.meanwhile; do != nil {
		f.meanwhile = nil
		do()
	}
	return f.Driver.Find(ctx, c, ref)
}

// A process stands still while it asks the deployer before a start, and another
// one makes that start: nothing is lost.
func TestAnothersStartIsNoLoss(t *testing.T) {
	s, _ := newWorld(t)
	id := s.asks("A", "deploy shop v1.0.0 to staging")
	first := s.runner
	slow := &frozen{Driver: s.deployer, meanwhile: func() {
		s.die("second")
		for n := 0; n < 50 && len(s.deployer.Ledger()) == 0; n++ {
			if _, err := s.runner.Step(t.Context(), id, s.clock.Now()); err != nil {
				t.Fatal(err)
			}
		}
	}}
	first.Deployers = maps.Clone(first.Deployers)
	for name := range first.Deployers {
		first.Deployers[name] = slow
	}
	for n := 0; n < 50 && slow.meanwhile != nil; n++ {
		if _, err := first.Step(t.Context(), id, s.clock.Now()); err != nil && !errors.Is(err, threadstore.ErrStale) {
			t.Fatal(err)
		}
	}
	if len(s.deployer.Ledger()) != 1 {
		t.Fatalf("started %d times", len(s.deployer.Ledger()))
	}
	if st := s.state(id); st.Lost != nil {
		t.Fatalf("lost: %+v", st.Lost)
	}
}
