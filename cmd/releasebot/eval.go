package main

import (
	"fmt"
	"io"
	"os"

	"github.com/releasebot/releasebot/agent"
	"github.com/releasebot/releasebot/agent/planner/eval"
)

type evalCommand struct {
	File string  `arg:"" optional:"" default:"-" help:"JSON Lines: {\"say\": …, \"expect\": {\"intent\": …}}. Defaults to standard input."`
	JSON bool    `name:"json" help:"As JSON: {\"total\", \"correct\", \"misses\"}."`
	Min  float64 `default:"0" placeholder:"SHARE" help:"Fail where a smaller share is right, such as 0.95."`
}

// Validate is called by kong.
func (e *evalCommand) Validate() error {
	if e.Min < 0 || e.Min > 1 {
		return fmt.Errorf("--min=%v is not a share from 0 to 1, such as 0.95", e.Min)
	}
	return nil
}

// Run asks the planner for each utterance, with the names of the policy file, and compares.
func (e *evalCommand) Run(c *console) error {
	planner, err := newPlanner(c.settings, newLogger(c.err, c.settings))
	if err != nil {
		return err
	}
	cases, err := e.read(c)
	if err != nil {
		return err
	}
	f, err := loadPolicy(c.settings.config)
	if err != nil {
		return err
	}
	report := eval.Run(c.ctx, planner, agent.CatalogOf(f), cases)
	if report.Misses == nil {
		report.Misses = []eval.Miss{}
	}
	if e.JSON {
		err = printJSON(c.out, report)
	} else {
		err = report.Text(c.out)
	}
	if err != nil {
		return err
	}
	if err := c.ctx.Err(); err != nil {
		return fmt.Errorf("interrupted: %w", err)
	}
	if report.Accuracy() < e.Min {
		return fmt.Errorf("%d of %d are right, which is less than %v", report.Correct, report.Total, e.Min)
	}
	return nil
}

func (e *evalCommand) read(c *console) (cases []eval.Case, err error) {
	var in io.Reader = c.in
	name := "standard input"
	if e.File != "-" {
		f, err := os.Open(e.File)
		if err != nil {
			return nil, fmt.Errorf("reading the utterances: %w", err)
		}
		defer f.Close() //nolint:errcheck // it was only read
		in, name = f, e.File
	}
	if cases, err = eval.Read(in); err != nil {
		return nil, fmt.Errorf("%s: %w", name, err)
	}
	return cases, nil
}
