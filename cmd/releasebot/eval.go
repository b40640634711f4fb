package main

import (
	"fmt"
	"io"
	"os"

	"github.com/spf13/cobra"

	"github.com/releasebot/releasebot/agent"
	"github.com/releasebot/releasebot/agent/planner/eval"
	"github.com/releasebot/releasebot/agent/planner/openai"
	"github.com/releasebot/releasebot/agent/planner/rules"
)

type evalCommand struct {
	File    string
	JSON    bool
	Min     float64
	Planner string
	Compare bool
}

func (e *evalCommand) command(c *console) *cobra.Command {
	e.File = "-"
	cmd := leaf(c, e, "eval", "Measure the planner on a file of utterances.", argument{
		name: "file", optional: true, to: &e.File, help: `JSON Lines: {"say": …, "expect": {"intent": …}}. Defaults to standard input.`,
	})
	f := cmd.Flags()
	f.BoolVar(&e.JSON, "json", false, `As JSON: {"total", "correct", "misses"}; with --compare that for each planner, and the differences.`)
	f.Float64Var(&e.Min, "min", 0, "Fail where a smaller `SHARE` is right, such as 0.95.")
	f.StringVar(&e.Planner, "planner", "", "`NAME` of the planner, rules or openai. Defaults to the one that serve would use.")
	f.BoolVar(&e.Compare, "compare", false, "Measure both planners, and show where they differ.")
	cmd.PreRunE = func(*cobra.Command, []string) error { return e.check() }
	return cmd
}

// check says what is wrong with the flags.
func (e *evalCommand) check() error {
	switch {
	case e.Min < 0 || e.Min > 1:
		return wrongUsage("--min=%v is not a share from 0 to 1, such as 0.95", e.Min)
	case e.Planner != "" && e.Planner != plannerRules && e.Planner != plannerOpenAI:
		return wrongUsage("--planner=%s is no planner: it has to be %s or %s", e.Planner, plannerRules, plannerOpenAI)
	case e.Planner != "" && e.Compare:
		return wrongUsage("--compare measures both planners: leave --planner out")
	}
	return nil
}

// Run asks the planner for each utterance, with the names of the policy file, and compares.
func (e *evalCommand) Run(c *console) error {
	names := []string{or(e.Planner, c.settings.planner)}
	if e.Compare {
		names = []string{plannerRules, plannerOpenAI}
	}
	reports, err := e.measure(c, names)
	if err != nil {
		return err
	}
	if err := e.print(c.out, names, reports); err != nil {
		return err
	}
	if err := c.ctx.Err(); err != nil {
		return fmt.Errorf("interrupted: %w", err)
	}
	for i, r := range reports {
		if r.Accuracy() < e.Min {
			return fmt.Errorf("%s: %d of %d are right, which is less than %v", names[i], r.Correct, r.Total, e.Min)
		}
	}
	return nil
}

// measure asks each planner for every case.
func (e *evalCommand) measure(c *console, names []string) ([]eval.Report, error) {
	planners, plain := make([]agent.Planner, len(names)), rules.New()
	for i, name := range names {
		var err error
		if planners[i], err = newPlanner(name, c.settings, plain, nil); err != nil {
			return nil, err
		}
	}
	cases, err := e.read(c)
	if err != nil {
		return nil, err
	}
	f, err := loadPolicy(c.settings.config)
	if err != nil {
		return nil, err
	}
	reports := make([]eval.Report, len(names))
	for i, p := range planners {
		r := eval.Run(c.ctx, p, agent.CatalogOf(f), cases)
		r.Planner = names[i] // not who gave the last answer: the rules are inside the model's planner too
		if names[i] == plannerOpenAI {
			r.Planner += " " + or(c.settings.openaiModel, openai.DefaultModel)
		}
		if r.Misses == nil {
			r.Misses = []eval.Miss{}
		}
		reports[i] = r
	}
	return reports, nil
}

func (e *evalCommand) print(out io.Writer, names []string, reports []eval.Report) error {
	switch {
	case e.Compare:
		return compare(out, names, reports, e.JSON)
	case e.JSON:
		return printJSON(out, reports[0])
	}
	if err := reports[0].Text(out); err != nil {
		return err
	}
	if n := reports[0].Tokens.Calls; n > 0 {
		_, err := fmt.Fprintf(out, "\n%s of the model for %s\n", count(n, "call"), count(reports[0].Total, "utterance"))
		return err
	}
	return nil
}

func (e *evalCommand) read(c *console) (cases []eval.Case, err error) {
	var in io.Reader = c.in
	name := "standard input"
	if e.File != "-" {
		f, err := os.Open(e.File)
		if err != nil {
			return nil, fmt.Errorf("reading the utterances: %w; name a file of JSON Lines, or - for standard input", err)
		}
		defer f.Close() //nolint:errcheck // it was only read
		in, name = f, e.File
	}
	if cases, err = eval.Read(in); err != nil {
		return nil, fmt.Errorf("%s: %w", name, err)
	}
	return cases, nil
}
