package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/alecthomas/kong"

	"github.com/releasebot/releasebot/policy"
	"github.com/releasebot/releasebot/threadstore/redisstore"
)

// Exit statuses.
const (
	exitDone   = 0
	exitFailed = 1
	exitUsage  = 2
)

// commands is the command line.
type commands struct {
	Demo      demoCommand      `cmd:"" help:"Play three releases in the terminal, from the words to a rollback. Needs nothing but git."`
	Serve     serveCommand     `cmd:"" help:"Run the bot, against Slack."`
	Config    configCommands   `cmd:"" help:"Look at the policy file."`
	Threads   threadsCommand   `cmd:"" help:"List the threads, the one that changed last first."`
	Thread    threadCommands   `cmd:"" help:"Read one thread."`
	Eval      evalCommand      `cmd:"" help:"Measure the planner on a file of utterances."`
	Version   versionCommand   `cmd:"" help:"Print the version."`
	Sample    sampleCommands   `cmd:"" hidden:"" help:"The service that demo releases."`
	Supervise superviseCommand `cmd:"" hidden:"" help:"Run one deploy (started by the command driver, not by people)."`
}

// console is what a command works with.
type console struct {
	ctx      context.Context //nolint:containedctx // of the command, which is over when run returns
	in       io.Reader
	out, err io.Writer
	settings settings
}

// failure ends a command with a status other than exitFailed, or, where err is
// nil, without a message: everything has been said.
type failure struct {
	status int
	err    error
}

func (f *failure) Error() string {
	if f.err == nil {
		return fmt.Sprintf("exit status %d", f.status)
	}
	return f.err.Error()
}

func (f *failure) Unwrap() error { return f.err }

// errSaid: the command failed, and has said why.
var errSaid = &failure{status: exitFailed}

// run runs one command line and returns the exit status.
func run(ctx context.Context, args []string, in io.Reader, out, errs io.Writer) int {
	var cmds commands
	helped := false
	parser, err := kong.New(
		&cmds, kong.Name("releasebot"), kong.Description("A release agent for Slack."), kong.Writers(out, errs),
		kong.Exit(func(int) { helped = true }), kong.ConfigureHelp(kong.HelpOptions{Compact: true, WrapUpperBound: 100}),
	)
	if err != nil {
		return complain(errs, fmt.Errorf("reading the command line: %w", err))
	}
	if len(args) == 0 {
		args = []string{"--help"}
		parser.Stdout = errs
		_, _ = parser.Parse(args) //nolint:errcheck // it prints the help
		return exitUsage
	}
	parsed, err := parser.Parse(args)
	if helped {
		return exitDone
	}
	if err != nil {
		return complain(errs, usage(err))
	}
	c := &console{ctx: ctx, in: in, out: out, err: errs}
	if needsSettings(parsed.Command()) {
		if c.settings, err = readSettings(); err != nil {
			return complain(errs, err)
		}
		redisstore.LogTo(newLogger(errs, c.settings))
	}
	return complain(errs, parsed.Run(c))
}

// needsSettings: the version is told, and a deploy goes on, whatever stands in the environment.
func needsSettings(command string) bool {
	name, _, _ := strings.Cut(command, " ")
	return !slices.Contains([]string{"version", "supervise", "demo", "sample"}, name)
}

func readSettings() (settings, error) {
	e, err := readEnviron()
	if err != nil {
		return settings{}, err
	}
	s, p := e.settle()
	if len(p) > 0 {
		return s, errors.New(strings.Join(p, "\n"))
	}
	return s, nil
}

// usage makes a wrong command line of an error.
func usage(err error) error {
	return &failure{exitUsage, fmt.Errorf("%w (releasebot --help lists what there is)", err)}
}

// complain says each line of what went wrong behind the program's name, and returns the exit status.
func complain(w io.Writer, err error) int {
	if err == nil {
		return exitDone
	}
	status := exitFailed
	if f, ok := errors.AsType[*failure](err); ok {
		status = f.status
		if f.err == nil {
			return status
		}
	}
	prefix := "releasebot: "
	if places := (policy.Errors{}); errors.As(err, &places) { // editors look for file:line:column where the line begins
		prefix, err = "", places
	}
	for line := range strings.Lines(err.Error()) {
		fmt.Fprintf(w, "%s%s\n", prefix, strings.TrimRight(line, "\n")) //nolint:errcheck // there is nobody left to tell
	}
	return status
}
