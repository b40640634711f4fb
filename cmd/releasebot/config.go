package main

import (
	"fmt"

	"github.com/spf13/cobra"
)

type configCheckCommand struct {
	File string
}

func (k *configCheckCommand) command(c *console) *cobra.Command {
	return leaf(c, k, "check", "Check the policy file, and say where it is wrong.",
		argument{name: "file", optional: true, to: &k.File, help: "The policy file. Defaults to RELEASEBOT_CONFIG, else releasebot.yml."})
}

// Run checks the policy file alone: every error with its place, and warnings for
// what may be right on another machine.
func (k *configCheckCommand) Run(c *console) error {
	path := or(k.File, c.settings.config)
	f, err := loadPolicy(path)
	if err != nil {
		return err
	}
	warnings, wrong := checkSources(c.ctx, f)
	for _, w := range warnings {
		if _, err := fmt.Fprintf(c.err, "%s: warning: %s\n", w.Position, w.Message); err != nil {
			return err
		}
	}
	if len(wrong) > 0 {
		return wrong
	}
	environments := 0
	for _, s := range f.Services {
		environments += len(s.Environments)
	}
	_, err = fmt.Fprintf(c.out, "ok: %s, %s, revision %s\n", count(len(f.Order), "service"), count(environments, "environment"), f.Revision)
	return err
}
