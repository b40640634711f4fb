package main

import (
	"fmt"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/releasebot/releasebot/threadstore/redisstore"
)

// commandLine is all that people can type. Each command stands with its flags in
// a file of its own; what a command works with is in c, whose settings are read
// before the command runs.
func commandLine(c *console) *cobra.Command {
	root := group("releasebot", "A release agent for Slack.",
		new(demoCommand).command(c),
		new(serveCommand).command(c),
		group("config", "Look at the policy file.", new(configCheckCommand).command(c), new(configSimulateCommand).command(c)),
		new(threadsCommand).command(c),
		group("thread", "Read one thread.",
			new(threadShowCommand).command(c), new(threadReplayCommand).command(c),
			new(threadExportCommand).command(c), new(threadVerifyCommand).command(c)),
		new(evalCommand).command(c),
		new(versionCommand).command(c),
		sampleCommands(c),
		new(superviseCommand).command(c),
	)
	root.SilenceErrors, root.SilenceUsage = true, true
	root.SetIn(c.in)
	root.SetOut(c.out)
	root.SetErr(c.err)
	root.SetHelpFunc(func(cmd *cobra.Command, _ []string) { writeHelp(c.out, cmd) })
	root.SetFlagErrorFunc(func(_ *cobra.Command, err error) error { return wrongUsage("%w", err) })
	root.SetHelpCommand(&cobra.Command{Hidden: true, Use: "no-help"}) // --help is enough
	root.CompletionOptions.HiddenDefaultCmd = true
	root.PersistentPreRunE = func(cmd *cobra.Command, _ []string) error { return c.settle(cmd) }
	return root
}

// runner is what a command does.
type runner interface {
	Run(c *console) error
}

// argument is one of the words after a command's name.
type argument struct {
	name, help string
	optional   bool
	to         *string
}

func (a argument) String() string {
	if a.optional {
		return "[<" + a.name + ">]"
	}
	return "<" + a.name + ">"
}

// leaf makes a command that runs.
func leaf(c *console, r runner, name, short string, arguments ...argument) *cobra.Command {
	words := []string{name}
	for _, a := range arguments {
		words = append(words, a.String())
	}
	cmd := &cobra.Command{
		Use: strings.Join(words, " "), Short: short, Long: argumentsHelp(arguments), DisableFlagsInUseLine: true,
		Args: func(_ *cobra.Command, given []string) error { return take(arguments, given) },
		RunE: func(*cobra.Command, []string) error { return r.Run(c) },
	}
	cmd.Flags().SortFlags = false
	return cmd
}

// take puts the words that were given where the command finds them.
func take(arguments []argument, given []string) error {
	if len(given) > len(arguments) {
		return wrongUsage("unexpected argument %q", given[len(arguments)])
	}
	for i, a := range arguments {
		switch {
		case i < len(given):
			*a.to = given[i]
		case !a.optional:
			return wrongUsage("expected %q", a)
		}
	}
	return nil
}

// group makes a command that only has others below it.
func group(name, short string, below ...*cobra.Command) *cobra.Command {
	cmd := &cobra.Command{Use: name, Short: short, DisableFlagsInUseLine: true}
	cmd.AddCommand(below...)
	cmd.Args = func(cmd *cobra.Command, given []string) error {
		if len(given) == 0 {
			return wrongUsage("%s needs one of its commands: %s", cmd.CommandPath(), strings.Join(namesBelow(cmd), ", "))
		}
		cmd.SuggestionsMinimumDistance = 2
		if near := cmd.SuggestionsFor(given[0]); len(near) > 0 {
			return wrongUsage("there is no command %q; did you mean %q?", given[0], near[0])
		}
		return wrongUsage("there is no command %q; there is %s", given[0], strings.Join(namesBelow(cmd), ", "))
	}
	cmd.RunE = func(*cobra.Command, []string) error { return nil } // Args has refused whatever was given
	return cmd
}

func namesBelow(cmd *cobra.Command) []string {
	var names []string
	for _, sub := range cmd.Commands() {
		if sub.IsAvailableCommand() {
			names = append(names, sub.Name())
		}
	}
	return names
}

// settle reads the settings, where the command has a use for them: the version
// is told, and a deploy goes on, whatever stands in the environment.
func (c *console) settle(cmd *cobra.Command) (err error) {
	path := strings.Fields(cmd.CommandPath())
	if len(path) < 2 || slices.Contains([]string{"version", "supervise", "demo", "sample", "completion"}, path[1]) {
		return nil
	}
	if c.settings, err = readSettings(); err != nil {
		return err
	}
	redisstore.LogTo(newLogger(c.err, c.settings))
	return nil
}

// wrongUsage makes an error that ends the program with the status of a wrong command line.
func wrongUsage(format string, args ...any) error {
	return &failure{exitUsage, fmt.Errorf(format+" (releasebot --help lists what there is)", args...)}
}

// choice is a flag of which only some values are right.
type choice struct {
	to *string
	of []string
}

func (v *choice) String() string {
	if v.to == nil { // the library asks an empty one what is its zero
		return ""
	}
	return *v.to
}

// Type is part of the library's interface.
func (v *choice) Type() string { return "string" }

// Set takes one of the values.
func (v *choice) Set(s string) error {
	if !slices.Contains(v.of, s) {
		return fmt.Errorf("must be one of %s", strings.Join(v.of, ", "))
	}
	*v.to = s
	return nil
}
