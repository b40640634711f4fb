package eval

import (
	"fmt"
	"io"
	"strings"
	"text/tabwriter"
)

// Text writes the report for people: the numbers, a table by intent, what was
// taken for what, and the misses with the dangerous ones first.
func (r Report) Text(w io.Writer) error {
	var b strings.Builder
	fmt.Fprintf(&b, "%d of %d right (%.1f %%), %d dangerous", r.Correct, r.Total, 100*r.Accuracy(), r.Dangerous)
	if r.Planner != "" {
		fmt.Fprintf(&b, ", planner %s", r.Planner)
	}
	fmt.Fprintf(&b, "\n%v a call on average, %v at most", r.Took.Mean, r.Took.Max)
	if r.Tokens.In+r.Tokens.Out > 0 {
		fmt.Fprintf(&b, "; %d tokens in (%d cached), %d out", r.Tokens.In, r.Tokens.Cached, r.Tokens.Out)
	}
	if r.Tokens.Cost > 0 {
		fmt.Fprintf(&b, ", %s", r.Tokens.Cost)
	}
	b.WriteString("\n\n")
	t := tabwriter.NewWriter(&b, 0, 4, 2, ' ', tabwriter.AlignRight)
	fmt.Fprintln(t, "intent\tright\tof\t%\t")
	for _, i := range r.ByIntent {
		fmt.Fprintf(t, "%s\t%d\t%d\t%.1f\t\n", i.Intent, i.Correct, i.Total, 100*float64(i.Correct)/float64(i.Total))
	}
	if err := t.Flush(); err != nil {
		return fmt.Errorf("writing the table by intent: %w", err)
	}
	r.confusions(&b)
	r.misses(&b)
	if _, err := io.WriteString(w, b.String()); err != nil {
		return fmt.Errorf("writing the report: %w", err)
	}
	return nil
}

func (r Report) confusions(b *strings.Builder) {
	if len(r.Confusion) == 0 {
		return
	}
	b.WriteString("\ntaken for another:\n")
	for _, c := range r.Confusion {
		switch {
		case c.Expected == c.Got:
			fmt.Fprintf(b, "  %3d  %s with another field wrong\n", c.Count, c.Expected)
		case c.Got == "":
			fmt.Fprintf(b, "  %3d  %s: the planner gave an error\n", c.Count, c.Expected)
		default:
			fmt.Fprintf(b, "  %3d  %s taken for %s\n", c.Count, c.Expected, c.Got)
		}
	}
}

func (r Report) misses(b *strings.Builder) {
	for _, dangerous := range [...]bool{true, false} {
		for _, m := range r.Misses {
			if m.Dangerous != dangerous {
				continue
			}
			mark := "miss"
			if dangerous {
				mark = "DANGEROUS"
			}
			fmt.Fprintf(b, "\n%s", mark)
			if m.Line > 0 {
				fmt.Fprintf(b, " (line %d)", m.Line)
			}
			b.WriteString("\n")
			for _, h := range m.History {
				fmt.Fprintf(b, "  before: %q\n", h)
			}
			fmt.Fprintf(b, "  say:    %q\n  expect: %s\n", m.Say, m.Expect)
			if m.Error != "" {
				fmt.Fprintf(b, "  error:  %s\n", m.Error)
				continue
			}
			fmt.Fprintf(b, "  got:    %s\n", describe(m.Got))
		}
	}
}

// String writes the expectation in a line, as intents are written beside it.
func (e Expect) String() string {
	var parts []string
	if e.Intent != nil {
		parts = append(parts, string(*e.Intent))
	}
	for _, f := range [...]struct {
		name  string
		value *string
	}{{"service", e.Service}, {"environment", e.Environment}, {"version", e.Version}, {"id", e.ID}, {"for", e.For}, {"reason", e.Reason}} {
		if f.value != nil {
			parts = append(parts, f.name+"="+*f.value)
		}
	}
	if e.Page != nil {
		parts = append(parts, fmt.Sprintf("page=%v", *e.Page))
	}
	return strings.Join(parts, " ")
}
