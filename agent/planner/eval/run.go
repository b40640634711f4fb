package eval

import (
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/releasebot/releasebot/agent"
)

// A Report is how a planner did on a file.
type Report struct {
	Total     int          `json:"total"`
	Correct   int          `json:"correct"`
	Dangerous int          `json:"dangerous"` // misses that could have changed the wrong thing
	Misses    []Miss       `json:"misses"`
	ByIntent  []IntentRate `json:"by_intent,omitempty"`
	Confusion []Confusion  `json:"confusion,omitempty"`
	Planner   string       `json:"planner,omitempty"`
	Tokens    agent.Tokens `json:"tokens"`
	Took      Took         `json:"took"`
}

// A Miss is a case that came out otherwise than expected.
type Miss struct {
	Say       string       `json:"say"`
	History   []string     `json:"history,omitempty"`
	Expect    Expect       `json:"expect"`
	Got       agent.Intent `json:"got"`
	Dangerous bool         `json:"dangerous,omitempty"`
	Line      int          `json:"line,omitempty"`
	Error     string       `json:"error,omitempty"` // the planner's, where it gave none
}

// IntentRate is how the cases of one expected intent came out.
type IntentRate struct {
	Intent  agent.IntentKind `json:"intent"`
	Total   int              `json:"total"`
	Correct int              `json:"correct"`
}

// Confusion counts how often one intent was expected and another came. Where
// both are the same, some other field was wrong.
type Confusion struct {
	Expected agent.IntentKind `json:"expected"`
	Got      agent.IntentKind `json:"got"`
	Count    int              `json:"count"`
}

// Took is how long the planner's calls took, in nanoseconds.
type Took struct {
	Total time.Duration `json:"total"`
	Mean  time.Duration `json:"mean"`
	Max   time.Duration `json:"max"`
}

// Accuracy is the share of cases that came out right, from 0 to 1; 1 for an empty file.
func (r Report) Accuracy() float64 {
	if r.Total == 0 {
		return 1
	}
	return float64(r.Correct) / float64(r.Total)
}

// Run asks the planner for each case, in order, and compares. A planner's
// error is a miss, not the end; when ctx ends the remaining cases are misses
// with its error.
func Run(ctx context.Context, planner agent.Planner, catalog agent.Catalog, cases []Case) Report {
	t := newTally()
	for _, c := range cases {
		in := agent.PlanInput{Words: c.Say, Catalog: catalog}
		for _, h := range c.History {
			in.Turns = append(in.Turns, agent.Turn{From: "person", Text: h})
		}
		begin := time.Now()
		got, err := planner.Plan(ctx, in)
		t.add(c, got, err, time.Since(begin))
	}
	return t.report()
}

// tally counts while cases run.
type tally struct {
	r         Report
	rates     map[agent.IntentKind]*IntentRate
	confusion map[[2]agent.IntentKind]int
}

func newTally() *tally {
	return &tally{rates: map[agent.IntentKind]*IntentRate{}, confusion: map[[2]agent.IntentKind]int{}, r: Report{Misses: []Miss{}}}
}

func (t *tally) add(c Case, got agent.Planned, err error, took time.Duration) {
	r := &t.r
	r.Total++
	r.Took.Total += took
	r.Took.Max = max(r.Took.Max, took)
	r.Tokens = r.Tokens.Plus(got.Tokens)
	if got.Planner != "" {
		r.Planner = got.Planner
	}
	met := err == nil && c.Expect.Met(got.Intent)
	if c.Expect.Intent != nil {
		t.rate(*c.Expect.Intent, got.Intent.Kind, met)
	}
	if met {
		r.Correct++
		return
	}
	m := Miss{Say: c.Say, History: c.History, Expect: c.Expect, Got: got.Intent, Line: c.Line}
	if err != nil {
		m.Error = err.Error()
	} else if c.Expect.Dangerous(got.Intent) {
		m.Dangerous = true
		r.Dangerous++
	}
	r.Misses = append(r.Misses, m)
}

func (t *tally) rate(want, got agent.IntentKind, met bool) {
	if t.rates[want] == nil {
		t.rates[want] = &IntentRate{Intent: want}
	}
	t.rates[want].Total++
	if met {
		t.rates[want].Correct++
		return
	}
	t.confusion[[2]agent.IntentKind{want, got}]++
}

// report puts the counts in the order of the contract's list of intents.
func (t *tally) report() Report {
	if t.r.Total > 0 {
		t.r.Took.Mean = t.r.Took.Total / time.Duration(t.r.Total)
	}
	for _, want := range kinds() {
		if rate := t.rates[want]; rate != nil {
			t.r.ByIntent = append(t.r.ByIntent, *rate)
		}
		for _, got := range append(kinds(), "") {
			if n := t.confusion[[2]agent.IntentKind{want, got}]; n > 0 {
				t.r.Confusion = append(t.r.Confusion, Confusion{Expected: want, Got: got, Count: n})
			}
		}
	}
	return t.r
}

// describe writes an intent in a line.
func describe(i agent.Intent) string {
	var s strings.Builder
	s.WriteString(string(i.Kind))
	for _, f := range [...]struct{ name, value string }{
		{"service", i.Service}, {"environment", i.Environment}, {"version", i.Version}, {"id", i.ID}, {"for", i.For}, {"reason", i.Reason},
	} {
		if f.value != "" {
			fmt.Fprintf(&s, " %s=%s", f.name, f.value)
		}
	}
	if len(i.Page) > 0 {
		fmt.Fprintf(&s, " page=%v", i.Page)
	}
	if i.Question != nil {
		fmt.Fprintf(&s, " (%s %q)", i.Question.Text, i.Question.Options)
	}
	return s.String()
}
