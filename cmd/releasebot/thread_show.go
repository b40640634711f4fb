package main

import (
	"encoding/json"
	"fmt"
	"io"
	"text/tabwriter"
	"time"

	"github.com/spf13/cobra"

	"github.com/releasebot/releasebot/agent"
)

type threadShowCommand struct {
	ID     string
	JSON   bool
	Prompt int64
}

func (t *threadShowCommand) command(c *console) *cobra.Command {
	cmd := leaf(c, t, "show", "Show a thread, or an environment's log, event by event.",
		argument{name: "id-or-file", to: &t.ID, help: "A thread's id, the id that a card shows, env:SERVICE/ENVIRONMENT, or a file that thread export wrote."})
	cmd.Flags().BoolVar(&t.JSON, "json", false, "As JSON: the thread with its events as they are stored.")
	cmd.Flags().Int64Var(&t.Prompt, "prompt", 0,
		"Print what was sent to the model for event `N` instead: a planner_decision, or the words that it is about.")
	return cmd
}

// Run shows a log.
func (t *threadShowCommand) Run(c *console) error {
	r, err := readAny(c, t.ID)
	if err != nil {
		return err
	}
	if err := r.decode(); err != nil {
		return err
	}
	if t.Prompt != 0 {
		return t.showPrompt(c, &r)
	}
	if service, env, ok := agent.ParseEnvironmentLog(r.name); ok {
		return t.showEnvironment(c.out, service, env, &r)
	}
	line := agent.Fold(agent.NewState(agent.ThreadID(r.name)), r.events).Line()
	if t.JSON {
		return printJSON(c.out, struct {
			threadRecord
			Events []json.RawMessage `json:"events"`
		}{record(line), rawEvents(&r)})
	}
	if err := showHeader(c.out, line); err != nil {
		return err
	}
	return showEvents(c.out, r.events)
}

func (t *threadShowCommand) showEnvironment(w io.Writer, service, env string, r *read) error {
	s := agent.NewEnvironment(service, env)
	for _, e := range r.events {
		s.Reduce(e)
	}
	line := s.Line()
	if t.JSON {
		return printJSON(w, struct {
			agent.EnvironmentLine
			Events []json.RawMessage `json:"events"`
		}{line, rawEvents(r)})
	}
	running := or(line.Running.Version, "nothing that is known")
	if _, err := fmt.Fprintf(w, "%s in %s: runs %s\n\n", service, env, oneLine(running, 100)); err != nil {
		return err
	}
	return showEvents(w, r.events)
}

func rawEvents(r *read) []json.RawMessage {
	raw := make([]json.RawMessage, len(r.records))
	for i, b := range r.records {
		raw[i] = b
	}
	return raw
}

func showHeader(out io.Writer, t agent.ThreadLine) error {
	w := tabwriter.NewWriter(out, 0, 0, 2, ' ', 0)
	fmt.Fprintf(w, "thread\t%s\nstate\t%s\nbegan\t%s\ntitle\t%s\n", t.ID, t.State, t.Began.UTC().Format(time.RFC3339), oneLine(t.Title, 200)) //nolint:errcheck // Flush reports it
	if p := t.Slack; p != nil && p.TS != "" {
		fmt.Fprintf(w, "slack\t%s %s %s\n", p.Team, p.Channel, p.TS) //nolint:errcheck // as above
	}
	for _, r := range t.Releases {
		fmt.Fprintf(w, "release\t%s  %s\n", r.ID, oneLine(releaseWords(r), 200)) //nolint:errcheck // as above
	}
	if t.Problem != "" {
		fmt.Fprintf(w, "problem\t%s\n", oneLine(t.Problem, 400)) //nolint:errcheck // as above
	}
	fmt.Fprintln(w) //nolint:errcheck // as above
	return w.Flush()
}

// showEvents writes a line for each event: seq, time, type, actor, text.
func showEvents(out io.Writer, events []*agent.Event) error {
	w := tabwriter.NewWriter(out, 0, 0, 2, ' ', 0)
	for _, e := range events {
		fmt.Fprintf(w, "%d\t%s\t%s\t%s\t%s\n", e.Seq, e.At.UTC().Format("2006-01-02 15:04:05.000Z"), eventType(e), oneLine(string(e.Actor), 60), oneLine(agent.Describe(e), 1000)) //nolint:errcheck // Flush reports it
	}
	return w.Flush()
}

// eventType names the release that an event is about, in a thread: "#2 plan".
func eventType(e *agent.Event) string {
	if e.Release > 0 {
		return fmt.Sprintf("#%d %s", e.Release, e.Type())
	}
	return e.Type()
}
