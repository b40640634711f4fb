package main

import "github.com/spf13/cobra"

type threadExportCommand struct {
	ID, Format string
}

func (t *threadExportCommand) command(c *console) *cobra.Command {
	t.Format = "jsonl"
	cmd := leaf(c, t, "export", "Write a thread as JSON Lines, exactly as it is stored, or as Markdown.",
		argument{name: "id", to: &t.ID, help: idHelp})
	cmd.Flags().Var(&choice{&t.Format, []string{"jsonl", "md"}}, "format",
		"`FORMAT`: jsonl, the events exactly as they are stored, a line each; md, Markdown, to be read.")
	return cmd
}

// Run writes a log to standard output.
func (t *threadExportCommand) Run(c *console) error {
	r, err := readLog(c, t.ID)
	if err != nil {
		return err
	}
	if t.Format == "md" {
		if err := r.decode(); err != nil {
			return err
		}
		return writeMarkdown(c.out, &r)
	}
	return writeLines(c.out, r.records)
}
