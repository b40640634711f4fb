package chaos

import (
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/releasebot/releasebot/agent"
	"github.com/releasebot/releasebot/internal/e2etest"
	"github.com/releasebot/releasebot/threadstore"
)

// judge compares what the logs say with the ledger, and with what Slack was told.
type judge struct {
	w *town
	p *people

	// lossy: acknowledged events may have been lost with a master of Redis, but no start. What is lost is counted.
	lossy    bool
	unlogged []string // keys that the deployer knows, and no log
	gone     int      // mentions and clicks that were acknowledged and are in no log
	lost     int      // threads that know of a loss

	mu    sync.Mutex
	found []string // what must not be
	never string   // what did not come to rest

	looked time.Time
	reason string // why it is not settled
	known  map[agent.ThreadID]listed

	mentions, acked, approvals, releases, events, effects int
	most                                                  int // starts of one key
	outcomes                                              map[string]int
}

// listed is a thread as `releasebot threads --json` has it.
type listed struct {
	ID       agent.ThreadID `json:"id"`
	State    string         `json:"state"`
	Releases []struct {
		ID    string `json:"id"`
		State string `json:"state"`
	} `json:"releases"`
}

func newJudge(w *town, p *people) *judge { return &judge{w: w, p: p, outcomes: map[string]int{}} }

// find notes what must not be.
func (j *judge) find(format string, args ...any) {
	j.mu.Lock()
	defer j.mu.Unlock()
	j.found = append(j.found, fmt.Sprintf(format, args...))
}

// sentence fails the test for each thing that was found.
func (j *judge) sentence() {
	j.w.Helper()
	for _, what := range j.found {
		j.w.Error(what)
	}
	if j.never != "" {
		j.w.Error(j.never)
	}
}

func (j *judge) why() string { return "not at rest: " + j.reason + "\n" }

func (j *judge) String() string {
	var parts []string
	for _, k := range slices.Sorted(maps.Keys(j.outcomes)) {
		parts = append(parts, fmt.Sprintf("%d %s", j.outcomes[k], k))
	}
	return fmt.Sprintf("%d mentions, %d acknowledged, %d acknowledged clicks on Approve, %d threads, %d releases (%s), %d events, %d effects, at most %d of one key", j.mentions, j.acked, j.approvals, len(j.known), j.releases, strings.Join(parts, ", "), j.events, j.effects, j.most)
}

// settled: nothing is on its way, and every release is final or waits for the people its card names.
func (j *judge) settled() bool {
	if time.Since(j.looked) < time.Second {
		return false
	}
	defer func() { j.looked = time.Now() }()
	if !j.w.slack.Idle() {
		j.reason = "envelopes are on their way"
		return false
	}
	out, err := j.w.releasebot("threads", "--json")
	if err != nil {
		j.reason = err.Error()
		return false
	}
	var list struct{ Threads []listed }
	if err := json.Unmarshal([]byte(out), &list); err != nil {
		j.reason = err.Error()
		return false
	}
	j.known = map[agent.ThreadID]listed{}
	for _, t := range list.Threads {
		j.known[t.ID] = t
	}
	for _, r := range j.p.all() {
		t, ok := j.known[j.w.thread(r.ts)]
		if !ok {
			if j.acknowledged(r) && !j.lossy {
				j.reason = fmt.Sprintf("the mention %s (%s) was acknowledged and has no thread", r.ts, r.version)
				return false
			}
			continue
		}
		if !rests(t, r.mind) && !(j.lossy && t.State == "unknown") {
			shown, err := j.w.releasebot("thread", "show", string(t.ID))
			j.reason = fmt.Sprintf("%+v, which somebody wants to %s\n%s\n%s%v", t, r.mind, j.w.slack.RenderThread(releases, r.ts), shown, err)
			return false
		}
	}
	return true
}

