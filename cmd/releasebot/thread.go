package main

import (
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"

	"github.com/releasebot/releasebot/agent"
)

// Where a command says which log it is about.
const (
	idHelp       = "A thread's id, the id that a card shows, or env:SERVICE/ENVIRONMENT."
	idOrFileHelp = "A thread's id, the id that a card shows, or a file that thread export wrote."
)

// read is a log as it was read.
type read struct {
	name    string // "" where a file's events don't say
	records [][]byte
	events  []*agent.Event
}

// readLog reads the log of an id from the store.
func readLog(c *console, id string) (r read, err error) {
	name, err := logName(id)
	if err != nil {
		return read{}, err
	}
	l, err := openLogs(c.ctx, c.settings)
	if err != nil {
		return read{}, err
	}
	defer closing(l, &err)
	records, err := l.Records(c.ctx, name)
	if err != nil {
		return read{}, err
	}
	if len(records) == 0 {
		return read{}, fmt.Errorf("there is no thread %s (releasebot threads lists them)", name)
	}
	return read{name: name, records: records}, nil
}

// readAny reads an exported file where there is one of that name ("-" is standard input), else the log of that id.
func readAny(c *console, what string) (read, error) {
	var b []byte
	var err error
	if what == "-" {
		b, err = io.ReadAll(c.in)
	} else if b, err = os.ReadFile(what); errors.Is(err, os.ErrNotExist) {
		return readLog(c, what)
	}
	if err != nil {
		return read{}, fmt.Errorf("reading the exported thread: %w", err)
	}
	r := read{records: splitLines(b)}
	if id, err := logName(strings.TrimSuffix(filepath.Base(what), ".jsonl")); err == nil { // as retention names its exports
		r.name = id
	}
	if len(r.records) == 0 {
		return read{}, fmt.Errorf("%s holds no events; a file that thread export wrote has one on each line", what)
	}
	return r, nil
}

// decode reads the events of the records.
func (r *read) decode() error {
	r.events = make([]*agent.Event, 0, len(r.records))
	for i, b := range r.records {
		e, err := agent.Decode(b)
		if err != nil {
			return fmt.Errorf("event %d can't be read: %w", i+1, err)
		}
		r.events = append(r.events, e)
	}
	if r.name == "" {
		r.name = string(threadOf(r.events))
	}
	return nil
}

// threadOf finds the id of the thread that events belong to: an approval's id
// has it in it, and a thread that began in Slack has one that is derived from its place.
func threadOf(events []*agent.Event) agent.ThreadID {
	for _, e := range events {
		if a, ok := e.Data.(*agent.ApprovalRequested); ok {
			if id, _, _, err := agent.ParseShortID(a.ID); err == nil {
				return id
			}
		}
	}
	for _, e := range events {
		if t, ok := e.Data.(*agent.Trigger); ok && t.Slack != nil && t.Slack.TS != "" {
			return agent.SlackThreadID(t.Slack.Team, t.Slack.Channel, t.Slack.TS)
		}
	}
	return ""
}
