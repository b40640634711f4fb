package main

import (
	"fmt"
	"io"
	"text/tabwriter"
	"time"

	"github.com/spf13/cobra"

	"github.com/releasebot/releasebot/policy"
)

type configSimulateCommand struct {
	File string
	JSON bool
}

func (k *configSimulateCommand) command(c *console) *cobra.Command {
	cmd := leaf(c, k, "simulate", "Say which of the recorded releases a changed policy file would treat otherwise.",
		argument{name: "file", to: &k.File, help: "The changed policy file."})
	cmd.Flags().BoolVar(&k.JSON, "json", false, `As JSON: {"total", "releases": […]}.`)
	return cmd
}

// What a changed file would make of a release that went otherwise.
const (
	wouldRefuse = "refused"
	wouldAsk    = "asked for more"
	wouldPass   = "let through"
	wouldDepend = "unclear" // it depends on who was in a group then, which the log doesn't say
)

// simulated is a recorded release that a changed file would treat otherwise.
type simulated struct {
	ID          string    `json:"id"`
	Service     string    `json:"service"`
	Environment string    `json:"environment"`
	Version     string    `json:"version"`
	Action      string    `json:"action"`
	At          time.Time `json:"at"`  // when policy was asked
	Was         string    `json:"was"` // refused, waiting for approval, allowed
	Would       string    `json:"would"`
	Rule        string    `json:"rule"` // of the changed file; what is let through was kept out by this one
	Reason      string    `json:"reason"`
	Line        string    `json:"line,omitempty"` // file:line of the rule
}

// Run judges every recorded release by the file. Differences are what was asked for, and fail nothing.
func (k *configSimulateCommand) Run(c *console) error {
	f, err := loadPolicy(k.File)
	if err != nil {
		return err
	}
	recorded, err := readReleases(c, f)
	if err != nil {
		return err
	}
	differing := []simulated{}
	for _, r := range recorded {
		if s, otherwise := r.judge(f); otherwise {
			differing = append(differing, s)
		}
	}
	if k.JSON {
		return printJSON(c.out, struct {
			Total    int         `json:"total"`
			Releases []simulated `json:"releases"`
		}{len(recorded), differing})
	}
	return printSimulated(c.out, differing, len(recorded), k.File)
}

// judge compares what became of the release with what the file says of it.
func (r *recordedRelease) judge(f *policy.File) (simulated, bool) {
	j := f.Judge(r.Recorded)
	s := simulated{
		ID: r.id, Service: r.Service, Environment: r.Environment, Version: r.Version, Action: r.Action,
		At: r.At, Was: string(r.was), Rule: j.Rule, Reason: j.Reason, Line: j.Line,
	}
	switch {
	case j.As == policy.JudgedUnclear:
		s.Would = wouldDepend
	case j.As == policy.JudgedRefused && r.was != policy.JudgedRefused:
		s.Would = wouldRefuse
	case j.As == policy.JudgedShort && (r.was == policy.JudgedAllowed || r.was == policy.JudgedShort && j.Need > r.required):
		s.Would = wouldAsk
	case r.was == policy.JudgedRefused && j.As == policy.JudgedShort: // let through to its approvers
		s.Would, s.Rule, s.Reason = wouldPass, r.rule, "Then: "+r.reason+" Now: "+j.Reason
	case r.was != policy.JudgedAllowed && j.As == policy.JudgedAllowed:
		s.Would, s.Rule, s.Reason = wouldPass, r.rule, "Then: "+r.reason
	default:
		return simulated{}, false
	}
	return s, true
}

func printSimulated(out io.Writer, list []simulated, total int, file string) error {
	if len(list) > 0 {
		w := tabwriter.NewWriter(out, 0, 0, 2, ' ', 0)
		fmt.Fprintln(w, "SERVICE\tENVIRONMENT\tVERSION\tWOULD BE\tRULE\tID\tASKED\tWHY") //nolint:errcheck // Flush reports it
		for _, s := range list {
			why := s.Reason
			if s.Line != "" {
				why += " (" + s.Line + ")"
			}
			fmt.Fprintf(w, "%s\t%s\t%s\t%s\t%s\t%s\t%s\t%s\n", oneLine(s.Service, 60), oneLine(s.Environment, 60), oneLine(or(s.Version, "-"), 60), //nolint:errcheck // as above
				s.Would, s.Rule, s.ID, s.At.UTC().Format("2006-01-02 15:04Z"), oneLine(why, 500))
		}
		fmt.Fprintln(w) //nolint:errcheck // as above
		if err := w.Flush(); err != nil {
			return fmt.Errorf("printing the releases: %w", err)
		}
	}
	_, err := fmt.Fprintf(out, "%s would treat %d of %s otherwise\n", file, len(list), count(total, "recorded release"))
	return err
}