func rests(t listed, mind string) bool {
	switch t.State {
	case "done", "failed", "canceled":
		return true
	case "waiting":
		return mind == toLeave && !slices.ContainsFunc(t.Releases, func(r struct {
			ID    string `json:"id"`
			State string `json:"state"`
		},
		) bool {
			return !slices.Contains([]string{"waiting for approval", "done", "failed", "rejected", "canceled", "rolled back", "superseded"}, r.State)
		})
	}
	return false
}

// acknowledged reports whether Slack has an acknowledgement of the mention.
func (j *judge) acknowledged(r *request) bool {
	for _, d := range j.w.slack.Deliveries() {
		if d.Acked && r.events[d.EventID] {
			return true
		}
	}
	return false
}

// start is a deploy_started with what stood in its log before it.
type start struct {
	thread                        agent.ThreadID
	service, environment, version string
	approved                      int // people who approved exactly this plan, not counting who asked
	planned                       bool
	at                            time.Time
}

// judge looks at everything once all is at rest.
func (j *judge) judge() {
	starts := map[string]start{}
	var mu sync.Mutex
	var all sync.WaitGroup
	turn := make(chan struct{}, 3)
	for _, r := range j.p.all() {
		j.mentions++
		if j.acknowledged(r) {
			j.acked++
		}
		id := j.w.thread(r.ts)
		t, ok := j.known[id]
		if !ok {
			if j.acknowledged(r) {
				j.gone++
			}
			continue
		}
		if t.State == "unknown" {
			j.lost++
		}
		turn <- struct{}{}
		all.Go(func() {
			defer func() { <-turn }()
			log := j.thread(r, id)
			mu.Lock()
			defer mu.Unlock()
			j.events += len(log)
			j.clicks(r, id, log)
			for key, s := range startsOf(id, log) {
				if other, twice := starts[key]; twice {
					j.find("the key %s stands in %s and %s", key, other.thread, id)
				}
				starts[key] = s
			}
		})
	}
	all.Wait()
	for _, t := range j.known {
		for _, r := range t.Releases {
			j.releases++
			j.outcomes[r.State]++
		}
	}
	j.effectsOf(starts)
	for _, service := range services() {
		for _, env := range []string{"staging", "production"} {
			out, err := j.w.releasebot("thread", "verify", agent.EnvironmentLog(service, env))
			if err != nil && !strings.Contains(err.Error(), "no thread") && !strings.Contains(err.Error(), "not found") { // one that nobody asked for
				j.find("%v\n%s", err, out)
			}
		}
	}
}

// thread checks one thread: its chain, its decisions, its views. It returns its log.
func (j *judge) thread(r *request, id agent.ThreadID) []*agent.Event {
	out, err := j.w.releasebot("thread", "export", string(id))
	if err != nil {
		j.find("%v", err)
		return nil
	}
	log, err := e2etest.Events(out)
	if err != nil {
		j.find("%s: %v", id, err)
		return nil
	}
	var records [][]byte
	for line := range strings.Lines(out) {
		records = append(records, []byte(strings.TrimSuffix(line, "\n")))
	}
	if _, err := new(threadstore.Chain).Verify(records, agent.PrevOf); err != nil {
		j.find("%s: %v", id, err)
	}
	s, differences := agent.Replay(id, log)
	for _, d := range differences {
		j.find("%s: replayed, it differs: %s", id, d)
	}
	triggers := 0
	for _, e := range log {
		if _, ok := e.Data.(*agent.Trigger); ok {
			triggers++
		}
	}
	if triggers > 1 {
		j.find("%s: one mention stands in the log %d times", id, triggers)
	}
	pending := false
	for _, rel := range s.Releases {
		pending = pending || rel.Approval != nil && rel.Approval.State == agent.ApprovalPending && rel.Stage != agent.StageEnded
	}
	seen := map[string]bool{}
	for _, m := range j.w.slack.Thread(releases, r.ts) {
		key := viewKey(m)
		if key != "" && seen[key] {
			j.find("%s: %s stands there twice\n%s", id, key, j.w.slack.RenderThread(releases, r.ts))
		}
		seen[key] = true
		if live(m) && !pending {
			j.find("%s: a live card of what is decided\n%s", id, j.w.slack.RenderThread(releases, r.ts))
		}
	}
	return log
}

