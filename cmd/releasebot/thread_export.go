package main

type threadExportCommand struct {
	ID     string `arg:"" help:"A thread's id, the id that a card shows, or env:SERVICE/ENVIRONMENT."`
	Format string `enum:"jsonl,md" default:"jsonl" help:"jsonl: the events exactly as they are stored, a line each; md: Markdown, to be read."`
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
