package main

import (
	"cmp"
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"slices"
	"text/tabwriter"
	"time"

	"github.com/releasebot/releasebot/agent"
	"github.com/releasebot/releasebot/agent/planner/eval"
)

// evalDifference is a case that one planner got right and another did not, or that both got wrong in different ways.
type evalDifference struct {
	Line   int                  `json:"line"`
	Say    string               `json:"say"`
	Expect eval.Expect          `json:"expect"`
	Missed map[string]eval.Miss `json:"missed"` // by planner; who is not in here is right
}

// compare prints the reports of several planners over the same cases, side by side.
func compare(out io.Writer, names []string, reports []eval.Report, asJSON bool) error {
	diffs := evalDifferences(names, reports)
	if asJSON {
		planners := map[string]eval.Report{}
		for i, name := range names {
			planners[name] = reports[i]
		}
		return printJSON(out, struct {
			Planners    map[string]eval.Report `json:"planners"`
			Differences []evalDifference       `json:"differences"`
		}{planners, diffs})
	}
	if err := compareTable(out, names, reports); err != nil {
		return err
	}
	if _, err := fmt.Fprintf(out, "\n%s\n", count(len(diffs), "difference")); err != nil {
		return err
	}
	for _, d := range diffs {
		if _, err := fmt.Fprintf(out, "\nline %d\n  say:    %q\n  expect: %s\n", d.Line, d.Say, d.Expect); err != nil {
			return err
		}
		for _, name := range names {
			if _, err := fmt.Fprintf(out, "  %-7s %s\n", name+":", missed(d.Missed, name)); err != nil {
				return err
			}
		}
	}
	return nil
}

func compareTable(out io.Writer, names []string, reports []eval.Report) error {
	w := tabwriter.NewWriter(out, 0, 0, 2, ' ', tabwriter.AlignRight)
	row := func(head string, cell func(r eval.Report) string) {
		fmt.Fprintf(w, "%s\t", head) //nolint:errcheck // Flush reports it
		for _, r := range reports {
			fmt.Fprintf(w, "%s\t", cell(r)) //nolint:errcheck // as above
		}
		fmt.Fprintln(w) //nolint:errcheck // as above
	}
	fmt.Fprint(w, "\t") //nolint:errcheck // as above
	for _, name := range names {
		fmt.Fprintf(w, "%s\t", name) //nolint:errcheck // as above
	}
	fmt.Fprintln(w) //nolint:errcheck // as above
	row("right", func(r eval.Report) string { return fmt.Sprintf("%d of %d", r.Correct, r.Total) })
	row("%", func(r eval.Report) string { return fmt.Sprintf("%.1f", 100*r.Accuracy()) })
	row("dangerous", func(r eval.Report) string { return fmt.Sprint(r.Dangerous) })
	row("calls of a model", func(r eval.Report) string { return fmt.Sprint(r.Tokens.Calls) })
	row("tokens in", func(r eval.Report) string { return fmt.Sprint(r.Tokens.In) })
	row("of them cached", func(r eval.Report) string { return fmt.Sprint(r.Tokens.Cached) })
	row("tokens out", func(r eval.Report) string { return fmt.Sprint(r.Tokens.Out) })
	row("cost", func(r eval.Report) string {
		if r.Tokens.Cost == 0 { // of a model without a price it is not known
			return ""
		}
		return r.Tokens.Cost.String()
	})
	row("mean time", func(r eval.Report) string { return r.Took.Mean.Round(time.Microsecond).String() })
	for _, want := range reports[0].ByIntent {
		row(string(want.Intent), func(r eval.Report) string {
			for _, i := range r.ByIntent {
				if i.Intent == want.Intent {
					return fmt.Sprintf("%d of %d", i.Correct, i.Total)
				}
			}
			return ""
		})
	}
	return w.Flush()
}

// evalDifferences lists the cases on which the planners don't agree, in the file's order.
func evalDifferences(names []string, reports []eval.Report) []evalDifference {
	byLine := map[int]*evalDifference{}
	for i, r := range reports {
		for _, m := range r.Misses {
			d := byLine[m.Line]
			if d == nil {
				d = &evalDifference{Line: m.Line, Say: m.Say, Expect: m.Expect, Missed: map[string]eval.Miss{}}
				byLine[m.Line] = d
			}
			d.Missed[names[i]] = m
		}
	}
	diffs := []evalDifference{}
	for _, line := range slices.SortedFunc(maps.Keys(byLine), cmp.Compare[int]) {
		if d := byLine[line]; len(d.Missed) < len(names) || !sameMisses(d.Missed) {
			diffs = append(diffs, *d)
		}
	}
	return diffs
}

func sameMisses(missed map[string]eval.Miss) bool {
	seen := map[string]bool{}
	for _, m := range missed {
		seen[intentText(m.Got)+m.Error] = true
	}
	return len(seen) == 1
}

func missed(by map[string]eval.Miss, name string) string {
	m, ok := by[name]
	switch {
	case !ok:
		return "right"
	case m.Error != "":
		return "error: " + oneLine(m.Error, 300)
	case m.Dangerous:
		return "DANGEROUS: " + intentText(m.Got)
	}
	return intentText(m.Got)
}

// intentText is an intent as eval files write it.
func intentText(i agent.Intent) string {
	i.Question = nil
	b, err := json.Marshal(i)
	if err != nil {
		return err.Error()
	}
	return oneLine(string(b), 500)
}
