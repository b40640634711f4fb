package main

import (
	"fmt"
	"strings"
	"text/tabwriter"

	"github.com/spf13/cobra"

	"github.com/releasebot/releasebot/agent"
)

type threadsCommand struct {
	JSON bool
}

func (t *threadsCommand) command(c *console) *cobra.Command {
	cmd := leaf(c, t, "threads", "List the threads, the one that changed last first.")
	cmd.Flags().BoolVar(&t.JSON, "json", false, `As JSON: {"threads": […]}.`)
	return cmd
}

// Run lists all threads.
func (t *threadsCommand) Run(c *console) (err error) {
	l, err := openLogs(c.ctx, c.settings)
	if err != nil {
		return err
	}
	defer closing(l, &err)
	lines, err := l.Threads(c.ctx)
	if err != nil {
		return err
	}
	if t.JSON {
		return printJSON(c.out, map[string]any{"threads": records(lines)})
	}
	if len(lines) == 0 {
		_, err := fmt.Fprintln(c.out, "No threads yet.")
		return err
	}
	w := tabwriter.NewWriter(c.out, 0, 0, 2, ' ', 0)
	fmt.Fprintln(w, "ID\tSTATE\tBEGAN\tTITLE\tRELEASES") //nolint:errcheck // Flush reports it
	for _, t := range lines {
		fmt.Fprintf(w, "%s\t%s\t%s\t%s\t%s\n", t.ID, t.State, t.Began.UTC().Format("2006-01-02 15:04Z"), oneLine(t.Title, 50), happening(t)) //nolint:errcheck // as above
	}
	return w.Flush()
}

// happening is what goes on in a thread: why it is not run, or its releases.
func happening(t agent.ThreadLine) string {
	if t.Problem == "" {
		return releasesLine(t.Releases)
	}
	return oneLine(strings.TrimSuffix(t.Problem+"; "+releasesLine(t.Releases), "; "), 300)
}

func releasesLine(list []agent.ReleaseLine) string {
	parts := make([]string, len(list))
	for i, r := range list {
		parts[i] = oneLine(releaseWords(r), 100)
	}
	return strings.Join(parts, "; ")
}

// releaseWords: "deploy shop v1.4.2 to production: done".
func releaseWords(r agent.ReleaseLine) string {
	version := ""
	if r.Version != "" {
		version = " " + r.Version
	}
	return fmt.Sprintf("%s %s%s to %s: %s", r.Action, r.Service, version, r.Env, r.State)
}

// closing closes what was read from when the command is over.
func closing(l logs, err *error) {
	if cerr := l.Close(); *err == nil {
		*err = cerr
	}
}

// threadRecord is a thread for machines, as the API has it.
type threadRecord struct {
	agent.ThreadLine
	Releases []agent.ReleaseLine `json:"releases"` // never null
}

func record(l agent.ThreadLine) threadRecord {
	r := threadRecord{l, l.Releases}
	if r.Releases == nil {
		r.Releases = []agent.ReleaseLine{}
	}
	if l.Slack != nil && l.Slack.TS == "" { // still to be posted
		r.Slack = nil
	}
	return r
}

func records(lines []agent.ThreadLine) []threadRecord {
	list := make([]threadRecord, len(lines))
	for i, l := range lines {
		list[i] = record(l)
	}
	return list
}
