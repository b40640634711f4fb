package main

import (
	"errors"
	"fmt"

	"github.com/spf13/cobra"

	"github.com/releasebot/releasebot/agent"
)

type threadReplayCommand struct {
	What string
	JSON bool
}

func (t *threadReplayCommand) command(c *console) *cobra.Command {
	cmd := leaf(c, t, "replay", "Fold a thread again, offline, and say where this program would have decided otherwise.",
		argument{name: "id-or-file", to: &t.What, help: idOrFileHelp})
	cmd.Flags().BoolVar(&t.JSON, "json", false, "As JSON.")
	return cmd
}

type replayRecord struct {
	ID          string             `json:"id"`
	State       string             `json:"state"`
	Events      int                `json:"events"`
	Differences []differenceRecord `json:"differences"`
}

type differenceRecord struct {
	Seq  int64  `json:"seq"`
	Type string `json:"type"`
	What string `json:"what"`
}

// Run folds a thread again and decides again at every prefix. Any difference to what is recorded fails it.
func (t *threadReplayCommand) Run(c *console) error {
	r, err := readAny(c, t.What)
	if err != nil {
		return err
	}
	if err := r.decode(); err != nil {
		return err
	}
	if _, _, ok := agent.ParseEnvironmentLog(r.name); ok {
		return &failure{exitUsage, errors.New("only threads are decided on: an environment's log has nothing to replay")}
	}
	state, diffs := agent.Replay(agent.ThreadID(r.name), r.events)
	out := replayRecord{ID: r.name, State: state.Status(), Events: len(r.events), Differences: []differenceRecord{}}
	for _, d := range diffs {
		out.Differences = append(out.Differences, differenceRecord(d))
	}
	if err := out.print(c, t.JSON); err != nil {
		return err
	}
	if len(diffs) > 0 {
		return errSaid
	}
	return nil
}

func (r replayRecord) print(c *console, asJSON bool) error {
	if asJSON {
		return printJSON(c.out, r)
	}
	for _, d := range r.Differences {
		if _, err := fmt.Fprintf(c.out, "%d %s: %s\n", d.Seq, oneLine(d.Type, 60), oneLine(d.What, 500)); err != nil {
			return err
		}
	}
	_, err := fmt.Fprintf(c.out, "%s: %s after %s, %s\n", r.ID, r.State, count(r.Events, "event"), count(len(r.Differences), "difference"))
	return err
}