// clicks: each click on Approve that was acknowledged stands in the log.
func (j *judge) clicks(r *request, id agent.ThreadID, log []*agent.Event) {
	acked, logged := 0, 0
	for _, d := range j.w.slack.Deliveries() {
		if d.Acked && r.approvals[d.EnvelopeID] {
			acked++
		}
	}
	for _, e := range log {
		if d, ok := e.Data.(*agent.DecisionReceived); ok && d.Verb == agent.VerbApprove {
			logged++
		}
	}
	j.approvals += acked
	if logged < acked && j.lossy {
		j.gone += acked - logged
	} else if logged < acked {
		j.find("%s: %d clicks on Approve were acknowledged, and %d are in the log", id, acked, logged)
	}
}

// startsOf lists the keys that a log has started, with the approvals that stand
// before them. It counts by the events, not by the fold.
func startsOf(id agent.ThreadID, log []*agent.Event) map[string]start {
	starts := map[string]start{}
	plans := map[string]*agent.Plan{} // by key
	approved := map[string]map[string]bool{}
	for _, e := range log {
		switch d := e.Data.(type) {
		case *agent.Plan:
			plans[d.Key] = d
		case *agent.ApprovalResponse:
			if d.Decision == agent.VerbApprove && d.Person != alice {
				if approved[d.Digest] == nil {
					approved[d.Digest] = map[string]bool{}
				}
				approved[d.Digest][d.Person] = true
			}
		case *agent.DeployStarted:
			s := start{thread: id, at: e.At}
			if p := plans[d.Key]; p != nil {
				s.planned, s.service, s.environment, s.version, s.approved = true, p.Service, p.Env, p.Version, len(approved[p.Digest])
			}
			if _, again := starts[d.Key]; !again {
				starts[d.Key] = s
			}
		}
	}
	return starts
}

// effectsOf compares the ledger with the logs.
func (j *judge) effectsOf(starts map[string]start) {
	list, err := j.w.ledger.Read()
	j.w.must(err)
	begun := map[string]int{}
	running := map[string]string{} // by place: the key
	for _, e := range list {
		if e.What == e2etest.End {
			delete(running, e.Place())
			continue
		}
		j.effects++
		begun[e.Key]++
		j.most = max(j.most, begun[e.Key])
		if begun[e.Key] > 1 {
			j.find("%s of %s to %s was started %d times", e.Key, e.Version, e.Place(), begun[e.Key])
		}
		if other := running[e.Place()]; other != "" {
			j.find("%s began in %s while %s ran", e.Key, e.Place(), other)
		}
		running[e.Place()] = e.Key
		s, ok := starts[e.Key]
		switch {
		case !ok && j.lossy: // the log knows less than the deployer: its thread has to say so
			j.unlogged = append(j.unlogged, e.Key)
		case !ok:
			j.find("%s of %s to %s was started, and no log says so", e.Key, e.Version, e.Place())
		case !s.planned || s.service+"/"+s.environment != e.Place() || s.version != e.Version:
			j.find("%s deployed %s to %s, but its plan in %s says %s to %s/%s", e.Key, e.Version, e.Place(), s.thread, s.version, s.service, s.environment)
		case s.approved < needed(s.service, s.environment):
			j.find("%s was started in %s with %d approvals, and %d are needed", e.Key, e.Place(), s.approved, needed(s.service, s.environment))
		case s.at.After(e.At.Add(time.Second)): // one clock on this machine; a step's time is when it was thought
			j.find("%s began at %s, before the log said so at %s", e.Key, e.At, s.at)
		}
	}
}
