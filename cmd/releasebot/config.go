package main

import "fmt"

type configCommands struct {
	Check    configCheckCommand    `cmd:"" help:"Check the policy file, and say where it is wrong."`
	Simulate configSimulateCommand `cmd:"" help:"Say which of the recorded releases a changed policy file would treat otherwise."`
}

type configCheckCommand struct {
	File string `arg:"" optional:"" help:"The policy file. Defaults to RELEASEBOT_CONFIG, else releasebot.yml."`
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
