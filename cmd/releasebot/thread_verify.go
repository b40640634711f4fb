package main

import (
	"errors"
	"fmt"

	"github.com/spf13/cobra"

	"github.com/releasebot/releasebot/agent"
	"github.com/releasebot/releasebot/threadstore"
)

type threadVerifyCommand struct {
	What, Head string
	JSON       bool
}

func (t *threadVerifyCommand) command(c *console) *cobra.Command {
	cmd := leaf(c, t, "verify", "Check that nobody has changed a thread since it was written.",
		argument{name: "id-or-file", to: &t.What, help: idOrFileHelp})
	cmd.Flags().StringVar(&t.Head, "head", "", "The `HASH` that the last event must have, as it was published when the thread was done.")
	cmd.Flags().BoolVar(&t.JSON, "json", false, "As JSON.")
	return cmd
}

type verifyRecord struct {
	ID     string `json:"id,omitempty"`
	OK     bool   `json:"ok"`
	Events int    `json:"events"`
	Head   string `json:"head,omitempty"`
	Broken int64  `json:"broken,omitempty"` // seq of the first event that does not fit
	Reason string `json:"reason,omitempty"`
	// Unkeyed is how many events were hashed without the key: written before it was set, or by somebody who does not have it.
	Unkeyed int64 `json:"unkeyed,omitempty"`
}

// Run checks the hash chain, and the head if one was given.
func (t *threadVerifyCommand) Run(c *console) error {
	r, err := readAny(c, t.What)
	if err != nil {
		return err
	}
	out := verifyRecord{ID: r.name, Events: len(r.records)}
	chain := threadstore.Chain{Key: []byte(c.settings.logKey.Reveal())}
	out.Head, err = chain.Verify(r.records, agent.PrevOf)
	var broken *threadstore.ChainError
	switch {
	case errors.As(err, &broken):
		out.Broken, out.Reason = broken.Seq, broken.Error()
	case err != nil:
		return err
	case t.Head != "" && !chain.Follows(t.Head, r.records[len(r.records)-1]):
		out.Reason = fmt.Sprintf("its head is %s, not %s: events are missing at the end, or all were rewritten", out.Head, oneLine(t.Head, 60))
	default:
		out.OK, out.Unkeyed = true, unkeyed(chain, r.records)
	}
	if err := out.print(c, t); err != nil {
		return err
	}
	if !out.OK {
		return errSaid
	}
	return nil
}

// unkeyed counts the links of a whole chain that were made without its key.
func unkeyed(c threadstore.Chain, records [][]byte) int64 {
	w := c.Begin()
	for _, data := range records {
		if prev, err := agent.PrevOf(data); err != nil || !w.Next(prev, data) {
			break
		}
	}
	return w.Unkeyed
}

func (v verifyRecord) print(c *console, t *threadVerifyCommand) error {
	if t.JSON {
		return printJSON(c.out, v)
	}
	if !v.OK {
		_, err := fmt.Fprintf(c.out, "broken: %s\n", v.Reason)
		return err
	}
	without := ""
	if v.Unkeyed > 0 {
		without = fmt.Sprintf("; the first %d are hashed without the key, so they vouch only for each other", v.Unkeyed)
	}
	_, err := fmt.Fprintf(c.out, "ok: %s, head %s%s\n", count(v.Events, "event"), v.Head, without)
	return err
}
