package main

import (
	"github.com/spf13/cobra"

	"github.com/releasebot/releasebot/tools/deploy"
)

type superviseCommand struct {
	Dir string
}

func (s *superviseCommand) command(c *console) *cobra.Command {
	cmd := leaf(c, s, "supervise", "Run one deploy (started by the command driver, not by people).",
		argument{name: "dir", to: &s.Dir, help: "The run's folder."})
	cmd.Hidden = true
	return cmd
}

// Run runs one deploy to its end.
func (s *superviseCommand) Run(*console) error {
	if status := deploy.Supervise(s.Dir); status != 0 {
		return &failure{status: status}
	}
	return nil
}
