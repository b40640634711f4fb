package agent_test

import (
	"encoding/json"
	"flag"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/releasebot/releasebot/agent"
	"github.com/releasebot/releasebot/threadstore"
)

// historiesDir has a folder for each version whose logs and snapshots must stay readable.
const historiesDir = "testdata/histories"

// recordVersion: each scenario's logs are kept as those of this version.
var recordVersion = flag.String("record", "", "keep the scenarios' logs in testdata/histories as those of this version")

// shapeFile says what a version's events and states are made of.
const shapeFile = "shape.json"

// shape is what a version writes: the fields of each event type, and of the states that snapshots hold.
type shape struct {
	Commit string              `json:"commit"` // that the version was built from
	Fold   int                 `json:"fold"`
	Events map[string][]string `json:"events"`
	States map[string][]string `json:"states"`
}

// history is what a recorded log folded to.
type history struct {
	Log    string            `json:"log"` // the thread's id, or the environment's log
	Head   string            `json:"head"`
	State  json.RawMessage   `json:"state"` // as lists show it
	Events map[string]int    `json:"events"`
	Stages map[string]string `json:"stages,omitempty"` // by release: stage, outcome and approval
}

// TestHistories: the logs of each earlier version are read by this one. Every
// event is understood, the chain is whole, Decide allows at each prefix what was
// decided then, each plan has the digest it had, so that approvals given to the
// old program count, and the fold comes to what it came to then. At a release,
// "make histories VERSION=v1.2" keeps those of the version.
func TestHistories(t *testing.T) {
	versions, err := filepath.Glob(filepath.Join(historiesDir, "*", shapeFile))
	if err != nil || len(versions) == 0 {
		t.Fatalf("no histories below %s: %v", historiesDir, err)
	}
	for _, v := range versions {
		dir := filepath.Dir(v)
		t.Run(filepath.Base(dir), func(t *testing.T) {
			files, err := filepath.Glob(filepath.Join(dir, "*", "*.jsonl"))
			if err != nil || len(files) < 20 {
				t.Fatalf("%d logs, and there are scenarios of more: %v", len(files), err)
			}
			kinds := map[string]int{}
			for _, f := range files {
				replayHistory(t, f, kinds)
			}
			// The kinds of releases that a history has to have.
			for _, k := range []string{
				"outcome done", "outcome rejected", "outcome expired", "outcome failed", "outcome unhealthy", "outcome rolled back", "outcome canceled",
				"outcome superseded", "held", "glass_broken", "watch_set", "human_input_response", "takeover", "human_lock", "timer_set", "edit",
			} {
				if kinds[k] == 0 {
					t.Errorf("no history has %q: %v", k, slices.Sorted(maps.Keys(kinds)))
				}
			}
		})
	}
}

func replayHistory(t *testing.T, file string, kinds map[string]int) {
	t.Helper()
	var want history
	readJSON(t, strings.TrimSuffix(file, ".jsonl")+".json", &want)
	b, err := os.ReadFile(file) //nolint:gosec // of testdata
	if err != nil {
		t.Fatal(err)
	}
	var records [][]byte
	var events []*agent.Event
	for line := range strings.Lines(string(b)) {
		line = strings.TrimSuffix(line, "\n")
		e, err := agent.Decode([]byte(line))
		if err != nil {
			t.Fatalf("%s: %v", file, err)
		}
		if _, foreign := e.Data.(*agent.Foreign); foreign {
			t.Errorf("%s: %d is a %s that this program does not understand", file, e.Seq, e.Type())
		}
		if d, ok := e.Data.(*agent.DecisionReceived); ok && d.Edit != nil {
			kinds["edit"]++
		}
		kinds[e.Type()]++
		records, events = append(records, []byte(line)), append(events, e)
	}
	head, err := new(threadstore.Chain).Verify(records, agent.PrevOf)
	if err != nil || head != want.Head {
		t.Errorf("%s: the chain ends in %s, and did in %s: %v", file, head, want.Head, err)
	}
	now, s := fold(t, file, want.Log, events)
	now.Head = head
	if s != nil {
		for _, r := range s.Releases {
			kinds["outcome "+r.Outcome]++
		}
	}
	for _, d := range lost("", asAny(t, want), asAny(t, now)) {
		t.Errorf("%s: it folds to something else than it did: %s", file, d)
	}
}

// fold is what a log comes to with today's program; of a thread, Decide is run at each prefix.
func fold(t *testing.T, name, log string, events []*agent.Event) (history, *agent.State) {
	t.Helper()
	h := history{Log: log, Events: map[string]int{}}
	for _, e := range events {
		h.Events[e.Type()]++
	}
	if service, env, ok := agent.ParseEnvironmentLog(log); ok {
		s := agent.NewEnvironment(service, env)
		for _, e := range events {
			s.Reduce(e)
		}
		h.State = raw(t, map[string]any{"line": s.Line(), "history": s.History, "fence": s.Fence, "healthy": s.Healthy, "given": s.Given, "queue": s.Queue})
		return h, nil
	}
	s, diffs := agent.Replay(agent.ThreadID(log), events)
	for _, d := range diffs {
		t.Errorf("%s: replayed, it differs: %s", name, d)
	}
	h.State, h.Stages = raw(t, s.Line()), map[string]string{}
	for _, r := range s.Releases {
		text := fmt.Sprintf("%s %s", r.Stage, r.Outcome)
		if r.Plan != nil {
			text += " key " + r.Plan.Key
		}
		if a := r.Approval; a != nil {
			text += fmt.Sprintf(" approval %s of %d/%d until %s", a.State, len(a.Approvers), a.Required, a.Expires.UTC().Format("2006-01-02T15:04:05Z"))
		}
		h.Stages[r.ID] = text
	}
	return h, s
}

// lost lists what was said then and is not said now. What is said beside it is new, and may be.
func lost(at string, then, now any) (list []string) {
	switch old := then.(type) {
	case map[string]any:
		today, ok := now.(map[string]any)
		if !ok {
			return []string{fmt.Sprintf("%s was %v, is %v", at, then, now)}
		}
		for _, k := range slices.Sorted(maps.Keys(old)) {
			list = append(list, lost(at+"."+k, old[k], today[k])...)
		}
		return list
	case []any:
		today, ok := now.([]any)
		if !ok || len(today) != len(old) {
			return []string{fmt.Sprintf("%s was %v, is %v", at, then, now)}
		}
		for i := range old {
			list = append(list, lost(fmt.Sprintf("%s[%d]", at, i), old[i], today[i])...)
		}
		return list
	}
	if then != now {
		return []string{fmt.Sprintf("%s was %v, is %v", at, then, now)}
	}
	return nil
}

func asAny(t *testing.T, v any) any {
	t.Helper()
	var a any
	if err := json.Unmarshal(raw(t, v), &a); err != nil {
		t.Fatal(err)
	}
	return a
}

func raw(t *testing.T, v any) json.RawMessage {
	t.Helper()
	b, err := json.Marshal(v)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func readJSON(t *testing.T, path string, into any) {
	t.Helper()
	b, err := os.ReadFile(path) //nolint:gosec // of testdata
	if err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal(b, into); err != nil {
		t.Fatalf("%s: %v", path, err)
	}
}
