package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"strings"

	"github.com/releasebot/releasebot/policy"
)

// Exit statuses.
const (
	exitDone   = 0
	exitFailed = 1
	exitUsage  = 2
)

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
	c := &console{ctx: ctx, in: in, out: out, err: errs}
	root := commandLine(c)
	if len(args) == 0 {
		writeHelp(errs, root)
		return exitUsage
	}
	root.SetArgs(args)
	return complain(errs, root.Execute())
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
